"""Deribit portfolio margin: the rule in `model`, its numbers, its evidence and what it can show, one file each."""

from seawall.margining.models.deribit_pm.model import CROSS, SEGREGATED

__all__ = ["CROSS", "SEGREGATED"]
