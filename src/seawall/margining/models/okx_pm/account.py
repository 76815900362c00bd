"""What stands behind an account's requirement: equity after discounts, and what it has borrowed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.brackets import bracketed
from seawall.margining.blocks.equity import Equity, equity_in
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.models.okx_pm.numbers import discount
from seawall.market import Exposure
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


@dataclass(frozen=True)
class Funds:
    """Equity of A accounts by asset, in units of it and in USD.

    Attributes
    ----------
    equities
        Cash, option value and unrealised profit by asset.
    worth, counted
        `(A,)` USD by asset: all of it, and what of it counts as margin.
    """

    equities: dict[str, Equity]
    worth: dict[str, FloatArray]
    counted: dict[str, FloatArray]

    @property
    def equity(self) -> FloatArray:
        """All equity in USD, `(A,)`."""
        return _sum(self.worth)

    @property
    def adjusted(self) -> FloatArray:
        """Equity after discounts in USD, `(A,)`: what the requirement is held against."""
        return _sum(self.counted)

    @property
    def liability(self) -> FloatArray:
        """What is owed in all currencies together, USD, `(A,)`."""
        return _sum({asset: np.maximum(-amount, 0.0) for asset, amount in self.worth.items()})

    def spot(self, asset: str, accounts_count: int) -> FloatArray:
        """Return coins that may hedge contracts: cash and unrealised profit, without the value of options."""
        found = self.equities.get(asset)
        return np.zeros(accounts_count) if found is None else found.cash + found.unrealised


def _sum(amounts: dict[str, FloatArray]) -> FloatArray:
    """Return the sum in the order of the assets' names, so that other accounts' assets change no last bit."""
    total = np.zeros(len(next(iter(amounts.values()))))
    for amount in amounts.values():
        total = total + amount
    return total


def funds_of(policy: MarginPolicy, book: ResolvedBook, leaning: Exposure) -> Funds:
    """Return the equity of every account. An asset without a discount rate is NaN for those who have any of it."""
    assets = sorted({"USD", *book.snapshot.table.settlements, *book.book.assets})
    equities = {asset: equity_in(asset, book, leaning) for asset in assets}
    worth, counted = {}, {}
    for asset, part in equities.items():
        price, some = usd_price(book, asset), part.total != 0.0
        worth[asset] = np.where(some, part.total * price, 0.0)
        counted[asset] = np.where(some, discounted(policy, asset, part.total, price), 0.0)
    return Funds(equities, worth, counted)


def discounted(policy: MarginPolicy, asset: str, amount: FloatArray, price: float) -> FloatArray:
    """Return what amounts of an asset count as margin, USD: positive ones tier by tier, negative ones whole."""
    rates_path = discount(asset, "rates")
    if not policy.has(rates_path):
        return np.full(amount.shape, np.nan)
    bounds, rates = policy.numbers(discount(asset, "bounds")), policy.numbers(rates_path)
    owned = np.maximum(amount, 0.0)
    if policy.word("general.discount_unit") == "usd":
        kept = bracketed(owned * price, bounds, rates)
    else:
        kept = bracketed(owned, bounds, rates) * price
    return kept + np.minimum(amount, 0.0) * price
