"""Paradex: portfolio margin in `pm`, cross margin in `xm`; liquidation and funding are functions beside them."""

from seawall.margining.models.paradex.pm import PORTFOLIO
from seawall.margining.models.paradex.xm import CROSS

__all__ = ["CROSS", "PORTFOLIO"]
