"""Liquidity of the delta hedge: a large net delta costs more to close the larger it is."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def uncovered_delta(long_options: FloatArray, rest: FloatArray) -> FloatArray:
    """Return the delta that the shock falls on: what futures and short options leave after long options cover it.

    Long options may reduce the rest's delta, as far as zero, and never add to it.

    Parameters
    ----------
    long_options
        `(A,)` delta of long option positions.
    rest
        `(A,)` delta of futures, perpetuals and short options.

    Examples
    --------
    >>> uncovered_delta(np.array([30.0, -30.0, 200.0]), np.array([-100.0, -100.0, -100.0])).tolist()
    [-70.0, -100.0, 0.0]
    """
    net = long_options + rest
    short = np.minimum(np.maximum(net, rest), 0.0)
    long = np.maximum(np.minimum(net, rest), 0.0)
    return np.where(rest < 0.0, short, long)


def delta_shock(delta: FloatArray, *, threshold: float, increment: float, max_rate: float) -> FloatArray:
    """Return the charge in units of the base asset, `(A,)`.

    Parameters
    ----------
    delta
        `(A,)` from `uncovered_delta`.
    threshold
        Delta that is free of charge, base asset.
    increment
        Rate for each unit of delta above the threshold.
    max_rate
        The rate's cap.

    Examples
    --------
    >>> delta_shock(np.array([-1_000.0]), threshold=400.0, increment=5e-5, max_rate=0.1).round(9).tolist()
    [30.0]
    """
    size = np.abs(delta)
    rate = np.minimum(np.maximum(size - threshold, 0.0) * increment, max_rate)
    return rate * size
