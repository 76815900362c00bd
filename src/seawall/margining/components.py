"""Classes of margin components: what a venue's own names have in common, so that two venues can be told apart."""

from __future__ import annotations

from enum import Enum


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
    CONFIDENCE = "oracle and peg"
    ORDERS = "open orders"
    ROUNDING = "rounding"


ORDER_CHARGES = {
    "open_orders_margin": Component.ORDERS,
    "mmp_margin": Component.ORDERS,
    "spot_margin": Component.ORDERS,
}
"""Components that every model has: what open orders add, and what the venue stated for them."""
