"""Spread charges: what offsets in the scenarios and yet is not the same thing, by expiry or by settlement.

A scenario moves all expiries together, so that a long and a short position of two expiries cancel in it. A spread
charge asks how much of one hedges the other, and how far the two are apart.
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def hedged_amount(amounts: FloatArray) -> FloatArray:
    """Return how much of G groups' amounts offsets each other, `(A,)`: the smaller of all longs and all shorts.

    Parameters
    ----------
    amounts
        `(A, G)`, signed.

    Examples
    --------
    >>> hedged_amount(np.array([[5.0, -2.0, -1.0], [5.0, 1.0, 0.0]])).tolist()
    [3.0, 0.0]
    """
    longs, shorts = np.zeros(len(amounts)), np.zeros(len(amounts))
    for group in amounts.T:  # group by group, so that another account's groups change no last bit
        longs, shorts = longs + np.maximum(group, 0.0), shorts + np.maximum(-group, 0.0)
    return np.minimum(longs, shorts)


def hedged_time(amounts: FloatArray, times: FloatArray) -> FloatArray:
    """Return hedged amount times the time between what hedges and what is hedged, `(A,)`, never below zero.

    Longs and shorts are matched from the nearest expiry on, which is the match with the least time between them; what
    is left over on the longer side pays nothing.

    Parameters
    ----------
    amounts
        `(A, E)`, signed, by expiry.
    times
        `(E,)` rising; the answer is in amount times their unit.

    Examples
    --------
    Two for now against two for later; one of the longs at day 60 has nothing to hedge.

    >>> hedged_time(np.array([[-2.0, 1.0, 2.0]]), np.array([0.0, 30.0, 60.0])).tolist()
    [90.0]
    """
    assert (np.diff(times) >= 0.0).all(), "expiries rise"
    matched = hedged_amount(amounts)
    longs, shorts, before = (np.zeros(len(amounts)) for _ in range(3))
    total = np.zeros(len(amounts))
    for group, time in zip(amounts.T, times, strict=True):
        longs, shorts = longs + np.maximum(group, 0.0), shorts + np.maximum(-group, 0.0)
        open_now = np.abs(np.minimum(longs, matched) - np.minimum(shorts, matched))
        # Summed by parts: an expiry that an account does not hold adds an exact zero.
        total = total + time * (before - open_now)
        before = open_now
    return np.maximum(total, 0.0)
