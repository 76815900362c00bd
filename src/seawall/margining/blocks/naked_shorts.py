"""Naked shorts: short options that nothing of the same strike covers."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.instruments import InstrumentTable
from seawall.portfolio import Holdings, ResolvedBook


def strike_groups(table: InstrumentTable) -> IntArray:
    """Return a number for each instrument, `(N,)`: the same for options of one underlying, expiry and strike."""
    group = table.underlying_column
    for column in (_ranks(table.expiry_ns), _ranks(np.nan_to_num(table.strike))):
        group = _ranks(group * (column.max(initial=0) + 1) + column)  # one number a pair, and small again
    return group


def naked_shorts(held: Holdings, book: ResolvedBook) -> FloatArray:
    """Return the size of short options that is left after each strike is netted, calls with puts, `(A,)`.

    A short call is covered by a long put of its own strike and expiry, for the two are a future; an option of another
    strike covers nothing. Contracts of any settlement net with each other.

    Parameters
    ----------
    held
        Options of A accounts.
    book
        Whose instruments the holdings refer to.
    """
    groups = book.once("strike groups", lambda: strike_groups(book.snapshot.table))
    return held.once_for("naked shorts", groups, lambda: net_shorts(held, groups))


def net_shorts(held: Holdings, groups: IntArray) -> FloatArray:
    """Return the size that is short in groups of instruments, `(N,)`, `(A,)`.

    Examples
    --------
    One account is short two calls and long one put of a strike, another is short both.

    >>> held = Holdings.gather(2, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([-2.0, 1.0, -2.0, -1.0]))
    >>> net_shorts(held, np.array([0, 0])).tolist()
    [1.0, 3.0]
    """
    accounts_count = len(held.indptr) - 1
    if len(held) == 0:
        return np.zeros(accounts_count)
    count = int(groups.max()) + 1
    pairs, which = np.unique(held.rows * count + groups[held.columns], return_inverse=True)
    net = np.bincount(which.ravel(), weights=held.sizes, minlength=len(pairs))
    short = np.maximum(0.0 - net, 0.0)
    summed = np.bincount(pairs // count, weights=short, minlength=accounts_count)
    return np.asarray(summed, dtype=np.float64)


def _ranks(numbers: FloatArray | IntArray) -> IntArray:
    """Return the place of each number among the distinct ones, `(N,)`."""
    return np.unique(numbers, return_inverse=True)[1].ravel().astype(np.int64)
