"""Tails by extreme-value theory: the generalised Pareto distribution of what exceeds a threshold, and Hill's index.

Signs are those of losses: larger is worse. McNeil (1997), McNeil and Frey (2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError

FEWEST_EXCEEDANCES_COUNT = 10
"""Two parameters from fewer points are no fit."""
LOWEST_SHAPE = -0.5
"""Below it the likelihood has no regular maximum (Smith 1985)."""
_STEPS_COUNT = 200
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, slots=True)
class ParetoTail:
    """A generalised Pareto tail over a threshold: `P(X > x) = share (1 + shape (x - threshold) / scale)^(-1 / shape)`.

    Attributes
    ----------
    threshold
        Where the tail begins.
    shape, scale
        ξ and β; a shape above 0 has a power's tail, with moments below 1 / ξ only.
    exceedances_count, count
        How many of how many losses lie above the threshold.
    shape_error, scale_error
        Standard errors; NaN where they are not known.

    Examples
    --------
    >>> tail = ParetoTail(0.05, 0.2, 0.02, 100, 1000)
    >>> round(tail.quantile(0.99), 9), round(tail.shortfall(0.99), 9)
    (0.108489319, 0.148111649)
    """

    threshold: float
    shape: float
    scale: float
    exceedances_count: int
    count: int
    shape_error: float = math.nan
    scale_error: float = math.nan

    def __post_init__(self) -> None:
        if not (math.isfinite(self.shape) and math.isfinite(self.threshold) and 0.0 < self.scale < math.inf):
            found = f"shape {self.shape}, scale {self.scale}, threshold {self.threshold}"
            raise InputError(Problem("tail", found, "they are finite, and the scale is above 0"))
        if not 0 < self.exceedances_count <= self.count:
            raise InputError(Problem("exceedances_count", self.exceedances_count, "some of all losses exceed"))

    @property
    def share(self) -> float:
        """Share of losses above the threshold."""
        return self.exceedances_count / self.count

    def quantile(self, level: float) -> float:
        """Return the value-at-risk at a level, which lies in the tail: `1 - share <= level < 1`."""
        if not 1.0 - self.share - 1e-12 <= level < 1.0:
            rule = f"a level in the tail is {1.0 - self.share:.6g} or above, and below 1"
            raise InputError(Problem("level", level, rule))
        return float(self.at_tail(np.array([(1.0 - level) / self.share]))[0])

    def at_tail(self, shares: FloatArray) -> FloatArray:
        """Return the losses that given shares of the tail exceed, shares above 0 and at most 1."""
        logs = -np.log(np.asarray(shares, dtype=np.float64))
        if abs(self.shape) < 1e-8:
            return self.threshold + self.scale * logs * (1.0 + 0.5 * self.shape * logs)
        return np.asarray(self.threshold + self.scale * np.expm1(self.shape * logs) / self.shape)

    def shortfall(self, level: float) -> float:
        """Return the expected shortfall at a level; infinite where the shape is 1 or more."""
        if self.shape >= 1.0:
            return math.inf
        found = self.quantile(level)
        return found + (self.scale + self.shape * (found - self.threshold)) / (1.0 - self.shape)


def fit_tail(losses: npt.ArrayLike, threshold: float, *, method: str = "likelihood") -> ParetoTail:
    """Return the generalised Pareto tail of the losses above a threshold.

    Parameters
    ----------
    losses : (n,) float
        Positive is a loss.
    threshold : float
        In the unit of the losses.
    method : str
        `likelihood` (maximum likelihood, by Grimshaw's profile) or `moments` (probability-weighted, Hosking and Wallis
        1987), which always has an answer and trusts far points less.

    Raises
    ------
    InputError
        When losses are not finite, the method is unknown, or too few lie above the threshold.
    UnavailableError
        When the likelihood has no maximum inside.

    Examples
    --------
    >>> x = -np.log(np.arange(0.5, 1000.0) / 1000.0)  # an exponential tail has the shape 0
    >>> abs(fit_tail(x, 1.0).shape) < 0.02, abs(fit_tail(x, 1.0, method="moments").shape) < 0.02
    (True, True)
    """
    whole = np.asarray(losses, dtype=np.float64)
    if whole.ndim != 1 or not np.isfinite(whole).all():
        raise InputError(Problem("losses", whole.shape, "losses are a column of finite numbers"))
    excess = whole[whole > threshold] - threshold
    if len(excess) < FEWEST_EXCEEDANCES_COUNT:
        rule = f"a tail is fitted to {FEWEST_EXCEEDANCES_COUNT} losses or more above its threshold"
        raise InputError(Problem("threshold", f"{threshold} with {len(excess)} above", rule))
    if method == "likelihood":
        shape, scale = _most_likely(excess)
        errors = _errors(excess, shape, scale)
    elif method == "moments":
        shape, scale = _weighted_moments(excess)
        errors = math.nan, math.nan
    else:
        raise InputError(Problem("method", method, "it is likelihood or moments"))
    return ParetoTail(threshold, shape, scale, len(excess), len(whole), *errors)


def hill(losses: npt.ArrayLike, k: int) -> float:
    """Return Hill's tail index alpha from the k largest losses, over the next one.

    Examples
    --------
    >>> round(hill([1.0, 2.0, 4.0, 8.0], 2), 6)
    0.961797
    """
    largest = np.sort(np.asarray(losses, dtype=np.float64))[::-1]
    if not (0 < k < len(largest) and largest[k] > 0.0):
        raise InputError(Problem("k", k, "k is above 0, below the count of losses, and the next loss is above 0"))
    return float(1.0 / np.mean(np.log(largest[:k] / largest[k])))


def mean_excess(losses: npt.ArrayLike, threshold: float) -> float:
    """Return the mean of what exceeds a threshold, over it; NaN where nothing does."""
    whole = np.asarray(losses, dtype=np.float64)
    excess = whole[whole > threshold] - threshold
    return float(excess.mean()) if len(excess) else math.nan


def _most_likely(excess: FloatArray) -> tuple[float, float]:
    """Maximise the profile likelihood over θ = ξ / β, where ξ = mean log(1 + θ x): one dimension, and bracketed."""
    largest, mean = float(excess.max()), float(excess.mean())
    lowest = -1.0 / largest
    up = np.geomspace(1e-6, 1e3, _STEPS_COUNT) / mean
    down = lowest + np.geomspace(1e-9, 1.0, _STEPS_COUNT)[:-1] * -lowest
    grid = np.concatenate([down, [-1e-9 / largest], up])
    values = np.array([_profile(theta, excess) for theta in grid])
    best = int(np.argmax(values))
    if not (0 < best < len(grid) - 1 and math.isfinite(values[best])):
        raise UnavailableError("the likelihood of the tail has no maximum inside; method='moments' has an answer")
    low, high = float(grid[best - 1]), float(grid[best + 1])
    for _ in range(100):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if _profile(left, excess) < _profile(right, excess):
            low = left
        else:
            high = right
    theta = 0.5 * (low + high)
    shape = float(np.mean(np.log1p(theta * excess)))
    return shape, shape / theta if theta else mean


def _profile(theta: float, excess: FloatArray) -> float:
    """Return the log-likelihood of a point at its best shape; -inf where it is not regular."""
    inside = 1.0 + theta * excess
    if theta == 0.0 or (inside <= 0.0).any():
        return -math.inf
    shape = float(np.mean(np.log1p(theta * excess)))
    if shape < LOWEST_SHAPE or shape / theta <= 0.0:
        return -math.inf
    return -len(excess) * (math.log(shape / theta) + shape + 1.0)


def _errors(excess: FloatArray, shape: float, scale: float) -> tuple[float, float]:
    """Return standard errors from the observed information; near an exponential tail from the expected one."""
    count = len(excess)
    if abs(shape) < 1e-4:
        return (1.0 + shape) / math.sqrt(count), scale * math.sqrt(2.0 * (1.0 + shape) / count)
    logs, ratio = float(np.log1p(shape * excess / scale).sum()), excess / (scale + shape * excess)
    once, twice = float(ratio.sum()), float((ratio**2).sum())
    by_shape = 2.0 * logs / shape**3 - 2.0 * once / shape**2 - (1.0 + 1.0 / shape) * twice
    by_scale = -count / scale**2 + (1.0 + shape) / scale * (once / scale + float((ratio**2 / excess).sum()))
    by_both = -once / scale + (1.0 + shape) / scale * twice
    determinant = by_shape * by_scale - by_both**2
    if not (determinant > 0.0 and by_shape > 0.0):
        return math.nan, math.nan
    return math.sqrt(by_scale / determinant), math.sqrt(by_shape / determinant)


def _weighted_moments(excess: FloatArray) -> tuple[float, float]:
    ordered = np.sort(excess)
    count = len(ordered)
    first = float(ordered.mean())
    weights = 1.0 - (np.arange(1, count + 1) - 0.35) / count
    second = float((weights * ordered).mean())
    shape = 2.0 - first / (first - 2.0 * second)
    return shape, 2.0 * first * second / (first - 2.0 * second)
