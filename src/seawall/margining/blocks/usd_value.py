"""Change of value in US dollars: what a contract gains, and what the coins that it is worth already gain."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.lookups import usd_price
from seawall.market import Exposure
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor


def usd_value_change(book: ResolvedBook, pnl: PnlTensor, leaning: Exposure) -> FloatArray:
    """Return the change in USD of the value of one unit of each instrument, `(S, N)`.

    An option of value V coins that gains G coins is worth (V + G) at the moved price, so that its value changes by G at
    that price and by V times the price's move. Futures are worth nothing before they gain.

    Parameters
    ----------
    book
        N instruments and prices now.
    pnl
        Profit and loss in the settlement asset, and prices of assets in every scenario.
    leaning
        Market value per unit of size, `(N,)`.
    """
    column = book.snapshot.table.settlement_column
    now = np.array([usd_price(book, asset) for asset in book.snapshot.table.settlements], dtype=np.float64)[column]
    later = pnl.asset_prices[:, column]
    worth = leaning.market_value
    moved = np.where(worth == 0.0, 0.0, worth * (later - now))
    return np.asarray(pnl.pnl * later + moved, dtype=np.float64)
