"""Raw SVI: one expiry's smile as five numbers, and the tests that it holds no arbitrage.

Total variance at log-moneyness `k = ln(strike / forward)` is a hyperbola,

    w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)),        vol = sqrt(w / years).

Sources: J. Gatheral and A. Jacquier, *Arbitrage-free SVI volatility surfaces*, Quantitative Finance 14 (2014), for the
form, Durrleman's function and the two kinds of arbitrage; R. Lee, *The moment formula for implied volatility at extreme
strikes*, Mathematical Finance 14 (2004), for the slope bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray

LEE_SLOPE = 2.0
"""Total variance grows at most this fast in |k|; a steeper wing gives a strike whose price exceeds its bound."""


@dataclass(frozen=True, slots=True)
class Svi:
    """The five numbers of one expiry; `a` and `b` are in total variance, so time is already inside them.

    Examples
    --------
    >>> smile = Svi(a=0.01, b=0.02, rho=-0.3, m=0.0, sigma=0.1)
    >>> round(float(smile.total_variance(0.0)), 6)
    0.012
    """

    a: float
    b: float
    rho: float
    m: float
    sigma: float

    def total_variance(self, k: npt.ArrayLike) -> FloatArray:
        """Return `w(k)`, variance over the whole life, at log-moneyness `k` of any shape."""
        away = np.asarray(k, dtype=np.float64) - self.m
        return np.asarray(self.a + self.b * (self.rho * away + np.hypot(away, self.sigma)))

    def vol(self, strike: npt.ArrayLike, *, forward: float, years: float) -> FloatArray:
        """Return Black volatility per √year at strikes, quote per base, of any shape.

        Examples
        --------
        >>> smile = Svi(a=0.0082, b=0.0123, rho=-0.0008, m=-0.0004, sigma=0.0004)
        >>> round(float(smile.vol(1500.0, forward=1800.0, years=3.0 / 365.0)), 3)
        1.127
        """
        k = np.log(np.asarray(strike, dtype=np.float64) / forward)
        return np.asarray(np.sqrt(self.total_variance(k) / years))

    def durrleman(self, k: npt.ArrayLike) -> FloatArray:
        """Return Durrleman's `g(k)`; the density of the forward at expiry has its sign.

        Notes
        -----
        `g = (1 - k w' / 2w)^2 - (w'^2 / 4)(1/w + 1/4) + w'' / 2`; where `g >= 0` no butterfly costs less than nothing.
        """
        k = np.asarray(k, dtype=np.float64)
        away = k - self.m
        root = np.hypot(away, self.sigma)
        w = self.a + self.b * (self.rho * away + root)
        slope = self.b * (self.rho + away / root)
        curve = self.b * self.sigma**2 / root**3
        return np.asarray((1.0 - 0.5 * k * slope / w) ** 2 - 0.25 * slope**2 * (1.0 / w + 0.25) + 0.5 * curve)

    @property
    def least_variance(self) -> float:
        """The lowest total variance of the whole slice; a smile needs it at or above zero."""
        return self.a + self.b * self.sigma * float(np.sqrt(1.0 - self.rho**2))

    @property
    def wing_slope(self) -> float:
        """The steeper of the two wings' slopes; at most `LEE_SLOPE`."""
        return self.b * (1.0 + abs(self.rho))


def log_moneyness_grid(reach: float, *, count: int) -> FloatArray:
    """Return `count` points from `-reach` to `reach`, densest at the money.

    Curvature sits near the money and the wings are straight lines, so an even grid would spend its points on the wings.

    Examples
    --------
    >>> log_moneyness_grid(1.0, count=5).round(3).tolist()
    [-1.0, -0.133, 0.0, 0.133, 1.0]
    """
    bend = 4.0  # sinh(4)/4 is about 7: the middle is seven times as dense as an even grid
    return np.asarray(reach * np.sinh(bend * np.linspace(-1.0, 1.0, count)) / np.sinh(bend))


def least_durrleman(smile: Svi, reach: float) -> float:
    """Return the least `g(k)` on a grid of `FINE_COUNT` points from `-reach` to `reach`."""
    return float(np.min(smile.durrleman(log_moneyness_grid(reach, count=FINE_COUNT))))


def least_calendar_gap(near: Svi, far: Svi, reach: float) -> float:
    """Return the least of `w_far(k) - w_near(k)` on the same grid; below zero is calendar arbitrage.

    Examples
    --------
    >>> near, far = Svi(0.01, 0.02, 0.0, 0.0, 0.1), Svi(0.02, 0.02, 0.0, 0.0, 0.1)
    >>> round(least_calendar_gap(near, far, 1.0), 9)
    0.01
    """
    k = log_moneyness_grid(reach, count=FINE_COUNT)
    return float(np.min(far.total_variance(k) - near.total_variance(k)))


FINE_COUNT = 2_001
"""Points of the grids that verify a slice; the fit itself works on a coarser one."""
