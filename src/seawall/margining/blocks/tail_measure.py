"""Tail measures of many accounts over one set of equally likely outcomes: value at risk and expected shortfall.

Outcomes that gain count as no loss, so that a measure is never below zero and never falls where an outcome gets worse.
ES of two books together is never above the sum. An outcome at the edge of a tail counts with the part that lies in it.
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray

EDGE_ROUNDING = 1e-9
"""Outcomes by which a count may miss a whole number from rounding: 0.01 of 1,000 is ten."""


def value_at_risk(pnl: FloatArray, *, confidence: float) -> FloatArray:
    """Return the loss that is not exceeded with the confidence, `(A,)`, from `(A, S)` profit and loss.

    Examples
    --------
    >>> value_at_risk(np.array([[-4.0, -1.0, 2.0, 3.0]]), confidence=0.75).tolist()
    [1.0]
    """
    count = pnl.shape[1]
    beyond = int(np.floor((1.0 - confidence) * count + EDGE_ROUNDING))
    return np.asarray(_worst(pnl, beyond + 1)[:, min(beyond, count - 1)], dtype=np.float64)


def expected_shortfall(pnl: FloatArray, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the mean of the worst losses, `(A,)`, from `(A, S)` profit and loss, and its standard error.

    Examples
    --------
    >>> found, error = expected_shortfall(np.array([[-4.0, -1.0, 2.0, 3.0]]), confidence=0.5)
    >>> found.tolist(), error.round(3).tolist()
    ([2.5], [1.639])
    """
    count = pnl.shape[1]
    tail = (1.0 - confidence) * count
    whole = int(np.floor(tail + EDGE_ROUNDING))
    kept = min(whole + 1, count)
    worst = _worst(pnl, kept)
    weight = np.ones(kept)
    weight[whole:] = max(tail - whole, 0.0)
    found = (worst * weight).sum(axis=1) / tail
    edge = worst[:, -1]
    excess = (worst - edge[:, None]) / (1.0 - confidence)
    mean = excess.sum(axis=1) / count
    square = (excess * excess).sum(axis=1) / count
    return np.maximum(found, edge), np.sqrt(np.maximum(square - mean * mean, 0.0) / count)


def _worst(pnl: FloatArray, kept: int) -> FloatArray:
    """Return the largest losses of each account, `(A, kept)`, the largest first; NaN goes before every number."""
    kept = min(kept, pnl.shape[1])
    losses = np.maximum(-pnl, 0.0)
    if kept < pnl.shape[1]:
        unavailable = np.isnan(losses).any(axis=1)
        losses = np.partition(losses, pnl.shape[1] - kept, axis=1)[:, pnl.shape[1] - kept :]
        losses[unavailable] = np.nan
    return np.ascontiguousarray(np.sort(losses, axis=1)[:, ::-1])
