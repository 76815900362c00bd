"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.hyperliquid.account import balances
from seawall.margining.models.hyperliquid.numbers import (
    CASH,
    collateral_paths,
    market_paths,
    read_collateral,
    read_tiers,
)
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


def cross_uses(policy: MarginPolicy, book: ResolvedBook) -> Iterator[Use]:
    """Yield who relied on what under cross margin."""
    table, held = book.snapshot.table, book.positions

    def holds(members: BoolArray) -> BoolArray:
        return _some(held.where(members[held.columns]))

    rules = ["account_value", "maintenance_tiers", "initial_by_leverage", "leverage_by_whole_notional"]
    yield Use(_some(held), policy.evidence(["general.leverage"], rules))
    for base in table.underlyings:
        if read_tiers(policy, base) is not None:
            yield Use(holds(of_underlying(book, base)), policy.evidence(market_paths(base)))
    foreign = [c for c, asset in enumerate(book.book.assets) if asset == "USD"]
    yield Use((book.book.balances[:, foreign] != 0.0).any(axis=1), policy.evidence([], ["dollars_as_usdc"]))
    yield Use(_some(book.orders), policy.evidence([], ["orders_reserve_nothing"]))


def portfolio_uses(policy: MarginPolicy, book: ResolvedBook, owing: BoolArray) -> Iterator[Use]:
    """Yield who relied on what under portfolio margin; `owing` says who has a loan, `(A,)`."""
    yield from cross_uses(policy, book)
    needs = _some(book.positions) | owing
    yield Use(
        needs, policy.evidence(["portfolio.min_borrow_offset"], ["portfolio_margin_ratio", "offset_with_need_only"])
    )
    yield Use(owing, policy.evidence([], ["perpetual_loss_is_borrowed"]))
    lent = []
    for asset, amount in balances(book).items():
        if asset not in CASH and read_collateral(policy, asset) is not None:
            lent.append(amount > 0.0)
            rules = ["borrow_threshold", "borrow_oracle_is_index"]
            yield Use(amount > 0.0, policy.evidence(collateral_paths(asset), rules))
            yield Use(amount < 0.0, policy.evidence([], ["coin_debt", "borrow_oracle_is_index"]))
    some, several = np.sum([np.zeros(len(book.book)), *lent], axis=0), ["collateral_adds_up"]
    yield Use(some > 0, policy.evidence(["portfolio.borrow_cap"]))
    yield Use(some > 1, policy.evidence([], several))


def _some(held: Holdings) -> BoolArray:
    return np.asarray(np.diff(held.indptr) > 0, dtype=np.bool_)
