"""Where an account stands under portfolio margin: what it owns, owes, may borrow, and the ratio of need to value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.margining.models.hyperliquid.account import price_of
from seawall.margining.models.hyperliquid.numbers import CASH, read_collateral
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


class Standing(NamedTuple):
    """Money of A accounts in USDC, `(A,)` each.

    Attributes
    ----------
    equity
        All that is owned less all that is owed.
    cash
        USDC that is there, unrealised profit included; not negative.
    borrowed
        What is owed: USDC below zero, and coins below zero at their price.
    lent, liquidated
        What collateral stands for: when something is borrowed, and when the account is up for liquidation.
    """

    equity: FloatArray
    cash: FloatArray
    borrowed: FloatArray
    lent: FloatArray
    liquidated: FloatArray


def standing(policy: MarginPolicy, book: ResolvedBook, amounts: Mapping[str, FloatArray]) -> Standing:
    """Return what accounts own, owe, and may borrow; NaN where a coin has no price or no loan-to-value.

    Parameters
    ----------
    policy, book
        Loan-to-values and caps, and the market whose prices count.
    amounts
        What A accounts have of each asset, `(A,)` in its units, USDC among them with unrealised profit.
    """
    zero = np.zeros(len(book.book))
    worth, owed, lent, liquidated = zero, zero, zero, zero
    for asset in sorted(amounts):
        amount, price = amounts[asset], price_of(book, asset)
        value = np.where(amount == 0.0, 0.0, amount * price)
        worth, owed = worth + value, owed + np.maximum(-value, 0.0)
        if asset in CASH:
            continue
        numbers = read_collateral(policy, asset)
        share, cap = (np.nan, np.nan) if numbers is None else (numbers.loan_to_value, numbers.supply_cap)
        owned = amount > 0.0
        counted = np.where(owned, np.minimum(amount, cap) * price, 0.0)
        lent = lent + np.where(owned, counted * share, 0.0)
        liquidated = liquidated + np.where(owned, counted * liquidation_share(share), 0.0)
    cap = policy.number("portfolio.borrow_cap")
    return Standing(worth, np.maximum(amounts["USDC"], 0.0), owed, np.minimum(lent, cap), np.minimum(liquidated, cap))


def liquidation_share(loan_to_value: float) -> float:
    """Return the share of collateral that counts when an account is up for liquidation: half-way to all of it.

    Examples
    --------
    >>> liquidation_share(0.5)
    0.75
    """
    return 0.5 + 0.5 * loan_to_value


def ratio(required: FloatArray, value: FloatArray) -> FloatArray:
    """Return required over liquidation value: 0 where nothing is required, infinite where nothing stands against it.

    Examples
    --------
    >>> ratio(np.array([0.0, 95.0, 1.0]), np.array([0.0, 100.0, 0.0])).tolist()
    [0.0, 0.95, inf]
    """
    with np.errstate(over="ignore"):  # next to nothing stands against it: larger than any threshold either way
        over = np.divide(required, value, out=np.full(np.shape(value), np.inf), where=~(value <= 0.0))
    return np.asarray(np.where(required == 0.0, 0.0, over), dtype=np.float64)


def needed_offset(policy: MarginPolicy, borrowed: FloatArray, open_now: BoolArray) -> FloatArray:
    """Return what is needed beside all else, `(A,)`: where there is a loan or a position, and else nothing."""
    return np.where(open_now | (borrowed > 0.0), policy.number("portfolio.min_borrow_offset"), 0.0)
