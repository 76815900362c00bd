"""Joint moves of a market: labelled sets, their makers and their union. It knows no rule of margin."""

from seawall.scenarios.grid import grid
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.union import unite
from seawall.scenarios.vol_shock import Absolute, Relative, Skew, TermScaled, Unchanged, VolShock

__all__ = ["Absolute", "Relative", "ScenarioSet", "Skew", "TermScaled", "Unchanged", "VolShock", "grid", "unite"]
