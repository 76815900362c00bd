"""Derive's public answers as a market snapshot; bytes are checked here once and trusted afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_SECOND, NS_PER_YEAR, iso
from seawall.instruments import Instrument, InstrumentTable, Kind, Option, Perpetual, Spot
from seawall.market import MarketSnapshot, Origin
from seawall.market.snapshot import FLOAT_COLUMNS
from seawall.market.stable_coins import STABLE_USD, par_note
from seawall.venues.derive import symbols
from seawall.venues.derive.messages import POSITIVE, Fields, load, results, shown
from seawall.venues.derive.quotes import Quote, quote_of
from seawall.venues.derive.signed_feeds import SignedFeeds, feeds_of, signed_feeds

VENUE = "derive"
LISTING_WORDS = ("get_instrument", "get_all_instruments")
TICKER_WORD = "get_ticker"
FEEDS_WORD = "signed_feeds"
FORM = "a JSON object with a key that holds `get_tickers` or `get_ticker`"
_FILE = "native file"
_TYPES: dict[str, type] = {"option": Option, "perp": Perpetual, "erc20": Spot}


def snapshot_from_native_file(
    content: bytes, *, name: str | None = None, source: str = _FILE, time_ns: int | None = None
) -> MarketSnapshot:
    """Return the snapshot of a JSON file that keeps answers side by side under keys that name their methods.

    Parameters
    ----------
    content
        Keys that hold `get_instruments`, `get_all_instruments` or `get_instrument` list instruments; `get_tickers` and
        `get_ticker` price them; `get_latest_signed_feeds` says how sure the prices are. Each holds an answer, a list of
        answers, or what stands in them under `result`. Other keys are left alone.
    name, source
        What to call the snapshot, and where the answers were read.
    time_ns
        Its instant, nanoseconds since 1970 UTC; by default that of the newest ticker.

    Returns
    -------
    MarketSnapshot
        All instruments that are listed or priced. One that no ticker prices is kept, with unavailable prices. Rates are
        the feeds', else derived from the tickers' discount factors. USDC without a feed is taken as 1 USD, marked as
        derived, and noted.

    Raises
    ------
    InputError
        With every problem found: JSON path, what stood there, and the rule.

    Examples
    --------
    >>> file = b'''{"public/get_tickers": {"result": {"tickers": {"ETH-PERP": {
    ...     "t": 1779953797040, "M": "1990.1", "I": "1991.7", "b": "1990", "B": "3", "a": "1990.2", "A": "1"}}}}}'''
    >>> snapshot = snapshot_from_native_file(file)
    >>> snapshot.name, float(snapshot.mark[0]), snapshot.index["ETH"]
    ('derive-eth-2026-05-28', 1990.1, 1991.7)
    """
    tree = load(content, document=_FILE)
    if not isinstance(tree, Mapping) or not any(TICKER_WORD in key or _lists(key) for key in tree):
        raise InputError(Problem("$", shown(tree), f"a native file is {FORM}", where=_FILE))
    problems: list[Problem] = []
    listed = dict(_named(tree, problems, _listing_rows, lists=True))
    tickers = _newest(_named(tree, problems, _ticker_rows, lists=False))
    rows = {**tickers, **listed}  # a ticker in its long form lists its instrument too
    facts = {key: fact for key, row in rows.items() if (fact := _instrument(key, row)) is not None}
    quotes = {key: quote_of(tickers[key], fact) if key in tickers else Quote() for key, fact in facts.items()}
    answers = [answer for key, answer in tree.items() if FEEDS_WORD in key]
    signed = signed_feeds(answers, problems)
    if not facts and not problems:
        problems.append(Problem("$", "no row", "a snapshot needs at least one instrument", where=_FILE))
    newest_ns = max((quote.observed_ns for quote in quotes.values()), default=0)
    if time_ns is None and newest_ns == 0 and not problems:
        problems.append(Problem("time_ns", None, "it is needed where no ticker has a timestamp", where=_FILE))
    if problems:
        raise InputError(problems)
    made = _snapshot(facts, quotes, signed, source=source, time_ns=newest_ns if time_ns is None else time_ns)
    return replace(made, name=name or _default_name(made))


def _lists(key: str) -> bool:
    return any(word in key for word in LISTING_WORDS)


def _named(tree: Mapping[str, Any], problems: list[Problem], rows_of: Any, *, lists: bool) -> Iterator[Any]:
    """Yield name and fields of every row under keys of one sort."""
    for key, answer in tree.items():
        if _lists(key) if lists else TICKER_WORD in key:
            document = shown(key)
            for path, item in results(answer, document=str(document), path=f"$.{document}"):
                yield from rows_of(path, item, str(document), problems)


def _listing_rows(path: str, item: Any, document: str, problems: list[Problem]) -> Iterator[tuple[str, Fields]]:
    whole = Fields.of(item, path=path, document=document, problems=problems)
    rows = whole.parts("instruments", document=document) if "instruments" in whole else [whole]
    for row in rows:
        if name := row.text("instrument_name", required=row.item != {}):
            yield name, row


def _ticker_rows(path: str, item: Any, document: str, problems: list[Problem]) -> Iterator[tuple[str, Fields]]:
    whole = Fields.of(item, path=path, document=document, problems=problems)
    if name := whole.text("instrument_name"):
        yield name, whole
        return
    by_name = whole.part("tickers") if "tickers" in whole else whole
    for key, ticker in by_name.item.items() if by_name is not None else ():
        row = Fields.of(ticker, path=f"{path}.{shown(key)}", document=document, problems=problems, name=key)
        yield key, row.part("instrument_ticker") or row


def _newest(rows: Iterator[tuple[str, Fields]]) -> dict[str, Fields]:
    """Return one ticker by name; where two answers hold one, the newer counts."""
    found: dict[str, Fields] = {}
    for name, row in rows:
        if name not in found or _age(row) >= _age(found[name]):
            found[name] = row
    return found


def _age(row: Fields) -> int:
    stamp = row.item.get("timestamp", row.item.get("t"))
    return stamp if isinstance(stamp, int) else 0


def _instrument(name: str, row: Fields) -> Instrument | None:
    """Return the instrument that a name stands for, with the lot as listed, if the row agrees."""
    try:
        fact = symbols.parse(name)
    except InputError as error:
        for fault in error.problems:
            row.refuse("instrument_name", fault.value, fault.rule)
        return None
    kind = row.text("instrument_type")
    if kind and not isinstance(fact, _TYPES.get(kind, ())):
        row.refuse("instrument_type", kind, f"its name says {type(fact).__name__.lower()}")
    base = row.text("base_currency")
    if base and base != fact.underlying:
        row.refuse("base_currency", base, f"its name says {fact.underlying}")
    details = row.part("option_details")
    if details is not None and isinstance(fact, Option):
        _check_option(details, fact)
    lot = row.number("amount_step", rule="size steps are finite and above 0", least=POSITIVE)
    return fact if math.isnan(lot) else replace(fact, lot=lot)


def _check_option(details: Fields, fact: Option) -> None:
    strike = details.number("strike")
    if not math.isnan(strike) and strike != fact.strike:
        details.refuse("strike", strike, f"its name says {fact.strike:.15g}")
    right, named = details.text("option_type"), "C" if fact.is_call else "P"
    if right and right != named:
        details.refuse("option_type", right, f"its name says {named}")
    expiry = details.number("expiry")
    if not math.isnan(expiry) and expiry != fact.expiry_ns // NS_PER_SECOND:
        details.refuse("expiry", expiry, f"its name says {fact.expiry_ns // NS_PER_SECOND}")


def _snapshot(
    facts: Mapping[str, Instrument], quotes: Mapping[str, Quote], signed: SignedFeeds, *, source: str, time_ns: int
) -> MarketSnapshot:
    table = InstrumentTable.of(facts.values())
    rows = [quotes[name] for name in table.names]
    columns: dict[str, Any] = {column: np.array([getattr(row, column) for row in rows]) for column in FLOAT_COLUMNS}
    index, origin, notes = _index_prices(table, rows, signed)
    rate = _rates(table, np.array([row.discount for row in rows]), time_ns)
    feeds = feeds_of(table, signed, rate=rate, forward=columns["forward"], time_ns=time_ns)
    derived = int(np.sum(~np.isnan(rate) & (feeds.rate == rate)))
    if derived:
        notes.append(f"Interest rates of {derived} options are derived from discount factors.")
    unpriced = sum(row.observed_ns == 0 for row in rows)
    if unpriced:
        notes.append(f"{unpriced} instruments have no ticker in these answers.")
    return MarketSnapshot.of(
        table, name="", venue=VENUE, source=source, time_ns=time_ns, index=index, index_origin=origin, notes=notes,
        observed_ns=np.array([row.observed_ns for row in rows], dtype=np.int64), feeds=feeds, **columns,
    )  # fmt: skip


def _index_prices(
    table: InstrumentTable, quotes: Sequence[Quote], signed: SignedFeeds
) -> tuple[dict[str, float], dict[str, Origin], list[str]]:
    """Return USD per unit of each asset: the newest ticker's index (a perpetual's before all), else the signed feed."""
    index = dict(signed.spot)
    best: dict[str, tuple[bool, int]] = {}
    for row, quote in enumerate(quotes):
        asset, rank = table.underlying[row], (bool(table.kind[row] == Kind.PERPETUAL), quote.observed_ns)
        if not math.isnan(quote.index) and (asset not in best or rank > best[asset]):
            best[asset], index[asset] = rank, quote.index
    origin = dict.fromkeys(index, Origin.OBSERVED)
    if symbols.CASH in index:
        return index, origin, []
    index[symbols.CASH], origin[symbols.CASH] = STABLE_USD, Origin.DERIVED
    return index, origin, [par_note(symbols.CASH)]


def _rates(table: InstrumentTable, discount: FloatArray, time_ns: int) -> FloatArray:
    """Return the rate that each option's discount factor stands for, `(N,)`; NaN where there is none."""
    years = (table.expiry_ns - time_ns) / NS_PER_YEAR
    known = ~np.isnan(discount) & (years > 0.0)
    rate = -np.log(np.where(known, discount, 1.0)) / np.where(known, years, 1.0)
    return np.where(known, rate + 0.0, np.nan)


def _default_name(snapshot: MarketSnapshot) -> str:
    """Return a name as `derive-btc-2026-08-01`."""
    return "-".join([VENUE, *(asset.lower() for asset in snapshot.table.underlyings[:3]), iso(snapshot.time_ns)[:10]])
