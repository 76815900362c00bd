"""Sorts of contract, and which of them a policy has no rule for: asked once a sort, however many strikes there are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, IntArray
from seawall.instruments import Kind
from seawall.portfolio import ResolvedBook


class Sort(NamedTuple):
    """What a rule can tell contracts apart by, strike and expiry aside."""

    kind: Kind
    underlying: str
    settlement: str
    inverse: bool


def refused_rows(book: ResolvedBook, why: Callable[[Sort], str]) -> dict[int, str]:
    """Return the instruments that a policy has no rule for, by row of the snapshot's table, each with its name and why.

    Parameters
    ----------
    book
        N instruments.
    why
        Says why a sort of contract is refused; empty where it is not.
    """
    names = book.snapshot.table.names
    sorts, which = sorts_of(book)
    reasons = [why(sort) for sort in sorts]
    if not any(reasons):
        return {}
    refused = np.array([bool(reason) for reason in reasons], dtype=np.bool_)[which]
    return {n: f"{names[n]}: {reasons[which[n]]}" for n in np.flatnonzero(refused).tolist()}


def sorts_of(book: ResolvedBook) -> tuple[list[Sort], IntArray]:
    """Return the distinct sorts of contract that a book has, and which of them each instrument is, `(N,)`."""
    return book.once("sorts", lambda: _sorts_of(book))


def _sorts_of(book: ResolvedBook) -> tuple[list[Sort], IntArray]:
    table = book.snapshot.table
    shape = (len(Kind), len(table.underlyings), len(table.settlements), 2)
    keys = (table.kind, table.underlying_column, table.settlement_column, table.inverse)
    codes = np.ravel_multi_index(keys, shape) if len(table) else np.zeros(0, np.int64)  # one number sorts fast
    distinct, which = np.unique(codes, return_inverse=True)
    sorts = [
        Sort(Kind(kind), table.underlyings[u], table.settlements[c], bool(inverse))
        for kind, u, c, inverse in zip(*(axis.tolist() for axis in np.unravel_index(distinct, shape)), strict=True)
    ] if len(table) else []  # fmt: skip
    return sorts, which


def owners_of(book: ResolvedBook, assets: Collection[str]) -> BoolArray:
    """Return which accounts have a balance in one of some assets, owned or owed, `(A,)`.

    A rule that does not take an asset has no number for what its owners have: not what the rest of it is worth.
    """
    columns = [c for c, asset in enumerate(book.book.assets) if asset in assets]
    return np.asarray((book.book.balances[:, columns] != 0.0).any(axis=1), dtype=np.bool_)
