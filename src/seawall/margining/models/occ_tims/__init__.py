"""OCC's TIMS: ten valuation points, classes that net, product groups that offset in part, a minimum a contract."""

from seawall.margining.models.occ_tims.model import PORTFOLIO

__all__ = ["PORTFOLIO"]
