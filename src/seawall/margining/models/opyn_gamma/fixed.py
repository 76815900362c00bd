"""Fixed point of 27 decimals, as the margin calculator counts: products and quotients are cut towards zero."""

from __future__ import annotations

from seawall.margining.blocks.fixed_point import to_units, truncated

DECIMALS = 27
ONE = 10**DECIMALS
CHAIN_DECIMALS = 8
"""Decimals of option amounts, strikes and oracle prices on the chain."""


def ray(number: float) -> int:
    """Return a number in whole units of 1e-27; floats are taken for the decimals that they print as.

    Examples
    --------
    >>> ray(0.1678) == 1678 * 10**23
    True
    """
    return to_units(number, DECIMALS)


def on_chain(number: float) -> int:
    """Return an amount, strike or price in units of 1e-27, rounded to the eight decimals that the chain has of it."""
    return to_units(number, CHAIN_DECIMALS) * int(10 ** (DECIMALS - CHAIN_DECIMALS))


def times(a: int, b: int) -> int:
    """Return a product.

    Examples
    --------
    >>> times(3, ONE // 2), times(-3, ONE // 2)
    (1, -1)
    """
    return truncated(a * b, ONE)


def over(a: int, b: int) -> int:
    """Return a quotient; `b` is positive."""
    return truncated(a * ONE, b)


def to_asset(amount: int, decimals: int, *, down: bool) -> int:
    """Return an amount that is not negative in whole units of an asset, rounded down or up.

    Examples
    --------
    >>> to_asset(ONE // 3, 6, down=True), to_asset(ONE // 3, 6, down=False)
    (333333, 333334)
    """
    tail = int(10 ** (DECIMALS - decimals))
    return amount // tail if down else -(-amount // tail)
