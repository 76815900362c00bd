"""What one holding makes of value at risk and expected shortfall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.risk.position_pnl import PositionPnl
from seawall.risk.sample_tail import TailRisk
from seawall.risk.worst import Worst, worst_of


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
    moved: PositionPnl, i: int, whole: FloatArray, worst: Worst, shares: tuple[FloatArray, FloatArray, FloatArray],
    risk: TailRisk, *, incremental: bool,
) -> TailPart:  # fmt: skip
    """Return the part of holding `i` in an account's loss.

    Parameters
    ----------
    whole : (S,)
        What the account gains.
    worst
        The K worst outcomes of the account, whose VaR and ES are `risk`.
    shares
        Weights of sum one: `(S,)` of all outcomes, `(K,)` of the worst in VaR and in ES.
    """
    share, at_edge, in_tail = shares
    p, size = 1.0 - risk.confidence, float(moved.sizes[i])
    there = moved.gains[int(moved.held.column[i]), worst.index] * size
    var, es = 0.0 - float(np.dot(at_edge, there)), 0.0 - float(np.dot(in_tail, there))
    added_var = added_es = np.nan
    if incremental:
        rest = worst_of(moved.gain(i) - whole, share, p, worst.index).figures(p)
        added_var, added_es = risk.value_at_risk - rest[0], risk.expected_shortfall - rest[1]
    alone_var, alone_es = _alone(moved, i, share, p)
    return TailPart(
        account=moved.accounts[int(moved.held.account[i])],
        name=moved.names[i],
        size=size,
        value_at_risk=var,
        expected_shortfall=es,
        marginal_value_at_risk=var / size if size else 0.0,
        marginal_expected_shortfall=es / size if size else 0.0,
        incremental_value_at_risk=added_var,
        incremental_expected_shortfall=added_es,
        alone_value_at_risk=alone_var,
        alone_expected_shortfall=alone_es,
    )


def _alone(moved: PositionPnl, i: int, share: FloatArray, p: float) -> tuple[float, float]:
    """Return VaR and ES of a holding by itself: its size times those of one unit, which many accounts may hold."""
    column, size = int(moved.held.column[i]), float(moved.sizes[i])
    side = -1.0 if size < 0.0 else 1.0
    key = ("alone", column, side, p)
    var, es = moved.once(key, lambda: worst_of(0.0 - side * moved.gains[column], share, p).figures(p))
    return abs(size) * var + 0.0, abs(size) * es + 0.0
