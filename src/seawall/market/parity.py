"""The forward that a chain's own quotes imply, by put-call parity, with the interval that no arbitrage leaves open.

A call less a put of one strike is a forward struck there. Linear options pay in the quote asset, `C - P = F - K`;
inverse ones pay in the base asset, `C - P = 1 - K / F`. Bid and ask turn each strike into an interval: buying the call
at its ask and selling the put at its bid costs the most that a forward can, the other way round the least. The forward
lies in all intervals at once. Discounting is left out, as the venues whose chains need this carry none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray

LEAST_PAIR_COUNT = 3
"""Fewer strikes than this leave no middle one, so that a single bad quote would decide the forward."""
_WIDEST_RATIO = 4.0
"""Strikes whose interval is wider than this many times the tightest say little, and are left out of the middle."""


@dataclass(frozen=True, slots=True)
class ParityForward:
    """What parity says of one expiry.

    Attributes
    ----------
    forward
        Weighted median over the tight strikes, kept inside the interval; NaN below `LEAST_PAIR_COUNT` strikes.
    low, high
        The interval that no arbitrage leaves open, over every strike with four good quotes. `low > high` means that the
        quotes contradict each other, which stale quotes do; the median is then taken as it is.
    standard_error
        Of the median, from the scatter of the strikes, quote per base.
    pair_count, used_count
        Strikes with four good quotes; those of them that are tight enough for the median.
    """

    forward: float
    low: float
    high: float
    standard_error: float
    pair_count: int
    used_count: int

    @property
    def width(self) -> float:
        """Width of the interval; NaN without one, negative where the quotes contradict each other."""
        return self.high - self.low


def parity_forward(
    strike: FloatArray,
    call_bid: FloatArray,
    call_ask: FloatArray,
    put_bid: FloatArray,
    put_ask: FloatArray,
    *,
    inverse: bool,
) -> ParityForward:
    """Return the forward of one expiry from the quotes of calls and puts at the same strikes.

    Parameters
    ----------
    strike
        Quote per base, `(n,)`.
    call_bid, call_ask, put_bid, put_ask
        Quotes `(n,)`: base per base when `inverse`, else quote per base. A NaN, a zero or a crossed pair of quotes
        takes its strike out.
    inverse
        Whether the options pay in the base asset.

    Examples
    --------
    Three strikes around a forward of 100, each quoted a tenth wide.

    >>> strike = np.array([90.0, 100.0, 110.0])
    >>> call, put = np.array([11.0, 4.0, 1.0]), np.array([1.0, 4.0, 11.0])
    >>> found = parity_forward(strike, call - 0.05, call + 0.05, put - 0.05, put + 0.05, inverse=False)
    >>> found.forward, round(found.low, 9), round(found.high, 9), found.used_count
    (100.0, 99.9, 100.1, 3)
    """
    good = is_two_sided(call_bid, call_ask) & is_two_sided(put_bid, put_ask)
    strike, call_bid, call_ask = strike[good], call_bid[good], call_ask[good]
    put_bid, put_ask = put_bid[good], put_ask[good]
    low = _struck(strike, call_bid - put_ask, inverse=inverse)
    high = _struck(strike, call_ask - put_bid, inverse=inverse)
    middle = _struck(strike, 0.5 * (call_bid + call_ask - put_bid - put_ask), inverse=inverse)
    pairs = len(strike)
    if pairs == 0:
        return ParityForward(np.nan, np.nan, np.nan, np.nan, 0, 0)
    floor, ceiling = float(np.max(low)), float(np.min(high))
    width = np.maximum(high - low, 1e-12 * middle)
    tight = width <= _WIDEST_RATIO * np.min(width)
    used = int(np.sum(tight))
    if pairs < LEAST_PAIR_COUNT:
        return ParityForward(np.nan, floor, ceiling, np.nan, pairs, used)
    weight = 1.0 / width[tight] ** 2
    forward = _weighted_median(middle[tight], weight)
    error = _standard_error(middle[tight], width[tight], weight, centre=forward)
    if floor <= ceiling:
        forward = min(max(forward, floor), ceiling)
    return ParityForward(forward, floor, ceiling, error, pairs, used)


def is_two_sided(bid: FloatArray, ask: FloatArray) -> BoolArray:
    """Return where both sides are quoted, above zero and not crossed; shape as given."""
    return np.asarray((bid > 0.0) & (ask >= bid) & np.isfinite(ask), dtype=np.bool_)


def _struck(strike: FloatArray, call_less_put: FloatArray, *, inverse: bool) -> FloatArray:
    """Return the forward at which parity holds, `(n,)`; it rises with `call_less_put`."""
    if not inverse:
        return np.asarray(strike + call_less_put)
    # One coin or more for a call less a put puts no ceiling on the forward.
    left = 1.0 - call_less_put
    return np.asarray(np.where(left > 0.0, strike / np.where(left > 0.0, left, 1.0), np.inf))


def _weighted_median(points: FloatArray, weight: FloatArray) -> float:
    """Return the point with half of the weight on each side, the mean of two where the halves meet."""
    order = np.argsort(points, kind="stable")
    points, share = points[order], np.cumsum(weight[order]) / np.sum(weight)
    at = int(np.searchsorted(share, 0.5 - 1e-12))
    if abs(share[at] - 0.5) <= 1e-12:
        return float(0.5 * (points[at] + points[at + 1]))
    return float(points[at])


def _standard_error(points: FloatArray, width: FloatArray, weight: FloatArray, *, centre: float) -> float:
    """Return the scatter about `centre` over the root of the effective count; never below what one tick of luck gives.

    Neighbouring strikes can agree by chance, so the error of one uniform draw in the tightest interval, shared over
    the effective count, is the floor.
    """
    share = weight / np.sum(weight)
    effective = 1.0 / np.sum(share**2)
    scatter = np.sqrt(np.sum(share * (points - centre) ** 2))
    uniform = np.min(width) / np.sqrt(12.0)
    return float(max(scatter, uniform) / np.sqrt(effective))
