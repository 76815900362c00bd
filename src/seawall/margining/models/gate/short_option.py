"""What Gate counts of one option: its premium, how far it is out of the money, and what selling it needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray


class ShortOption(NamedTuple):
    """Margin of one sold option, in the currency of its inputs."""

    initial: FloatArray
    maintenance: FloatArray


def premium(order_price: float, size: float, multiplier: float) -> float:
    """Return what buying options costs: contracts of `multiplier` coins each.

    Examples
    --------
    >>> premium(220.0, 1.0, 0.01)
    2.2
    """
    return order_price * abs(size) * multiplier


def out_of_the_money(underlying: FloatArray, strike: FloatArray, *, is_call: BoolArray) -> FloatArray:
    """Return how far an option is out of the money, never below zero.

    Examples
    --------
    >>> strikes, is_call = np.array([116_000.0, 112_000.0]), np.array([True, False])
    >>> out_of_the_money(np.array([115_000.0] * 2), strikes, is_call=is_call).tolist()
    [1000.0, 3000.0]
    """
    return np.maximum(np.where(is_call, strike - underlying, underlying - strike), 0.0)


def short_option(
    mark: FloatArray, underlying: FloatArray, strike: FloatArray, *, is_call: BoolArray, low: FloatArray,
    high: FloatArray, base: FloatArray,
) -> ShortOption:  # fmt: skip
    """Return the margin of one sold option.

    Initial `max(low * U, high * U - OTM) + mark`, maintenance `base * U + mark`, where the U of the two rates without
    OTM is `U + mark` for a put. Initial margin is never below maintenance.

    Parameters
    ----------
    low, high, base
        Shares of the underlying's price, as the contract states them.

    Examples
    --------
    >>> rates = {"low": np.array([0.1]), "high": np.array([0.15]), "base": np.array([0.075])}
    >>> margin = short_option(*np.array([[20.0], [1_000.0], [970.0]]), is_call=np.array([False]), **rates)
    >>> margin.initial.tolist(), margin.maintenance.tolist()
    ([140.0], [96.5])
    """
    out = out_of_the_money(underlying, strike, is_call=is_call)
    lifted = np.where(is_call, underlying, underlying + mark)
    initial = np.maximum(low * lifted, high * underlying - out) + mark
    maintenance = base * lifted + mark
    return ShortOption(np.maximum(initial, maintenance), maintenance)
