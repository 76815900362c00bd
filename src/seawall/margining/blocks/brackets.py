"""Marginal brackets: each slice of an amount at its own rate, as income tax counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.arrays import FloatArray


def bracketed(amount: FloatArray, lower_bounds: Sequence[float], rates: Sequence[float]) -> FloatArray:
    """Return the sum over brackets of the part of an amount that lies in each, times its rate.

    Parameters
    ----------
    amount
        Any shape, not negative; NaN stays NaN.
    lower_bounds
        Where each bracket begins, rising from 0; the last has no end.
    rates
        One for each bracket.

    Examples
    --------
    >>> bracketed(np.array([30_000.0]), (0.0, 10_000.0, 70_000.0), (1.0, 2.0, 4.0)).tolist()
    [50000.0]
    """
    assert len(lower_bounds) == len(rates) and lower_bounds[0] == 0.0, "brackets rise from 0, each with a rate"
    total = np.zeros_like(amount)
    for i, (lower, rate) in enumerate(zip(lower_bounds, rates, strict=True)):
        upper = lower_bounds[i + 1] if i + 1 < len(lower_bounds) else np.inf
        total = total + np.clip(amount - lower, 0.0, upper - lower) * rate
    return total
