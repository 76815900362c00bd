"""Static discount: it may take until expiry to have what an expiry is worth, so a gain counts less and a debt more."""

from __future__ import annotations

import math

import numpy as np

from seawall.core.arrays import FloatArray


def discounted(worth: FloatArray, *, gain: float, loss: float) -> FloatArray:
    """Return amounts times `gain` where they are positive and times `loss` where they are negative.

    Examples
    --------
    >>> discounted(np.array([100.0, -100.0]), gain=0.95, loss=1.04).tolist()
    [95.0, -104.0]
    """
    return worth * np.where(worth >= 0.0, gain, loss)


def long_discount(base: float, *, years: float, rate: float, mult: float, add: float) -> float:
    """Return the factor of a positive amount: `base * exp(-years * (rate * mult + add))`.

    Examples
    --------
    >>> round(long_discount(0.95, years=1.0, rate=0.03, mult=4.0, add=0.05), 9)
    0.801481576
    """
    return base * math.exp(-years * (rate * mult + add))


def short_discount(base: float, *, years: float, rate: float, mult: float, add: float) -> float:
    """Return the factor of a negative amount: `base * exp(years * (rate * mult + add))`, at most what undoes `rate`.

    Examples
    --------
    >>> round(short_discount(1.04, years=1.0, rate=0.3, mult=0.5, add=0.08), 9)
    1.30894401
    >>> round(short_discount(1.04, years=0.0, rate=0.3, mult=0.5, add=0.08), 9)
    1.0
    """
    return min(math.exp(rate * years), base * math.exp(years * (rate * mult + add)))
