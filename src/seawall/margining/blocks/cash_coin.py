"""The coin that a venue keeps its cash in: counted at par, while what is priced in dollars is divided by its price."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.lookups import usd_price
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor


def stable_price(book: ResolvedBook, asset: str) -> float:
    """Return the price of the stable coin, par where the snapshot has no index of it."""
    price = usd_price(book, asset)
    return 1.0 if np.isnan(price) else price


def unit_prices(book: ResolvedBook, pnl: PnlTensor) -> FloatArray:
    """Return USD per unit of each instrument's settlement asset in every scenario, `(S, N)`.

    What settles in dollars of any kind counts at par, as cash does; coin counts at the scenario's price.
    """
    table = book.snapshot.table
    coin = pnl.asset_prices[:, table.settlement_column]
    return np.where(table.inverse, coin, 1.0)
