"""Extreme moves by extreme-value theory: how far each factor goes once in so many steps, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.history import History
from seawall.scenarios.marginals import WithTails
from seawall.scenarios.scenario_set import ScenarioSet

FLAT = 1e-15


@dataclass(frozen=True, eq=False)
class TailMoves:
    """For each level, all factors at their lower tail's quantile, and all at their upper one's.

    All at once is the worst that tails allow: their dependence is not asked. Volatilities stand at the *other* end than
    spots, as they rise when prices fall; with `vol_against=False` they stand at the same.

    Attributes
    ----------
    history
        Joint changes, best filtered: tails are of what does not depend on its day.
    levels
        Probabilities inside the tails, above `1 - tail_share`: 0.999 is once in a thousand steps.
    tail_share
        Share of the changes in each tail.
    method
        `likelihood` or `moments`, as `fit_tail` says.
    vol_against
        Whether volatilities stand against spots.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> days = [1_767_225_600_000_000_000 + d * 86_400_000_000_000 for d in range(1001)]
    >>> history = History.of_levels(days, {"BTC": np.exp(np.cumsum(0.02 * rng.standard_t(4, 1001)))})
    >>> made = TailMoves(history, levels=(0.99, 0.999)).scenarios()
    >>> made.labels
    ('down 99 %', 'up 99 %', 'down 99.9 %', 'up 99.9 %')
    """

    history: History
    levels: Sequence[float] = (0.99, 0.995, 0.999)
    tail_share: float = 0.1
    method: str = "likelihood"
    vol_against: bool = True
    elapse: bool = True

    def __post_init__(self) -> None:
        bad = [level for level in self.levels if not 1.0 - self.tail_share < level < 1.0]
        if bad or not self.levels:
            rule = f"a level in the tail is above {1.0 - self.tail_share:g} and below 1"
            raise InputError(Problem("levels", bad or "none", rule))

    def scenarios(self) -> ScenarioSet:
        """Return two scenarios for each level, down and up; each weighs one."""
        shares = 1.0 - np.array(self.levels)
        both = np.empty((len(self.levels), 2, len(self.history.names)))
        for k, name in enumerate(self.history.names):
            column = self.history.changes[:, k]
            if np.ptp(column) <= FLAT:
                both[:, :, k] = column[0]  # it never moved: no tail, and no guess
                continue
            tails = WithTails.of(column, tail_share=self.tail_share, method=self.method)
            down, up = tails.quantile(shares), tails.quantile(1.0 - shares)
            turned = self.vol_against and name.endswith(" vol")
            both[:, 0, k], both[:, 1, k] = (up, down) if turned else (down, up)
        return scenario_set_of(
            self.history.names,
            both.reshape(-1, len(self.history.names)),
            labels=[f"{side} {100.0 * level:.6g} %" for level in self.levels for side in ("down", "up")],
            elapsed_years=self.history.step_years if self.elapse else 0.0,
            weights=np.ones(2 * len(self.levels)),
        )
