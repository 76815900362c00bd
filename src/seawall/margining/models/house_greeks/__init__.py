"""Our own: net Greeks over a ladder of prices and volatilities, with the error against full revaluation beside it."""

from seawall.margining.models.house_greeks.model import LADDER

__all__ = ["LADDER"]
