"""American options on a spot price with a continuous yield: a Leisen-Reimer tree on arrays.

The tree's up and down moves are chosen so that its European value is the Black-Scholes one to second order in the
number of steps, and every node takes the larger of holding and exercising. An odd number of steps centres the strike
between two last nodes, which is why the error falls smoothly.

Domain: spot, strike, years, vol >= 0; any rate and yield. With no time left the value is the intrinsic one, with no vol
it is the best exercise along the one path there is. NaN means *unavailable* and comes out as NaN.

Source: D. Leisen and M. Reimer, Binomial models for option valuation, Applied Mathematical Finance 3 (1996) 319-346.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray

STEPS_COUNT = 301
"""Steps of the tree; odd. Options of up to two years and 100 % were within 3e-4 of the strike of 1,501 steps."""
_FAR = 30.0
"""Exponents beyond this leave a probability at zero or one in float64."""
_TINY_VOL = 1e-9
"""A total vol below this counts as none."""
VOL_TOLERANCE = 1e-11
"""How near an implied volatility comes; a market quotes four digits."""
SEARCH_STEPS_COUNT = 80
"""Enough for halves alone to come as near twice over."""


def price(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    vol: npt.ArrayLike,
    *,
    is_call: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend_yield: npt.ArrayLike = 0.0,
    steps_count: int = STEPS_COUNT,
) -> FloatArray:
    """Return American prices in quote per unit of base.

    Parameters
    ----------
    spot, strike
        Quote per base, >= 0.
    years
        Time to expiry, ACT/365F, >= 0.
    vol
        Volatility per √year, >= 0.
    is_call
        True for a call, False for a put.
    rate, dividend_yield
        Continuously compounded, per year.
    steps_count
        Steps of the tree, odd.

    Returns
    -------
    float64 array of the shape that the arguments broadcast to.

    Examples
    --------
    Hull prints 4.283 for a put on a stock at 50 by a tree of 500 steps:

    >>> print(round(float(price(50.0, 50.0, 5.0 / 12.0, 0.4, is_call=False, rate=0.1)), 3))
    4.284
    """
    assert steps_count % 2 == 1, "the tree has an odd number of steps"
    given = np.broadcast_arrays(
        *(np.asarray(a, dtype=np.float64) for a in (spot, strike, years, vol, rate, dividend_yield)),
        np.asarray(is_call, dtype=np.bool_),
    )
    shape = given[0].shape
    s, k, t, sigma, r, q = (np.ascontiguousarray(a, dtype=np.float64).reshape(-1) for a in given[:6])
    sign = np.where(given[6].reshape(-1), 1.0, -1.0)
    total_vol = sigma * np.sqrt(t)
    moves = (total_vol > _TINY_VOL) & (s > 0.0) & (k > 0.0)
    still = ~moves & ~np.isnan(s + k + t + sigma + r + q)
    value = np.full(len(s), np.nan)
    if still.any():
        value[still] = _without_vol(s[still], k[still], t[still], r[still], q[still], sign[still], steps_count)
    if moves.any():
        value[moves] = _tree(s[moves], k[moves], t[moves], sigma[moves], r[moves], q[moves], sign[moves], steps_count)
    return value.reshape(shape)


def implied_vol(
    mark: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    *,
    is_call: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend_yield: npt.ArrayLike = 0.0,
    highest: float = 8.0,
) -> FloatArray:
    """Return the volatility at which the tree's price is the mark, by Chandrupatla's method; NaN where there is none.

    Parameters
    ----------
    mark
        Quote per base. Others as for `price`.
    highest
        The largest volatility that is looked for.

    Examples
    --------
    >>> put = {"is_call": False, "rate": 0.06}
    >>> print(round(float(implied_vol(price(36.0, 40.0, 1.0, 0.2, **put), 36.0, 40.0, 1.0, **put)), 9))
    0.2
    """
    mark = np.asarray(mark, dtype=np.float64)
    shape = np.broadcast_shapes(*(np.shape(a) for a in (mark, spot, strike, years, is_call, rate, dividend_yield)))

    def gap(vol: FloatArray) -> FloatArray:
        worth = price(spot, strike, years, vol, is_call=is_call, rate=rate, dividend_yield=dividend_yield)
        return np.asarray(worth - mark, dtype=np.float64)

    best, other = np.full(shape, highest), np.zeros(shape)  # the root lies between the two, and `best` is the newer
    at_best, at_other = gap(best), gap(other)
    known = (at_other <= 0.0) & (at_best >= 0.0)
    share = np.full(shape, 0.5)
    for _ in range(SEARCH_STEPS_COUNT):
        tried = best + share * (other - best)
        at_tried = gap(tried)
        crosses = np.sign(at_tried) != np.sign(at_best)
        older, at_older = np.where(crosses, other, best), np.where(crosses, at_other, at_best)
        other, at_other = np.where(crosses, best, other), np.where(crosses, at_best, at_other)
        best, at_best = tried, at_tried
        width = np.abs(other - best)
        if bool(((width <= VOL_TOLERANCE) | (at_best == 0.0) | ~known).all()):
            break
        with np.errstate(divide="ignore", invalid="ignore"):  # where the inverse parabola is none, halves are taken
            place, height = (best - other) / (older - other), (at_best - at_other) / (at_older - at_other)
            curved = (height**2 < place) & ((1.0 - height) ** 2 < 1.0 - place)
            drawn = at_best / (at_other - at_best) * at_older / (at_other - at_older) + (older - best) / (
                other - best
            ) * at_best / (at_older - at_best) * at_other / (at_older - at_other)
            least = np.minimum(0.5, 0.5 * VOL_TOLERANCE / width)
        share = np.where(curved & np.isfinite(drawn), np.clip(drawn, least, 1.0 - least), 0.5)
    return np.where(known, np.where(np.abs(at_best) <= np.abs(at_other), best, other), np.nan)


def _tree(
    spot: FloatArray,
    strike: FloatArray,
    years: FloatArray,
    vol: FloatArray,
    rate: FloatArray,
    carry: FloatArray,
    sign: FloatArray,
    count: int,
) -> FloatArray:
    step = years / count
    total = vol * np.sqrt(years)
    d2 = (np.log(spot / strike) + (rate - carry) * years) / total - 0.5 * total
    up_chance, share = _chance(d2, count), _chance(d2 + total, count)
    growth, discount = np.exp((rate - carry) * step), np.exp(-rate * step)
    up = growth * share / up_chance
    down = growth * (1.0 - share) / (1.0 - up_chance)
    nodes = np.arange(count + 1)
    last = spot[:, None] * np.exp(nodes * np.log(up)[:, None] + (count - nodes) * np.log(down)[:, None])
    value = np.maximum(sign[:, None] * (last - strike[:, None]), 0.0)
    high, low = (discount * up_chance)[:, None], (discount * (1.0 - up_chance))[:, None]
    price_here = last
    for i in range(count, 0, -1):
        price_here = price_here[:, :i] / down[:, None]
        value = np.maximum(low * value[:, :i] + high * value[:, 1:], sign[:, None] * (price_here - strike[:, None]))
    return np.asarray(value[:, 0], dtype=np.float64)


def _chance(z: FloatArray, count: int) -> FloatArray:
    """Return the binomial probability whose tail is N(z): the second inversion of Peizer and Pratt."""
    exponent = np.minimum((z / (count + 1.0 / 3.0 + 0.1 / (count + 1.0))) ** 2 * (count + 1.0 / 6.0), _FAR)
    return np.asarray(0.5 + np.sign(z) * np.sqrt(0.25 - 0.25 * np.exp(-exponent)), dtype=np.float64)


def _without_vol(
    spot: FloatArray,
    strike: FloatArray,
    years: FloatArray,
    rate: FloatArray,
    carry: FloatArray,
    sign: FloatArray,
    count: int,
) -> FloatArray:
    when = years[:, None] * np.linspace(0.0, 1.0, count + 1)
    kept = spot[:, None] * np.exp(-carry[:, None] * when) - strike[:, None] * np.exp(-rate[:, None] * when)
    return np.asarray(np.maximum(sign[:, None] * kept, 0.0).max(axis=1), dtype=np.float64)
