"""A plain grid: every price move with every volatility shock, and the worst loss in it, underlying by underlying."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.scenario_grid import GridSpec
from seawall.margining.blocks.usd import sums_of, usd_pnl
from seawall.margining.model import RiskMatrix
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet, VolShock, grid


class GridLoss(NamedTuple):
    """Profit and loss in each cell `(A, S)`, the worst loss and the cell that it is in, -1 where nothing is lost."""

    pnl: FloatArray
    loss: FloatArray
    scenario: IntArray


def plain_grid(price_range: float, steps_count: int, shocks: Mapping[str, VolShock]) -> GridSpec:
    """Return a grid without far moves."""
    return GridSpec(price_range, steps_count, shocks, (), "")


def grid_scenarios(specs: Mapping[str, GridSpec]) -> ScenarioSet:
    """Return the grids of several underlyings on one axis, prices outermost; all have equally many cells.

    Examples
    --------
    >>> from seawall.scenarios import Relative
    >>> spec = plain_grid(0.2, 5, {"down": Relative(-0.3), "same": Relative(0.0), "up": Relative(0.3)})
    >>> len(grid_scenarios({"BTC": spec})), spec.binding(0).label
    (33, '-20 %, vol down')
    """
    if not specs:
        return ScenarioSet.spot_moves((), (), np.zeros((0, 0)))
    first = specs[min(specs)]
    return grid(
        {name: spec.moves.tolist() for name, spec in specs.items()},
        {name: list(spec.vol_shocks.values()) for name, spec in specs.items()},
        vol_names=list(first.vol_shocks),
        price_names=[f"price {k + 1}" for k in range(len(first.moves))],
    )


def grid_loss(held: Holdings, unit: FloatArray, spot: FloatArray | float = 0.0) -> GridLoss:
    """Return the worst loss of some holdings.

    Parameters
    ----------
    unit
        `(S, N)` profit and loss of one unit of size in USD.
    spot
        `(A, S)` what spot that hedges them gains.
    """
    pnl = sums_of(held, unit) + spot
    lowest = np.argmin(pnl, axis=1)
    loss = 0.0 - np.minimum(np.take_along_axis(pnl, lowest[:, None], axis=1)[:, 0], 0.0)
    return GridLoss(pnl, loss, np.where(loss > 0.0, lowest, -1).astype(np.int64))


def grid_matrix(book: ResolvedBook, base: str, spec: GridSpec, pnl: PnlTensor, found: GridLoss) -> RiskMatrix:
    """Return the grid of one underlying for a book of one account, instrument by instrument."""
    table, held = book.snapshot.table, book.positions
    mine = np.flatnonzero(of_underlying(book, base)[held.columns])
    lines = usd_pnl(book, pnl)[: spec.cells_count, held.columns[mine]] * held.sizes[mine]
    spot = found.pnl[0] - lines.sum(axis=1)
    hedged = bool(np.abs(spot).max(initial=0.0) > 1e-9 * max(1.0, float(np.abs(lines).max(initial=0.0))))
    scenario = max(int(found.scenario[0]), 0)
    return RiskMatrix(
        name=f"{base}.grid", underlying=base, currency="USD", price_moves=tuple(spec.moves.tolist()),
        vol_names=tuple(spec.vol_shocks), standard=found.pnl[0].reshape(len(spec.moves), len(spec.vol_shocks)),
        extended_moves=(), extended=np.zeros(0), extended_vol="",
        lines=(*(table.names[held.columns[i]] for i in mine), *(["spot in use"] if hedged else [])),
        line_standard=np.vstack([lines.T, *([spot[None, :]] if hedged else [])]),
        line_extended=np.zeros((len(mine) + hedged, 0)), worst=float(found.loss[0]), worst_scenario=scenario,
        binding=spec.binding(scenario),
    )  # fmt: skip


def most_losing(losses: Mapping[str, GridLoss], names: tuple[str, ...], count: int) -> tuple[IntArray, IntArray]:
    """Return scenario and underlying of the greatest loss of each account, `(A,)` each, -1 where nothing is lost."""
    table = np.array([found.loss for found in losses.values()]).reshape(len(losses), count)
    losing = table.max(axis=0, initial=0.0) > 0.0
    which = np.where(losing, np.argmax(table, axis=0), -1) if len(losses) else np.full(count, -1)
    scenario = np.full(count, -1, np.int64)
    for b, found in enumerate(losses.values()):
        scenario = np.where(which == b, found.scenario, scenario)
    where = np.array([names.index(base) for base in losses] + [-1], dtype=np.int64)
    return scenario, where[which]
