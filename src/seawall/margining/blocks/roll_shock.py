"""Basis risk between expiries: each expiry's net delta pays for a move of its own."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def roll_rate(years: FloatArray, *, annualised_move: float, min_move: float) -> FloatArray:
    """Return the relative move of each expiry against the others: `max(min_move, exp(annualised_move * T) - 1)`.

    Parameters
    ----------
    years
        Time to expiry; a perpetual has none, so it pays the floor.
    annualised_move
        Move risk per year.
    min_move
        Floor.

    Examples
    --------
    >>> roll_rate(np.array([0.0, 1.0]), annualised_move=0.075, min_move=0.01).round(4).tolist()
    [0.01, 0.0779]
    """
    return np.maximum(min_move, np.expm1(annualised_move * years))


def roll_shock(expiry_deltas: FloatArray, rates: FloatArray) -> FloatArray:
    """Return the charge of each account, `(A,)`: expiries do not net against each other.

    Parameters
    ----------
    expiry_deltas
        `(A, E)` net delta of each expiry.
    rates
        `(E,)` from `roll_rate`.
    """
    charge = np.zeros(len(expiry_deltas))
    for deltas, rate in zip(expiry_deltas.T, rates, strict=True):  # a matrix product would add in an order of its own
        charge = charge + np.abs(deltas) * rate
    return charge
