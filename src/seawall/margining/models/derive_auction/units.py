"""Eighteen decimals, as the contract keeps dollars and shares: products and quotients cut towards zero."""

from __future__ import annotations

from seawall.margining.blocks.fixed_point import from_units, to_units, truncated

DECIMALS = 18
ONE: int = 10**DECIMALS
"""One dollar, or the whole of something."""


def to_whole(amount: float) -> int:
    """Return dollars or a share in whole units.

    Examples
    --------
    >>> to_whole(-0.25)
    -250000000000000000
    """
    return to_units(amount, DECIMALS)


def to_usd(units: int) -> float:
    """Return whole units as dollars, or as a share."""
    return from_units(units, DECIMALS)


def times(one: int, other: int) -> int:
    """Return the product of two numbers of eighteen decimals.

    Examples
    --------
    >>> times(-15 * ONE // 10, ONE // 2) == -75 * ONE // 100
    True
    """
    return truncated(one * other, ONE)


def over(one: int, other: int) -> int:
    """Return the quotient of two numbers of eighteen decimals; the second is not zero.

    Examples
    --------
    >>> over(-ONE, -4 * ONE) == ONE // 4
    True
    """
    return truncated(one * ONE, other) if other > 0 else truncated(-one * ONE, -other)
