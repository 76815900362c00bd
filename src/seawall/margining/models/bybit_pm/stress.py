"""The stress test of one coin: futures, options and the spot hedge over prices and volatilities, in USD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.instruments import Kind
from seawall.margining.blocks.usd import sums_of
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class Market:
    """What one coin's stress test reads of the market, whoever holds what.

    Attributes
    ----------
    base, index
        The coin, and USD for one of it.
    moves
        `(P, V)` relative moves of the price in each scenario; the V volatilities of one price stand together.
    options, futures
        `(N,)` which instruments follow the coin: options, and everything else.
    usd
        `(P * V, N)` USD gained by one unit of size.
    """

    base: str
    index: float
    moves: FloatArray
    options: BoolArray
    futures: BoolArray
    usd: FloatArray

    @property
    def members(self) -> BoolArray:
        """Which instruments follow the coin, `(N,)`."""
        return self.options | self.futures

    @property
    def vols_count(self) -> int:
        """Volatilities at each price."""
        return int(self.moves.shape[1])

    @property
    def prices(self) -> FloatArray:
        """Relative move of each price, `(P,)`."""
        return np.asarray(self.moves[:, 0], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Stress:
    """Profit and loss of A accounts on one coin in USD.

    Attributes
    ----------
    futures, options, spot
        `(A, P, V)`: futures and perpetuals, options, and the spot hedge, counted where it gains. Options alone differ
        by volatility.
    """

    futures: FloatArray
    options: FloatArray
    spot: FloatArray

    @property
    def cells(self) -> FloatArray:
        """Everything together, `(A, P, V)`."""
        return self.futures + self.options + self.spot

    @property
    def worst_options(self) -> FloatArray:
        """Options at the volatility that is worst for all of them together, `(A, P)`."""
        return np.asarray(self.options.min(axis=2), dtype=np.float64)

    def worst(self) -> tuple[FloatArray, IntArray]:
        """Return the largest loss, not negative, and the cell it is in, `(A,)` each.

        At one price futures and spot are the same for all volatilities, so that the cell with the largest loss is the
        worst price with the volatility that is worst for the options there.
        """
        flat = self.cells.reshape(len(self.spot), -1)
        cell = np.argmin(flat, axis=1).astype(np.int64)
        lowest = np.take_along_axis(flat, cell[:, None], axis=1)[:, 0]
        return np.maximum(-lowest, 0.0), cell


def market_of(
    book: ResolvedBook, usd: FloatArray, members: BoolArray, base: str, index: float, moves: FloatArray
) -> Market:
    """Return what one coin's stress test reads, from the tensor in USD."""
    options = members & book.snapshot.table.is_kind(Kind.OPTION)
    return Market(base, index, moves, options, members & ~options, usd)


def stress(held: Holdings, market: Market, spot: FloatArray) -> Stress:
    """Return the stress test of every account.

    Parameters
    ----------
    held
        Positions of A accounts, perhaps with orders added.
    market
        The coin's prices, volatilities and gains.
    spot
        `(A,)` coins that hedge, signed.
    """
    shape = (len(spot), *market.moves.shape)
    futures = sums_of(held.among(market.futures), market.usd).reshape(shape)
    options = sums_of(held.among(market.options), market.usd).reshape(shape)
    return Stress(futures, options, spot_gain(spot, market.index, market.moves))


def spot_gain(spot: FloatArray, index: float, moves: FloatArray) -> FloatArray:
    """Return what coins gain at some moves `(P, V)`, `(A, P, V)`, and nothing where they would lose.

    Examples
    --------
    >>> spot_gain(np.array([-0.5]), 100.0, np.array([[-0.1], [0.0], [0.1]])).tolist()
    [[[5.0], [0.0], [0.0]]]
    """
    worth = np.where(spot == 0.0, 0.0, spot * index)
    return np.maximum(worth[:, None, None] * moves, 0.0)
