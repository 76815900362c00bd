"""OKX's ways in, as the catalogue lists them; answers are told by their shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.venues.okx import symbols
from seawall.venues.okx.answers import endpoint
from seawall.venues.reply import MarginReply
from seawall.venues.venue import Venue

_SIGNS = {"balance": ("details", "cashBal"), "positions": ("posSide", "mgnMode")}
"""What only OKX's rows have, by the last part of their endpoint."""
_BOTH = (
    "OKX's positions and balance make a book together: give {'account/positions': ..., 'account/balance': ..., "
    "'public/instruments': ...}"
)


def _is_snapshot(content: bytes) -> bool:
    return b'"instId"' in content


def _read_snapshot(content: bytes, *, name: str) -> MarketSnapshot:
    from seawall.venues.okx.decode import snapshot_from_native_file

    return snapshot_from_native_file(content, name=name, source=name)


def _read_account(document: object, *, origin: str, account: str | None) -> Book | None:
    """Return the book of the private answers side by side; one of them alone is refused."""
    for name, signs in _SIGNS.items():
        if _holds(document, signs):
            missing = "balance" if name == "positions" else "positions"
            raise InputError(Problem(f"account/{missing}", "missing", _BOTH, where=origin))
    if not isinstance(document, Mapping):
        return None
    told = {endpoint(key) for key, answer in document.items() if _holds(answer, _SIGNS.get(endpoint(key), ()))}
    if not told:
        return None
    missing_parts = [name for name in _SIGNS if name not in {endpoint(key) for key in document}]
    if missing_parts:
        raise InputError([Problem(f"account/{name}", "missing", _BOTH, where=origin) for name in missing_parts])
    from seawall.venues.okx.accounts import book_from_document

    return book_from_document(document, origin=origin, account=account)


def _holds(answer: Any, signs: tuple[str, ...]) -> bool:
    """Return whether an answer, with or without its envelope, is or lists objects with one of the signs."""
    if isinstance(answer, Mapping) and "data" in answer:
        answer = answer["data"]
    if isinstance(answer, list | tuple):
        answer = answer[0] if answer else None
    return isinstance(answer, Mapping) and any(sign in answer for sign in signs)


def _read_reply(document: object, *, origin: str) -> MarginReply | None:
    from seawall.venues.okx.position_builder import reply_from_document

    return reply_from_document(document, origin=origin)


OKX = Venue(
    name="okx",
    parse=symbols.parse,
    snapshot_form="an object with a key that holds `public/instruments`, of rows with `instId`",
    is_snapshot=_is_snapshot,
    read_snapshot=_read_snapshot,
    read_account=_read_account,
    read_reply=_read_reply,
)
