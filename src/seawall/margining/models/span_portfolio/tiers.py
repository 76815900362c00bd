"""Intra-commodity spreads: what the sixteen scenarios net between expiries pays for the chance that they part."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray


class TierSpreads(NamedTuple):
    """Delta that is spread within the near expiries, within the far ones, and between the two, `(A,)` each."""

    near: FloatArray
    far: FloatArray
    across: FloatArray

    @property
    def total(self) -> FloatArray:
        """All spread delta of one side, `(A,)`."""
        return self.near + self.far + self.across


def tier_spreads(deltas: FloatArray, far: BoolArray) -> TierSpreads:
    """Return the spreads that form between expiries: first within each tier, then what is left across the two.

    Parameters
    ----------
    deltas
        `(A, E)` net delta by expiry, signed.
    far
        `(E,)` which expiries belong to the far tier.

    Examples
    --------
    >>> tier_spreads(np.array([[5.0, -2.0, -4.0]]), np.array([False, False, True]))
    TierSpreads(near=array([2.]), far=array([0.]), across=array([3.]))
    """
    longs, shorts = (np.zeros((2, len(deltas))) for _ in range(2))
    for delta, tier in zip(deltas.T, far.astype(np.int64), strict=True):
        longs[tier], shorts[tier] = longs[tier] + np.maximum(delta, 0.0), shorts[tier] + np.maximum(-delta, 0.0)
    within = np.minimum(longs, shorts)
    longs, shorts = longs - within, shorts - within
    across = np.minimum(longs[0], shorts[1]) + np.minimum(shorts[0], longs[1])
    return TierSpreads(within[0], within[1], across)
