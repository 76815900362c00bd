"""Far price moves, weighted back to the edge of the standard grid and dampened.

A book that is safe inside the grid may still be ruined outside it. Each far move counts with the weight that makes a
*linear* exposure lose there exactly what it loses at the grid's edge, so that only non-linear risk adds to the
requirement; the dampener takes off an amount that grows with the move.

Sources: Deribit's portfolio-margin article; weights reproduced on its documented simulation response; the dampener as
two independent re-implementations have it.
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def extended_weights(moves: FloatArray, *, price_range: float, factor: float, numeraire_moves: bool) -> FloatArray:
    """Return the weight of each far move, `(M,)`.

    Parameters
    ----------
    moves
        `(M,)` relative price moves.
    price_range
        Half-width of the standard grid.
    factor
        The venue's overall factor.
    numeraire_moves
        Profit is counted in the coin that moves: coin earned at the far price is then turned into coin at the
        grid's edge, which is worth the same in USD.

    Examples
    --------
    >>> weights = extended_weights(np.array([-0.66, 1.0]), price_range=0.16, factor=1.0, numeraire_moves=False)
    >>> weights.round(4).tolist()
    [0.2424, 0.16]
    """
    weights = factor * price_range / np.abs(moves)
    if numeraire_moves:
        weights = weights * (1.0 + moves) / (1.0 + np.sign(moves) * price_range)
    return np.asarray(weights, dtype=np.float64)


def dampener(
    moves: FloatArray, *, price_range: float, dampener_usd: float, price_usd: float, numeraire_moves: bool
) -> FloatArray:
    """Return what is taken off the size of each far entry, `(M,)`, in the counting unit.

    Parameters
    ----------
    moves
        `(M,)` relative price moves.
    price_range
        Half-width of the standard grid.
    dampener_usd
        USD for each range's width beyond the first.
    price_usd
        USD per counting unit now.
    numeraire_moves
        The counting unit is the coin that moves, so that USD turn into it at the edge of the grid.
    """
    beyond = np.maximum(np.abs(moves) / price_range, 1.0) - 1.0
    edge = price_usd * (1.0 + np.sign(moves) * price_range) if numeraire_moves else price_usd
    return np.asarray(beyond * dampener_usd / edge, dtype=np.float64)


def damp(amounts: FloatArray, taken_off: FloatArray) -> FloatArray:
    """Move amounts towards zero by `taken_off`, gains as well as losses, and never past it.

    Examples
    --------
    >>> damp(np.array([-5.0, 1.0]), np.array([2.0, 2.0])).tolist()
    [-3.0, 0.0]
    """
    return np.sign(amounts) * np.maximum(np.abs(amounts) - taken_off, 0.0) + 0.0  # no negative zero
