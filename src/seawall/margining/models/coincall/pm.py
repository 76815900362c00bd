"""Coincall portfolio margin: the maximum possible loss of each coin on a grid, and two contingencies.

Source: Coincall's help page on its portfolio margin mode. docs/margin/coincall.md gives the rule in words, and says
which numbers are our choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.binding import Binding
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.price_vol_grid import (
    GridLoss,
    grid_loss,
    grid_matrix,
    grid_scenarios,
    most_losing,
    plain_grid,
)
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.scenario_grid import GridSpec
from seawall.margining.blocks.usd import usd_pnl
from seawall.margining.blocks.usd_account import haircut_evidence, usd_account
from seawall.margining.components import ORDER_CHARGES, Component, total_of
from seawall.margining.model import Detail, Promises, Requirement, Use
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import Relative, ScenarioSet, Unchanged

COMPONENTS = {
    "worst_case": Component.SCENARIO, "futures_contingency": Component.POSITION,
    "options_contingency": Component.SHORT_OPTIONS, **ORDER_CHARGES,
}  # fmt: skip
STEPS_COUNT = 5
"""Price steps on each side: 11 prices in all."""
MAJORS, OTHERS = ("BTC", "ETH", "USDC"), "other"
"""Coins with a grid of their own width; every other coin shares one."""
NUMBERS = ("price_range", "vol_range_up", "vol_range_down", "futures_contingency", "options_contingency")


@dataclass(frozen=True)
class Unit:
    """What A accounts need for one coin, USD `(A,)` each."""

    grid: GridLoss
    futures: FloatArray
    options: FloatArray

    @property
    def total(self) -> FloatArray:
        """Maintenance margin of the coin."""
        return self.grid.loss + self.futures + self.options


@dataclass(frozen=True)
class CoincallPortfolioMargin:
    """One account, one netting set in USD; coins add up."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=True, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return the grid of each coin."""
        return grid_scenarios({base: _spec(policy, base) for base in snapshot.table.underlyings})

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one coin, counted from the lowest price."""
        return _spec(policy, underlying).binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count = len(book.book)
        zero = np.zeros(count)
        money = usd_account(policy, book, book.snapshot.exposure)
        found = _units(policy, book, pnl, book.positions)
        factor = policy.number("general.initial_factor")

        def initial_of(holdings: Holdings) -> FloatArray:
            parts = _units(policy, book, pnl, holdings).values()
            empty = np.zeros(len(holdings.indptr) - 1)
            return np.asarray(factor * sum((part.total for part in parts), start=empty), dtype=np.float64)

        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        added = order_margin(book.positions, book.orders, initial_of)
        charges["open_orders_margin"] = charges["open_orders_margin"] + added
        kept = {
            "worst_case": sum((unit.grid.loss for unit in found.values()), start=zero),
            "futures_contingency": sum((unit.futures for unit in found.values()), start=zero),
            "options_contingency": sum((unit.options for unit in found.values()), start=zero),
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
            native={"IM": total_of(initial, count), "MM": total_of(maintenance, count)},
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the grid of each coin of a book of one account, and its three parts."""
        found = _units(policy, book, pnl, book.positions)
        figures: dict[str, float] = {}
        for base, unit in found.items():
            parts = {"maximum_loss": unit.grid.loss, "futures_contingency": unit.futures,
                     "options_contingency": unit.options}  # fmt: skip
            figures |= {f"{base}.{name}": float(amount[0]) for name, amount in parts.items()}
        return Detail(
            matrices=tuple(
                grid_matrix(book, base, _spec(policy, base), pnl, unit.grid) for base, unit in found.items()
            ),
            figures=figures,
        )


def _group(base: str) -> str:
    """Return where the policy keeps a coin's numbers."""
    return f"grid.{base.lower() if base in MAJORS else OTHERS}"


def _spec(policy: MarginPolicy, base: str) -> GridSpec:
    width, up, down = (policy.number(f"{_group(base)}.{name}") for name in NUMBERS[:3])
    return plain_grid(width, STEPS_COUNT, {"down": Relative(-down), "same": Unchanged(), "up": Relative(up)})


def _units(policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, held: Holdings) -> dict[str, Unit]:
    table = book.snapshot.table
    if len(table) == 0:
        return {}
    unit, base_size = usd_pnl(book, pnl), book.snapshot.exposure.base_size
    option = table.is_kind(Kind.OPTION)[held.columns]
    found = {}
    for base in table.underlyings:
        mine = of_underlying(book, base)[held.columns]
        of_base = held.where(mine)
        perps, options = held.where(mine & ~option), held.where(mine & option)
        for_futures, for_options = (policy.number(f"{_group(base)}.{name}") for name in NUMBERS[3:])
        index = usd_price(book, base)
        traded = per_account(perps, np.abs(perps.sizes * base_size[perps.columns])) * for_futures
        sold = per_account(options, np.maximum(-options.sizes, 0.0)) * for_options
        found[base] = Unit(
            grid_loss(of_base, unit[: _spec(policy, base).cells_count]),
            np.where(traded == 0.0, 0.0, traded * index), np.where(sold == 0.0, 0.0, sold * index),
        )  # fmt: skip
    return found


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        if sort.kind in (Kind.OPTION, Kind.PERPETUAL):
            return ""
        return f"{policy.id} has no rule for {sort.kind.name.lower()}s; Coincall margins perpetuals and options"

    return refused_rows(book, why)


def _uses(policy: MarginPolicy, book: ResolvedBook, found: Mapping[str, Unit]) -> Iterator[Use]:
    """Yield who relied on what."""
    table = book.snapshot.table

    def holds(members: np.ndarray) -> np.ndarray:
        seen = np.zeros(len(book.book), np.bool_)
        for held in (book.positions, book.orders):
            seen[held.rows[members[held.columns]]] = True
        return seen

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.initial_factor"], ["initial_factor", "margin_balance"]))
    for base, unit in found.items():
        mine, group = of_underlying(book, base), _group(base)
        yield Use(holds(mine), policy.evidence([f"{group}.price_range"], ["maximum_loss"]))
        vols = [f"{group}.{name}" for name in NUMBERS[1:3]]
        yield Use(holds(mine & table.is_kind(Kind.OPTION)), policy.evidence(vols, ["vol_shock"]))
        for amount, name in ((unit.futures, NUMBERS[3]), (unit.options, NUMBERS[4])):
            yield Use(amount != 0.0, policy.evidence([f"{group}.{name}"], [name]))
    yield Use(holds(table.inverse), policy.evidence([], ["other_settlement_form"]))
    for c, asset in enumerate(book.book.assets):
        yield Use(book.book.balances[:, c] != 0.0, haircut_evidence(policy, asset, []))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))


PORTFOLIO = CoincallPortfolioMargin("coincall_pm")
