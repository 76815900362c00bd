"""How a basis moves prices: forwards by the carry over the time that is left, perpetuals by their gap, and funding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.pricing.grid import OptionGrid, option_grid
from seawall.scenarios import ScenarioSet


def carried(moves: FloatArray, carry: FloatArray, years: FloatArray, elapsed_years: FloatArray) -> FloatArray:
    """Return the moves of forwards with `years` left today, `(S, G)`: `(1 + spot move) exp(carry * time left) - 1`."""
    left = np.maximum(years - elapsed_years[:, None], 0.0)
    return (1.0 + moves) * np.exp(carry * left) - 1.0


def moves_beside_spot(snapshot: MarketSnapshot, scenarios: ScenarioSet, rows: IntArray, column: IntArray) -> FloatArray:
    """Return the relative moves of futures, perpetuals and spot, `(S, n)`, for scenarios that have a basis."""
    basis = scenarios.basis
    assert basis is not None
    moves = scenarios.spot[:, column]
    future, perpetual = (snapshot.table.is_kind(kind)[rows] for kind in (Kind.FUTURE, Kind.PERPETUAL))
    years = np.where(future, snapshot.years[rows], 0.0)  # never infinite times zero
    moves = carried(moves, basis.carry[:, column], years, scenarios.elapsed_years)
    return np.where(perpetual, (1.0 + moves) * (1.0 + basis.perpetual[:, column]) - 1.0, moves)


def funding_paid(snapshot: MarketSnapshot, scenarios: ScenarioSet, rows: IntArray, column: IntArray) -> FloatArray:
    """Return what one unit of size pays in funding, `(S, n)`, in its settlement asset: a share of today's notional."""
    basis = scenarios.basis
    assert basis is not None
    table, mark = snapshot.table, snapshot.mark[rows]
    perpetual = table.is_kind(Kind.PERPETUAL)[rows]
    inverse = table.inverse[rows]
    with np.errstate(divide="ignore", over="ignore"):  # a mark near 0 is no market's
        notional = np.where(inverse, 1.0 / np.where(inverse, mark, 1.0), mark)
    paid = basis.funding[:, column] * notional
    return np.where(perpetual, paid, 0.0)


def by_expiry(grid: OptionGrid, years: FloatArray) -> tuple[OptionGrid, IntArray, FloatArray]:
    """Return the grid with a group for each underlying and expiry, the group it was before, and its years, `(G,)`."""
    levels, level = np.unique(years, return_inverse=True)
    pairs, group = np.unique(grid.underlying * len(levels) + level, return_inverse=True)
    cut = option_grid(grid.forward, grid.strike, grid.side > 0.0, group)  # only its runs are wanted
    apart = replace(grid, underlying=cut.underlying, run_start=cut.run_start, run_underlying=cut.run_underlying)
    return apart, pairs // len(levels), levels[pairs % len(levels)]
