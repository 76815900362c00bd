"""Margin by a clearing house's own file: a netting set for each currency, in which its commodities are added up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account, unrealised
from seawall.margining.blocks.netting_set import NettingSet, accounts_in, netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.components import ORDER_CHARGES
from seawall.margining.model import Detail, Requirement, RiskArray, Use, join
from seawall.margining.models.span_portfolio.from_file import FileRisk, file_risks, refused, refused_accounts
from seawall.margining.models.span_portfolio.points import labels
from seawall.margining.models.span_portfolio.rule import PARTS, less_option_value, price_risk, weighted_price_risk
from seawall.market.span_file import SpanParameters
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


def file_requirement(policy: MarginPolicy, book: ResolvedBook, span: SpanParameters) -> Requirement:
    """Return the margin of every account in each currency that it holds anything in."""
    found, gone = file_risks(span, book.positions), _refused(book, span)
    filled = book.positions.plus(book.orders)
    accounts = {**refused_accounts(span, book.positions), **refused_accounts(span, filled)}
    return join([
        _netting_set(policy, book, span, found, one, gone, accounts) for one in netting_sets(book, cross=False)
    ])  # fmt: skip


def _netting_set(
    policy: MarginPolicy,
    book: ResolvedBook,
    span: SpanParameters,
    found: Mapping[str, FileRisk],
    one: NettingSet,
    gone: dict[int, str],
    accounts: dict[int, str],
) -> Requirement:
    count, factor = len(book.book), policy.number("general.initial_factor")
    mine = _in_currency(book, found, one)
    parts, worth = _parts(mine, count), _worth(mine, count)
    cash = _cash(book, one)

    # Options that are held pay for the risk of orders too, as where the ranges are ours.
    active = np.flatnonzero(np.diff(book.orders.indptr))
    paid = np.maximum(worth[active], 0.0)

    def risk_of(holdings: Holdings) -> FloatArray:
        risk = _parts(_in_currency(book, file_risks(span, holdings), one), len(active))
        total = factor * np.asarray(np.sum([risk[name] for name in PARTS], axis=0), dtype=np.float64)
        return np.maximum(total - paid, 0.0)

    charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
    charges["open_orders_margin"] = charges["open_orders_margin"] + order_margin(book.positions, book.orders, risk_of)
    names = tuple(sorted({*span.commodity}))  # of all currencies and accounts, so that netting sets can be joined
    scenario, underlying = _active(mine, names, count)
    return Requirement(
        account=np.arange(count),
        currencies=(one.currency,),
        currency=np.zeros(count, np.int64),
        equity=cash + worth,
        margin_balance=cash,
        haircut=np.zeros(count),
        initial={**less_option_value(parts, worth, factor=factor), **charges},
        maintenance={
            **less_option_value(parts, worth, factor=1.0), **dict.fromkeys(ORDER_CHARGES, np.zeros(count))
        },
        worst_scenario=scenario,
        worst_underlying=underlying,
        underlyings=names,
        uses=tuple(_uses(policy, book, mine, parts, one)),
        refused=gone,
        native=_native(mine, parts, worth),
        refused_accounts=accounts,
        reads_prices=False,
    ).take(np.flatnonzero(accounts_in(book, one)))  # fmt: skip


def _in_currency(book: ResolvedBook, found: Mapping[str, FileRisk], one: NettingSet) -> dict[str, FileRisk]:
    table = book.snapshot.table
    span = book.snapshot.span
    assert span is not None
    mine = {span.commodity[n] for n in np.flatnonzero(one.members).tolist() if table.settlement[n] == one.currency}
    return {name: risk for name, risk in found.items() if name in mine}


def _parts(found: Mapping[str, FileRisk], count: int) -> dict[str, FloatArray]:
    total = {name: np.zeros(count) for name in PARTS}
    for risk in found.values():
        total = {name: total[name] + amounts for name, amounts in risk.parts.items()}
    return total


def _worth(found: Mapping[str, FileRisk], count: int) -> FloatArray:
    return sum((risk.option_value for risk in found.values()), np.zeros(count))


def _cash(book: ResolvedBook, one: NettingSet) -> FloatArray:
    """Return cash and the unrealised profit of futures that have an entry price."""
    assets = book.book.assets
    cash = book.book.balances[:, assets.index(one.currency)] if one.currency in assets else np.zeros(len(book.book))
    held = book.positions.where(one.members[book.positions.columns])
    return np.asarray(cash + per_account(held, unrealised(held, book)), dtype=np.float64)


def _refused(book: ResolvedBook, span: SpanParameters) -> dict[int, str]:
    """Return what can't be margined: what the file says too little of, and profit from an entry to no known price."""
    snapshot, held = book.snapshot, book.positions
    needed = ~np.isnan(held.entry_prices) & ~snapshot.table.is_kind(Kind.OPTION)[held.columns]
    unpriced = {*held.columns[needed & np.isnan(snapshot.mark[held.columns])].tolist()}
    names = snapshot.table.names
    rule = "it has an entry price, and the file has no price or no contract value factor of it"
    return {n: f"{names[n]}: {rule}" for n in unpriced} | refused(span, names)


def _active(found: Mapping[str, FileRisk], names: tuple[str, ...], count: int) -> tuple[IntArray, IntArray]:
    """Return the active scenario of the commodity with the largest scanning risk, and which it is; -1 where none."""
    scenario, underlying, most = np.full(count, -1, np.int64), np.full(count, -1, np.int64), np.zeros(count)
    for name, risk in found.items():
        leads = risk.scan.risk > most
        most = np.where(leads, risk.scan.risk, most)
        scenario, underlying = (
            np.where(leads, risk.scan.active, scenario),
            np.where(leads, names.index(name), underlying),
        )
    return scenario, underlying


def _native(found: Mapping[str, FileRisk], parts: Mapping[str, FloatArray], worth: FloatArray) -> dict[str, FloatArray]:
    none = np.zeros(len(worth))
    return {
        "scan_risk": sum((risk.scan.risk for risk in found.values()), none),
        "intra_commodity_spread_charge": parts["spread_charge"],
        "spot_charge": parts["delivery"],
        "inter_commodity_spread_credit": sum((risk.spread_credit for risk in found.values()), none),
        "span_risk": sum((parts[name] for name in PARTS), none),
        "net_option_value": worth,
    }


def _uses(
    policy: MarginPolicy, book: ResolvedBook, found: Mapping[str, FileRisk], parts: Mapping[str, FloatArray],
    one: NettingSet,
) -> Iterator[Use]:  # fmt: skip
    """Yield what each account's number rests on: the rules, and of numbers one, for the rest are the file's."""
    none = np.zeros(len(book.book), np.bool_)

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where((one.members & members)[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = np.ones(len(book.snapshot), np.bool_)
    yield Use(
        holds(everyone), policy.evidence(["general.initial_factor"], ["scenarios", "scan_risk", "assembly", "own_file"])
    )
    yield Use(holds(book.snapshot.table.is_kind(Kind.OPTION)), policy.evidence([], ["net_option_value"]))
    credited = sum((risk.spread_credit != 0.0 for risk in found.values()), none)
    yield Use(parts["spread_charge"] != 0.0, policy.evidence([], ["file_spreads"]))
    yield Use(parts["delivery"] != 0.0, policy.evidence([], ["delivery"]))
    yield Use(np.asarray(credited, dtype=np.bool_), policy.evidence([], ["spread_credit", "file_spreads"]))
    least = sum((risk.short_option_minimum > 0.0 for risk in found.values()), none)
    yield Use(np.asarray(least, dtype=np.bool_), policy.evidence([], ["short_option_minimum"]))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))


def file_detail(book: ResolvedBook, span: SpanParameters) -> Detail:
    """Return the risk array of each combined commodity of a book of one account, and every charge."""
    found = file_risks(span, book.positions)
    return Detail(
        arrays=tuple(_array(book, span, name, one) for name, one in found.items()),
        figures={f"{name}.{field}": number for name, one in found.items() for field, number in _figures(one).items()},
    )


def _array(book: ResolvedBook, span: SpanParameters, name: str, one: FileRisk) -> RiskArray:
    held = book.positions
    mine = held.where(np.array([commodity == name for commodity in span.commodity], dtype=np.bool_)[held.columns])
    risk, names = float(one.scan.risk[0]), book.snapshot.table.names
    return RiskArray(
        name, name, book.snapshot.table.settlement[int(mine.columns[0])], labels(), one.pnl[0],
        tuple(names[n] for n in mine.columns), mine.sizes[:, None] * span.gains[mine.columns], risk,
        int(one.scan.active[0]) if risk > 0.0 else -1,
    )  # fmt: skip


def _figures(one: FileRisk) -> dict[str, float]:
    risk = price_risk(one.pnl, one.scan.active)
    shown: dict[str, FloatArray] = {
        "scan_risk": one.scan.risk,
        "active_scenario": one.scan.active.astype(np.float64) + 1.0,
        "delta": one.delta,
        "price_risk": risk,
        "weighted_price_risk": weighted_price_risk(risk, one.delta),
        "spread_charge": one.spread_charge,
        "delivery": one.delivery,
        "spread_credit": one.spread_credit,
        "short_option_minimum": one.short_option_minimum,
        "option_value": one.option_value,
        "risk": sum(one.parts.values(), np.zeros(1)),
    }
    return {name: float(figure[0]) for name, figure in shown.items()}
