"""Coincall portfolio margin: a grid of prices and volatilities for each coin, and two contingencies."""

from seawall.margining.models.coincall.pm import PORTFOLIO

__all__ = ["PORTFOLIO"]
