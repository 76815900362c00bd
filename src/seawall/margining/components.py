"""Classes of margin components: what a venue's own names have in common, so that two venues can be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import numpy as np

from seawall.core.arrays import FloatArray


class Component(Enum):
    """What a component of a requirement charges for; its value is the words for people."""

    SCENARIO = "scenario loss"
    POSITION = "rates by position"
    BASIS = "basis and roll"
    VOLATILITY = "volatility term"
    SHORT_OPTIONS = "short options"
    SIZE = "size and liquidity"
    COLLATERAL = "collateral haircut"
    BORROW = "borrowing"
    LIQUIDATION = "cost of liquidation"
    CONFIDENCE = "oracle and peg"
    ORDERS = "open orders"
    ROUNDING = "rounding"


ORDER_CHARGES = {
    "open_orders_margin": Component.ORDERS,
    "mmp_margin": Component.ORDERS,
    "spot_margin": Component.ORDERS,
}
"""Components that every model has: what open orders add, and what the venue stated for them."""


def total_of(components: Mapping[str, FloatArray], count: int) -> FloatArray:
    """Return the sum of components, `(R,)`, added in their order, so that other netting sets change no last bit.

    Examples
    --------
    >>> total_of({"futures": np.array([1.0, 2.0]), "options": np.array([0.5, 0.0])}, 2).tolist()
    [1.5, 2.0]
    """
    total = np.zeros(count)
    for amounts in components.values():
        total = total + amounts
    return total
