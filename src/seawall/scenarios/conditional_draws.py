"""Conditional stress with what it leaves open: core factors are shocked, the others are drawn around what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios.conditional_stress import conditional_moves
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.simulation import simulated_scenarios


@dataclass(frozen=True, eq=False)
class ConditionalDraws:
    """Joint normal changes, given those of the core factors.

    The others' mean is that of `ConditionalStress`; around it they have what is left of their covariance over the
    horizon. The changes are logarithms where the factor's is one, and their mean is taken as it stands.

    Attributes
    ----------
    covariance
        Of all factors, a year's.
    stress
        Change of each core factor, in the units of `factors`.
    horizon_years, sampling, elapse
        As of `Gbm`.

    Examples
    --------
    >>> two = Covariance.of({"BTC": 0.5, "ETH": 0.75}, 0.8)
    >>> made = ConditionalDraws(two, {"BTC": np.log(0.8)}, 1 / 365, Sampling(count=1000, seed=1)).scenarios()
    >>> np.unique(made.spot[:, 0]).round(9).tolist(), bool(abs(made.spot[:, 1].mean() + 0.235) < 0.003)
    ([-0.2], True)
    """

    covariance: Covariance
    stress: Mapping[str, float]
    horizon_years: float
    sampling: Sampling
    elapse: bool = True

    def __post_init__(self) -> None:
        unknown = sorted(set(self.stress) - set(self.covariance.names))
        if unknown or not self.stress:
            rule = f"the factors are {', '.join(self.covariance.names)}, and changes of some are given"
            raise InputError(Problem("stress", unknown[0] if unknown else "none", rule))

    @property
    def names(self) -> tuple[str, ...]:
        """The K factors."""
        return self.covariance.names

    @cached_property
    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Conditional mean, `(K,)`, and what is left of a year's covariance, `(K, K)`."""
        return conditional_moves(self.covariance, self.stress)

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each draw."""
        return simulated_scenarios(self, self.horizon_years, label="conditional", elapse=self.elapse)

    def draw(self, block: int, years: FloatArray) -> FloatArray:
        """Return changes at each time, `(n, T, K)`: the shock has happened at all of them."""
        mean, left = self.moments
        values, vectors = np.linalg.eigh(left)
        spread = vectors * np.sqrt(np.maximum(values, 0.0))
        steps = np.sqrt(np.diff(years, prepend=0.0))[:, None]
        normals = self.sampling.normals(block, (len(years), len(self.names)))
        beside = np.cumsum(normals @ spread.T * steps, axis=1)
        beside[..., [self.names.index(name) for name in self.stress]] = 0.0  # no rounding moves what is shocked
        return np.asarray(mean + beside)
