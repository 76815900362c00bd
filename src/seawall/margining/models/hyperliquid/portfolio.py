"""Hyperliquid portfolio margin: perpetuals and loans of one account against its USDC and the spot that is lent against.

A loss of perpetuals beyond the USDC that is there is borrowed. docs/margin/hyperliquid.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.binding import Binding
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.hyperliquid.account import balances, entry_margins, price_of, refusals
from seawall.margining.models.hyperliquid.detail import position_rows
from seawall.margining.models.hyperliquid.evidence import portfolio_uses
from seawall.margining.models.hyperliquid.numbers import CASH, read_collateral
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

LOANS, OFFSET = "loans", "min_borrow_offset"
COMPONENTS = {"perpetuals": Component.POSITION, LOANS: Component.BORROW, OFFSET: Component.BORROW, **ORDER_CHARGES}


class Standing(NamedTuple):
    """Money of A accounts in USDC, `(A,)` each.

    Attributes
    ----------
    equity
        All that is owned less all that is owed.
    cash
        USDC that is there, unrealised profit included; not negative.
    borrowed
        What is owed: USDC below zero, and coins below zero at their price.
    lent, liquidated
        What collateral stands for: when something is borrowed, and when the account is up for liquidation.
    """

    equity: FloatArray
    cash: FloatArray
    borrowed: FloatArray
    lent: FloatArray
    liquidated: FloatArray


@dataclass(frozen=True)
class HyperliquidPortfolioMargin:
    """One account, one netting set in USD; margin balance is the venue's liquidation value."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return no scenario: the rule reads none."""
        underlyings = snapshot.table.underlyings
        return ScenarioSet.spot_moves((), underlyings, np.zeros((0, len(underlyings))))

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return nothing: no scenario binds, so nobody may ask."""
        raise AssertionError("Hyperliquid's portfolio margin reads no scenario")

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        count, held = len(book.book), book.positions
        parts = entry_margins(policy, book, held)
        stand = standing(policy, book)
        needs = (np.diff(held.indptr) > 0) & (per_account(held, np.abs(held.sizes)) > 0.0) | (stand.borrowed > 0.0)
        shared = {LOANS: stand.borrowed, OFFSET: np.where(needs, policy.number(f"portfolio.{OFFSET}"), 0.0)}
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        kept = per_account(held, parts.maintenance)
        value = stand.cash + stand.liquidated
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=stand.equity,
            margin_balance=value,
            haircut=stand.liquidated - stand.lent,
            initial={"perpetuals": per_account(held, parts.initial), **shared, **charges},
            maintenance={"perpetuals": kept, **shared, **dict.fromkeys(charges, np.zeros(count))},
            worst_scenario=np.full(count, -1, np.int64),
            worst_underlying=np.full(count, -1, np.int64),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(portfolio_uses(policy, book, stand.borrowed > 0.0)),
            cross=True,
            refused=refusals(policy, book),
            refused_assets={
                asset: f"{asset}: {policy.id} has no loan-to-value for it"
                for asset in book.book.assets
                if asset not in CASH and read_collateral(policy, asset) is None
            },
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
        return Detail(positions=rows + loans, figures={"is_liquidatable": float(above)})


def standing(policy: MarginPolicy, book: ResolvedBook) -> Standing:
    """Return what accounts own, owe, and may borrow; NaN where a coin has no price or no loan-to-value."""
    zero = np.zeros(len(book.book))
    worth, owed, lent, liquidated = zero, zero, zero, zero
    amounts = balances(book)
    for asset in sorted(amounts):
        amount, price = amounts[asset], price_of(book, asset)
        value = np.where(amount == 0.0, 0.0, amount * price)
        worth, owed = worth + value, owed + np.maximum(-value, 0.0)
        if asset in CASH:
            continue
        numbers = read_collateral(policy, asset)
        share, cap = (np.nan, np.nan) if numbers is None else (numbers.loan_to_value, numbers.supply_cap)
        owned = amount > 0.0
        counted = np.where(owned, np.minimum(amount, cap) * price, 0.0)
        lent = lent + np.where(owned, counted * share, 0.0)
        liquidated = liquidated + np.where(owned, counted * liquidation_share(share), 0.0)
    cap = policy.number("portfolio.borrow_cap")
    return Standing(worth, np.maximum(amounts["USDC"], 0.0), owed, np.minimum(lent, cap), np.minimum(liquidated, cap))


def liquidation_share(loan_to_value: float) -> float:
    """Return the share of collateral that counts when an account is up for liquidation: half-way to all of it.

    Examples
    --------
    >>> liquidation_share(0.5)
    0.75
    """
    return 0.5 + 0.5 * loan_to_value


def ratio(required: FloatArray, value: FloatArray) -> FloatArray:
    """Return required over liquidation value: 0 where nothing is required, infinite where nothing stands against it.

    Examples
    --------
    >>> ratio(np.array([0.0, 95.0, 1.0]), np.array([0.0, 100.0, 0.0])).tolist()
    [0.0, 0.95, inf]
    """
    with np.errstate(over="ignore"):  # next to nothing stands against it: larger than any threshold either way
        over = np.divide(required, value, out=np.full(np.shape(value), np.inf), where=~(value <= 0.0))
    return np.asarray(np.where(required == 0.0, 0.0, over), dtype=np.float64)


PORTFOLIO = HyperliquidPortfolioMargin("hyperliquid_pm")
