"""Paradex portfolio margin: for each underlying the worst of 24 scenarios or the minimum by delta, and two provisions.

Sources: Paradex's documentation, and the margin engine of its Python SDK. docs/margin/paradex.md gives the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.binding import Binding
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.usd import usd_pnl
from seawall.margining.components import ORDER_CHARGES, Component, total_of
from seawall.margining.model import Detail, Promises, Requirement, RiskArray
from seawall.margining.models.paradex.account import account_value, refusals
from seawall.margining.models.paradex.evidence import portfolio_uses
from seawall.margining.models.paradex.numbers import Scan, read_fees, read_scan
from seawall.margining.models.paradex.provisions import fee_provision, fee_rates, funding_provision, funding_rates
from seawall.margining.models.paradex.scan import BaseRisk, base_risk, live_share, scenario_set
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

COMPONENTS = {
    "scan_risk": Component.SCENARIO, "minimum_delta": Component.POSITION, "funding_provision": Component.POSITION,
    "fee_provision": Component.POSITION, **ORDER_CHARGES,
}  # fmt: skip


@dataclass(frozen=True)
class _Needs:
    """What A accounts need, USD `(A,)` each: risk by underlying, then provisions of positions and of orders."""

    risks: Mapping[str, BaseRisk]
    funding: FloatArray
    fees: FloatArray
    order_fees: FloatArray


@dataclass(frozen=True)
class ParadexPortfolioMargin:
    """One account, one netting set in USD; underlyings add up."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=True, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return each underlying's own list of scenarios."""
        return scenario_set(_scans(policy, snapshot.table.underlyings))

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one underlying as Paradex numbers it."""
        scan = read_scan(policy, underlying)
        assert scan is not None, "a binding scenario is one of an underlying that the policy knows"
        return scan.binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count = len(book.book)
        zero = np.zeros(count)
        needs = _needs(policy, book, pnl)
        factor = policy.number("general.mmf_factor")
        risks = needs.risks.values()
        scanned = sum((risk.scan for risk in risks), start=zero)
        lifted = sum((np.maximum(risk.minimum - risk.scan, 0.0) for risk in risks), start=zero)
        with_orders = sum((np.maximum(risk.scan_open, risk.minimum_open) for risk in risks), start=zero)
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        added = np.maximum(with_orders - (scanned + lifted), 0.0) + needs.order_fees
        charges["open_orders_margin"] = charges["open_orders_margin"] + added
        provisions = {"funding_provision": needs.funding, "fee_provision": needs.fees}
        initial = {"scan_risk": scanned, "minimum_delta": lifted, **provisions, **charges}
        maintenance = {"scan_risk": factor * scanned, "minimum_delta": factor * lifted, **provisions}
        maintenance |= dict.fromkeys(charges, zero)
        worth = account_value(policy, book)
        bases = tuple(needs.risks)
        losses = np.array([risk.scan for risk in risks]).reshape(len(bases), count)
        losing = losses.max(axis=0, initial=0.0) > 0.0
        which = np.where(losing, np.argmax(losses, axis=0), -1) if bases else np.full(count, -1)
        scenario = np.full(count, -1, np.int64)
        for b, risk in enumerate(risks):
            scenario = np.where(which == b, risk.scenario, scenario)
        names = book.snapshot.table.underlyings
        where = np.array([names.index(base) for base in bases] + [-1], dtype=np.int64)
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=worth.value,
            margin_balance=worth.value,
            haircut=zero,
            initial=initial,
            maintenance=maintenance,
            worst_scenario=scenario,
            worst_underlying=where[which],
            underlyings=names,
            uses=tuple(portfolio_uses(policy, book, needs.risks)),
            cross=True,
            refused=refusals(policy, book, lambda _kind, base: read_scan(policy, base) is not None),
            refused_assets=worth.refused,
            native={
                "account_value": worth.value,
                "initial_margin_requirement": total_of(initial, count),
                "maintenance_margin_requirement": total_of(maintenance, count),
                "free_collateral": worth.value - total_of(initial, count),
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the scenarios of a book of one account by underlying and instrument, and every figure."""
        needs, table, held = _needs(policy, book, pnl), book.snapshot.table, book.positions
        arrays, figures = [], dict[str, float]()
        for base, scan in _scans(policy, table.underlyings).items():
            risk, rows = needs.risks[base], slice(0, len(scan))
            mine = np.flatnonzero(of_underlying(book, base)[held.columns])
            unit = usd_pnl(book, pnl)[rows] * _scale(policy, book, scan)
            arrays.append(
                RiskArray(
                    name=f"{base}.scan", underlying=base, currency="USD", labels=scan.labels, pnl=risk.pnl[0],
                    lines=tuple(table.names[held.columns[i]] for i in mine),
                    line_pnl=(unit[:, held.columns[mine]] * held.sizes[mine]).T,
                    worst=float(risk.scan[0]), worst_scenario=int(risk.scenario[0]),
                )
            )  # fmt: skip
            figures |= {f"{base}.{name}": float(amount[0]) for name, amount in risk.figures.items()}
        figures |= {"funding_provision": float(needs.funding[0]), "fee_provision": float(needs.fees[0])}
        return Detail(arrays=tuple(arrays), figures=figures)


def _scans(policy: MarginPolicy, bases: tuple[str, ...]) -> dict[str, Scan]:
    """Return the scenarios of the underlyings that the policy knows."""
    return {base: scan for base in bases if (scan := read_scan(policy, base)) is not None}


def _scale(policy: MarginPolicy, book: ResolvedBook, scan: Scan) -> FloatArray:
    """Return what each scenario of each instrument counts, `(S, N)`: its weight, and the live share of an option."""
    return scan.weight[:, None] * live_share(book, policy.number("general.settlement_minutes"))


def _needs(policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> _Needs:
    table, count = book.snapshot.table, len(book.book)
    rates = funding_rates(book, policy.number("general.baseline_funding"))
    fees = fee_rates(book, read_fees(policy))
    unit = usd_pnl(book, pnl) if len(table) else np.zeros((0, 0))
    risks, funding = {}, np.zeros(count)
    for base, scan in _scans(policy, table.underlyings).items():
        mine = of_underlying(book, base)
        held = book.positions.where(mine[book.positions.columns])
        orders = book.orders.where(mine[book.orders.columns])
        scale = _scale(policy, book, scan)
        risks[base] = base_risk(book, base, scan, held, orders, unit[: len(scan)], scale)
        perps = held.where(table.is_kind(Kind.PERPETUAL)[held.columns])
        funding = funding + funding_provision(perps, rates)
    return _Needs(risks, funding, fee_provision(book.positions, fees), fee_provision(book.orders, fees))


PORTFOLIO = ParadexPortfolioMargin("paradex_pm")
