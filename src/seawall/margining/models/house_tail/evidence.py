"""What each number rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.usd_account import UsdAccount, haircut_evidence
from seawall.margining.model import Use
from seawall.margining.models.house_tail.charges import numbers_used
from seawall.margining.models.house_tail.numbers import LONG_RUN, STRESSED, blocks_of, coin_path, coins
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

GENERAL = (
    "outcomes_count", "seed_count", "degrees_count", "horizon_days", "confidence", "measure", "multiplier",
    "initial_factor", "correlation", "stress_steps", "stress_share",
)  # fmt: skip


def uses(policy: MarginPolicy, book: ResolvedBook, owned: UsdAccount) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table, count = book.snapshot.table, len(book.book)

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where(members[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    anything = holds(np.ones(len(table), np.bool_))
    for base in coins(policy):
        contracts = holds(of_underlying(book, base))
        coins_held = owned.amounts.get(base, np.zeros(count)) != 0.0
        anything = anything | coins_held
        yield Use(contracts | coins_held, policy.evidence(numbers_used(base)))
        yield Use(
            contracts, policy.evidence([f"{coin_path(base)}.{name}" for name in ("closing_rate", "daily_volume_usd")])
        )
        for sort in (STRESSED, LONG_RUN):
            if sort in blocks_of(policy).sorts:
                yield Use(contracts | coins_held, policy.evidence([f"{coin_path(base)}.{sort}"]))
        yield Use(coins_held, policy.evidence([], ["coins_are_positions"]))
    yield Use(anything, policy.evidence([f"general.{name}" for name in GENERAL], ["outcomes", "tail", "stress_floor"]))
    switches = ["buffer_ratio", "stress_weight", "long_run_floor"]
    yield Use(anything, policy.evidence([f"procyclicality.{name}" for name in switches], ["procyclicality"]))
    yield Use(holds(np.ones(len(table), np.bool_)), policy.evidence(["general.impact_coefficient"], ["closing"]))
    yield Use(holds(table.is_kind(Kind.OPTION)), policy.evidence(["general.spot_vol_correlation"]))
    for asset, amount in owned.amounts.items():
        yield Use(amount > 0.0, haircut_evidence(policy, asset, ["haircut"]))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))
