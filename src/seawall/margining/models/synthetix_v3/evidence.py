"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.synthetix_v3.numbers import (
    CASH,
    discount_paths,
    keeper_paths,
    market_paths,
    read_discount,
    read_market,
)
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


def uses(policy: MarginPolicy, book: ResolvedBook) -> Iterator[Use]:
    """Yield who relied on what."""
    table, held = book.snapshot.table, book.positions

    def holds(members: BoolArray) -> BoolArray:
        return _some(held.where(members[held.columns]))

    rules = ["required_margins", "available_margin", "liquidation_reward", "oracle_is_mark", "funding_is_settled"]
    yield Use(_some(held), policy.evidence(keeper_paths(), rules))
    for base in table.underlyings:
        if read_market(policy, base) is not None:
            yield Use(holds(of_underlying(book, base)), policy.evidence(market_paths(base)))
    for c, asset in enumerate(book.book.assets):
        amount = book.book.balances[:, c]
        if asset in CASH:
            yield Use(amount != 0.0, policy.evidence([], ["dollars_at_par"]))
            yield Use(amount < 0.0, policy.evidence([], ["negative_is_debt"]))
        elif read_discount(policy, asset) is not None:
            yield Use(amount != 0.0, policy.evidence(discount_paths(asset), ["collateral_discount"]))
            yield Use(amount < 0.0, policy.evidence([], ["negative_is_debt"]))
    yield Use(_some(book.orders), policy.evidence([], ["orders_reserve_nothing"]))


def _some(held: Holdings) -> BoolArray:
    return np.asarray(np.diff(held.indptr) > 0, dtype=np.bool_)
