"""Bybit's ways in, as the catalogue lists them; answers are told by their shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.venues.bybit import symbols
from seawall.venues.reply import MarginReply
from seawall.venues.venue import Venue

POSITIONS_WORD = "position/list"
WALLET_WORD = "wallet-balance"
"""What the keys of one mapping that brings both private answers hold."""
_SIGNS = {POSITIONS_WORD: "positionValue", WALLET_WORD: "coin"}
"""What only the rows of an answer have."""
_BOTH = "Bybit's positions and wallet make a book together: give {'position/list': ..., 'wallet-balance': ...}"


def _is_snapshot(content: bytes) -> bool:
    return b'"retCode"' in content and (b"market/tickers" in content or b"instruments-info" in content)


def _read_snapshot(content: bytes, *, name: str) -> MarketSnapshot:
    from seawall.venues.bybit.decode import snapshot_from_native_file

    return snapshot_from_native_file(content, name=name, source=name)


def _read_account(document: object, *, origin: str, account: str | None) -> Book | None:
    """Return the book of the two private answers side by side; one of them alone is refused."""
    if not isinstance(document, Mapping):
        return None
    for word, sign in _SIGNS.items():
        if _lists(document, sign):
            missing = WALLET_WORD if word == POSITIONS_WORD else POSITIONS_WORD
            raise InputError(Problem(missing, "missing", _BOTH, where=origin))
    words = [word for word in _SIGNS for key in document if isinstance(key, str) and word in key]
    if not words or not any(_is_answer(answer) for answer in document.values()):
        return None
    if missing_words := [word for word in _SIGNS if word not in words]:
        raise InputError([Problem(word, "missing", _BOTH, where=origin) for word in missing_words])
    from seawall.venues.bybit.accounts import book_from_answers
    from seawall.venues.bybit.decode import answers_under

    return book_from_answers(
        answers_under(document, POSITIONS_WORD), answers_under(document, WALLET_WORD), account=account
    )


def _read_reply(document: object, *, origin: str) -> MarginReply | None:
    from seawall.venues.bybit.reply import read_reply

    return read_reply(document, origin=origin)


def _is_answer(answer: Any) -> bool:
    """Return whether something is an answer with its envelope, or a list of such."""
    if isinstance(answer, list) and answer:
        answer = answer[0]
    return isinstance(answer, Mapping) and "retCode" in answer


def _lists(answer: Mapping[str, Any], sign: str) -> bool:
    """Return whether an answer with its envelope lists rows that have a sign."""
    result = answer.get("result")
    rows = result.get("list") if _is_answer(answer) and isinstance(result, Mapping) else None
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], Mapping) and sign in rows[0]


BYBIT = Venue(
    name="bybit",
    parse=symbols.parse,
    snapshot_form="an object with a key that holds `market/tickers`, over Bybit's answer or a list of them",
    is_snapshot=_is_snapshot,
    read_snapshot=_read_snapshot,
    read_account=_read_account,
    read_reply=_read_reply,
)
