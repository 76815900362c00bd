"""Value at risk and expected shortfall of a weighted sample of profit and loss, each with its confidence interval.

Losses are positive. With tail probability p = 1 - confidence,

    VaR = the smallest loss that is not exceeded with probability `confidence`
    ES  = the mean of the worst p of the distribution, (1/p) ∫ VaR over the tail;

an outcome that lies across the edge of the tail counts with the part of its weight that lies in it, so that ES is
continuous in the confidence, coherent, and never below VaR (Acerbi and Tasche, 2002).

The interval of VaR is that of order statistics: how many of n independent outcomes fall beyond the true quantile is
binomial, whatever the distribution. Unequal weights count as Kish's effective number of outcomes, (Σw)²/Σw², and
antithetic pairs as one outcome each: where only the size of a move matters the two of a pair lose the same. The
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
from seawall.risk.worst import Worst, worst_of

EXACT_TAIL_COUNT = 400.0
"""Up to this many expected outcomes in the tail the binomial is summed; beyond it is normal to three digits."""
TAIL_COUNT_MIN = 10.0
"""With fewer expected outcomes in the tail than this a sample does not bound ES from above."""


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
        Where the true numbers lie with probability `interval_confidence`, if outcomes, or pairs of them, are
        independent. An upper end that is infinite says that the sample is too small to bound it.
    effective_count
        Independent outcomes that the sample is worth: all of them where weights are equal, half of them where they
        are pairs.
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
    pairs: bool = False,
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
    pairs
        Whether outcomes are antithetic pairs, two by two, and not independent.

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
    losses = 0.0 - np.asarray(pnl, dtype=np.float64)  # where nothing moves the loss is 0 and not -0
    share = shares_of(weights, len(losses))
    return risk_and_worst(
        losses, share, confidence=confidence, interval_confidence=interval_confidence, pairs=pairs
    )[0]  # fmt: skip


def risk_and_worst(
    losses: FloatArray, share: FloatArray, *, confidence: float, interval_confidence: float, pairs: bool = False
) -> tuple[TailRisk, Worst | None]:
    """Return VaR and ES of losses whose weights sum to one, and the worst of them; None where one is unavailable."""
    check_confidence("confidence", confidence)
    check_confidence("interval_confidence", interval_confidence)
    effective = (0.5 if pairs else 1.0) / float((share**2).sum())
    gone = (math.nan, math.nan)
    if np.isnan(losses).any():
        return TailRisk(confidence, math.nan, math.nan, gone, gone, interval_confidence, effective), None
    p = 1.0 - confidence
    ends = _exceedance_bounds(effective, p, interval_confidence)
    worst = worst_of(losses, share, max(p, min(ends[0], 1.0)))
    var, es = worst.figures(p)
    low, high = (math.inf if end <= 0.0 else worst.quantile(min(end, 1.0)) for end in ends)
    spread = worst.tail_error(worst.losses, var, es, worst.beyond_count(var), p) / math.sqrt(effective)
    z = NormalDist().inv_cdf(0.5 + 0.5 * interval_confidence)
    around = (es - z * spread, es + z * spread) if enough_to_bound(effective * p) else (low, math.inf)
    return TailRisk(confidence, var, es, (low, high), around, interval_confidence, effective), worst


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
    worst = worst_of(losses, share, 1.0 - confidence)
    return worst.spread(worst.in_tail(1.0 - confidence), len(losses))


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
