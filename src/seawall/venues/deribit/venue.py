"""Deribit's ways in, as the catalogue lists them; answers are told by their shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.portfolio.findings import SHOWN_CHARACTERS_COUNT
from seawall.venues.deribit import symbols
from seawall.venues.reply import MarginReply
from seawall.venues.venue import Venue

POSITIONS_KEYS = ("positions", "get_positions")
SUMMARIES_KEYS = ("summaries", "account_summaries", "get_account_summaries")
"""Keys under which one mapping brings both private answers."""

_BOTH = "Deribit's positions and summaries make a book together: give {'positions': ..., 'summaries': ...}"


def _is_snapshot(content: bytes) -> bool:
    return b"get_instruments" in content


def _read_snapshot(content: bytes, *, name: str) -> MarketSnapshot:
    from seawall.venues.deribit.decode import snapshot_from_native_file

    return snapshot_from_native_file(content, name=name, source=name)


def _read_archive(path: Path, *, currency: str, day: date | str | None) -> Sequence[MarketSnapshot]:
    from seawall.venues.deribit.archive import snapshots_from_archive  # brings a frame library

    return snapshots_from_archive(path, currency=currency, day=day)


def _read_account(document: object, *, origin: str, account: str | None) -> Book | None:
    """Return the book of the two private answers side by side; one of them alone is refused."""
    if _holds(document, "instrument_name"):
        raise InputError(Problem("summaries", "missing", _BOTH, where=origin))
    if _holds(document, "summaries") or _holds(document, "currency"):
        raise InputError(Problem("positions", "missing", _BOTH, where=origin))
    if not isinstance(document, Mapping):
        return None
    positions = [key for key in POSITIONS_KEYS if key in document]
    summaries = [key for key in SUMMARIES_KEYS if key in document]
    if len(positions) != 1 or len(summaries) != 1 or len(document) != 2:
        return None
    from seawall.venues.deribit.accounts import book_from_responses

    return book_from_responses(_as_bytes(document[positions[0]]), _as_bytes(document[summaries[0]]), account=account)


def _read_reply(document: object, *, origin: str) -> MarginReply | None:
    from seawall.venues.deribit.reply import read_reply

    return read_reply(document, origin=origin)


def _holds(answer: Any, key: str) -> bool:
    """Return whether an answer, with or without its JSON-RPC frame, is or lists objects with `key`."""
    if isinstance(answer, Mapping) and "result" in answer:
        answer = answer["result"]
    if isinstance(answer, list | tuple):
        answer = answer[0] if answer else None
    both = isinstance(answer, Mapping) and any(name in answer for name in POSITIONS_KEYS)
    return isinstance(answer, Mapping) and isinstance(answer.get(key), str | list) and not both


def _as_bytes(answer: Any) -> bytes:
    if isinstance(answer, bytes | bytearray):
        return bytes(answer)
    try:
        return json.dumps(answer, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(Problem("answer", str(answer)[:SHOWN_CHARACTERS_COUNT], f"it is JSON: {error}")) from None


DERIBIT = Venue(
    name="deribit",
    parse=symbols.parse,
    snapshot_form="an object with a key that holds `get_instruments`",
    is_snapshot=_is_snapshot,
    read_snapshot=_read_snapshot,
    read_account=_read_account,
    read_archive=_read_archive,
    read_reply=_read_reply,
)
