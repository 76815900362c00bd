"""Binance's ways in, as the catalogue lists them; answers are told by the methods that their keys name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.venues.binance import symbols
from seawall.venues.reply import MarginReply
from seawall.venues.venue import Venue

_MARKS = (b"eapi/v1/exchangeInfo", b"eapi/v1/mark", b"fapi/v1/premiumIndex", b"dapi/v1/premiumIndex")
"""As `decode.METHODS`; a file of private answers alone has none of them."""
_SIGNS = ("positionAmt", "crossMarginBorrowed", "crossMarginAsset", "marginBalance", "reducibleQty")
"""What only rows of Binance's private answers have."""
_TOGETHER = (
    "Binance's answers make a book together: give {'papi/v1/balance': ..., 'papi/v1/um/positionRisk': ..., "
    "'papi/v1/cm/positionRisk': ...}, or {'eapi/v1/marginAccount': ..., 'eapi/v1/position': ...}"
)


def _is_snapshot(content: bytes) -> bool:
    return any(mark in content for mark in _MARKS)


def _read_snapshot(content: bytes, *, name: str) -> MarketSnapshot:
    from seawall.venues.binance.decode import snapshot_from_native_file

    return snapshot_from_native_file(content, name=name, source=name)


def _read_account(document: object, *, origin: str, account: str | None) -> Book | None:
    """Return the book of the private answers side by side; one of them alone is refused."""
    if _holds(document):
        raise InputError(Problem("key", "missing", _TOGETHER, where=origin))
    if not isinstance(document, Mapping):
        return None
    from seawall.venues.binance.accounts import PRIVATE, book_from_document
    from seawall.venues.binance.messages import method_of

    if not any(method_of(key) in PRIVATE for key in document):
        return None
    return book_from_document(document, origin=origin, account=account)


def _holds(answer: Any) -> bool:
    """Return whether an answer is, or lists, objects with a field that only Binance's private answers have."""
    if isinstance(answer, list | tuple):
        answer = answer[0] if answer else None
    return isinstance(answer, Mapping) and any(isinstance(answer.get(sign), str | int | float) for sign in _SIGNS)


def _read_reply(document: object, *, origin: str) -> MarginReply | None:
    from seawall.venues.binance.reply import read_reply

    return read_reply(document, origin=origin)


BINANCE = Venue(
    name="binance",
    parse=symbols.parse,
    snapshot_form="an object with a key that names `eapi/v1/exchangeInfo`, `eapi/v1/mark` or `fapi/v1/premiumIndex`",
    is_snapshot=_is_snapshot,
    read_snapshot=_read_snapshot,
    read_account=_read_account,
    read_reply=_read_reply,
)
