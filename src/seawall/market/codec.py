"""A snapshot as bytes and back: a compact file of our own, bit for bit the same after the round trip.

Layout, all integers little-endian::

    magic (8) | version u16 | body length u64 | SHA-256 of the body (32) | the body, deflated
    body: head length u32 | head (JSON: names, texts, index assets) | columns of N rows | index columns of C rows
          | where the head lists feed assets: feed columns of N rows | confidence of each of them
          | where the head says so: terms of listed options, of N rows

Columns stand in the order of `_ROW_COLUMNS` with their bytes transposed: like bytes of neighbouring numbers then meet,
and deflate well. A change of layout is a new version.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from seawall.core.arrays import frozen
from seawall.core.errors import InputError, Problem
from seawall.instruments import InstrumentTable, Kind
from seawall.market.feeds import FEED_COLUMNS, Feeds
from seawall.market.listed import Listed
from seawall.market.snapshot import FLOAT_COLUMNS, ORIGIN_COLUMNS, MarketSnapshot, Origin

MAGIC = b"\x89SEAWALL"
"""The first byte is not ASCII, so that no tool takes the file for text."""
VERSION = 1
MAX_BODY_BYTES = 256 * 2**20
"""Largest body that is inflated: a million instruments fit, a decompression bomb does not."""
_PREFIX = struct.Struct("<8sHQ32s")
_HEAD_LENGTH = struct.Struct("<I")
_LEVEL = 9

_TABLE_COLUMNS = {"kind": "i1", "strike": "<f8", "expiry_ns": "<i8", "is_call": "u1", "inverse": "u1",
                  "contract_size": "<f8", "lot": "<f8"}  # fmt: skip
_CODE_COLUMNS = ("underlying", "quote", "settlement")
_ROW_COLUMNS = (
    _TABLE_COLUMNS
    | dict.fromkeys(_CODE_COLUMNS, "<i4")
    | dict.fromkeys(FLOAT_COLUMNS, "<f8")
    | dict.fromkeys(ORIGIN_COLUMNS, "i1")
    | {"observed_ns": "<i8"}
)
_INDEX_COLUMNS = {"index": "<f8", "index_origin": "i1"}
_FEED_COLUMNS = dict.fromkeys(FEED_COLUMNS, "<f8")
_CONFIDENCE = "index_confidence"
_TERM_COLUMNS = {"rate": "<f8", "dividend_yield": "<f8", "early_exercise": "u1"}
"""Of listed options; in a file their names begin with `listed.`, since feeds have a rate too."""

_KEEP_RULE = "the file is damaged; take it again from where it came, or make it anew from the venue's answers"


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    name: str
    venue: str
    source: str
    time_ns: int
    notes: tuple[str, ...]
    names: tuple[str, ...]
    assets: tuple[str, ...]
    indexed: tuple[str, ...]
    sure: tuple[str, ...] | None = None
    """Assets whose index has a confidence; None where the snapshot has no feeds."""
    listed: bool = False


def encode(snapshot: MarketSnapshot) -> bytes:
    """Return a snapshot as the bytes of a snapshot file.

    Raises
    ------
    InputError
        When it was read from a clearing house's parameter file, which is its own form.

    Examples
    --------
    >>> from seawall.instruments import Spot
    >>> table = InstrumentTable.of([Spot(name="BTC_USDC", underlying="BTC", quote="USDC", settlement="USDC")])
    >>> snapshot = MarketSnapshot.of(table, name="now", venue="deribit", source="me", time_ns=0, index={"BTC": 65e3})
    >>> decode(encode(snapshot)).digest == snapshot.digest
    True
    """
    if snapshot.span is not None:
        rule = "a clearing house's parameter file is kept as it is; a snapshot file has no risk arrays"
        raise InputError(Problem("snapshot", snapshot.name, rule))
    table = snapshot.table
    assets = tuple(sorted({asset for column in _CODE_COLUMNS for asset in getattr(table, column)}))
    code = {asset: i for i, asset in enumerate(assets)}
    head = msgspec.json.encode(
        _Head(
            name=snapshot.name, venue=snapshot.venue, source=snapshot.source, time_ns=snapshot.time_ns,
            notes=snapshot.notes, names=table.names, assets=assets, indexed=tuple(snapshot.index),
            sure=None if snapshot.feeds is None else tuple(snapshot.feeds.index_confidence),
            listed=snapshot.listed is not None,
        )
    )  # fmt: skip
    parts = [_HEAD_LENGTH.pack(len(head)), head]
    for column, kind in _ROW_COLUMNS.items():
        if column in _CODE_COLUMNS:
            parts.append(_packed([code[asset] for asset in getattr(table, column)], kind))
        else:
            parts.append(_packed(getattr(table if column in _TABLE_COLUMNS else snapshot, column), kind))
    parts.append(_packed(list(snapshot.index.values()), _INDEX_COLUMNS["index"]))
    parts.append(_packed([snapshot.index_origin[asset] for asset in snapshot.index], _INDEX_COLUMNS["index_origin"]))
    if snapshot.feeds is not None:
        parts += [_packed(getattr(snapshot.feeds, column), kind) for column, kind in _FEED_COLUMNS.items()]
        parts.append(_packed(list(snapshot.feeds.index_confidence.values()), "<f8"))
    if snapshot.listed is not None:
        parts += [_packed(getattr(snapshot.listed, column), kind) for column, kind in _TERM_COLUMNS.items()]
    body = b"".join(parts)
    assert len(body) <= MAX_BODY_BYTES, f"a snapshot of {len(table)} instruments is too large for a snapshot file"
    prefix = _PREFIX.pack(MAGIC, VERSION, len(body), hashlib.sha256(body).digest())
    return prefix + zlib.compress(body, _LEVEL)


def decode(content: bytes, *, where: str = "snapshot file") -> MarketSnapshot:
    """Return the snapshot that the bytes of a snapshot file hold.

    Parameters
    ----------
    content
        What `encode` returned.
    where
        Name of the file, for error messages.

    Raises
    ------
    InputError
        When the bytes are no snapshot file, of another version, truncated or damaged; the message says which.
    """
    body = _checked_body(content, where)
    (head_length,) = _HEAD_LENGTH.unpack_from(body)
    start = _HEAD_LENGTH.size + head_length
    try:
        head = msgspec.json.decode(body[_HEAD_LENGTH.size : start], type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _refused("head", "not readable", f"{_KEEP_RULE} ({error})", where) from None
    counts = [(column, kind, len(head.names)) for column, kind in _ROW_COLUMNS.items()]
    counts += [(column, kind, len(head.indexed)) for column, kind in _INDEX_COLUMNS.items()]
    if head.sure is not None:
        counts += [(column, kind, len(head.names)) for column, kind in _FEED_COLUMNS.items()]
        counts.append((_CONFIDENCE, "<f8", len(head.sure)))
    if head.listed:
        counts += [(f"listed.{column}", kind, len(head.names)) for column, kind in _TERM_COLUMNS.items()]
    expected = start + sum(np.dtype(kind).itemsize * count for _, kind, count in counts)
    if expected != len(body):
        raise _refused("body", f"{len(body)} bytes", f"its head asks for {expected}; {_KEEP_RULE}", where)
    columns: dict[str, npt.NDArray[np.generic]] = {}
    for column, kind, count in counts:
        columns[column] = _unpacked(body, start, kind, count)
        start += columns[column].nbytes
    _check_codes(columns, head, where)
    return _assembled(head, columns)


def _checked_body(content: bytes, where: str) -> bytes:
    """Return the inflated body, once magic, version, length and digest agree."""
    if content[: len(MAGIC)] != MAGIC:
        rule = f"a snapshot file starts with {MAGIC!r}; give one that seawall wrote"
        raise _refused("first bytes", content[: len(MAGIC)], rule, where)
    if len(content) < _PREFIX.size:
        raise _refused("length", f"{len(content)} bytes", f"the file is truncated; {_KEEP_RULE}", where)
    _, version, length, digest = _PREFIX.unpack_from(content)
    if version != VERSION:
        rule = f"this seawall reads version {VERSION}; use the seawall that wrote it, or make the file anew"
        raise _refused("version", version, rule, where)
    if not _HEAD_LENGTH.size <= length <= MAX_BODY_BYTES:
        rule = f"a body has {_HEAD_LENGTH.size} to {MAX_BODY_BYTES} bytes; {_KEEP_RULE}"
        raise _refused("body length", length, rule, where)
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(content[_PREFIX.size :], length + 1)
    except zlib.error as error:
        raise _refused("body", "not inflatable", f"{_KEEP_RULE} ({error})", where) from None
    if len(body) < length or not inflater.eof:
        shape = "longer than it says" if len(body) > length else "truncated"
        raise _refused("body", f"{len(body)} of {length} bytes", f"it is {shape}; {_KEEP_RULE}", where)
    if inflater.unused_data:
        rest = f"{len(inflater.unused_data)} bytes more"
        raise _refused("end", rest, f"nothing follows the body; {_KEEP_RULE}", where)
    found = hashlib.sha256(body).digest()
    if found != digest:
        raise _refused("digest", found.hex()[:16], f"the file says {digest.hex()[:16]}; {_KEEP_RULE}", where)
    return body


def _check_codes(columns: dict[str, npt.NDArray[np.generic]], head: _Head, where: str) -> None:
    """Refuse codes that stand for nothing; only a file made on purpose gets as far as this."""
    flags = ("is_call", "inverse", *(["listed.early_exercise"] if head.listed else []))
    ends = dict.fromkeys(_CODE_COLUMNS, len(head.assets)) | dict.fromkeys(flags, 2)
    ends |= dict.fromkeys((*ORIGIN_COLUMNS, "index_origin"), len(Origin)) | {"kind": len(Kind)}
    problems = [
        Problem(column, "a code outside the list", f"codes are 0 to {end - 1}; {_KEEP_RULE}", where=where)
        for column, end in ends.items()
        if not np.isin(columns[column], np.arange(end)).all()
    ]
    for field in ("names", "indexed", "assets", "sure"):
        texts: tuple[str, ...] = getattr(head, field) or ()
        if len(set(texts)) != len(texts):
            problems.append(Problem(field, f"{len(texts)} texts", f"each stands once; {_KEEP_RULE}", where=where))
    if not -(2**63) <= head.time_ns < 2**63:
        problems.append(Problem("time_ns", head.time_ns, f"times are 64-bit; {_KEEP_RULE}", where=where))
    if problems:
        raise InputError(problems)


def _assembled(head: _Head, columns: dict[str, npt.NDArray[np.generic]]) -> MarketSnapshot:
    def floats(column: str) -> npt.NDArray[np.float64]:
        return columns[column].astype(np.float64)

    def texts(column: str) -> tuple[str, ...]:
        return tuple(head.assets[int(code)] for code in columns[column])

    table = InstrumentTable(
        names=head.names, kind=columns["kind"].astype(np.int8), underlying=texts("underlying"), quote=texts("quote"),
        settlement=texts("settlement"), strike=floats("strike"), expiry_ns=columns["expiry_ns"].astype(np.int64),
        is_call=columns["is_call"].astype(np.bool_), inverse=columns["inverse"].astype(np.bool_),
        contract_size=floats("contract_size"), lot=floats("lot"),
    )  # fmt: skip
    index = dict(zip(head.indexed, (float(price) for price in floats("index")), strict=True))
    origins = dict(zip(head.indexed, (Origin(int(code)) for code in columns["index_origin"]), strict=True))
    feeds = None
    if head.sure is not None:
        confidence = dict(zip(head.sure, (float(sure) for sure in floats(_CONFIDENCE)), strict=True))
        feeds = Feeds(**{column: floats(column) for column in _FEED_COLUMNS}, index_confidence=confidence)
    listed = None
    if head.listed:
        early = columns["listed.early_exercise"].astype(np.bool_)
        listed = Listed(floats("listed.rate"), floats("listed.dividend_yield"), early)
    return MarketSnapshot(
        name=head.name, venue=head.venue, source=head.source, time_ns=head.time_ns, table=table, notes=head.notes,
        index=index, index_origin=origins, observed_ns=columns["observed_ns"].astype(np.int64),
        mark=floats("mark"), forward=floats("forward"), vol=floats("vol"), bid=floats("bid"), ask=floats("ask"),
        bid_size=floats("bid_size"), ask_size=floats("ask_size"), open_interest=floats("open_interest"),
        funding_8h=floats("funding_8h"), mark_origin=columns["mark_origin"].astype(np.int8),
        forward_origin=columns["forward_origin"].astype(np.int8), vol_origin=columns["vol_origin"].astype(np.int8),
        feeds=feeds, listed=listed,
    )  # fmt: skip


def _packed(column: npt.ArrayLike | Sequence[int], kind: str) -> bytes:
    dtype = np.dtype(kind)
    flat = np.ascontiguousarray(column, dtype=dtype)
    return flat.view(np.uint8).reshape(-1, dtype.itemsize).T.tobytes()


def _unpacked(body: bytes, start: int, kind: str, count: int) -> npt.NDArray[np.generic]:
    dtype = np.dtype(kind)
    planes = np.frombuffer(body, np.uint8, count * dtype.itemsize, start).reshape(dtype.itemsize, count)
    return frozen(np.ascontiguousarray(planes.T).view(dtype).reshape(count))


def _refused(field: str, value: object, rule: str, where: str) -> InputError:
    return InputError(Problem(field, value, rule, where=where))
