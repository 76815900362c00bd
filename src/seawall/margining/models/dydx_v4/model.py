"""dYdX v4: perpetuals of one subaccount against its USDC, each by a rate of its notional, with no offset between them.

All sums are in the chain's quantums (`quantums`, `subaccount`); they become dollars in `_usd` and nowhere else.
docs/margin/dydx.md gives the rule in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.fixed_point import from_units
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.blocks.refusals import owners_of
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.dydx_v4.evidence import uses
from seawall.margining.models.dydx_v4.liquidation import bankruptcy_quote, fillable_price, is_liquidatable
from seawall.margining.models.dydx_v4.numbers import read_liquidation
from seawall.margining.models.dydx_v4.quantums import QUOTE_DECIMALS, Risk
from seawall.margining.models.dydx_v4.subaccount import CASH, Held, refusals, subaccounts
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {"perpetuals": Component.POSITION, **ORDER_CHARGES}
SMALLEST_USD = 1e-6
"""A quote quantum: each requirement is rounded up to one, twice over."""


@dataclass(frozen=True)
class DydxCrossMargin(NoScenario):
    """One subaccount, one netting set in USD; margin balance is the chain's net collateral."""

    name: str
    promises: Promises = Promises(
        homogeneous=True, subadditive=True, offsets_across_underlyings=False, smallest_usd=SMALLEST_USD
    )
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        count = len(book.book)
        collateral, initial, maintenance = _usd([account.total for account in subaccounts(policy, book)])
        refused = _refused_assets(policy, book)
        collateral = np.where(owners_of(book, refused), np.nan, collateral)
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=collateral,
            margin_balance=collateral,
            haircut=np.zeros(count),
            initial={"perpetuals": initial, **charges},
            maintenance={"perpetuals": maintenance, **dict.fromkeys(charges, np.zeros(count))},
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(uses(policy, book)),
            cross=True,
            refused=refusals(policy, book),
            refused_assets=refused,
            native={
                "net_collateral": collateral,
                "initial_margin_requirement": initial,
                "maintenance_margin_requirement": maintenance,
                "free_collateral": collateral - initial,
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account needs, and at which prices it would be closed."""
        [account] = subaccounts(policy, book)
        [refused] = owners_of(book, _refused_assets(policy, book))
        total, names = None if refused else account.total, book.snapshot.table.names
        rows: list[Mapping[str, object]] = []
        figures: dict[str, float] = {}
        for held in account.held:
            _, initial, maintenance = (float(amount[0]) for amount in _usd([held.risk]))
            rows.append({
                "instrument": names[held.row],
                "size": 0.0 if held.market is None else from_units(held.quantums, -held.market.atomic_resolution),
                "currency": "USD",
                "initial_margin": initial,
                "maintenance_margin": maintenance,
            })  # fmt: skip
            if total is not None and total.maintenance > 0 and held.quantums != 0:
                prices = _closing_prices(policy, total, held)
                figures |= {f"{names[held.row]}.{name}": price for name, price in prices.items()}
        if total is not None:
            figures["is_liquidatable"] = float(is_liquidatable(total))
        return Detail(positions=tuple(rows), figures=figures)


def _refused_assets(policy: MarginPolicy, book: ResolvedBook) -> dict[str, str]:
    return {
        asset: f"{asset}: {policy.id} does not take it as collateral; dYdX takes USDC only"
        for asset in book.book.assets
        if asset not in CASH
    }


def _closing_prices(policy: MarginPolicy, total: Risk, held: Held) -> dict[str, float]:
    """Return the prices in USD a coin of a liquidation that closes a position whole."""
    assert held.market is not None, "an account that has a total has a price for all it holds"
    coins = 10.0 ** -(held.market.atomic_resolution + QUOTE_DECIMALS)
    close = -held.quantums
    offered = fillable_price(total, held.market, held.quantums, close, read_liquidation(policy))
    bankrupt = bankruptcy_quote(total, held.market, held.quantums, close)
    return {"fillable_price": float(offered) * coins, "bankruptcy_price": bankrupt / held.quantums * coins}


def _usd(risks: Sequence[Risk | None]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return net collateral, initial and maintenance margin in USD, `(R,)` each: the one place where quantums end."""
    rows = [
        (math.nan,) * 3
        if risk is None
        else tuple(from_units(amount, QUOTE_DECIMALS) for amount in (risk.collateral, risk.initial, risk.maintenance))
        for risk in risks
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()


CROSS = DydxCrossMargin("dydx_v4")
