"""What a venue's JSON is when it is not what was asked for: a margin answer, public answers, an account's answers."""

from __future__ import annotations

import json
from typing import Any

from seawall.core.errors import InputError, Problem, VenueError
from seawall.venues.catalogue import VENUES
from seawall.venues.venue import Venue

MARGIN_ANSWER, ACCOUNT, MARKET = "margin answer", "account", "market"
_READ_BY = {
    MARGIN_ANSWER: "`seawall reconcile FILE` and `sw.reconcile` compute a margin answer again",
    ACCOUNT: "`seawall margin FILE` and `sw.load_book` read an account's answers as a book",
    MARKET: "`--snapshot FILE` and `sw.load_snapshot` read public answers as a market",
}
"""The kinds, in the order in which they are told, and what reads each."""
_WORDS = {MARGIN_ANSWER: "margin answer", ACCOUNT: "account answers", MARKET: "public answers"}
_TITLES = {"okx": "OKX"}


def other_kind(document: Any, *, wanted: str, origin: str) -> Problem | None:
    """Return what a parsed document is, and what reads it; None where it is of the wanted kind, or no venue knows it.

    It is asked only where reading has failed: what reads as it should need not be told.

    Examples
    --------
    >>> answer = {"result": {"model_params": {}, "portfolio": {}, "margins": {}}}
    >>> print(other_kind(answer, wanted=ACCOUNT, origin="a.json"))
    a.json: JSON is Deribit's margin answer; it is no account: `seawall reconcile FILE` and `sw.reconcile` compute a \
margin answer again
    """
    if not isinstance(document, dict | list):
        return None
    for kind, read_by in _READ_BY.items():
        for venue in VENUES.values():
            if _is(document, kind, venue):
                if kind == wanted:
                    return None
                title = _TITLES.get(venue.name, venue.name.capitalize())
                rule = f"it is no {wanted}: {read_by}"
                return Problem("JSON", _Shown(f"{title}'s {_WORDS[kind]}"), rule, where=origin)
    return None


class _Shown:
    """Words that a message shows without quotation marks: they are ours, and not the input's."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __str__(self) -> str:
        return self._words

    __repr__ = __str__


def _is(document: Any, kind: str, venue: Venue) -> bool:
    """Return whether a venue takes a document for something of a kind, faulty or not."""
    try:
        if kind == MARGIN_ANSWER:
            return venue.read_reply is not None and venue.read_reply(document, origin="") is not None
        if kind == ACCOUNT:
            return venue.read_account(document, origin="", account=None) is not None
        return venue.is_snapshot(json.dumps(document).encode())
    except (InputError, VenueError):
        return True
    except (TypeError, ValueError, RecursionError):  # no JSON: a mapping of one's own
        return False
