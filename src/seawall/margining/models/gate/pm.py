"""Gate portfolio margin of the unified account: risk units by coin, four charges each, summed.

The grid and the names of the charges are the venue's; the formulas of MR2 to MR4 are not published.
docs/margin/gate.md gives the rule in words, and says which numbers are our choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.binding import Binding
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.price_vol_grid import grid_matrix, grid_scenarios, most_losing
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.usd import usd_pnl
from seawall.margining.blocks.usd_account import UsdAccount, haircut_evidence, usd_account
from seawall.margining.components import ORDER_CHARGES, Component, total_of
from seawall.margining.model import Detail, Promises, Requirement, Use
from seawall.margining.models.gate.unit import UnitCharges, UnitNumbers, read_unit, unit_charges
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

COMPONENTS = {
    "worst_case": Component.SCENARIO, "basis": Component.BASIS, "vol_spread": Component.VOLATILITY,
    "short_options": Component.SHORT_OPTIONS, **ORDER_CHARGES,
}  # fmt: skip


@dataclass(frozen=True)
class GatePortfolioMargin:
    """One account, one netting set in USD; risk units add up."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return the grid of each unit that the policy knows."""
        return grid_scenarios({base: unit.spec for base, unit in _units(policy, snapshot.table.underlyings).items()})

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one unit, counted from the lowest price."""
        numbers = read_unit(policy, underlying)
        assert numbers is not None, "a binding scenario is one of a unit that the policy knows"
        return numbers.spec.binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count = len(book.book)
        zero = np.zeros(count)
        leaning = book.snapshot.exposure
        money = usd_account(policy, book, leaning)
        found = _charges(policy, book, pnl, book.positions, money, np.arange(count))
        factor = policy.number("general.initial_factor")
        active = np.flatnonzero(np.diff(book.orders.indptr))

        def initial_of(holdings: Holdings) -> FloatArray:
            parts = _charges(policy, book, pnl, holdings, money, active).values()
            return np.asarray(
                factor * sum((part.total for part in parts), start=np.zeros(len(active))), dtype=np.float64
            )

        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        added = order_margin(book.positions, book.orders, initial_of, lean=leaning.delta)
        charges["open_orders_margin"] = charges["open_orders_margin"] + added
        kept = {
            "worst_case": sum((unit.grid.loss for unit in found.values()), start=zero),
            "basis": sum((unit.mr2 for unit in found.values()), start=zero),
            "vol_spread": sum((unit.mr3 for unit in found.values()), start=zero),
            "short_options": sum((unit.mr4 for unit in found.values()), start=zero),
        }
        initial = {name: factor * amount for name, amount in kept.items()} | charges
        maintenance = kept | dict.fromkeys(charges, zero)
        equity, names = money.cash + money.options, book.snapshot.table.underlyings
        scenario, underlying = most_losing({base: unit.grid for base, unit in found.items()}, names, count)
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=equity,
            margin_balance=equity,
            haircut=money.haircut,
            initial=initial,
            maintenance=maintenance,
            worst_scenario=scenario,
            worst_underlying=underlying,
            underlyings=names,
            cross=True,
            uses=tuple(_uses(policy, book, found)),
            refused=_refused(policy, book),
            refused_assets=money.refused,
            native={
                "initial_margin_total": total_of(initial, count),
                "maintain_margin_total": total_of(maintenance, count),
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the grid of each unit of a book of one account, and its charges under Gate's names."""
        money = usd_account(policy, book, book.snapshot.exposure)
        matrices, figures = [], dict[str, float]()
        numbers = _units(policy, book.snapshot.table.underlyings)
        for base, unit in _charges(policy, book, pnl, book.positions, money, np.arange(1)).items():
            matrices.append(grid_matrix(book, base, numbers[base].spec, pnl, unit.grid))
            shown = {"mr1": unit.grid.loss, "mr2": unit.mr2, "mr3": unit.mr3, "mr4": unit.mr4,
                     "spot_in_use": unit.spot, "delta": unit.delta}  # fmt: skip
            figures |= {f"{base}.{name}": float(amount[0]) for name, amount in shown.items()}
        return Detail(matrices=tuple(matrices), figures=figures)


def _units(policy: MarginPolicy, bases: tuple[str, ...]) -> dict[str, UnitNumbers]:
    return {base: numbers for base in bases if (numbers := read_unit(policy, base)) is not None}


def _charges(
    policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, held: Holdings, money: UsdAccount, accounts: np.ndarray
) -> dict[str, UnitCharges]:
    """Return the charges of each unit for some accounts of the book."""
    units = _units(policy, book.snapshot.table.underlyings)
    unit = usd_pnl(book, pnl) if units else np.zeros((0, 0))
    hedging, nothing = policy.flag("general.spot_hedge"), np.zeros(len(accounts))
    return {
        base: unit_charges(
            book, base, numbers, held, unit[: numbers.spec.cells_count],
            money.amounts[base][accounts] if hedging and base in money.amounts else nothing,
        )
        for base, numbers in units.items()
    }  # fmt: skip


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        if sort.kind not in (Kind.OPTION, Kind.PERPETUAL):
            word = sort.kind.name.lower()
            return f"{policy.id} has no rule for a {word}; the unified account takes perpetuals and options"
        known = read_unit(policy, sort.underlying) is not None
        return "" if known else f"{policy.id} has no risk unit for {sort.underlying}"

    return refused_rows(book, why)


def _uses(policy: MarginPolicy, book: ResolvedBook, found: Mapping[str, UnitCharges]) -> Iterator[Use]:
    """Yield who relied on what."""
    table = book.snapshot.table

    def holds(members: np.ndarray) -> np.ndarray:
        seen = np.zeros(len(book.book), np.bool_)
        for held in (book.positions, book.orders):
            seen[held.rows[members[held.columns]]] = True
        return seen

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.initial_factor"], ["charges_add", "margin_balance"]))
    for base, unit in found.items():
        mine, group = holds(of_underlying(book, base)), f"unit.{base.lower()}"
        yield Use(mine, policy.evidence([f"{group}.price_range"], ["stress_grid"]))
        optioned = holds(of_underlying(book, base) & table.is_kind(Kind.OPTION))
        yield Use(optioned, policy.evidence([f"{group}.vol_range"], ["vol_shock"]))
        for amount, name, rule in (
            (unit.mr2, "basis_rate", "basis_charge"),
            (unit.mr3, "vol_spread_share", "vol_spread_charge"),
            (unit.mr4, "short_option_rate", "short_option_charge"),
        ):
            yield Use(amount != 0.0, policy.evidence([f"{group}.{name}"], [rule]))
        yield Use(unit.spot != 0.0, policy.evidence(["general.spot_hedge"], ["spot_hedge"]))
    yield Use(holds(table.inverse), policy.evidence([], ["other_settlement_form"]))
    for c, asset in enumerate(book.book.assets):
        yield Use(book.book.balances[:, c] != 0.0, haircut_evidence(policy, asset, []))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["orders_by_delta"]))


PORTFOLIO = GatePortfolioMargin("gate_pm")
