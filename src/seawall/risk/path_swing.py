"""How far margin swings along a path: its peak over its trough, and its largest increase over some days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_DAY
from seawall.margining.blocks.procyclicality import peak_to_trough


@dataclass(frozen=True, slots=True)
class Procyclicality:
    """Two measures of one account's initial margin, each beside what it would be at the start's calibration.

    Attributes
    ----------
    peak_to_trough, peak_to_trough_fixed
        Largest margin over the smallest; None where an account needs none at some state, or one that is not known.
    largest_increase, largest_increase_fixed
        USD, from a state to a later one not more than `days` after it; 0 where margin never rises, or no two states lie
        so close.
    days
        How long the increase may take.
    """

    peak_to_trough: float | None
    peak_to_trough_fixed: float | None
    largest_increase: float
    largest_increase_fixed: float
    days: float


def procyclicality(times_ns: IntArray, margin: FloatArray, fixed: FloatArray, *, days: float = 1.0) -> Procyclicality:
    """Return both measures (Murphy, Vasios and Vause 2014) of a margin and of the same without recalculation.

    Parameters
    ----------
    times_ns
        `(T,)`, never falling; states may lie at any distance.
    margin, fixed
        `(T,)` USD.
    days
        How long the largest increase may take, above 0.

    Examples
    --------
    >>> hours = np.array([0, 12, 24, 60]) * 3_600_000_000_000
    >>> found = procyclicality(hours, np.array([100.0, 130.0, 150.0, 90.0]), np.full(4, 100.0))
    >>> round(found.peak_to_trough, 6), found.peak_to_trough_fixed, found.largest_increase
    (1.666667, 1.0, 50.0)
    """
    if not 0.0 < days < np.inf:
        raise InputError(Problem("days", days, "an increase takes a finite time above 0"))
    near = times_ns[None, :] - times_ns[:, None]
    within = np.triu(near <= days * NS_PER_DAY, 1)  # a state at the same time is later by its place

    def increase(path: FloatArray) -> float:
        return float(np.max(path[None, :] - path[:, None], where=within, initial=0.0))

    return Procyclicality(_swing(margin), _swing(fixed), increase(margin), increase(fixed), days)


def _swing(path: FloatArray) -> float | None:
    return peak_to_trough(path) if (path > 0.0).all() else None
