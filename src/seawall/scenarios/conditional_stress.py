"""Conditional stress (Kupiec 1998): shock the core factors, and let the others follow as they usually do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.scenario_set import ScenarioSet


@dataclass(frozen=True, eq=False)
class ConditionalStress:
    """Named stresses of core factors; every other factor moves by its conditional expectation.

    Attributes
    ----------
    covariance
        Of all factors. For a stress take a stressed correlation: `stressed_correlation`.
    stresses
        By label: the change of each core factor, in the units of `factors` (logarithms of spots and volatilities).
    elapsed_years
        Time that passes.
    residual_sds
        Also make scenarios with the others this many conditional standard deviations beside their expectation, all of
        them at once, to both sides. Zero makes none.

    Examples
    --------
    >>> two = Covariance.of({"BTC": 0.5, "ETH": 0.75}, 0.8)
    >>> made = ConditionalStress(two, {"crash": {"BTC": np.log(0.8)}}).scenarios()
    >>> made.spot.round(6).tolist()
    [[-0.2, -0.234918]]
    """

    covariance: Covariance
    stresses: Mapping[str, Mapping[str, float]]
    elapsed_years: float = 0.0
    residual_sds: Sequence[float] = field(default=())

    def __post_init__(self) -> None:
        names = self.covariance.names
        problems = [
            Problem(f"stresses.{label}", core, f"the factors are {', '.join(names)}, and changes of some are given")
            for label, stress in self.stresses.items()
            for core in (sorted(set(stress) - set(names)) or ([] if stress else ["none"]))
        ]
        if not self.stresses:
            problems.append(Problem("stresses", "none", "there is one stress or more"))
        if problems:
            raise InputError(problems)

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each stress, and those beside it; each weighs one."""
        labels: list[str] = []
        rows: list[FloatArray] = []
        for label, stress in self.stresses.items():
            mean, residual = conditional_moves(self.covariance, stress)
            labels.append(label)
            rows.append(mean)
            for sds in self.residual_sds:
                for side, word in ((-1.0, "below"), (1.0, "above")):
                    labels.append(f"{label}, others {sds:g} sd {word}")
                    rows.append(mean + side * sds * np.sqrt(np.maximum(np.diag(residual), 0.0)))
        return scenario_set_of(
            self.covariance.names,
            np.array(rows),
            labels=labels,
            elapsed_years=self.elapsed_years,
            weights=np.ones(len(rows)),
        )


def conditional_moves(covariance: Covariance, stress: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
    """Return the changes of all factors given those of some, `(K,)`, and the covariance left in a year, `(K, K)`.

    The others change by `S21 S11^-1 x1`; what is left of their covariance is `S22 - S21 S11^-1 S12`. Where core factors
    hang together so closely that S11 has no inverse, the pseudo-inverse stands for it.

    Examples
    --------
    >>> two = Covariance.of({"a": 0.1, "b": 0.2}, 0.5)
    >>> mean, left = conditional_moves(two, {"a": -0.1})
    >>> mean.round(9).tolist(), left.round(9).tolist()
    ([-0.1, -0.1], [[0.0, 0.0], [0.0, 0.03]])
    """
    names, matrix = covariance.names, covariance.matrix
    core = [names.index(name) for name in stress]
    others = [k for k in range(len(names)) if k not in core]
    x = np.array([stress[names[k]] for k in core], dtype=np.float64)
    if not np.isfinite(x).all():
        raise InputError(Problem("stress", x.tolist(), "changes are finite"))
    inverse = np.linalg.pinv(matrix[np.ix_(core, core)], hermitian=True)
    cross = matrix[np.ix_(others, core)]
    mean, residual = np.zeros(len(names)), np.zeros_like(matrix)
    mean[core], mean[others] = x, cross @ inverse @ x
    residual[np.ix_(others, others)] = matrix[np.ix_(others, others)] - cross @ inverse @ cross.T
    return mean, residual


def mahalanobis(covariance: Covariance, changes: FloatArray, years: float) -> float:
    """Return how many standard deviations of `years` some changes are, `(K,)`; infinite for what can't come about.

    Examples
    --------
    >>> mahalanobis(Covariance.of({"a": 0.1, "b": 0.2}), np.array([0.3, 0.0]), 1.0).__round__(9)
    3.0
    """
    values, vectors = np.linalg.eigh(covariance.matrix * years)
    along = vectors.T @ changes
    free = values > 1e-14 * max(float(values[-1]), 1e-300)
    if (np.abs(along[~free]) > 1e-9 * max(float(np.abs(changes).max()), 1e-300)).any():
        return math.inf
    return float(np.sqrt((along[free] ** 2 / values[free]).sum()))


def worst_on_ellipsoid(covariance: Covariance, weights: FloatArray, *, sds: float, years: float) -> FloatArray:
    """Return the changes that lose a linear book most among those `sds` standard deviations away, `(K,)` (Studer 1997).

    `-k S w / sqrt(w' S w)`, where the book gains `weights @ changes`; its loss there is `k sqrt(w' S w)`.

    Examples
    --------
    >>> worst_on_ellipsoid(Covariance.of({"a": 0.1}), np.array([2.0]), sds=3.0, years=1.0).round(9).tolist()
    [-0.3]
    """
    matrix = covariance.matrix * years
    size = math.sqrt(float(weights @ matrix @ weights))
    return np.zeros(len(weights)) if size == 0.0 else np.asarray(-sds * (matrix @ weights) / size)
