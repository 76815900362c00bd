"""Several holdings of one instrument as one position: OKX keeps a long and a short side by side, a book nets them.

What nets away has a profit that no later price changes: it belongs to the cash, and what stays keeps its entry price.
So the book is worth what the legs were at every price.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from seawall.instruments import Instrument, Option
from seawall.portfolio import Position


@dataclass(frozen=True, slots=True)
class Leg:
    """A signed size of an instrument, in units of size, at its average entry price; NaN where that is not known."""

    instrument: Instrument
    size: float
    entry: float


def netted(legs: Iterable[Leg]) -> tuple[list[Position], dict[str, float]]:
    """Return one position for each instrument, and what nets away pays in each settlement asset.

    Options pay nothing when they net: their premium is in the cash already, and their value goes with them.

    Examples
    --------
    >>> from seawall.venues.okx import symbols
    >>> swap = symbols.parse("BTC-USDT-SWAP")
    >>> netted([Leg(swap, 1.0, 100_000.0), Leg(swap, -0.25, 104_000.0)])
    ([Position(instrument='BTC-USDT-SWAP', size=0.75, entry_price=100000.0)], {'USDT': 1000.0})
    """
    held: dict[str, Leg] = {}
    paid: dict[str, float] = {}
    for leg in legs:
        if leg.size == 0.0:
            continue
        name, asset = leg.instrument.name, leg.instrument.settlement
        before = held.get(name)
        if before is None or before.size == 0.0:
            held[name] = leg
        elif (before.size > 0.0) == (leg.size > 0.0):
            held[name] = Leg(leg.instrument, _sum(before.size, leg.size), _average(before, leg))
        else:
            larger, smaller = (before, leg) if abs(before.size) >= abs(leg.size) else (leg, before)
            paid[asset] = paid.get(asset, 0.0) + profit(larger, -smaller.size, smaller.entry)
            held[name] = Leg(leg.instrument, _sum(before.size, leg.size), larger.entry)
    made = [Position(name, leg.size, leg.entry) for name, leg in held.items() if leg.size != 0.0]
    return made, {asset: amount for asset, amount in paid.items() if amount != 0.0}


def profit(leg: Leg, size: float, price: float) -> float:
    """Return what `size` units of a leg have gained since entry at a price, in the settlement asset; 0 for options."""
    if isinstance(leg.instrument, Option) or not (leg.entry > 0.0 and price > 0.0):
        return 0.0
    if getattr(leg.instrument, "inverse", False):
        return size * (1.0 / leg.entry - 1.0 / price)
    return size * (price - leg.entry)


def _sum(one: float, other: float) -> float:
    """Return a sum as if on paper: 0.3 less 0.1 is 0.2, which is a whole number of lots."""
    return float(Decimal(repr(one)) + Decimal(repr(other)))


def _average(one: Leg, other: Leg) -> float:
    """Return the entry price at which both together gain what each does; of inverse futures 1/price averages."""
    size = one.size + other.size
    if one.entry == other.entry:
        return one.entry
    if getattr(one.instrument, "inverse", False) and not isinstance(one.instrument, Option):
        if not (one.entry > 0.0 and other.entry > 0.0):
            return math.nan
        return size / (one.size / one.entry + other.size / other.entry)
    return one.entry * (one.size / size) + other.entry * (other.size / size)
