"""Fixed point: where a float of ours becomes a chain's whole units, and where those become a float again.

A chain counts money in integers of a smallest unit. A model does its sums in them, so that each division rounds where
the chain rounds, and meets floats in `to_units` and `from_units` only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN, Emin=-100_000, Emax=100_000)
"""Holds every product of two float64 in full."""


def to_units(amount: float, decimals: int, *, times: float = 1.0) -> int:
    """Return `amount * times` in whole units of `10 ** -decimals`, the nearest, half to even.

    Floats are taken for the decimals that they print as: 0.1 is a tenth, as whoever wrote it meant, and the product is
    exact.

    Parameters
    ----------
    amount, times
        Finite numbers.
    decimals
        Decimals of the unit; below zero for units larger than one.

    Examples
    --------
    >>> to_units(0.1, 18), to_units(-0.3, 6, times=60_000.05), to_units(125.0, -1)
    (100000000000000000, -18000015000, 12)
    """
    assert math.isfinite(amount) and math.isfinite(times), "whole units are of finite amounts"
    product = EXACT.multiply(Decimal(repr(float(amount))), Decimal(repr(float(times))))
    return int(EXACT.scaleb(product, decimals).to_integral_value(ROUND_HALF_EVEN, EXACT))


def from_units(units: int, decimals: int) -> float:
    """Return whole units of `10 ** -decimals` as the nearest float64.

    Examples
    --------
    >>> from_units(-18000015000, 6)
    -18000.015
    """
    return units / ten_to(decimals) if decimals >= 0 else float(units * ten_to(-decimals))


def ten_to(power: int) -> int:
    """Return a power of ten that is not below one.

    Examples
    --------
    >>> ten_to(6)
    1000000
    """
    assert power >= 0, "a whole power of ten"
    return int(10**power)


def truncated(numerator: int, denominator: int) -> int:
    """Return a quotient cut towards zero, as integer division of chains and of most languages does it.

    Python's own `//` rounds down, which differs below zero.

    Examples
    --------
    >>> truncated(-7, 2), -7 // 2
    (-3, -4)
    """
    assert denominator > 0, "a denominator is positive"
    return numerator // denominator if numerator >= 0 else -(-numerator // denominator)


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Numbers of so many decimals as contracts count them: whole units, products and quotients cut towards zero.

    Attributes
    ----------
    decimals
        Decimals of a unit.
    one
        The whole of something in units: one dollar, one coin, all of an account.

    Examples
    --------
    >>> WEI.of(-0.25), WEI.times(-3, WEI.one // 2), WEI.over(-2 * WEI.one, 3 * WEI.one)
    (-250000000000000000, -1, -666666666666666666)
    """

    decimals: int
    one: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "one", ten_to(self.decimals))

    def of(self, number: float, *, kept: int | None = None) -> int:
        """Return a number in whole units, rounded to fewer decimals first where only so many are `kept` of it.

        Examples
        --------
        >>> RAY.of(0.1678) == 1678 * 10**23, RAY.of(1.234567891, kept=8) == 123456789 * 10**19
        (True, True)
        """
        if kept is None:
            return to_units(number, self.decimals)
        return to_units(number, kept) * ten_to(self.decimals - kept)

    def to_float(self, units: int) -> float:
        """Return whole units as the nearest float64."""
        return from_units(units, self.decimals)

    def times(self, one: int, other: int) -> int:
        """Return the product of two numbers."""
        return truncated(one * other, self.one)

    def over(self, one: int, other: int) -> int:
        """Return the quotient of two numbers; the second is not zero.

        Examples
        --------
        >>> WEI.over(-WEI.one, -4 * WEI.one) == WEI.one // 4
        True
        """
        return truncated(one * self.one, other) if other > 0 else truncated(-one * self.one, -other)

    def to_coarser(self, units: int, decimals: int, *, down: bool) -> int:
        """Return a number that is not negative in whole units of fewer decimals, rounded down or up.

        Examples
        --------
        >>> RAY.to_coarser(RAY.one // 3, 6, down=True), RAY.to_coarser(RAY.one // 3, 6, down=False)
        (333333, 333334)
        """
        tail = ten_to(self.decimals - decimals)
        return units // tail if down else -(-units // tail)


WEI = FixedPoint(18)
"""Money, shares and coins of most contracts."""
RAY = FixedPoint(27)
"""What some margin calculators count in."""
