"""Open orders: how much the requirement would grow if one side of them filled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.portfolio import Holdings


def order_margin(
    positions: Holdings,
    orders: Holdings,
    requirement: Callable[[Holdings], FloatArray],
    *,
    lean: FloatArray | None = None,
) -> FloatArray:
    """Return what open orders add to a requirement, `(A,)`, never below zero.

    The worst of three books counts: positions alone, positions with every buy filled, positions with every sell filled.
    With a lean, positive and negative leans fill together instead, such as bought calls with sold puts.

    Parameters
    ----------
    positions, orders
        Sizes of A accounts.
    requirement
        The rule without order margin: holdings of some accounts in, one amount per account out.
    lean
        `(N,)` which way one unit of each instrument leans, such as its delta.
    """
    added = np.zeros(len(positions.indptr) - 1)
    active = np.flatnonzero(np.diff(orders.indptr))
    if len(active) == 0:
        return added
    held, open_orders = positions.take(active), orders.take(active)
    side = open_orders.sizes if lean is None else open_orders.sizes * lean[open_orders.columns]
    alone = requirement(held)
    buys = requirement(held.plus(open_orders.where(side > 0.0)))
    sells = requirement(held.plus(open_orders.where(side < 0.0)))
    added[active] = np.maximum(np.maximum(buys, sells) - alone, 0.0)
    return added
