"""History as scenarios: what happened in a window happens again to today's market, all factors together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import iso
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.history import History
from seawall.scenarios.scenario_set import ScenarioSet


@dataclass(frozen=True, eq=False)
class HistoricalWindow:
    """Every step of a window, as it was.

    Attributes
    ----------
    history
        Joint changes; `History.between` cuts a window out.
    horizon_steps
        Steps in a row that make one scenario.
    decay
        What a scenario weighs for each step that it is older than the newest (Boudoukh, Richardson and Whitelaw 1998);
        1 is equal weights.
    elapse
        Whether a scenario lets its time pass.

    Examples
    --------
    >>> days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    >>> history = History.of_levels(days, {"BTC": [100.0, 90.0, 99.0], "BTC vol": [0.5, 0.6, 0.6]})
    >>> HistoricalWindow(history).scenarios().labels
    ('2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z')
    """

    history: History
    horizon_steps: int = 1
    decay: float = 1.0
    elapse: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.decay <= 1.0:
            raise InputError(Problem("decay", self.decay, "a weight's decay is above 0 and at most 1"))

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each step, with its end as label and weights that sum to one."""
        over = self.history.over(self.horizon_steps)
        ages = (over.times_ns[-1] - over.times_ns) / self.history.step_ns
        weights = self.decay**ages
        return scenario_set_of(
            over.names,
            over.changes,
            labels=dated(over),
            elapsed_years=over.step_years if self.elapse else 0.0,
            weights=np.asarray(weights / weights.sum()),
        )


def dated(history: History) -> tuple[str, ...]:
    """Return the end of each step, to the second."""
    return tuple(iso(int(time)).replace(".000Z", "Z") for time in history.times_ns)
