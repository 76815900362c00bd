"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.dydx_v4.numbers import number_paths, read_market
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def uses(policy: MarginPolicy, book: ResolvedBook) -> Iterator[Use]:
    """Yield who relied on what."""
    table, held = book.snapshot.table, book.positions

    def holds(members: BoolArray) -> BoolArray:
        return np.asarray(np.diff(held.where(members[held.columns]).indptr) > 0, dtype=np.bool_)

    everything = holds(np.ones(len(table), np.bool_))
    yield Use(everything, policy.evidence([], ["margin_requirements", "net_collateral", "oracle_is_mark"]))
    for base in table.underlyings:
        numbers = read_market(policy, base)
        if numbers is not None:
            mine = holds(of_underlying(book, base))
            yield Use(mine, policy.evidence(number_paths(policy, base)))
            scaled = mine & (numbers.tier.upper_cap > 0)
            yield Use(scaled, policy.evidence([], ["open_interest_scaling"]))
    foreign = [c for c, asset in enumerate(book.book.assets) if asset == "USD"]
    yield Use((book.book.balances[:, foreign] != 0.0).any(axis=1), policy.evidence([], ["dollars_as_usdc"]))
    yield Use(np.diff(book.orders.indptr) > 0, policy.evidence([], ["orders_reserve_nothing"]))
