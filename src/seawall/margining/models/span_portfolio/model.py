"""SPAN put on contracts of any settlement: each underlying is a combined commodity, all is counted in USD.

The order of the rule: scan each combined commodity over sixteen scenarios, charge for spreads between its expiries and
for what is near delivery, credit spreads with other commodities, ask for no less than the short-option minimum, and
take off what the options are worth. docs/margin/span.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.binding import Binding, side_of
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.usd_account import usd_account
from seawall.margining.blocks.usd_value import usd_value_change
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.span_portfolio.combined import Combined, Market, combined, spread_credits
from seawall.margining.models.span_portfolio.composite_delta import composite_delta
from seawall.margining.models.span_portfolio.detail import figures, risk_array
from seawall.margining.models.span_portfolio.evidence import uses
from seawall.margining.models.span_portfolio.file_margin import file_detail, file_requirement
from seawall.margining.models.span_portfolio.numbers import commodity, knows, pairs
from seawall.margining.models.span_portfolio.points import COUNT, STANDARD, UP, cover, labels, possible, price_moves
from seawall.margining.models.span_portfolio.rule import PARTS, less_option_value
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import Relative, ScenarioSet, Unchanged, VolShock

COMPONENTS = {
    "scanning_risk": Component.SCENARIO,
    "spread_charge": Component.BASIS,
    "delivery": Component.POSITION,
    "short_option_minimum": Component.SHORT_OPTIONS,
    "short_option_value": Component.SHORT_OPTIONS,
    **ORDER_CHARGES,
}


@dataclass(frozen=True)
class SpanPortfolioMargin:
    """One account, one netting set in USD; options count in the requirement and not in the margin balance."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=False, offsets_across_underlyings=True, monotone=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return SPAN's sixteen scenarios over the underlyings that the policy has numbers for."""
        bases = tuple(base for base in sorted(snapshot.table.underlyings) if knows(policy, base))
        if snapshot.span is not None or not bases:  # a file has its risk arrays already
            return ScenarioSet.spot_moves((), (), np.zeros((0, 0)))
        numbers = [commodity(policy, base) for base in bases]
        multiple = policy.number("general.extreme_multiple")
        ranges = [one.vol_scan_range for one in numbers]
        shocks: tuple[VolShock, ...] = (
            Unchanged(),
            *(Relative(side * reach) for reach in dict.fromkeys(ranges) for side in (1.0, -1.0)),
        )
        index = np.zeros((COUNT, len(bases)), np.int64)
        for s, point in enumerate(STANDARD):
            index[s] = [shocks.index(Relative(reach if point.vol == UP else -reach)) for reach in ranges]
        return ScenarioSet(
            labels=labels(),
            underlyings=bases,
            spot=possible(np.array([price_moves(one.price_scan_range, multiple) for one in numbers]).T),
            vol_shocks=shocks,
            vol_index=index,
            elapsed_years=np.full(COUNT, policy.number("general.look_ahead_days") / DAYS_PER_YEAR),
            weights=cover(policy.number("general.extreme_cover")),
        )

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario under SPAN's number."""
        move = float(price_moves(1.0, policy.number("general.extreme_multiple"))[scenario])
        extreme = scenario >= len(STANDARD)
        return Binding(
            "extended" if extreme else "standard", scenario + 1, scenario // 2 + 1, side_of(move), labels()[scenario]
        )

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD; by a clearing house's file in the currencies of the file."""
        if book.snapshot.span is not None:
            return file_requirement(policy, book, book.snapshot.span)
        [one] = netting_sets(book, cross=True)
        count, market = len(book.book), _market(policy, book, pnl)
        owned = usd_account(policy, book, book.snapshot.exposure)
        found, credit = _commodities(policy, book, book.positions, market)
        parts = _parts(found, credit, count)
        factor = policy.number("general.initial_factor")

        # Options that are held pay for the risk of orders too; what orders for options would bring is paid for in cash.
        worth = np.maximum(owned.options[np.flatnonzero(np.diff(book.orders.indptr))], 0.0)

        def risk_of(holdings: Holdings) -> FloatArray:
            risk = _parts(*_commodities(policy, book, holdings, market), len(worth))
            total = factor * np.asarray(np.sum([risk[name] for name in PARTS], axis=0), dtype=np.float64)
            return np.maximum(total - worth, 0.0)

        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        added = order_margin(book.positions, book.orders, risk_of)
        charges["open_orders_margin"] = charges["open_orders_margin"] + added
        nothing = dict.fromkeys(ORDER_CHARGES, np.zeros(count))
        scenario, underlying = _active(book, found)
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=owned.cash + owned.options,
            margin_balance=owned.cash,
            haircut=owned.haircut,
            initial={**less_option_value(parts, owned.options, factor=factor), **charges},
            maintenance={**less_option_value(parts, owned.options, factor=1.0), **nothing},
            worst_scenario=scenario,
            worst_underlying=underlying,
            underlyings=book.snapshot.table.underlyings,
            cross=True,
            uses=tuple(uses(policy, book, found, credit, parts, owned)),
            refused=_refused(policy, book),
            refused_assets=owned.refused,
            native=_native(found, credit, parts, owned.options),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the risk array of each combined commodity of a book of one account, and every charge."""
        if book.snapshot.span is not None:
            return file_detail(book, book.snapshot.span)
        market = _market(policy, book, pnl)
        found, credit = _commodities(policy, book, book.positions, market)
        return Detail(
            arrays=tuple(risk_array(book, market, base, one) for base, one in found.items()),
            figures=figures(found, credit),
        )


def _market(policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Market:
    known = [base for base in book.snapshot.table.underlyings if knows(policy, base)]
    ranges = {base: commodity(policy, base).price_scan_range for base in known}
    weights = policy.numbers("general.delta_weights")
    days = policy.number("general.look_ahead_days")
    counted = cover(policy.number("general.extreme_cover"))[: len(pnl.scenarios), None]
    return Market(
        usd_value_change(book, pnl, book.snapshot.exposure) * counted,
        composite_delta(book.snapshot, ranges, weights, look_ahead_days=days),
        policy.number("general.near_days"),
        policy.number("general.delivery_days"),
        policy.word("general.som_method"),
    )


def _commodities(
    policy: MarginPolicy, book: ResolvedBook, held: Holdings, market: Market
) -> tuple[dict[str, Combined], dict[str, FloatArray]]:
    """Return each combined commodity that the policy knows, and its spread credit, `(A,)`."""
    bases = tuple(base for base in book.snapshot.table.underlyings if knows(policy, base))
    found = {base: combined(book, held, market, base, commodity(policy, base)) for base in sorted(bases)}
    return found, spread_credits(found, pairs(policy, bases), len(held.indptr) - 1)


def _parts(found: Mapping[str, Combined], credit: Mapping[str, FloatArray], count: int) -> dict[str, FloatArray]:
    total = {name: np.zeros(count) for name in PARTS}
    for base, one in found.items():
        for name, amounts in one.risk(credit[base]).parts().items():
            total[name] = total[name] + amounts
    return total


def _active(book: ResolvedBook, found: Mapping[str, Combined]) -> tuple[IntArray, IntArray]:
    """Return the active scenario of the combined commodity with the largest scanning risk; -1 where nothing is lost."""
    count, names = len(book.book), book.snapshot.table.underlyings
    scenario, underlying, most = np.full(count, -1, np.int64), np.full(count, -1, np.int64), np.zeros(count)
    for base, one in found.items():
        leads = one.scan.risk > most
        most = np.where(leads, one.scan.risk, most)
        scenario = np.where(leads, one.scan.active, scenario)
        underlying = np.where(leads, names.index(base), underlying)
    return scenario, underlying


def _native(
    found: Mapping[str, Combined],
    credit: Mapping[str, FloatArray],
    parts: Mapping[str, FloatArray],
    option_value: FloatArray,
) -> dict[str, FloatArray]:
    """Return SPAN's own totals, before the value of options is taken off."""
    none = np.zeros(len(option_value))
    scanned, credited = none, none
    for base, one in found.items():
        scanned, credited = scanned + one.scan.risk, credited + credit[base]
    risk = none
    for name in PARTS:
        risk = risk + parts[name]
    return {
        "scan_risk": scanned,
        "intra_commodity_spread_charge": parts["spread_charge"],
        "spot_charge": parts["delivery"],
        "inter_commodity_spread_credit": credited,
        "span_risk": risk,
        "net_option_value": option_value,
    }


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        return "" if knows(policy, sort.underlying) else f"{policy.id} has no scan range for {sort.underlying}"

    return refused_rows(book, why)


PORTFOLIO = SpanPortfolioMargin("span_portfolio")
