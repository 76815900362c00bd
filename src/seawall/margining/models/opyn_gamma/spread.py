"""Collateral of a short option that a long one of the same expiry covers, in part or whole: the most it can lose."""

from __future__ import annotations

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import RAY


def spread_margin(short_amount: int, short_strike: int, long_amount: int, long_strike: int, *, is_put: bool) -> int:
    """Return the collateral of a vault with one short and one long option, in strike asset (put) or underlying (call).

    All numbers are in units of 1e-27. Without a long option it is the strike of every put, or one underlying for every
    call. Nothing of spot price or time is in it: no price can make the vault lose more.

    Parameters
    ----------
    short_amount, long_amount
        Options sold and options held against them; not negative.
    short_strike, long_strike
        Strike asset for one underlying; the long option's does not count where there is none.

    Examples
    --------
    >>> one, low, high = RAY.of(1), RAY.of(200), RAY.of(250)
    >>> spread_margin(one, high, one, low, is_put=True) / RAY.one
    50.0
    >>> spread_margin(one, low, one, high, is_put=False) / RAY.one
    0.2
    >>> spread_margin(2 * one, low, 0, 0, is_put=False) / RAY.one
    2.0
    """
    if min(short_amount, long_amount) < 0 or short_strike <= 0 or (long_amount and long_strike <= 0):
        wrong = (short_amount, short_strike, long_amount, long_strike)
        raise InputError(Problem("amounts, strikes", wrong, "amounts are not below 0, strikes are above 0"))
    if is_put:
        return max(RAY.times(short_amount, short_strike) - RAY.times(min(short_amount, long_amount), long_strike), 0)
    uncovered = max(short_amount - long_amount, 0)
    if not long_amount:
        return uncovered
    return max(RAY.times(RAY.over(long_strike - short_strike, long_strike), short_amount), uncovered)
