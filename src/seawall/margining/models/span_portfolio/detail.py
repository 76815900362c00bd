"""One account's risk arrays and charges, combined commodity by combined commodity."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import RiskArray
from seawall.margining.models.span_portfolio.combined import Combined, Market
from seawall.margining.models.span_portfolio.points import labels
from seawall.margining.models.span_portfolio.rule import price_risk, weighted_price_risk
from seawall.portfolio import ResolvedBook


def risk_array(book: ResolvedBook, market: Market, base: str, one: Combined) -> RiskArray:
    """Return the sixteen scenarios of one underlying, after cover fractions, line by line; the book has one account."""
    mine = book.positions.where(of_underlying(book, base)[book.positions.columns])
    risk = float(one.scan.risk[0])
    return RiskArray(
        name=base,
        underlying=base,
        currency="USD",
        labels=labels(),
        pnl=one.pnl[0],
        lines=tuple(book.snapshot.table.names[n] for n in mine.columns),
        line_pnl=mine.sizes[:, None] * market.usd[:, mine.columns].T,
        worst=risk,
        worst_scenario=int(one.scan.active[0]) if risk > 0.0 else -1,
    )


def figures(found: Mapping[str, Combined], credit: Mapping[str, FloatArray]) -> dict[str, float]:
    """Return every charge by name: `BTC.scan_risk`, `BTC.active_scenario`, `BTC.weighted_price_risk`."""
    shown: dict[str, float] = {}
    for base, one in found.items():
        risk = price_risk(one.pnl, one.scan.active)
        shown |= {
            f"{base}.scan_risk": one.scan.risk[0],
            f"{base}.active_scenario": one.scan.active[0] + 1,
            f"{base}.delta_usd": one.delta_usd[0],
            f"{base}.price_risk": risk[0],
            f"{base}.weighted_price_risk": weighted_price_risk(risk, one.delta_usd)[0],
            f"{base}.spread_charge": one.spread_charge[0],
            f"{base}.delivery": one.delivery[0],
            f"{base}.spread_credit": credit[base][0],
            f"{base}.short_option_minimum": one.short_options[0],
        }
    return {name: float(figure) for name, figure in shown.items()}
