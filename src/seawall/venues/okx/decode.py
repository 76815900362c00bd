"""OKX's public answers as a market snapshot; bytes are checked here once and trusted afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS, iso
from seawall.instruments import Instrument, InstrumentTable
from seawall.market import MarketSnapshot
from seawall.market.snapshot import FLOAT_COLUMNS
from seawall.venues.okx.answers import PUBLIC, Answers, answers_of
from seawall.venues.okx.listing import listed
from seawall.venues.okx.messages import (
    FundingMessage,
    IndexMessage,
    InterestMessage,
    MarkMessage,
    OptionMessage,
    TickerMessage,
)
from seawall.venues.okx.quotes import Quote, by_name, index_prices, quote_of
from seawall.venues.okx.reading import MessageT, Row, load, shown, typed

VENUE = "okx"
FORM = "a JSON object of OKX's answers under their endpoints, `public/instruments` among them"
_SHOWN_NAMES_COUNT = 3


def snapshot_from_native_file(
    content: bytes, *, name: str | None = None, source: str = "native file", time_ns: int | None = None
) -> MarketSnapshot:
    """Return the snapshot of a JSON file that keeps OKX's answers side by side under keys that name their endpoints.

    Parameters
    ----------
    content
        A JSON object. Of its keys those count whose last part is `instruments`, `mark-price`, `tickers`, `opt-summary`,
        `index-tickers`, `funding-rate` or `open-interest`, each as often as it occurs; others are left alone. What they
        hold is an answer, a list of answers or a list of their rows.
    name, source
        What to call the snapshot, by default after its assets and day; and where the answers were read.
    time_ns
        Its instant, nanoseconds since 1970 UTC; by default that of the newest row.

    Returns
    -------
    MarketSnapshot
        All listed instruments but those that seawall does not read, which the notes count. Sizes are in units of size
        and no longer in contracts. An instrument that no answer prices is kept, with unavailable prices.

    Raises
    ------
    InputError
        With every problem found: JSON path, what stood there, and the rule.

    Examples
    --------
    >>> content = b'''{"public/instruments": {"code": "0", "data": [{"instId": "BTC-USDT-SWAP", "instType": "SWAP",
    ...                  "settleCcy": "USDT", "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "ctType": "linear"}]},
    ...                "public/mark-price": [{"instId": "BTC-USDT-SWAP", "markPx": "97093.7", "ts": "1736936801642"}],
    ...                "market/index-tickers": [{"instId": "BTC-USDT", "idxPx": "97078.9", "ts": "1736936801000"},
    ...                                         {"instId": "USDT-USD", "idxPx": "0.99954", "ts": "1736936801000"}]}'''
    >>> snapshot = snapshot_from_native_file(content)
    >>> snapshot.name, float(snapshot.mark[0]), round(snapshot.index["BTC"], 6)
    ('okx-btc-2025-01-15', 97093.7, 97034.243706)
    """
    document = load(content, document=source)
    if not isinstance(document, Mapping):
        raise InputError(Problem("$", shown(document), f"it is {FORM}", where=source))
    answers = answers_of(document, wanted=PUBLIC, where=source)
    return snapshot_from_answers(answers, name=name or "", source=source, time_ns=time_ns)


def snapshot_from_answers(answers: Answers, *, name: str, source: str, time_ns: int | None = None) -> MarketSnapshot:
    """Do as `snapshot_from_native_file` does, from rows that are already found, by the last part of their endpoint."""
    problems: list[Problem] = []
    facts, others = listed(answers.get("instruments", []), problems=problems)
    if not facts and not problems:
        problems.append(Problem("public/instruments", "no row", f"a snapshot is made of {FORM}", where=source))
    strangers: set[str] = set()

    def rows(endpoint: str, kind: type[MessageT]) -> dict[str, Row[MessageT]]:
        found = typed(answers.get(endpoint, []), kind, document=endpoint, problems=problems)
        kept, unknown = by_name(found, facts, problems)
        strangers.update(unknown)
        return kept

    marks, options = rows("mark-price", MarkMessage), rows("opt-summary", OptionMessage)
    tickers = rows("tickers", TickerMessage)
    funding, interest = rows("funding-rate", FundingMessage), rows("open-interest", InterestMessage)
    indices = typed(answers.get("index-tickers", []), IndexMessage, document="index-tickers", problems=problems)
    quotes = [
        quote_of(
            fact, mark=marks.get(key), option=options.get(key), ticker=tickers.get(key), funding=funding.get(key),
            interest=interest.get(key), problems=problems,
        )
        for key, fact in facts.items()
    ]  # fmt: skip
    needed = {asset for fact in facts.values() for asset in (fact.underlying, fact.quote, fact.settlement)}
    index, origins, told = index_prices(indices, needed=needed, problems=problems)
    stamps = [row.message.ts for found in (marks, options, tickers) for row in found.values()]
    stamps += [row.message.ts for row in indices]
    if time_ns is None and not stamps and not problems:
        problems.append(Problem("ts", None, "a row with a time is needed to know when the prices held", where=source))
    if problems:
        raise InputError(problems)
    instant_ns = max(stamps) * NS_PER_MS if time_ns is None else time_ns
    notes = [*_left_out(others, strangers), *told, *_unpriced(quotes)]
    columns: dict[str, Any] = {
        column: np.array([getattr(quote, column) for quote in quotes]) for column in FLOAT_COLUMNS
    }
    return MarketSnapshot.of(
        InstrumentTable.of(facts.values()), name=name or _default_name(facts, instant_ns), venue=VENUE, source=source,
        time_ns=instant_ns, index=index, index_origin=origins, notes=notes,
        observed_ns=np.array([quote.observed_ns for quote in quotes], dtype=np.int64), **columns,
    )  # fmt: skip


def _left_out(others: list[str], strangers: set[str]) -> list[str]:
    """Return what was not read, in a sentence each: it is left out, and not silently."""
    notes = []
    if others:
        notes.append(f"{len(others)} listed X-Perps and event contracts are left out: no rule here margins them.")
    unknown = sorted(strangers - {*others})
    if unknown:
        first = ", ".join(str(shown(name)) for name in unknown[:_SHOWN_NAMES_COUNT])
        notes.append(f"Prices of {len(unknown)} instruments that are not listed here are left out, such as {first}.")
    return notes


def _unpriced(quotes: list[Quote]) -> list[str]:
    count = sum(quote.observed_ns == 0 for quote in quotes)
    return [f"{count} listed instruments have no price in these answers."] if count else []


def _default_name(facts: Mapping[str, Instrument], time_ns: int) -> str:
    """Return a name as `okx-btc-2026-08-01`."""
    assets = sorted({fact.underlying for fact in facts.values()})[:3]
    return "-".join([VENUE, *(asset.lower() for asset in assets), iso(time_ns)[:10]])


def public_rows(document: Mapping[Any, Any], *, where: str) -> dict[str, list[tuple[str, Any]]]:
    """Return the rows of the public answers that stand beside others in one document."""
    return answers_of(document, wanted=PUBLIC, where=where)
