"""Stable coins may leave their peg: what offsets across two of them is charged by size and by how far they are apart.

Source: OKX's charge for such hedges, whose worked example is reproduced exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seawall.core.arrays import FloatArray


def cross_hedges(
    cash_delta: Mapping[str, FloatArray], pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], FloatArray]:
    """Return how much of each pair's opposite deltas offset, pair after pair; what one takes the next does not have.

    Parameters
    ----------
    cash_delta
        `(A,)` delta in USD for each quote currency.
    pairs
        Pairs of quote currencies in the venue's order.

    Examples
    --------
    >>> book = {"USDT": np.array([10.0]), "USDC": np.array([-3.0]), "USD": np.array([-8.0])}
    >>> found = cross_hedges(book, [("USDT", "USD"), ("USDT", "USDC")])
    >>> [hedged.tolist() for hedged in found.values()]
    [[8.0], [2.0]]
    """
    left = dict(cash_delta)
    hedged = {}
    for one, other in pairs:
        opposite = left[one] * left[other] < 0.0
        size = np.where(opposite, np.minimum(np.abs(left[one]), np.abs(left[other])), 0.0)
        hedged[one, other] = size
        left[one] = left[one] - np.sign(left[one]) * size
        left[other] = left[other] - np.sign(left[other]) * size
    return hedged


def peg_factors(index: float, *, at_index: Sequence[float], factors: Sequence[float], tiers_count: int) -> list[float]:
    """Return the factor of each tier at an index, interpolated between the indices that the venue gives.

    Parameters
    ----------
    index
        One stable coin in the other. Above 1 it is the other that has fallen, so that the inverse counts.
    at_index
        Rising indices; below the first and above the last the factor stays.
    factors
        All tiers at the first index, then all at the next.
    tiers_count
        Tiers at each index.

    Examples
    --------
    >>> table = {"at_index": (0.8, 0.99), "factors": (0.4, 0.4, 0.005, 0.01), "tiers_count": 2}
    >>> peg_factors(1.0, **table), [round(factor, 9) for factor in peg_factors(0.895, **table)]
    ([0.005, 0.01], [0.2025, 0.205])
    """
    assert len(factors) == len(at_index) * tiers_count, "a factor for each index and tier"
    depth = min(index, 1.0 / index)
    table = np.array(factors).reshape(len(at_index), tiers_count)
    return [float(np.interp(depth, at_index, table[:, tier])) for tier in range(tiers_count)]
