"""Ways to cut the error of a simulation: standard error, time, and what a second of each is worth in plain seconds.

    python benchmarks/sampling.py

A short book of forty options is revalued in 65,536 moves of a week, for its mean profit and for the chance of a loss of
two standard deviations against a market that stands still. Time is that of drawing, revaluing and averaging together;
ways take turns, and the least of their times counts. A way that halves the error in the same time is worth four: plain
draws would need four times as long. The control is the delta-gamma approximation of the book, whose mean and whose
chance of such a loss are known exactly. Sobol's error is told from the spread of 16 nets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from benchmarks.revaluation import chain
from benchmarks.scenarios import least_ms
from seawall.market import MarketSnapshot
from seawall.revaluation import revalue
from seawall.scenarios import Covariance, Estimate, Gbm, Sampling, ScenarioSet, Unchanged, mean_of, mean_with_control
from seawall.scenarios.estimate import mean_of_replicates

OPTIONS_COUNT = 40
DRAWS_COUNT, NETS_COUNT = 1 << 16, 16
HORIZON_YEARS, VOL = 7.0 / 365.0, 0.6
LOSS_DEVIATIONS = 2.0
BUMP = 1e-3
TURNS = 7
Row = dict[str, Any]


@dataclass(frozen=True)
class ShortBook:
    """One of each option sold, in USD; and the quadratic form that it is near to, with its exact laws."""

    market: MarketSnapshot
    theta: float
    delta: float
    gamma: float
    level: float = 0.0

    @classmethod
    def made(cls) -> ShortBook:
        bare = cls(chain(OPTIONS_COUNT), 0.0, 0.0, 0.0)
        down, still, up = bare.pnl(np.array([-BUMP, 0.0, BUMP]))
        delta, gamma = (up - down) / (2.0 * BUMP), (up - 2.0 * still + down) / BUMP**2
        spread = math.sqrt(float(np.var(bare.pnl(bare.by_hand(1)))))
        return cls(bare.market, float(still), float(delta), float(gamma), float(still) - LOSS_DEVIATIONS * spread)

    def pnl(self, moves: np.ndarray) -> np.ndarray:
        """Return the book's profit at relative moves a week later, USD."""
        count = len(moves)
        scenarios = ScenarioSet(
            labels=("",) * count, underlyings=("BTC",), spot=moves[:, None], vol_shocks=(Unchanged(),),
            vol_index=np.zeros((count, 1), np.int64), elapsed_years=np.full(count, HORIZON_YEARS),
            weights=np.full(count, 1.0 / count),
        )  # fmt: skip
        in_coin = revalue(self.market, scenarios).pnl.sum(axis=1)
        return np.asarray(-in_coin * self.market.index["BTC"] * (1.0 + moves))

    def near(self, moves: np.ndarray) -> np.ndarray:
        """Return the delta-gamma approximation of it."""
        return np.asarray(self.theta + moves * (self.delta + 0.5 * self.gamma * moves))

    @property
    def near_mean(self) -> float:
        return self.theta + 0.5 * self.gamma * math.expm1(VOL**2 * HORIZON_YEARS)

    @property
    def near_chance(self) -> float:
        """The exact chance that the approximation, which opens downwards, is under the level."""
        assert self.gamma < 0.0 and self.theta > self.level
        root = math.sqrt(self.delta**2 - 2.0 * self.gamma * (self.theta - self.level))
        low, high = sorted((-self.delta + sign * root) / self.gamma for sign in (1.0, -1.0))
        law = NormalDist(-0.5 * VOL**2 * HORIZON_YEARS, VOL * math.sqrt(HORIZON_YEARS))
        under = law.cdf(math.log1p(low)) if low > -1.0 else 0.0
        return under + 1.0 - law.cdf(math.log1p(high))

    @staticmethod
    def by_hand(seed: int) -> np.ndarray:
        normals = np.random.default_rng(seed).standard_normal(DRAWS_COUNT)
        return np.asarray(np.expm1(VOL * math.sqrt(HORIZON_YEARS) * normals - 0.5 * VOL**2 * HORIZON_YEARS))


def drawn(sampling: Sampling) -> np.ndarray:
    return Gbm(Covariance.of({"BTC": VOL}), HORIZON_YEARS, sampling).scenarios().spot[:, 0]


def ways(book: ShortBook) -> dict[str, dict[str, Callable[[], Estimate]]]:
    """Return for each question the ways to answer it."""
    alone, paired = (Sampling(count=DRAWS_COUNT, seed=1, antithetic=pairs) for pairs in (False, True))
    nets = Sampling(count=DRAWS_COUNT // NETS_COUNT, seed=1, sobol=True).replicates(NETS_COUNT)

    def question(outcome: Callable[[np.ndarray], np.ndarray], near_truth: float) -> dict[str, Callable[[], Estimate]]:
        def found(moves: np.ndarray) -> np.ndarray:
            return outcome(book.pnl(moves))

        def controlled(sampling: Sampling) -> Estimate:
            moves = drawn(sampling)
            return mean_with_control(found(moves), outcome(book.near(moves)), near_truth, pairs=sampling.pairs)

        return {
            "plain": lambda: mean_of(found(drawn(alone))),
            "peer: numpy.random by hand": lambda: mean_of(found(book.by_hand(1))),
            "antithetic": lambda: mean_of(found(drawn(paired)), pairs=True),
            "delta-gamma control": lambda: controlled(alone),
            "antithetic and control": lambda: controlled(paired),
            "Sobol, 16 nets of 4,096": lambda: mean_of_replicates([float(found(drawn(net)).mean()) for net in nets]),
            "Sobol and control": lambda: mean_of_replicates([controlled(net).value for net in nets]),
        }

    return {
        "mean profit, USD": question(lambda pnl: pnl, book.near_mean),
        "chance of a loss of two deviations": question(lambda pnl: 1.0 * (pnl < book.level), book.near_chance),
    }


def run() -> list[Row]:
    rows: list[Row] = []
    for asked, answers in ways(ShortBook.made()).items():
        turns = [{name: least_ms(answer, 1) for name, answer in answers.items()} for _ in range(TURNS)]
        found = {name: (answer(), min(turn[name] for turn in turns)) for name, answer in answers.items()}
        plain, plain_ms = found["plain"]
        for name, (one, took) in found.items():
            assert abs(one.value - plain.value) < 5.0 * math.hypot(one.standard_error, plain.standard_error), name
            worth = (plain.standard_error / one.standard_error) ** 2
            rows.append({
                "name": f"{asked}: {name}", "value": one.value, "standard_error": one.standard_error,
                "half_width_99%": one.half_width, "min_ms": took, "worth_plain_draws_ratio": worth,
                "worth_plain_time_ratio": worth * plain_ms / took,
            })  # fmt: skip
    return rows


if __name__ == "__main__":
    for row in run():
        print("  ".join(f"{key} {cell:,.4g}" if isinstance(cell, float) else str(cell) for key, cell in row.items()))
