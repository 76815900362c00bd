"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.drift.account import UserAccount
from seawall.margining.models.drift.numbers import PERP_NUMBERS, SPOT_NUMBERS, perp_path, read_perp, spot_path
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

RATIOS, PROFITS = PERP_NUMBERS[:3], PERP_NUMBERS[3:]
ASSETS = ("decimals", "initial_asset_weight", "maintenance_asset_weight", "imf_factor")
SCALING = SPOT_NUMBERS[-2:]
LIABILITIES = ("decimals", "initial_liability_weight", "maintenance_liability_weight", "imf_factor")


def uses(policy: MarginPolicy, book: ResolvedBook, accounts: Sequence[UserAccount]) -> Iterator[Use]:
    """Yield who relied on what."""
    table = book.snapshot.table

    def rows(members: BoolArray) -> BoolArray:
        found = np.zeros(len(book.book), np.bool_)
        for held in (book.positions, book.orders):
            found[held.rows[members[held.columns]]] = True
        return found

    yield Use(rows(np.ones(len(table), np.bool_)), policy.evidence([], ["perp_margin", "oracle_is_mark"]))
    for base in table.underlyings:
        market = read_perp(policy, base)
        if market is None:
            continue
        mine, path = of_underlying(book, base), perp_path(base)
        yield Use(rows(mine), policy.evidence([f"{path}.{name}" for name in RATIOS]))
        gains = np.array(
            [any(mine[perp.row] and perp.profit > 0 for perp in account.perps) for account in accounts], dtype=np.bool_
        )
        numbers = [f"{path}.{name}" for name in PROFITS]
        yield Use(gains, policy.evidence([*numbers, "general.max_positive_upnl_initial"], ["profit_weight"]))
        yield Use(gains, policy.evidence([], ["no_imbalance"]))
    for c, asset in enumerate(book.book.assets):
        path = spot_path(asset)
        if not policy.has(f"{path}.{ASSETS[0]}"):
            continue
        owned, owed = book.book.balances[:, c] > 0.0, book.book.balances[:, c] < 0.0
        assets, scaling, debts = ([f"{path}.{name}" for name in names] for names in (ASSETS, SCALING, LIABILITIES))
        yield Use(owned, policy.evidence(assets, ["spot_weights"]))
        yield Use(owned & (path != spot_path("USDC")), policy.evidence(scaling, ["one_price"]))
        yield Use(owed, policy.evidence(debts, ["spot_weights"]))
        if asset == "USD":
            yield Use(owned | owed, policy.evidence([], ["dollars_as_usdc"]))
    yield Use(np.diff(book.orders.indptr) > 0, policy.evidence(["general.open_order_margin"], ["open_orders"]))
