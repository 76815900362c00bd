"""Filtered historical simulation: what happened, over the volatility of its day, times the volatility of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.historical import dated
from seawall.scenarios.history import History
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.sampling import Draws, Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.simulation import simulated_paths
from seawall.scenarios.streams import Purpose
from seawall.scenarios.volatility import Ewma, VolatilityFilter


@dataclass(frozen=True, eq=False)
class FilteredHistory:
    """Each past change times today's volatility over its own day's (Hull and White 1998; Barone-Adesi et al. 1999).

    Factors are scaled one by one, and a day stays a day: what moved together does so still.

    Attributes
    ----------
    history
        Joint changes.
    volatility
        What says how volatile each moment was: `Ewma`, `Garch`, `Constant`.
    horizon_steps
        Steps in a row that make one scenario; their scaled changes add up.
    elapse
        Whether a scenario lets its time pass.

    Examples
    --------
    >>> days = [f"2026-01-{day:02d}" for day in range(1, 8)]
    >>> calm_then_wild = History.of_levels(days, {"BTC": np.exp([0.0, 0.01, 0.0, 0.01, 0.0, 0.1, 0.0])})
    >>> made = FilteredHistory(calm_then_wild, Ewma(0.5, warm_up_count=2)).scenarios()
    >>> len(made), bool(made.spot[0, 0] > 0.05)
    (4, True)
    """

    history: History
    volatility: VolatilityFilter = field(default_factory=Ewma)
    horizon_steps: int = 1
    elapse: bool = True

    def filtered(self) -> History:
        """Return the history at today's volatility, without the changes that only start the filter."""
        changes, first = self.history.changes, self.volatility.warm_up_count
        scaled = filtered_changes(changes, self.volatility.variances(changes))
        history = replace(self.history, times_ns=self.history.times_ns[first:], changes=scaled[first:])
        return history.over(self.horizon_steps)

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each step, with equal weights that sum to one."""
        made = self.filtered()
        elapsed = made.step_years if self.elapse else 0.0
        return scenario_set_of(made.names, made.changes, labels=dated(made), elapsed_years=elapsed)


def filtered_changes(changes: FloatArray, variances: FloatArray) -> FloatArray:
    """Return `r_t * sigma_now / sigma_t`, `(n, K)`, for variances of each change and of the next one, `(n + 1, K)`.

    A factor that has never moved stays where it is.

    Examples
    --------
    >>> variances = np.array([[0.0004], [0.0001], [0.0009]])
    >>> filtered_changes(np.array([[0.02], [-0.01]]), variances).round(9).ravel().tolist()
    [0.03, -0.03]
    """
    then, now = variances[:-1], variances[-1]
    if (then < 0.0).any() or not np.isfinite(variances).all():
        raise InputError(Problem("variances", float(np.min(variances)), "variances are finite and not negative"))
    still = (then == 0.0) & (changes != 0.0)
    if still.any():
        raise InputError(Problem("variances", 0.0, "a factor that moves has a variance above 0"))
    return np.asarray(changes * np.sqrt(np.divide(now, then, out=np.zeros_like(then), where=then > 0.0)))


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Paths of days drawn from a history in blocks: what follows what stays so within a block (Künsch 1989).

    Attributes
    ----------
    history
        Joint changes; `FilteredHistory.filtered` gives them at today's volatility.
    steps_count
        Steps of a path.
    block_steps_count
        Steps that stay together; 1 draws each day alone.
    sampling
        How many paths, from which seed.

    Examples
    --------
    >>> days = [f"2026-01-{day:02d}" for day in range(1, 8)]
    >>> history = History.of_levels(days, {"BTC": [100.0, 99.0, 98.0, 103.0, 104.0, 101.0, 100.0]})
    >>> Bootstrap(history, 10, 2, Sampling(count=4, seed=1)).paths()
    PathSet(4 paths, 10 steps of BTC)
    """

    history: History
    steps_count: int
    block_steps_count: int
    sampling: Sampling

    def __post_init__(self) -> None:
        if self.steps_count < 1 or not 1 <= self.block_steps_count <= len(self.history):
            found = f"{self.steps_count} steps in blocks of {self.block_steps_count}"
            rule = f"a path has one step or more, and a block 1 to {len(self.history)}"
            raise InputError(Problem("steps_count", found, rule))

    @property
    def names(self) -> tuple[str, ...]:
        """The K factors."""
        return self.history.names

    def paths(self) -> PathSet:
        """Return the paths."""
        found = simulated_paths(self, self._times(), label="bootstrap")
        return replace(found, draws=Draws.INDEPENDENT)  # days are drawn each by itself, whatever normals would be

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each path, at its end."""
        paths = self.paths()
        return replace(paths.step(self.steps_count - 1), labels=paths.labels)

    def draw(self, block: int, years: FloatArray | Sequence[float]) -> FloatArray:
        """Return changes since the start, `(n, T, K)`."""
        count = self.sampling.block_paths_count(block)
        draws = -(-self.steps_count // self.block_steps_count)
        source = self.sampling.generator(block, Purpose.CHOICES)
        first = source.integers(0, len(self.history) - self.block_steps_count + 1, (count, draws))
        rows = (first[:, :, None] + np.arange(self.block_steps_count)).reshape(count, -1)[:, : self.steps_count]
        return np.asarray(np.cumsum(self.history.changes[rows], axis=1)[:, : len(years)])

    def _times(self) -> FloatArray:
        return np.asarray(self.history.step_years * np.arange(1, self.steps_count + 1), dtype=np.float64)
