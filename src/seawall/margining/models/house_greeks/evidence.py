"""What each number rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.usd_account import UsdAccount, haircut_evidence
from seawall.margining.model import Use
from seawall.margining.models.house_greeks.numbers import coin_path
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def uses(policy: MarginPolicy, book: ResolvedBook, coins: Iterable[str], owned: UsdAccount) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table = book.snapshot.table
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where(members[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = holds(np.ones(len(table), np.bool_))
    general = ["general.price_steps_count", "general.initial_factor"]
    yield Use(everyone, policy.evidence(general, ["ladder", "no_offset"]))
    yield Use(holds(options), policy.evidence(["general.look_ahead_days"], ["expansion"]))
    for base in coins:
        mine = of_underlying(book, base)
        coins_held = owned.amounts.get(base, np.zeros(len(book.book))) != 0.0
        yield Use(coins_held, policy.evidence([], ["coins_are_delta"]))
        yield Use(holds(mine) | coins_held, policy.evidence([f"{coin_path(base)}.price_range"]))
        yield Use(holds(mine & options), policy.evidence([f"{coin_path(base)}.vol_range"]))
    for asset, amount in owned.amounts.items():
        yield Use(amount > 0.0, haircut_evidence(policy, asset, ["haircut"]))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))
