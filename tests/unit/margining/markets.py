"""One market for the tests of margin: round prices, marks at the index, so that numbers can be had by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from seawall.core.time import NS_PER_DAY, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position

NOW_NS = to_ns("2026-03-01T08:00:00Z")
BTC, ETH = 60_000.0, 2_500.0
VOL = 0.6


def coin(kind: type, name: str, base: str = "BTC", **facts: object) -> Instrument:
    made: Instrument = kind(name=name, underlying=base, quote="USD", settlement=base, inverse=True, **facts)
    return made


def usdc(kind: type, name: str, base: str = "BTC", **facts: object) -> Instrument:
    made: Instrument = kind(name=name, underlying=base, quote="USDC", settlement="USDC", inverse=False, **facts)
    return made


def in_days(days: float) -> int:
    return NOW_NS + round(days * NS_PER_DAY)


INSTRUMENTS = (
    coin(Perpetual, "BTC-PERPETUAL", lot=10.0),
    coin(Future, "BTC-FUTURE", expiry_ns=in_days(365)),
    coin(Option, "BTC-CALL", strike=60_000.0, expiry_ns=in_days(60), is_call=True),
    coin(Option, "BTC-PUT", strike=60_000.0, expiry_ns=in_days(60), is_call=False),
    coin(Option, "BTC-FAR-CALL", strike=150_000.0, expiry_ns=in_days(2), is_call=True),
    coin(Perpetual, "ETH-PERPETUAL", "ETH"),
    usdc(Perpetual, "BTC_USDC-PERPETUAL"),
    usdc(Perpetual, "ETH_USDC-PERPETUAL", "ETH"),
    usdc(Option, "BTC_USDC-CALL", strike=66_000.0, expiry_ns=in_days(60), is_call=True),
    usdc(Perpetual, "SOL_USDC-PERPETUAL", "SOL"),
)


def black(forward: float, strike: float, years: float, vol: float, *, is_call: bool) -> float:
    """Return the textbook's Black-76 price, from the error function and nothing of ours."""

    def below(x: float) -> float:
        return 0.5 * math.erfc(-x / math.sqrt(2.0))

    total = vol * math.sqrt(years)
    d1 = math.log(forward / strike) / total + total / 2.0
    call = forward * below(d1) - strike * below(d1 - total)
    return call if is_call else call - forward + strike


def market(**changed: Mapping[str, float]) -> MarketSnapshot:
    """Return the market; `mark`, `vol` and `forward` by instrument, and `index` by asset, may be changed."""
    table = InstrumentTable.of(INSTRUMENTS)
    index = {"BTC": BTC, "ETH": ETH, "SOL": 200.0, "USDC": 1.0}
    price = np.array([index[base] for base in table.underlying])
    mark, vol = price.copy(), np.full(len(table), np.nan)
    for n, instrument in enumerate(INSTRUMENTS):
        if isinstance(instrument, Option):
            years = (instrument.expiry_ns - NOW_NS) / NS_PER_DAY / 365.0
            quoted = black(price[n], instrument.strike, years, VOL, is_call=instrument.is_call)
            mark[n], vol[n] = quoted / price[n] if instrument.inverse else quoted, VOL
    columns = {"mark": mark, "forward": price, "vol": vol}
    for column, entries in changed.items():
        for name, entry in entries.items():
            if column == "index":
                index[name] = entry
            else:
                columns[column][table.position(name)] = entry
    return MarketSnapshot.of(
        table, name="by hand", venue="deribit", source="made for tests", time_ns=NOW_NS, index=index, **columns
    )  # fmt: skip


def book(
    positions: Mapping[str, float] | None = None,
    balances: Mapping[str, float] | None = None,
    *,
    orders: Mapping[str, float] | None = None,
    charges: Mapping[str, Mapping[str, float]] | None = None,
    entry: float = math.nan,
) -> Book:
    """Return the book of one account, `desk`."""
    held = tuple(Position(name, size, entry) for name, size in (positions or {}).items())
    open_orders = tuple(Position(name, size) for name, size in (orders or {}).items())
    return Book.of([Account("desk", held, balances or {}, open_orders, charges or {})])


def margins(held: Book, policy: str | MarginPolicy, snapshot: MarketSnapshot | None = None) -> Margins:
    chosen = at(policy) if isinstance(policy, str) else policy
    [found] = evaluate(held, snapshot or market(), [chosen], check_lots=False)
    return found
