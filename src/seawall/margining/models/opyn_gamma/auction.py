"""How a vault is liquidated: a Dutch auction of its debt, whose price rises to all that the vault has."""

from __future__ import annotations

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import RAY

AUCTION_SECONDS = 3_600
"""How long the price rises; a constant of the contract."""


def is_liquidatable(required: int, collateral: int) -> bool:
    """Return whether a vault may be liquidated: it needs more than it has.

    Examples
    --------
    >>> is_liquidatable(10, 9), is_liquidatable(10, 10)
    (True, False)
    """
    return required > collateral


def cash_value(strike: int, spot: int, *, is_put: bool) -> int:
    """Return what an option would pay now, in the strike asset; units of 1e-27, as in all of this file."""
    return max(strike - spot, 0) if is_put else max(spot - strike, 0)


def starting_price(strike: int, spot: int, deviation: int, *, is_put: bool) -> int:
    """Return what the auction first pays for an option, in collateral: cash value less how far the oracle may be off.

    Examples
    --------
    >>> from seawall.margining.blocks.fixed_point import RAY
    >>> starting_price(RAY.of(110), RAY.of(100), RAY.of(0.05), is_put=True) / RAY.one
    5.0
    >>> starting_price(RAY.of(75), RAY.of(100), RAY.of(0.05), is_put=False) / RAY.one
    0.2
    """
    left = max(cash_value(strike, spot, is_put=is_put) - RAY.times(deviation, spot), 0)
    return left if is_put else RAY.over(left, spot)


def auction_price(collateral: int, debt: int, start: int, elapsed_seconds: int, *, decimals: int) -> int:
    """Return what a liquidator gets for one option of the vault's debt, in whole units of collateral, rounded down.

    It rises on a line from the starting price to collateral over debt, and never beyond.

    Parameters
    ----------
    collateral, debt
        What the vault has, and options that it is short.
    start
        From `starting_price`.
    elapsed_seconds
        Since the oracle's round that showed the vault short.
    decimals
        Of the collateral.

    Examples
    --------
    >>> from seawall.margining.blocks.fixed_point import RAY
    >>> [auction_price(RAY.of(20), RAY.of(2), RAY.of(5), t, decimals=6) / 1e6 for t in (0, 1800, 3600, 9999)]
    [5.0, 7.5, 10.0, 10.0]
    """
    if debt <= 0 or collateral < 0 or elapsed_seconds < 0:
        wrong = (collateral, debt, elapsed_seconds)
        rule = "a debt is above 0, collateral and time are not below it"
        raise InputError(Problem("collateral, debt, elapsed_seconds", wrong, rule))
    end = RAY.over(collateral, debt)
    if elapsed_seconds >= AUCTION_SECONDS:
        return RAY.to_coarser(end, decimals, down=True)
    unit = 10**9  # the contract holds seconds as 1e-18 of its units, so that the quotient is the same
    risen = RAY.over(RAY.times(end - start, elapsed_seconds * unit), AUCTION_SECONDS * unit)
    return RAY.to_coarser(min(start + risen, end), decimals, down=True)
