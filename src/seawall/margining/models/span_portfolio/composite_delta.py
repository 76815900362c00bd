"""Composite delta: what an option's delta will be tomorrow, averaged over where the price may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import NS_PER_DAY
from seawall.margining.models.span_portfolio.points import DELTA_THIRDS
from seawall.market import MarketSnapshot


def composite_delta(
    snapshot: MarketSnapshot, scan_ranges: Mapping[str, float], weights: tuple[float, ...], *, look_ahead_days: float
) -> FloatArray:
    """Return base asset per unit of size, `(N,)`, after the look-ahead, weighted over seven prices.

    Parameters
    ----------
    snapshot
        N instruments.
    scan_ranges
        Price scan range of each underlying; one that is not named does not move.
    weights
        Of no move, and of one, two and three thirds of the range to either side; they are brought to a sum of one.
    look_ahead_days
        Time that passes.
    """
    ranges = np.array([scan_ranges.get(base, 0.0) for base in snapshot.table.underlying])
    later = snapshot.time_ns + round(look_ahead_days * NS_PER_DAY)
    total, summed = np.zeros(len(snapshot)), 0.0
    for thirds in DELTA_THIRDS:
        weight = weights[abs(thirds)]
        moved = replace(snapshot, time_ns=later, forward=snapshot.forward * (1.0 + ranges * thirds / 3.0))
        total = total + weight * moved.exposure.delta
        summed += weight
    return total / summed
