"""A digest that names a set of columns: the same content gives the same name on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

DIGEST_HEX_COUNT = 16
"""Digits of SHA-256 kept: 64 bits name a snapshot or policy; they are no proof against a forger."""


def digest_of(parts: Mapping[str, object]) -> str:
    """Return the first 16 hex digits of SHA-256 over named parts, in the order of their names.

    Arrays are hashed as little-endian bytes with their dtype and shape; NaNs are made one NaN first.

    Examples
    --------
    >>> digest_of({"a": 1, "b": "x"}) == digest_of({"b": "x", "a": 1})
    True
    """
    sink = hashlib.sha256()
    for name in sorted(parts):
        sink.update(name.encode() + b"\x00")
        sink.update(_canonical(parts[name]) + b"\x00")
    return sink.hexdigest()[:DIGEST_HEX_COUNT]


def _canonical(part: object) -> bytes:
    if isinstance(part, np.ndarray):
        return _canonical_array(part)
    if isinstance(part, Mapping):
        return b"{" + b",".join(str(k).encode() + b":" + _canonical(part[k]) for k in sorted(part)) + b"}"
    if isinstance(part, Sequence) and not isinstance(part, str | bytes):
        return b"[" + b",".join(_canonical(item) for item in part) + b"]"
    return repr(part).encode()


def _canonical_array(array: npt.NDArray[np.generic]) -> bytes:
    little = array.dtype.newbyteorder("<")
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.nan, array) + 0.0  # one NaN, and no negative zero
    head = f"{little.str}{array.shape}".encode()
    return head + np.ascontiguousarray(array, dtype=little).tobytes()
