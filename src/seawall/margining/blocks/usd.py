"""Profit and loss in US dollars: what a rule counts in that takes contracts of any settlement together."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray, frozen
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.revaluation.product import scenario_pnl

COMPILED_FROM_PRODUCTS_COUNT = 20_000_000
"""From this many products of a size and a cell on the compiled twin pays for its start (about a second)."""


def usd_pnl(book: ResolvedBook, pnl: PnlTensor) -> FloatArray:
    """Return the tensor in USD at each scenario's own prices, `(S, N)`; one array for all policies that read it."""

    def found() -> FloatArray:
        return np.asarray(pnl.pnl * pnl.asset_prices[:, book.snapshot.table.settlement_column], dtype=np.float64)

    return book.once_for("pnl in USD", pnl, found)


def sums_of(held: Holdings, columns: FloatArray) -> FloatArray:
    """Return the product of a book with columns of any meaning, `(A, S)` from `(S, N)`.

    Twins of the product agree to the last bit, so size alone decides which one works.
    """
    if len(held) == 0 or len(columns) == 0:
        return np.zeros((len(held.indptr) - 1, len(columns)))
    compiled = len(held) * len(columns) >= COMPILED_FROM_PRODUCTS_COUNT
    return scenario_pnl(held.indptr, held.columns, held.sizes, columns, compiled=compiled)


def shared_sums(held: Holdings, columns: FloatArray) -> FloatArray:
    """Return the same, read-only: policies that bring the same columns share the product."""
    return held.once_for("sums", columns, lambda: frozen(sums_of(held, columns)))
