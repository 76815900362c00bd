"""Scenario makers beside plain NumPy, and a wide revaluation.

    python benchmarks/scenarios.py

The first rows draw a million one-step moves of five coins, beside what one would write by hand with `numpy.random` (for
Heston one step of Euler's scheme, which is biased where ours is not). A maker's time is that of the whole scenario set,
with its checks and a million labels. The revaluation is of 10,000 options in 1,000 scenarios, with and without a basis.
What each way to cut the error is worth is in `sampling.py`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.revaluation import WIDE_OPTIONS_COUNT, WIDE_SCENARIOS_COUNT, chain
from seawall.revaluation import revalue
from seawall.scenarios import (
    Covariance,
    Gbm,
    Heston,
    Jumps,
    MertonJump,
    NamedEvent,
    Sampling,
    ScenarioSet,
    StudentT,
    VarianceProcess,
    event,
)
from seawall.scenarios.simulation import VOL_STEP

COINS = ("A", "B", "C", "D", "E")
PATHS_COUNT = 1_000_000
HORIZON_YEARS = 1.0 / 365.0
ROUNDS = 5
SHORT_ROUNDS = 25
"""Of what takes tens of milliseconds: a few rounds may all meet a busy neighbour, or memory in small pages."""
Row = dict[str, Any]


def least_ms(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def by_hand(joint: Covariance) -> np.ndarray:
    """Return the same law as most people would draw it: one generator, one array."""
    rng = np.random.default_rng(1)
    normals = rng.standard_normal((PATHS_COUNT, len(COINS))) @ np.linalg.cholesky(joint.matrix * HORIZON_YEARS).T
    return np.asarray(np.expm1(normals - 0.5 * joint.vols**2 * HORIZON_YEARS))


def heston_by_hand(joint: Covariance, variance: VarianceProcess) -> np.ndarray:
    """Return one step of Euler's scheme with full truncation, spots and variances."""
    rng = np.random.default_rng(1)
    mix = np.linalg.cholesky(joint.correlation).T
    spot, other = (rng.standard_normal((PATHS_COUNT, len(COINS))) @ mix for _ in range(2))
    v, rho, dt = variance.start, variance.correlation, HORIZON_YEARS
    own = rho * spot + np.sqrt(1.0 - rho**2) * other
    after = np.maximum(v + variance.speed * (variance.level - v) * dt + variance.vol_of_vol * np.sqrt(v * dt) * own, 0)
    return np.concatenate([np.expm1(np.sqrt(v * dt) * spot - 0.5 * v * dt), np.sqrt(after / v)], axis=1)


def draws() -> list[Row]:
    joint = Covariance.of(dict.fromkeys(COINS, 0.6), 0.7)
    jumps = Jumps.of(4.0, means=[-0.1] * 5, sds=[0.1] * 5, correlation=0.9)
    variance = VarianceProcess.of(start=[0.36] * 5, level=0.36, speed=5.0, vol_of_vol=1.0, correlation=-0.3)
    peer = least_ms(lambda: by_hand(joint))
    heston_peer = least_ms(lambda: heston_by_hand(joint, variance), 3)
    rows: list[Row] = [
        {"name": "peer: NumPy by hand, lognormal, one stream", "min_ms": peer, "over_peer_ratio": 1.0},
        {"name": "peer: NumPy by hand, Heston by Euler", "min_ms": heston_peer, "over_peer_ratio": heston_peer / peer},
    ]
    for workers in (1, 2):
        sampling = Sampling(count=PATHS_COUNT, seed=1, workers=workers)
        models: dict[str, Any] = {
            "gbm": Gbm(joint, HORIZON_YEARS, sampling),
            "merton-jump": MertonJump(joint, jumps, HORIZON_YEARS, sampling),
            "student-t": StudentT(joint, 4, HORIZON_YEARS, sampling),
            "heston": Heston(COINS, variance, joint.correlation, HORIZON_YEARS, sampling),
            "bates": Heston(COINS, variance, joint.correlation, HORIZON_YEARS, sampling, jumps),
        }
        for name, model in models.items():
            found = least_ms(model.scenarios, 3)
            rows.append(
                {"name": f"{name}, 1 M of 5, {workers} workers", "min_ms": found, "over_peer_ratio": found / peer}
            )
    single = Gbm(joint, HORIZON_YEARS, Sampling(count=PATHS_COUNT, seed=1))
    alone = least_ms(lambda: single.draw(0, np.array([HORIZON_YEARS])))
    rows.append({"name": "gbm, one block of 32,768, moves alone", "min_ms": alone, "over_peer_ratio": alone / peer})
    return rows


def revaluations() -> list[Row]:
    wide = chain(WIDE_OPTIONS_COUNT)
    pair = Covariance.of({"BTC": 0.6, "BTC vol": 1.0}, -0.4)
    priced = Gbm(Covariance.of({"BTC": 0.6}), HORIZON_YEARS, Sampling(count=WIDE_SCENARIOS_COUNT, seed=1))
    with_vol = Gbm(pair, HORIZON_YEARS, Sampling(count=WIDE_SCENARIOS_COUNT, seed=1))
    carry = Covariance.of({"BTC": 0.6, "BTC carry": 0.3}, 0.2)
    with_carry = Gbm(carry, HORIZON_YEARS, Sampling(count=WIDE_SCENARIOS_COUNT, seed=1))
    sets: dict[str, ScenarioSet] = {
        "spot": priced.scenarios(),
        f"spot and vol in steps of {VOL_STEP:g}": with_vol.scenarios(),
        "spot and carry": with_carry.scenarios(),
    }
    peer = least_ms(lambda: revalue(wide, sets["spot"], compiled=False), 1)
    rows: list[Row] = [{"name": "10,000 options x 1,000, NumPy", "min_ms": peer, "over_peer_ratio": 1.0}]
    for name, made in sets.items():
        found = least_ms(lambda made=made: revalue(wide, made, compiled=True), SHORT_ROUNDS)  # type: ignore[misc]
        rows.append({"name": f"10,000 options x 1,000, {name}", "min_ms": found, "over_peer_ratio": found / peer})
    return rows


def run() -> list[Row]:
    rows = draws() + revaluations()
    crash = NamedEvent(event("2025-10-10"), ("BTC", "ETH"))
    rows.append({"name": "one named event to a path", "min_ms": least_ms(crash.paths)})
    assert all(math.isfinite(value) for row in rows for value in row.values() if isinstance(value, float))
    return rows


if __name__ == "__main__":
    for row in run():
        print("  ".join(f"{key} {cell:,.4g}" if isinstance(cell, float) else str(cell) for key, cell in row.items()))
