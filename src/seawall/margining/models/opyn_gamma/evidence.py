"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.netting_set import NettingSet
from seawall.margining.model import Use
from seawall.margining.models.opyn_gamma.numbers import decimals_path, product_paths
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def uses(policy: MarginPolicy, book: ResolvedBook, one: NettingSet) -> Iterator[Use]:
    """Yield who relied on what in the vaults of one collateral."""
    table, held = book.snapshot.table, book.positions
    mine = one.members & table.is_kind(Kind.OPTION)

    def holds(members: BoolArray, *, short_only: bool = False) -> BoolArray:
        kept = members[held.columns] & ((held.sizes < 0.0) | (not short_only))
        return np.asarray(np.diff(held.where(kept).indptr) > 0, dtype=np.bool_)

    yield Use(holds(mine), policy.evidence([], ["cash_is_collateral"]))
    path = decimals_path(one.currency)
    if policy.has(path):
        rules = ["naked_margin", "spot_is_index", "vault_each"]
        yield Use(holds(mine, short_only=True), policy.evidence([path], rules))
    for base in table.underlyings:
        for is_put in (False, True):
            paths = product_paths(base, is_put=is_put)
            if policy.has(paths[0]):
                members = mine & of_underlying(book, base) & (table.is_call != is_put)
                yield Use(holds(members, short_only=True), policy.evidence(paths))
    placed = book.orders.where(one.members[book.orders.columns])
    some = np.asarray(np.diff(placed.indptr) > 0, dtype=np.bool_)
    yield Use(some, policy.evidence([], ["orders_reserve_nothing"]))
