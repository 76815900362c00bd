"""GARCH(1,1) by maximum likelihood in NumPy, and the wider family by `arch` where it is installed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.scenarios.volatility import garch_variance

STEPS_COUNT = 200
FEWEST_RETURNS_COUNT = 50
_CONVERGED = 1e-10


@dataclass(frozen=True, slots=True)
class GarchFit:
    """Parameters of `r = mu + e`, `h' = omega + alpha e^2 + beta h`, with normal likelihood.

    `errors` are standard errors of mu, omega, alpha and beta from the second derivatives of the likelihood. `start` is
    the squared residual and variance before the first return: the mean squared residual.
    """

    mu: float
    omega: float
    alpha: float
    beta: float
    errors: tuple[float, float, float, float]
    log_likelihood: float
    start: float

    @property
    def persistence(self) -> float:
        """Share of a surprise in variance that is left after one step."""
        return self.alpha + self.beta

    def variances(self, returns: FloatArray) -> FloatArray:
        """Return the variance of each return and of the next one, `(n + 1,)`."""
        return garch_variance(returns - self.mu, self.omega, self.alpha, self.beta, self.start)


@dataclass(frozen=True, slots=True)
class Garch:
    """A volatility filter that fits GARCH(1,1) to each factor, on all its returns: a backtest gives it the past."""

    warm_up_count: int = 0

    def variances(self, changes: FloatArray) -> FloatArray:
        """Return the variance of each change and of the next one, `(n + 1, K)`."""
        return np.stack([fit_garch(column).variances(column) for column in changes.T], axis=1)


def fit_garch(returns: FloatArray) -> GarchFit:
    """Return the GARCH(1,1) of largest normal likelihood, its start the mean squared residual (Bollerslev 1986).

    Newton's method on the expected information (Fiorentini, Calzolari and Panattoni 1996), step halved until the
    likelihood rises and the parameters are inside.

    Parameters
    ----------
    returns
        `(n,)`, in any unit.

    Raises
    ------
    InputError
        When returns are too few, not finite or all equal.
    UnavailableError
        When the likelihood does not settle inside.

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
    best = max(
        (
            np.array([scaled.mean(), (1.0 - a - b), a, b])
            for a, b in ((0.05, 0.90), (0.1, 0.8), (0.2, 0.7), (0.05, 0.5))
        ),
        key=lambda start: _likelihood(start, scaled)[0],
    )
    value, gradient, information = _likelihood(best, scaled)
    for _ in range(STEPS_COUNT):
        step = np.linalg.solve(information, gradient)
        size = 1.0
        while size > 1e-10:
            tried = best + size * step
            after = _likelihood(tried, scaled)
            if after[0] > value:
                break
            size *= 0.5
        else:
            break  # no step up is left
        gain = after[0] - value
        best, (value, gradient, information) = tried, after
        if gain < _CONVERGED and size == 1.0:
            break
    if not np.abs(np.linalg.solve(information, gradient)).max() < 1e-4:
        raise UnavailableError("the likelihood of GARCH(1,1) has no maximum inside for these returns")
    errors = np.sqrt(np.diag(np.linalg.inv(_curvature(best, scaled))))
    mu, omega, alpha, beta = best.tolist()
    units = np.array([scale, scale**2, 1.0, 1.0])
    e1, e2, e3, e4 = (errors * units).tolist()
    start = float(np.mean((found - mu * scale) ** 2))
    likelihood = value - len(found) * math.log(scale)
    return GarchFit(mu * scale, omega * scale**2, alpha, beta, (e1, e2, e3, e4), likelihood, start)


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
    if not (omega > 0.0 and alpha >= 0.0 and beta >= 0.0 and alpha + beta < 1.0):
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
