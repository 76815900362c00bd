"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.usd_account import UsdAccount, haircut_evidence
from seawall.margining.model import Use
from seawall.margining.models.occ_tims.groups import GroupMargin
from seawall.margining.models.occ_tims.numbers import class_path, offset_path
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def uses(
    policy: MarginPolicy, book: ResolvedBook, found: Mapping[str, GroupMargin], owned: UsdAccount
) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table = book.snapshot.table

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where(members[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.points_count"], ["valuation_points", "class_group"]))
    yield Use(holds(table.is_kind(Kind.OPTION)), policy.evidence([], ["equity"]))
    yield Use(holds(table.inverse | table.is_kind(Kind.PERPETUAL)), policy.evidence([], ["crypto_contracts"]))
    for group, margin in found.items():
        several = np.zeros(len(book.book), np.int64)
        for base in margin.classes:
            path, coins = class_path(base), owned.amounts.get(base, np.zeros(len(book.book))) != 0.0
            mine = holds(of_underlying(book, base)) | coins
            yield Use(coins, policy.evidence([], ["coins_are_stock"]))
            several = several + mine
            yield Use(mine, policy.evidence([f"{path}.down_move", f"{path}.up_move"]))
            binds = mine & (margin.minimum > margin.worst)
            yield Use(binds, policy.evidence([f"{path}.minimum_usd"], ["minimum"]))
            yield Use(mine & (several > 1), policy.evidence([f"{path}.product_group"]))
        if len(margin.classes) > 1:
            yield Use(several > 1, policy.evidence([offset_path(group)], ["product_group"]))
    for asset, amount in owned.amounts.items():
        yield Use(amount > 0.0, haircut_evidence(policy, asset, ["haircut"]))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))
