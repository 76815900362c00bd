"""Net short options: what a charge on every option sold is counted from."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.portfolio import Holdings, ResolvedBook


def net_short_amount(book: ResolvedBook, held: Holdings, members: BoolArray) -> FloatArray:
    """Return options sold and not bought back at the same strike and expiry, in the base asset, `(A,)`.

    Calls net with puts, and contracts of any settlement with each other; strikes and expiries do not net.

    Parameters
    ----------
    book
        Whose instruments the holdings refer to.
    held
        Positions of A accounts.
    members
        `(N,)` the options that are looked at.
    """
    accounts_count = len(held.indptr) - 1
    mine = held.where(members[held.columns])
    if len(mine) == 0:
        return np.zeros(accounts_count)
    table = book.snapshot.table
    rows = np.flatnonzero(members)
    keys = np.stack([table.expiry_ns[rows].astype(np.float64), table.strike[rows]], axis=1)
    _, of_row = np.unique(keys, axis=0, return_inverse=True)
    group = np.zeros(len(table), np.int64)
    group[rows] = of_row.reshape(-1)
    pair = mine.rows * (len(rows) + 1) + group[mine.columns]
    pairs, of_entry = np.unique(pair, return_inverse=True)
    net = np.bincount(of_entry.reshape(-1), weights=mine.sizes, minlength=len(pairs))
    sold = np.bincount(pairs // (len(rows) + 1), weights=np.maximum(-net, 0.0), minlength=accounts_count)
    return np.asarray(sold, dtype=np.float64)
