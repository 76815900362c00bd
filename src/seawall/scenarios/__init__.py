"""Joint moves of a market: labelled sets and paths, their makers and their union. It knows no rule of margin."""

from seawall.scenarios.basis import Basis
from seawall.scenarios.conditional_draws import ConditionalDraws
from seawall.scenarios.conditional_stress import ConditionalStress
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.estimate import Estimate, mean_of, mean_with_control
from seawall.scenarios.filtered_history import Bootstrap, FilteredHistory
from seawall.scenarios.gbm import Gbm
from seawall.scenarios.grid import grid
from seawall.scenarios.heston import Heston, VarianceProcess
from seawall.scenarios.historical import HistoricalWindow
from seawall.scenarios.history import History
from seawall.scenarios.jumps import Jumps
from seawall.scenarios.maker import MAKERS, PathMaker, ScenarioMaker
from seawall.scenarios.market_grid import MarketGrid
from seawall.scenarios.merton_jump import MertonJump
from seawall.scenarios.named_event import NamedEvent, all_events, event, events
from seawall.scenarios.nearest_correlation import nearest_correlation, stressed_correlation
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.sampling import Draws, Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.stress_paths import FlashCrash, LiquidityDrain
from seawall.scenarios.student_t import StudentT
from seawall.scenarios.tail_moves import TailMoves
from seawall.scenarios.tails import ParetoTail, fit_tail
from seawall.scenarios.union import unite
from seawall.scenarios.vol_decay import MeanReverting
from seawall.scenarios.vol_shock import Absolute, Relative, Skew, TermScaled, Unchanged, VolShock
from seawall.scenarios.volatility import Ewma

__all__ = [
    "MAKERS",
    "Absolute",
    "Basis",
    "Bootstrap",
    "ConditionalDraws",
    "ConditionalStress",
    "Covariance",
    "Draws",
    "Estimate",
    "Ewma",
    "FilteredHistory",
    "FlashCrash",
    "Gbm",
    "Heston",
    "HistoricalWindow",
    "History",
    "Jumps",
    "LiquidityDrain",
    "MarketGrid",
    "MeanReverting",
    "MertonJump",
    "NamedEvent",
    "ParetoTail",
    "PathMaker",
    "PathSet",
    "Relative",
    "Sampling",
    "ScenarioMaker",
    "ScenarioSet",
    "Skew",
    "StudentT",
    "TailMoves",
    "TermScaled",
    "Unchanged",
    "VarianceProcess",
    "VolShock",
    "all_events",
    "event",
    "events",
    "fit_tail",
    "grid",
    "mean_of",
    "mean_with_control",
    "nearest_correlation",
    "stressed_correlation",
    "unite",
]
