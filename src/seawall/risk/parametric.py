"""Value at risk and expected shortfall of a linear book in closed form: normal and Student-t factors.

A book of linear positions x with covariance Σ has σ = √(x'Σx). Its VaR is zσ less the mean, and Euler's theorem takes
it apart: the marginal VaR of position i is z(Σx)_i/σ, its component x_i times that, and the components sum to the whole
(Jorion, Value at Risk, chapter 7). The incremental VaR is what the book loses by leaving the position out, computed
anew and not by its slope.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, frozen
from seawall.core.errors import InputError, Problem
from seawall.risk.sample_tail import check_confidence

QUADRATURE_COUNT = 200
"""Points of the rule that integrates a Student-t tail: more than enough for fifteen digits from one degree on."""
SYMMETRY_RATIO = 1e-9
"""Share of the largest entry by which a covariance may miss symmetry, or miss being positive, from rounding."""


@dataclass(frozen=True, slots=True)
class LinearRisk:
    """Risk of P linear positions, in their unit.

    Attributes
    ----------
    multiplier
        VaR (or ES) of one unit of standard deviation around the mean.
    standard_deviation, total
        Of the book; total is multiplier times it, less the mean gain.
    marginal, component, incremental
        `(P,)`: per unit of position; its share, which sum to the total; the total less the total without it.
    alone
        `(P,)` each position by itself; their sum is the undiversified total.
    """

    multiplier: float
    standard_deviation: float
    total: float
    marginal: FloatArray
    component: FloatArray
    incremental: FloatArray
    alone: FloatArray


def linear_risk(
    positions: npt.ArrayLike, covariance: npt.ArrayLike, multiplier: float, *, mean: npt.ArrayLike | None = None
) -> LinearRisk:
    """Return VaR or ES of linear positions, and what each of them makes of it.

    Parameters
    ----------
    positions : (P,) float
        Amounts held, in one currency.
    covariance : (P, P) float
        Of the relative moves over the horizon.
    multiplier
        `normal_multipliers` or `student_multipliers` give it.
    mean : (P,) float, optional
        Expected relative moves.

    Examples
    --------
    Jorion's two currencies, two million at 5 % and one million at 12 % volatility, uncorrelated, at 95 %:

    >>> found = linear_risk([2e6, 1e6], np.diag([0.05**2, 0.12**2]), 1.65)
    >>> round(found.total), found.component.round().tolist()
    (257738, [105630.0, 152108.0])
    """
    x = np.asarray(positions, dtype=np.float64)
    sigma = checked_covariance(covariance, len(x))
    drift = np.zeros(len(x)) if mean is None else np.asarray(mean, dtype=np.float64)
    pulled = sigma @ x
    deviation = math.sqrt(max(float(x @ pulled), 0.0))
    slope = pulled / deviation if deviation > 0.0 else np.zeros(len(x))
    marginal = multiplier * slope - drift
    component = x * marginal
    total = float(component.sum())
    without = np.array([_total(np.delete(x, i), np.delete(np.delete(sigma, i, 0), i, 1), multiplier,
                               np.delete(drift, i)) for i in range(len(x))]).reshape(len(x))  # fmt: skip
    alone = multiplier * np.abs(x) * np.sqrt(np.maximum(np.diag(sigma), 0.0)) - drift * x
    return LinearRisk(multiplier, deviation, total, marginal, component, total - without, alone)


def normal_multipliers(confidence: float) -> tuple[float, float]:
    """Return VaR and ES of a standard normal loss.

    Examples
    --------
    >>> [round(number, 6) for number in normal_multipliers(0.99)]
    [2.326348, 2.665214]
    """
    check_confidence("confidence", confidence)
    normal = NormalDist()
    z = normal.inv_cdf(confidence)
    return z, normal.pdf(z) / (1.0 - confidence)


def student_multipliers(confidence: float, degrees: float) -> tuple[float, float]:
    """Return VaR and ES of a Student-t loss scaled to a standard deviation of one.

    Parameters
    ----------
    confidence
        Of both.
    degrees
        Degrees of freedom, above 2, so that there is a standard deviation.

    Examples
    --------
    >>> [round(number, 6) for number in student_multipliers(0.99, 4.0)]
    [2.649492, 3.69151]
    """
    check_confidence("confidence", confidence)
    if not degrees > 2.0:
        raise InputError(Problem("degrees", degrees, "a Student-t has a standard deviation above 2 degrees of freedom"))
    t = _student_quantile(confidence, degrees)
    log_density = math.lgamma(0.5 * (degrees + 1.0)) - math.lgamma(0.5 * degrees) - 0.5 * math.log(degrees * math.pi)
    density = math.exp(log_density - 0.5 * (degrees + 1.0) * math.log1p(t * t / degrees))
    shortfall = density / (1.0 - confidence) * (degrees + t * t) / (degrees - 1.0)
    scale = math.sqrt((degrees - 2.0) / degrees)
    return t * scale, shortfall * scale


def checked_covariance(covariance: npt.ArrayLike, count: int, *, field: str = "covariance") -> FloatArray:
    """Return a covariance as an array, or refuse it.

    Raises
    ------
    InputError
        When it has another shape, holds no finite numbers, is not symmetric, or has a negative eigenvalue.
    """
    sigma = np.asarray(covariance, dtype=np.float64)
    if sigma.shape != (count, count):
        raise InputError(Problem(field, sigma.shape, f"it is a square of {count} rows"))
    if not np.isfinite(sigma).all():
        raise InputError(Problem(field, "not finite", "its entries are finite numbers"))
    size = float(np.abs(sigma).max(initial=0.0))
    if np.abs(sigma - sigma.T).max(initial=0.0) > SYMMETRY_RATIO * size:
        raise InputError(Problem(field, "not symmetric", "a covariance equals its transpose"))
    symmetric = np.asarray(0.5 * (sigma + sigma.T), dtype=np.float64)
    lowest = float(np.linalg.eigvalsh(symmetric).min(initial=0.0)) if count else 0.0
    if lowest < -SYMMETRY_RATIO * count * size:
        raise InputError(Problem(field, lowest, "no eigenvalue of a covariance is negative; repair it first"))
    return symmetric


def _total(x: FloatArray, sigma: FloatArray, multiplier: float, drift: FloatArray) -> float:
    return multiplier * math.sqrt(max(float(x @ sigma @ x), 0.0)) - float(drift @ x)


@cache
def _quadrature() -> tuple[FloatArray, FloatArray]:
    """Return points of a Gauss-Legendre rule on 0 to 1, and its weights on -1 to 1."""
    nodes, rule = np.polynomial.legendre.leggauss(QUADRATURE_COUNT)
    return frozen(0.5 * (nodes + 1.0)), frozen(rule)


def _student_tail(t: float, degrees: float) -> float:
    """Return P(T > t) for t >= 0.

    With t = √ν cot φ the density becomes sin^(ν-1) φ, and φ = φ0 u⁴ smooths its end.
    """
    end = math.atan2(math.sqrt(degrees), t)
    u, rule = _quadrature()
    angle = end * u**4
    area = float(np.dot(rule, np.sin(angle) ** (degrees - 1.0) * u**3)) * 2.0 * end
    whole = math.exp(0.5 * math.log(math.pi) + math.lgamma(0.5 * degrees) - math.lgamma(0.5 * (degrees + 1.0)))
    return area / whole


def _student_quantile(confidence: float, degrees: float) -> float:
    """Return the quantile by bisection: the tail falls in t, so that the bracket is sure."""
    tail = 1.0 - confidence
    if confidence < 0.5:
        return -_student_quantile(tail, degrees)
    low, high = 0.0, 1.0
    while _student_tail(high, degrees) > tail:
        low, high = high, 2.0 * high
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if _student_tail(middle, degrees) > tail else (low, middle)
    return 0.5 * (low + high)
