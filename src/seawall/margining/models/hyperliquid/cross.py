"""Hyperliquid cross margin: perpetuals of one account against its USDC, each by its tier, without offset.

docs/margin/hyperliquid.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.blocks.refusals import owners_of
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.hyperliquid.account import balances, entry_margins, refusals
from seawall.margining.models.hyperliquid.detail import closing_prices, position_rows
from seawall.margining.models.hyperliquid.evidence import cross_uses
from seawall.margining.models.hyperliquid.numbers import CASH, read_liquidation
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {"perpetuals": Component.POSITION, **ORDER_CHARGES}


@dataclass(frozen=True)
class HyperliquidCrossMargin(NoScenario):
    """One account, one netting set in USD; margin balance is the venue's account value."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        count, held = len(book.book), book.positions
        parts = entry_margins(policy, book, held)
        notional, initial, maintenance = (per_account(held, part) for part in parts)
        refused = {
            asset: f"{asset}: {policy.id} does not take it as collateral; cross margin is USDC"
            for asset in book.book.assets
            if asset not in CASH
        }
        value = np.where(owners_of(book, refused), np.nan, balances(book)["USDC"])
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        kept = np.maximum(initial, policy.number("general.transfer_share") * notional)
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=value,
            margin_balance=value,
            haircut=np.zeros(count),
            initial={"perpetuals": initial, **charges},
            maintenance={"perpetuals": maintenance, **dict.fromkeys(charges, np.zeros(count))},
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(cross_uses(policy, book)),
            cross=True,
            refused=refusals(policy, book),
            refused_assets=refused,
            native={
                "accountValue": value,
                "totalNtlPos": notional,
                "totalMarginUsed": initial,
                "crossMaintenanceMarginUsed": maintenance,
                "withdrawable": np.maximum(value - kept, 0.0),
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account needs, and at which marks it would be liquidated."""
        parts = entry_margins(policy, book, book.positions)
        kept = per_account(book.positions, parts.maintenance)
        value = self.requirement(policy, book, pnl).equity
        available = float((value - kept)[0])
        levels = {
            "account_value.market_orders_below": float(kept[0]),
            "account_value.backstop_below": float(kept[0]) * read_liquidation(policy).backstop_share,
        }
        return Detail(positions=position_rows(book, parts), figures=levels | closing_prices(policy, book, available))


CROSS = HyperliquidCrossMargin("hyperliquid_cross")
