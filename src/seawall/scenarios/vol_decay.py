"""A volatility shock that fades with time to expiry, as a mean-reverting variance has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray

_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class MeanReverting:
    """The instantaneous volatility changes by `change`, and its variance returns to its level at `speed` a year.

    The mean variance over T years is `level + (v - level) w` with `w = (1 - exp(-speed T)) / (speed T)`, for v
    before and after; a volatility is multiplied by the root of their ratio. Near expiries take the whole change, far
    ones little.

    Attributes
    ----------
    change
        Relative, > -1 or -1: the variance falls to nothing.
    speed
        A year, >= 0; at 0 all expiries take the whole change.
    level
        Long-run variance over today's; 1 is a market at rest.

    Examples
    --------
    >>> up = MeanReverting(1.0, speed=5.0)
    >>> up.apply(np.array([0.5, 0.5]), np.array([0.0, 1.0]), np.zeros(2)).round(4).tolist()
    [1.0, 0.6317]
    """

    change: float
    speed: float
    level: float = 1.0

    def apply(self, vol: FloatArray, years: FloatArray, log_strike: FloatArray) -> FloatArray:
        """Return the shocked volatilities."""
        x = np.maximum(self.speed * years, _LEAST)
        share = -np.expm1(-x) / x
        after = self.level + ((1.0 + self.change) ** 2 - self.level) * share
        before = self.level + (1.0 - self.level) * share
        return vol * np.sqrt(np.maximum(after, 0.0) / before)
