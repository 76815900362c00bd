"""The family of scenario makers: what each gives, and all of them in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from seawall.scenarios.conditional_draws import ConditionalDraws
from seawall.scenarios.conditional_stress import ConditionalStress
from seawall.scenarios.filtered_history import Bootstrap, FilteredHistory
from seawall.scenarios.gbm import Gbm
from seawall.scenarios.heston import Heston
from seawall.scenarios.historical import HistoricalWindow
from seawall.scenarios.market_grid import MarketGrid
from seawall.scenarios.merton_jump import MertonJump
from seawall.scenarios.named_event import NamedEvent
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.stress_paths import FlashCrash, LiquidityDrain
from seawall.scenarios.student_t import StudentT
from seawall.scenarios.tail_moves import TailMoves


class ScenarioMaker(Protocol):
    """A maker is a frozen dataclass of all that its scenarios depend on: seeds, histories, parameters, no clock.

    Where scenarios are alternatives with probabilities, weights sum to one; where they are a grid or a story, each
    weighs one.
    """

    def scenarios(self) -> ScenarioSet:
        """Return the scenarios; asked twice, the same to the last bit."""
        ...


class PathMaker(ScenarioMaker, Protocol):
    """A maker whose scenarios are steps along paths."""

    def paths(self) -> PathSet:
        """Return the paths; asked twice, the same to the last bit."""
        ...


MAKERS: Mapping[str, type[ScenarioMaker]] = {
    "grid": MarketGrid,
    "historical": HistoricalWindow,
    "filtered-history": FilteredHistory,
    "bootstrap": Bootstrap,
    "gbm": Gbm,
    "merton-jump": MertonJump,
    "heston": Heston,
    "student-t": StudentT,
    "conditional-stress": ConditionalStress,
    "conditional-draws": ConditionalDraws,
    "tail-moves": TailMoves,
    "named-event": NamedEvent,
    "flash-crash": FlashCrash,
    "liquidity-drain": LiquidityDrain,
}
"""Every maker by its name; `tests/laws/test_maker_laws.py` tries the laws on each."""
