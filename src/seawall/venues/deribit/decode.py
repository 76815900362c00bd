"""Deribit's public answers as a market snapshot; bytes are checked here once and trusted afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS, iso
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual, Spot
from seawall.market import MarketSnapshot
from seawall.market.snapshot import FLOAT_COLUMNS
from seawall.venues.deribit import symbols
from seawall.venues.deribit.messages import (
    MAX_TIME_MS,
    NEVER_MS,
    IndexMessage,
    InstrumentMessage,
    MessageT,
    Row,
    SummaryMessage,
    TickerMessage,
    load,
    rows_of,
    shown,
    typed,
)
from seawall.venues.deribit.quotes import Quote, index_prices, quote_of

VENUE = "deribit"
COMBO_SUFFIX = "_combo"
"""Ending of the kinds `future_combo` and `option_combo`."""
_KINDS: dict[str, tuple[type, ...]] = {"option": (Option,), "future": (Future, Perpetual), "spot": (Spot,)}


def snapshot_from_responses(
    instruments: bytes,
    summaries: bytes,
    tickers: bytes | None = None,
    *,
    name: str,
    source: str,
    time_ns: int | None = None,
    index: Mapping[str, float] | None = None,
) -> MarketSnapshot:
    """Return the snapshot that three kinds of public answer hold together.

    Parameters
    ----------
    instruments, summaries, tickers
        JSON of `public/get_instruments`, `public/get_book_summary_by_currency` and `public/ticker`: a response, a list
        of responses or a list of their rows. Where summary and ticker both have an instrument, the newer one counts.
    name, source
        What to call the snapshot, and where the answers were read.
    time_ns
        Its instant, nanoseconds since 1970 UTC; by default that of the newest row.
    index
        USD per unit of an asset, where it is known from elsewhere (`public/get_index_price`).

    Returns
    -------
    MarketSnapshot
        All listed instruments but combos, which the notes count. An instrument that no answer prices is kept, with
        unavailable prices. A stable coin without index is taken as 1 USD, marked as derived, and noted.

    Raises
    ------
    InputError
        With every problem found: JSON path, what stood there, and the rule.
    VenueError
        When an answer is a JSON-RPC error.

    Examples
    --------
    >>> listed = b'''[{"instrument_name": "BTC-PERPETUAL", "kind": "future", "base_currency": "BTC",
    ...               "quote_currency": "USD", "contract_size": 10, "min_trade_amount": 10}]'''
    >>> quoted = b'''[{"instrument_name": "BTC-PERPETUAL", "creation_timestamp": 1779460434086, "bid_price": null,
    ...               "mark_price": 76783.36, "estimated_delivery_price": 76736.38}]'''
    >>> snapshot = snapshot_from_responses(listed, quoted, name="now", source="by hand")
    >>> float(snapshot.mark[0]), snapshot.index["BTC"]
    (76783.36, 76736.38)
    """
    trees = [load(instruments, document="instruments"), load(summaries, document="book summaries")]
    trees.append([] if tickers is None else load(tickers, document="tickers"))
    return snapshot_from_json(*trees, name=name, source=source, time_ns=time_ns, index=index)


def snapshot_from_native_file(
    content: bytes, *, name: str | None = None, source: str = "native file", time_ns: int | None = None
) -> MarketSnapshot:
    """Return the snapshot of a JSON file that keeps the answers side by side under keys that name their methods.

    Keys that hold `get_instruments`, `book_summary` and `ticker` are read, each as often as it occurs; others are
    left alone. Rules, result and errors are those of `snapshot_from_responses`.
    """
    tree = load(content, document="native file")
    parts: dict[str, list[Any]] = {"get_instruments": [], "book_summary": [], "ticker": []}
    for key, answer in tree.items() if isinstance(tree, dict) else ():
        for word, found in parts.items():
            if word in key and isinstance(answer, dict | list):
                found.append(answer)
    if not parts["get_instruments"]:
        rule = "a native file is a JSON object with a key that holds `get_instruments`"
        raise InputError(Problem("$", shown(tree), rule, where="native file"))
    if time_ns is None and not (parts["book_summary"] or parts["ticker"]):
        time_ns = _answered_ns(parts["get_instruments"])
    made = snapshot_from_json(
        parts["get_instruments"], parts["book_summary"], parts["ticker"],
        name=name or "", source=source, time_ns=time_ns, index=None,
    )  # fmt: skip
    return made if name else replace(made, name=_default_name(made))


def index_price(answer: Any) -> float:
    """Return the price in a loaded answer of `public/get_index_price`, USD per unit."""
    document = "index price"
    problems: list[Problem] = []
    rows = typed(rows_of(answer, document=document), IndexMessage, document=document,
                 problems=problems)  # fmt: skip
    if not problems and len(rows) != 1:
        problems.append(Problem("$.result", f"{len(rows)} rows", "an index answer holds one price", where=document))
    if problems:
        raise InputError(problems)
    return rows[0].message.index_price


def snapshot_from_json(
    instruments: Any,
    summaries: Any,
    tickers: Any,
    *,
    name: str,
    source: str,
    time_ns: int | None,
    index: Mapping[str, float] | None,
) -> MarketSnapshot:
    """Do as `snapshot_from_responses` does, from JSON that is already loaded."""
    problems: list[Problem] = []
    listed = typed(rows_of(instruments, document="instruments"), InstrumentMessage, document="instruments",
                   problems=problems)  # fmt: skip
    summed = typed(rows_of(summaries, document="book summaries"), SummaryMessage, document="book summaries",
                   problems=problems)  # fmt: skip
    ticked = typed(rows_of(tickers, document="tickers"), TickerMessage, document="tickers", problems=problems)
    kept = _by_name(listed, problems)
    combos = {row.message.instrument_name for row in listed if row.message.kind.endswith(COMBO_SUFFIX)}
    facts = {key: _instrument(row, problems) for key, row in kept.items() if key not in combos}
    by_summary, by_ticker = _by_name(summed, problems), _by_name(ticked, problems)
    if not problems:  # a row that was refused above would make its prices look like strangers'
        priced: list[tuple[str, Row[Any]]] = [*by_summary.items(), *by_ticker.items()]
        for key, row in priced:
            if symbols.is_combo(key):
                combos.add(key)
            elif key not in facts and key not in combos:
                problems.append(row.problem("instrument_name", key, "every priced instrument is among the instruments"))
    quotes = [
        quote_of(by_summary.get(key), by_ticker.get(key), is_option=isinstance(fact, Option), problems=problems)
        for key, fact in facts.items()
    ]
    if not facts and not problems:
        problems.append(Problem("$", "no row", "a snapshot needs at least one instrument", where="instruments"))
    if problems:
        raise InputError(problems)
    table = InstrumentTable.of(fact for fact in facts.values() if fact is not None)
    notes = [f"{len(combos)} combos are left out: a combo is a package of its legs."] if combos else []
    return _snapshot(table, quotes, name=name, source=source, time_ns=time_ns, index=index or {}, notes=notes)


def _by_name(rows: Sequence[Row[MessageT]], problems: list[Problem]) -> dict[str, Row[MessageT]]:
    found: dict[str, Row[MessageT]] = {}
    for row in rows:
        key: str = row.message.instrument_name  # type: ignore[attr-defined]  # every row keyed so has one
        if key in found:
            problems.append(row.problem("instrument_name", key, f"it stands once; it is at {found[key].path} already"))
        found.setdefault(key, row)
    return found


def _instrument(row: Row[InstrumentMessage], problems: list[Problem]) -> Instrument | None:
    """Return the instrument that a name stands for, with contract size and lot as listed, if the row agrees."""
    message = row.message
    try:
        fact = symbols.parse(message.instrument_name)
    except InputError as error:
        problems.extend(row.problem("instrument_name", fault.value, fault.rule) for fault in error.problems)
        return None
    said: list[tuple[str, object, object]] = [("base_currency", message.base_currency, fact.underlying)]
    if message.settlement_currency is not None and not isinstance(fact, Spot):
        said.append(("settlement_currency", message.settlement_currency, fact.settlement))
    if isinstance(fact, Option):
        said += [("strike", message.strike, fact.strike), ("option_type", message.option_type, _right(fact))]
    if isinstance(fact, Option | Future):
        said.append(("expiration_timestamp", message.expiration_timestamp, fact.expiry_ns // NS_PER_MS))
    if isinstance(fact, Perpetual):
        said.append(("expiration_timestamp", message.expiration_timestamp, NEVER_MS))
    wrong = [(field, value, f"its name says {told}") for field, value, told in said if value not in (None, told)]
    if not isinstance(fact, _KINDS.get(message.kind, ())):
        wrong.append(("kind", message.kind, f"its name says {type(fact).__name__.lower()}"))
    problems.extend(row.problem(*fault) for fault in wrong)
    lot = fact.lot if message.min_trade_amount is None else message.min_trade_amount
    return replace(fact, contract_size=message.contract_size, lot=lot)


def _right(option: Option) -> str:
    return "call" if option.is_call else "put"


def _snapshot(
    table: InstrumentTable,
    quotes: Sequence[Quote],
    *,
    name: str,
    source: str,
    time_ns: int | None,
    index: Mapping[str, float],
    notes: Sequence[str],
) -> MarketSnapshot:
    newest_ns = max(quote.observed_ns for quote in quotes)
    if time_ns is None and newest_ns == 0:
        raise InputError(Problem("time_ns", None, "it is needed where no row of the answers has a timestamp"))
    instant_ns = newest_ns if time_ns is None else time_ns
    prices, origins, told = index_prices(table, quotes, given=index, time_ns=instant_ns)
    unpriced = sum(quote.observed_ns == 0 for quote in quotes)
    if unpriced:
        told.append(f"{unpriced} listed instruments have no price in these answers.")
    columns: dict[str, Any] = {
        column: np.array([getattr(quote, column) for quote in quotes]) for column in FLOAT_COLUMNS
    }
    return MarketSnapshot.of(
        table, name=name, venue=VENUE, source=source, time_ns=instant_ns, index=prices, index_origin=origins,
        notes=(*notes, *told), observed_ns=np.array([quote.observed_ns for quote in quotes], dtype=np.int64), **columns,
    )  # fmt: skip


def _answered_ns(answers: Sequence[Any]) -> int | None:
    """Return when the venue sent the newest of some answers (`usOut`, microseconds), where they say so."""
    stamps = [answer.get("usOut") for answer in answers if isinstance(answer, dict)]
    known = [stamp for stamp in stamps if isinstance(stamp, int) and 0 < stamp < MAX_TIME_MS * 1_000]
    return max(known) * 1_000 if known else None


def _default_name(snapshot: MarketSnapshot) -> str:
    """Return a name as `deribit-btc-2026-08-01`."""
    return "-".join([VENUE, *(asset.lower() for asset in snapshot.table.underlyings[:3]), iso(snapshot.time_ns)[:10]])
