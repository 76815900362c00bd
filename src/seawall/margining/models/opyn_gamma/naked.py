"""Margin of a short option that nothing covers: an upper bound of its price after a shock of the spot price."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import RAY

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Product:
    """Numbers of calls, or puts, on an underlying.

    Attributes
    ----------
    spot_shock
        What the spot price is multiplied with for a put, and divided by for a call; in units of 1e-27.
    seconds, upper_bounds
        Times to expiry, rising, and the largest price that an option at the money may have with no more than that left:
        a share of the spot price, in units of 1e-27.
    """

    spot_shock: int
    seconds: tuple[int, ...]
    upper_bounds: tuple[int, ...]

    def upper_bound(self, left_seconds: int) -> int | None:
        """Return the bound of the next larger time in the table; None beyond its last."""
        later = [bound for at, bound in zip(self.seconds, self.upper_bounds, strict=True) if at >= left_seconds]
        return later[0] if later else None


def naked_margin(amount: int, strike: int, spot: int, bound: int, shock: int, *, is_put: bool) -> int:
    """Return the collateral that a short option needs, in the strike asset for a put and in the underlying for a call.

    All numbers are in units of 1e-27.

    Parameters
    ----------
    amount
        Options that are short; not negative.
    strike, spot
        Strike asset for one underlying.
    bound, shock
        The upper bound at the time left, and the spot shock.

    Examples
    --------
    >>> from seawall.margining.blocks.fixed_point import RAY
    >>> naked_margin(RAY.one, RAY.of(100), RAY.of(150), RAY.of(0.1678), RAY.of(0.75), is_put=True) / RAY.one
    16.78
    >>> naked_margin(RAY.one, RAY.of(2500), RAY.of(1800), RAY.of(0.1678), RAY.of(0.75), is_put=False) / RAY.one
    0.1678
    """
    if amount < 0 or strike <= 0 or spot <= 0:
        wrong = (amount, strike, spot)
        raise InputError(Problem("amount, strike, spot", wrong, "an amount is not below 0, prices are above 0"))
    if is_put:
        shocked = RAY.times(shock, spot)
        within, beyond = min(strike, shocked), max(strike - shocked, 0)
    else:
        ratio = RAY.over(RAY.times(strike, shock), spot)
        within, beyond = min(RAY.one, ratio), max(RAY.one - ratio, 0)
    return RAY.times(RAY.times(bound, within) + beyond, amount)
