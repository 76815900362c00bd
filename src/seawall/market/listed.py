"""What the options of a stock exchange have and coins' options lack: a rate, a yield, and early exercise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen


@dataclass(frozen=True, repr=False)
class Listed:
    """Terms of N instruments, `(N,)` each. A snapshot that has them values its options on the index with them.

    Attributes
    ----------
    rate, dividend_yield
        Continuously compounded, per year; NaN for what is no listed option, which is valued as without terms.
    early_exercise
        American where true, European where false.

    Examples
    --------
    >>> Listed.of(2, rate=[0.05, np.nan], early_exercise=[True, False]).dividend_yield.tolist()
    [0.0, 0.0]
    """

    rate: FloatArray
    dividend_yield: FloatArray
    early_exercise: BoolArray

    def __post_init__(self) -> None:
        for name in LISTED_COLUMNS:
            column = getattr(self, name)
            assert column.shape == self.rate.shape, f"{name} has shape {column.shape}, not {self.rate.shape}"
            object.__setattr__(self, name, frozen(column))

    @classmethod
    def of(
        cls,
        count: int,
        *,
        rate: npt.ArrayLike,
        dividend_yield: npt.ArrayLike = 0.0,
        early_exercise: npt.ArrayLike = False,
    ) -> Listed:
        """Return terms of `count` instruments; one number or flag stands for all of them."""
        early = np.array(np.broadcast_to(np.asarray(early_exercise, np.bool_), (count,)))
        return cls(_column(rate, count), _column(dividend_yield, count), early)

    def __len__(self) -> int:
        return len(self.rate)

    def __repr__(self) -> str:
        return f"Listed({len(self)} instruments, {int(self.early_exercise.sum())} with early exercise)"

    @property
    def known(self) -> BoolArray:
        """Which rows have terms, `(N,)`."""
        return np.asarray(~np.isnan(self.rate), dtype=np.bool_)

    def take(self, rows: Sequence[int] | IntArray) -> Listed:
        """Return the terms of the given rows, in the given order."""
        picked = np.asarray(rows, dtype=np.int64)
        return Listed(self.rate[picked], self.dividend_yield[picked], self.early_exercise[picked])


def _column(numbers: npt.ArrayLike, count: int) -> FloatArray:
    return np.array(np.broadcast_to(np.asarray(numbers, dtype=np.float64), (count,)))


LISTED_COLUMNS = ("rate", "dividend_yield", "early_exercise")
