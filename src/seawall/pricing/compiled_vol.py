"""Implied volatility, compiled: the algorithm of `implied_vol.py`, one option at a time.

A scalar loop can take the one branch that an option needs and stop when that option has settled. Import this module
only inside a function: it brings numba with it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen
from seawall.pricing.black76 import log_moneyness
from seawall.pricing.compiled_math import inlined, kernel, tail_denominator, tail_numerator
from seawall.pricing.implied_vol import (
    GAUSS_NODES,
    GAUSS_WEIGHTS,
    LOG_SQRT_TWO_PI,
    MAX_TURNS,
    SETTLED,
    SMALL_SHARE,
    SMALL_TOTAL_VOL,
    WING_RATIO,
    VolStatus,
    vol_status,
)
from seawall.pricing.mills import SLOPE_DENOMINATOR, SLOPE_NUMERATOR, SLOPE_START, SQRT_TWO_PI, TAIL_CLAMP

_LOG_WING_SCALE = math.log(3.0 * math.sqrt(3.0) / (2.0 * math.pi))
_LOG_WING_RATIO = math.log(WING_RATIO)
_LOG_LARGEST_P = math.log(0.45)
_SQRT_THREE = math.sqrt(3.0)
_AVAILABLE = int(VolStatus.AVAILABLE)
_TINY = 1.0e-300

(_N0, _N1, _N2, _N3, _N4, _N5, _N6, _N7, _N8, _N9, _N10) = SLOPE_NUMERATOR
(_D0, _D1, _D2, _D3, _D4, _D5, _D6, _D7, _D8, _D9, _D10, _D11, _D12) = SLOPE_DENOMINATOR
(_X1, _X2, _X3, _X4) = GAUSS_NODES
(_W1, _W2, _W3, _W4) = GAUSS_WEIGHTS


def from_price(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    *,
    is_call: npt.ArrayLike,
) -> FloatArray:
    """Return Black-76 implied vols, NaN where there is none; arguments as for `implied_vol.from_price`.

    Examples
    --------
    >>> print(round(float(from_price(7.965567455405804, 100.0, 100.0, 1.0, is_call=True)), 12))
    0.2
    """
    numbers = np.broadcast_arrays(
        *(np.asarray(a, dtype=np.float64) for a in (price, forward, strike, years)), np.asarray(is_call, dtype=np.bool_)
    )
    shape = numbers[0].shape
    # Read-only all: to numba a writable array is another type, and another compilation.
    p, f, k, t, call = (frozen(np.ascontiguousarray(a).reshape(-1)) for a in numbers)
    status = frozen(vol_status(p, f, k, t, is_call=call))
    out = np.empty(p.shape)
    with np.errstate(invalid="ignore"):  # infinite forwards are refused by status, not by a warning
        z = frozen(np.abs(log_moneyness(f, k)))
    _solve(p, f, k, t, call, z, status, out)
    return out.reshape(shape)


@kernel
def _solve(
    price: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    years: FloatArray,
    is_call: BoolArray,
    z: FloatArray,
    status: IntArray,
    out: FloatArray,
) -> None:
    for n in range(out.shape[0]):
        if status[n] != _AVAILABLE:
            out[n] = np.nan
            continue
        difference = forward[n] - strike[n] if is_call[n] else strike[n] - forward[n]
        time_price = price[n] - max(difference, 0.0)
        smaller = min(forward[n], strike[n])
        if time_price <= 0.0 or (z[n] == 0.0 and time_price / smaller == 0.0):
            out[n] = 0.0
        else:
            out[n] = _total_vol(z[n], time_price, smaller) / math.sqrt(years[n])


@inlined
def _total_vol(z: float, time_price: float, smaller: float) -> float:
    share = time_price / smaller
    bend = math.sqrt(2.0 * z)
    rest_at_bend = 0.5 + _scaled_tail(bend)
    below = share < 1.0 - rest_at_bend
    low = below or share < SMALL_SHARE
    if low:
        goal = math.log(share) if share > _TINY else math.log(time_price) - math.log(smaller)
        s = _guess_wing(z, share, goal, bend) if below else SQRT_TWO_PI * (share + 0.5 * z)
        power = -0.5
    else:
        goal = math.log1p(-share) if share < 0.5 else math.log((smaller - time_price) / smaller)
        s = _guess_above(goal, bend, rest_at_bend)
        power = 0.5
    for _ in range(MAX_TURNS):
        x, slope = _log_and_slope(z, s, power)
        newton = x * math.expm1(power * math.log(goal / x)) / (power * slope)
        bent = (z / s) ** 2 - 0.25 * s * s - slope + (power - 1.0) * slope / x
        step = newton / max(1.0 + 0.5 * newton * bent, 0.25)
        step = min(max(step, -0.75), 3.0)
        s *= 1.0 + step
        if abs(step) <= SETTLED:
            break
    return s


@inlined
def _guess_wing(z: float, share: float, log_share: float, bend: float) -> float:
    log_ratio = log_share - 0.5 * z - math.log(max(z, _TINY))
    if log_ratio >= _LOG_WING_RATIO:
        return min(SQRT_TWO_PI * (share + 0.5 * z), bend)
    log_p = min((log_ratio + _LOG_WING_SCALE) / 3.0, _LOG_LARGEST_P)
    t = math.sqrt(-2.0 * log_p)
    y = t - (2.30753 + 0.27061 * t) / (1.0 + t * (0.99229 + 0.04481 * t))
    if t > 6.0:
        y = math.sqrt(max(t * t - 2.0 * math.log(max(y, 1.0) * SQRT_TWO_PI), 1.0))
    return min(z / (_SQRT_THREE * y), bend)


@inlined
def _guess_above(log_rest: float, bend: float, rest_at_bend: float) -> float:
    height = math.sqrt(-2.0 * math.log(rest_at_bend))
    slope = SQRT_TWO_PI * rest_at_bend * height
    rise = max(math.sqrt(-2.0 * log_rest) - height, 0.0)
    return bend + slope * rise + (2.0 - slope) * rise * rise / (rise + 4.0 / SQRT_TWO_PI)


@inlined
def _log_and_slope(z: float, s: float, power: float) -> tuple[float, float]:
    """Return log(share) for a negative power, log(1 - share) for a positive one, and s times its derivative."""
    low = power < 0.0
    centre = z / s
    half = 0.5 * s
    a = centre - half
    b = centre + half
    log_density = -0.5 * a * a - LOG_SQRT_TWO_PI
    if s >= SMALL_TOTAL_VOL and a < 0.0:
        both = SQRT_TWO_PI * (_scaled_tail(-a) + _scaled_tail(b))
        log_rest = log_density + math.log(both)
        if not low:
            return log_rest, -s / both
        log_share = math.log1p(-math.exp(log_rest))
        return log_share, s * math.exp(log_density - log_share)
    small = s < SMALL_TOTAL_VOL
    mean = _mean_slope(centre, half) if small else SQRT_TWO_PI * (_scaled_tail(a) - _scaled_tail(b)) / s
    log_share = log_density + math.log(s * mean)
    if low:
        return log_share, 1.0 / mean
    log_rest = math.log1p(-math.exp(log_share))
    return log_rest, -s * math.exp(log_density - log_rest)


@inlined
def _scaled_tail(x: float) -> float:
    x = min(x, TAIL_CLAMP)
    return tail_numerator(x) / tail_denominator(x)


@inlined
def _mean_slope(centre: float, half: float) -> float:
    one = _W1 * (_slope(centre - _X1 * half) + _slope(centre + _X1 * half))
    two = _W2 * (_slope(centre - _X2 * half) + _slope(centre + _X2 * half))
    three = _W3 * (_slope(centre - _X3 * half) + _slope(centre + _X3 * half))
    four = _W4 * (_slope(centre - _X4 * half) + _slope(centre + _X4 * half))
    return 0.5 * (one + two + three + four)


@inlined
def _slope(x: float) -> float:
    x = min(x, TAIL_CLAMP) - SLOPE_START
    p = _N10 * x + _N9
    p = p * x + _N8
    p = p * x + _N7
    p = p * x + _N6
    p = p * x + _N5
    p = p * x + _N4
    p = p * x + _N3
    p = p * x + _N2
    p = p * x + _N1
    p = p * x + _N0
    q = x + _D11
    q = q * x + _D10
    q = q * x + _D9
    q = q * x + _D8
    q = q * x + _D7
    q = q * x + _D6
    q = q * x + _D5
    q = q * x + _D4
    q = q * x + _D3
    q = q * x + _D2
    q = q * x + _D1
    q = q * x + _D0
    return p / q
