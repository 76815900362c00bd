"""How much a liquidation takes, at what fee and how fast: numbers in, numbers out, in the program's integers.

Shortages are quote units (millionths of a USDC), prices and fees millionths, weights and ratios ten-thousandths. `None`
stands for *without bound*: more of the trade does not close the shortage, so that all of the position may go.
"""

from __future__ import annotations

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import ten_to
from seawall.margining.models.drift.margin import BASE, PRICE, QUOTE_DECIMALS
from seawall.margining.models.drift.weights import WEIGHT

FEE = 1_000_000
"""A fee of one."""
FEE_TO_RATIO = FEE // WEIGHT
PERCENT = 10_000
"""The whole of what may be liquidated."""
WEIGHT_DETAIL = 10
"""The program multiplies weights by this before it divides, for one more digit."""


def margin_shortage(requirement: int, collateral: int, *, liability: int = 0, buffer_ratio: int = 0) -> int:
    """Return what a liquidation has to make up, in quote units, not below zero.

    Parameters
    ----------
    liability, buffer_ratio
        Worth of what is owed and held as perpetuals, and the share of it, in ten-thousandths, that is asked on top once
        a liquidation has begun.

    Examples
    --------
    >>> margin_shortage(100, 90, liability=1_000, buffer_ratio=200)
    30
    """
    return max(requirement + liability * buffer_ratio // WEIGHT - collateral, 0)


def base_to_cover_shortage(
    shortage: int, *, margin_ratio: int, liquidation_fee: int, if_fee: int, price: int, quote_price: int = PRICE
) -> int | None:
    """Return how much of a perpetual has to be taken over to close a shortage, in billionths.

    Closing frees the margin ratio and costs both fees: the liquidator's and the insurance fund's (`if_fee`).

    Examples
    --------
    >>> base_to_cover_shortage(10 * PRICE, margin_ratio=1_000, liquidation_fee=0, if_fee=0, price=100 * PRICE)
    1000000000
    >>> base_to_cover_shortage(1, margin_ratio=100, liquidation_fee=10_000, if_fee=0, price=PRICE) is None
    True
    """
    ratio = margin_ratio * FEE_TO_RATIO
    if price <= 0 or ratio <= liquidation_fee:
        return None
    freed = price * quote_price // PRICE * (ratio - liquidation_fee) // FEE - price * if_fee // FEE
    return shortage * BASE // freed if freed > 0 else None


def liability_to_cover_shortage(
    shortage: int,
    *,
    asset_weight: int,
    asset_multiplier: int,
    liability_weight: int,
    liability_multiplier: int,
    liability_decimals: int,
    liability_price: int,
    if_fee: int = 0,
) -> int | None:
    """Return how much of a debt has to be taken over, with assets for it, to close a shortage, in token units.

    Parameters
    ----------
    asset_multiplier, liability_multiplier
        One and the liquidator's fee on the asset's side, one less it on the debt's, in millionths.

    Raises
    ------
    InputError
        Where the debt's multiplier is not above 0.

    Examples
    --------
    >>> liability_to_cover_shortage(10 * PRICE, asset_weight=8_000, asset_multiplier=1_100_000, liability_weight=12_000,
    ...     liability_multiplier=900_000, liability_decimals=9, liability_price=100 * PRICE)
    449984250
    """
    _refuse_not_positive(liability_multiplier=liability_multiplier)
    if asset_weight >= liability_weight:
        return None
    lost = asset_weight * WEIGHT_DETAIL * asset_multiplier // liability_multiplier
    freed = liability_price * (liability_weight * WEIGHT_DETAIL - lost)
    freed -= liability_price * if_fee // FEE * liability_weight * WEIGHT_DETAIL
    if freed <= 0:
        return None
    up, down = ten_to(max(liability_decimals - QUOTE_DECIMALS, 0)), ten_to(max(QUOTE_DECIMALS - liability_decimals, 0))
    return shortage * up * PRICE * WEIGHT * WEIGHT_DETAIL // freed // down


def liability_for_asset(
    asset_amount: int,
    *,
    asset_multiplier: int,
    asset_decimals: int,
    asset_price: int,
    liability_multiplier: int,
    liability_decimals: int,
    liability_price: int,
) -> int:
    """Return the debt that an amount of an asset pays off, in token units of the debt.

    Raises
    ------
    InputError
        Where the debt has no price above 0, or the asset no multiplier: any amount would pay off all of it.

    Examples
    --------
    >>> liability_for_asset(2 * 10**9, asset_multiplier=FEE, asset_decimals=9, asset_price=100 * PRICE,
    ...     liability_multiplier=FEE, liability_decimals=6, liability_price=PRICE)
    200000000
    """
    _refuse_not_positive(liability_price=liability_price, asset_multiplier=asset_multiplier)
    up, down = ten_to(max(liability_decimals - asset_decimals, 0)), ten_to(max(asset_decimals - liability_decimals, 0))
    worth = asset_amount * up * asset_price * liability_multiplier
    return worth // (liability_price * asset_multiplier) // down


def liquidation_fee(base_fee: int, max_fee: int, slots_elapsed: int, *, grace_slots: int, fee_per_slot: int) -> int:
    """Return the liquidator's fee: the market's own, and after a time without the user's doing more for each slot.

    Examples
    --------
    >>> [liquidation_fee(10_000, 30_000, slots, grace_slots=1_500, fee_per_slot=1) for slots in (1_499, 1_500, 90_000)]
    [10000, 11500, 30000]
    """
    if slots_elapsed < grace_slots:
        return base_fee
    return min(base_fee + slots_elapsed * fee_per_slot, max_fee)


def liquidatable_share(
    shortage: int, slots_elapsed: int, *, initial_share: int, duration_slots: int, small_shortage: int, freed: int = 0
) -> int:
    """Return the share of a shortage that may be closed now, in ten-thousandths; it grows with time to the whole.

    Parameters
    ----------
    initial_share, duration_slots
        What may be closed at once, and the slots in which the share grows by the whole.
    small_shortage
        A shortage below it is closed at once, and so is none.
    freed
        Margin that this liquidation has freed before.

    Examples
    --------
    >>> [liquidatable_share(1_000 * PRICE, slots, initial_share=1_000, duration_slots=150, small_shortage=50 * PRICE)
    ...     for slots in (0, 75, 150)]
    [1000, 6000, 10000]
    """
    if slots_elapsed < 0:
        raise InputError(Problem("slots_elapsed", slots_elapsed, "a liquidation began now or before"))
    if shortage <= 0 or shortage < small_shortage:
        return PERCENT
    grown = slots_elapsed * PERCENT // duration_slots if duration_slots > 0 else PERCENT
    allowed = (shortage + freed) * min(grown + initial_share, PERCENT) // PERCENT
    return max(allowed - freed, 0) * PERCENT // shortage


def _refuse_not_positive(**divisors: int) -> None:
    problems = [
        Problem(name, number, "what is divided by is above 0") for name, number in divisors.items() if number <= 0
    ]
    if problems:
        raise InputError(problems)
