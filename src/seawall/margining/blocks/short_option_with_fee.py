"""Margin of a short option that keeps the fee of its own liquidation, and counts the higher of entry price and mark."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray


class ShortOptionMargin(NamedTuple):
    """Margin of one short option, in the currency of its inputs."""

    initial: FloatArray
    maintenance: FloatArray


def short_option_with_fee(
    mark: FloatArray,
    entry: FloatArray,
    index: FloatArray,
    strike: FloatArray,
    *,
    is_call: BoolArray,
    initial: FloatArray,
    initial_floor: FloatArray,
    maintenance: FloatArray,
    fee: FloatArray,
) -> ShortOptionMargin:
    """Return initial and maintenance margin of one short option.

    Initial `max(max(initial * index - OTM, initial_floor * index) + max(entry, mark), maintenance margin)`, maintenance
    `max(maintenance * index, maintenance * mark) + mark + fee * index`.

    Parameters
    ----------
    mark, entry, index, strike
        In one currency; an entry price that is not known (NaN) counts as the mark. OTM is the distance from index to
        strike out of the money.
    is_call
        Call or put.
    initial, initial_floor, maintenance, fee
        Shares of the index.

    Examples
    --------
    >>> shares = {"initial": 0.15, "initial_floor": 0.1, "maintenance": 0.03, "fee": 0.002}
    >>> margin = short_option_with_fee(*np.array([[2.0], [3.0], [100.0], [96.0]]), is_call=np.array([False]),
    ...                                **{name: np.array([share]) for name, share in shares.items()})
    >>> margin.initial.round(9).tolist(), margin.maintenance.round(9).tolist()
    ([14.0], [5.2])
    """
    out = np.maximum(np.where(is_call, strike - index, index - strike), 0.0)
    kept = np.maximum(maintenance * index, maintenance * mark) + mark + fee * index
    paid = np.maximum(np.where(np.isnan(entry), mark, entry), mark)
    opened = np.maximum(initial * index - out, initial_floor * index) + paid
    return ShortOptionMargin(np.maximum(opened, kept), kept)
