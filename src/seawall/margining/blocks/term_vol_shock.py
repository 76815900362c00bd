"""A volatility shock given at some times to expiry and interpolated between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class TermTable:
    """Volatility plus points, or times one plus a share, that depend on the time to expiry; never below zero.

    Attributes
    ----------
    days
        Times to expiry, rising; before the first and after the last the change stays.
    changes
        One for each time: points (0.3 is thirty) or, where `relative`, shares. A fall is negative.
    relative
        Changes are shares of the volatility.

    Examples
    --------
    >>> up = TermTable(days=(0.0, 30.0), changes=(0.3, 0.2), relative=False)
    >>> up.apply(np.array([0.5, 0.5]), np.array([15 / 365, 1.0]), np.zeros(2)).round(9).tolist()
    [0.75, 0.7]
    """

    days: tuple[float, ...]
    changes: tuple[float, ...]
    relative: bool

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return the shocked volatilities."""
        change = np.interp(years * DAYS_PER_YEAR, self.days, self.changes)
        shocked = vol * (1.0 + change) if self.relative else vol + change
        return np.asarray(np.maximum(shocked, 0.0), dtype=np.float64)
