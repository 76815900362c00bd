"""Geometric Brownian motion: joint lognormal moves, exact at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.simulation import positive, simulated_paths, simulated_scenarios


@dataclass(frozen=True, eq=False)
class Gbm:
    """Joint lognormal moves of named factors.

    A factor whose change is a logarithm has the mean `exp(drift * years)`; the others are normal around `drift *
    years`.

    Attributes
    ----------
    covariance
        Annual volatilities and correlations of K factors.
    horizon_years
        When the one-step scenarios are taken.
    sampling
        How many paths, from which seed.
    drift
        `(K,)` growth a year, 0 where left out: a margin does not bet on a trend.
    elapse
        Whether the scenarios let the horizon pass, or move the market at once.

    Examples
    --------
    >>> two = Covariance.of({"BTC": 0.6, "ETH": 0.8}, 0.8)
    >>> made = Gbm(two, 1 / 365, Sampling(count=4, seed=1)).scenarios()
    >>> made.underlyings, made.spot.shape, made.weights.tolist()
    (('BTC', 'ETH'), (4, 2), [0.25, 0.25, 0.25, 0.25])
    """

    covariance: Covariance
    horizon_years: float
    sampling: Sampling
    drift: FloatArray | None = field(default=None)
    elapse: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The K factors."""
        return self.covariance.names

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each path, at the horizon."""
        return simulated_scenarios(self, self.horizon_years, label="gbm", elapse=self.elapse)

    def paths(self, years: FloatArray | Sequence[float]) -> PathSet:
        """Return the paths at some times."""
        return simulated_paths(self, years, label="gbm")

    def draw(self, block: int, years: FloatArray) -> FloatArray:
        """Return changes since the start, `(n, T, K)`."""
        normals = self.sampling.normals(block, (len(years), len(self.names)))
        changes = normals @ (self.covariance.factor.T * self.covariance.vols)
        if len(years) == 1:
            changes *= np.sqrt(years[0])
        elif self.sampling.sobol:
            changes = np.einsum("tj,njk->ntk", brownian_components(years), changes)
        else:
            changes *= np.sqrt(np.diff(years, prepend=0.0))[:, None]
            np.cumsum(changes, axis=1, out=changes)
        changes += gbm_trend(self.covariance, self.drift) * years[:, None]
        return np.asarray(changes)


def gbm_trend(covariance: Covariance, drift: FloatArray | None) -> FloatArray:
    """Return the mean change a year, `(K,)`, with Itô's correction of logarithms."""
    growth = np.zeros(len(covariance.names)) if drift is None else np.asarray(drift, dtype=np.float64)
    return growth - 0.5 * covariance.vols**2 * positive(covariance.names)


def brownian_components(years: FloatArray) -> FloatArray:
    """Return A with Brownian values = A z, `(T, T)`: the first normal moves the most, which is what a net likes."""
    values, vectors = np.linalg.eigh(np.minimum.outer(years, years))
    order = np.argsort(values)[::-1]
    return np.asarray(vectors[:, order] * np.sqrt(values[order]))
