"""Netting sets: what is margined together. A segregated account has one for each settlement currency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.portfolio import ResolvedBook


@dataclass(frozen=True)
class NettingSet:
    """One portfolio: what it counts in, and which instruments belong to it, `(N,)`.

    `first` marks the one that takes in accounts that hold nothing at all, so that none goes missing.
    """

    currency: str
    members: BoolArray
    cross: bool
    first: bool


def netting_sets(book: ResolvedBook, *, cross: bool) -> list[NettingSet]:
    """Return the netting sets of a book: all in USD for cross accounts, else one for each currency that is held."""
    table = book.snapshot.table
    if cross:
        return [NettingSet("USD", np.ones(len(table), np.bool_), cross=True, first=True)]
    currencies = sorted({*table.settlements, *book.book.assets}) or ["USD"]
    return [
        NettingSet(
            currency,
            np.asarray(np.array(table.settlements)[table.settlement_column] == currency, dtype=np.bool_),
            cross=False,
            first=i == 0,
        )
        for i, currency in enumerate(currencies)
    ]


def accounts_in(book: ResolvedBook, one: NettingSet) -> BoolArray:
    """Return which accounts have anything in a netting set, `(A,)`; a cross account always has its one."""
    if one.cross:
        return np.ones(len(book.book), np.bool_)
    return book.once(("accounts in", one.currency), lambda: _accounts_in(book, one))


def _accounts_in(book: ResolvedBook, one: NettingSet) -> BoolArray:
    present = _amounts(book.book.balances, book, one.currency) != 0.0
    for held in (book.positions, book.orders):
        present = present | held.owners(one.members)
    for amounts in book.book.charges.values():
        present = present | (_amounts(amounts, book, one.currency) != 0.0)
    if one.first:
        anything = (book.book.balances != 0.0).any(axis=1)
        anything |= (np.diff(book.positions.indptr) > 0) | (np.diff(book.orders.indptr) > 0)
        for amounts in book.book.charges.values():
            anything |= (amounts != 0.0).any(axis=1)
        present = present | ~anything
    return np.asarray(present, dtype=np.bool_)


def stated_charge(book: ResolvedBook, name: str, one: NettingSet) -> FloatArray:
    """Return an order charge that the venue stated, `(A,)` in the netting set's currency; zero where it stated none."""
    amounts = book.book.charges.get(name)
    if amounts is None:
        return np.zeros(len(book.book))
    if not one.cross:
        return _amounts(amounts, book, one.currency)
    total = np.zeros(len(book.book))
    for c, price in enumerate(book.asset_prices):  # asset by asset, so that other accounts' assets change no last bit
        total = total + np.where(amounts[:, c] == 0.0, 0.0, amounts[:, c] * price)
    return total


def _amounts(columns: FloatArray, book: ResolvedBook, currency: str) -> FloatArray:
    assets = book.book.assets
    return columns[:, assets.index(currency)] if currency in assets else np.zeros(len(book.book))
