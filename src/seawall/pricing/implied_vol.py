"""Implied volatility: the vol at which Black-76 gives a known price, to the accuracy that doubles allow.

The in-the-money side is turned to the out-of-the-money one by parity; then z = |log(F/K)| and the price over
min(F, K), called the share, determine s = vol √years alone. With a = z/s - s/2 and b = z/s + s/2,

    share' = φ(a)        share''/share' = a b / s

so that every derivative is at hand. The share bends from convex to concave at s = √(2z). Below that point we solve for
L = log(share), scaled as (-2L)^(-1/2), which is nearly z-proportional in s; above it, unless the share is small, for
W = log(1 - share), scaled as (-2W)^(1/2), which tends to s/2. Both are close to straight lines, so that Halley's
third-order step takes one to four turns.

What limits accuracy is not the iteration but the share itself when s is small: there it is φ(a) times a difference of
near tails. That difference is integrated instead, by eight Gauss-Legendre points over the slope of Mills' ratio
(`mills.mills_slope`), and keeps its digits. The vol is right to 5e-15, mostly to 3e-16, as far as the price defines it:
an option deep in the money, or one whose share is near one, holds less information than a double.

Sources: the first guess in the wing is the asymptotic form in P. Jäckel, Let's Be Rational, Wilmott 75 (2015) 40-53;
the idea to solve in the logarithm is from there too. The rest is our own. `compiled_vol.py` is the twin.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.pricing.black76 import log_moneyness
from seawall.pricing.mills import SQRT_TWO_PI, mills_slope, scaled_tail


class VolStatus(IntEnum):
    """Why an implied vol is, or is not, available; in order of precedence."""

    AVAILABLE = 0
    INPUT_UNAVAILABLE = 1  # a NaN among the arguments
    NO_TIME = 2  # years <= 0: the price is the intrinsic one at every vol
    NO_MONEYNESS = 3  # forward or strike is not positive and finite: the price does not depend on vol
    BELOW_INTRINSIC = 4  # an arbitrage: less than max(±(F - K), 0)
    ABOVE_MAXIMUM = 5  # a call at F or above, a put at K or above: no finite vol is enough


# Below this total vol the difference of two tails is integrated, above it is taken. At one, both are exact.
SMALL_TOTAL_VOL = 1.0
# Nodes and weights on [-1, 1], symmetric: exact for degree 15. See numpy.polynomial.legendre.leggauss(8).
GAUSS_NODES = (0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363)
GAUSS_WEIGHTS = (0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763)

# The step is of third order: once a step is below this, what remains is below rounding.
SETTLED = 1.0e-5
# Over shares from 1e-300 to 1 - 3e-16 and z from 1e-16 to 690 four turns were the most ever needed.
MAX_TURNS = 16
LOG_SQRT_TWO_PI = 0.9189385332046727
# Where b/z is below this the wing's asymptotic form is the better first guess.
WING_RATIO = 0.05
# A share below this is solved in log(share) even above the bend: close to the money it is proportional to s.
SMALL_SHARE = 0.01
_TINY = 1.0e-300


def from_price(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    *,
    is_call: npt.ArrayLike,
) -> FloatArray:
    """Return Black-76 implied vols, NaN where there is none; `vol_status` says why.

    Parameters
    ----------
    price : float
        Undiscounted, quote per base. For an inverse option quoted in coin: coin price times forward.
    forward, strike : float
        Quote per base, > 0.
    years : float
        Time to expiry, ACT/365F, > 0.
    is_call : bool

    Returns
    -------
    float64 array of the shape that all arguments broadcast to, per √year. A price equal to the intrinsic one gives
    zero, the smallest vol with that price.

    Examples
    --------
    >>> print(round(float(from_price(7.965567455405804, 100.0, 100.0, 1.0, is_call=True)), 12))
    0.2
    """
    price, forward, strike, years, call = _columns(price, forward, strike, years, is_call)
    status = vol_status(price, forward, strike, years, is_call=call)
    intrinsic = np.maximum(np.where(call, forward - strike, strike - forward), 0.0)
    time_price = price - intrinsic
    available = status == VolStatus.AVAILABLE
    z = np.abs(log_moneyness(np.where(available, forward, 1.0), np.where(available, strike, 1.0)))
    smaller = np.where(available, np.minimum(forward, strike), 1.0)
    # At the money the vol is proportional to the share, and too small for a double where that is.
    solvable = available & (time_price > 0.0) & ((z > 0.0) | (time_price / smaller > 0.0))
    # Elsewhere solve a harmless problem: no warnings, and no work on what is not a number.
    total_vol = solve_total_vol(z, np.where(solvable, time_price, 0.4 * smaller), smaller)
    vol = np.where(solvable, total_vol / np.sqrt(np.where(solvable, years, 1.0)), 0.0)
    return np.where(available, vol, np.nan)


def vol_status(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    *,
    is_call: npt.ArrayLike,
) -> IntArray:
    """Return a `VolStatus` code per option; arguments as for `from_price`.

    Examples
    --------
    >>> codes = vol_status([8.0, 150.0, 9.0, 8.0], 100.0, [100.0, 100.0, 90.0, 90.0], 1.0, is_call=True)
    >>> [VolStatus(code).name for code in codes]
    ['AVAILABLE', 'ABOVE_MAXIMUM', 'BELOW_INTRINSIC', 'BELOW_INTRINSIC']
    """
    price, forward, strike, years, call = _columns(price, forward, strike, years, is_call)
    limit = np.where(call, forward, strike)
    intrinsic = np.maximum(np.where(call, forward - strike, strike - forward), 0.0)
    tradable = (forward > 0.0) & (strike > 0.0) & np.isfinite(forward) & np.isfinite(strike)
    cases = (
        (np.isnan(price) | np.isnan(forward) | np.isnan(strike) | np.isnan(years), VolStatus.INPUT_UNAVAILABLE),
        (years <= 0.0, VolStatus.NO_TIME),
        (~tradable, VolStatus.NO_MONEYNESS),
        (price < intrinsic, VolStatus.BELOW_INTRINSIC),
        (price >= limit, VolStatus.ABOVE_MAXIMUM),
    )
    return np.select([c for c, _ in cases], [int(s) for _, s in cases], int(VolStatus.AVAILABLE)).astype(np.int64)


def solve_total_vol(z: FloatArray, time_price: FloatArray, smaller: FloatArray) -> FloatArray:
    """Return s with share(z, s) = time_price / smaller; all (...) float64, 0 < time_price < smaller, z >= 0."""
    share = time_price / smaller
    with np.errstate(divide="ignore"):
        log_share = np.where(share > _TINY, np.log(np.maximum(share, _TINY)), np.log(time_price) - np.log(smaller))
    # Exact where it matters: smaller - time_price has no rounding error once the share is above one half.
    log_rest = np.where(share < 0.5, np.log1p(-np.minimum(share, 0.5)), np.log((smaller - time_price) / smaller))
    low = (share < 0.5 - scaled_tail(np.sqrt(2.0 * z))) | (share < SMALL_SHARE)
    goal = np.where(low, log_share, log_rest)
    s = first_guess(z, share, log_share, log_rest)
    for _ in range(MAX_TURNS):
        step = _halley_step(z, s, goal, low)
        s = s * (1.0 + step)
        if np.all(np.abs(step) <= SETTLED):
            break
    return s


def first_guess(z: FloatArray, share: FloatArray, log_share: FloatArray, log_rest: FloatArray) -> FloatArray:
    """Return a start between 0.7 and 1.8 times the root."""
    bend = np.sqrt(2.0 * z)
    rest_at_bend = 0.5 + scaled_tail(bend)
    below = share < 1.0 - rest_at_bend
    # Wing: share e^(-z/2) ~ (2πz / 3√3) N(-z/(√3 s))³, inverted by a rough normal quantile.
    log_ratio = log_share - 0.5 * z - np.log(np.maximum(z, _TINY))
    log_p = np.minimum((log_ratio + np.log(3.0 * np.sqrt(3.0) / (2.0 * np.pi))) / 3.0, np.log(0.45))
    far = z / (np.sqrt(3.0) * _rough_quantile(log_p))
    # Near the money: share ~ s/√(2π) - z/2.
    near = SQRT_TWO_PI * (share + 0.5 * z)
    # Above the bend: √(-2 log(1 - share)) runs from its slope at the bend to one half at infinity.
    height_at_bend = np.sqrt(-2.0 * np.log(rest_at_bend))
    slope = SQRT_TWO_PI * rest_at_bend * height_at_bend
    rise = np.maximum(np.sqrt(-2.0 * log_rest) - height_at_bend, 0.0)
    above = bend + slope * rise + (2.0 - slope) * rise * rise / (rise + 4.0 / SQRT_TWO_PI)
    wing = np.minimum(np.where(log_ratio < np.log(WING_RATIO), far, near), bend)
    return np.where(below, wing, np.where(share < SMALL_SHARE, near, above))


def _rough_quantile(log_p: FloatArray) -> FloatArray:
    """Return y with N(-y) ~ p < 1/2 to 3e-3 (Abramowitz and Stegun 26.2.22; one asymptotic turn when far)."""
    t = np.sqrt(-2.0 * log_p)
    middle = t - (2.30753 + 0.27061 * t) / (1.0 + t * (0.99229 + 0.04481 * t))
    outer = np.sqrt(np.maximum(t * t - 2.0 * np.log(np.maximum(middle, 1.0) * SQRT_TWO_PI), 1.0))
    return np.where(t > 6.0, outer, middle)


def _halley_step(z: FloatArray, s: FloatArray, goal: FloatArray, low: BoolArray) -> FloatArray:
    """Return the step relative to s; derivatives are with respect to log s, which no magnitude of s can overflow."""
    log_share, log_rest, share_slope, rest_slope = _logs(z, s)
    x = np.where(low, log_share, log_rest)
    slope = np.where(low, share_slope, rest_slope)
    power = np.where(low, -0.5, 0.5)
    # f = (-2x)^power; (f* - f)/f' without forming f, so that a large exponent costs no digits.
    newton = x * np.expm1(power * np.log(goal / x)) / (power * slope)
    bend = (z / s) ** 2 - 0.25 * s * s - slope + (power - 1.0) * slope / x
    step: FloatArray = newton / np.maximum(1.0 + 0.5 * newton * bend, 0.25)
    return np.minimum(np.maximum(step, -0.75), 3.0)


def _logs(z: FloatArray, s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return log(share), log(1 - share) and s times their derivatives with respect to s."""
    centre, half = z / s, 0.5 * s
    a, b = centre - half, centre + half
    log_density = -0.5 * a * a - LOG_SQRT_TWO_PI
    small = s < SMALL_TOTAL_VOL
    mean_slope = _mean_slope(np.where(small, centre, 1.0), np.where(small, half, 0.5))
    tail_a, tail_b = scaled_tail(np.abs(a)) * SQRT_TWO_PI, scaled_tail(b) * SQRT_TWO_PI
    mean = np.where(small, mean_slope, np.where(a < 0.0, 1.0, tail_a - tail_b) / np.maximum(s, SMALL_TOTAL_VOL))
    both = tail_a + tail_b
    direct = (a < 0.0) & ~small  # here 1 - share is the simple one
    rest = np.where(direct, np.exp(log_density) * both, 0.5)
    log_share = np.where(direct, np.log1p(-rest), log_density + np.log(s * mean))
    share = np.where(direct, 0.5, np.exp(log_share))
    log_rest = np.where(direct, log_density + np.log(both), np.log1p(-share))
    share_slope = np.where(direct, s * np.exp(np.where(direct, log_density - log_share, 0.0)), 1.0 / mean)
    rest_slope = -s * np.where(direct, 1.0 / both, np.exp(log_density - log_rest))
    return log_share, log_rest, share_slope, rest_slope


def _mean_slope(centre: FloatArray, half: FloatArray) -> FloatArray:
    """Return the mean of `mills_slope` over centre ± half, half <= 1/2 and centre >= 0."""
    total = np.zeros_like(centre)
    for node, weight in zip(GAUSS_NODES, GAUSS_WEIGHTS, strict=True):
        total += 0.5 * weight * (mills_slope(centre - node * half) + mills_slope(centre + node * half))
    return total


def _columns(*arguments: npt.ArrayLike) -> tuple[npt.NDArray[Any], ...]:
    *numbers, flag = arguments
    return np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in numbers), np.asarray(flag, dtype=np.bool_))
