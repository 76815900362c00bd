"""Unavailable is not zero: which netting sets can be valued, and why the others can't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.core.reasons import grouped
from seawall.margining.model import Requirement
from seawall.portfolio import ResolvedBook


@dataclass(frozen=True)
class Availability:
    """What stands in the way of R netting sets.

    Attributes
    ----------
    book
        Whose; it knows prices that the snapshot lacks.
    revaluation_failures
        Rows of the snapshot's table that could not be revalued, and why.
    requirement
        The netting sets; it knows what the policy has no rule for.
    """

    book: ResolvedBook
    revaluation_failures: Mapping[int, str]
    requirement: Requirement

    @cached_property
    def failures(self) -> Mapping[int, str]:
        """Why an instrument can't be valued or margined, by row of the snapshot's table."""
        if not self.requirement.reads_prices:
            return self.requirement.refused
        return {**self.revaluation_failures, **self.book.unavailable, **self.requirement.refused}

    @cached_property
    def counted(self) -> BoolArray:
        """Assets that an account has a balance or a stated charge in, `(A, C)`."""
        amounts = [self.book.book.balances, *self.book.book.charges.values()]
        return np.asarray(np.any([amount != 0.0 for amount in amounts], axis=0), dtype=np.bool_)

    @cached_property
    def failed(self) -> BoolArray:
        """Netting sets that hold something that can't be valued, `(R,)`: all of such a netting set is unavailable.

        A cross account's takes in all that it holds; another only what settles in its currency.
        """
        need, table = self.requirement, self.book.snapshot.table
        failed = np.zeros(len(need), np.bool_)
        for code, currency in enumerate(need.currencies):
            columns = np.zeros(len(table), np.bool_)
            columns[[n for n in self.failures if self._takes_in(table.settlement[n], currency)]] = True
            accounts = np.zeros(len(self.book.book), np.bool_)
            for held in (self.book.positions, self.book.orders):
                accounts[held.rows[columns[held.columns]]] = True
            listed = enumerate(self.book.book.assets)
            gone = [c for c, asset in listed if self._takes_in(asset, currency) and self._asset_reason(c, asset)]
            accounts |= self.counted[:, gone].any(axis=1)
            failed |= (need.currency == code) & accounts[need.account]
        return failed | np.isin(need.account, list(need.refused_accounts))

    def reason(self, r: int) -> str:
        """Say why netting set `r` has no number: each instrument or asset that could not be valued."""
        need, table = self.requirement, self.book.snapshot.table
        a, currency = int(need.account[r]), need.currencies[need.currency[r]]
        reasons = []
        for held in (self.book.positions, self.book.orders):
            columns = held.columns[held.indptr[a] : held.indptr[a + 1]].tolist()
            mine = [n for n in columns if self._takes_in(table.settlement[n], currency)]
            reasons += [self.failures[n] for n in mine if n in self.failures]
        for c, asset in enumerate(self.book.book.assets):
            if self.counted[a, c] and self._takes_in(asset, currency) and (why := self._asset_reason(c, asset)):
                reasons.append(why)
        if a in need.refused_accounts:
            reasons.append(need.refused_accounts[a])
        return grouped(reasons) or "its amounts are too large to add up"

    def _takes_in(self, asset: str, currency: str) -> bool:
        return self.requirement.cross or asset == currency

    def _asset_reason(self, c: int, asset: str) -> str:
        """Say why collateral in column `c` can't be counted; empty where it can.

        A segregated netting set counts in its own currency and needs no price of it.
        """
        no_price = self.book.unavailable_assets.get(c, "")
        refused = self.requirement.refused_assets.get(asset, "")
        if not self.requirement.cross and not refused:
            return ""
        return "; ".join(text for text in (no_price, refused) if text)
