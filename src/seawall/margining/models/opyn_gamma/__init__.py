"""Opyn Gamma: partially collateralised short options, each in a vault of its own, and how a vault is auctioned."""

from seawall.margining.models.opyn_gamma.model import NAKED

__all__ = ["NAKED"]
