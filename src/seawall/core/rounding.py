"""Decimal rounding as venues print it."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray

_EXACT_INTEGERS = 2.0**52
"""Above this a float64 has no fraction left to round."""


def round_decimals(amount: FloatArray, *, decimals: int) -> FloatArray:
    """Round to `decimals` places, half to even; amounts too large to carry that many places come back unchanged.

    Examples
    --------
    >>> float(round_decimals(np.array(0.05968587238095239), decimals=9))
    0.059685872
    """
    amount = np.asarray(amount, dtype=np.float64)
    scale = 10.0**decimals
    return np.where(np.abs(amount) * scale < _EXACT_INTEGERS, np.rint(amount * scale) / scale, amount)
