"""SPAN's arithmetic on arrays of A accounts: scanning risk, price risk, spread credit, and how all of it adds up.

Profit is positive here, as everywhere in this house; SPAN's files hold losses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.margining.models.span_portfolio.points import PAIRED

PARTS = ("scanning_risk", "spread_charge", "delivery", "short_option_minimum")
"""What adds up to a risk requirement, in the order in which the value of long options pays for it."""


class Scan(NamedTuple):
    """Scanning risk of A accounts: loss in the active scenario, not negative, and which that is."""

    risk: FloatArray
    active: IntArray


def scan(pnl: FloatArray) -> Scan:
    """Return the largest loss over the sixteen scenarios, from profit and loss after cover fractions, `(A, 16)`.

    Examples
    --------
    >>> scan(np.array([[0.0] * 12 + [-6.0, -5.0, 3.0, -4.0]]))
    Scan(risk=array([6.]), active=array([12]))
    """
    active = np.argmin(pnl, axis=1).astype(np.int64)
    return Scan(np.maximum(-np.take_along_axis(pnl, active[:, None], axis=1)[:, 0], 0.0), active)


def price_risk(pnl: FloatArray, active: IntArray) -> FloatArray:
    """Return the part of the scanning risk that comes from the price, `(A,)`.

    The loss in the active scenario and in the one that is paired with it, averaged, has no volatility in it; less the
    average loss of the first two scenarios, where the price stands still, it has no time in it either.

    Examples
    --------
    >>> price_risk(np.array([[-1.0, -3.0] + [0.0] * 10 + [-9.0, -7.0, 0.0, 0.0]]), np.array([12])).tolist()
    [6.0]
    """
    rows = np.arange(len(pnl))
    volatility_free = -0.5 * (pnl[rows, active] + pnl[rows, PAIRED[active]])
    return np.asarray(volatility_free + 0.5 * (pnl[:, 0] + pnl[:, 1]), dtype=np.float64)


def weighted_price_risk(risk: FloatArray, delta: FloatArray) -> FloatArray:
    """Return price risk for each unit of net delta, `(A,)`, never below zero; zero where there is no delta.

    Examples
    --------
    >>> weighted_price_risk(np.array([6.0, 6.0, -1.0]), np.array([-2.0, 0.0, 1.0])).tolist()
    [3.0, 0.0, 0.0]
    """
    held = delta != 0.0
    return np.where(held, np.maximum(risk, 0.0) / np.where(held, np.abs(delta), 1.0), 0.0)


def spreads_between(
    delta_a: FloatArray, delta_b: FloatArray, *, ratio_a: float = 1.0, ratio_b: float = 1.0
) -> FloatArray:
    """Return how many spreads two legs of opposite delta form, `(A,)`.

    Examples
    --------
    >>> spreads_between(np.array([6.0, 6.0]), np.array([-8.0, 8.0]), ratio_a=1.0, ratio_b=2.0).tolist()
    [4.0, 0.0]
    """
    opposite = delta_a * delta_b < 0.0
    return np.where(opposite, np.minimum(np.abs(delta_a) / ratio_a, np.abs(delta_b) / ratio_b), 0.0)


class Risk(NamedTuple):
    """One combined commodity's charges, `(A,)` each; `credit` has been taken off the scanning risk at most once."""

    scanning: FloatArray
    credit: FloatArray
    spread_charge: FloatArray
    delivery: FloatArray
    short_options: FloatArray

    def parts(self) -> dict[str, FloatArray]:
        """Return `max(scanning + spread charge + delivery - credit, short-option minimum)` part by part."""
        scanned = np.maximum(self.scanning - self.credit, 0.0)
        risk = scanned + self.spread_charge + self.delivery
        least = np.maximum(self.short_options - risk, 0.0)
        return dict(zip(PARTS, (scanned, self.spread_charge, self.delivery, least), strict=True))


def less_option_value(
    parts: Mapping[str, FloatArray], option_value: FloatArray, *, factor: float
) -> dict[str, FloatArray]:
    """Return a risk requirement times a factor, less the net value of options, part by part and never below zero.

    Options that are worth more than nothing pay for the parts in their order; what a net short owes is a part of its
    own. The sum is `max(0, factor * risk - option value)`.

    Examples
    --------
    >>> one = {"scanning_risk": np.array([10.0, 10.0]), "spread_charge": np.array([5.0, 5.0])}
    >>> for name, amounts in less_option_value(one, np.array([12.0, -4.0]), factor=1.0).items():
    ...     print(name, amounts.tolist())
    scanning_risk [0.0, 10.0]
    spread_charge [3.0, 5.0]
    short_option_value [0.0, 4.0]
    """
    left, needed = np.maximum(option_value, 0.0), {}
    for name, amounts in parts.items():
        paid = np.minimum(left, factor * amounts)
        needed[name] = factor * amounts - paid
        left = left - paid
    return needed | {"short_option_value": np.maximum(-option_value, 0.0)}
