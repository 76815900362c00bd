"""The policy's numbers as the rule reads them, and the outcomes that they make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.memo import remembered
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.models.house_tail.listed import (
    is_stated,
    outcome_labels,
    outcomes_count,
    stated_coins,
    stated_outcomes,
)
from seawall.margining.models.house_tail.paths import CURRENT, LONG_RUN, STRESSED, listed_coins, of_coin
from seawall.policy import MarginPolicy
from seawall.scenarios import ScenarioSet
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.student_t import StudentT


@remembered
def coins(policy: MarginPolicy) -> tuple[str, ...]:
    """Return the coins that the policy has numbers for, sorted, whoever holds them: outcomes don't hang on the book.

    Where a sort of outcomes is stated, a coin that they do not move is none of them.
    """
    known = listed_coins(policy)
    for sort in sorts_of(policy):
        if moved := stated_coins(policy, sort):
            known = tuple(base for base in known if base in moved)
    return known


@dataclass(frozen=True, slots=True)
class Blocks:
    """Where the outcomes of each sort lie along the scenarios, and how many of each there are."""

    counts: tuple[int, ...]
    sorts: tuple[str, ...]
    steps: tuple[float, ...]

    def rows(self, sort: str) -> slice:
        """Return the outcomes of one sort."""
        at = self.sorts.index(sort)
        start = sum(self.counts[:at])
        return slice(start, start + self.counts[at])

    @property
    def stress(self) -> slice:
        """The stress points, after all outcomes."""
        start = sum(self.counts)
        return slice(start, start + len(self.steps))


@remembered
def blocks_of(policy: MarginPolicy) -> Blocks:
    """Return the sorts of outcomes that the policy's switches ask for."""
    sorts = sorts_of(policy)
    counts = tuple(outcomes_count(policy, sort) for sort in sorts)
    return Blocks(counts, sorts, tuple(policy.numbers("general.stress_steps")))


def sorts_of(policy: MarginPolicy) -> tuple[str, ...]:
    """Return the sorts of outcomes that the policy's switches ask for."""
    sorts = [CURRENT]
    if policy.number("procyclicality.stress_weight") > 0.0:
        sorts.append(STRESSED)
    if policy.flag("procyclicality.long_run_floor"):
        sorts.append(LONG_RUN)
    return tuple(sorts)


@remembered
def outcomes(policy: MarginPolicy) -> ScenarioSet:
    """Return every outcome and stress point: joint moves of prices and volatilities over the horizon.

    What the policy states is taken as it stands. The rest is Student-t, and each sort of volatility takes the same
    random numbers, so that what differs between them is the volatility. They are made once for a policy: a moved market
    moves none of them.
    """
    blocks, names = blocks_of(policy), coins(policy)
    made = [
        stated_outcomes(policy, sort, names) if is_stated(policy, sort) else _drawn(policy, sort, names, count)
        for sort, count in zip(blocks.sorts, blocks.counts, strict=True)
    ]
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
    return replace(found, labels=outcome_labels(sort, count))


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
