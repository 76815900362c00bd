"""The scenarios of a portfolio-margin engine that has a grid and far moves, written for each underlying's numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.binding import Binding, side_of
from seawall.scenarios import ScenarioSet, VolShock, grid
from seawall.scenarios.grid import percent


@dataclass(frozen=True, slots=True)
class GridSpec:
    """One underlying's grid: its half-width, its volatility shocks by name, and its far moves.

    Attributes
    ----------
    price_range
        Half-width of the grid, a fraction of the price.
    steps_count
        Price steps on each side of the middle.
    vol_shocks
        Shocks by name, in the venue's order.
    far_moves, far_vol
        Moves beyond the grid and the name of the one shock that goes with them.
    """

    price_range: float
    steps_count: int
    vol_shocks: Mapping[str, VolShock]
    far_moves: tuple[float, ...]
    far_vol: str

    @property
    def moves(self) -> FloatArray:
        """Price moves of the grid, `(2 * steps_count + 1,)`."""
        n = self.steps_count
        return self.price_range * np.arange(-n, n + 1) / n

    @property
    def cells_count(self) -> int:
        """Standard scenarios: price moves times volatility shocks."""
        return (2 * self.steps_count + 1) * len(self.vol_shocks)

    def binding(self, scenario: int) -> Binding:
        """Return a scenario of this underlying as the venue numbers it, and in words."""
        vols = list(self.vol_shocks)
        if scenario < self.cells_count:
            bucket, vol = divmod(scenario, len(vols))
            move = float(self.moves[bucket])
            label = f"{percent(move)}, vol {vols[vol]}"
            return Binding("standard", scenario + 1, bucket + 1, side_of(move), label)
        far = scenario - self.cells_count
        move = self.far_moves[far]
        return Binding("extended", far + 1, far + 1, side_of(move), f"{percent(move)}, vol {self.far_vol}")


def scenario_grid(specs: Mapping[str, GridSpec]) -> ScenarioSet:
    """Return the standard grid and then the far moves, each underlying on its own numbers.

    All underlyings move in the same bucket of the same scenario; a rule that gives no offset between underlyings reads
    each one's worst case by itself.
    """
    names: Sequence[str] = sorted(specs)
    first = specs[names[0]]
    vols = list(first.vol_shocks)
    n = first.steps_count
    standard = grid(
        {name: specs[name].moves.tolist() for name in names},
        {name: list(specs[name].vol_shocks.values()) for name in names},
        vol_names=vols,
        price_names=[f"bucket {k + 1} of {2 * n + 1}" for k in range(2 * n + 1)],
    )
    far = grid(
        {name: specs[name].far_moves for name in names},
        {name: [specs[name].vol_shocks[specs[name].far_vol]] for name in names},
        vol_names=[first.far_vol],
    )
    return standard + far
