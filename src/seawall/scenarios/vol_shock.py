"""The family of volatility shocks. A member says what becomes of a volatility; each is a frozen dataclass.

Members are compared by value, which is how a union of scenario sets knows equal shocks and prices them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR


class VolShock(Protocol):
    """Arrays in, array out: shocked volatilities, total for `vol >= 0` and `years >= 0`; NaN stays NaN."""

    def apply(self, vol: FloatArray, years: FloatArray) -> FloatArray:
        """Return shocked volatilities, `(N,)`, from volatilities and times to expiry, both `(N,)`."""
        ...


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Volatility stays."""

    def apply(self, vol: FloatArray, years: FloatArray) -> FloatArray:
        """Return `vol`."""
        return vol


@dataclass(frozen=True, slots=True)
class Relative:
    """Volatility times `1 + change`, never below `floor`."""

    change: float
    floor: float = 0.0

    def apply(self, vol: FloatArray, years: FloatArray) -> FloatArray:
        """Return `max(vol * (1 + change), floor)`."""
        return np.maximum(vol * (1.0 + self.change), self.floor)


@dataclass(frozen=True, slots=True)
class Absolute:
    """Volatility plus `points` (0.05 is five points), never below `floor`."""

    points: float
    floor: float = 0.0

    def apply(self, vol: FloatArray, years: FloatArray) -> FloatArray:
        """Return `max(vol + points, floor)`."""
        return np.maximum(vol + self.points, self.floor)


@dataclass(frozen=True, slots=True)
class TermScaled:
    """A relative shock that is larger for short expiries: `vol * (1 + change * (pivot / days)^power)`.

    `power` is `short_power` below the pivot and `long_power` from it on. Days are floored at `min_days`, since the
    factor has no limit at expiry.

    Examples
    --------
    >>> up = TermScaled(change=0.5, short_power=0.3, long_power=0.13, floor=0.5)
    >>> up.apply(np.array([0.8, 0.2]), np.array([30 / 365, 30 / 365]))
    array([1.2, 0.5])
    """

    change: float
    short_power: float
    long_power: float
    floor: float = 0.0
    pivot_days: float = 30.0
    min_days: float = 1.0

    def apply(self, vol: FloatArray, years: FloatArray) -> FloatArray:
        """Return the shocked volatilities."""
        days = np.maximum(years * DAYS_PER_YEAR, self.min_days)
        power = np.where(days < self.pivot_days, self.short_power, self.long_power)
        return np.maximum(vol * (1.0 + self.change * (self.pivot_days / days) ** power), self.floor)
