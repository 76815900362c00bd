"""Snapshot × scenarios × instruments → profit and loss per unit of size. It knows no account."""

from seawall.revaluation.listed import revalue_listed
from seawall.revaluation.revalue import revalue
from seawall.revaluation.tensor import PnlTensor

__all__ = ["PnlTensor", "revalue", "revalue_listed"]
