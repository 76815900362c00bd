"""Jumps that come to all factors at once: a Poisson count, and for each jump correlated normal sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, float_column, frozen
from seawall.core.errors import InputError, Problem
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.streams import Purpose


@dataclass(frozen=True, eq=False)
class Jumps:
    """Common jumps of K factors.

    Attributes
    ----------
    per_year
        Mean number a year.
    means, sds
        `(K,)` mean and standard deviation of a jump's change: of the logarithm where the factor's change is one.
    correlation
        `(K, K)` of the sizes.

    Examples
    --------
    >>> Jumps.of(2.0, means=[-0.1], sds=[0.05]).mean_growth.round(6).tolist()
    [-0.094031]
    """

    per_year: float
    means: FloatArray
    sds: FloatArray
    correlation: FloatArray

    def __post_init__(self) -> None:
        if not (np.isfinite(self.per_year) and self.per_year >= 0.0):
            raise InputError(Problem("per_year", self.per_year, "jumps come at a finite rate >= 0"))
        if self.means.shape != self.sds.shape or not np.isfinite(self.means).all():
            raise InputError(Problem("means", self.means.tolist(), "there is one finite mean and deviation a factor"))
        names = tuple(str(k) for k in range(len(self.means)))
        checked = Covariance(names, self.sds, self.correlation)  # refuses what is no covariance
        object.__setattr__(self, "means", float_column(self.means))
        object.__setattr__(self, "sds", checked.vols)
        object.__setattr__(self, "correlation", checked.correlation)
        object.__setattr__(self, "_mix", frozen(np.asarray(checked.factor.T * checked.vols)))

    @classmethod
    def of(
        cls, per_year: float, *, means: npt.ArrayLike, sds: npt.ArrayLike, correlation: npt.ArrayLike | float = 1.0
    ) -> Jumps:
        """Return jumps; one number is the correlation of every pair of sizes."""
        center, spread = (np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (means, sds))
        matrix = np.array(np.broadcast_to(np.asarray(correlation, dtype=np.float64), (len(center), len(center))))
        if np.ndim(correlation) == 0:
            np.fill_diagonal(matrix, 1.0)
        return cls(per_year, center, spread, matrix)

    @property
    def mean_growth(self) -> FloatArray:
        """Mean relative move of a jump, `(K,)`, where sizes are logarithms: `exp(mean + sd^2 / 2) - 1`."""
        return np.expm1(self.means + 0.5 * self.sds**2)

    def draw(self, sampling: Sampling, block: int, steps_years: FloatArray) -> FloatArray:
        """Return the sum of the jumps within each step, `(n, T, K)`."""
        source = sampling.generator(block, Purpose.JUMP_COUNTS)
        drawn = source.poisson(self.per_year * steps_years, (sampling.shared(block), len(steps_years)))
        counts = sampling.unshared(drawn.astype(np.float64), block)
        normals = sampling.normals(block, (len(steps_years), len(self.means)), Purpose.JUMP_SIZES)
        mix: FloatArray = getattr(self, "_mix")  # noqa: B009 - set once, from what was checked
        sizes, out = normals @ mix, np.zeros(normals.shape)
        hit = np.nonzero(counts)  # few steps have a jump
        many = counts[hit][:, None]
        out[hit] = many * self.means + np.sqrt(many) * sizes[hit]
        return out
