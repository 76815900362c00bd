"""OKX portfolio margin (account level 4).

The order of the rule: each risk unit's scenario loss is the greatest of MR1 (grid of prices and volatilities), MR2 (a
day passes) and MR6 (half the loss at an extreme move); MR3 (vega between expiries), MR4 (basis), MR5 (rates) and MR9
(stable coins) are added; MR7 (slippage and fees, in tiers) is the least. Units add, and so does MR8 for what is
borrowed. Initial margin of units is a multiple of maintenance margin. Equity is held against it after discounts.

Sources: OKX's help page on portfolio margin and its position builder. docs/margin/okx.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.instruments import Kind
from seawall.margining.binding import Binding
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.margin_ratio import cover_ratio
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.components import ORDER_CHARGES, Component, total_of
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.okx_pm.account import Funds, funds_of
from seawall.margining.models.okx_pm.columns import QUOTES, Columns, columns_of
from seawall.margining.models.okx_pm.detail import figures, risk_matrix
from seawall.margining.models.okx_pm.evidence import uses
from seawall.margining.models.okx_pm.numbers import layout, refused_asset, refused_underlying, scenario_set
from seawall.margining.models.okx_pm.unit import Unit, UnitResult, evaluate_unit
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

COMPONENTS = {
    "worst_case": Component.SCENARIO,
    "vega_term": Component.VOLATILITY,
    "basis": Component.BASIS,
    "rate": Component.BASIS,
    "stable_coin": Component.CONFIDENCE,
    "minimum_charge": Component.SIZE,
    "borrow": Component.BORROW,
    **ORDER_CHARGES,
}


@dataclass(frozen=True)
class OkxPortfolioMargin:
    """One netting set in USD for each account; risk units within it add."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return grid, extreme moves and a day that passes, over the underlyings that the policy has numbers for."""
        known = tuple(base for base in snapshot.table.underlyings if not refused_underlying(policy, base))
        return scenario_set(policy, known) if known else ScenarioSet.spot_moves((), (), np.zeros((0, 0)))

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one underlying as OKX's response lays it out."""
        return layout(policy, underlying).binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        leaning = book.snapshot.exposure
        columns = columns_of(policy, book, pnl, leaning)
        funds = funds_of(policy, book, leaning)
        units = _units(policy, book, columns)
        count = len(book.book)
        spot = {unit.base: funds.spot(unit.base, count) for unit in units}
        found = {unit: evaluate_unit(policy, book, unit, columns, book.positions, spot[unit.base]) for unit in units}
        factor = policy.number("general.initial_factor")
        active = np.flatnonzero(np.diff(book.orders.indptr))

        def initial_of(holdings: Holdings) -> FloatArray:
            total = np.zeros(len(active))
            for unit in units:
                result = evaluate_unit(policy, book, unit, columns, holdings, spot[unit.base][active])
                total = total + factor * result.maintenance
            return total

        added = order_margin(book.positions, book.orders, initial_of)
        return self._assemble(policy, book, funds, columns, found, added)

    def _assemble(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        funds: Funds,
        columns: Columns,
        found: Mapping[Unit, UnitResult],
        order_added: FloatArray,
    ) -> Requirement:
        count = len(book.book)
        [one] = netting_sets(book, cross=True)
        factor = policy.number("general.initial_factor")
        charges = _charges(found, count)
        liability = funds.liability
        borrow = policy.number("general.borrow_maintenance_rate") * liability
        zero = np.zeros(count)
        initial = {name: factor * amounts for name, amounts in charges.items()}
        initial["borrow"] = policy.number("general.borrow_initial_rate") * liability
        initial |= {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        initial["open_orders_margin"] = initial["open_orders_margin"] + order_added
        maintenance = charges | {"borrow": borrow} | dict.fromkeys(ORDER_CHARGES, zero)
        adjusted = funds.adjusted
        scenario, underlying, names = _binding(book, found, count)
        return Requirement(
            account=np.arange(count),
            currencies=("USD",),
            currency=np.zeros(count, np.int64),
            equity=funds.equity,
            margin_balance=adjusted,
            haircut=zero,
            initial=initial,
            maintenance=maintenance,
            worst_scenario=scenario,
            worst_underlying=underlying,
            underlyings=names,
            cross=True,
            uses=tuple(uses(policy, book, funds, columns, found, order_added)),
            refused=_refused(policy, book),
            refused_assets={asset: why for asset in funds.equities if (why := refused_asset(policy, asset))},
            native=_native(policy, adjusted, initial, maintenance, liability, borrow, found),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return every unit's grid of a book of one account, and every charge by name."""
        leaning = book.snapshot.exposure
        columns = columns_of(policy, book, pnl, leaning)
        funds = funds_of(policy, book, leaning)
        matrices, shown = [], {}
        for unit in _units(policy, book, columns):
            mine = book.positions.among(unit.members)
            if len(mine):
                result = evaluate_unit(policy, book, unit, columns, mine, funds.spot(unit.base, 1))
                matrices.append(risk_matrix(policy, book, unit, columns, mine, result))
                shown[unit] = result
        return Detail(matrices=tuple(matrices), figures=figures(policy, book, funds, columns, shown))


def _units(policy: MarginPolicy, book: ResolvedBook, columns: Columns) -> list[Unit]:
    """Return the risk units of a book's instruments that the policy has numbers for."""
    offset = policy.word("general.spot_offset")
    table = book.snapshot.table
    units = []
    for base in table.underlyings:
        if refused_underlying(policy, base):
            continue
        of_base = of_underlying(book, base)
        if policy.word("general.risk_unit") == "base":
            units.append(Unit(base, base, of_base, takes_spot=offset != "none"))
            continue
        for q, name in enumerate(QUOTES):
            members = of_base & (columns.quote == q)
            if members.any():
                units.append(Unit(f"{base}-{name}", base, members, takes_spot=offset == name.lower()))
    return units


def _charges(found: Mapping[Unit, UnitResult], count: int) -> dict[str, FloatArray]:
    """Return the sums of all units' charges by component, `(A,)` each."""
    total = {name: np.zeros(count) for name in COMPONENTS if name not in ORDER_CHARGES and name != "borrow"}
    for unit in found.values():
        parts = {
            "worst_case": unit.worst_case, "vega_term": unit.mr3, "basis": unit.mr4, "rate": unit.mr5,
            "stable_coin": unit.mr9, "minimum_charge": unit.minimum_charge,
        }  # fmt: skip
        total = {name: amounts + parts[name] for name, amounts in total.items()}
    return total


def _binding(
    book: ResolvedBook, found: Mapping[Unit, UnitResult], count: int
) -> tuple[IntArray, IntArray, tuple[str, ...]]:
    """Return the scenario and the underlying of the unit that loses most, `(A,)` each, -1 where none loses."""
    names = book.snapshot.table.underlyings
    most = np.zeros(count)
    scenario, underlying = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    for unit, result in found.items():
        more = result.worst_case > most
        most = np.where(more, result.worst_case, most)
        scenario = np.where(more, result.scenario, scenario)
        underlying = np.where(more, names.index(unit.base), underlying)
    return scenario, underlying, names


def _native(
    policy: MarginPolicy,
    adjusted: FloatArray,
    initial: Mapping[str, FloatArray],
    maintenance: Mapping[str, FloatArray],
    liability: FloatArray,
    borrow: FloatArray,
    found: Mapping[Unit, UnitResult],
) -> dict[str, FloatArray]:
    """Return what OKX's responses call these numbers; leverage is zero where there is no equity to hold it against."""
    total = total_of(maintenance, len(adjusted))
    fee = policy.number("general.liquidation_fee_rate") * (liability + borrow)
    notional = sum((unit.notional_usd for unit in found.values()), start=np.zeros(len(adjusted)))
    lever = np.divide(notional, adjusted, out=np.zeros(len(adjusted)), where=adjusted != 0.0)
    return {
        "adjEq": adjusted,
        "totalImr": total_of(initial, len(adjusted)),
        "totalMmr": total,
        "mgnRatio": cover_ratio(adjusted, total, fee),
        "notionalUsd": notional,
        "acctLever": lever,
    }


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        if sort.kind == Kind.SPOT:
            return "spot counts through the balances that it exchanges, not as a contract"
        return refused_underlying(policy, sort.underlying) or refused_asset(policy, sort.settlement)

    return refused_rows(book, why)


PORTFOLIO = OkxPortfolioMargin("okx_pm")
