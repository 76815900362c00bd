"""Initial margin by leverage: no position has more of it than the bracket of its notional allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.arrays import FloatArray


def bracket_leverage(notional: FloatArray, lower_bounds: Sequence[float], leverages: Sequence[float]) -> FloatArray:
    """Return the largest leverage that each notional may have.

    The bracket of the whole notional counts, not that of each slice; a notional on a bound lies in the lower bracket.

    Parameters
    ----------
    notional
        Any shape, not negative; NaN gives NaN.
    lower_bounds
        Where each bracket begins, rising from 0; the last has no end.
    leverages
        One for each bracket.

    Examples
    --------
    >>> bracket_leverage(np.array([50_000.0, 50_000.5, 0.0]), (0.0, 50_000.0), (125.0, 100.0)).tolist()
    [125.0, 100.0, 125.0]
    """
    assert len(lower_bounds) == len(leverages) and lower_bounds[0] == 0.0, "brackets rise from 0, each with a leverage"
    at = np.maximum(np.searchsorted(np.asarray(lower_bounds), notional, side="left") - 1, 0)
    return np.where(np.isnan(notional), np.nan, np.asarray(leverages, dtype=np.float64)[at])
