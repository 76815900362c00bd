"""Synthetix v3 perpetuals: one cross-margined account in the contract's whole units, and how it is liquidated."""

from seawall.margining.models.synthetix_v3.model import CROSS

__all__ = ["CROSS"]
