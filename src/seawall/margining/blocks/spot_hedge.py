"""Spot as a hedge: what an account owns of a coin counts as far as it takes away delta, and no further."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def spot_in_use(spot: FloatArray, delta: FloatArray) -> FloatArray:
    """Return how much of a spot balance hedges a delta, signed like the balance.

    Parameters
    ----------
    spot
        `(A,)` coins owned, or owed where negative.
    delta
        `(A,)` net delta of the contracts, in coins.

    Examples
    --------
    >>> spot_in_use(np.array([10.0, 10.0, -3.0, 4.0]), np.array([-6.0, 2.0, 5.0, -9.0])).tolist()
    [6.0, 0.0, -3.0, 4.0]
    """
    against_short = np.minimum(np.maximum(spot, 0.0), -delta)
    against_long = np.maximum(np.minimum(spot, 0.0), -delta)
    return np.where(delta < 0.0, against_short, against_long) + 0.0  # no negative zero
