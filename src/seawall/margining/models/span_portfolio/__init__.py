"""SPAN: sixteen scenarios a combined commodity, spread charges and credits, a short-option minimum, option value."""

from seawall.margining.models.span_portfolio.model import PORTFOLIO

__all__ = ["PORTFOLIO"]
