"""Bybit portfolio margin: the rule in `model`, what it is made of beside it, one idea a file."""

from seawall.margining.models.bybit_pm.model import PORTFOLIO

__all__ = ["PORTFOLIO"]
