"""Value at risk and expected shortfall of a weighted sample of profit and loss, each with its confidence interval.

Losses are positive. With tail probability p = 1 - confidence,

    VaR = the smallest loss that is not exceeded with probability `confidence`
    ES  = the mean of the worst p of the distribution, (1/p) ∫ VaR over the tail;

an outcome that lies across the edge of the tail counts with the part of its weight that lies in it, so that ES is
continuous in the confidence, coherent, and never below VaR (Acerbi and Tasche, 2002).

The interval of VaR is that of order statistics: how many of n independent outcomes fall beyond the true quantile is
binomial, whatever the distribution. Unequal weights count as Kish's effective number of outcomes, (Σw)²/Σw². The
interval of ES is asymptotic: the variance of the tail mean plus that of its edge. A handful of outcomes does not tell
the mean of a tail; ES then has no upper end, and the lower end of VaR, which it is never below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem

EXACT_TAIL_COUNT = 400.0
"""Up to this many expected outcomes in the tail the binomial is summed; beyond it is normal to three digits."""
TAIL_COUNT_MIN = 10.0
"""With fewer expected outcomes in the tail than this a sample does not bound ES from above."""
WEIGHT_ROUNDING = 1e-12
"""Share of the whole weight below which a difference of cumulated weights is a rounding."""


@dataclass(frozen=True, slots=True)
class TailRisk:
    """VaR and ES of one profit and loss, in its unit; loss is positive.

    Attributes
    ----------
    confidence
        Of both numbers, such as 0.99.
    value_at_risk, expected_shortfall
        NaN where the profit and loss is unavailable.
    value_at_risk_interval, expected_shortfall_interval
        Where the true numbers lie with probability `interval_confidence`, if outcomes are independent. An upper end
        that is infinite says that the sample is too small to bound it.
    effective_count
        Outcomes that the sample is worth: all of them where weights are equal.
    """

    confidence: float
    value_at_risk: float
    expected_shortfall: float
    value_at_risk_interval: tuple[float, float]
    expected_shortfall_interval: tuple[float, float]
    interval_confidence: float
    effective_count: float


def tail_risk(
    pnl: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    confidence: float = 0.99,
    interval_confidence: float = 0.95,
) -> TailRisk:
    """Return VaR and ES of S outcomes.

    Parameters
    ----------
    pnl : (S,) float
        Profit and loss, profit positive.
    weights : (S,) float, optional
        Not negative; their sum does not matter. Equal where left out.
    confidence, interval_confidence
        Between 0 and 1.

    Raises
    ------
    InputError
        When there is no outcome, weights do not fit or are negative or all zero, or a confidence is out of bounds.

    Examples
    --------
    Of a hundred outcomes from -1 to -100, five lose 96 or more:

    >>> found = tail_risk(-np.arange(1.0, 101.0), confidence=0.95)
    >>> found.value_at_risk, round(found.expected_shortfall, 9)
    (95.0, 98.0)
    """
    check_confidence("confidence", confidence)
    check_confidence("interval_confidence", interval_confidence)
    losses = 0.0 - np.asarray(pnl, dtype=np.float64)  # where nothing moves the loss is 0 and not -0
    share = shares_of(weights, len(losses))
    effective = 1.0 / float((share**2).sum())
    gone = (math.nan, math.nan)
    if np.isnan(losses).any():
        return TailRisk(confidence, math.nan, math.nan, gone, gone, interval_confidence, effective)
    order = np.argsort(-losses, kind="stable")
    worst, mass = losses[order], share[order]
    beyond = np.cumsum(mass)
    p = 1.0 - confidence
    var = _quantile(worst, beyond, p)
    es = float(np.dot(_shares_beyond(losses, share, var, p), losses))
    es = max(es, var)  # they differ by a rounding where the tail is one outcome
    ends = _exceedance_bounds(effective, p, interval_confidence)
    low, high = (math.inf if end <= 0.0 else _quantile(worst, beyond, min(end, 1.0)) for end in ends)
    spread = _shortfall_error(losses, share, var, es, p) / math.sqrt(effective)
    z = NormalDist().inv_cdf(0.5 + 0.5 * interval_confidence)
    around = (es - z * spread, es + z * spread) if enough_to_bound(effective * p) else (low, math.inf)
    return TailRisk(confidence, var, es, (low, high), around, interval_confidence, effective)


def enough_to_bound(tail_count: float) -> bool:
    """Return whether so many expected outcomes in the tail bound ES from above."""
    return tail_count > TAIL_COUNT_MIN * (1.0 - 1e-9)  # ten of a hundred are ten, whatever 1 - 0.9 rounds to


def tail_shares(losses: FloatArray, share: FloatArray, *, confidence: float) -> FloatArray:
    """Return the weight of each outcome in the mean of the tail, `(S,)`, of sum one.

    Outcomes that tie at the edge share what the tail takes of them by weight, so that their order does not matter.

    Examples
    --------
    >>> tail_shares(np.array([3.0, 1.0, 1.0, 0.0]), np.full(4, 0.25), confidence=0.5).tolist()
    [0.5, 0.25, 0.25, 0.0]
    """
    p = 1.0 - confidence
    order = np.argsort(-losses, kind="stable")
    return _shares_beyond(losses, share, _quantile(losses[order], np.cumsum(share[order]), p), p)


def quantile_shares(losses: FloatArray, share: FloatArray, *, confidence: float) -> FloatArray:
    """Return the weight of each outcome in the quantile itself, `(S,)`: the outcomes that equal VaR, by weight."""
    order = np.argsort(-losses, kind="stable")
    edge = _quantile(losses[order], np.cumsum(share[order]), 1.0 - confidence)
    there = np.where(losses == edge, share, 0.0)
    return np.asarray(there / there.sum(), dtype=np.float64)


def shares_of(weights: npt.ArrayLike | None, count: int) -> FloatArray:
    """Return weights as shares of their sum, `(S,)`; equal where none are given.

    Raises
    ------
    InputError
        When they do not fit.
    """
    if count == 0:
        raise InputError(Problem("outcomes", 0, "a tail needs at least one outcome"))
    if weights is None:
        return np.full(count, 1.0 / count)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (count,):
        raise InputError(Problem("weights", given.shape, f"there is one weight for each of {count} outcomes"))
    if not (np.isfinite(given).all() and (given >= 0.0).all() and given.any()):
        worst = float(given[np.argmin(np.where(np.isfinite(given), given, -np.inf))])
        raise InputError(Problem("weights", worst, "weights are finite, not negative and not all zero"))
    scaled = given / given.max()
    return np.asarray(scaled / scaled.sum(), dtype=np.float64)


def check_confidence(field: str, confidence: float) -> None:
    """Refuse a confidence that is not between 0 and 1."""
    if not 0.0 < confidence < 1.0:
        raise InputError(Problem(field, confidence, "a confidence is between 0 and 1, such as 0.99"))


def _shares_beyond(losses: FloatArray, share: FloatArray, edge: float, p: float) -> FloatArray:
    """Return the weights in the mean of the tail whose edge is known."""
    inside, at_edge = losses > edge, losses == edge
    left = max(p - float(share[inside].sum()), 0.0)
    taken = np.where(inside, share, 0.0)
    taken = np.where(at_edge, share * (left / float(share[at_edge].sum())), taken)
    return np.asarray(taken / taken.sum(), dtype=np.float64)


def _quantile(worst: FloatArray, beyond: FloatArray, p: float) -> float:
    """Return the loss that at most `p` of the weight exceeds; losses fall, `beyond` is their cumulated weight."""
    # The largest losses that together weigh no more than p lie beyond VaR; the next one is VaR.
    k = int(np.searchsorted(beyond, p + WEIGHT_ROUNDING, side="right"))
    return float(worst[min(k, len(worst) - 1)])


def _exceedance_bounds(count: float, p: float, interval_confidence: float) -> tuple[float, float]:
    """Return the tail probabilities at which to read the lower and the upper bound of a quantile; 0 where none is."""
    side = 0.5 * (1.0 - interval_confidence)
    expected = count * p
    if expected > EXACT_TAIL_COUNT:
        reach = NormalDist().inv_cdf(1.0 - side) * math.sqrt(expected * (1.0 - p))
        return (expected + reach + 1.0) / count, (expected - reach) / count
    n = max(round(count), 1)
    cumulated, term, k = 0.0, (1.0 - p) ** n, 0
    if term == 0.0:  # (1 - p)^n underflows only where p is large and n with it
        term = math.exp(max(n * math.log1p(-p), -700.0))
    high = 0
    while k <= n:
        cumulated += term
        if cumulated <= side:
            high = k + 1
        if cumulated >= 1.0 - side:
            break
        term *= (n - k) / (k + 1) * p / (1.0 - p)
        k += 1
    # The (k + 1)-th largest loss is at most the quantile with the probability of at least k + 1 exceedances.
    return (k + 0.5) / n, (high - 0.5) / n if high else 0.0


def _shortfall_error(losses: FloatArray, share: FloatArray, var: float, es: float, p: float) -> float:
    """Return the standard deviation of one outcome's part in ES: (L - VaR)+ / p around its mean."""
    excess = np.maximum(losses - var, 0.0) / p
    mean = es - var
    return math.sqrt(max(float(np.dot(share, (excess - mean) ** 2)), 0.0))
