"""Drift v2: perpetuals and borrowed tokens of one user account against its weighted collateral, with no offset.

Size makes every weight worse. All sums are in the program's units (`weights`, `margin`, `account`); they become
dollars in `_usd` and nowhere else. docs/margin/drift.md gives the rule in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.fixed_point import from_units, truncated
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.drift.account import UserAccount, refusals, user_accounts
from seawall.margining.models.drift.detail import detail
from seawall.margining.models.drift.evidence import uses
from seawall.margining.models.drift.margin import PRICE, QUOTE_DECIMALS, MarginType
from seawall.margining.models.drift.numbers import General, read_general, read_spot
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {"perpetuals": Component.POSITION, "borrow": Component.BORROW, **ORDER_CHARGES}
SMALLEST_USD = 10.0**-QUOTE_DECIMALS
ORDERS = "open_orders_margin"


@dataclass(frozen=True, slots=True)
class _Need:
    """Collateral and requirement of one account for one purpose, in quote units."""

    collateral: int
    perpetuals: int
    borrow: int
    orders: int

    @property
    def requirement(self) -> int:
        return self.perpetuals + self.borrow + self.orders


@dataclass(frozen=True)
class DriftCrossMargin(NoScenario):
    """One user account, one netting set in USD; margin balance is the program's total collateral for maintenance."""

    name: str
    promises: Promises = Promises(
        homogeneous=False,
        subadditive=False,
        offsets_across_underlyings=False,
        smallest_usd=SMALLEST_USD,
        orders_in_maintenance=True,
    )
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        count, general, accounts = len(book.book), read_general(policy), user_accounts(policy, book)
        needs = [_needs(account, general) for account in accounts]
        initial, fill, maintenance = (
            {part: _usd([None if need is None else getattr(need[kind], part) for need in needs]) for part in PARTS}
            for kind in MarginType
        )
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        none = dict.fromkeys(charges, np.zeros(count))
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=_usd([_equity(account) for account in accounts]),
            margin_balance=maintenance["collateral"],
            haircut=_usd([None if need is None else _haircut(need) for need in needs]),
            initial=_components(initial, charges),
            maintenance=_components(maintenance, none),
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(uses(policy, book, accounts)),
            cross=True,
            refused=refusals(policy, book),
            refused_assets={
                asset: f"{asset}: {policy.id} does not take it as collateral"
                for asset in book.book.assets
                if read_spot(policy, asset) is None
            },
            native={
                f"{kind.value}_{part}": amounts[part]
                for kind, amounts in zip(MarginType, (initial, fill, maintenance), strict=True)
                for part in ("collateral", "requirement")
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position and each debt of a book of one account needs, and what each token counts for."""
        [account] = user_accounts(policy, book)
        return detail(policy, account, book.snapshot.table)


PARTS = (*(entry.name for entry in fields(_Need)), "requirement")


def _needs(account: UserAccount, general: General) -> dict[MarginType, _Need] | None:
    """Return what an account needs for each purpose, None where something of it is unknown.

    Staying never needs more than opening and never counts less, whatever numbers a policy is given.
    """
    found = {}
    for kind in MarginType:
        with_orders = [perp.contribution(kind, general) for perp in account.perps]
        bare = [perp.contribution(kind, general, with_orders=False) for perp in account.perps]
        tokens = [token.contribution(kind) for token in account.tokens]
        parts = [*with_orders, *bare, *tokens]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        whole, plain, owned = ([part for part in group if part is not None] for group in (with_orders, bare, tokens))
        perpetuals = sum(part.requirement for part in plain)
        found[kind] = _Need(
            collateral=sum(part.collateral for part in (*plain, *owned)),
            perpetuals=perpetuals,
            borrow=sum(part.requirement for part in owned),
            orders=sum(part.requirement for part in whole) - perpetuals,
        )
    kept = found[MarginType.MAINTENANCE]
    return {
        kind: _Need(
            min(need.collateral, kept.collateral),
            max(need.perpetuals, kept.perpetuals),
            max(need.borrow, kept.borrow),
            max(need.orders, kept.orders),
        )
        for kind, need in found.items()
    }


def _haircut(need: Mapping[MarginType, _Need]) -> int:
    """Return the part of collateral that does not count to open."""
    return need[MarginType.MAINTENANCE].collateral - need[MarginType.INITIAL].collateral


def _components(need: Mapping[str, FloatArray], charges: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    return {
        "perpetuals": need["perpetuals"],
        "borrow": need["borrow"],
        **{name: amount + (need["orders"] if name == ORDERS else 0.0) for name, amount in charges.items()},
    }


def _equity(account: UserAccount) -> int | None:
    """Return what an account is worth without any weight, in quote units; None where something of it is unknown."""
    total = 0
    for token in account.tokens:
        if token.worth is None:
            return None
        total += token.worth
    for perp in account.perps:
        if perp.market is None:
            return None
        total += truncated(perp.profit * perp.quote_price, PRICE)
    return total


def _usd(amounts: Sequence[int | None]) -> FloatArray:
    """Return quote units in USD, `(R,)`, NaN for what is unknown: the one place where units end."""
    return np.array(
        [math.nan if amount is None else from_units(amount, QUOTE_DECIMALS) for amount in amounts], dtype=np.float64
    )


CROSS = DriftCrossMargin("drift_v2")
