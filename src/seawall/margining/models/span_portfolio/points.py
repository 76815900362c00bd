"""SPAN's sixteen scenarios: price in thirds of its range with volatility up and down, and two extreme moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray, IntArray

UP, DOWN, SAME = 1, -1, 0
EXTREME_COUNT = 2


class Point(NamedTuple):
    """One scenario: price move in thirds of the scan range, volatility up, down or the same."""

    thirds: int
    vol: int

    @property
    def label(self) -> str:
        """The scenario in words, such as `-2/3 of the range, vol up`."""
        price = {0: "price the same", 3: "+range", -3: "-range"}.get(self.thirds, f"{self.thirds:+d}/3 of the range")
        return f"{price}, vol {'up' if self.vol == UP else 'down'}"


STANDARD = tuple(Point(thirds, vol) for thirds in (0, 1, -1, 2, -2, 3, -3) for vol in (UP, DOWN))
"""Scenarios 1 to 14, in SPAN's order; each price has its two volatilities together."""
COUNT = len(STANDARD) + EXTREME_COUNT
PAIRED: IntArray = np.array([s ^ 1 if s < len(STANDARD) else s for s in range(COUNT)], dtype=np.int64)
"""The scenario with the same price and the other volatility; an extreme one is its own."""
LOWEST = -0.9999
"""The deepest fall: several wide ranges can take more than all of a price."""
DELTA_THIRDS = (-3, -2, -1, 0, 1, 2, 3)
"""Prices that a composite delta is averaged over."""


def price_moves(scan_range: float, extreme_multiple: float) -> FloatArray:
    """Return the relative price moves of all sixteen, `(16,)`.

    Examples
    --------
    >>> price_moves(0.3, 2.0).round(9).tolist()[2:8], price_moves(0.3, 2.0).tolist()[14:]
    ([0.1, 0.1, -0.1, -0.1, 0.2, 0.2], [0.6, -0.6])
    """
    standard = [scan_range * point.thirds / 3.0 for point in STANDARD]
    return np.array([*standard, scan_range * extreme_multiple, -scan_range * extreme_multiple])


def possible(moves: FloatArray) -> FloatArray:
    """Return relative price moves with falls that leave the price above zero.

    Examples
    --------
    >>> possible(np.array([-1.5, 0.3])).tolist()
    [-0.9999, 0.3]
    """
    return np.maximum(moves, LOWEST)


def cover(extreme_cover: float) -> FloatArray:
    """Return the share of each scenario's gain or loss that counts, `(16,)`.

    Examples
    --------
    >>> cover(0.35).tolist()[12:]
    [1.0, 1.0, 0.35, 0.35]
    """
    return np.array([*(1.0 for _ in STANDARD), extreme_cover, extreme_cover])


def labels() -> tuple[str, ...]:
    """Return the sixteen in words, numbered as SPAN does.

    Examples
    --------
    >>> labels()[0], labels()[14]
    ('1: price the same, vol up', '15: extreme move up')
    """
    words = [point.label for point in STANDARD] + ["extreme move up", "extreme move down"]
    return tuple(f"{number}: {word}" for number, word in enumerate(words, start=1))
