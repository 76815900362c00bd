"""The rule in whole quantums: notional cut towards zero, margin by nested ceilings, a rate that open interest raises.

A quantum is the smallest amount that the chain counts: of a coin by the market's atomic resolution, of USDC a
millionth. Everything here is exact in Python's integers.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.margining.blocks.fixed_point import ten_to, truncated

PPM = 1_000_000
"""Parts per million: what the chain states its rates in."""
QUOTE_DECIMALS = 6
"""A quote quantum is a millionth of a USDC."""


@dataclass(frozen=True, slots=True)
class Risk:
    """What a position or a subaccount is worth and needs, in quote quantums.

    Attributes
    ----------
    collateral
        Net collateral: quote balance and notional, each with its sign. A position's own is its notional.
    initial, maintenance
        Requirements; not negative.
    """

    collateral: int
    initial: int
    maintenance: int

    def __add__(self, other: Risk) -> Risk:
        return Risk(
            self.collateral + other.collateral, self.initial + other.initial, self.maintenance + other.maintenance
        )


NOTHING = Risk(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Tier:
    """A liquidity tier: rates in ppm, caps of open interest in quote quantums; an upper cap of zero: no scaling."""

    initial_ppm: int
    maintenance_fraction_ppm: int
    lower_cap: int = 0
    upper_cap: int = 0


@dataclass(frozen=True, slots=True)
class Market:
    """A perpetual at an instant.

    Attributes
    ----------
    tier
        Its rates.
    atomic_resolution
        Power of ten of a coin that a base quantum is.
    price, exponent
        Oracle price: `price * 10 ** exponent` USD a coin.
    open_interest
        In base quantums.
    """

    tier: Tier
    atomic_resolution: int
    price: int
    exponent: int
    open_interest: int = 0

    def notional(self, quantums: int) -> int:
        """Return base quantums in quote quantums at the oracle price, cut towards zero.

        Examples
        --------
        >>> Market(Tier(200_000, 500_000), atomic_resolution=-8, price=50_000, exponent=0).notional(-10_000_000)
        -5000000000
        """
        power = self.atomic_resolution + self.exponent + QUOTE_DECIMALS
        worth = quantums * self.price
        return worth * ten_to(power) if power >= 0 else truncated(worth, ten_to(-power))

    def risk(self, quantums: int) -> Risk:
        """Return what a position is worth and needs."""
        initial, maintenance = margin_requirements(
            self.notional(abs(quantums)), self.notional(self.open_interest), self.tier
        )
        return Risk(self.notional(quantums), initial, maintenance)


def margin_requirements(notional: int, open_notional: int, tier: Tier) -> tuple[int, int]:
    """Return the initial and the maintenance margin of a notional without sign, in quote quantums.

    The maintenance margin is a share of the *unscaled* initial margin, rounded up twice, and knows no open interest.

    Examples
    --------
    >>> margin_requirements(9_200_311_488, 0, Tier(50_000, 600_000))
    (460015575, 276009345)
    """
    plain = ceil_ppm(notional, tier.initial_ppm)
    initial = ceil_ppm(notional, scaled_initial_ppm(tier, open_notional))
    return initial, ceil_ppm(plain, tier.maintenance_fraction_ppm)


def scaled_initial_ppm(tier: Tier, open_notional: int) -> int:
    """Return the initial rate at an open interest: the tier's own up to the lower cap, all of it from the upper.

    Between the caps it rises on a line, rounded down.

    Examples
    --------
    >>> scaled_initial_ppm(Tier(200_000, 500_000, 1_000_000, 2_000_000), 1_500_000)
    600000
    """
    if tier.upper_cap == 0 or open_notional <= tier.lower_cap:
        return tier.initial_ppm
    if open_notional >= tier.upper_cap:
        return PPM
    beyond, width = open_notional - tier.lower_cap, tier.upper_cap - tier.lower_cap
    return tier.initial_ppm + (PPM - tier.initial_ppm) * beyond // width


def ceil_ppm(amount: int, ppm: int) -> int:
    """Return a share of an amount that is not negative, rounded up."""
    return -(-amount * ppm // PPM)
