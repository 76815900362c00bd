"""Names for array types, and the one way arrays are made read-only."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

_Scalar = TypeVar("_Scalar", bound=np.generic)


def frozen(array: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """Return a read-only view of `array`; the central types hold nothing else.

    Examples
    --------
    >>> frozen(np.array([1.0])).flags.writeable
    False
    """
    view = array.view()
    view.flags.writeable = False
    return view


def float_column(values: npt.ArrayLike) -> FloatArray:
    """Return `values` as a read-only float64 column; NaN stands for *unavailable*."""
    return frozen(np.ascontiguousarray(values, dtype=np.float64))
