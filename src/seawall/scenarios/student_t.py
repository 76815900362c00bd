"""A Student-t copula: large moves come together, which a Gaussian one forgets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.marginals import Marginal
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.simulation import simulated_paths, simulated_scenarios
from seawall.scenarios.streams import Purpose


@dataclass(frozen=True, eq=False)
class StudentT:
    """Joint changes of named factors under a Student-t copula.

    A factor without a marginal of its own is Student-t with the same degrees of freedom, scaled to its volatility over
    the horizon. Its *logarithm* has that law and mean zero; the mean of the price itself is infinite, as of every such
    law.

    Attributes
    ----------
    covariance
        Annual volatilities, and the correlations of the copula.
    dof
        Degrees of freedom, a whole number above 2; 3 to 6 are usual.
    horizon_years
        What a marginal's change is over, and how far the volatilities are scaled.
    sampling, elapse
        As of `Gbm`.
    marginals
        By factor's name: the changes over one horizon, at each probability.

    Examples
    --------
    >>> two = Covariance.of({"BTC": 0.6, "ETH": 0.8}, 0.8)
    >>> StudentT(two, 4, 1 / 365, Sampling(count=4, seed=1)).scenarios()
    ScenarioSet(4 scenarios of BTC, ETH)
    """

    covariance: Covariance
    dof: int
    horizon_years: float
    sampling: Sampling
    marginals: Mapping[str, Marginal] = field(default_factory=dict)
    elapse: bool = True

    def __post_init__(self) -> None:
        if self.dof != int(self.dof) or not 2 < self.dof <= 200:
            raise InputError(Problem("dof", self.dof, "degrees of freedom are a whole number from 3 to 200"))
        unknown = sorted(set(self.marginals) - set(self.covariance.names))
        if unknown:
            raise InputError(Problem("marginals", unknown[0], f"the factors are {', '.join(self.covariance.names)}"))

    @property
    def names(self) -> tuple[str, ...]:
        """The K factors."""
        return self.covariance.names

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each path, at the horizon."""
        return simulated_scenarios(self, self.horizon_years, label="student-t", elapse=self.elapse)

    def paths(self, steps_count: int) -> PathSet:
        """Return paths of independent steps, of one horizon each."""
        times = self.horizon_years * np.arange(1.0, steps_count + 1.0)
        return simulated_paths(self, times, label="student-t")

    def draw(self, block: int, years: FloatArray) -> FloatArray:
        """Return changes since the start, `(n, T, K)`."""
        steps = np.diff(years, prepend=0.0) / self.horizon_years
        if not np.allclose(steps, 1.0, rtol=1e-9):
            rule = f"steps of a Student-t copula are its horizon of {self.horizon_years:.6g} years each"
            raise InputError(Problem("years", years.tolist(), rule))
        mixed = self.sampling.normals(block, (len(years), len(self.names))) @ self.covariance.factor.T
        source = self.sampling.generator(block, Purpose.MIXING)
        squares = self.sampling.unshared(source.chisquare(self.dof, (self.sampling.shared(block), len(years))), block)
        mixed *= np.sqrt(self.dof / squares)[:, :, None]  # Student-t, of one radius for all factors
        scale = self.covariance.vols * math.sqrt(self.horizon_years * (self.dof - 2) / self.dof)
        changes = mixed * scale
        for k, name in enumerate(self.names):
            if name in self.marginals:
                changes[:, :, k] = self.marginals[name].quantile(student_cdf(mixed[:, :, k], self.dof))
        return np.asarray(np.cumsum(changes, axis=1))


def student_cdf(x: FloatArray, dof: int) -> FloatArray:
    """Return Student's distribution function for a whole number of degrees of freedom (Abramowitz and Stegun 26.7.3-4).

    It stays inside `(0, 1)`, so that every marginal has a finite quantile.

    Examples
    --------
    >>> student_cdf(np.array([0.0, 2.776445105]), 4).round(9).tolist()
    [0.5, 0.975]
    """
    angle = np.arctan(x / math.sqrt(dof))
    sine, square = np.sin(angle), np.cos(angle) ** 2
    if dof % 2:
        total, term = np.zeros_like(sine), np.cos(angle)
        for j in range(1, (dof - 1) // 2 + 1):
            total = total + term
            term = term * square * (2.0 * j) / (2.0 * j + 1.0)
        inside = 2.0 / math.pi * (angle + sine * total)
    else:
        total, term = np.zeros_like(sine), np.ones_like(sine)
        for j in range(1, dof // 2 + 1):
            total = total + term
            term = term * square * (2.0 * j - 1.0) / (2.0 * j)
        inside = sine * total
    return np.asarray(np.clip(0.5 + 0.5 * inside, 1e-12, 1.0 - 1e-12))


def tail_dependence(correlation: float, dof: int) -> float:
    """Return the chance that one factor is in its far tail given that the other is: `2 t_{v+1}(-...)`.

    Examples
    --------
    >>> round(tail_dependence(0.5, 4), 4)
    0.2532
    """
    if correlation <= -1.0:
        return 0.0
    point = -math.sqrt((dof + 1.0) * (1.0 - correlation) / (1.0 + correlation))
    return 2.0 * float(student_cdf(np.array([point]), dof + 1)[0])
