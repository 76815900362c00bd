"""Where an account stands: from trading freely down to a claim for the loss, by its uniMMR."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.policy import MarginPolicy

STATES = ("free", "reminder", "reduce-only", "liquidation", "claim for loss")
"""Rungs from the best to the worst, as numbers from 0."""
THRESHOLDS = ("free_above", "reminder_above", "liquidation_at", "claim_at")


def uni_mmr(policy: MarginPolicy, adjusted_equity: FloatArray, maintenance: FloatArray) -> FloatArray:
    """Return adjusted equity over maintenance margin; the venue's own number for *nothing is required*."""
    nothing = np.full(len(maintenance), policy.number("general.ratio_without_margin"))
    with np.errstate(over="ignore"):  # a requirement of next to nothing: larger than any threshold either way
        found = np.divide(adjusted_equity, maintenance, out=nothing, where=maintenance != 0.0)
    return np.where(np.isnan(adjusted_equity) | np.isnan(maintenance), np.nan, found)


def rung(policy: MarginPolicy, adjusted_equity: FloatArray, maintenance: FloatArray) -> IntArray:
    """Return where each account stands, `(A,)`, as an index of `STATES`; -1 where its numbers are unavailable.

    Negative equity is claimed for even where nothing is held.
    """
    free, reminder, liquidation, claim = (policy.number(f"general.{name}") for name in THRESHOLDS)
    ratio = uni_mmr(policy, adjusted_equity, maintenance)
    steps = (ratio <= free).astype(np.int64) + (ratio <= reminder) + (ratio <= liquidation) + (ratio <= claim)
    steps = np.where(adjusted_equity < 0.0, len(STATES) - 1, steps)
    return np.where(np.isnan(ratio), -1, steps).astype(np.int64)


def state(policy: MarginPolicy, adjusted_equity: float, maintenance: float) -> str:
    """Return where one account stands, in a word."""
    found = int(rung(policy, np.array([adjusted_equity]), np.array([maintenance]))[0])
    return STATES[found] if found >= 0 else "unavailable"
