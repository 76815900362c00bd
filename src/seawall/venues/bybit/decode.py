"""Bybit's public answers as a market snapshot; bytes are checked here once and trusted afterwards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS, iso
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.market import MarketSnapshot
from seawall.market.snapshot import FLOAT_COLUMNS
from seawall.venues.bybit import symbols
from seawall.venues.bybit.messages import (
    NAN,
    Answer,
    ListingMessage,
    Row,
    TickerMessage,
    answers_of,
    load,
    number,
    shown,
    typed,
)
from seawall.venues.bybit.quotes import Quote, index_prices, quote_of

VENUE = "bybit"
TICKERS_WORD = "market/tickers"
LISTINGS_WORD = "instruments-info"
"""What the keys of a native file hold: the endpoint, whatever stands before and after it."""
MINUTES_PER_HOUR = 60.0
_KINDS = {
    "LinearPerpetual": Perpetual, "InversePerpetual": Perpetual, "LinearFutures": Future, "InverseFutures": Future,
}  # fmt: skip
_FORM = f"a native file is a JSON object with a key that holds `{TICKERS_WORD}` or `{LISTINGS_WORD}`"

_Entry = tuple[Row[Any], Instrument, Answer]


def snapshot_from_native_file(
    content: bytes, *, name: str | None = None, source: str = "native file", time_ns: int | None = None
) -> MarketSnapshot:
    """Return the snapshot of a JSON file that keeps the answers under keys that name their endpoints.

    Keys that hold `market/tickers` or `instruments-info` are read, each an answer or a list of answers; others are left
    alone. Rules, result and errors are those of `snapshot_from_answers`.
    """
    document = "native file"
    tree = load(content, document=document)
    if not isinstance(tree, dict):
        raise InputError(Problem("$", shown(tree), _FORM, where=document))
    tickers, listings = answers_under(tree, TICKERS_WORD), answers_under(tree, LISTINGS_WORD)
    if not tickers and not listings:
        raise InputError(Problem("$", shown(tree), _FORM, where=document))
    made = snapshot_from_answers(tickers, listings, name=name or "", source=source, time_ns=time_ns)
    return made if name else replace(made, name=_default_name(made))


def answers_under(tree: Mapping[str, Any], word: str) -> list[Answer]:
    """Return the answers under those keys of an object that hold a word."""
    return [
        answer
        for key, found in tree.items()
        if word in key
        for answer in answers_of(found, document=word, path=f"$[{shown(key)!r}]")
    ]


def snapshot_from_answers(
    tickers: Sequence[Answer],
    listings: Sequence[Answer] = (),
    *,
    name: str,
    source: str,
    time_ns: int | None = None,
    index: Mapping[str, float] | None = None,
) -> MarketSnapshot:
    """Return the snapshot that answers of two public endpoints hold together.

    Parameters
    ----------
    tickers
        Answers of `/v5/market/tickers`, one or more per category.
    listings
        Answers of `/v5/market/instruments-info`: they add lots, the day on which inverse futures expire, and
        instruments that have no price.
    name, source
        What to call the snapshot, and where the answers were read.
    time_ns
        Its instant, nanoseconds since 1970 UTC; by default that of the newest answer.
    index
        USD per unit of an asset, where it is known from elsewhere.

    Returns
    -------
    MarketSnapshot
        All options, perpetuals and futures. Spot pairs give index prices alone, because their symbols are those of
        perpetuals. A stable coin without a price is taken as 1 USD, marked as derived, and noted.

    Raises
    ------
    InputError
        With every problem found: JSON path, what stood there, and the rule.

    Examples
    --------
    >>> rows = [{"symbol": "BTCUSD", "markPrice": "16596.00", "indexPrice": "16598.54", "bid1Price": ""}]
    >>> answer = {"retCode": 0, "time": 1672376496682, "result": {"category": "inverse", "list": rows}}
    >>> snapshot = snapshot_from_answers(answers_of(answer, document="tickers"), name="now", source="by hand")
    >>> float(snapshot.mark[0]), snapshot.index["BTC"], float(snapshot.bid[0])
    (16596.0, 16598.54, nan)
    """
    problems: list[Problem] = []
    ticked, spots = _entries(tickers, TickerMessage, problems)
    listed, spot_listings = _entries(listings, ListingMessage, problems)
    priced, found = _by_symbol(ticked, problems), _by_symbol(listed, problems)
    facts = {symbol: fact for symbol, (_, fact, _) in priced.items()}
    facts |= {symbol: _listed(row, fact, problems) for symbol, (row, fact, _) in found.items()}
    quotes = []
    for symbol, fact in facts.items():
        if symbol in priced:
            row, _, answer = priced[symbol]
            hours = _listed_hours(found.get(symbol))
            quotes.append(quote_of(row, fact, time_ms=answer.time_ms, interval_hours=hours, problems=problems))
        else:
            quotes.append(Quote())
    if not facts and not problems:
        problems.append(Problem("$", "no row", "a snapshot needs at least one contract", where=VENUE))
    times = [answer.time_ms for answer in (*tickers, *listings) if answer.time_ms]
    if time_ns is None and not times and not problems:
        problems.append(Problem("time", None, "it is needed where no answer says when it was sent", where=VENUE))
    if problems:
        raise InputError(problems)
    instruments = list(facts.values())
    prices = index_prices(instruments, quotes, [row.message for row in spots], given=index or {})
    notes = _notes(instruments, quotes, len(spots) or len(spot_listings))
    columns: dict[str, Any] = {
        column: np.array([getattr(quote, column) for quote in quotes]) for column in FLOAT_COLUMNS
    }
    return MarketSnapshot.of(
        InstrumentTable.of(instruments), name=name, venue=VENUE, source=source,
        time_ns=max(times) * NS_PER_MS if time_ns is None else time_ns,
        index=prices.index, index_origin=prices.origin, notes=(*notes, *prices.notes),
        observed_ns=np.array([quote.observed_ns for quote in quotes], dtype=np.int64), **columns,
    )  # fmt: skip


def _entries(
    answers: Sequence[Answer], kind: type[Any], problems: list[Problem]
) -> tuple[list[_Entry], list[Row[Any]]]:
    """Return the typed rows of contracts, each with its instrument and answer, and the rows of spot pairs."""
    contracts: list[_Entry] = []
    spots: list[Row[Any]] = []
    for answer in answers:
        category = answer.result.get("category")
        if category not in symbols.CATEGORIES:
            rule = f"categories are {', '.join(symbols.CATEGORIES)}"
            problems.append(Problem(f"{answer.path}.result.category", shown(category), rule, where=answer.document))
            continue
        rows = answer.rows()
        if kind is ListingMessage:
            rows = [(path, _with_lot(item)) for path, item in rows]
        for row in typed(rows, kind, document=answer.document, problems=problems):
            if category == "spot":
                spots.append(row)
                continue
            try:
                contracts.append((row, symbols.parse(row.message.symbol, category=category), answer))
            except InputError as error:
                problems.extend(row.problem("symbol", fault.value, fault.rule) for fault in error.problems)
    return contracts, spots


def _with_lot(item: Any) -> Any:
    """Return a listing with the one number of its `lotSizeFilter` that we read beside the rest."""
    sizes = item.get("lotSizeFilter") if isinstance(item, Mapping) else None
    return {**item, "qtyStep": sizes.get("qtyStep")} if isinstance(sizes, Mapping) else item


def _listed_hours(entry: _Entry | None) -> float:
    return NAN if entry is None else float(entry[0].message.funding_interval) / MINUTES_PER_HOUR


def _by_symbol(entries: Sequence[_Entry], problems: list[Problem]) -> dict[str, _Entry]:
    found: dict[str, _Entry] = {}
    for entry in entries:
        row = entry[0]
        symbol = row.message.symbol
        if symbol in found:
            problems.append(row.problem("symbol", symbol, f"it stands once; it is at {found[symbol][0].path} already"))
        found.setdefault(symbol, entry)
    return found


def _listed(row: Row[ListingMessage], fact: Instrument, problems: list[Problem]) -> Instrument:
    """Return the instrument with its lot, and for inverse futures its expiry, as listed, if the listing agrees."""
    message = row.message
    said: list[tuple[str, str, tuple[str, ...]]] = [
        ("baseCoin", message.base_coin, (fact.underlying,)),
        ("settleCoin", message.settle_coin, (fact.settlement,)),
        # USDC contracts were quoted in "USD" before they were quoted in "USDC".
        ("quoteCoin", message.quote_coin, (fact.quote, "USD") if fact.quote == "USDC" else (fact.quote,)),
    ]
    if isinstance(fact, Option):
        said.append(("optionsType", message.options_type, ("Call" if fact.is_call else "Put",)))
    for field, text, told in said:
        if text and text not in told:
            problems.append(row.problem(field, text, f"its symbol says {told[0]}"))
    if message.contract_type and not isinstance(fact, _KINDS.get(message.contract_type, ())):
        rule = f"its symbol says {type(fact).__name__.lower()}"
        problems.append(row.problem("contractType", message.contract_type, rule))
    lot = fact.lot if math.isnan(message.qty_step) else message.qty_step
    if not isinstance(fact, Option | Future) or not message.delivery_time > 0.0:
        return replace(fact, lot=lot)
    delivery_ns = int(message.delivery_time) * NS_PER_MS
    names_its_day = isinstance(fact, Option) or not fact.inverse
    if names_its_day and delivery_ns != fact.expiry_ns:
        rule = f"its symbol says {iso(fact.expiry_ns)}"
        problems.append(row.problem("deliveryTime", number(message.delivery_time), rule))
    return replace(fact, lot=lot, expiry_ns=fact.expiry_ns if names_its_day else delivery_ns)


def _notes(instruments: Sequence[Instrument], quotes: Sequence[Quote], spots_count: int) -> list[str]:
    notes = []
    if spots_count:
        notes.append(f"{spots_count} spot pairs give index prices only: their symbols are those of perpetuals.")
    unpriced = sum(math.isnan(quote.mark) for quote in quotes)
    if unpriced:
        notes.append(f"{unpriced} instruments have no mark in these answers.")
    unfunded = sum(
        isinstance(fact, Perpetual) and not math.isnan(quote.mark) and math.isnan(quote.funding_8h)
        for fact, quote in zip(instruments, quotes, strict=True)
    )
    if unfunded:
        notes.append(f"{unfunded} perpetuals have no funding per 8 hours: rate or interval is not in the answers.")
    return notes


def _default_name(snapshot: MarketSnapshot) -> str:
    """Return a name as `bybit-btc-2026-08-01`; the coins are those that options are on, where there are options."""
    table = snapshot.table
    coins = {table.underlying[i] for i in np.flatnonzero(np.isfinite(table.strike))} or set(table.underlyings)
    return "-".join([VENUE, *(coin.lower() for coin in sorted(coins)[:3]), iso(snapshot.time_ns)[:10]])
