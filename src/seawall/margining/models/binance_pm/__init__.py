"""Binance portfolio margin: maintenance of all positions and loans against equity after collateral rates (uniMMR)."""

from seawall.margining.models.binance_pm.model import PORTFOLIO

__all__ = ["PORTFOLIO"]
