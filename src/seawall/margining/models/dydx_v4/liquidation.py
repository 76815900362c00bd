"""When a subaccount is taken over, at which prices, and who pays: numbers in, numbers out, in whole quantums.

Sizes and their changes are in base quantums; a change closes a position, so that its sign is the other one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from seawall.core.errors import InputError, Problem
from seawall.margining.models.dydx_v4.quantums import PPM, Market, Risk


@dataclass(frozen=True, slots=True)
class LiquidationConfig:
    """The chain's liquidation settings.

    Attributes
    ----------
    max_fee_ppm
        Largest fee, as a share of what the fill is worth.
    bankruptcy_adjustment_ppm
        How much faster than the loss of collateral the offered price moves away from the oracle's.
    spread_ppm
        Widest distance of the offered price from the oracle's, as a share of the position's maintenance margin.
    min_position_notional, max_position_ppm, max_subaccount_notional
        What one block may take: at least that of a position, at most that share of it, and that of the subaccount.
    """

    max_fee_ppm: int
    bankruptcy_adjustment_ppm: int
    spread_ppm: int
    min_position_notional: int
    max_position_ppm: int
    max_subaccount_notional: int


def is_liquidatable(total: Risk) -> bool:
    """Return whether a subaccount may be liquidated: it needs maintenance margin and has less.

    Examples
    --------
    >>> is_liquidatable(Risk(499, 1_000, 500)), is_liquidatable(Risk(500, 1_000, 500)), is_liquidatable(Risk(-1, 0, 0))
    (True, False, False)
    """
    return total.maintenance > 0 and total.maintenance > total.collateral


def is_update_allowed(before: Risk, after: Risk) -> bool:
    """Return whether a subaccount may change so: it covers initial margin afterwards, or it is no riskier than before.

    No riskier: it needs no more maintenance margin and has no less collateral for each unit of it. Where one of the two
    states needs none, both have to, and collateral has to grow.

    Examples
    --------
    >>> [is_update_allowed(Risk(90, 200, 100), Risk(collateral, 100, 50)) for collateral in (100, 45, 44)]
    [True, True, False]
    """
    if after.collateral >= after.initial:
        return True
    if before.maintenance == 0 or after.maintenance == 0:
        return before.maintenance == after.maintenance and after.collateral > before.collateral
    if after.maintenance > before.maintenance:
        return False
    return after.collateral * before.maintenance >= before.collateral * after.maintenance


def bankruptcy_quote(total: Risk, market: Market, quantums: int, delta: int) -> int:
    """Return the quote quantums at which a close takes exactly its share of the collateral; a buy's are negative.

    Rounded in favour of the insurance fund.

    Parameters
    ----------
    total
        The subaccount's whole, before the close.
    market
        The perpetual that is closed.
    quantums, delta
        The position, and by how much it changes.

    Raises
    ------
    InputError
        When the change closes nothing or more than there is, or when no maintenance margin is needed.

    Examples
    --------
    >>> from seawall.margining.models.dydx_v4.quantums import Tier
    >>> market = Market(Tier(200_000, 500_000), atomic_resolution=-8, price=50_000, exponent=0)
    >>> bankruptcy_quote(Risk(499_000_000, 1_000_000_000, 500_000_000), market, 10_000_000, -10_000_000)
    4501000000
    """
    _refuse(total, quantums, delta)
    before, after = market.risk(quantums), market.risk(quantums + delta)
    freed = before.maintenance - after.maintenance
    return before.collateral - after.collateral - total.collateral * freed // total.maintenance


def fillable_price(total: Risk, market: Market, quantums: int, delta: int, config: LiquidationConfig) -> Fraction:
    """Return the price that a liquidation order offers, in quote quantums a base quantum, exactly.

    The oracle's price where collateral covers maintenance margin; from there it moves against the subaccount.

    Raises
    ------
    InputError
        As `bankruptcy_quote` does.

    Examples
    --------
    >>> from seawall.margining.models.dydx_v4.quantums import Tier
    >>> market = Market(Tier(200_000, 500_000), atomic_resolution=-8, price=50_000, exponent=0)
    >>> config = LiquidationConfig(5_000, 1_000_000, 100_000, 0, 1_000_000, 10**15)
    >>> fillable_price(Risk(499_000_000, 1_000_000_000, 500_000_000), market, 10_000_000, -10_000_000, config)
    Fraction(49999, 100)
    """
    _refuse(total, quantums, delta)
    own = market.risk(quantums)
    short_of = 1 - Fraction(total.collateral, total.maintenance)
    rating = min(max(short_of * Fraction(config.bankruptcy_adjustment_ppm, PPM), Fraction(0)), Fraction(1))
    return (own.collateral - rating * Fraction(config.spread_ppm * own.maintenance, PPM)) / quantums


def insurance_fund_delta(fill_quote: int, bankruptcy: int, config: LiquidationConfig) -> int:
    """Return what the subaccount pays to the insurance fund for a fill; negative is what the fund pays.

    Parameters
    ----------
    fill_quote
        Quote quantums that the subaccount gets for the fill; negative where it buys.
    bankruptcy
        `bankruptcy_quote` of the same size.

    Examples
    --------
    >>> config = LiquidationConfig(5_000, 1_000_000, 100_000, 0, 1_000_000, 10**15)
    >>> insurance_fund_delta(5_610_000_000, 5_100_000_000, config), insurance_fund_delta(5_000_000, 5_100_000, config)
    (28050000, -100000)
    """
    left = fill_quote - bankruptcy
    return left if left <= 0 else min(left, abs(fill_quote) * config.max_fee_ppm // PPM)


def largest_liquidation(market: Market, quantums: int, config: LiquidationConfig, *, already_notional: int = 0) -> int:
    """Return the quote quantums of a position that one block may still take.

    Parameters
    ----------
    already_notional
        What this block has taken of the subaccount's other positions.

    Examples
    --------
    >>> from seawall.margining.models.dydx_v4.quantums import Tier
    >>> market = Market(Tier(20_000, 600_000), atomic_resolution=-8, price=50_000, exponent=0)
    >>> config = LiquidationConfig(15_000, 1_000_000, 1_500_000, 1_000_000_000, 100_000, 100_000_000_000)
    >>> [largest_liquidation(market, coins * 10**8, config) // 10**6 for coins in (1, 10, 100)]
    [5000, 50000, 100000]
    """
    notional = abs(market.notional(quantums))
    of_position = max(min(config.min_position_notional, notional), notional * config.max_position_ppm // PPM)
    return max(min(of_position, config.max_subaccount_notional - already_notional), 0)


def _refuse(total: Risk, quantums: int, delta: int) -> None:
    if quantums * delta >= 0 or abs(delta) > abs(quantums):
        raise InputError(Problem("delta", delta, f"a liquidation closes some or all of a position, here of {quantums}"))
    if total.maintenance <= 0:
        raise InputError(Problem("maintenance", total.maintenance, "what is liquidated needs maintenance margin"))
