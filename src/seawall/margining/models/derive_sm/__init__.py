"""Derive's StandardManager: its numbers, one market's margin, the account's, and its evidence, one file each."""

from seawall.margining.models.derive_sm.model import STANDARD

__all__ = ["STANDARD"]
