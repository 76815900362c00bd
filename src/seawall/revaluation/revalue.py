"""Full revaluation: every instrument in every scenario, once."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.time import NO_EXPIRY_NS
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.pricing import black76
from seawall.revaluation.tensor import PnlTensor
from seawall.scenarios import ScenarioSet

COMPILED_FROM_CELLS_COUNT = 2_000_000
"""From this many cells on the compiled twin pays for its start (about a second, once in a process)."""
BLOCK_CELLS_COUNT = 1 << 18
"""Cells that the NumPy twin holds at once: a few megabytes for each temporary, whatever the grid's size."""


def revalue(snapshot: MarketSnapshot, scenarios: ScenarioSet, *, compiled: bool | None = None) -> PnlTensor:
    """Return profit and loss per unit of size of every instrument in every scenario.

    Futures, perpetuals and spot follow their payoffs from the mark. An option is priced by Black-76 on the moved
    forward at the shocked volatility, less its mark; inverse options are divided by the moved forward.

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
    failures = _failures(snapshot, scenarios)
    usable = np.ones(len(table), np.bool_)
    usable[list(failures)] = False
    pnl = np.full((len(scenarios), len(table)), np.nan)
    column = np.array(
        [scenarios.underlyings.index(u) if u in scenarios.underlyings else 0 for u in table.underlying], dtype=np.int64
    )
    options = table.is_kind(Kind.OPTION)

    rest = np.flatnonzero(usable & ~options)
    moves = scenarios.spot[:, column[rest]]
    inverse = table.inverse[rest]
    pnl[:, rest] = np.where(inverse, moves / (1.0 + moves) / snapshot.mark[rest], moves * snapshot.mark[rest])

    rows = np.flatnonzero(usable & options)
    if len(rows):
        cells = len(scenarios) * len(rows)
        use_compiled = cells >= COMPILED_FROM_CELLS_COUNT if compiled is None else compiled
        price = _options_compiled if use_compiled else _options_readable
        price(snapshot, scenarios, rows, column[rows], pnl)
    asset_prices = np.array(
        [_price(snapshot, asset) * (1.0 + scenarios.asset_move(asset)) for asset in table.settlements]
    ).T.reshape(len(scenarios), len(table.settlements))
    return PnlTensor(scenarios, pnl, table.settlements, asset_prices, failures)


def _price(snapshot: MarketSnapshot, asset: str) -> float:
    return 1.0 if asset == "USD" else snapshot.index.get(asset, np.nan)


def _failures(snapshot: MarketSnapshot, scenarios: ScenarioSet) -> dict[int, str]:
    """Say why a row can't be valued, for each row that can't."""
    table = snapshot.table
    options = table.is_kind(Kind.OPTION)
    dated = table.expiry_ns != NO_EXPIRY_NS
    reasons: dict[int, str] = {}
    checks: list[tuple[BoolArray, str]] = [
        (~np.isin(np.array(table.underlying), np.array(scenarios.underlyings)), "no scenario moves its underlying"),
        (dated & (table.expiry_ns <= snapshot.time_ns), "it has expired"),
        (np.isnan(snapshot.mark), "the snapshot has no mark price for it"),
        (options & np.isnan(snapshot.forward), "the snapshot has no forward for its expiry"),
        (options & np.isnan(snapshot.vol), "the snapshot has no implied volatility for it"),
    ]
    for failed, reason in checks:
        for i in np.flatnonzero(failed):
            reasons.setdefault(int(i), f"{table.names[i]}: {reason}")
    return reasons


def _shocked(
    snapshot: MarketSnapshot, scenarios: ScenarioSet, rows: IntArray, elapsed_years: float
) -> FloatArray:
    """Return total volatilities `(V, n)`, one row for each distinct shock, after some time has passed."""
    vol, years = snapshot.vol[rows], snapshot.years[rows]
    root = np.sqrt(np.maximum(years - elapsed_years, 0.0))
    return np.array([shock.apply(vol, years) * root for shock in scenarios.vol_shocks])


def _options_readable(
    snapshot: MarketSnapshot, scenarios: ScenarioSet, rows: IntArray, column: IntArray, pnl: FloatArray
) -> None:
    """Fill the options' columns of `pnl` in blocks of scenarios."""
    table = snapshot.table
    forward, strike, mark = snapshot.forward[rows], table.strike[rows], snapshot.mark[rows]
    is_call, inverse = table.is_call[rows], table.inverse[rows]
    across = np.arange(len(rows))
    step = max(1, BLOCK_CELLS_COUNT // len(rows))
    for elapsed in np.unique(scenarios.elapsed_years):
        total_vol = _shocked(snapshot, scenarios, rows, float(elapsed))
        members = np.flatnonzero(scenarios.elapsed_years == elapsed)
        for start in range(0, len(members), step):
            block = members[start : start + step]
            moved = forward * (1.0 + scenarios.spot[block][:, column])
            vols = total_vol[scenarios.vol_index[block][:, column], across]
            price = black76.price(moved, strike, 1.0, vols, is_call=is_call)
            pnl[np.ix_(block, rows)] = np.where(inverse, price / moved, price) - mark


def _options_compiled(
    snapshot: MarketSnapshot, scenarios: ScenarioSet, rows: IntArray, column: IntArray, pnl: FloatArray
) -> None:
    raise NotImplementedError
