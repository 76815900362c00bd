"""The policy's numbers as the rule reads them, and the outcomes that they make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.policy import MarginPolicy
from seawall.scenarios import ScenarioSet
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.student_t import StudentT

CURRENT, STRESSED, LONG_RUN = "annual_vol", "stressed_annual_vol", "long_run_annual_vol"
"""Which volatility of a coin a block of outcomes is drawn with."""


def coins(policy: MarginPolicy) -> tuple[str, ...]:
    """Return the coins that the policy has numbers for, sorted, whoever holds them: outcomes don't hang on the book."""
    paths = [path.split(".") for path in policy.parameters if path.startswith("market.")]
    return tuple(sorted({parts[1].upper() for parts in paths}))


def coin_path(base: str) -> str:
    """Return where the policy keeps a coin's numbers."""
    return f"market.{base.lower()}"


def of_coin(policy: MarginPolicy, base: str, name: str) -> float:
    """Return one number of a coin."""
    return policy.number(f"{coin_path(base)}.{name}")


@dataclass(frozen=True, slots=True)
class Blocks:
    """Where the outcomes of each sort lie along the scenarios."""

    outcomes_count: int
    sorts: tuple[str, ...]
    steps: tuple[float, ...]

    def rows(self, sort: str) -> slice:
        """Return the outcomes drawn with one sort of volatility."""
        start = self.sorts.index(sort) * self.outcomes_count
        return slice(start, start + self.outcomes_count)

    @property
    def stress(self) -> slice:
        """The stress points, after all outcomes."""
        start = len(self.sorts) * self.outcomes_count
        return slice(start, start + len(self.steps))


def blocks_of(policy: MarginPolicy) -> Blocks:
    """Return the sorts of outcomes that the policy's switches ask for."""
    sorts = [CURRENT]
    if policy.number("procyclicality.stress_weight") > 0.0:
        sorts.append(STRESSED)
    if policy.flag("procyclicality.long_run_floor"):
        sorts.append(LONG_RUN)
    return Blocks(
        int(policy.number("general.outcomes_count")), tuple(sorts), tuple(policy.numbers("general.stress_steps"))
    )


def outcomes(policy: MarginPolicy) -> ScenarioSet:
    """Return every outcome and stress point: joint Student-t moves of prices and volatilities over the horizon.

    Each sort of volatility takes the same random numbers, so that what differs between them is the volatility.
    """
    blocks, names = blocks_of(policy), coins(policy)
    made = [_drawn(policy, sort, names, blocks.outcomes_count) for sort in blocks.sorts]
    stress = _stress(policy, names, blocks.steps)
    whole = made[0]
    for more in (*made[1:], stress):
        whole = whole + more
    return replace(whole, weights=np.ones(len(whole)))


def _factors(names: Sequence[str]) -> list[str]:
    return [*names, *(f"{base} vol" for base in names)]


def _drawn(policy: MarginPolicy, sort: str, names: Sequence[str], count: int) -> ScenarioSet:
    common = policy.number("general.correlation")
    lean = policy.number("general.spot_vol_correlation")
    together = np.full((len(names), len(names)), common)
    np.fill_diagonal(together, 1.0)
    vols = [of_coin(policy, base, sort) for base in names] + [of_coin(policy, base, "vol_of_vol") for base in names]
    correlation = np.kron(np.array([[1.0, lean], [lean, 1.0]]), together)
    covariance = Covariance(tuple(_factors(names)), np.array(vols, dtype=np.float64), correlation)
    law = StudentT(
        covariance,
        int(policy.number("general.degrees_count")),
        policy.number("general.horizon_days") / DAYS_PER_YEAR,
        Sampling(count=count, seed=int(policy.number("general.seed_count")), antithetic=False),
    )
    found = law.scenarios()
    word = sort.removesuffix("annual_vol").replace("_", " ").strip() or "current"
    return replace(found, labels=tuple(f"{word} outcome {s + 1}" for s in range(count)))


def _stress(policy: MarginPolicy, names: Sequence[str], steps: Sequence[float]) -> ScenarioSet:
    """Return the stress points: all coins move together by a share of their own stress move, volatilities up."""
    changes: FloatArray = np.zeros((len(steps), 2 * len(names)))
    for k, base in enumerate(names):
        move, rise = of_coin(policy, base, "stress_move"), of_coin(policy, base, "stress_vol_rise")
        for s, step in enumerate(steps):
            changes[s, k] = math.log1p(step * move)
            changes[s, len(names) + k] = math.log1p(abs(step) * rise)
    years = policy.number("general.horizon_days") / DAYS_PER_YEAR
    labels = [stress_label(step) for step in steps]
    return scenario_set_of(_factors(names), changes, labels=labels, elapsed_years=years)


def stress_label(step: float) -> str:
    """Return a stress point in words."""
    return f"stress step {step:+.4g}"
