"""What one holding makes of value at risk and expected shortfall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.risk.position_pnl import PositionPnl
from seawall.risk.sample_tail import TailRisk, tail_risk


@dataclass(frozen=True, slots=True)
class TailPart:
    """What one holding makes of an account's VaR and ES, USD.

    Attributes
    ----------
    account, name, size
        Whose, of what, how much.
    value_at_risk, expected_shortfall
        Component: mean loss in the outcomes that make the figure. Below zero where the holding hedges.
    marginal_value_at_risk, marginal_expected_shortfall
        The same per unit of size.
    incremental_value_at_risk, incremental_expected_shortfall
        The account's figure less what it is without the holding.
    alone_value_at_risk, alone_expected_shortfall
        The holding by itself.
    """

    account: str
    name: str
    size: float
    value_at_risk: float
    expected_shortfall: float
    marginal_value_at_risk: float
    marginal_expected_shortfall: float
    incremental_value_at_risk: float
    incremental_expected_shortfall: float
    alone_value_at_risk: float
    alone_expected_shortfall: float


def tail_part(
    moved: PositionPnl, i: int, whole: FloatArray, at_var: FloatArray, in_tail: FloatArray, risk: TailRisk, *,
    incremental: bool,
) -> TailPart:  # fmt: skip
    """Return the part of holding `i`, from the outcomes that make VaR and ES of the whole, `(S,)` weights each."""
    mine, size = moved.pnl[:, i], float(moved.sizes[i])
    var, es = 0.0 - float(np.dot(at_var, mine)), 0.0 - float(np.dot(in_tail, mine))
    alone = tail_risk(mine, moved.weights, confidence=risk.confidence)
    added_var = added_es = np.nan
    if incremental:
        rest = tail_risk(whole - mine, moved.weights, confidence=risk.confidence)
        added_var = risk.value_at_risk - rest.value_at_risk
        added_es = risk.expected_shortfall - rest.expected_shortfall
    return TailPart(
        account=moved.accounts[int(moved.account[i])],
        name=moved.names[i],
        size=size,
        value_at_risk=var,
        expected_shortfall=es,
        marginal_value_at_risk=var / size if size else 0.0,
        marginal_expected_shortfall=es / size if size else 0.0,
        incremental_value_at_risk=added_var,
        incremental_expected_shortfall=added_es,
        alone_value_at_risk=alone.value_at_risk,
        alone_expected_shortfall=alone.expected_shortfall,
    )
