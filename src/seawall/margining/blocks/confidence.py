"""Confidence contingency: positions cost more initial margin while an oracle is unsure of the prices behind them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.portfolio import Holdings

FULL_CONFIDENCE = 1.0
"""What a feed that states none is taken to have."""


def stated(confidence: npt.ArrayLike) -> FloatArray:
    """Return confidences, full where none is stated (NaN).

    Examples
    --------
    >>> stated([0.4, float("nan")]).tolist()
    [0.4, 1.0]
    """
    given = np.asarray(confidence, dtype=np.float64)
    return np.where(np.isnan(given), FULL_CONFIDENCE, given)


def low_confidence_charge(
    confidence: FloatArray, notional_usd: FloatArray, *, threshold: float, margin: float
) -> FloatArray:
    """Return `(1 - confidence) * margin * notional` below the threshold, and nothing from it on.

    Examples
    --------
    >>> low_confidence_charge(np.array([0.1, 0.6]), np.array([1_500.0, 1_500.0]), threshold=0.6, margin=0.5).tolist()
    [675.0, 0.0]
    """
    charged = (confidence < threshold) & (notional_usd != 0.0)
    return np.where(charged, (FULL_CONFIDENCE - confidence) * margin * notional_usd, 0.0)


def least_confidence(held: Holdings, confidence: FloatArray) -> FloatArray:
    """Return the least confidence among what each account holds, `(A,)`; full for those who hold nothing.

    Parameters
    ----------
    held
        Sizes of A accounts.
    confidence
        `(N,)` of each instrument, none unknown.
    """
    least = np.full(len(held.indptr) - 1, FULL_CONFIDENCE)
    active = np.flatnonzero(np.diff(held.indptr))
    if len(active):
        least[active] = np.minimum.reduceat(confidence[held.columns], held.indptr[active])
    return np.asarray(np.minimum(least, FULL_CONFIDENCE), dtype=np.float64)
