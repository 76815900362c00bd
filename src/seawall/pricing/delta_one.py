"""Futures, perpetuals and spot: profit and loss of what moves one for one.

A linear contract and spot pay size times the change in price, in quote. An inverse one is worth a fixed amount of
quote and pays in coin: each quote unit of size earns 1/before - 1/after coin, so that a long position loses without
bound as the price goes to zero and earns less than its size in coin however far it rises.

Signs are the holder's: a positive size is long. NaN means *unavailable* and comes out as NaN. Domain: prices > 0
before and >= 0 after, moves >= -1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray


def linear_pnl(size_base: npt.ArrayLike, before: npt.ArrayLike, after: npt.ArrayLike) -> FloatArray:
    """Return profit and loss in quote of linear futures, perpetuals or spot.

    Parameters
    ----------
    size_base : float
        Signed, in units of base.
    before, after : float
        Quote per base.

    Examples
    --------
    >>> print(linear_pnl(-2.0, 100.0, 110.0))
    -20.0
    """
    before, after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    size_base = np.asarray(size_base, dtype=np.float64)
    return np.asarray(size_base * (after - before))


def linear_pnl_of_move(size_base: npt.ArrayLike, price: npt.ArrayLike, move: npt.ArrayLike) -> FloatArray:
    """Return the same for a relative move of the price, -1 and up.

    Examples
    --------
    >>> print(linear_pnl_of_move(2.0, 100.0, [-0.5, 0.5]))
    [-100.  100.]
    """
    return (
        np.asarray(size_base, dtype=np.float64)
        * np.asarray(price, dtype=np.float64)
        * np.asarray(move, dtype=np.float64)
    )


def inverse_pnl(size_quote: npt.ArrayLike, before: npt.ArrayLike, after: npt.ArrayLike) -> FloatArray:
    """Return profit and loss in coin of inverse futures or perpetuals.

    Parameters
    ----------
    size_quote : float
        Signed, in units of quote: contracts times dollars per contract.
    before, after : float
        Quote per base.

    Examples
    --------
    >>> print(inverse_pnl(10_000.0, 100.0, [50.0, 200.0]))
    [-100.   50.]
    """
    before = np.asarray(before, dtype=np.float64)
    after = np.asarray(after, dtype=np.float64)
    # (after - before)/(before after) rather than 1/before - 1/after: small moves keep their digits.
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # a price of next to nothing: no bound
        return _sized(size_quote, (after - before) / before / after)


def inverse_pnl_of_move(size_coin: npt.ArrayLike, move: npt.ArrayLike) -> FloatArray:
    """Return profit and loss in coin for a relative move: size * move / (1 + move).

    Parameters
    ----------
    size_coin : float
        Signed; the position's worth in coin before the move, quote size over price.
    move : float
        Relative, >= -1. At -1 a long position has lost infinitely many coins.

    Examples
    --------
    >>> print(inverse_pnl_of_move(100.0, [-0.5, 0.0, 1.0]))
    [-100.    0.   50.]
    """
    move = np.asarray(move, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return _sized(size_coin, move / (1.0 + move))


def _sized(size: npt.ArrayLike, coin_per_unit: FloatArray) -> FloatArray:
    """Multiply, where no position is no profit even if the coin itself is worth nothing."""
    size = np.asarray(size, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(size == 0.0, np.where(np.isnan(coin_per_unit), np.nan, 0.0), size * coin_per_unit)
