"""Resolved books in other states of the market, and parts of them before no more market than they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from seawall.portfolio import ResolvedBook
from seawall.risk.moved_book import moved_anchored
from seawall.risk.shift import Move


def narrowed(book: ResolvedBook) -> ResolvedBook:
    """Return a book before no more of the market than it holds."""
    held = np.union1d(book.positions.columns, book.orders.columns)
    if len(held) == len(book.snapshot):
        return book
    market = book.snapshot.take(held)
    place = np.full(len(book.snapshot), -1, np.int64)
    place[held] = np.arange(len(held))
    positions = replace(book.positions, columns=place[book.positions.columns])
    orders = replace(book.orders, columns=place[book.orders.columns])
    compact = replace(book.book, instruments=market.table.names, positions=positions, orders=orders)
    unavailable = {int(place[n]): why for n, why in book.unavailable.items() if place[n] >= 0}
    return replace(book, book=compact, snapshot=market, positions=positions, orders=orders, unavailable=unavailable)


def after(book: ResolvedBook, move: Move, *, paid_in: Mapping[str, str] | None = None) -> ResolvedBook:
    """Return a resolved book after a move: what has expired is cash, and no row of the market any more.

    Its futures have their entry prices already (`anchored`).
    """
    later, market = moved_anchored(book.book, book.snapshot, move, paid_in=paid_in)
    positions, orders, rows = later.positions, later.orders, book.unavailable
    if market.table is not book.snapshot.table:
        kept = np.array([name in market.table for name in later.instruments], np.bool_)
        place = np.cumsum(kept) - 1
        positions = replace(positions, columns=place[positions.columns])
        orders = replace(orders, columns=place[orders.columns])
        rows = {int(place[n]): why for n, why in rows.items() if kept[n]}
    prices = [1.0 if asset == "USD" else market.index.get(asset, np.nan) for asset in later.assets]
    after_book = replace(later, instruments=market.table.names, positions=positions, orders=orders)
    gone = {
        c: f"snapshot {market.name} has no USD index for {asset}"
        for c, (asset, price) in enumerate(zip(later.assets, prices, strict=True))
        if not price > 0.0
    }
    return ResolvedBook(after_book, market, positions, orders, np.array(prices, dtype=np.float64), rows, gone)
