"""Derive's volatility shocks, as the contract has them where its numbers are unusual too.

The power of the term scaling goes by the true time to expiry, whatever the floor of days is; a skew whose cap has
turned negative is clipped on one side only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR

PIVOT_DAYS = 30.0
"""The contract's own constant: where the range applies unscaled, and the power changes."""
_SMALLEST_WIDTH = 1e-18
"""Log-moneyness: the contract's smallest number, so that a width of zero does not divide by zero."""
_SHORTEST_DAYS = 1.0 / 86_400.0
"""One second, the contract's smallest step of time: keeps the factor finite where no floor is set."""


@dataclass(frozen=True, slots=True)
class TermShock:
    """Volatility times `max(0, 1 + change * (30 / max(days, floor_days))^power)`, never below `min_vol`.

    The power is `short_power` up to 30 days and `long_power` beyond, whatever the floor is.

    Examples
    --------
    >>> up = TermShock(0.5, short_power=0.3, long_power=0.13, floor_days=1.0)
    >>> up.factor(np.array([794_852.0, 18_938_852.0]) / 86_400.0 / 365.0).round(9).tolist()
    [1.712811376, 1.386088245]
    """

    change: float
    short_power: float
    long_power: float
    floor_days: float
    min_vol: float = 0.0

    def factor(self, years: FloatArray) -> FloatArray:
        """Return what volatilities are multiplied by."""
        days = years * DAYS_PER_YEAR
        power = np.where(days <= PIVOT_DAYS, self.short_power, self.long_power)
        scale = (PIVOT_DAYS / np.maximum(days, max(self.floor_days, _SHORTEST_DAYS))) ** power
        return np.maximum(1.0 + self.change * scale, 0.0)

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return the shocked volatilities, `(N,)`."""
        return np.maximum(vol * self.factor(years), self.min_vol)


@dataclass(frozen=True, slots=True)
class SkewShock:
    """Volatility times `max(0, 1 + k * cap / k*)`, the change cut off at `cap` above the forward and `-cap` below it.

    `k` is `ln(strike / forward)`, a tilt of the smile, or its absolute value, which lifts both wings. The cap is
    `cap + cap_slope * sqrt(T)`; it is reached at `k* = max(min_width, sqrt(T) * width * (static + slope * sqrt(T)))`.

    Examples
    --------
    >>> tilt = SkewShock(False, cap=0.15, cap_slope=0.0, min_width=0.01, width=4.0, static=0.5, slope=0.0)
    >>> tilt.apply(np.array([0.8, 0.8]), np.array([1.0, 1.0]), np.array([-1.0, 3.0])).round(9).tolist()
    [0.74, 0.92]
    """

    absolute: bool
    cap: float
    cap_slope: float
    min_width: float
    width: float
    static: float
    slope: float

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return the shocked volatilities, `(N,)`."""
        root = np.sqrt(years)
        cap = self.cap + self.cap_slope * root
        least = max(self.min_width, _SMALLEST_WIDTH)
        width = np.maximum(least, root * self.width * (self.static + root * self.slope))
        k = np.abs(log_strike) if self.absolute else log_strike
        change = k * cap / width
        return vol * np.maximum(0.0, 1.0 + np.where(k >= 0.0, np.minimum(cap, change), np.maximum(-cap, change)))
