"""Volatility that changes: RiskMetrics' exponential average, GARCH(1,1), and how far ahead either sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem


def ewma_variance(returns: FloatArray, decay: float, start: FloatArray | float) -> FloatArray:
    """Return the exponentially weighted variance after each return: `v' = decay * v + (1 - decay) * r^2`.

    Parameters
    ----------
    returns
        `(n,)` or `(n, K)`.
    decay
        0.94 of RiskMetrics (1996) for days.
    start
        Variance before the first return.

    Examples
    --------
    >>> ewma_variance(np.array([0.01, -0.03]), 0.94, 0.0004).tolist()
    [0.00038199999999999996, 0.00041308]
    """
    if not 0.0 <= decay < 1.0:
        raise InputError(Problem("decay", decay, "a decay is 0 or more and below 1"))
    out = np.empty(np.shape(returns))
    variance = np.asarray(start, dtype=np.float64)
    for t, squared in enumerate(np.square(returns)):
        variance = decay * variance + (1.0 - decay) * squared
        out[t] = variance
    return out


def garch_variance(residuals: FloatArray, omega: float, alpha: float, beta: float, start: float) -> FloatArray:
    """Return GARCH(1,1)'s variance *of* each residual, and of the next one, `(n + 1,)`.

    `h' = omega + alpha e^2 + beta h`. The first comes from `start` as the squared residual and the variance before it.

    Examples
    --------
    >>> garch_variance(np.array([0.1, -0.2]), 0.01, 0.1, 0.8, 0.02).round(6).tolist()
    [0.028, 0.0334, 0.04072]
    """
    h = omega + (alpha + beta) * start
    out = [h]
    for squared in np.square(residuals).tolist():
        h = omega + alpha * squared + beta * h
        out.append(h)
    return np.array(out)


def garch_forecast(omega: float, alpha: float, beta: float, variance: float, steps_count: int) -> FloatArray:
    """Return the expected variances 1 to k steps after one with the given variance, `(k,)`.

    `level + (alpha + beta)^k (variance - level)`: the sum of it, and not √k, scales a volatility to a horizon.

    Examples
    --------
    >>> garch_forecast(0.01, 0.1, 0.8, 0.2, 3).round(6).tolist()
    [0.19, 0.181, 0.1729]
    """
    persistence = alpha + beta
    steps = np.arange(1, steps_count + 1)
    if abs(1.0 - persistence) < 1e-12:
        return np.asarray(variance + omega * steps, dtype=np.float64)
    level = omega / (1.0 - persistence)
    return np.asarray(level + persistence**steps * (variance - level))


class VolatilityFilter(Protocol):
    """What says how volatile each moment was, from what was known before it."""

    def variances(self, changes: FloatArray) -> FloatArray:
        """Return the variance of each change and of the next one, `(n + 1, K)`, from `(n, K)` changes."""
        ...

    @property
    def warm_up_count(self) -> int:
        """How many of the first changes only start the filter, and are no scenarios."""
        ...


@dataclass(frozen=True, slots=True)
class Ewma:
    """The exponential average. It starts at the mean square of its first changes, `warm_up_count` of them.

    Examples
    --------
    >>> Ewma(0.94, warm_up_count=1).variances(np.array([[0.02], [0.01]])).ravel().round(9).tolist()
    [0.0004, 0.0004, 0.000382]
    """

    decay: float = 0.94
    warm_up_count: int = 30

    def variances(self, changes: FloatArray) -> FloatArray:
        """Return the variance of each change and of the next one, `(n + 1, K)`."""
        if not 1 <= self.warm_up_count < len(changes):
            rule = f"it is 1 or more, and below the {len(changes)} changes"
            raise InputError(Problem("warm_up_count", self.warm_up_count, rule))
        start = np.mean(np.square(changes[: self.warm_up_count]), axis=0)
        return np.concatenate([start[None], ewma_variance(changes, self.decay, start)])


@dataclass(frozen=True, slots=True)
class Constant:
    """One volatility for all time: filtered history is then history itself."""

    warm_up_count: int = 0

    def variances(self, changes: FloatArray) -> FloatArray:
        """Return the mean square, `(n + 1, K)`."""
        return np.repeat(np.mean(np.square(changes), axis=0)[None], len(changes) + 1, axis=0)
