"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.collateral_tiers import COLLATERAL_NUMBERS, DEBT_NUMBERS, tiers_of, tiers_path
from seawall.margining.blocks.equity import Equity
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.bybit_sm.entries import FEE_NUMBER, OPTION_NUMBERS, TIER_NUMBERS, knows, market_path
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

USDT = "USDT"
"""What the contract whose table was seen settles in."""


def uses(
    policy: MarginPolicy, book: ResolvedBook, equities: Mapping[str, Equity], order_added: FloatArray
) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table, held = book.snapshot.table, book.positions
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray, *, short_only: bool = False) -> BoolArray:
        mine = held.where(members[held.columns] & ((held.sizes < 0.0) | (not short_only)))
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.rate_decimals"], ["margin_balance"]))
    perpetual = table.is_kind(Kind.PERPETUAL) & np.array([coin == USDT for coin in table.settlement], dtype=np.bool_)
    yield Use(
        holds(~options), policy.evidence([FEE_NUMBER], ["close_fee", "risk_limit", "initial_at_highest_leverage"])
    )
    yield Use(holds(~options & ~perpetual), policy.evidence([], ["one_table"]))
    yield Use(holds(options, short_only=True), policy.evidence([], ["short_option"]))
    yield Use(holds(options & table.is_call, short_only=True), policy.evidence([], ["short_call"]))
    yield Use(holds(options & table.inverse, short_only=True), policy.evidence([], ["other_settlement_form"]))
    for base in table.underlyings:
        if knows(policy, base):
            of_base, path = of_underlying(book, base), market_path(base)
            yield Use(holds(of_base & ~options), policy.evidence([f"{path}.{name}" for name in TIER_NUMBERS]))
            paths = [f"{path}.{name}" for name in OPTION_NUMBERS]
            yield Use(holds(of_base & options, short_only=True), policy.evidence(paths))
    for asset, equity in equities.items():
        if tiers_of(policy, asset) is None:
            continue
        path, plain = tiers_path(asset), equity.cash + equity.unrealised
        counted = [f"{path}.{name}" for name in COLLATERAL_NUMBERS]
        yield Use(plain > 0.0, policy.evidence(counted, ["collateral_tiers"]))
        yield Use(plain < 0.0, policy.evidence([f"{path}.{name}" for name in DEBT_NUMBERS], ["borrow"]))
    has_orders = np.diff(book.orders.indptr) > 0
    yield Use(has_orders | (order_added != 0.0), policy.evidence([], ["order_margin"]))
