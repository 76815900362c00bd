"""What it costs to close a position at once: slippage and fee."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray


class OptionCost(NamedTuple):
    """Cost of closing one unit of an option, `(N,)` each, by the side that is held."""

    long: FloatArray
    short: FloatArray


def option_cost(
    delta: FloatArray, mark: FloatArray, underlying: FloatArray, *, slippage: FloatArray, fee: float, fee_cap: float
) -> OptionCost:
    """Return slippage and fee of closing one unit of an option.

    Slippage is a share of the underlying's value times the greater of 1 and |delta|; a long option loses no more by it
    than its mark. The fee is a share of the underlying's value, at most a share of the mark.

    Parameters
    ----------
    delta, mark, underlying
        `(N,)` delta, and mark and underlying in the unit of the answer.
    slippage
        `(N,)` share of the underlying's value.
    fee, fee_cap
        Share of the underlying's value, and of the mark.

    Examples
    --------
    >>> cost = option_cost(np.array([0.1]), np.array([500.0]), np.array([50_000.0]), slippage=np.array([0.02]),
    ...                    fee=0.0003, fee_cap=0.125)
    >>> cost.long.tolist(), cost.short.tolist()
    ([515.0], [1015.0])
    """
    slipped = slippage * np.maximum(np.abs(delta), 1.0) * underlying
    paid = np.minimum(fee * underlying, fee_cap * mark)
    return OptionCost(np.minimum(slipped, mark) + paid, slipped + paid)
