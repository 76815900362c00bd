"""From a snapshot to margins: the grid of a chain, a wide grid, and whole books, each beside its plain peer.

python benchmarks/revaluation.py
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import seawall as sw
from seawall.instruments import InstrumentTable, Option
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, Holdings
from seawall.revaluation import revalue
from seawall.scenarios import ScenarioSet, TermScaled, Unchanged, grid

OPTIONS_COUNT = 1_000
WIDE_OPTIONS_COUNT, WIDE_SCENARIOS_COUNT = 10_000, 1_000
ACCOUNTS_COUNT, POSITIONS_COUNT = 100_000, 20
Row = dict[str, Any]


def chain(count: int) -> MarketSnapshot:
    """Return a chain of inverse options: ten expiries, strikes around the forward, a smile."""
    rng = np.random.default_rng(1)
    days = np.repeat([2, 7, 14, 30, 60, 90, 120, 180, 270, 360], count // 10)
    strike = 60_000.0 * np.exp(rng.normal(0.0, 0.3, count))
    table = InstrumentTable.of(
        Option(name=f"O{i}", underlying="BTC", quote="USD", settlement="BTC", strike=float(strike[i]),
               expiry_ns=int(days[i]) * 86_400 * 10**9, is_call=bool(i % 2), inverse=True)
        for i in range(count)
    )  # fmt: skip
    vol = 0.5 + 0.2 * np.log(strike / 60_000.0) ** 2
    return MarketSnapshot.of(
        table, name="chain", venue="none", source="made", time_ns=0, index={"BTC": 60_000.0},
        forward=np.full(count, 60_000.0), vol=vol, mark=np.full(count, 0.05),
    )  # fmt: skip


def deribit_grid() -> ScenarioSet:
    shocks = [TermScaled(0.4, 0.3, 0.13, 0.5), Unchanged(), TermScaled(-0.25, 0.3, 0.13)]
    return grid({"BTC": np.linspace(-0.16, 0.16, 9).tolist()}, {"BTC": shocks}, vol_names=["up", "same", "down"])


def with_scipy(snapshot: MarketSnapshot, scenarios: ScenarioSet) -> np.ndarray:
    """Return the same grid as most people would write it: whole arrays, SciPy's normal distribution."""
    from scipy.special import ndtr

    table = snapshot.table
    forward = snapshot.forward * (1.0 + scenarios.spot)
    log_strike = np.log(table.strike / snapshot.forward)
    vols = np.array([shock.apply(snapshot.vol, snapshot.years, log_strike) for shock in scenarios.vol_shocks])
    total = vols[scenarios.vol_index[:, 0]] * np.sqrt(snapshot.years)
    d1 = np.log(forward / table.strike) / total + total / 2.0
    sign = np.where(table.is_call, 1.0, -1.0)
    price = sign * (forward * ndtr(sign * d1) - table.strike * ndtr(sign * (d1 - total)))
    return np.asarray(price / forward - snapshot.mark)


def crowd(snapshot: MarketSnapshot) -> Book:
    rng = np.random.default_rng(2)
    patterns = np.concatenate([rng.choice(len(snapshot), POSITIONS_COUNT, replace=False) for _ in range(1_000)])
    columns = np.resize(patterns, ACCOUNTS_COUNT * POSITIONS_COUNT)
    lot = np.where(snapshot.table.lot > 0.0, snapshot.table.lot, 1.0)
    sizes = rng.choice([-30.0, -10.0, -1.0, 1.0, 10.0, 30.0], len(columns)) * lot[columns]
    rows = np.repeat(np.arange(ACCOUNTS_COUNT), POSITIONS_COUNT)
    return Book(
        accounts=tuple(f"account-{a}" for a in range(ACCOUNTS_COUNT)),
        instruments=snapshot.table.names,
        positions=Holdings.gather(ACCOUNTS_COUNT, rows, columns, sizes),
        orders=Holdings.empty(ACCOUNTS_COUNT),
        assets=("BTC",),
        balances=np.full((ACCOUNTS_COUNT, 1), 5.0),
    )


def timed(action: Callable[[], object], *, repeats: int) -> tuple[float, float]:
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3, statistics.median(times) * 1e3


def run() -> list[Row]:
    rows: list[Row] = []

    def add(name: str, cells: int, action: Callable[[], object], repeats: int) -> None:
        least, median = timed(action, repeats=repeats)
        rows.append(
            {
                "name": name,
                "cells_count": cells,
                "min_ms": least,
                "median_ms": median,
                "ns_per_cell": least * 1e6 / cells,
            }
        )

    small, scenarios = chain(OPTIONS_COUNT), deribit_grid()
    cells = OPTIONS_COUNT * len(scenarios)
    add("revalue, compiled twin", cells, lambda: revalue(small, scenarios, compiled=True), 200)
    add("revalue, NumPy twin", cells, lambda: revalue(small, scenarios, compiled=False), 50)
    try:
        add("peer: NumPy and SciPy, whole arrays", cells, lambda: with_scipy(small, scenarios), 50)
    except ImportError:
        rows.append({"name": "peer: NumPy and SciPy (SciPy is not installed)"})

    wide = chain(WIDE_OPTIONS_COUNT)
    moves = np.random.default_rng(3).normal(0.0, 0.05, (WIDE_SCENARIOS_COUNT, 1))
    many = ScenarioSet.spot_moves([str(s) for s in range(WIDE_SCENARIOS_COUNT)], ("BTC",), moves)
    cells = WIDE_OPTIONS_COUNT * WIDE_SCENARIOS_COUNT
    add("revalue, compiled twin, wide", cells, lambda: revalue(wide, many, compiled=True), 5)
    add("revalue, NumPy twin, wide", cells, lambda: revalue(wide, many, compiled=False), 1)

    market = sw.load_snapshot("deribit-btc-2026-08-01")
    book = crowd(market)
    cells = ACCOUNTS_COUNT * POSITIONS_COUNT * 35
    for policy in ("deribit/s_pm", "deribit/x_pm", "deribit/s_sm"):
        add(
            f"margin of 100,000 accounts, {policy}",
            cells,
            lambda policy=policy: sw.margin(book, market, policy).initial_margin,
            3,
        )  # type: ignore[misc]
    rows.append({"name": "peak memory of all of this, MB", "min_ms": None,
                 "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})  # fmt: skip
    return rows


if __name__ == "__main__":
    for row in run():
        print(
            "  ".join(f"{key} {value:,.4g}" if isinstance(value, float) else f"{value}" for key, value in row.items())
        )
