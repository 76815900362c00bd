"""Hyperliquid portfolio margin: perpetuals and loans of one account against its USDC and the spot that is lent against.

A loss of perpetuals beyond the USDC that is there is borrowed. docs/margin/hyperliquid.md gives the rule in words.
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
from seawall.margining.models.hyperliquid.detail import position_rows
from seawall.margining.models.hyperliquid.evidence import portfolio_uses
from seawall.margining.models.hyperliquid.numbers import CASH, read_collateral
from seawall.margining.models.hyperliquid.portfolio_liquidation import liquidation_outcomes
from seawall.margining.models.hyperliquid.standing import needed_offset, ratio, standing
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

LOANS, OFFSET = "loans", "min_borrow_offset"
COMPONENTS = {"perpetuals": Component.POSITION, LOANS: Component.BORROW, OFFSET: Component.BORROW, **ORDER_CHARGES}


@dataclass(frozen=True)
class HyperliquidPortfolioMargin(NoScenario):
    """One account, one netting set in USD; margin balance is the venue's liquidation value."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        count, held = len(book.book), book.positions
        parts = entry_margins(policy, book, held)
        stand = standing(policy, book, balances(book))
        open_now = per_account(held, np.abs(held.sizes)) > 0.0
        shared = {LOANS: stand.borrowed, OFFSET: needed_offset(policy, stand.borrowed, open_now)}
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        kept = per_account(held, parts.maintenance)
        refused = {
            asset: f"{asset}: {policy.id} has no loan-to-value for it"
            for asset in book.book.assets
            if asset not in CASH and read_collateral(policy, asset) is None
        }
        value = np.where(owners_of(book, refused), np.nan, stand.cash + stand.liquidated)
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=stand.equity,
            margin_balance=value,
            haircut=stand.liquidated - stand.lent,
            initial={"perpetuals": per_account(held, parts.initial), **shared, **charges},
            maintenance={"perpetuals": kept, **shared, **dict.fromkeys(charges, np.zeros(count))},
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(portfolio_uses(policy, book, stand.borrowed > 0.0)),
            cross=True,
            refused=refusals(policy, book),
            refused_assets=refused,
            native={"portfolio_margin_ratio": ratio(kept + shared[LOANS] + shared[OFFSET], value)},
            liquidation_ratio=policy.number("portfolio.liquidation_ratio"),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position and loan of a book of one account needs, and where the account stands."""
        need = self.requirement(policy, book, pnl)
        loans = tuple(
            {
                "instrument": name, "size": float(need.initial[name][0]), "currency": "USD",
                "initial_margin": float(need.initial[name][0]), "maintenance_margin": float(need.maintenance[name][0]),
            }
            for name in (LOANS, OFFSET)
        )  # fmt: skip
        rows = position_rows(book, entry_margins(policy, book, book.positions))
        pmr = float(need.native["portfolio_margin_ratio"][0])
        above = pmr > policy.number("portfolio.liquidation_ratio")
        figures = {"is_liquidatable": np.nan if np.isnan(pmr) else float(above)}
        if above:
            figures |= {
                f"{outcome.first}_first.{name}": amount
                for outcome in liquidation_outcomes(policy, book)
                for name, amount in outcome.figures.items()
            }
        return Detail(positions=rows + loans, figures=figures)


PORTFOLIO = HyperliquidPortfolioMargin("hyperliquid_pm")
