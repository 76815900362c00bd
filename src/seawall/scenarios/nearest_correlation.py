"""The correlation matrix nearest to a symmetric one, and stressed correlations, which often need it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError

SWEEPS_COUNT = 10_000
TOLERANCE = 1e-13


def nearest_correlation(matrix: npt.ArrayLike, *, floor: float = 0.0, tolerance: float = TOLERANCE) -> FloatArray:
    """Return the correlation matrix nearest in the Frobenius norm: Higham (2002), alternating projections.

    Dykstra's correction makes the limit the nearest point and not just some point of both sets.

    Parameters
    ----------
    matrix : (U, U) float
        Symmetric.
    floor : float
        Smallest eigenvalue wanted, 0 to 1. Above 0 the result is drawn to the identity until it has it.
    tolerance : float
        Change of the largest entry at which the projections stop.

    Raises
    ------
    InputError
        When the matrix is not square, symmetric and finite.
    UnavailableError
        When the projections do not settle.

    Examples
    --------
    >>> print(nearest_correlation([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]).round(4))
    [[1.     0.7607 0.1573]
     [0.7607 1.     0.7607]
     [0.1573 0.7607 1.    ]]
    """
    start = np.array(matrix, dtype=np.float64)
    if start.ndim != 2 or start.shape[0] != start.shape[1] or not np.isfinite(start).all():
        raise InputError(Problem("correlation", start.shape, "a correlation matrix is square, of finite numbers"))
    if not np.allclose(start, start.T, rtol=0.0, atol=1e-12):
        raise InputError(Problem("correlation", "a matrix", "a correlation matrix is symmetric"))
    if not 0.0 <= floor <= 1.0:
        raise InputError(Problem("floor", floor, "the smallest eigenvalue of a correlation matrix is 0 to 1"))
    found, correction = start.copy(), np.zeros_like(start)
    for _ in range(SWEEPS_COUNT):
        before = found
        shifted = found - correction
        values, vectors = np.linalg.eigh(shifted)
        positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = positive - shifted
        found = (positive + positive.T) / 2.0
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() <= tolerance and np.abs(found - positive).max() <= 1e3 * tolerance:
            break
    else:
        raise UnavailableError(f"no nearest correlation matrix within {SWEEPS_COUNT:,} projections")
    lowest = float(np.linalg.eigvalsh(found)[0])
    target = max(floor, 0.0)
    if lowest < target and lowest < 1.0:
        share = min(1.0, (target - lowest) / (1.0 - lowest))
        found = (1.0 - share) * found + share * np.eye(len(found))
    return np.asarray(found, dtype=np.float64)


def stressed_correlation(
    correlation: npt.ArrayLike, *, to: float, weight: float, among: npt.ArrayLike | None = None
) -> FloatArray:
    """Return a correlation matrix drawn towards one number, and repaired where that is no longer one.

    Parameters
    ----------
    correlation : (U, U) float
    to : float
        The correlation that all pairs come to at a weight of 1: 1 where everything falls together.
    weight : float
        0 leaves it as it is.
    among : (U,) bool, optional
        Which factors are drawn together; the pairs with others keep their correlation, which may need the repair.

    Examples
    --------
    >>> stressed_correlation([[1.0, 0.5], [0.5, 1.0]], to=1.0, weight=0.5).round(9).tolist()
    [[1.0, 0.75], [0.75, 1.0]]
    """
    matrix = np.array(correlation, dtype=np.float64)
    problems = [
        Problem(name, number, rule)
        for name, number, lowest, rule in (
            ("to", to, -1.0, "a correlation is -1 to 1"),
            ("weight", weight, 0.0, "a weight is 0 to 1"),
        )
        if not lowest <= number <= 1.0
    ]
    if problems:
        raise InputError(problems)
    chosen: BoolArray = np.ones(len(matrix), np.bool_) if among is None else np.asarray(among, dtype=np.bool_)
    pairs = chosen[:, None] & chosen[None, :]
    stressed = np.where(pairs, (1.0 - weight) * matrix + weight * to, matrix)
    np.fill_diagonal(stressed, 1.0)
    return stressed if np.linalg.eigvalsh(stressed)[0] >= 0.0 else nearest_correlation(stressed)
