"""One coin of every account: its worst loss and its contingencies, before factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.spot_hedge import spot_in_use
from seawall.margining.models.bybit_pm.contingencies import Contingencies, contingencies
from seawall.margining.models.bybit_pm.numbers import CoinNumbers
from seawall.margining.models.bybit_pm.stress import Market, Stress, stress
from seawall.market import Exposure
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class CoinMargin:
    """Maintenance margin of one coin by component in USD, `(A,)` each, and what it was read from.

    Attributes
    ----------
    components
        `worst_case`, `short_option`, `vega_spread`, `stable_spread`, `delta_spread`, `futures`.
    cell
        The cell of the grid that binds; the volatilities of one price stand together.
    spot
        Coins that hedge, signed.
    involved
        Who holds derivatives on the coin; all else of the others is zero.
    """

    components: dict[str, FloatArray]
    cell: IntArray
    spot: FloatArray
    involved: BoolArray

    @property
    def total(self) -> FloatArray:
        """Maintenance margin of the coin's derivatives."""
        return sum(self.components.values(), start=np.zeros(len(self.cell)))


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Everything that a coin's margin is read from: for the margin itself, and for showing it."""

    stress: Stress
    contingencies: Contingencies
    spot: FloatArray


def evaluate_coin(
    book: ResolvedBook,
    held: Holdings,
    exposure: Exposure,
    market: Market,
    numbers: CoinNumbers,
    equity: FloatArray,
    *,
    limited: bool,
) -> Evaluated:
    """Return stress test and contingencies of every account on one coin.

    Parameters
    ----------
    book, held, exposure
        Whose instruments; positions of A accounts, perhaps with orders added; deltas per unit of size.
    market, numbers
        The coin's market and its policy numbers.
    equity
        `(A,)` equity in the coin that may hedge; zeros where spot does not.
    limited
        Only what is against the net delta hedges.
    """
    mine = held.among(market.members)
    net_delta = per_account(mine, mine.sizes * exposure.net_delta[mine.columns])
    spot = spot_in_use(equity, net_delta) if limited else equity
    return Evaluated(
        stress(held, market, spot), contingencies(book, held, exposure, market, numbers, spot), spot
    )  # fmt: skip


def coin_margin(
    book: ResolvedBook,
    held: Holdings,
    exposure: Exposure,
    market: Market,
    numbers: CoinNumbers,
    equity: FloatArray,
    *,
    limited: bool,
) -> CoinMargin:
    """Return the maintenance margin of one coin's derivatives; parameters as in `evaluate_coin`."""
    involved = held.owners(market.members)
    found = evaluate_coin(book, held, exposure, market, numbers, equity, limited=limited)
    worst, cell = found.stress.worst()
    extra = found.contingencies
    components = {
        "worst_case": worst,
        "short_option": extra.short_option,
        "vega_spread": extra.vega_spread,
        "stable_spread": extra.stable_spread,
        "delta_spread": extra.delta_spread,
        "futures": extra.futures,
    }
    # A price that is missing makes those unavailable who hold the coin's derivatives, and nobody else.
    return CoinMargin(
        {name: np.where(involved, amounts, 0.0) for name, amounts in components.items()},
        cell,
        np.where(involved, found.spot, 0.0),
        involved,
    )
