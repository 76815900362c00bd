"""Gate: portfolio margin of the unified account in `pm`, margin of single short options in `options`."""

from seawall.margining.models.gate.options import OPTIONS
from seawall.margining.models.gate.pm import PORTFOLIO

__all__ = ["OPTIONS", "PORTFOLIO"]
