"""Margin ratios of venues that count equity over what is required, so that 1 is liquidation and more is better."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def cover_ratio(equity: FloatArray, maintenance: FloatArray, fee: FloatArray) -> FloatArray:
    """Return equity over maintenance margin and the fee of a liquidation; infinite where nothing is required.

    Parameters
    ----------
    equity
        What counts as margin, USD.
    maintenance, fee
        What is required, and what closing the account would cost, USD.

    Examples
    --------
    OKX's documented account balance: a fee of 0.05 % of the positions' value.

    >>> notional = np.array([85.7068529])
    >>> cover_ratio(np.array([55_415.624719833286]), np.array([0.3428274116]), 0.0005 * notional).round(4).tolist()
    [143682.5978]
    """
    required = maintenance + fee
    ratio = np.divide(equity, required, out=np.full(np.shape(equity), np.inf), where=~(required <= 0.0))
    return np.asarray(ratio, dtype=np.float64)
