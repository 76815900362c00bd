"""What one account's margin is made from: every scenario, line by line, and every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seawall.margining.model import RiskArray
from seawall.margining.models.derive_pmrm.portfolio import Expiry
from seawall.margining.models.derive_pmrm.result import Line, MarketMargin
from seawall.margining.models.derive_pmrm.scenario_list import NOW, VALUED_COUNT, ScenarioList

BASIS_LABEL = "forward basis moves"
"""The last label: the basis contingency takes part in the worst case like one scenario more."""


def risk_array(base: str, margin: MarketMargin, scenarios: ScenarioList, lines: Sequence[Line]) -> RiskArray:
    """Return the scenarios of one underlying for a book of one account, the basis contingency last."""
    shown = [line for line in lines if len(line.accounts)]
    basis = float(margin.figures["basis_contingency"][0])
    rows = [np.append(line.pnl[0], 0.0) for line in shown] + [np.append(np.zeros(len(scenarios)), basis)]
    binding = int(margin.scenario[0])
    listed = binding - VALUED_COUNT if binding >= VALUED_COUNT else len(scenarios)
    return RiskArray(
        name=f"{base}.scenario_pnl",
        underlying=base,
        currency="USD",
        labels=(*scenarios.labels, BASIS_LABEL),
        pnl=np.append(margin.pnl[0], basis),
        lines=(*(line.name for line in shown), "basis contingency"),
        line_pnl=np.array(rows),
        worst=float(margin.loss[0]),
        worst_scenario=listed if binding >= 0 else -1,
    )


def shown_figures(
    base: str, margin: MarketMargin, expiries: Sequence[Expiry], factors: Mapping[str, float]
) -> dict[str, float]:
    """Return the intermediates of one underlying by dotted name, such as `BTC.basis_contingency`."""
    mine = {name: float(amounts[0]) for name, amounts in margin.figures.items()} | dict(factors)
    for one in expiries:
        discount = factors.get(f"option_discount.{one.name}", 1.0)
        mine[f"option_mtm.{one.name}"] = discount * float(one.worth[0, NOW])
    return {f"{base}.{name}": figure for name, figure in mine.items()}
