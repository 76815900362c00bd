"""Equity asset by asset, what of it counts, and loans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.collateral_tiers import counted
from seawall.margining.blocks.equity import equity_in
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.short_option_rates import MarginPair
from seawall.margining.models.binance_pm.numbers import collateral_paths, knows, loan_leverage, loan_rate, tiers
from seawall.market import Exposure
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

BORROWED = "borrowed"
"""Charge under which an account states its loans, in units of the asset."""


@dataclass(frozen=True, slots=True)
class AssetEquity:
    """One asset of A accounts, `(A,)` each in USD: futures and cash, what counts of them, option value beside them."""

    actual: FloatArray
    counted: FloatArray
    options: FloatArray


@dataclass(frozen=True, slots=True)
class Collateral:
    """All assets of A accounts, in USD; collateral that can't be counted, and why."""

    assets: dict[str, AssetEquity]
    refused: dict[str, str]

    def total(self, name: str, accounts_count: int) -> FloatArray:
        """Return one column summed over all assets, `(A,)`."""
        summed = np.zeros(accounts_count)
        for asset in self.assets.values():
            summed = summed + getattr(asset, name)
        return summed


def collateral(policy: MarginPolicy, book: ResolvedBook, leaning: Exposure) -> Collateral:
    """Return equity by asset; an asset's missing price or rate touches only those who have it."""
    assets, refused = {}, {}
    for asset in sorted({*book.snapshot.table.settlements, *book.book.assets}):
        price, rated = usd_price(book, asset), tiers(policy, asset)
        part = equity_in(asset, book, leaning)
        amount = part.cash + part.unrealised
        actual = np.where(amount == 0.0, 0.0, amount * price)
        options = np.where(part.options_market_value == 0.0, 0.0, part.options_market_value * price)
        admitted = np.where(amount == 0.0, 0.0, counted(actual, rated.floor, rated.rate))
        assets[asset] = AssetEquity(actual, admitted, options)
        if not knows(policy, collateral_paths(asset)):
            refused[asset] = f"{asset}: {policy.id} has no collateral rate for it"
    return Collateral(assets, refused)


def loans(book: ResolvedBook) -> FloatArray:
    """Return loans by asset in its own units, `(A, C)`: those stated, and else negative balances."""
    stated = book.book.charges.get(BORROWED)
    owed = np.maximum(-book.book.balances, 0.0)
    return owed if stated is None else np.where((stated != 0.0).any(axis=1)[:, None], stated, owed)


def loan_margins(policy: MarginPolicy, book: ResolvedBook) -> MarginPair:
    """Return the margin of each account's loans in USD, `(A,)`."""
    worth = np.zeros(len(book.book))
    owed = loans(book)
    for c, price in enumerate(book.asset_prices):  # asset by asset, so that other accounts' assets change no last bit
        worth = worth + np.where(owed[:, c] == 0.0, 0.0, owed[:, c] * price)
    return loan_margin(policy, worth)


def loan_margin(policy: MarginPolicy, worth: FloatArray) -> MarginPair:
    """Return the margin of loans of a worth, of the same shape; initial margin is never below maintenance."""
    kept = worth * loan_rate(policy)
    return MarginPair(np.maximum(worth / (loan_leverage(policy) - 1.0), kept), kept)
