"""Black-76: European options on a forward, on arrays.

With F forward, K strike, s = vol √years, x = log(F/K), and N, φ the normal distribution and density,

    d1 = x/s + s/2        d2 = x/s - s/2
    call = F N(d1) - K N(d2)        put = K N(-d2) - F N(-d1)

Two facts make this fast and exact. First, F φ(d1) = K φ(d2), so one exponential serves both terms. Second, only the
option that is out of the money needs computing: by symmetry its price is min(F, K) times a function of z = |x| and s,

    share(z, s) = φ(a) [R(a) - R(b)],   a = z/s - s/2,   b = z/s + s/2,   R(y) = N(-y)/φ(y),

and the other side is that plus |F - K|, which is put-call parity and loses nothing. For a < 0 write R(a) as
1/φ(a) - R(-a), so that only tails of positive arguments occur (`mills.py`).

Domain: forward, strike, years, vol >= 0. On its edges (zero time, zero vol, zero strike, zero forward, vol without
bound) the results are the exact limits. NaN means *unavailable* and comes out as NaN. Negative arguments are refused
where they enter the house, not here.

Source: F. Black, The pricing of commodity contracts, Journal of Financial Economics 3 (1976) 167-179.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray
from seawall.pricing.mills import TAIL_CLAMP, gauss, normal_cdf, normal_density, scaled_tail

DAYS_PER_YEAR = 365.0  # ACT/365F, as every venue here quotes time

# A total vol below this counts as zero; |x| / TINY_VOL stays finite.
TINY_VOL = 1.0e-300
# |log| of the ratio of two positive doubles is below 1500; an infinite one (F or K is zero) is clamped to this.
FAR_MONEYNESS = 1.0e5


@dataclass(frozen=True, slots=True)
class Greeks:
    """Price and sensitivities of one unit of base, elementwise, of the shape that the arguments broadcast to.

    All are in quote currency and for a holder. `discount` is a factor of each and is held constant by each.
    """

    price: FloatArray  # quote per base
    delta: FloatArray  # d price / d forward
    gamma: FloatArray  # d delta / d forward
    vega: FloatArray  # d price / d vol, per 1.00 of vol
    theta: FloatArray  # change of price per day that passes, forward and vol unchanged: -(d price / d years) / 365
    vanna: FloatArray  # d delta / d vol, per 1.00 of vol
    volga: FloatArray  # d vega / d vol, per 1.00 of vol


def price(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    vol: npt.ArrayLike,
    *,
    is_call: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
) -> FloatArray:
    """Return Black-76 prices in quote per unit of base.

    Parameters
    ----------
    forward, strike : float
        Quote per base, >= 0.
    years : float
        Time to expiry, ACT/365F, >= 0.
    vol : float
        Black volatility per √year, >= 0; 0.60 is sixty points.
    is_call : bool
        True for a call, False for a put.
    discount : float
        Factor on the price: value today of one quote unit at expiry. One gives the undiscounted price that venues
        quote. With forward = S exp((r - q) T) and discount = exp(-r T) this is the generalised Black-Scholes formula.

    Returns
    -------
    float64 array of the shape that all arguments broadcast to. The error is below 1e-15 of max(forward, strike); far
    out of the money the price itself keeps twelve digits, and thirteen where total vol is above 0.1.

    Examples
    --------
    Haug's 1998 table, S = 100, K = 95, T = 0.5, r = 0.10, q = 0.05, vol = 0.20, prints 2.4648:

    >>> forward, discount = 100 * np.exp((0.10 - 0.05) * 0.5), np.exp(-0.10 * 0.5)
    >>> print(round(float(price(forward, 95.0, 0.5, 0.2, is_call=False, discount=discount)), 4))
    2.4648
    """
    forward, strike, total_vol, call, discount = _broadcast(
        forward, strike, np.asarray(vol) * np.sqrt(years), is_call, discount
    )
    return discount * price_from_log(log_moneyness(forward, strike), forward, strike, total_vol, is_call=call)


def greeks(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    vol: npt.ArrayLike,
    *,
    is_call: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
) -> Greeks:
    """Return Black-76 prices and their sensitivities; parameters as for `price`.

    At the kink, forward equal to strike with no time left, delta is one half, gamma is +inf and theta is -inf: those
    are the limits. Drop expired options before summing Greeks.

    Examples
    --------
    >>> at_the_money = greeks(100.0, 100.0, 1.0, 0.2, is_call=True)
    >>> print(round(float(at_the_money.delta), 6), round(float(at_the_money.vega), 4))
    0.539828 39.6953
    """
    root, vol = np.broadcast_arrays(np.sqrt(years), np.asarray(vol, dtype=np.float64))
    forward, strike, root, vol, call, discount = _broadcast(forward, strike, root, vol, is_call, discount)
    total_vol = vol * root
    x = log_moneyness(forward, strike)
    centre = _over_vol(x, total_vol)
    # An infinite log (no forward, or no strike) outweighs every vol.
    d1 = np.where(np.isinf(x), x, centre + 0.5 * total_vol)
    density = normal_density(d1)
    bounded_d1 = np.clip(d1, -TAIL_CLAMP, TAIL_CLAMP)
    spread = forward * density
    # d2/vol, written so that it keeps its limit -√years/2 at the money when vol goes to zero.
    with np.errstate(over="ignore"):
        d2_over_vol = np.nan_to_num(centre / np.maximum(vol, TINY_VOL), nan=np.nan) - 0.5 * root
    vega = discount * spread * root
    return Greeks(
        price=discount * price_from_log(x, forward, strike, total_vol, is_call=call),
        delta=discount * np.where(call, normal_cdf(d1), -normal_cdf(-d1)),
        gamma=discount * _ratio(density, forward * total_vol),
        vega=vega,
        theta=-discount * _ratio(spread * vol, 2.0 * root) / DAYS_PER_YEAR,
        vanna=-discount * density * d2_over_vol,
        volga=vega * bounded_d1 * d2_over_vol,
    )


def price_from_log(
    log_forward_strike: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    total_vol: FloatArray,
    *,
    is_call: BoolArray,
) -> FloatArray:
    """Return undiscounted prices when log(forward/strike) is already known; arrays of one shape.

    Examples
    --------
    >>> one = np.ones(1)
    >>> price_from_log(0 * one, 100 * one, 100 * one, 0.2 * one, is_call=one > 0).round(6).tolist()
    [7.965567]
    """
    intrinsic = np.maximum(np.where(is_call, forward - strike, strike - forward), 0.0)
    return np.minimum(forward, strike) * out_of_money_share(log_forward_strike, total_vol) + intrinsic


def log_moneyness(forward: npt.ArrayLike, strike: npt.ArrayLike) -> FloatArray:
    """Return log(forward / strike), with full relative accuracy also where the two are close.

    The plain quotient rounds before the logarithm is taken and leaves log(100.0001/100) with ten good digits; the
    difference of two near numbers is exact. Zero forward gives -inf, zero strike +inf.

    Examples
    --------
    >>> log_moneyness([100.0, 0.0, 100.0], [100.0, 100.0, 0.0]).tolist()
    [0.0, -inf, inf]
    """
    forward, strike = np.asarray(forward, dtype=np.float64), np.asarray(strike, dtype=np.float64)
    smaller, larger = np.minimum(forward, strike), np.maximum(forward, strike)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        size = np.log1p((larger - smaller) / smaller)
        if np.isinf(size).any():  # a zero, or a quotient beyond the doubles
            size = np.where(np.isinf(size), np.log(larger) - np.log(smaller), size)
    size = np.where(strike == 0.0, np.inf, size) if np.any(strike == 0.0) else size
    unavailable = np.isnan(forward) | np.isnan(strike)
    return np.where(unavailable, np.nan, np.where(forward < strike, -size, size))


def out_of_money_share(log_forward_strike: FloatArray, total_vol: FloatArray) -> FloatArray:
    """Return the price of the out-of-the-money option over min(forward, strike): from 0 to 1.

    Parameters
    ----------
    log_forward_strike : (...) float64
        log(F/K), either sign, infinite allowed.
    total_vol : (...) float64
        Vol times √years, >= 0.

    Examples
    --------
    >>> out_of_money_share(np.array([0.0, 0.3, 0.3]), np.array([0.2, 0.2, 0.0])).round(9).tolist()
    [0.079655675, 0.006785353, 0.0]
    """
    centre = np.abs(_over_vol(log_forward_strike, total_vol))
    half = 0.5 * total_vol
    lower = centre - half
    upper = centre + half
    below = lower < 0.0
    tail = scaled_tail(np.abs(lower))
    share = np.where(below, 1.0, 0.0) + gauss(lower) * (np.where(below, -tail, tail) - scaled_tail(upper))
    return np.maximum(share, 0.0)  # rounding can leave -1e-17, a price below the intrinsic one


def _over_vol(x: FloatArray, total_vol: FloatArray) -> FloatArray:
    """Return x / total_vol: finite for all x, zero where x is zero and there is no vol."""
    return np.clip(x, -FAR_MONEYNESS, FAR_MONEYNESS) / np.maximum(total_vol, TINY_VOL)


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return top / bottom where a zero top is zero whatever the bottom."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.where(top == 0.0, 0.0, top / bottom)


def _broadcast(*arguments: npt.ArrayLike) -> tuple[npt.NDArray[Any], ...]:
    return np.broadcast_arrays(
        *(a if np.asarray(a).dtype == np.bool_ else np.asarray(a, dtype=np.float64) for a in arguments)
    )
