"""Two questions that every model asks of a resolved book."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.portfolio import ResolvedBook


def usd_price(book: ResolvedBook, asset: str) -> float:
    """Return USD per unit of an asset; NaN where the snapshot has no index for it, so that its holders see none."""
    if asset == "USD":
        return 1.0
    price = book.snapshot.index.get(asset, np.nan)
    return float(price) if price > 0.0 else np.nan


def of_underlying(book: ResolvedBook, base: str) -> BoolArray:
    """Return which instruments follow an underlying, `(N,)`."""
    return np.array([underlying == base for underlying in book.snapshot.table.underlying], dtype=np.bool_)
