"""What Deribit says of one instrument, out of its book summary and its ticker; and the index prices out of them all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.core.errors import Problem
from seawall.core.time import NS_PER_MS, NS_PER_SECOND
from seawall.instruments import InstrumentTable, Kind
from seawall.market import Origin
from seawall.market.stable_coins import STABLE_USD, par_note
from seawall.venues.deribit.messages import Row, SummaryMessage, TickerMessage
from seawall.venues.deribit.symbols import STABLE_SETTLEMENTS

PERCENT = 100.0
"""Deribit writes implied volatility in percent."""
SETTLEMENT_AVERAGE_NS = 1_800 * NS_PER_SECOND
"""In its last half hour an instrument's estimated delivery price is an average, and no longer the index."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One instrument's numbers in the snapshot's units; NaN where the venue gave none."""

    mark: float = math.nan
    forward: float = math.nan
    vol: float = math.nan
    bid: float = math.nan
    ask: float = math.nan
    bid_size: float = math.nan
    ask_size: float = math.nan
    open_interest: float = math.nan
    funding_8h: float = math.nan
    observed_ns: int = 0
    index: float = math.nan
    delivery: float = math.nan


def quote_of(
    summary: Row[SummaryMessage] | None, ticker: Row[TickerMessage] | None, *, is_option: bool, problems: list[Problem]
) -> Quote:
    """Return what summary and ticker say together.

    The newer of the two counts, and the other fills what it lacks; but best prices and their sizes come from one
    message only, for an old size beside a new price is nobody's quote.
    """
    s, t = (None if summary is None else summary.message), (None if ticker is None else ticker.message)
    if s is None and t is None:
        return Quote()
    ticker_leads = t is not None and (s is None or t.timestamp >= s.creation_timestamp)
    ordered = (t, s) if ticker_leads else (s, t)

    def first(field: str) -> float:
        found = (getattr(message, field, None) for message in ordered)
        return next((number for number in found if number is not None), math.nan)

    if t is not None and ticker is not None and ticker_leads:
        bid, bid_size = _side(ticker, "best_bid", t.best_bid_price, t.best_bid_amount, problems)
        ask, ask_size = _side(ticker, "best_ask", t.best_ask_price, t.best_ask_amount, problems)
        observed_ms = t.timestamp
    else:
        assert s is not None, "without a leading ticker there is a summary"
        bid, ask, observed_ms = _price_or_none(s.bid_price), _price_or_none(s.ask_price), s.creation_timestamp
        bid_size = ask_size = math.nan
    mark = first("mark_price")
    leading = ticker if ticker_leads else summary
    if not is_option and mark == 0.0 and leading is not None:
        problems.append(leading.problem("mark_price", mark, "only an option may be worth 0"))
    return Quote(
        mark=mark, forward=first("underlying_price") if is_option else mark,
        vol=first("mark_iv") / PERCENT if is_option else math.nan,
        bid=bid, ask=ask, bid_size=bid_size, ask_size=ask_size,
        open_interest=first("open_interest"), funding_8h=first("funding_8h"), observed_ns=observed_ms * NS_PER_MS,
        index=first("index_price"), delivery=first("estimated_delivery_price"),
    )  # fmt: skip


def _side(
    ticker: Row[TickerMessage], side: str, price: float | None, amount: float | None, problems: list[Problem]
) -> tuple[float, float]:
    """Return best price and its size; Deribit writes an empty side as a price of 0 with an amount of 0."""
    if price == 0.0 and amount:
        problems.append(ticker.problem(f"{side}_price", price, f"a side with an amount ({amount}) has a price above 0"))
    size = math.nan if amount is None else amount
    return (math.nan if amount == 0.0 else _price_or_none(price)), size


def _price_or_none(price: float | None) -> float:
    return price or math.nan  # summaries write an empty side as null, and 0 is no tick


def index_prices(
    table: InstrumentTable, quotes: Sequence[Quote], *, given: Mapping[str, float], time_ns: int
) -> tuple[dict[str, float], dict[str, Origin], list[str]]:
    """Return USD per unit of the assets that instruments are on or settle in, the origin of each, and notes.

    What is given counts most; then index prices; then estimated delivery prices, which are the index until an
    instrument's last half hour. A coin quoted in a stable coin only is worth that price times the stable coin's.
    An asset about which nothing is known is left out, and so unavailable.
    """
    index = dict(given)
    origin = dict.fromkeys(given, Origin.OBSERVED)
    notes = []
    for asset in STABLE_SETTLEMENTS:
        if asset in (*table.quote, *table.settlement) and asset not in index:
            index[asset], origin[asset] = STABLE_USD, Origin.DERIVED
            notes.append(par_note(asset))
    best = _best_index_row(table, quotes, time_ns=time_ns)
    for quoted_in_usd in (True, False):
        for (asset, currency), row in best.items():
            if (currency == "USD") is not quoted_in_usd or asset in index or not (quoted_in_usd or currency in index):
                continue
            quote, observed = quotes[row], table.names[row]
            price = quote.delivery if math.isnan(quote.index) else quote.index
            if math.isnan(quote.index):
                notes.append(f"The index of {asset} is the estimated delivery price of {observed}.")
            if quoted_in_usd:
                index[asset], origin[asset] = price, Origin.OBSERVED
            else:
                index[asset], origin[asset] = price * index[currency], Origin.DERIVED
                notes.append(f"The USD index of {asset} is its {currency} price by {observed} times {currency}.")
    return index, origin, notes


def _best_index_row(table: InstrumentTable, quotes: Sequence[Quote], *, time_ns: int) -> dict[tuple[str, str], int]:
    """Return, for each asset and the currency it is priced in, the row that tells its index best."""
    best: dict[tuple[str, str], tuple[tuple[bool, bool, int], int]] = {}
    for row, quote in enumerate(quotes):
        settling = int(table.expiry_ns[row]) - time_ns < SETTLEMENT_AVERAGE_NS
        delivery_tells = quote.delivery > 0.0 and not settling and table.kind[row] != Kind.SPOT
        if math.isnan(quote.index) and not delivery_tells:
            continue
        rank = (not math.isnan(quote.index), table.kind[row] == Kind.PERPETUAL, quote.observed_ns)
        key = (table.underlying[row], table.quote[row])
        if key not in best or rank > best[key][0]:
            best[key] = (rank, row)
    return {key: row for key, (_, row) in best.items()}
