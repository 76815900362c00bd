"""Hyperliquid: cross margin of perpetuals by tiers, portfolio margin with spot as collateral, and liquidation."""

from seawall.margining.models.hyperliquid.cross import CROSS
from seawall.margining.models.hyperliquid.portfolio import PORTFOLIO

__all__ = ["CROSS", "PORTFOLIO"]
