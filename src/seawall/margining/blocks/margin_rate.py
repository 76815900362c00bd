"""The margin rate that a venue shows: margin over what it is held against, cut and not rounded."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray

_SAME_DECIMALS = 6
"""A rate that is this many further decimals from a whole last place is that place: 0.025 is not cut to 0.0249."""


def margin_rate(margin: FloatArray, balance: FloatArray, *, decimals: int) -> FloatArray:
    """Return margin over balance, cut to some decimals.

    Without margin it is zero; margin without a balance to hold it against is infinite.

    Examples
    --------
    >>> margin_rate(np.array([1304.50829757, 25.0]), np.array([52197.86892104, 1000.0]), decimals=4).tolist()
    [0.0249, 0.025]
    >>> margin_rate(np.array([0.0, 1.0]), np.array([-1.0, -1.0]), decimals=4).tolist()
    [0.0, inf]
    """
    scale = 10.0**decimals
    some = balance > 0.0
    with np.errstate(over="ignore"):
        share = np.where(some, margin, 0.0) / np.where(some, balance, 1.0) * scale
    cut = np.floor(np.round(share, _SAME_DECIMALS)) / scale
    none = np.where(margin > 0.0, np.inf, np.where(np.isnan(margin), np.nan, 0.0))
    return np.where(np.isnan(balance), np.nan, np.where(some, cut, none))
