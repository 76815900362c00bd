"""Partial liquidation, and what a shortfall of the exchange takes from withdrawals: numbers in, numbers out.

A position goes to the insurance fund at its mark, less a penalty; all positions shrink by the same share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from seawall.core.errors import InputError, Problem

SLACK = 1e-9
"""Steps of 20 % are meant exactly: five of them make a whole."""


@dataclass(frozen=True, slots=True)
class LiquidationNumbers:
    """The ratio that a liquidation has to get below, its steps, and the penalty as a share of the margin it frees."""

    target_ratio: float
    step: float
    fee_rate: float


@dataclass(frozen=True, slots=True)
class AfterLiquidation:
    """An account after a share of its positions is taken, USD; `ratio` is maintenance margin over account value."""

    share: float
    maintenance: float
    penalty: float
    account_value: float

    @property
    def ratio(self) -> float:
        """Infinite where nothing is left to hold the margin."""
        if self.account_value > 0.0:
            return self.maintenance / self.account_value
        return math.inf if self.maintenance > 0.0 or self.account_value < 0.0 else 0.0


def is_liquidatable(maintenance: float, account_value: float) -> bool:
    """Return whether the margin ratio is above 100 %.

    Examples
    --------
    >>> is_liquidatable(88.8, 80.0), is_liquidatable(80.0, 80.0)
    (True, False)
    """
    return maintenance > account_value


def after_liquidation(
    maintenance: float, account_value: float, share: float, numbers: LiquidationNumbers
) -> AfterLiquidation:
    """Return an account of which a share is taken: `penalty = share * fee_rate * maintenance`.

    Examples
    --------
    >>> after = after_liquidation(88.8, 80.0, 0.4, LiquidationNumbers(0.9, 0.2, 0.5))
    >>> round(after.maintenance, 2), round(after.penalty, 2), round(after.account_value, 2), round(after.ratio, 3)
    (53.28, 17.76, 62.24, 0.856)
    """
    if not 0.0 <= share <= 1.0:
        raise InputError(Problem("share", share, "a liquidation takes a share from 0 to 1"))
    penalty = share * numbers.fee_rate * maintenance
    return AfterLiquidation(share, (1.0 - share) * maintenance, penalty, account_value - penalty)


def liquidation(maintenance: float, account_value: float, numbers: LiquidationNumbers) -> AfterLiquidation:
    """Return the smallest liquidation that brings the ratio below the target; all is taken where none does.

    Nothing is taken of an account that is healthy.

    Examples
    --------
    >>> liquidation(88.8, 80.0, LiquidationNumbers(0.9, 0.2, 0.5)).share
    0.4
    """
    if not is_liquidatable(maintenance, account_value):
        return after_liquidation(maintenance, account_value, 0.0, numbers)
    for count in range(1, math.ceil(1.0 / numbers.step - SLACK)):
        after = after_liquidation(maintenance, account_value, min(count * numbers.step, 1.0), numbers)
        if after.ratio < numbers.target_ratio:
            return after
    return after_liquidation(maintenance, account_value, 1.0, numbers)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What the exchange misses, USDC, and what it has in all."""

    bankruptcy: float
    total_balance: float

    @property
    def factor(self) -> float:
        """Share of each withdrawal that is kept, by the formula of the documentation."""
        return self.bankruptcy / (self.total_balance + self.bankruptcy) if self.bankruptcy > 0.0 else 0.0

    @property
    def factor_of_example(self) -> float:
        """The same as the documentation's own example has it: over the total balance alone."""
        return self.bankruptcy / self.total_balance if self.bankruptcy > 0.0 else 0.0


def shortfall(insurance: float, accounts: Iterable[tuple[float, float]]) -> Shortfall:
    """Return what bankrupt accounts miss beyond the insurance fund.

    Parameters
    ----------
    insurance
        Balance of the insurance fund.
    accounts
        Balance and unrealised profit of each account.

    Examples
    --------
    >>> short = shortfall(1_000.0, [(1_000.0, -3_000.0), (1_000.0, 3_000.0), (1_000.0, 0.0)])
    >>> short.bankruptcy, short.factor, short.factor_of_example
    (1000.0, 0.2, 0.25)
    """
    rows = list(accounts)
    missing = sum(max(0.0, -(balance + unrealised)) for balance, unrealised in rows)
    return Shortfall(max(0.0, missing - insurance), insurance + sum(balance for balance, _ in rows))
