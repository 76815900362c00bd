"""Lots: the smallest step of a position's size."""

from __future__ import annotations

import math

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray

LOT_TOLERANCE_RATIO = 1e-9
"""How far from a whole number of lots a size may be, relative to that number: 0.1 has no exact float64."""

_EXACT_STEPS_COUNT = 2.0**52
"""Above this many lots a float64 has no fraction left to look at."""


def off_lot(sizes: FloatArray, lots: FloatArray) -> BoolArray:
    """Return which sizes are no multiple of their lot; a lot of 0 is unknown and allows all.

    Examples
    --------
    >>> off_lot(np.array([0.3, 0.35, 0.35]), np.array([0.1, 0.1, 0.0])).tolist()
    [False, True, False]
    """
    known = (lots > 0.0) & (np.abs(sizes) < _EXACT_STEPS_COUNT * lots)
    steps = np.divide(sizes, lots, out=np.zeros_like(sizes), where=known)
    away = np.abs(steps - np.rint(steps))
    return np.asarray(away > LOT_TOLERANCE_RATIO * np.maximum(np.abs(steps), 1.0), dtype=np.bool_)


def nearest_sizes(size: float, lot: float) -> tuple[float, float]:
    """Return the multiples of `lot` just below and above a size.

    Examples
    --------
    >>> nearest_sizes(-505.0, 10.0)
    (-510.0, -500.0)
    """
    below = math.floor(size / lot)
    return below * lot, (below + 1) * lot
