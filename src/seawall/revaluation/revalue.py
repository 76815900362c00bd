"""Full revaluation: every instrument in every scenario, once."""

from __future__ import annotations

from collections.abc import Sequence
from os import cpu_count as _cpu_count

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.time import NO_EXPIRY_NS
from seawall.instruments import InstrumentTable, Kind
from seawall.market import MarketSnapshot
from seawall.pricing import delta_one
from seawall.pricing.grid import OptionGrid, pnl_grid
from seawall.revaluation.basis import by_expiry, carried, funding_paid, moves_beside_spot
from seawall.revaluation.listed import fill_listed
from seawall.revaluation.tensor import PnlTensor
from seawall.scenarios import ScenarioSet

COMPILED_FROM_CELLS_COUNT = 2_000_000
"""From this many cells on the compiled twin pays for its start (about a second, once in a process)."""
BLOCK_CELLS_COUNT = 1 << 22
"""Cells that are valued at once: temporaries take some tens of megabytes, whatever the grid's size."""
THREADS_FROM_CELLS_COUNT = 1_000_000
"""From this many cells in a block on the compiled twin uses all processors."""


def revalue(snapshot: MarketSnapshot, scenarios: ScenarioSet, *, compiled: bool | None = None) -> PnlTensor:
    """Return profit and loss per unit of size of every instrument in every scenario.

    Futures, perpetuals and spot follow their payoffs from the mark. An option is priced by Black-76 on the moved
    forward at the shocked volatility, less its mark; inverse options are divided by the moved forward. The part of a
    forward that is settled already does not move. An option with a stock exchange's terms is worth its discounted value
    on the index, exercised early where it may be. Where the scenarios have a basis, forwards and dated futures move
    with the carry, perpetuals with their gap, and perpetuals pay funding.

    Parameters
    ----------
    snapshot
        N instruments with marks, forwards and volatilities.
    scenarios
        S scenarios.
    compiled
        Use the compiled twin. Left out, the size of the grid decides, so that equal input gives equal output.

    Returns
    -------
    PnlTensor
        `(S, N)`. What can't be valued is a column of NaN with a reason in `failures`.
    """
    table = snapshot.table
    axis = _scenario_axis(table, scenarios)
    column = axis[table.underlying_column]
    failures = _failures(snapshot, column < 0)
    pnl = np.empty((len(scenarios), len(table)))

    rest = np.flatnonzero(~table.is_kind(Kind.OPTION))
    if len(rest) and scenarios.underlyings:  # where nothing moves, every column is a failure
        _fill_delta_one(snapshot, scenarios, rest, column[rest], pnl)
    cells = len(scenarios) * (len(table) - len(rest))
    if cells and scenarios.underlyings:
        use_compiled = cells >= COMPILED_FROM_CELLS_COUNT if compiled is None else compiled
        _fill_options(snapshot, scenarios, axis, pnl, compiled=use_compiled)
        if snapshot.listed is not None:
            fill_listed(snapshot, scenarios, pnl)
    if failures:
        pnl[:, list(failures)] = np.nan
    asset_prices = np.array(
        [_price(snapshot, asset) * (1.0 + scenarios.asset_move(asset)) for asset in table.settlements]
    ).T.reshape(len(scenarios), len(table.settlements))
    return PnlTensor(scenarios, pnl, table.settlements, asset_prices, failures)


def _price(snapshot: MarketSnapshot, asset: str) -> float:
    if asset == "USD":
        return 1.0
    price = snapshot.index.get(asset, np.nan)
    return price if price > 0.0 else np.nan


def _scenario_axis(table: InstrumentTable, scenarios: ScenarioSet) -> IntArray:
    """Return which column of the scenarios moves each underlying of the table, `(U,)`; -1 where none does."""
    known = scenarios.underlyings
    return np.array([known.index(u) if u in known else -1 for u in table.underlyings], dtype=np.int64)


def _failures(snapshot: MarketSnapshot, unmoved: BoolArray) -> dict[int, str]:
    """Say why a row can't be valued, for each row that can't."""
    table = snapshot.table
    options = table.is_kind(Kind.OPTION)
    dated = table.expiry_ns != NO_EXPIRY_NS
    reasons: dict[int, str] = {}
    checks: list[tuple[BoolArray, str]] = [
        (unmoved, "no scenario moves its underlying"),
        (dated & (table.expiry_ns <= snapshot.time_ns) & ~snapshot.settled, "it has expired"),
        (np.isnan(snapshot.mark), "the snapshot has no mark price for it"),
        (options & np.isnan(snapshot.forward), "the snapshot has no forward for its expiry"),
        (options & np.isnan(snapshot.vol), "the snapshot has no implied volatility for it"),
    ]
    if snapshot.listed is not None:
        unknown = np.array([np.isnan(snapshot.index.get(base, np.nan)) for base in table.underlying], dtype=np.bool_)
        checks.append((options & snapshot.listed.known & unknown, "the snapshot has no price of its underlying"))
    for failed, reason in checks:
        if not failed.any():
            continue
        for i in np.flatnonzero(failed):
            reasons.setdefault(int(i), f"{table.names[i]}: {reason}")
    return reasons


def _fill_delta_one(
    snapshot: MarketSnapshot, scenarios: ScenarioSet, rows: IntArray, column: IntArray, pnl: FloatArray
) -> None:
    """Fill the columns of futures, perpetuals and spot, a block of scenarios at a time."""
    inverse, mark = snapshot.table.inverse[rows], snapshot.mark[rows]
    step = max(1, BLOCK_CELLS_COUNT // len(rows))
    for start in range(0, len(scenarios), step):
        moves = scenarios.spot[start : start + step][:, column]
        if scenarios.basis is not None:
            part = scenarios.take(np.arange(start, min(start + step, len(scenarios))))
            moves = moves_beside_spot(snapshot, part, rows, column)
        with np.errstate(divide="ignore", over="ignore"):  # a mark near 0 is no market's, and margining refuses it
            per_unit = 1.0 / np.where(inverse, mark, 1.0)
        coin = delta_one.inverse_pnl_of_move(per_unit, moves)
        pnl[start : start + step, rows] = np.where(inverse, coin, delta_one.linear_pnl_of_move(1.0, mark, moves))
        if scenarios.basis is not None:
            pnl[start : start + step, rows] -= funding_paid(snapshot, part, rows, column)


def _fill_options(
    snapshot: MarketSnapshot, scenarios: ScenarioSet, axis: IntArray, pnl: FloatArray, *, compiled: bool
) -> None:
    """Fill the options' columns of `pnl`, a block of scenarios at a time."""
    rows, grid = snapshot.option_columns
    whole = len(rows) == pnl.shape[1] and bool((np.diff(rows) == 1).all())
    vol, years = (snapshot.vol, snapshot.years) if whole else (snapshot.vol[rows], snapshot.years[rows])
    underlying, live_share = snapshot.option_moves
    axis = axis[underlying]
    if scenarios.basis is not None:  # forwards of one underlying move apart
        grid, group, left_years = by_expiry(grid, years)
        axis, live_share = axis[group], live_share[group]
    step = max(1, BLOCK_CELLS_COUNT // len(rows))
    states, state = scenarios.vol_states
    shared = _total_vols(scenarios, vol, years, grid, states) if len(states) <= step else None
    if compiled and whole and shared is not None and scenarios.basis is None:
        step = len(scenarios)  # written where it belongs, without temporaries
    for start in range(0, len(scenarios), step):
        block = slice(start, start + step)
        part = scenarios if len(scenarios) <= step else scenarios.take(np.arange(len(scenarios))[block])
        total_vol, vol_row = shared, state[block]
        if total_vol is None:
            states, vol_row = part.vol_states
            total_vol = _total_vols(scenarios, vol, years, grid, states)
        moves = part.spot[:, axis]
        if part.basis is not None:
            moves = carried(moves, part.basis.carry[:, axis], left_years, part.elapsed_years)
        spot, vol_row = np.ascontiguousarray(moves * live_share), np.ascontiguousarray(vol_row[:, axis])
        if compiled:
            from seawall.pricing import compiled as twin  # imports the compiler: never before it is needed

            threads = _cpu_count() or 1 if len(spot) * len(rows) >= THREADS_FROM_CELLS_COUNT else 1
            out = pnl[block] if whole else None  # a chain of nothing but options is written where it belongs
            found = twin.pnl_grid(grid, spot, total_vol, vol_row, out=out, threads=threads)
        else:
            found, out = pnl_grid(grid, spot, total_vol, vol_row), None
        if out is None:
            pnl[block, rows] = found


def _total_vols(
    scenarios: ScenarioSet, vol: FloatArray, years: FloatArray, grid: OptionGrid, states: Sequence[tuple[int, float]]
) -> FloatArray:
    """Return the total volatilities of each pair of shock and elapsed time, `(V, n)`."""
    found, log_strike = np.empty((len(states), len(vol))), -grid.log_moneyness
    root = {elapsed: np.sqrt(np.maximum(years - elapsed, 0.0)) for _, elapsed in states}
    for row, (shock, elapsed) in enumerate(states):
        np.multiply(scenarios.vol_shocks[shock].apply(vol, years, log_strike), root[elapsed], out=found[row])
    return found
