"""The P&L tensor: what one unit of each instrument gains in each scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import FloatArray, IntArray, frozen
from seawall.scenarios import ScenarioSet


@dataclass(frozen=True, repr=False)
class PnlTensor:
    """Profit and loss of **one unit of size** of N instruments in S scenarios.

    A unit is one USD for inverse futures and perpetuals, one unit of the base asset for everything else, so that a
    position's column is its size times this one. It stays in the settlement asset; `asset_prices` turns it into
    USD at the *shocked* price.

    Attributes
    ----------
    scenarios
        The S scenarios.
    pnl
        `(S, N)`, settlement asset per unit of size; a column of NaN is an instrument that could not be valued.
    assets
        Settlement assets, the C axis.
    asset_prices
        `(S, C)`, USD per unit of each asset under each scenario.
    failures
        Why a column is NaN, by column. A failure is never a zero.
    """

    scenarios: ScenarioSet
    pnl: FloatArray
    assets: tuple[str, ...]
    asset_prices: FloatArray
    failures: Mapping[int, str]

    def __post_init__(self) -> None:
        assert self.pnl.ndim == 2 and len(self.pnl) == len(self.scenarios), "pnl is (S, N)"
        assert self.asset_prices.shape == (len(self.scenarios), len(self.assets)), "asset_prices is (S, C)"
        object.__setattr__(self, "pnl", frozen(self.pnl))
        object.__setattr__(self, "asset_prices", frozen(self.asset_prices))

    def __repr__(self) -> str:
        scenarios_count, instruments_count = self.pnl.shape
        return f"PnlTensor({scenarios_count} scenarios, {instruments_count} instruments, {len(self.failures)} failed)"

    def take(self, rows: IntArray) -> PnlTensor:
        """Return the given scenarios, in the given order."""
        return self.cut(self.scenarios.take(rows), rows)

    def cut(self, scenarios: ScenarioSet, rows: IntArray) -> PnlTensor:
        """Return the rows that stand for some scenarios, in their order; a stretch of rows is not copied."""
        stretch = len(rows) > 0 and bool((np.diff(rows) == 1).all())
        mine = slice(int(rows[0]), int(rows[-1]) + 1) if stretch else rows
        return replace(self, scenarios=scenarios, pnl=self.pnl[mine], asset_prices=self.asset_prices[mine])
