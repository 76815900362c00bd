"""The family of volatility shocks. A member says what becomes of a volatility; each is a frozen dataclass.

Members are compared by value, which is how a union of scenario sets knows equal shocks and prices them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR

_SAME_DAY = 1e-9
"""Days: years times 365 may end a rounding above a whole day, which is that day."""


class VolShock(Protocol):
    """Arrays in, array out: shocked volatilities, total for `vol >= 0` and `years >= 0`; NaN stays NaN."""

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return shocked volatilities, `(N,)`, from volatilities, times to expiry and `ln(strike / forward)`."""
        ...


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Volatility stays."""

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return `vol`."""
        return vol


@dataclass(frozen=True, slots=True)
class Relative:
    """Volatility times `1 + change`, never below `floor`."""

    change: float
    floor: float = 0.0

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return `max(vol * (1 + change), floor)`."""
        return np.maximum(vol * (1.0 + self.change), self.floor)


@dataclass(frozen=True, slots=True)
class Absolute:
    """Volatility plus `points` (0.05 is five points), never below `floor`."""

    points: float
    floor: float = 0.0

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return `max(vol + points, floor)`."""
        return np.maximum(vol + self.points, self.floor)


@dataclass(frozen=True, slots=True)
class TermScaled:
    """A relative shock that is larger for short expiries: `vol * (1 + change * (pivot / days)^power)`.

    `power` is `short_power` below the pivot and `long_power` from it on. Days are floored at `min_days`, since the
    factor has no limit at expiry; `whole_days` rounds them up first.

    Examples
    --------
    >>> up = TermScaled(change=0.5, short_power=0.3, long_power=0.13, floor=0.5)
    >>> up.apply(np.array([0.8, 0.2]), np.array([30 / 365, 30 / 365]), np.zeros(2))
    array([1.2, 0.5])
    """

    change: float
    short_power: float
    long_power: float
    floor: float = 0.0
    pivot_days: float = 30.0
    min_days: float = 1.0
    whole_days: bool = False

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return the shocked volatilities."""
        left = years * DAYS_PER_YEAR
        days = np.maximum(np.ceil(left - _SAME_DAY) if self.whole_days else left, self.min_days)
        power = np.where(days < self.pivot_days, self.short_power, self.long_power)
        return np.maximum(vol * (1.0 + self.change * (self.pivot_days / days) ** power), self.floor)


@dataclass(frozen=True, slots=True)
class Skew:
    """A shock that grows with distance from the forward: `vol * max(0, 1 + clip(k * cap / k*, -cap, cap))`.

    `k` is `ln(strike / forward)`, or its absolute value: a tilt of the smile, or a lift of both wings. The cap is
    `cap + cap_slope * sqrt(T)`; it is reached at `k* = max(min_width, sqrt(T) * width * (static + slope * sqrt(T)))`.

    Examples
    --------
    >>> tilt = Skew(absolute=False, cap=0.15, cap_slope=0.0, min_width=0.01, width=4.0, static=0.5, slope=0.0)
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
        """Return the shocked volatilities."""
        root = np.sqrt(years)
        cap = self.cap + self.cap_slope * root
        width = np.maximum(self.min_width, root * self.width * (self.static + root * self.slope))
        k = np.abs(log_strike) if self.absolute else log_strike
        return vol * np.maximum(0.0, 1.0 + np.clip(k * cap / width, -cap, cap))
