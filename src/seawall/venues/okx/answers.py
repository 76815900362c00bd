"""Many of OKX's answers in one JSON object, told apart by keys that name their endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from seawall.venues.okx.reading import rows_of

PUBLIC = (
    "instruments", "mark-price", "tickers", "opt-summary", "index-tickers", "funding-rate", "open-interest",
)  # fmt: skip
"""Last parts of the public endpoints that a snapshot is made from."""
PRIVATE = ("positions", "balance", "config", "orders-pending")
"""Last parts of the private endpoints that a book is made from."""
BUILDER = "position-builder"

Answers: TypeAlias = Mapping[str, list[tuple[str, Any]]]
"""Rows by the last part of their endpoint, each with the path it was read from."""

_SYNONYMS = {"ticker": "tickers", "index-ticker": "index-tickers"}
_TAIL = re.compile(r"[?#( ].*", re.DOTALL)


def endpoint(key: object) -> str:
    """Return the last part of the endpoint that a key names, in whatever form it does.

    Examples
    --------
    >>> endpoint("GET /api/v5/public/instruments?instType=SWAP"), endpoint("mark_price")
    ('instruments', 'mark-price')
    """
    text = str(key).strip()
    for method in ("GET ", "POST "):
        text = text.removeprefix(method)
    last = _TAIL.sub("", text.strip()).rstrip("/").rpartition("/")[2].replace("_", "-").lower()
    return _SYNONYMS.get(last, last)


def answers_of(document: Mapping[Any, Any], *, wanted: tuple[str, ...], where: str) -> dict[str, list[tuple[str, Any]]]:
    """Return the rows of the wanted endpoints; keys that name another are left alone.

    An endpoint may stand several times, as `public/instruments?instType=SWAP` and `?instType=OPTION`.

    Raises
    ------
    InputError
        When an answer is a refusal, or holds something else than rows.
    """
    found: dict[str, list[tuple[str, Any]]] = {name: [] for name in wanted}
    for key, answer in document.items():
        name = endpoint(key)
        if name in found:
            found[name] += rows_of(answer, document=where, path=f"$.{str(key)[:60]}")
    return found
