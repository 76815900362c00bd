"""Snapshot × scenarios × instruments → profit and loss per unit of size. It knows no account."""

from seawall.revaluation.revalue import revalue
from seawall.revaluation.tensor import PnlTensor

__all__ = ["PnlTensor", "revalue"]
