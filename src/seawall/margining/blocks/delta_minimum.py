"""Minimum by delta: what a portfolio pays for its net delta, and for the deltas that cancel in it."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def hedged_delta(long: FloatArray, short: FloatArray) -> FloatArray:
    """Return the delta that two sides cancel, `(A,)`: half of what gross delta is above net delta.

    Examples
    --------
    >>> hedged_delta(np.array([1.0]), np.array([1.5])).tolist()
    [1.0]
    """
    return np.minimum(long, short)


def delta_minimum(
    long: FloatArray, short: FloatArray, *, unhedged: float, hedged: float, price: float,
    long_orders: FloatArray | float = 0.0, short_orders: FloatArray | float = 0.0,
) -> FloatArray:  # fmt: skip
    """Return `(unhedged * |net| + hedged * hedged delta) * price`, `(A,)`; orders count on the side that makes it more.

    With orders the net delta is the largest that one side's orders can make it, and what is hedged is the rest of the
    larger side.

    Parameters
    ----------
    long, short
        Sums of the positive and of the negative deltas of positions, `(A,)` in the base asset, neither negative.
    unhedged, hedged
        Shares of the price; the first is not below the second.
    price
        Of the base asset; a missing one touches only those who have a delta.
    long_orders, short_orders
        The same of open orders.

    Examples
    --------
    One coin held and 1.5 sold through options: 0.5 is net, 1.0 is hedged.

    >>> delta_minimum(np.array([1.0]), np.array([1.5]), unhedged=0.02, hedged=0.01, price=70_000.0).tolist()
    [1400.0]
    """
    most_long, most_short = long + long_orders, short + short_orders
    net = np.maximum(np.maximum(most_long - short, most_short - long), 0.0)
    covered = np.maximum(np.maximum(most_long, most_short) - net, 0.0)
    charged = unhedged * net + hedged * covered
    return np.where(charged == 0.0, 0.0, charged * price)
