"""Brownian bridges and two levels: the chance that a path met one of them on the way, when only its ends are known."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray

IMAGES_COUNT = 8
"""Mirror images of the width between the levels that are summed."""


def bridge_leaves(
    start: FloatArray, end: FloatArray, spread: FloatArray, lower: float, upper: float
) -> tuple[FloatArray, FloatArray]:
    """Return the chances that Brownian bridges meet the lower level first, and the upper; either may be infinite.

    With a width d and distances x and y of the ends from the lower level, the lower one is met first with chance
    `sum over k >= 0 of e(2kd + x + y) - sum over k >= 1 of e(2kd + y - x)`, where e(z) is the density of an end at
    distance z over that of the end as it is (reflection at one level after the other).

    Parameters
    ----------
    start, end
        `(P,)`; starts lie between the levels, ends may lie anywhere.
    spread
        `(P,)` standard deviation of the way from start to end.

    Examples
    --------
    >>> down, up = bridge_leaves(np.zeros(1), np.zeros(1), np.ones(1), -1.0, np.inf)
    >>> bool(np.isclose(down[0], np.exp(-2.0))), up.tolist()
    (True, [0.0])
    """
    doubled = np.maximum(2.0 * spread * spread, 1e-200)
    direct = (end - start) ** 2

    def over(distance: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-np.maximum(distance * distance - direct, 0.0) / doubled), np.float64)

    def first(near: FloatArray, far_end: FloatArray, width: float) -> FloatArray:
        """Chance that the level at 0 is met before the one at `width`, for ends at or beyond 0."""
        met = over(near + far_end)
        if np.isinf(width):
            return met
        for k in range(1, IMAGES_COUNT + 1):
            met += over(2.0 * k * width + near + far_end) - over(2.0 * k * width + far_end - near)
        return np.clip(met, 0.0, 1.0)

    width, nothing = upper - lower, np.zeros(len(start))
    down = first(start - lower, np.maximum(end - lower, 0.0), width) if np.isfinite(lower) else nothing
    up = first(upper - start, np.maximum(upper - end, 0.0), width) if np.isfinite(upper) else nothing
    down, up = np.where(end <= lower, 1.0 - up, down), np.where(end >= upper, 1.0 - down, up)
    total = np.maximum(down + up, 1.0)  # rounding alone takes it over 1
    return down / total, up / total
