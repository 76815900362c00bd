"""Volatility risk between expiries: what a shock of all volatilities at once lets offset."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def vega_spread(expiry_pnl: FloatArray) -> FloatArray:
    """Return how much of some expiries' gains is taken away by others' losses under one shock, `(A,)`.

    Parameters
    ----------
    expiry_pnl
        `(A, E)` profit and loss of each expiry under the shock.

    Examples
    --------
    >>> vega_spread(np.array([[5.0, -3.0, 1.0], [2.0, 2.0, 0.0]])).tolist()
    [3.0, 0.0]
    """
    gained, lost = np.zeros(len(expiry_pnl)), np.zeros(len(expiry_pnl))
    for pnl in expiry_pnl.T:  # expiry by expiry, so that the order of adding is always the same
        gained, lost = gained + np.maximum(pnl, 0.0), lost + np.maximum(-pnl, 0.0)
    return np.minimum(gained, lost)
