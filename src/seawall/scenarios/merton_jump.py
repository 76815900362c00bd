"""Merton's jump diffusion (1976): a lognormal market that jumps, all coins at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.gbm import gbm_trend
from seawall.scenarios.jumps import Jumps
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.simulation import positive, simulated_paths, simulated_scenarios


@dataclass(frozen=True, eq=False)
class MertonJump:
    """Lognormal moves with common jumps; exact at any time. The drift pays for the jumps, so that means are as of GBM.

    Attributes
    ----------
    covariance
        Of the diffusion alone, without the jumps.
    jumps
        Rate and sizes.
    horizon_years, sampling, drift, elapse
        As of `Gbm`.

    Examples
    --------
    >>> crash = Jumps.of(4.0, means=[-0.1], sds=[0.1])
    >>> MertonJump(Covariance.of({"BTC": 0.5}), crash, 1 / 365, Sampling(count=10, seed=1)).scenarios()
    ScenarioSet(10 scenarios of BTC)
    """

    covariance: Covariance
    jumps: Jumps
    horizon_years: float
    sampling: Sampling
    drift: FloatArray | None = field(default=None)
    elapse: bool = True

    def __post_init__(self) -> None:
        if len(self.jumps.means) != len(self.covariance.names):
            rule = f"there is one jump size for each of {', '.join(self.covariance.names)}"
            raise InputError(Problem("jumps", len(self.jumps.means), rule))

    @property
    def names(self) -> tuple[str, ...]:
        """The K factors."""
        return self.covariance.names

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each path, at the horizon."""
        return simulated_scenarios(self, self.horizon_years, label="merton", elapse=self.elapse)

    def paths(self, years: FloatArray | Sequence[float]) -> PathSet:
        """Return the paths at some times."""
        return simulated_paths(self, years, label="merton")

    def draw(self, block: int, years: FloatArray) -> FloatArray:
        """Return changes since the start, `(n, T, K)`."""
        steps = np.diff(years, prepend=0.0)
        normals = self.sampling.normals(block, (len(years), len(self.names)))
        changes = normals @ (self.covariance.factor.T * self.covariance.vols)
        changes *= np.sqrt(steps)[:, None]
        changes += self.jumps.draw(self.sampling, block, steps)
        trend = gbm_trend(self.covariance, self.drift)
        log = positive(self.names) > 0.0
        trend = trend - self.jumps.per_year * np.where(log, self.jumps.mean_growth, self.jumps.means)
        return np.asarray(np.cumsum(changes, axis=1) + trend * years[:, None])
