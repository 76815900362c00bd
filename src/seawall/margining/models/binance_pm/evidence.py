"""What each account's margin rests on: the numbers and rules that bore on what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.refusals import sorts_of
from seawall.margining.model import Use
from seawall.margining.models.binance_pm.collateral import Collateral, loans
from seawall.margining.models.binance_pm.numbers import (
    FAMILIES,
    collateral_paths,
    family_of,
    knows,
    option_paths,
    table_paths,
    tiers,
)
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook

OWN_STABLE = "USDT"
"""What the venue's options settle in, and what the published brackets are of."""


def uses(policy: MarginPolicy, book: ResolvedBook, owned: Collateral) -> Iterator[Use]:
    """Yield who relied on what."""
    table = book.snapshot.table
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray, *, short_only: bool = False) -> BoolArray:
        both = (held.short if short_only else held for held in (book.positions, book.orders))
        return np.logical_or(*(held.owners(members) for held in both))

    def use(applies: BoolArray, paths: Sequence[str], rules: Sequence[str]) -> Use:
        return Use(applies, policy.evidence(paths, rules))

    sorts, which = sorts_of(book)
    families = np.array([family_of(sort) for sort in sorts], dtype=object)[which]
    for base in table.underlyings:
        mine = of_underlying(book, base)
        for family in FAMILIES:
            paths = table_paths(base, family)
            if knows(policy, paths):
                rules = ["futures_maintenance", "initial_by_leverage", "bracket_leverage"]
                yield use(holds(mine & ~options & (families == family)), [*paths, "general.leverage"], rules)
        if knows(policy, option_paths(base)):
            yield use(holds(mine & options, short_only=True), option_paths(base), ["option_margin"])
    in_usdt = np.array([settled == OWN_STABLE for settled in table.settlement], dtype=np.bool_)
    dated = table.is_kind(Kind.FUTURE)
    yield use(holds(options), [], ["options_beside_futures"])
    yield use(holds(options & ~in_usdt), [], ["other_settlement_form"])
    yield use(holds(~options & ~table.inverse & ~in_usdt), [], ["usdc_as_usdt"])
    yield use(holds(dated & table.inverse), [], ["coinm_dated_as_perpetual"])
    for asset, part in owned.assets.items():
        paths = collateral_paths(asset)
        if knows(policy, paths):
            rules = ["adjusted_equity"] + ["collateral_tiers"] * (len(tiers(policy, asset).floor) > 1)
            yield use(part.actual != 0.0, paths, rules)
    owing = loans(book)
    paths = ["general.loan_leverage", "general.loan_leverages", "general.loan_maintenance_rates"]
    yield use((owing != 0.0).any(axis=1), paths, ["loan_maintenance", "initial_by_leverage"])
    yield use(((owing != 0.0) & (book.book.balances < 0.0)).any(axis=1), [], ["negative_balance_is_loan"])
    yield use(_some(book.orders), [], ["order_margin"])
    yield use(_some(book.positions) | (owing != 0.0).any(axis=1), [], ["uni_mmr"])


def _some(held: Holdings) -> BoolArray:
    return np.asarray(np.diff(held.indptr) > 0, dtype=np.bool_)
