"""Books taken apart: without collateral, and position by position, to see what netting is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seawall.portfolio import Book, Holdings


def positions_only(book: Book) -> Book:
    """Return the book without balances, orders and order charges: the risk of its positions alone."""
    return replace(
        book,
        orders=Holdings.empty(len(book)),
        balances=np.zeros_like(book.balances),
        charges={},
        origin=f"{book.origin}, positions only",
    )


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


def stacked(one: Book, two: Book) -> Book:
    """Return the accounts of one book and then those of another over the same instruments and assets.

    Ids may repeat: only rows tell the accounts of such a book apart.
    """
    assert one.instruments == two.instruments and one.assets == two.assets, "stacked books share their columns"
    charges = {
        name: np.concatenate([book.charges.get(name, np.zeros_like(book.balances)) for book in (one, two)])
        for name in sorted({*one.charges, *two.charges})
    }
    return replace(
        one,
        accounts=one.accounts + two.accounts,
        positions=_stacked(one.positions, two.positions),
        orders=_stacked(one.orders, two.orders),
        balances=np.concatenate([one.balances, two.balances]),
        charges=charges,
    )


def _stacked(one: Holdings, two: Holdings) -> Holdings:
    return Holdings(
        np.concatenate([one.indptr, two.indptr[1:] + one.indptr[-1]]),
        np.concatenate([one.columns, two.columns]),
        np.concatenate([one.sizes, two.sizes]),
        np.concatenate([one.entry_prices, two.entry_prices]),
        np.concatenate([one.lines, two.lines]),
    )
