"""What each number rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.usd_account import UsdAccount, haircut_evidence
from seawall.margining.model import Use
from seawall.margining.models.house_tail.listed import is_stated, outcome_paths
from seawall.margining.models.house_tail.numbers import coins, sorts_of
from seawall.margining.models.house_tail.paths import CURRENT, STATED_RULE, coin_path
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

GENERAL = (
    "horizon_days", "confidence", "measure", "multiplier", "initial_factor", "stress_steps", "stress_share",
)  # fmt: skip
DRAWN = ("outcomes_count", "seed_count", "degrees_count", "correlation")
"""What only outcomes rest on that the policy does not state."""


def uses(policy: MarginPolicy, book: ResolvedBook, owned: UsdAccount) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table, count = book.snapshot.table, len(book.book)

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where(members[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    anything = holds(np.ones(len(table), np.bool_))
    stated = [sort for sort in sorts_of(policy) if is_stated(policy, sort)]
    drawn = [sort for sort in sorts_of(policy) if sort not in stated]
    for base in coins(policy):
        contracts = holds(of_underlying(book, base))
        coins_held = owned.amounts.get(base, np.zeros(count)) != 0.0
        anything = anything | coins_held
        stress = ["stress_move", "stress_vol_rise"]
        laws = [*drawn, "vol_of_vol"] if drawn else []
        yield Use(contracts | coins_held, policy.evidence([f"{coin_path(base)}.{name}" for name in [*laws, *stress]]))
        mine = [path for sort in stated for path in outcome_paths(policy, sort, base)]
        yield Use(contracts | coins_held, policy.evidence(mine))
        closing = [CURRENT, "closing_rate", "daily_volume_usd"]
        yield Use(contracts, policy.evidence([f"{coin_path(base)}.{name}" for name in closing]))
        yield Use(coins_held, policy.evidence([], ["coins_are_positions"]))
    shared = [*GENERAL, *(DRAWN if drawn else ())]
    rules = [*(["outcomes"] if drawn else []), *([STATED_RULE] if stated else []), "tail", "stress_floor"]
    yield Use(anything, policy.evidence([f"general.{name}" for name in shared], rules))
    beside = [path for sort in stated for path in outcome_paths(policy, sort)]
    yield Use(anything, policy.evidence(beside))
    switches = ["buffer_ratio", "stress_weight", "long_run_floor"]
    yield Use(anything, policy.evidence([f"procyclicality.{name}" for name in switches], ["procyclicality"]))
    yield Use(holds(np.ones(len(table), np.bool_)), policy.evidence(["general.impact_coefficient"], ["closing"]))
    if drawn:
        yield Use(holds(table.is_kind(Kind.OPTION)), policy.evidence(["general.spot_vol_correlation"]))
    for asset, amount in owned.amounts.items():
        yield Use(amount > 0.0, haircut_evidence(policy, asset, ["haircut"]))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))
