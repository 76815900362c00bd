"""Bybit cross margin: the rule in `model`, what a position pays in `entries`, its evidence beside them."""

from seawall.margining.models.bybit_sm.model import STANDARD

__all__ = ["STANDARD"]
