"""Equity by asset: cash, the market value of options, and the unrealised profit of futures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.instruments import Kind
from seawall.market import Exposure
from seawall.portfolio import Holdings, ResolvedBook
from seawall.pricing import delta_one


@dataclass(frozen=True, slots=True)
class Equity:
    """Equity of A accounts in one asset, `(A,)` each, in units of that asset."""

    cash: FloatArray
    options_market_value: FloatArray
    unrealised: FloatArray

    @property
    def total(self) -> FloatArray:
        """Cash, option value and unrealised profit together."""
        return self.cash + self.options_market_value + self.unrealised


def equity_in(asset: str, book: ResolvedBook, exposure: Exposure) -> Equity:
    """Return the equity that accounts have in one asset, whatever the policy.

    A future without an entry price carries no unrealised profit: its gains are taken to be in the cash balance
    already, as they are after a daily settlement.
    """
    if exposure is not book.snapshot.exposure:
        return _equity_in(asset, book, exposure)
    return book.once(("equity", asset), lambda: _equity_in(asset, book, exposure))


def _equity_in(asset: str, book: ResolvedBook, exposure: Exposure) -> Equity:
    table, held = book.snapshot.table, book.positions
    accounts_count = len(book.book)
    cash = np.zeros(accounts_count)
    if asset in book.book.assets:
        cash = book.book.balances[:, book.book.assets.index(asset)]
    settles = np.array([settlement == asset for settlement in table.settlements], dtype=np.bool_)
    mine = held.among(settles[table.settlement_column])
    worth = mine.sizes * exposure.market_value[mine.columns]
    return Equity(cash, per_account(mine, worth), per_account(mine, unrealised(mine, book)))


def per_account(held: Holdings, amounts: FloatArray) -> FloatArray:
    """Return the sum of one amount per entry over each account, `(A,)`."""
    summed = np.bincount(held.rows, weights=amounts, minlength=len(held.indptr) - 1)
    return np.asarray(summed, dtype=np.float64)


def per_group(held: Holdings, amounts: FloatArray, groups: IntArray, count: int) -> FloatArray:
    """Return the sum of one amount per entry over each account and group of entries, `(A, G)`.

    Parameters
    ----------
    held, amounts
        Entries of A accounts, and `(nnz,)` what is summed.
    groups, count
        `(nnz,)` which of the G groups each entry is in, such as its expiry.
    """
    accounts_count = len(held.indptr) - 1
    summed = np.bincount(held.rows * count + groups, weights=amounts, minlength=accounts_count * count)
    return np.asarray(summed, dtype=np.float64).reshape(accounts_count, count)


def unrealised(held: Holdings, book: ResolvedBook) -> FloatArray:
    """Return each entry's unrealised profit in its settlement asset, `(nnz,)`; options carry theirs in their value."""
    snapshot = book.snapshot
    entry, mark = held.entry_prices, snapshot.mark[held.columns]
    known = ~np.isnan(entry) & (snapshot.table.kind[held.columns] != Kind.OPTION)
    safe, fair = np.where(known, entry, 1.0), np.where(known, mark, 1.0)  # an option's mark may well be zero
    inverse, linear = delta_one.inverse_pnl(held.sizes, safe, fair), delta_one.linear_pnl(held.sizes, safe, fair)
    return np.where(known, np.where(snapshot.table.inverse[held.columns], inverse, linear), 0.0)
