"""Binance's public answers as a market snapshot; JSON is checked here once and trusted afterwards.

Binance publishes no forward of an option: its mark is Black-Scholes on the spot index. Forwards of options are left
missing, for `market.derive.complete` to take from dated futures and put-call parity.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS, iso
from seawall.instruments import Instrument, InstrumentTable, Kind, Option
from seawall.market import MarketSnapshot, Origin
from seawall.market.stable_coins import STABLE_ASSETS, STABLE_USD, par_note
from seawall.venues.binance import listing, symbols
from seawall.venues.binance.messages import MessageT, Row, answers, load, rows_of, shown
from seawall.venues.binance.shapes import (
    OptionIndexMessage,
    OptionMarkMessage,
    OptionTickerMessage,
    PremiumIndexMessage,
)

VENUE = "binance"
MARK, TICKER, INDEX = "eapi/v1/mark", "eapi/v1/ticker", "eapi/v1/index"
LINEAR_INDEX, COIN_INDEX = "fapi/v1/premiumIndex", "dapi/v1/premiumIndex"
METHODS = (listing.METHOD, MARK, LINEAR_INDEX, COIN_INDEX)
"""Any of these makes a file a snapshot."""
PRICES = ("mark", "vol", "bid", "ask")
_UNDERLYING = re.compile(r"[?&]underlying=([^&]+)")


@dataclass(frozen=True, slots=True)
class _Quote:
    """One instrument's numbers in the snapshot's units; NaN where the venue gave none."""

    mark: float = math.nan
    vol: float = math.nan
    bid: float = math.nan
    ask: float = math.nan
    index: float = math.nan
    observed_ms: int = 0


def snapshot_from_native_file(
    content: bytes, *, name: str | None = None, source: str = "native file", time_ns: int | None = None
) -> MarketSnapshot:
    """Return the snapshot of a JSON file that keeps public answers side by side under keys that name their methods.

    Parameters
    ----------
    content
        An object with some of the keys `/eapi/v1/exchangeInfo`, `/eapi/v1/mark`, `/eapi/v1/ticker`,
        `/eapi/v1/index?underlying=BTCUSDT`, `/fapi/v1/premiumIndex`, `/dapi/v1/premiumIndex`, with or without `GET`;
        other keys are left alone.
    name, source
        What to call the snapshot, and where the answers were read.
    time_ns
        Its instant, nanoseconds since 1970 UTC; by default the newest time in the answers.

    Returns
    -------
    MarketSnapshot
        Every instrument of which an answer speaks. A mark of 0 of what is no option is what the venue writes for a
        settled contract, and unavailable. The index is USD by coin-settled contracts, else in the stable coin of the
        linear ones; a stable coin is taken as 1 USD, marked as derived, and noted. Funding is not read.

    Raises
    ------
    InputError
        With every problem found: JSON path, what stood there, and the rule.

    Examples
    --------
    >>> snapshot = snapshot_from_native_file(b'''{"/fapi/v1/premiumIndex": [{"symbol": "BTCUSDT", "time": 1785607084000,
    ...     "markPrice": "62700.5", "indexPrice": "62655.25"}]}''')
    >>> snapshot.name, float(snapshot.mark[0]), snapshot.index["BTC"]
    ('binance-btc-2026-08-01', 62700.5, 62655.25)
    """
    tree = load(content, document="native file")
    if not any(True for method in METHODS for _ in answers(tree, method)):
        rule = f"a native file is a JSON object with a key that names one of {', '.join(METHODS)}"
        raise InputError(Problem("$", shown(tree), rule, where="native file"))
    made = snapshot_from_json(tree, name=name or "", source=source, time_ns=time_ns)
    return made if name else replace(made, name=_default_name(made))


def snapshot_from_json(tree: Any, *, name: str, source: str, time_ns: int | None = None) -> MarketSnapshot:
    """Do as `snapshot_from_native_file` does, from JSON that is already loaded."""
    problems: list[Problem] = []
    listed, server_ms = listing.exchange_info(tree, problems)
    marks, tickers = _rows(tree, MARK, OptionMarkMessage, problems), _rows(tree, TICKER, OptionTickerMessage, problems)
    linear = _rows(tree, LINEAR_INDEX, PremiumIndexMessage, problems)
    coin = _rows(tree, COIN_INDEX, PremiumIndexMessage, problems)
    option_index, index_ms = _option_index(tree, problems)
    facts: dict[str, Instrument] = {}
    for row in listed:
        listing.add(facts, row, listing.listed_instrument(row, problems), problems)
    options: list[Row[Any]] = [*marks, *tickers]
    futures: list[Row[Any]] = [*linear, *coin]
    priced = [(row, True) for row in options] + [(row, False) for row in futures]
    for row_priced, is_option in priced:
        fact = facts.get(row_priced.message.symbol) or listing.parsed(row_priced, problems)
        if fact is not None and isinstance(fact, Option) is not is_option:
            rule = "it is an option" if is_option else "it is a future or perpetual"
            problems.append(row_priced.problem("symbol", fact.name, rule))
        elif fact is not None:
            facts[fact.name] = fact
    by_mark, by_ticker = _by_symbol(marks, problems), _by_symbol(tickers, problems)
    by_premium = _by_symbol([*linear, *coin], problems)
    quotes = [_quote(key, by_mark, by_ticker, by_premium) for key in facts]
    if not facts and not problems:
        problems.append(Problem("$", "no row", "a snapshot needs at least one instrument", where=source))
    if problems:
        raise InputError(problems)
    newest_ms = max([server_ms, index_ms, *(quote.observed_ms for quote in quotes)])
    if time_ns is None and newest_ms == 0:
        raise InputError(Problem("time_ns", None, "it is needed where no answer has a time"))
    table = InstrumentTable.of(facts.values())
    index, origins, notes = _index(table, quotes, option_index)
    unpriced = sum(math.isnan(quote.mark) for quote in quotes)
    if unpriced:
        notes.append(f"{unpriced} listed instruments have no mark in these answers.")
    columns = {
        column: np.array([getattr(quote, column) for quote in quotes]) for column in ("mark", "vol", "bid", "ask")
    }
    return MarketSnapshot.of(
        table, name=name, venue=VENUE, source=source, time_ns=newest_ms * NS_PER_MS if time_ns is None else time_ns,
        index=index, index_origin=origins, notes=notes, mark=columns["mark"], vol=columns["vol"], bid=columns["bid"],
        ask=columns["ask"], forward=np.where(table.is_kind(Kind.OPTION), np.nan, columns["mark"]),
        observed_ns=np.array([quote.observed_ms * NS_PER_MS for quote in quotes], dtype=np.int64),
    )  # fmt: skip


def _rows(tree: Any, method: str, kind: type[MessageT], problems: list[Problem]) -> list[Row[MessageT]]:
    return [
        row for key, content in answers(tree, method) for row in rows_of(content, kind, document=key, problems=problems)
    ]


def _option_index(tree: Any, problems: list[Problem]) -> tuple[dict[str, float], int]:
    """Return the index of each underlying pair that a key of the file names, and the newest time of one."""
    found, newest = {}, 0
    for key, content in answers(tree, INDEX):
        named = _UNDERLYING.search(key)
        for row in rows_of(content, OptionIndexMessage, document=key, problems=problems):
            newest = max(newest, row.message.time or 0)
            if named is None:
                problems.append(Problem(key, "no underlying", "the key ends in ?underlying=BTCUSDT, or another pair"))
            elif not row.message.index_price > 0.0:
                problems.append(row.problem("indexPrice", row.message.index_price, "index prices are above 0"))
            else:
                found[named[1]] = row.message.index_price
    return found, newest


def _by_symbol(rows: Sequence[Row[MessageT]], problems: list[Problem]) -> dict[str, MessageT]:
    found: dict[str, MessageT] = {}
    for row in rows:
        key: str = row.message.symbol  # type: ignore[attr-defined]  # every row keyed so has one
        if key in found:
            problems.append(row.problem("symbol", key, "it stands once in these answers"))
        found.setdefault(key, row.message)
    return found


def _quote(
    key: str,
    marks: Mapping[str, OptionMarkMessage],
    tickers: Mapping[str, OptionTickerMessage],
    premiums: Mapping[str, PremiumIndexMessage],
) -> _Quote:
    if premium := premiums.get(key):
        return _Quote(
            mark=premium.mark_price or math.nan, index=premium.index_price or math.nan, observed_ms=premium.time or 0
        )
    mark, ticker = marks.get(key), tickers.get(key)
    return _Quote(
        mark=math.nan if mark is None or mark.mark_price is None else mark.mark_price,
        vol=(mark.mark_iv if mark else None) or math.nan,
        bid=(ticker.bid_price if ticker else None) or math.nan,  # no bid is written as 0, and 0 is no tick
        ask=(ticker.ask_price if ticker else None) or math.nan,
    )


def _index(
    table: InstrumentTable, quotes: Sequence[_Quote], option_index: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, Origin], list[str]]:
    """Return USD per unit of the assets that instruments are on or settle in, the origin of each, and notes."""
    index: dict[str, float] = {}
    origin: dict[str, Origin] = {}
    notes: list[str] = []
    for asset in STABLE_ASSETS:
        if asset in (*table.quote, *table.settlement):
            index[asset], origin[asset] = STABLE_USD, Origin.DERIVED
            notes.append(par_note(asset))
    told: dict[tuple[str, str], tuple[float, str]] = {}
    for pair, price in option_index.items():
        for base in table.underlyings:
            if pair == f"{base}{symbols.OPTION_QUOTE}":
                told[base, symbols.OPTION_QUOTE] = (price, f"the option index of {pair}")
    for i, quote in enumerate(quotes):
        if not math.isnan(quote.index):
            told.setdefault((table.underlying[i], table.quote[i]), (quote.index, table.names[i]))
    for (base, currency), (price, _) in told.items():
        if currency == symbols.COIN_QUOTE:
            index[base], origin[base] = price, Origin.OBSERVED
    for (base, currency), (price, by) in told.items():
        if base not in index and currency in index:
            index[base], origin[base] = price * index[currency], Origin.DERIVED
            notes.append(f"The USD index of {base} is its {currency} price by {by} times {currency}.")
    return index, origin, notes


def _default_name(snapshot: MarketSnapshot) -> str:
    """Return a name as `binance-btc-2026-08-01`."""
    return "-".join([VENUE, *(asset.lower() for asset in snapshot.table.underlyings[:3]), iso(snapshot.time_ns)[:10]])
