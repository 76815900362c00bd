"""Drift v2, one cross-margined user account: size-based weights, margin in whole units, liquidation sizes, evidence."""

from seawall.margining.models.drift.model import CROSS

__all__ = ["CROSS"]
