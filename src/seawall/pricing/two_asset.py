"""Options on two assets, in closed form: the exchange option, and the better or worse of two. Targets for simulations.

Margrabe (1978), Stulz (1982). Assets follow correlated geometric Brownian motions; yields are continuous.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.pricing.mills import normal_cdf, normal_density

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
"""Gauss-Legendre; with it the bivariate distribution is good to 1e-12 for correlations to ±0.999."""


def bivariate_normal_cdf(h: npt.ArrayLike, k: npt.ArrayLike, correlation: npt.ArrayLike) -> FloatArray:
    """Return P(X < h, Y < k) of standard normals with a correlation (Plackett 1954, by the arcsine of it).

    Parameters
    ----------
    h, k : (...) float
        Finite or infinite.
    correlation : (...) float
        -1 to 1.

    Examples
    --------
    >>> bivariate_normal_cdf(0.0, 0.0, [0.0, 0.5, 1.0]).round(9).tolist()
    [0.25, 0.333333333, 0.5]
    """
    h, k, rho = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (h, k, correlation)))
    a, b = np.clip(h, -40.0, 40.0)[..., None], np.clip(k, -40.0, 40.0)[..., None]
    end = np.arcsin(np.clip(rho, -1.0, 1.0))[..., None]
    angle = 0.5 * end * (_NODES + 1.0)
    sine, cosine2 = np.sin(angle), np.cos(angle) ** 2
    form = (a * a + b * b - 2.0 * a * b * sine) / (2.0 * np.maximum(cosine2, 1e-300))
    integral = (0.5 * end[..., 0]) * (np.exp(-form) @ _WEIGHTS) / (2.0 * math.pi)
    inside = np.asarray(normal_cdf(h) * normal_cdf(k) + integral)
    exact = np.where(rho > 0.0, normal_cdf(np.minimum(h, k)), np.maximum(normal_cdf(h) - normal_cdf(-k), 0.0))
    return np.where(np.abs(rho) >= 1.0 - 1e-12, exact, np.clip(inside, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class ExchangeValue:
    """Value and sensitivities of an exchange option; theta is a year's, to the passing of time. Its rho is zero."""

    price: float
    delta1: float
    delta2: float
    gamma1: float
    gamma2: float
    theta: float


def exchange(
    spot1: float, spot2: float, years: float, vol1: float, vol2: float, correlation: float, *, yield1: float = 0.0,
    yield2: float = 0.0, quantity1: float = 1.0, quantity2: float = 1.0,
) -> ExchangeValue:  # fmt: skip
    """Return the value of the right to give `quantity2` of asset 2 for `quantity1` of asset 1 at expiry.

    Parameters
    ----------
    spot1, spot2 : float
        > 0, in one quote.
    years : float
        > 0.
    vol1, vol2 : float
        Per √year.
    correlation : float
        -1 to 1.
    yield1, yield2 : float
        Continuous, a year.

    Examples
    --------
    >>> found = exchange(22.0, 20.0, 0.1, 0.2, 0.2, -0.5, yield1=0.06, yield2=0.04)
    >>> round(found.price, 3), round(found.delta1, 3), round(found.gamma2, 3)
    (2.199, 0.813, 0.132)
    """
    variance = max(vol1**2 + vol2**2 - 2.0 * correlation * vol1 * vol2, 0.0)
    vol = math.sqrt(variance)
    root = max(vol * math.sqrt(years), 1e-12)
    grown1, grown2 = math.exp(-yield1 * years), math.exp(-yield2 * years)
    first, second = quantity1 * spot1 * grown1, quantity2 * spot2 * grown2
    d1 = math.log(first / second) / root + 0.5 * root
    n1, n2 = (float(normal_cdf(np.array(d))) for d in (d1, d1 - root))
    density1, density2 = (float(normal_density(np.array(d))) for d in (d1, d1 - root))
    return ExchangeValue(
        price=first * n1 - second * n2,
        delta1=quantity1 * grown1 * n1,
        delta2=-quantity2 * grown2 * n2,
        gamma1=quantity1 * grown1 * density1 / (spot1 * root),
        gamma2=quantity2 * grown2 * density2 / (spot2 * root),
        theta=yield1 * first * n1 - yield2 * second * n2 - 0.5 * first * density1 * vol / math.sqrt(years),
    )


def better_or_worse(
    spot1: float, spot2: float, strike: float, years: float, rate: float, vol1: float, vol2: float, correlation: float,
    *, is_call: bool, is_best: bool, yield1: float = 0.0, yield2: float = 0.0,
) -> float:  # fmt: skip
    """Return the value of an option on the larger or the smaller of two assets (Stulz).

    Examples
    --------
    >>> round(better_or_worse(100.0, 100.0, 100.0, 1.0, 0.05, 0.3, 0.3, 0.9, is_call=True, is_best=True), 3)
    17.565
    """
    worse = _call_on_worse(spot1, spot2, strike, years, rate, vol1, vol2, correlation, yield1, yield2)
    if is_best:
        calls = (
            _call(spot, strike, years, rate, dividend, vol)
            for spot, dividend, vol in ((spot1, yield1, vol1), (spot2, yield2, vol2))
        )
        call = sum(calls) - worse
    else:
        call = worse
    if is_call:
        return call
    swap = exchange(spot1, spot2, years, vol1, vol2, correlation, yield1=yield1, yield2=yield2).price
    grown1, grown2 = spot1 * math.exp(-yield1 * years), spot2 * math.exp(-yield2 * years)
    without_strike = grown2 + swap if is_best else grown1 - swap  # the same call, struck at nothing
    return strike * math.exp(-rate * years) - without_strike + call


def _call_on_worse(
    s1: float, s2: float, k: float, t: float, r: float, v1: float, v2: float, rho: float, q1: float, q2: float
) -> float:
    root = math.sqrt(t)
    vol = math.sqrt(max(v1**2 + v2**2 - 2.0 * rho * v1 * v2, 1e-24))
    g1 = (math.log(s1 / k) + (r - q1 - 0.5 * v1**2) * t) / (v1 * root)
    g2 = (math.log(s2 / k) + (r - q2 - 0.5 * v2**2) * t) / (v2 * root)
    d = (math.log(s1 / s2) + (q2 - q1 + 0.5 * vol**2) * t) / (vol * root)
    rho1, rho2 = (v1 - rho * v2) / vol, (v2 - rho * v1) / vol
    first = s1 * math.exp(-q1 * t) * float(bivariate_normal_cdf(g1 + v1 * root, -d, -rho1))
    second = s2 * math.exp(-q2 * t) * float(bivariate_normal_cdf(g2 + v2 * root, d - vol * root, -rho2))
    return first + second - k * math.exp(-r * t) * float(bivariate_normal_cdf(g1, g2, rho))


def _call(spot: float, strike: float, years: float, rate: float, dividend: float, vol: float) -> float:
    root = vol * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate - dividend + 0.5 * vol**2) * years) / root
    n1, n2 = (float(normal_cdf(np.array(d))) for d in (d1, d1 - root))
    return spot * math.exp(-dividend * years) * n1 - strike * math.exp(-rate * years) * n2
