"""What one unit of size is worth now and how it leans on its underlying: value and deltas per instrument."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, frozen
from seawall.instruments import InstrumentTable, Kind
from seawall.pricing import black76


@dataclass(frozen=True)
class Exposure:
    """Per unit of size of N instruments, all `(N,)`; NaN where the snapshot lacks a price.

    Attributes
    ----------
    market_value
        Options: the mark, in the settlement asset. Futures and perpetuals: 0, since they cost nothing to enter.
    delta
        Base asset per unit: the Black delta of an option, one over the mark for an inverse future, 1 for a linear one.
    net_delta
        `delta` less the coin value of an inverse option (its price-adjusted or *net transaction* delta); `delta` for
        everything else.
    base_size
        Base asset that one unit of size stands for: one over the mark for an inverse future, else 1.
    """

    market_value: FloatArray
    delta: FloatArray
    net_delta: FloatArray
    base_size: FloatArray

    def __post_init__(self) -> None:
        for name in ("market_value", "delta", "net_delta", "base_size"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


def exposure_of(
    table: InstrumentTable, mark: FloatArray, forward: FloatArray, vol: FloatArray, years: FloatArray
) -> Exposure:
    """Return value and deltas of every instrument of a table, from its marks, forwards, volatilities and years."""
    options = table.is_kind(Kind.OPTION)
    inverse_future = table.inverse & ~options
    with np.errstate(divide="ignore", over="ignore"):  # a mark near 0 is no market's, and margining refuses it
        per_unit = np.where(inverse_future, 1.0 / np.where(inverse_future, mark, 1.0), 1.0)
    per_unit = np.where(np.isnan(mark), np.nan, per_unit)
    delta = per_unit.copy()
    if options.any():
        delta[options] = black76.greeks(
            forward[options], table.strike[options], years[options], vol[options], is_call=table.is_call[options]
        ).delta
    value = np.where(options, mark, np.where(np.isnan(mark), np.nan, 0.0))
    net = np.where(options & table.inverse, delta - mark, delta)
    return Exposure(value, delta, net, np.where(options, 1.0, per_unit))
