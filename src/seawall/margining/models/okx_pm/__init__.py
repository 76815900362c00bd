"""OKX portfolio margin: nine charges, MR1 to MR9, on each risk unit and on what is borrowed."""

from seawall.margining.models.okx_pm.model import PORTFOLIO

__all__ = ["PORTFOLIO"]
