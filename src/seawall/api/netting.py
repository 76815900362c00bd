"""What netting saves: the margin of a portfolio against its positions one by one."""

from __future__ import annotations

import numpy as np

from seawall.portfolio import Book, Holdings


def stand_alone(book: Book) -> Book:
    """Return a book in which every position of every account is an account of its own, without collateral.

    Accounts are named `<account>/<instrument>`. The sum of their margins over the account's own margin is what netting
    is worth.
    """
    held = book.positions
    count = len(held)
    names = tuple(f"{book.accounts[a]}/{book.instruments[n]}" for a, n in zip(held.rows, held.columns, strict=True))
    each = Holdings(np.arange(count + 1, dtype=np.int64), held.columns, held.sizes, held.entry_prices, held.lines)
    return Book(
        accounts=names,
        instruments=book.instruments,
        positions=each,
        orders=Holdings.empty(count),
        assets=book.assets,
        balances=np.zeros((count, len(book.assets))),
        origin=f"{book.origin}, position by position",
    )
