"""How fast and how exact: Black-76 on a grid, and implied volatility, beside the ways one would otherwise take.

    python benchmarks/pricing.py

All contenders price the same options in the same scenarios on one thread. They take turns, so that a busy machine is
unkind to all alike; judge by the minimum. Errors are against mpmath at forty digits on a sample of cells, for prices
as a share of max(F, K), for implied vols relative. What is not installed is skipped with a note. Needs SciPy, mpmath
and py_lets_be_rational; QuantLib and gcc if there.
"""

from __future__ import annotations

import ctypes
import math
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from numba import njit
from py_lets_be_rational import implied_volatility_from_a_transformed_rational_guess as lets_be_rational
from scipy.special import ndtr

from seawall.pricing import black76, compiled, compiled_vol, grid, implied_vol

OPTIONS, SCENARIOS = 1_000, 200
SAMPLE = 1_000
ROUNDS = 15
VOL_OPTIONS, VOL_SAMPLE = 3_000, 600
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")

Contender = Callable[[], np.ndarray]
Row = dict[str, Any]


class Case:
    """Options on one underlying at ordinary moneyness and vol, calls and puts, and scenarios of spot and vol."""

    def __init__(self, seed: int = 76) -> None:
        rng = np.random.default_rng(seed)
        self.forward = 1e5 * np.exp(rng.uniform(0.0, 0.05, OPTIONS))
        self.strike = 1e5 * np.exp(rng.normal(0.0, 0.4, OPTIONS))
        self.is_call = rng.random(OPTIONS) < 0.5
        self.side = np.where(self.is_call, 1.0, -1.0)
        total_vol = rng.uniform(0.3, 1.0, OPTIONS) * np.sqrt(rng.uniform(2 / 365, 1.0, OPTIONS))
        self.total_vol = total_vol * np.array([[0.75], [1.0], [1.5]])
        self.move = rng.uniform(-0.3, 0.3, (SCENARIOS, 1))
        self.vol_row = rng.integers(0, 3, (SCENARIOS, 1))
        self.columns = grid.option_grid(self.forward, self.strike, self.is_call, np.zeros(OPTIONS, dtype=np.int64))
        self.out = np.empty((SCENARIOS, OPTIONS))
        self.sample = list(zip(rng.integers(0, SCENARIOS, SAMPLE), rng.integers(0, OPTIONS, SAMPLE), strict=True))

    def rows(self) -> list[tuple[int, float, np.ndarray]]:
        """Return scenario, factor and total vols, for contenders that take one scenario at a time."""
        return [(s, 1.0 + self.move[s, 0], self.total_vol[self.vol_row[s, 0]]) for s in range(SCENARIOS)]


def exact_price(forward: float, strike: float, total_vol: float, side: float) -> tuple[Any, Any]:
    """Return price and vega of total vol at forty digits."""
    f, k, s = mpmath.mpf(forward), mpmath.mpf(strike), mpmath.mpf(total_vol)
    d1 = mpmath.log(f / k) / s + s / 2
    return side * (f * mpmath.ncdf(side * d1) - k * mpmath.ncdf(side * (d1 - s))), f * mpmath.npdf(d1)


def worst_price_error(case: Case, prices: np.ndarray) -> float:
    worst = 0.0
    for s, n in case.sample:
        forward = mpmath.mpf(float(case.forward[n])) * (1 + mpmath.mpf(float(case.move[s, 0])))
        exact, _ = exact_price(
            forward, float(case.strike[n]), float(case.total_vol[case.vol_row[s, 0], n]), float(case.side[n])
        )
        worst = max(worst, float(abs(mpmath.mpf(float(prices[s, n])) - exact) / max(forward, case.strike[n])))
    return worst


@njit(cache=True, error_model="numpy")
def _numba_erfc(forward: Any, strike: Any, total_vol: Any, side: Any, factor: float, out: Any) -> None:
    for n in range(out.shape[0]):
        moved = forward[n] * factor
        d1 = math.log(moved / strike[n]) / total_vol[n] + 0.5 * total_vol[n]
        d2 = d1 - total_vol[n]
        first = 0.5 * math.erfc(-side[n] * d1 * 0.7071067811865476)
        second = 0.5 * math.erfc(-side[n] * d2 * 0.7071067811865476)
        out[n] = side[n] * (moved * first - strike[n] * second)


def numba_erfc(case: Case) -> Contender:
    def price() -> np.ndarray:
        for s, factor, total_vol in case.rows():
            _numba_erfc(case.forward, case.strike, total_vol, case.side, factor, case.out[s])
        return case.out

    return price


def numpy_scipy(case: Case) -> Contender:
    def price() -> np.ndarray:
        for s, factor, total_vol in case.rows():
            moved = case.forward * factor
            d1 = np.log(moved / case.strike) / total_vol + 0.5 * total_vol
            first, second = ndtr(case.side * d1), ndtr(case.side * (d1 - total_vol))
            case.out[s] = case.side * (moved * first - case.strike * second)
        return case.out

    return price


def c_loops(case: Case, folder: str) -> dict[str, Contender]:
    """Compile `black76.c` and return its two loops."""
    library = Path(folder) / "black76.so"
    source = Path(__file__).with_name("black76.c")
    subprocess.run(["gcc", *FLAGS, str(source), "-o", str(library), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    number, pointer = ctypes.c_double, ctypes.c_void_p
    loaded.black76_row.argtypes = [ctypes.c_long, number] + [pointer] * 5
    loaded.black76_row_logs_once.argtypes = [ctypes.c_long, number, number] + [pointer] * 6
    fixed = [a.ctypes.data for a in (case.forward, case.strike)]
    side, log_moneyness = case.side.ctypes.data, np.log(case.forward / case.strike)
    calls = [
        (factor, math.log(factor), total_vol.ctypes.data, case.out[s].ctypes.data)
        for s, factor, total_vol in case.rows()
    ]

    def plain() -> np.ndarray:
        for factor, _, vol, out in calls:
            loaded.black76_row(OPTIONS, factor, *fixed, vol, side, out)
        return case.out

    def logs_once() -> np.ndarray:
        for factor, log_factor, vol, out in calls:
            loaded.black76_row_logs_once(OPTIONS, factor, log_factor, log_moneyness.ctypes.data, *fixed, vol, side, out)
        return case.out

    return {"plain C loop, gcc -O3 -march=native -ffast-math": plain, "the same, logarithms taken once": logs_once}


def quantlib_from_python(case: Case) -> Contender:
    import QuantLib as ql  # noqa: N813 - the name its own users give it

    kinds = [ql.Option.Call if c else ql.Option.Put for c in case.is_call]
    strikes = case.strike.tolist()

    def price() -> np.ndarray:
        for s, factor, total_vol in case.rows():
            moved = (case.forward * factor).tolist()
            case.out[s] = [
                ql.blackFormula(*cell) for cell in zip(kinds, strikes, moved, total_vol.tolist(), strict=True)
            ]
        return case.out

    return price


def minimum_seconds(contenders: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Let the contenders take turns; return the least time of each. The slow ones get fewer turns."""
    best: dict[str, float] = {}
    for name, contender in contenders.items():
        contender()  # compile, load, touch the pages
        start = time.perf_counter()
        contender()
        best[name] = time.perf_counter() - start
    for turn in range(ROUNDS):
        for name, contender in contenders.items():
            if best[name] > 0.05 and turn > 1:
                continue
            start = time.perf_counter()
            contender()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def run_prices(notes: list[str]) -> list[Row]:
    case = Case()
    arguments = (case.columns, case.move, case.total_vol, case.vol_row)
    contenders: dict[str, Contender] = {
        "seawall compiled grid": lambda: compiled.price_grid(*arguments, out=case.out),
        "seawall NumPy twin": lambda: grid.price_grid(*arguments),
        "numba, math.log and math.erfc": numba_erfc(case),
        "NumPy and SciPy ndtr": numpy_scipy(case),
    }
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("gcc"):
            contenders |= c_loops(case, folder)
        else:
            notes.append("gcc is not here: no C loop")
        try:
            contenders["QuantLib blackFormula from Python"] = quantlib_from_python(case)
        except ImportError:
            notes.append("QuantLib is not installed: no row for it")
        errors = {name: worst_price_error(case, contender().copy()) for name, contender in contenders.items()}
        seconds = minimum_seconds(contenders)
    cells = OPTIONS * SCENARIOS
    return [
        {"name": name, "ns_per_price": 1e9 * seconds[name] / cells, "max_abs_error/max(F,K)": errors[name]}
        for name in contenders
    ]


def run_implied_vols() -> list[Row]:
    rng = np.random.default_rng(53)
    forward = np.full(VOL_OPTIONS, 1e5)
    strike = forward * np.exp(rng.normal(0.0, 0.4, VOL_OPTIONS))
    is_call = forward <= strike
    total_vol = rng.uniform(0.3, 1.2, VOL_OPTIONS) * np.sqrt(rng.uniform(2 / 365, 1.0, VOL_OPTIONS))
    price = black76.price(forward, strike, 1.0, total_vol, is_call=is_call)
    keep = price > 1e-7
    price, forward, strike, is_call, total_vol = (a[keep] for a in (price, forward, strike, is_call, total_vol))
    truth = []
    for p, f, k, s, c in zip(price, forward, strike, total_vol, is_call, strict=True):
        if len(truth) == VOL_SAMPLE:
            break
        # Start from the vol that made the price and take Newton steps at forty digits for the price as rounded.
        vol = mpmath.mpf(float(s))
        for _ in range(3):
            exact, vega = exact_price(float(f), float(k), vol, 1.0 if c else -1.0)
            vol -= (exact - mpmath.mpf(float(p))) / vega
        truth.append(vol)
    cells = list(zip(price, forward, strike, np.ones(len(price)), np.where(is_call, 1.0, -1.0), strict=True))
    contenders: dict[str, Callable[[], Any]] = {
        "seawall compiled": lambda: compiled_vol.from_price(price, forward, strike, 1.0, is_call=is_call),
        "seawall NumPy twin": lambda: implied_vol.from_price(price, forward, strike, 1.0, is_call=is_call),
        "py_lets_be_rational (pure Python)": lambda: [lets_be_rational(*cell) for cell in cells],
    }
    seconds = minimum_seconds(contenders)
    return [
        {
            "name": name,
            "ns_per_vol": 1e9 * seconds[name] / len(price),
            "max_relative_error": max(
                float(abs(mpmath.mpf(float(v)) / t - 1)) for v, t in zip(contender(), truth, strict=False)
            ),
        }
        for name, contender in contenders.items()
    ]


def run() -> list[Row]:
    """Return one row per contender: name, nanoseconds, worst error; prices first, then implied vols."""
    mpmath.mp.dps = 40
    return run_prices([]) + run_implied_vols()


def main() -> None:
    mpmath.mp.dps = 40
    notes: list[str] = []
    print(f"{platform.processor() or platform.machine()}, one thread, minimum of up to {ROUNDS} turns")
    print(f"\nBlack-76, {OPTIONS} options x {SCENARIOS} scenarios{'ns per price':>33}{'error / max(F, K)':>20}")
    for row in run_prices(notes):
        print(f"  {row['name']:<60}{row['ns_per_price']:>10.2f}{row['max_abs_error/max(F,K)']:>20.1e}")
    print(f"\nImplied volatility, {VOL_OPTIONS} options{'ns per vol':>41}{'relative error':>20}")
    for row in run_implied_vols():
        print(f"  {row['name']:<60}{row['ns_per_vol']:>10.0f}{row['max_relative_error']:>20.1e}")
    for note in notes:
        print(f"note: {note}")


if __name__ == "__main__":
    main()
