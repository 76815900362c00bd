"""Fixed point of 18 decimals, as the contracts count everything: products and quotients are cut towards zero."""

from __future__ import annotations

from seawall.margining.blocks.fixed_point import to_units, truncated

DECIMALS = 18
UNIT = 10**DECIMALS


def wei(amount: float) -> int:
    """Return a number in whole units of 1e-18; floats are taken for the decimals that they print as.

    Examples
    --------
    >>> wei(0.28)
    280000000000000000
    """
    return to_units(amount, DECIMALS)


def times(a: int, b: int) -> int:
    """Return a product.

    Examples
    --------
    >>> times(-3, UNIT // 2), times(3 * UNIT, UNIT // 2)
    (-1, 1500000000000000000)
    """
    return truncated(a * b, UNIT)


def over(a: int, b: int) -> int:
    """Return a quotient; `b` is positive.

    Examples
    --------
    >>> over(-2 * UNIT, 3 * UNIT)
    -666666666666666666
    """
    return truncated(a * UNIT, b)
