"""What a coin counts for as collateral: its worth less a discount that grows with the amount. Whole units."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.margining.blocks.fixed_point import WEI


@dataclass(frozen=True, slots=True)
class Discount:
    """A coin's numbers under the contract's names, in units of 1e-18.

    Attributes
    ----------
    upper_limit, lower_limit
        Of what collateral counts for: the discount is at least `upper_limit`, and up to `lower_limit` grows with size.
        The former goes before where it is the larger.
    scalar
        How fast it grows.
    skew_scale
        Of the coin's spot market; 0 means no discount at all.
    """

    upper_limit: int
    lower_limit: int
    scalar: int
    skew_scale: int

    def of(self, amount: int) -> int:
        """Return the discount of an amount.

        Examples
        --------
        >>> from seawall.margining.blocks.fixed_point import WEI
        >>> rising = Discount(WEI.of(0.01), WEI.of(0.1), WEI.one, WEI.of(1_000))
        >>> [rising.of(WEI.of(coins)) / WEI.one for coins in (1, 50, 500)]
        [0.01, 0.05, 0.1]
        """
        if self.skew_scale == 0:
            return 0
        impact = WEI.times(WEI.over(amount, self.skew_scale), self.scalar)
        return max(min(impact, self.lower_limit), self.upper_limit)

    def counted(self, amount: int, price: int) -> int:
        """Return what an amount that is owned counts for, in USD."""
        return WEI.times(WEI.times(amount, price), WEI.one - self.of(amount))
