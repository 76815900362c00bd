"""What one holding makes of value at risk and expected shortfall, and how far a sample tells it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.risk.position_pnl import PositionPnl
from seawall.risk.sample_tail import TailRisk, enough_to_bound, risk_and_worst
from seawall.risk.var_window import VarWindow
from seawall.risk.worst import Worst, worst_of
from seawall.scenarios import Draws


@dataclass(frozen=True, slots=True)
class TailPart:
    """What one holding makes of an account's VaR and ES, USD.

    Half widths are of intervals that hold the true number as often as the account's own do: it lies within the figure
    plus and minus as much. They are infinite where the sample is too small to tell.

    Attributes
    ----------
    account, name, size
        Whose, of what, how much.
    value_at_risk, expected_shortfall
        Component: of VaR the mean loss where the account loses VaR, as `var_window` reads it; of ES that in its tail.
        Below zero where the holding hedges.
    value_at_risk_half_width, expected_shortfall_half_width
        Of the components.
    marginal_value_at_risk, marginal_expected_shortfall
        The components per unit of size; so are their half widths.
    incremental_value_at_risk, incremental_expected_shortfall
        The account's figure less what it is without the holding.
    incremental_expected_shortfall_half_width
        Of the latter. There is none of VaR: the difference of two quantiles of one sample needs both densities there.
    alone_value_at_risk, alone_expected_shortfall
        The holding by itself.
    alone_value_at_risk_low, alone_value_at_risk_high, alone_expected_shortfall_low, alone_expected_shortfall_high
        Their own intervals.
    """

    account: str
    name: str
    size: float
    value_at_risk: float
    value_at_risk_half_width: float
    expected_shortfall: float
    expected_shortfall_half_width: float
    marginal_value_at_risk: float
    marginal_expected_shortfall: float
    incremental_value_at_risk: float
    incremental_expected_shortfall: float
    incremental_expected_shortfall_half_width: float
    alone_value_at_risk: float
    alone_value_at_risk_low: float
    alone_value_at_risk_high: float
    alone_expected_shortfall: float
    alone_expected_shortfall_low: float
    alone_expected_shortfall_high: float


@dataclass(frozen=True, slots=True)
class WholeLoss:
    """What an account loses, as all its parts read it.

    Attributes
    ----------
    gains, share
        `(S,)` of the account in every outcome, and the weights of these, of sum one.
    worst, risk
        Its K worst outcomes, and its VaR and ES.
    in_tail
        `(K,)` weights in ES, of sum one.
    window
        What lies around VaR.
    beyond_count, error
        How many of the K are above VaR; standard deviation of one outcome's part in ES.
    z
        Standard errors in a half width.
    per_outcome
        Half width of a mean, of one outcome's standard deviation; infinite where few outcomes make the tail.
    """

    gains: FloatArray
    share: FloatArray
    worst: Worst
    risk: TailRisk
    in_tail: FloatArray
    window: VarWindow
    beyond_count: int
    error: float
    z: float
    per_outcome: float

    @classmethod
    def of(cls, gains: FloatArray, share: FloatArray, worst: Worst, risk: TailRisk) -> WholeLoss:
        """Return an account's loss."""
        p, z = 1.0 - risk.confidence, NormalDist().inv_cdf(0.5 + 0.5 * risk.interval_confidence)
        told = enough_to_bound(risk.effective_count * p)
        per_outcome = z / math.sqrt(risk.effective_count) if told else math.inf
        var, count = risk.value_at_risk, worst.beyond_count(risk.value_at_risk)
        error = worst.tail_error(worst.losses, var, risk.expected_shortfall, count, p)
        window = VarWindow.of(worst, risk)
        return cls(gains, share, worst, risk, worst.in_tail(p), window, count, error, z, per_outcome)


def tail_part(moved: PositionPnl, i: int, whole: WholeLoss, *, incremental: bool) -> TailPart:
    """Return the part of holding `i` in an account's loss."""
    risk, worst, size = whole.risk, whole.worst, float(moved.sizes[i])
    p, at_var = 1.0 - risk.confidence, risk.value_at_risk
    lost = 0.0 - moved.gains[int(moved.held.column[i]), worst.index] * size
    var, var_half = whole.window.component(lost, whole.z)
    es, es_half = float(np.dot(whole.in_tail, lost)), math.inf
    told = math.isfinite(whole.per_outcome)
    if told:
        es_half = whole.per_outcome * worst.tail_error(lost, var, es, whole.beyond_count, p)
    added_var = added_es = added_half = np.nan
    if incremental:
        rest = worst_of(moved.gain(i) - whole.gains, whole.share, p, worst.index)
        rest_var, rest_es = rest.figures(p)
        added_var, added_es = at_var - rest_var, risk.expected_shortfall - rest_es
        added_half = whole.per_outcome * _added_error(whole, lost, rest, (rest_var, rest_es)) if told else math.inf
    alone = _alone(moved, i, whole)
    (var_low, var_high), (es_low, es_high) = alone.value_at_risk_interval, alone.expected_shortfall_interval
    by = abs(size)
    return TailPart(
        account=moved.accounts[int(moved.held.account[i])],
        name=moved.names[i],
        size=size,
        value_at_risk=var,
        value_at_risk_half_width=var_half,
        expected_shortfall=es,
        expected_shortfall_half_width=es_half,
        marginal_value_at_risk=var / size if size else 0.0,
        marginal_expected_shortfall=es / size if size else 0.0,
        incremental_value_at_risk=added_var,
        incremental_expected_shortfall=added_es,
        incremental_expected_shortfall_half_width=added_half,
        alone_value_at_risk=by * alone.value_at_risk + 0.0,
        alone_value_at_risk_low=by * var_low + 0.0,
        alone_value_at_risk_high=by * var_high + 0.0 if by else 0.0,
        alone_expected_shortfall=by * alone.expected_shortfall + 0.0,
        alone_expected_shortfall_low=by * es_low + 0.0,
        alone_expected_shortfall_high=by * es_high + 0.0 if by else 0.0,
    )


def _added_error(whole: WholeLoss, lost: FloatArray, rest: Worst, figures: tuple[float, float]) -> float:
    """Return the standard deviation of one outcome's part in ES less the ES of the rest, which it moves together."""
    risk, worst, (rest_var, rest_es) = whole.risk, whole.worst, figures
    p, var, es = 1.0 - risk.confidence, risk.value_at_risk, risk.expected_shortfall
    inside = slice(0, whole.beyond_count)
    losses = worst.losses[inside]
    both = (losses - var) * np.maximum(losses - lost[inside] - rest_var, 0.0)
    together = float(np.dot(worst.share[inside], both)) / p**2 - (es - var) * (rest_es - rest_var)
    others = rest.tail_error(rest.losses, rest_var, rest_es, rest.beyond_count(rest_var), p)
    return math.sqrt(max(whole.error**2 + others**2 - 2.0 * together, 0.0))


def _alone(moved: PositionPnl, i: int, whole: WholeLoss) -> TailRisk:
    """Return the figures of one unit of what is held, on the side on which it is held: many accounts may hold it."""
    column, side, risk = int(moved.held.column[i]), -1.0 if moved.sizes[i] < 0.0 else 1.0, whole.risk

    def found() -> TailRisk:
        return risk_and_worst(
            0.0 - side * moved.gains[column], whole.share, confidence=risk.confidence,
            interval_confidence=risk.interval_confidence, pairs=moved.draws is Draws.PAIRS,
        )[0]  # fmt: skip

    return moved.once(("alone", column, side, risk.confidence, risk.interval_confidence), found)
