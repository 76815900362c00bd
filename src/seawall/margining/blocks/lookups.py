"""Questions that every model asks of a resolved book."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.portfolio import ResolvedBook


def usd_price(book: ResolvedBook, asset: str) -> float:
    """Return USD per unit of an asset; NaN where the snapshot has no index for it, so that its holders see none."""
    if asset == "USD":
        return 1.0
    price = book.snapshot.index.get(asset, np.nan)
    return float(price) if price > 0.0 else np.nan


def of_underlying(book: ResolvedBook, base: str) -> BoolArray:
    """Return which instruments follow an underlying, `(N,)`."""
    table = book.snapshot.table
    if base not in table.underlyings:
        return np.zeros(len(table), np.bool_)
    return np.asarray(table.underlying_column == table.underlyings.index(base), dtype=np.bool_)


def underlyings_of(book: ResolvedBook, members: BoolArray) -> list[str]:
    """Return the distinct underlyings of some instruments, `(N,)`, sorted."""
    table = book.snapshot.table
    return [table.underlyings[u] for u in np.unique(table.underlying_column[members]).tolist()]


def by_underlying(book: ResolvedBook, number_of: Callable[[str], float]) -> FloatArray:
    """Return one number for each instrument, `(N,)`, asked for once an underlying."""
    table = book.snapshot.table
    return np.array([number_of(base) for base in table.underlyings], dtype=np.float64)[table.underlying_column]
