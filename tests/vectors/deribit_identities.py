"""What has to add up in Deribit's account messages, within the residual that the file states."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.venues.deribit.identities import identity_residuals
from tests.vectors.case import Case, Document, Finding, each, guarded, not_understood

PRINTED_TOLERANCE = 2e-8
"""Two units of the eighth decimal, in which Deribit prints coin; for identities without a stated residual."""
OFTEN_APART = {"delta_total": 3.5e-7}
"""Identities of figures that are not of one moment: the venue's own messages keep them no closer."""
FLOAT_ROUNDING = 1e-15
"""Sums of numbers of the size of the largest amount in the message may differ by this share of it."""
_NUMBER = re.compile(r"\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")


def read(document: Document) -> Iterator[Finding]:
    stated: dict[str, float] = {}
    yield from each(document.get("identities"), lambda name, row: _stated(name, row, stated), name="identity")
    messages = list(_messages(document))
    if not messages:
        yield not_understood("file", "no block has a margin_model")
    for name, message in messages:
        yield from guarded(name, _compared(name, message, stated))
    for identity in sorted(set(stated) - set(_KNOWN)):
        yield not_understood(identity, "no identity of ours has that left-hand side")


def _compared(name: str, message: Mapping[str, Any], stated: Mapping[str, float]) -> Iterator[Finding]:
    residuals = identity_residuals(message)
    if not residuals:
        yield not_understood(name, f"no identity is known for margin model {message['margin_model']!r}")
    scale = max((abs(float(entry)) for entry in message.values() if _is_number(entry)), default=0.0)
    for identity, residual in residuals.items():
        tolerance = stated.get(identity, OFTEN_APART.get(identity, PRINTED_TOLERANCE)) + 4.0 * FLOAT_ROUNDING * scale
        yield Case(f"{name} {identity}", abs(residual), tolerance)


_KNOWN = (
    "margin_balance", "available_funds", "available_withdrawal_funds", "total_pl", "delta_total", "session_upl",
)  # fmt: skip


def _messages(document: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every block that is an account message, however deep it lies."""
    if "margin_model" in document and any(field in document for field in ("equity", *_KNOWN)):
        yield path or "message", document
    for key, inner in document.items():
        where = f"{path}.{key}".strip(".")
        if isinstance(inner, Mapping):
            yield from _messages(inner, where)
        elif isinstance(inner, list):
            for i, entry in enumerate(inner):
                if isinstance(entry, Mapping):
                    yield from _messages(entry, f"{where}[{i}]")


def _stated(name: str, row: Mapping[str, Any], stated: dict[str, float]) -> Iterator[Finding]:
    """Note the residual that the file states for a left-hand side; the largest, where it states several."""
    left = str(row["f"]).split("=")[0].split(":")[-1].strip()
    residual = row.get("residual") or 0.0
    printed = _NUMBER.findall(residual) if isinstance(residual, str) else [residual]
    largest = max((_rounded_up(float(number)) for number in printed), default=0.0)
    if not math.isfinite(largest):
        yield not_understood(name, f"a residual is a finite number, not {residual!r}")
        return
    stated[left] = max(stated.get(left, 0.0), largest)


def _rounded_up(residual: float) -> float:
    """Return the largest number that prints as this residual: files state one digit of it."""
    return residual + 0.5 * 10.0 ** math.floor(math.log10(residual)) if residual > 0.0 else 0.0


def _is_number(entry: object) -> bool:
    return isinstance(entry, int | float) and not isinstance(entry, bool)
