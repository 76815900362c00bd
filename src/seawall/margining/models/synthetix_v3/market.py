"""One market: the price that a trade fills at, what a position has gained, and the margin it needs."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import WEI


@dataclass(frozen=True, slots=True)
class Market:
    """A perpetual's numbers, all in units of 1e-18 but for the seconds.

    Attributes
    ----------
    skew_scale
        Size in coin at which the skew doubles the price, and a position needs its whole `initial_ratio`; 0 means that
        size does not matter.
    initial_ratio, min_initial_ratio
        What a position of the skew scale's size needs of its notional, and what every position needs at least.
    maintenance_scalar
        Maintenance ratio as a share of the initial one.
    min_position_margin
        Added to both margins of every position, USD.
    flag_reward_ratio
        Share of a position's notional that goes to whoever flags its account.
    maker_fee, taker_fee, limit_multiplier
        How much of the skew scale may be liquidated in a second.
    window_seconds
        Length of a liquidation window.
    """

    skew_scale: int
    initial_ratio: int
    min_initial_ratio: int
    maintenance_scalar: int
    min_position_margin: int
    flag_reward_ratio: int
    maker_fee: int = 0
    taker_fee: int = 0
    limit_multiplier: int = 0
    window_seconds: int = 0

    def required_margins(self, size: int, price: int) -> tuple[int, int]:
        """Return the initial and the maintenance margin of a position, without rewards.

        Examples
        --------
        >>> from seawall.margining.blocks.fixed_point import WEI
        >>> market = Market(WEI.of(100), WEI.of(2), WEI.of(0.01), WEI.of(0.5), WEI.of(1000), WEI.of(0.05))
        >>> [margin // WEI.one for margin in market.required_margins(WEI.of(-2), WEI.of(30_000))]
        [4000, 2500]
        """
        if size == 0:
            return 0, 0
        coins = abs(size)
        impact = 0 if self.skew_scale == 0 else WEI.over(coins, self.skew_scale)
        ratio = WEI.times(impact, self.initial_ratio) + self.min_initial_ratio
        notional = WEI.times(coins, price)
        return (
            WEI.times(notional, ratio) + self.min_position_margin,
            WEI.times(notional, WEI.times(ratio, self.maintenance_scalar)) + self.min_position_margin,
        )

    def flag_reward(self, size: int, price: int) -> int:
        """Return what flagging adds for a position, before guards."""
        return WEI.times(WEI.times(abs(size), price), self.flag_reward_ratio)

    @property
    def window_size(self) -> int:
        """Size in coin that one window may liquidate."""
        fees = self.maker_fee + self.taker_fee
        return WEI.times(WEI.times(fees, self.skew_scale), self.limit_multiplier) * self.window_seconds

    def windows(self, size: int) -> int:
        """Return how many windows a position takes; 0 where the market states no limit.

        Examples
        --------
        >>> from seawall.margining.blocks.fixed_point import WEI
        >>> fee = WEI.of(0.0005)
        >>> Market(WEI.of(100), 0, 0, 0, 0, 0, fee, fee, WEI.one, window_seconds=10).windows(WEI.of(2.5))
        3
        """
        return -(-abs(size) // self.window_size) if self.window_size else 0


def fill_price(price: int, skew: int, size: int, skew_scale: int) -> int:
    """Return the price that a trade fills at: the mean of the premium or discount before it and after it.

    Parameters
    ----------
    price
        The oracle's, in units of 1e-18 as everything here.
    skew
        Longs less shorts of the market before the trade, in coin.
    size
        Signed change of position.
    skew_scale
        Of the market; 0 means that trades fill at the oracle's price.

    Examples
    --------
    >>> from seawall.margining.blocks.fixed_point import WEI
    >>> fill_price(WEI.of(1200), 0, WEI.of(100), WEI.of(1_000_000)) / WEI.one
    1200.06
    """
    if skew_scale < 0 or price < 0:
        raise InputError(Problem("price, skew_scale", (price, skew_scale), "neither is below 0"))
    if skew_scale == 0:
        return price
    before = price + WEI.times(price, WEI.over(skew, skew_scale))
    after = price + WEI.times(price, WEI.over(skew + size, skew_scale))
    return WEI.over(before + after, 2 * WEI.one)


def price_pnl(size: int, price: int, entry: int) -> int:
    """Return what a position has gained since it filled.

    Examples
    --------
    >>> from seawall.margining.blocks.fixed_point import WEI
    >>> price_pnl(WEI.of(-1), WEI.of(30_000), WEI.of(29_850)) // WEI.one
    -150
    """
    return WEI.times(size, price - entry)
