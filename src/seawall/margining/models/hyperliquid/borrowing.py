"""Borrowing against spot under portfolio margin: how much, how healthy, when it is liquidated, and at what rate.

Exact: numbers are taken for the decimals that they print as, and thresholds are compared as fractions, so that a loan
that just meets one is not over it by a rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction

from seawall.core.errors import InputError, Problem

PARTIAL_WAY, FULL_WAY = Fraction(1, 2), Fraction(2, 3)
"""How far between the loan-to-value and the whole worth of collateral a loan is liquidated in part, and whole."""


class Borrow(Enum):
    """Where a loan stands; its value is the words for people."""

    SAFE = "safe"
    PARTIAL = "liquidated in part"
    FULL = "liquidated whole"


def exact(number: float | Fraction) -> Fraction:
    """Return a number as the decimals that it prints as."""
    return number if isinstance(number, Fraction) else Fraction(repr(number))


def borrowable(balance: float, price: float, loan_to_value: float) -> Fraction:
    """Return what may be borrowed against a balance, in USDC.

    Examples
    --------
    >>> float(borrowable(10_000, 40, 0.5))
    200000.0
    """
    return exact(balance) * exact(price) * exact(loan_to_value)


def weighted_value(collateral: Sequence[tuple[float, float, float]]) -> Fraction:
    """Return what may be borrowed against several balances: rows of balance, price and loan-to-value."""
    return sum((borrowable(*row) for row in collateral), Fraction(0))


def health_factor(collateral: Sequence[tuple[float, float, float]], borrowed: float) -> Fraction:
    """Return the weighted value of collateral over the loan; below 1 no more can be borrowed.

    Examples
    --------
    >>> round(float(health_factor([(1, 80_000, 0.5), (200, 50, 0.5)], 42_000)), 4)
    1.0714
    """
    if not borrowed > 0:
        raise InputError(Problem("borrowed", borrowed, "only a loan has a health factor"))
    return weighted_value(collateral) / exact(borrowed)


def min_collateral(borrowed: float, price: float, loan_to_value: float) -> Fraction:
    """Return the units of a coin that have to stay for a loan.

    Examples
    --------
    >>> float(min_collateral(100, 40, 0.5))
    5.0
    """
    if not (price > 0 and loan_to_value > 0):
        raise InputError(Problem("price, loan_to_value", (price, loan_to_value), "each is above 0"))
    return exact(borrowed) / (exact(price) * exact(loan_to_value))


def threshold(worth: float | Fraction, loan_to_value: float, way: Fraction) -> Fraction:
    """Return the loan from which on collateral is liquidated: `way` of the way from its loan-to-value to its worth."""
    share = exact(loan_to_value)
    return exact(worth) * (share + (1 - share) * way)


def borrow_state(worth: float | Fraction, loan_to_value: float, borrowed: float) -> Borrow:
    """Return where a loan stands; one that just meets a threshold is not over it.

    Examples
    --------
    >>> [borrow_state(10 * price, 0.5, 250).name for price in (34, 33, 30, 29)]
    ['SAFE', 'PARTIAL', 'PARTIAL', 'FULL']
    """
    owed = exact(borrowed)
    if owed > threshold(worth, loan_to_value, FULL_WAY):
        return Borrow.FULL
    return Borrow.PARTIAL if owed > threshold(worth, loan_to_value, PARTIAL_WAY) else Borrow.SAFE


def borrow_rate(utilization: float, *, base: float, slope: float, kink: float) -> Fraction:
    """Return the yearly rate of a loan, compounded continuously.

    Examples
    --------
    >>> [float(borrow_rate(used, base=0.05, slope=4.75, kink=0.8)) for used in (0.5, 0.9, 1.0)]
    [0.05, 0.525, 1.0]
    """
    return exact(base) + exact(slope) * max(Fraction(0), exact(utilization) - exact(kink))
