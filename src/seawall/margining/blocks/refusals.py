"""Sorts of contract, and which of them a policy has no rule for: asked once a sort, however many strikes there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import IntArray
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
    refused = np.array([bool(reason) for reason in reasons], dtype=np.bool_)[which]
    return {n: f"{names[n]}: {reasons[which[n]]}" for n in np.flatnonzero(refused).tolist()}


def sorts_of(book: ResolvedBook) -> tuple[list[Sort], IntArray]:
    """Return the distinct sorts of contract that a book has, and which of them each instrument is, `(N,)`."""
    table = book.snapshot.table
    if not len(table):
        return [], np.zeros(0, np.int64)
    keys = np.stack([table.kind, table.underlying_column, table.settlement_column, table.inverse])
    distinct, which = np.unique(keys, axis=1, return_inverse=True)
    sorts = [
        Sort(Kind(int(kind)), table.underlyings[u], table.settlements[c], bool(inverse))
        for kind, u, c, inverse in distinct.T
    ]
    return sorts, which.ravel()
