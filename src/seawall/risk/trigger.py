"""When a venue acts: at which ratio it liquidates, and by how much an account is short of it.

`margin_ratio` is maintenance margin over margin balance, and liquidation is at 1. Some venues act earlier, or count
something more as required; their policies say so, and here is where that is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.result import Margins
from seawall.policy import MarginPolicy

Which: TypeAlias = Literal["maintenance", "initial"]
"""`maintenance`: the account is liquidated. `initial`: it is called, and may take no new risk."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sets a venue in motion.

    Attributes
    ----------
    ratio
        Required margin over the balance at which the venue acts.
    which
        Which requirement it looks at.
    source
        The policy's number that says so; empty where 1 is meant.
    """

    ratio: float
    which: Which
    source: str = ""


_STATED: dict[str, tuple[str, Callable[[float], float]]] = {
    "binance_pm": ("general.liquidation_at", lambda uni_mmr: 1.0 / uni_mmr),
    "hyperliquid_pm": ("portfolio.liquidation_ratio", lambda ratio: ratio),
}
"""By model: the policy's number, and what it is as required margin over balance."""


def trigger_of(policy: MarginPolicy, which: Which = "maintenance") -> Trigger:
    """Return when a venue liquidates by a policy, or when an account is short of initial margin.

    Examples
    --------
    >>> from seawall.policy import at
    >>> round(trigger_of(at("binance/pm/2025-12-26")).ratio, 6), trigger_of(at("deribit/x_pm/2026-02-15")).ratio
    (0.952381, 1.0)
    """
    path, ratio_of = _STATED.get(policy.model, ("", None))
    if which == "initial" or ratio_of is None or not policy.has(path):
        return Trigger(1.0, which)
    return Trigger(ratio_of(policy.number(path)), which, path)


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


def shortfall(required: FloatArray, balance: FloatArray, ratio: float) -> FloatArray:
    """Return by how much an account is short, at or above zero where the venue acts; any shape.

    Where balances are positive its sign is that of `required / balance - ratio`, but it has no pole where they are not.
    Nothing against nothing is no shortfall.

    Examples
    --------
    >>> shortfall(np.array([5.0, 10.0, 0.0, 0.0]), np.array([10.0, 10.0, 0.0, -1.0]), 1.0).tolist()
    [-5.0, 0.0, -5e-324, 1.0]
    """
    short = required - ratio * balance
    return np.where((required == 0.0) & (balance == 0.0), -np.finfo(np.float64).smallest_subnormal, short)
