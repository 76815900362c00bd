"""Calibration of one SVI slice: bid-ask weighted least squares in volatility, free of arbitrage where it was checked.

Two steps. The start is quasi-explicit (Zeliade Systems, *Quasi-explicit calibration of Gatheral's SVI model*, 2009): at
a fixed centre `m` and width `sigma` the rest is linear, so a grid of those two is solved in one batch. Then
Levenberg-Marquardt moves all five numbers. Butterfly, calendar and slope enter as penalties, and the penalty is raised
until a fine grid shows none of the three broken. All is done in units of the slice's own standard deviation, so that
a smile of half a day and one of a year are the same problem.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.market.svi import LEE_SLOPE, Svi, least_calendar_gap, least_durrleman, log_moneyness_grid

LEAST_QUOTE_COUNT = 5
"""SVI has five numbers; fewer quotes than that would not decide them."""
_START_CENTRES = np.linspace(-2.0, 2.0, 13)
_START_WIDTHS = np.geomspace(0.2, 6.0, 10)
_START_COUNT = 2
_COARSE_COUNT = 121
_PENALTIES = (0.0, 1e3, 1e5, 1e7, 1e9)
"""Weights tried in turn, per grid point, against a mean squared error of about 1 half-spread squared."""
_BUTTERFLY_MARGIN = 2e-3
_CALENDAR_MARGIN = 1e-4
"""Aimed at by the penalty, as `g` and as a share of at-the-money variance, so that the fine grid ends above zero."""
_LEE_AIM = 0.99 * LEE_SLOPE
_USUAL = np.array([np.log(0.95), np.log(0.9), np.arctanh(-0.2), 0.0, np.log(2.8)])
_USUAL_SPREAD = np.array([0.3, 0.5, 0.35, 1.0, 0.6])
"""Where slices usually lie, in units of their own deviation: log least variance, log b, artanh rho, m, log sigma.

Fitted to Deribit's BTC and ETH marks on every twelfth day from 2025-12-30 to 2026-08-22, all expiries: roughly the
middle and half of the spread. It counts as one quote a number, and so decides only what the quotes leave open: the
wings of a slice with few of them, which would else be free to rise without bound.
"""
_STEP_COUNT = 60
_BUMP = 1e-6
_ROUNDING = 1e-6
"""Share by which a lift goes beyond what is short, so that rounding does not take it back."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Where a slice is to hold no arbitrage.

    Attributes
    ----------
    reach
        Butterflies are looked for at log-moneyness from `-reach` to `reach`.
    near, near_reach
        The slice of the expiry before, which total variance may not fall below, and the log-moneyness up to which the
        two are compared. Beyond the strikes of the nearer expiry there is nothing to trade against, and its wing is a
        straight line that can cross any other.
    """

    reach: float
    near: Svi | None = None
    near_reach: float = 0.0


def fit_svi(
    k: FloatArray,
    vol: FloatArray,
    half_width: FloatArray,
    years: float,
    *,
    checked: Checked,
) -> Svi:
    """Return the slice nearest to some volatilities, in units of their half bid-ask width.

    Parameters
    ----------
    k, vol, half_width
        Log-moneyness, volatility per √year and its uncertainty, each `(n,)` with n at least `LEAST_QUOTE_COUNT`.
    years
        Time to expiry, above 0.
    checked
        Where the slice is to hold no arbitrage. Whether it does is for the caller to verify; see `is_free`.

    Examples
    --------
    >>> smile = Svi(a=0.01, b=0.04, rho=-0.3, m=0.02, sigma=0.1)
    >>> k = np.linspace(-0.4, 0.4, 15)
    >>> vol = np.sqrt(smile.total_variance(k) / 0.1)
    >>> found = fit_svi(k, vol, np.full(15, 0.0005), 0.1, checked=Checked(0.6))
    >>> bool(np.max(np.abs(np.sqrt(found.total_variance(k) / 0.1) - vol)) < 0.0005)
    True
    """
    assert k.shape == vol.shape == half_width.shape, "one volatility and one width per quote"
    assert len(k) >= LEAST_QUOTE_COUNT, f"{len(k)} quotes; a slice takes {LEAST_QUOTE_COUNT}"
    unit = _Unit.of(k, vol, years)
    problem = _Problem.of(k, vol, half_width, years, unit=unit, checked=checked)
    starts = [_polish(problem, start, penalty=0.0) for start in _starts(problem)]
    point, _ = min(starts, key=lambda pair: pair[1])
    for penalty in _PENALTIES:
        if penalty:
            point, _ = _polish(problem, point, penalty=penalty)
        smile = unit.to_svi(point)
        if is_free(smile, checked):
            break
    return _lifted(smile, checked)


def is_free(smile: Svi, checked: Checked) -> bool:
    """Return whether a slice has no butterfly and no calendar arbitrage on the checked range, and no too steep wing."""
    if smile.least_variance < 0.0 or smile.wing_slope > LEE_SLOPE:
        return False
    if least_durrleman(smile, checked.reach) < 0.0:
        return False
    return checked.near is None or least_calendar_gap(checked.near, smile, checked.near_reach) >= 0.0


def _lifted(smile: Svi, checked: Checked) -> Svi:
    """Return the slice raised by the sliver of calendar arbitrage that a penalty can leave."""
    if checked.near is None:
        return smile
    short = max(-least_calendar_gap(checked.near, smile, checked.near_reach), 0.0)
    return replace(smile, a=smile.a + short * (1.0 + _ROUNDING)) if short else smile


@dataclass(frozen=True, slots=True)
class _Unit:
    """The slice's own scale: at-the-money total variance, and its root as the unit of log-moneyness."""

    variance: float

    @classmethod
    def of(cls, k: FloatArray, vol: FloatArray, years: float) -> _Unit:
        return cls(float(vol[np.argmin(np.abs(k))] ** 2 * years))

    def to_svi(self, point: FloatArray) -> Svi:
        least, b, rho, m, sigma = _unpacked(point)
        deviation = np.sqrt(self.variance)
        a = least - b * sigma * np.sqrt(1.0 - rho**2)
        return Svi(
            a=float(a * self.variance), b=float(b * deviation), rho=float(rho), m=float(m * deviation),
            sigma=float(sigma * deviation),
        )  # fmt: skip


def _unpacked(points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return least variance, b, rho, m and sigma of free coordinates `(..., 5)`; each comes out in its domain."""
    return (
        np.exp(points[..., 0]),
        np.exp(points[..., 1]),
        np.tanh(points[..., 2]),
        points[..., 3],
        np.exp(points[..., 4]),
    )


@dataclass(frozen=True, slots=True)
class _Problem:
    """One slice in its own unit: quotes `x, vol, weight` (n,), the coarse grid (g,) and what lies below it."""

    x: FloatArray
    vol: FloatArray
    weight: FloatArray
    grid: FloatArray
    near_grid: FloatArray
    below: FloatArray
    deviation: float
    years: float

    @classmethod
    def of(
        cls,
        k: FloatArray,
        vol: FloatArray,
        half_width: FloatArray,
        years: float,
        *,
        unit: _Unit,
        checked: Checked,
    ) -> _Problem:
        deviation = float(np.sqrt(unit.variance))
        grid = log_moneyness_grid(checked.reach, count=_COARSE_COUNT)
        near_grid = below = np.empty(0)
        if checked.near is not None:
            near_grid = log_moneyness_grid(checked.near_reach, count=_COARSE_COUNT)
            below = checked.near.total_variance(near_grid) / unit.variance
        weight = 1.0 / half_width / np.sqrt(len(k))
        return cls(k / deviation, vol, weight, grid / deviation, near_grid / deviation, below, deviation, years)

    def residuals(self, points: FloatArray, penalty: float) -> FloatArray:
        """Return all residuals `(p, r)` of points `(p, 5)`; their sum of squares is the objective."""
        least, b, rho, m, sigma = (part[:, None] for part in _unpacked(points))
        a = least - b * sigma * np.sqrt(1.0 - rho**2)
        away = self.x - m
        w = a + b * (rho * away + np.hypot(away, sigma))
        fitted = self.deviation * np.sqrt(np.maximum(w, 0.0) / self.years)
        rows = [(fitted - self.vol) * self.weight, (points - _USUAL) / _USUAL_SPREAD / np.sqrt(len(self.x))]
        if penalty:
            rows += self._broken(a, b, rho, m, sigma, np.sqrt(penalty / len(self.grid)))
        return np.concatenate(rows, axis=1)

    def _broken(
        self, a: FloatArray, b: FloatArray, rho: FloatArray, m: FloatArray, sigma: FloatArray, scale: float
    ) -> list[FloatArray]:
        """Return by how much each rule is broken at each grid point, times `scale`; zero where it holds."""
        away = self.grid - m
        root = np.hypot(away, sigma)
        w = a + b * (rho * away + root)
        slope = b * (rho + away / root)
        curve = b * sigma**2 / root**3
        # Durrleman's g in the slice's unit: w = variance * w~, k = deviation * x, and variance = deviation^2.
        g = (1.0 - 0.5 * self.grid * slope / w) ** 2
        g += -0.25 * slope**2 * (1.0 / w + 0.25 * self.deviation**2) + 0.5 * curve
        steep = self.deviation * b * (1.0 + np.abs(rho)) - _LEE_AIM
        rows = [np.maximum(_BUTTERFLY_MARGIN - g, 0.0) * scale]
        rows.append(np.maximum(steep, 0.0) * scale * np.sqrt(len(self.grid)))
        away = self.near_grid - m
        w = a + b * (rho * away + np.hypot(away, sigma))
        rows.append(np.maximum(self.below + _CALENDAR_MARGIN - w, 0.0) * scale)
        return rows


def _starts(problem: _Problem) -> list[FloatArray]:
    """Return the best few points of the quasi-explicit grid, each `(5,)`."""
    m, sigma = (part.ravel() for part in np.meshgrid(_START_CENTRES, _START_WIDTHS, indexing="ij"))
    away = (problem.x - m[:, None]) / sigma[:, None]
    columns = np.stack([np.ones_like(away), away, np.hypot(away, 1.0)], axis=-1)
    w = problem.vol**2 * problem.years / problem.deviation**2
    # d(vol) = d(w) * deviation^2 / (2 vol years): the same errors, written for variance.
    weight = problem.weight * problem.deviation**2 / (2.0 * problem.vol * problem.years)
    heavy = columns * weight[:, None]
    normal = np.einsum("gni,gnj->gij", heavy, heavy) + 1e-10 * np.eye(3)
    a, d, c = np.linalg.solve(normal, np.einsum("gni,n->gi", heavy, w * weight)[..., None])[..., 0].T
    c = np.maximum(c, 1e-3)
    rho = np.clip(d / c, -0.95, 0.95)
    least = np.maximum(a + c * np.sqrt(1.0 - rho**2), 1e-3)
    points = np.stack([np.log(least), np.log(c / sigma), np.arctanh(rho), m, np.log(sigma)], axis=-1)
    points = np.concatenate([points, _USUAL[None]])
    cost = np.sum(problem.residuals(points, 0.0) ** 2, axis=1)
    return [points[i] for i in np.argsort(cost, kind="stable")[:_START_COUNT]]


def _polish(problem: _Problem, start: FloatArray, *, penalty: float) -> tuple[FloatArray, float]:
    """Return the point that Levenberg-Marquardt reaches from `start`, and its cost."""
    bumps = np.concatenate([np.zeros((1, 5)), _BUMP * np.eye(5)])
    point, damping = start, 1e-3
    rows = problem.residuals(point + bumps, penalty)
    cost = float(np.sum(rows[0] ** 2))
    for _ in range(_STEP_COUNT):
        jacobian = (rows[1:] - rows[0]) / _BUMP
        normal, gradient = jacobian @ jacobian.T, jacobian @ rows[0]
        step = -np.linalg.solve(normal + damping * (np.diag(np.diag(normal)) + 1e-9 * np.eye(5)), gradient)
        step *= min(1.0, 1.0 / float(np.max(np.abs(step)) + 1e-300))
        tried = problem.residuals(point + step + bumps, penalty)
        tried_cost = float(np.sum(tried[0] ** 2))
        if tried_cost < cost:
            settled = cost - tried_cost < 1e-9 * cost
            point, rows, cost = point + step, tried, tried_cost
            damping = max(damping / 5.0, 1e-12)
            if settled:
                break
        else:
            damping *= 4.0
            if damping > 1e8:
                break
    return point, cost
