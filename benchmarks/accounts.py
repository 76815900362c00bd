"""How fast a book meets the P&L tensor: the worst loss of every account, beside three other ways to the same numbers.

    python benchmarks/accounts.py           # 100,000 accounts beside the others, then growth to a million
    python benchmarks/accounts.py --full    # growth to ten million accounts (200 million positions, about 3 GB)

All contenders take turns in one process, so that a busy machine is unkind to all alike; judge by the minimum. The dense
product does the same number of multiplications on two square matrices: what the machine could do if a book were not
sparse. Variables named OPENBLAS_* change it, so the output names them. SciPy is needed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse
from numba import njit, prange

from seawall.revaluation.product import worst_loss

POSITIONS_PER_ACCOUNT = 20
SCENARIOS = 35
INSTRUMENTS = 1_000
ACCOUNTS = 100_000
ROUNDS, CALLS = 5, 12
GROWTH_ROUNDS, GROWTH_CALLS = 3, 5

THREADS_SETTLE_SECONDS = 0.15
"""BLAS and OpenMP threads spin for a while after their work and would take a core from whoever comes next."""


def random_book(accounts: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return indptr, columns (int32) and sizes; instruments are drawn evenly, the worst case for a cache."""
    rng = np.random.default_rng(seed)
    drawn = min(accounts, 1_000_000)  # beyond a million accounts the same million again: drawing takes longer than use
    columns = rng.integers(0, INSTRUMENTS, drawn * POSITIONS_PER_ACCOUNT, dtype=np.int32)
    sizes = rng.normal(size=columns.size)
    if accounts > drawn:
        columns, sizes = (
            np.resize(columns, accounts * POSITIONS_PER_ACCOUNT),
            np.resize(sizes, accounts * POSITIONS_PER_ACCOUNT),
        )
    return np.arange(accounts + 1, dtype=np.int64) * POSITIONS_PER_ACCOUNT, columns, sizes


def random_tensor(seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(SCENARIOS, INSTRUMENTS))


@njit(parallel=True, fastmath={"contract"})
def fused_loop(indptr: Any, columns: Any, sizes: Any, by_instrument: Any, worst: Any) -> None:
    """The loop one would write first: one account's row in a scratch array, then its minimum."""
    for account in prange(indptr.size - 1):
        row = np.zeros(by_instrument.shape[1])
        for position in range(indptr[account], indptr[account + 1]):
            size, column = sizes[position], columns[position]
            for scenario in range(row.size):
                row[scenario] += size * by_instrument[column, scenario]
        low = row[0]
        for scenario in range(1, row.size):
            low = min(low, row[scenario])
        worst[account] = low


def timed(contenders: dict[str, Callable[[], object]], rounds: int, calls: int) -> dict[str, list[float]]:
    """Return the seconds of each contender, who take turns; the first call of a turn warms up and does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            time.sleep(THREADS_SETTLE_SECONDS)
            call()
            for _ in range(calls):
                start = time.perf_counter()
                call()
                seconds[name].append(time.perf_counter() - start)
    return seconds


def row(name: str, accounts: int, seconds: list[float]) -> dict[str, Any]:
    positions = accounts * POSITIONS_PER_ACCOUNT
    return {
        "name": name,
        "accounts_count": accounts,
        "positions_count": positions,
        "scenarios_count": SCENARIOS,
        "min_ms": min(seconds) * 1e3,
        "median_ms": statistics.median(seconds) * 1e3,
        "gflops": 2e-9 * positions * SCENARIOS / min(seconds),
        "positions_per_second": positions / min(seconds),
    }


def beside_others() -> list[dict[str, Any]]:
    indptr, columns, sizes = random_book(ACCOUNTS)
    tensor = random_tensor()
    matrix = scipy.sparse.csr_array((sizes, columns, indptr), shape=(ACCOUNTS, INSTRUMENTS))
    side = round((ACCOUNTS * POSITIONS_PER_ACCOUNT * SCENARIOS) ** (1 / 3))
    left, right = np.random.default_rng(3).normal(size=(2, side, side))
    by_loop = np.empty(ACCOUNTS)
    contenders: dict[str, Callable[[], object]] = {
        "seawall, worst loss and its scenario": lambda: worst_loss(indptr, columns, sizes, tensor, compiled=True),
        "fused Numba loop, worst loss": lambda: fused_loop(
            indptr, columns, sizes, np.ascontiguousarray(tensor.T), by_loop
        ),
        "SciPy CSR product, row minimum": lambda: (matrix @ tensor.T).min(axis=1),
        "dense product of equal work": lambda: left @ right,
    }
    worst, _ = worst_loss(indptr, columns, sizes, tensor, compiled=True)
    contenders["fused Numba loop, worst loss"]()
    np.testing.assert_allclose(by_loop, worst, rtol=1e-9)
    np.testing.assert_allclose((matrix @ tensor.T).min(axis=1), worst, rtol=1e-9)
    return [row(name, ACCOUNTS, seconds) for name, seconds in timed(contenders, ROUNDS, CALLS).items()]


def growth(*, full: bool) -> list[dict[str, Any]]:
    tensor = random_tensor()
    rows = []
    for accounts in (100_000, 1_000_000, 10_000_000) if full else (100_000, 1_000_000):
        indptr, columns, sizes = random_book(accounts)
        name = "seawall, growth"
        call = {name: lambda i=indptr, c=columns, s=sizes: worst_loss(i, c, s, tensor, compiled=True)}
        rows.append(row(name, accounts, timed(call, GROWTH_ROUNDS, GROWTH_CALLS)[name]))
        del indptr, columns, sizes, call
    return rows


def run(*, full: bool = True) -> list[dict[str, Any]]:
    """Return one row a measurement: `beside_others`, then `growth`."""
    return beside_others() + growth(full=full)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="grow to ten million accounts")
    full = parser.parse_args().full
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}")
    settings = [f"{name}={os.environ[name]}" for name in sorted(os.environ) if name.startswith(("OPENBLAS_", "NUMBA_"))]
    print(f"environment: {', '.join(settings) or 'nothing set'}")
    print(f"{POSITIONS_PER_ACCOUNT} positions an account, {SCENARIOS} scenarios, {INSTRUMENTS} instruments\n")
    print(f"{'':38}{'accounts':>12}{'min ms':>10}{'median ms':>11}{'GFLOP/s':>9}{'M positions/s':>15}")
    for entry in run(full=full):
        print(
            f"{entry['name']:38}{entry['accounts_count']:>12,}{entry['min_ms']:>10.2f}{entry['median_ms']:>11.2f}"
            f"{entry['gflops']:>9.1f}{entry['positions_per_second'] / 1e6:>15.0f}"
        )


if __name__ == "__main__":
    main()
