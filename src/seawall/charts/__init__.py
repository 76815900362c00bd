"""Charts: arrays and labels in, a matplotlib figure out. They know no result and no rule.

Nothing is said by colour alone: lines differ in dashes, losses carry a sign and hatching, cells hold their number.
"""

from __future__ import annotations

from seawall.charts.bars import bars, waterfall
from seawall.charts.curves import curve, curves
from seawall.charts.distribution import distribution
from seawall.charts.heat_map import contour_surface, heat_map
from seawall.charts.style import to_svg

__all__ = ["bars", "contour_surface", "curve", "curves", "distribution", "heat_map", "to_svg", "waterfall"]
