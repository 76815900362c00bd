"""When a venue acts, and by how much an account is short of it.

`margin_ratio` is 1 where a venue liquidates, also where it acts before maintenance margin is touched: the requirement
says at which share of the balance that is. Some venues count something more as required; here is where that is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.result import Margins

Which: TypeAlias = Literal["maintenance", "initial"]
"""`maintenance`: the account is liquidated. `initial`: it is called, and may take no new risk."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sets a venue in motion.

    Attributes
    ----------
    liquidation_ratio
        Required margin over the balance at which the venue acts; a margin ratio is 1 there.
    which
        Which requirement it looks at.
    """

    liquidation_ratio: float
    which: Which


def trigger_of(margins: Margins, which: Which = "maintenance") -> Trigger:
    """Return when a venue liquidates by its rule, or when an account is short of initial margin.

    Examples
    --------
    >>> import seawall as sw
    >>> margins = sw.margin("demo", "deribit-btc-2026-08-01", "binance/pm/2025-12-26")
    >>> round(trigger_of(margins).liquidation_ratio, 6), trigger_of(margins, "initial").liquidation_ratio
    (0.952381, 1.0)
    """
    return Trigger(margins.requirement.liquidation_ratio if which == "maintenance" else 1.0, which)


def required_and_balance(margins: Margins, which: Which) -> tuple[FloatArray, FloatArray]:
    """Return what a trigger sets against each other, `(R,)` each in the netting set's currency; NaN is unavailable.

    OKX counts the fee of a liquidation as required: its own ratio says how much that is.
    """
    need = margins.requirement
    if which == "initial":
        return margins.initial_margin, np.asarray(need.margin_balance - need.haircut, np.float64)
    required, balance = margins.maintenance_margin, need.margin_balance
    if "mgnRatio" in need.native and "adjEq" in need.native:
        own, equity = need.native["mgnRatio"], need.native["adjEq"]
        readable = (equity > 0.0) & (own > 0.0) & np.isfinite(own) & ~np.isnan(required)
        with_fee = np.divide(equity, own, out=required.copy(), where=readable)
        return np.maximum(required, with_fee), balance
    return required, balance


def shortfall(required: FloatArray, balance: FloatArray, liquidation_ratio: float) -> FloatArray:
    """Return by how much an account is short, at or above zero where the venue acts; any shape.

    Where balances are positive its sign is that of `margin_ratio - 1`, but it has no pole where they are not.
    Nothing against nothing is no shortfall.

    Examples
    --------
    >>> shortfall(np.array([5.0, 10.0, 0.0, 0.0]), np.array([10.0, 10.0, 0.0, -1.0]), 1.0).tolist()
    [-5.0, 0.0, -5e-324, 1.0]
    """
    short = required - liquidation_ratio * balance
    return np.where((required == 0.0) & (balance == 0.0), -np.finfo(np.float64).smallest_subnormal, short)
