"""Customer portfolio margin by TIMS: the largest net loss over ten prices, and never less than so much a contract.

A class is an underlying with everything on it, and nets whole. Classes of one product group offset in part at each
valuation point; groups add up. docs/margin/tims.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.margining.binding import Binding, side_of
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.usd_account import UsdAccount, usd_account
from seawall.margining.blocks.usd_value import usd_value_change
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement, RiskArray
from seawall.margining.models.occ_tims.evidence import uses
from seawall.margining.models.occ_tims.groups import GroupMargin, coin_gains, group_margin
from seawall.margining.models.occ_tims.numbers import knows, points_of, product_groups
from seawall.market import Exposure, MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet
from seawall.scenarios.grid import percent

COMPONENTS = {"worst_case": Component.SCENARIO, "minimum": Component.POSITION, **ORDER_CHARGES}


@dataclass(frozen=True)
class CustomerPortfolioMargin:
    """One account, one netting set in USD; initial margin is maintenance margin."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=True, offsets_across_underlyings=True)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return the valuation points of every class that the policy knows, matched by number."""
        bases = _classes(policy, snapshot)
        count = 2 * int(policy.number("general.points_count")) if bases else 0
        moves = np.array([points_of(policy, base) for base in bases], dtype=np.float64).reshape(len(bases), count).T
        labels = tuple(f"valuation point {point + 1} of {count}" for point in range(count))
        return ScenarioSet.spot_moves(labels, bases, moves)

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a valuation point of one class, counted from its lowest price."""
        move = float(points_of(policy, underlying)[scenario])
        return Binding("standard", scenario + 1, scenario + 1, side_of(move), percent(move))

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count, leaning = len(book.book), book.snapshot.exposure
        usd = usd_value_change(book, pnl, leaning)
        owned = usd_account(policy, book, leaning)
        coins = _coins(policy, book, pnl, owned)
        found = _groups(policy, book, book.positions, leaning, usd, coins)
        active = np.flatnonzero(np.diff(book.orders.indptr))
        theirs = {base: gains[active] for base, gains in coins.items()}

        def initial_of(holdings: Holdings) -> FloatArray:
            return _total(_groups(policy, book, holdings, leaning, usd, theirs), len(active))

        worst, least = np.zeros(count), np.zeros(count)
        for margin in found.values():
            worst, least = worst + margin.worst, least + (margin.total - margin.worst)
        zero = np.zeros(count)
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        added = order_margin(book.positions, book.orders, initial_of)
        charges["open_orders_margin"] = charges["open_orders_margin"] + added
        names = tuple(sorted({*book.snapshot.table.underlyings, *_classes(policy, book.snapshot)}))
        scenario, underlying = _binding_class(names, found, count)
        equity = owned.cash + owned.options
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=equity,
            margin_balance=equity,
            haircut=owned.haircut,
            initial={"worst_case": worst, "minimum": least, **charges},
            maintenance={"worst_case": worst, "minimum": least, **dict.fromkeys(ORDER_CHARGES, zero)},
            worst_scenario=scenario,
            worst_underlying=underlying,
            underlyings=names,
            cross=True,
            uses=tuple(uses(policy, book, found, owned)),
            refused=_refused(policy, book),
            refused_assets=owned.refused,
            native=_native(found, count),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the valuation points of each product group of a book of one account, class by class."""
        leaning = book.snapshot.exposure
        coins = _coins(policy, book, pnl, usd_account(policy, book, leaning))
        found = _groups(policy, book, book.positions, leaning, usd_value_change(book, pnl, leaning), coins)
        arrays, figures = [], {}
        for group, margin in found.items():
            first, names = next(iter(margin.classes)), _labels(policy, tuple(margin.classes))
            lines = np.array([pnl[0] for pnl in margin.classes.values()])
            worst = float(margin.worst[0])
            arrays.append(
                RiskArray(
                    group, first, "USD", names, margin.pnl[0], tuple(margin.classes), lines, worst,
                    int(margin.point[0]) if worst > 0.0 else -1,
                )
            )  # fmt: skip
            figures[f"{group}.minimum"] = float(margin.minimum[0])
            figures[f"{group}.requirement"] = float(margin.total[0])
        return Detail(arrays=tuple(arrays), figures=figures)


def _labels(policy: MarginPolicy, bases: tuple[str, ...]) -> tuple[str, ...]:
    """Return the valuation points of a group in words: the move where all its classes share it, else the number."""
    moves = [points_of(policy, base).tolist() for base in bases]
    if all(one == moves[0] for one in moves):
        return tuple(percent(move) for move in moves[0])
    return tuple(f"valuation point {point + 1}" for point in range(len(moves[0])))


def _classes(policy: MarginPolicy, snapshot: MarketSnapshot) -> tuple[str, ...]:
    """Return the underlyings that the policy has a class for: those of contracts, and those that may be owned."""
    return tuple(base for base in sorted({*snapshot.table.underlyings, *snapshot.index}) if knows(policy, base))


def _coins(policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, owned: UsdAccount) -> dict[str, FloatArray]:
    """Return what accounts gain on the underlyings that they own, as stock, `(A, S)` by class."""
    none, bases = np.zeros(len(book.book)), pnl.scenarios.underlyings
    return {
        base: coin_gains(owned.amounts.get(base, none), usd_price(book, base), pnl.scenarios.spot[:, u])
        for u, base in enumerate(bases)
    }


def _groups(
    policy: MarginPolicy,
    book: ResolvedBook,
    held: Holdings,
    leaning: Exposure,
    usd: FloatArray,
    coins: Mapping[str, FloatArray],
) -> dict[str, GroupMargin]:
    groups = product_groups(policy, tuple(coins))
    return {
        group: group_margin(policy, book, held, leaning, usd, coins, group, bases) for group, bases in groups.items()
    }


def _total(found: Mapping[str, GroupMargin], count: int) -> FloatArray:
    total = np.zeros(count)
    for margin in found.values():
        total = total + margin.total
    return total


def _binding_class(names: tuple[str, ...], found: Mapping[str, GroupMargin], count: int) -> tuple[IntArray, IntArray]:
    """Return the valuation point of the group that loses most, and the class that loses most in it; -1 where none."""
    scenario, underlying = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    most, rows = np.zeros(count), np.arange(count)
    for margin in found.values():
        leads = margin.worst > most
        most = np.where(leads, margin.worst, most)
        losses = np.array([pnl[rows, margin.point] for pnl in margin.classes.values()])
        mine = np.array([names.index(base) for base in margin.classes])[np.argmin(losses, axis=0)]
        scenario = np.where(leads, margin.point, scenario)
        underlying = np.where(leads, mine, underlying)
    return scenario, underlying


def _native(found: Mapping[str, GroupMargin], count: int) -> dict[str, FloatArray]:
    """Return the rule's own totals: largest net loss, minimum, requirement."""
    losses, minimums = np.zeros(count), np.zeros(count)
    for margin in found.values():
        losses, minimums = losses + margin.worst, minimums + margin.minimum
    return {"net_loss": losses, "minimum": minimums, "requirement": _total(found, count)}


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        return "" if knows(policy, sort.underlying) else f"{policy.id} has no class for {sort.underlying}"

    return refused_rows(book, why)


PORTFOLIO = CustomerPortfolioMargin("occ_tims")
