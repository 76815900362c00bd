"""GARCH(1,1) by maximum likelihood in NumPy, and the wider family by `arch` where it is installed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.scenarios.tail_moves import FLAT
from seawall.scenarios.volatility import garch_variance

STEPS_COUNT = 200
FEWEST_RETURNS_COUNT = 50
_CONVERGED = 1e-10
_STARTS = ((0.05, 0.90), (0.1, 0.8), (0.2, 0.7), (0.05, 0.5))
_INTEGRATED = ((0.03, 0.97), (0.1, 0.9), (0.3, 0.7))
_MU, _OMEGA, _ALPHA, _BETA = np.eye(4).tolist()
_SHARE = [0.0, 0.0, 1.0, -1.0]
_EDGES = {
    "beta = 0": (((0.05, 0.0), (0.3, 0.0)), (_MU, _OMEGA, _ALPHA)),
    "alpha + beta = 1": (_INTEGRATED, (_MU, _OMEGA, _SHARE)),
    "omega = 0": (((0.03, 0.97), (0.05, 0.94)), (_MU, _ALPHA, _BETA)),
    "omega = 0, alpha + beta = 1": (_INTEGRATED, (_MU, _SHARE)),
}
"""Edges of the parameters but constant volatility: alphas and betas to start from, and directions that are free."""
_ROUNDING = 1e-12
_LARGEST_CONDITION = 1e12
"""Of the information: beyond it a direction is there that the likelihood knows nothing of."""
_LEAST_VARIANCE = 1e-30
"""Of returns whose own is 1: below it nothing can be divided by it."""


@dataclass(frozen=True, slots=True)
class GarchFit:
    """Parameters of `r = mu + e`, `h' = omega + alpha e^2 + beta h`, with normal likelihood.

    `errors` are standard errors of mu, omega, alpha and beta from the second derivatives of the likelihood. `start` is
    the squared residual and variance before the first return: the mean squared residual. `edge` says at which edge of
    the parameters the likelihood is largest, empty where that is inside; what is held there has no error, 0.
    """

    mu: float
    omega: float
    alpha: float
    beta: float
    errors: tuple[float, float, float, float]
    log_likelihood: float
    start: float
    edge: str = ""

    @property
    def persistence(self) -> float:
        """Share of a surprise in variance that is left after one step."""
        return self.alpha + self.beta

    def variances(self, returns: FloatArray) -> FloatArray:
        """Return the variance of each return and of the next one, `(n + 1,)`."""
        return garch_variance(returns - self.mu, self.omega, self.alpha, self.beta, self.start)


@dataclass(frozen=True, slots=True)
class GarchFits:
    """GARCH(1,1) of K factors as a volatility filter; None is a factor that never moved, and has no variance."""

    fits: tuple[GarchFit | None, ...]
    warm_up_count: int = 0

    def variances(self, changes: FloatArray) -> FloatArray:
        """Return the variance of each change and of the next one, `(n + 1, K)`."""
        still = np.zeros(len(changes) + 1)
        return np.stack(
            [fit.variances(column) if fit else still for fit, column in zip(self.fits, changes.T, strict=True)], axis=1
        )


@dataclass(frozen=True, slots=True)
class Garch:
    """A volatility filter that fits GARCH(1,1) to each factor, on all its returns: a backtest gives it the past."""

    warm_up_count: int = 0

    def fitted(self, changes: FloatArray) -> GarchFits:
        """Return the fits to `(n, K)` changes."""
        fits = tuple(fit_garch(column) if np.ptp(column) > FLAT else None for column in changes.T)
        return GarchFits(fits, self.warm_up_count)

    def variances(self, changes: FloatArray) -> FloatArray:
        """Return the variance of each change and of the next one, `(n + 1, K)`."""
        return self.fitted(changes).variances(changes)


def fit_garch(returns: FloatArray) -> GarchFit:
    """Return the GARCH(1,1) of largest normal likelihood, its start the mean squared residual (Bollerslev 1986).

    Newton's method on the expected information (Fiorentini, Calzolari and Panattoni 1996), step halved until the
    likelihood rises and the parameters are inside. Where it has no maximum inside, as is usual for returns that are
    nearly independent, the largest on an edge is taken: alpha = beta = 0, which is constant volatility, or what
    `_EDGES` holds. Where alpha alone is 0, beta does nothing but let the start fade, and is taken as 0 too.

    Parameters
    ----------
    returns
        `(n,)`, in any unit.

    Raises
    ------
    InputError
        When returns are too few, not finite or all equal.

    Examples
    --------
    >>> rng, h, r = np.random.default_rng(5), 1.0, []
    >>> for _ in range(4000):
    ...     r.append(np.sqrt(h) * rng.standard_normal())
    ...     h = 0.05 + 0.1 * r[-1] ** 2 + 0.85 * h
    >>> fit = fit_garch(np.array(r))
    >>> abs(fit.alpha - 0.1) < 0.03, abs(fit.beta - 0.85) < 0.05
    (True, True)
    """
    found = np.asarray(returns, dtype=np.float64)
    if found.ndim != 1 or len(found) < FEWEST_RETURNS_COUNT or not np.isfinite(found).all():
        rule = f"GARCH is fitted to a column of {FEWEST_RETURNS_COUNT} finite returns or more"
        raise InputError(Problem("returns", found.shape, rule))
    scale = float(found.std())
    if not scale > 0.0:
        raise InputError(Problem("returns", float(found[0]), "returns that never move have no volatility"))
    scaled = found / scale
    inside = _climb(_STARTS, np.eye(4), scaled)
    if inside is not None:
        edge, (value, point) = "", inside
        squares = np.diag(np.linalg.inv(_curvature(point, scaled)))
        if not squares.min() > 0.0:  # no maximum to the second order, or one that is too flat for differences
            squares = np.diag(np.linalg.inv(_likelihood(point, scaled)[2]))
        errors = np.sqrt(squares)
    else:
        value, edge, point, errors = max(_on_edges(scaled), key=lambda one: one[0])
    mu, omega, alpha, beta = point.tolist()
    units = np.array([scale, scale**2, 1.0, 1.0])
    e1, e2, e3, e4 = (errors * units).tolist()
    start = float(np.mean((found - mu * scale) ** 2))
    likelihood = value - len(found) * math.log(scale)
    return GarchFit(mu * scale, omega * scale**2, alpha, beta, (e1, e2, e3, e4), likelihood, start, edge)


def _climb(
    starts: Sequence[tuple[float, float]], free: FloatArray, scaled: FloatArray
) -> tuple[float, FloatArray] | None:
    """Return the largest likelihood and where it is, from the best of some alphas and betas along free directions.

    `free` is `(4, F)`; None where it does not settle.
    """
    best = max(
        (np.array([scaled.mean(), max(1.0 - a - b, 0.0), a, b]) for a, b in starts),
        key=lambda start: _likelihood(start, scaled)[0],
    )
    try:
        value, gradient, information = _along(best, free, scaled)
        for _ in range(STEPS_COUNT):
            step = np.linalg.solve(information, gradient)
            size = 1.0
            while size > 1e-10:
                tried = best + size * (free @ step)
                after = _along(tried, free, scaled)
                if after[0] > value:
                    break
                size *= 0.5
            else:
                break  # no step up is left
            gain = after[0] - value
            best, (value, gradient, information) = tried, after
            if gain < _CONVERGED and size == 1.0:
                break
        settled = (
            np.linalg.cond(information) < _LARGEST_CONDITION
            and np.abs(np.linalg.solve(information, gradient)).max() < 1e-4
        )
    except np.linalg.LinAlgError:
        return None
    return (value, best) if settled else None


def _along(point: FloatArray, free: FloatArray, scaled: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    value, gradient, information = _likelihood(point, scaled)
    return value, free.T @ gradient, free.T @ information @ free


def _on_edges(scaled: FloatArray) -> Iterator[tuple[float, str, FloatArray, FloatArray]]:
    """Yield the largest likelihood on each edge where it settles, the edge's name, the point and its errors."""
    mean, variance, count = float(scaled.mean()), float(scaled.var()), len(scaled)
    constant = np.array([mean, variance, 0.0, 0.0])
    errors = np.array([(variance / count) ** 0.5, variance * (2.0 / count) ** 0.5, 0.0, 0.0])
    yield _likelihood(constant, scaled)[0], "alpha = beta = 0, constant volatility", constant, errors
    for edge, (starts, directions) in _EDGES.items():
        free = np.array(directions).T
        for value, point in filter(None, (_climb([start], free, scaled) for start in starts)):
            covariance = free @ np.linalg.inv(_along(point, free, scaled)[2]) @ free.T
            yield value, edge, point, np.sqrt(np.diag(covariance))


def fit_by_arch(
    returns: FloatArray, *, asymmetric: bool = True, student: bool = True
) -> tuple[FloatArray, dict[str, float]]:
    """Return the variances of each return and of the next one, `(n + 1,)`, and the parameters, as `arch` fits them.

    Raises
    ------
    UnavailableError
        Where `arch` is not installed.
    """
    try:
        from arch import arch_model
    except ImportError:
        raise UnavailableError("wider GARCH models need arch: pip install 'seawall[stats]'") from None
    scale = 1.0 / float(np.std(returns))
    model = arch_model(
        returns * scale, mean="Constant", vol="GARCH", p=1, o=int(asymmetric), q=1, dist="t" if student else "normal",
        rescale=False,
    )  # fmt: skip
    fit = model.fit(disp="off")
    following = float(fit.forecast(horizon=1).variance.to_numpy()[-1, 0])
    variances = np.append(np.asarray(fit.conditional_volatility) ** 2, following) / scale**2
    return variances, {str(name): float(number) for name, number in fit.params.items()}


def _likelihood(point: FloatArray, returns: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return log-likelihood, its gradient and the expected information; -inf outside the parameters' domain."""
    mu, omega, alpha, beta = point.tolist()
    nothing = np.zeros(4), np.eye(4)
    if not (omega >= 0.0 and alpha >= 0.0 and beta >= 0.0 and alpha + beta <= 1.0 + _ROUNDING):
        return -math.inf, *nothing
    residuals = returns - mu
    squares = residuals**2
    start, bend = float(squares.mean()), -2.0 * float(residuals.mean())  # and its slope in mu
    h = np.empty(len(returns))
    slopes = np.empty((len(returns), 4))
    level, by_mu, by_omega, by_alpha, by_beta = start, bend, 0.0, 0.0, 0.0
    square, lean = start, bend
    for t, (next_square, residual) in enumerate(zip(squares.tolist(), residuals.tolist(), strict=True)):
        by_mu = alpha * lean + beta * by_mu
        by_omega = 1.0 + beta * by_omega
        by_alpha = square + beta * by_alpha
        by_beta = level + beta * by_beta
        level = omega + alpha * square + beta * level
        h[t] = level
        slopes[t] = by_mu, by_omega, by_alpha, by_beta
        square, lean = next_square, -2.0 * residual
    if not h.min() > _LEAST_VARIANCE:
        return -math.inf, *nothing
    value = -0.5 * float((math.log(2.0 * math.pi) + np.log(h) + squares / h).sum())
    relative = slopes / h[:, None]
    gradient = 0.5 * (relative * (squares / h - 1.0)[:, None]).sum(axis=0)
    gradient[0] += float((residuals / h).sum())
    information = 0.5 * relative.T @ relative
    information[0, 0] += float((1.0 / h).sum())
    return value, gradient, information


def _curvature(point: FloatArray, returns: FloatArray) -> FloatArray:
    """Return minus the second derivatives of the log-likelihood, by differences of its exact gradient."""
    rows = []
    for k in range(4):
        step = np.zeros(4)
        step[k] = 1e-5 * max(abs(float(point[k])), 1e-2)
        up, down = _likelihood(point + step, returns), _likelihood(point - step, returns)
        if not (math.isfinite(up[0]) and math.isfinite(down[0])):
            return _likelihood(point, returns)[2]  # at the edge: the expected information
        rows.append((up[1] - down[1]) / (2.0 * step[k]))
    second = np.array(rows)
    return np.asarray(-(second + second.T) / 2.0)
