"""Volatilities and correlations of named factors, checked once, with the factor that correlates normals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, float_column, frozen
from seawall.core.errors import InputError, Problem

_ROUNDING = 1e-10
"""Below this an eigenvalue is a zero that was rounded."""


@dataclass(frozen=True, eq=False)
class Covariance:
    """Annual volatilities and correlations of K factors.

    Attributes
    ----------
    names
        The factors, as `factors` names them: "BTC" is a spot, "BTC vol" its implied volatility.
    vols
        `(K,)` standard deviations of a year's change, per √year.
    correlation
        `(K, K)`; positive semi-definite.

    Examples
    --------
    >>> pair = Covariance.of({"BTC": 0.5, "ETH": 0.7}, [[1.0, 0.8], [0.8, 1.0]])
    >>> pair.matrix.round(9).tolist()
    [[0.25, 0.28], [0.28, 0.49]]
    """

    names: tuple[str, ...]
    vols: FloatArray
    correlation: FloatArray

    def __post_init__(self) -> None:
        count = len(self.names)
        problems: list[Problem] = []
        if not count or len(set(self.names)) != count:
            problems.append(Problem("names", self.names, "factors have names, each its own"))
        if self.vols.shape != (count,) or not (np.isfinite(self.vols) & (self.vols >= 0.0)).all():
            problems.append(Problem("vols", self.vols.tolist(), "there is one finite volatility >= 0 for each factor"))
        rule = "a correlation matrix is symmetric with ones on its diagonal"
        matrix = self.correlation
        if matrix.shape != (count, count) or not np.isfinite(matrix).all():
            problems.append(Problem("correlation", matrix.shape, f"it is {count} by {count}, of finite numbers"))
        elif not (np.allclose(matrix, matrix.T, rtol=0.0, atol=1e-9) and np.allclose(np.diag(matrix), 1.0, atol=1e-9)):
            problems.append(Problem("correlation", matrix.tolist(), rule))
        elif float(np.linalg.eigvalsh(matrix)[0]) < -_ROUNDING * count:
            lowest = float(np.linalg.eigvalsh(matrix)[0])
            rule = "no such correlations can be (an eigenvalue is negative); nearest_correlation repairs them"
            problems.append(Problem("correlation", f"a matrix with eigenvalue {lowest:.3g}", rule))
        if problems:
            raise InputError(problems)
        object.__setattr__(self, "vols", float_column(self.vols))
        object.__setattr__(self, "correlation", frozen(self.correlation))

    @classmethod
    def of(cls, vols: dict[str, float], correlation: npt.ArrayLike | float = 0.0) -> Covariance:
        """Return the covariance of some factors; one number is the correlation of every pair."""
        count = len(vols)
        matrix = np.array(np.broadcast_to(np.asarray(correlation, dtype=np.float64), (count, count)))
        if np.ndim(correlation) == 0:
            np.fill_diagonal(matrix, 1.0)
        return cls(tuple(vols), np.array(list(vols.values()), dtype=np.float64), matrix)

    @classmethod
    def of_changes(cls, names: tuple[str, ...], changes: FloatArray, step_years: float) -> Covariance:
        """Return the sample covariance of changes, `(n, K)`, each over `step_years`; their mean is taken as zero."""
        second = changes.T @ changes / len(changes)
        sd = np.sqrt(np.diag(second))
        safe = np.where(sd > 0.0, sd, 1.0)
        correlation = second / np.outer(safe, safe)
        np.fill_diagonal(correlation, 1.0)
        return cls(names, sd / np.sqrt(step_years), correlation)

    @cached_property
    def matrix(self) -> FloatArray:
        """Covariance of a year's changes, `(K, K)`."""
        return self.correlation * np.outer(self.vols, self.vols)

    @cached_property
    def factor(self) -> FloatArray:
        """`(K, K)` L with L L' the correlation: normals times L' are correlated. Lower triangular where that exists."""
        return correlating_factor(self.correlation)


def correlating_factor(correlation: FloatArray) -> FloatArray:
    """Return L with L L' = correlation, of the symmetric eigenvectors where Cholesky's has no pivot left."""
    try:
        return np.asarray(np.linalg.cholesky(correlation), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(correlation)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
