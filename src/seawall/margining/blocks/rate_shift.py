"""Shifts of a curve of rates by two principal components, and what they do to forwards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR


def forward_moves(
    years: FloatArray,
    *,
    days: Sequence[float],
    components: Sequence[Sequence[float]],
    sizes: Sequence[Sequence[float]],
) -> FloatArray:
    """Return the relative move of each forward when its rate is shifted, `(C, E)`: `exp(shift * T) - 1`.

    Parameters
    ----------
    years
        `(E,)` time to each expiry.
    days
        K times at which the components are given, rising; before and after them a component stays.
    components
        Each component's K numbers.
    sizes
        For each component, its size in each of C scenarios, per year.

    Examples
    --------
    >>> forward_moves(np.array([0.5]), days=[30.0], components=[[2.0]], sizes=[[0.05, -0.05]]).round(6).tolist()
    [[0.051271], [-0.048771]]
    """
    shift = np.zeros((len(sizes[0]), len(years)))
    for component, size in zip(components, sizes, strict=True):
        shift = shift + np.outer(size, np.interp(years * DAYS_PER_YEAR, days, component))
    return np.asarray(np.expm1(shift * years), dtype=np.float64)


def worst_shift(expiry_deltas: FloatArray, moves: FloatArray) -> FloatArray:
    """Return the largest loss of each account over the scenarios, `(A,)`, never below zero.

    Parameters
    ----------
    expiry_deltas
        `(A, E)` delta of each expiry in the unit of the answer.
    moves
        `(C, E)` from `forward_moves`.

    Examples
    --------
    >>> worst_shift(np.array([[100.0, -50.0]]), np.array([[0.1, 0.1], [-0.1, -0.2]])).tolist()
    [0.0]
    >>> worst_shift(np.array([[100.0, -50.0]]), np.array([[-0.2, -0.1]])).tolist()
    [15.0]
    """
    worst = np.zeros(len(expiry_deltas))
    for scenario in moves:
        pnl = np.zeros(len(expiry_deltas))
        for deltas, move in zip(expiry_deltas.T, scenario, strict=True):  # a matrix product would add in its own order
            pnl = pnl + deltas * move
        worst = np.maximum(worst, -pnl)
    return worst + 0.0  # no negative zero
