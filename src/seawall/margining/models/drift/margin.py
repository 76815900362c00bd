"""The rule in whole units: what tokens and perpetuals count for, and what they need.

Prices and quote amounts are in millionths, perpetual sizes in billionths, tokens in their own decimals. A division of a
negative amount is cut towards zero but for tokens, whose debts are rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from seawall.margining.blocks.fixed_point import ten_to, truncated
from seawall.margining.models.drift.weights import (
    SIZE_DECIMALS,
    WEIGHT,
    discounted_asset_weight,
    raised_liability_weight,
    scaled_initial_weight,
    size_of_tokens,
)

QUOTE_DECIMALS = 6
"""Decimals of USDC and of every price."""
PRICE = ten_to(QUOTE_DECIMALS)
BASE = ten_to(SIZE_DECIMALS)
PROFIT_TO_SIZE = BASE // PRICE
"""A profit takes the place of a size in its weight: its dollars are the size."""


class MarginType(Enum):
    """Which of the program's three requirements: to open or withdraw, to fill an order, to stay."""

    INITIAL = "initial"
    FILL = "fill"
    MAINTENANCE = "maintenance"

    def of(self, initial: int, maintenance: int) -> int:
        """Return a number of this requirement; that of a fill lies half-way, rounded down."""
        return {
            MarginType.INITIAL: initial,
            MarginType.FILL: (initial + maintenance) // 2,
            MarginType.MAINTENANCE: maintenance,
        }[self]


@dataclass(frozen=True, slots=True)
class SpotMarket:
    """A token: its decimals and weights, and when its deposits are worth so much that less of it counts.

    Attributes
    ----------
    initial_asset, maintenance_asset, initial_liability, maintenance_liability
        Weights in ten-thousandths.
    imf_factor
        In millionths.
    scale_start, deposits
        Worth from which initial weight shrinks, in quote units; all deposits, in token units.
    is_quote
        The settlement token counts whole either way.
    """

    decimals: int
    initial_asset: int
    maintenance_asset: int
    initial_liability: int
    maintenance_liability: int
    imf_factor: int = 0
    scale_start: int = 0
    deposits: int = 0
    is_quote: bool = False

    def asset_weight(self, amount: int, price: int, kind: MarginType) -> int:
        """Return what an amount owned counts at."""
        deposits_value = token_value(self.deposits, self.decimals, price)
        initial = scaled_initial_weight(self.initial_asset, deposits_value, self.scale_start)
        weight = kind.of(initial, self.maintenance_asset)
        return discounted_asset_weight(size_of_tokens(amount, self.decimals), self.imf_factor, weight)

    def liability_weight(self, amount: int, kind: MarginType) -> int:
        """Return what an amount owed counts at."""
        weight = kind.of(self.initial_liability, self.maintenance_liability)
        return raised_liability_weight(size_of_tokens(amount, self.decimals), self.imf_factor, weight)


@dataclass(frozen=True, slots=True)
class PerpMarket:
    """A perpetual's numbers: margin ratios and weights in ten-thousandths, size factors in millionths."""

    initial_ratio: int
    maintenance_ratio: int
    imf_factor: int
    initial_profit_weight: int = WEIGHT
    maintenance_profit_weight: int = WEIGHT
    profit_imf_factor: int = 0

    def ratio(self, size: int, kind: MarginType) -> int:
        """Return the margin ratio of a size without sign."""
        return raised_liability_weight(size, self.imf_factor, kind.of(self.initial_ratio, self.maintenance_ratio))


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one holding adds in quote units: collateral, with its sign, and a requirement, which is not negative."""

    collateral: int
    requirement: int


def token_value(amount: int, decimals: int, price: int) -> int:
    """Return tokens in quote units, rounded down: a debt is never less than it is.

    Examples
    --------
    >>> token_value(3, 6, 500_000), token_value(-3, 6, 500_000)
    (1, -2)
    """
    return amount * price // ten_to(decimals)


def spot_contribution(amount: int, price: int, market: SpotMarket, kind: MarginType) -> Contribution:
    """Return what a balance adds: what is owned to collateral, what is owed to the requirement.

    Parameters
    ----------
    amount
        In token units; negative is owed.
    price
        The oracle's; where the program is strict, the lower of it and its five-minute average for what is owned, and
        the higher for what is owed.

    Examples
    --------
    >>> btc = SpotMarket(8, 8_000, 9_000, 12_000, 11_000)
    >>> spot_contribution(10**8, 60_000 * PRICE, btc, MarginType.INITIAL)
    Contribution(collateral=48000000000, requirement=0)
    >>> spot_contribution(-(10**8), 60_000 * PRICE, btc, MarginType.MAINTENANCE)
    Contribution(collateral=0, requirement=66000000000)
    """
    worth = token_value(amount, market.decimals, price)
    if amount >= 0:  # and not its worth: at a price that rounds to nothing a debt is worth nothing
        counted = worth if market.is_quote else worth * market.asset_weight(amount, price, kind) // WEIGHT
        return Contribution(counted, 0)
    owed = -worth
    return Contribution(0, owed if market.is_quote else owed * market.liability_weight(-amount, kind) // WEIGHT)


def perp_requirement(size: int, price: int, market: PerpMarket, kind: MarginType, *, quote_price: int = PRICE) -> int:
    """Return what a perpetual's size needs, in quote units.

    Parameters
    ----------
    size
        In billionths, with open orders filled where they make it larger; the sign does not matter.
    quote_price
        The settlement token's; where the program is strict, the higher of the oracle's and its five-minute average.

    Examples
    --------
    >>> perp_requirement(-6147540983, 22_050 * PRICE, PerpMarket(1_000, 500, 1_000), MarginType.INITIAL)
    13555327867
    """
    worth = abs(size) * max(price, 0) // BASE * quote_price // PRICE
    return worth * market.ratio(abs(size), kind) // WEIGHT


def profit_weight(profit: int, market: PerpMarket, kind: MarginType) -> int:
    """Return what a perpetual's profit counts at: losses whole, gains at a weight, which size lowers but to stay.

    Examples
    --------
    >>> market = PerpMarket(1_000, 500, 0, profit_imf_factor=1_000)
    >>> profit_weight(2428278689600, market, MarginType.INITIAL), profit_weight(-5, market, MarginType.INITIAL)
    (4299, 10000)
    """
    if profit <= 0:
        return WEIGHT
    if kind is MarginType.MAINTENANCE:
        return market.maintenance_profit_weight
    return discounted_asset_weight(profit * PROFIT_TO_SIZE, market.profit_imf_factor, market.initial_profit_weight)


def counted_profit(
    profit: int, market: PerpMarket, kind: MarginType, *, quote_price: int = PRICE, initial_cap: int | None = None
) -> int:
    """Return what a perpetual's profit adds to collateral, in quote units.

    Parameters
    ----------
    profit
        In quote units: the size at the oracle's price, less what it cost.
    initial_cap
        Most that the profit of one market counts for initial margin.

    Examples
    --------
    >>> market = PerpMarket(1_000, 500, 0)
    >>> counted_profit(250 * PRICE, market, MarginType.INITIAL, initial_cap=100 * PRICE)
    100000000
    """
    counted = truncated(profit * profit_weight(profit, market, kind), WEIGHT)
    counted = truncated(counted * quote_price, PRICE)
    return min(counted, initial_cap) if kind is MarginType.INITIAL and initial_cap is not None else counted


def worst_size(size: int, bids: int, asks: int) -> int:
    """Return the larger position of two: with all bids filled, or with all asks filled, which are negative.

    Examples
    --------
    >>> worst_size(5, 3, -20), worst_size(5, 15, -20)
    (-15, 20)
    """
    bought, sold = size + bids, size + asks
    return sold if abs(sold) >= abs(bought) else bought
