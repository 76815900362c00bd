"""Margin position by position: a rate that rises with size, and the short-option minimum."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray


def linear_increment(size: FloatArray, *, base_rate: FloatArray, increment: FloatArray) -> FloatArray:
    """Return the margin rate of a futures position: `base_rate + |size| * increment`.

    Parameters
    ----------
    size
        Position in the base asset, signed or not.
    base_rate
        Rate of a small position.
    increment
        Rate added for each unit of the base asset.

    Examples
    --------
    >>> linear_increment(np.array([25.0]), base_rate=np.array([0.02]), increment=np.array([5e-5])).tolist()
    [0.02125]
    """
    return base_rate + np.abs(size) * increment


class ShortOption(NamedTuple):
    """Margin of one short option, in units of the base asset."""

    initial: FloatArray
    maintenance: FloatArray


def short_option(
    mark: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    *,
    is_call: BoolArray,
    initial_base: npt.ArrayLike,
    initial_floor: npt.ArrayLike,
    maintenance_base: npt.ArrayLike,
) -> ShortOption:
    """Return initial and maintenance margin of one short option.

    Call: initial `max(base - OTM, floor) + mark`, maintenance `maintenance_base + mark`. Put: maintenance
    `max(maintenance_base, maintenance_base * mark) + mark`, and the initial margin is never less than that.

    Parameters
    ----------
    mark
        Fair price as a fraction of the forward (the coin price of an inverse option).
    forward, strike
        Quote per base; OTM is the distance from forward to strike out of the money, over the forward.
    is_call
        Call or put.
    initial_base, initial_floor, maintenance_base
        Fractions of the forward.

    Examples
    --------
    >>> margin = short_option(np.array([0.02]), np.array([100.0]), np.array([110.0]), is_call=np.array([True]),
    ...                       initial_base=0.15, initial_floor=0.1, maintenance_base=0.075)
    >>> margin.initial.round(12).tolist(), margin.maintenance.tolist()
    ([0.12], [0.095])
    """
    base, floor, kept = (np.asarray(n, dtype=np.float64) for n in (initial_base, initial_floor, maintenance_base))
    moneyness = np.where(is_call, strike - forward, forward - strike) / forward
    initial = np.maximum(base - np.maximum(moneyness, 0.0), floor)
    put_maintenance = np.maximum(kept, kept * mark) + mark
    maintenance = np.where(is_call, kept + mark, put_maintenance)
    return ShortOption(np.where(is_call, initial + mark, np.maximum(initial + mark, put_maintenance)), maintenance)
