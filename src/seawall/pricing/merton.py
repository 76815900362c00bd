"""Merton's jump diffusion (1976): an option is a Poisson mixture of Black-76 prices."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.pricing import black76

LEAST_WEIGHT = 1e-18
"""Terms of the series are left out once they weigh less than this."""


def price(
    forward: npt.ArrayLike, strike: npt.ArrayLike, years: float, vol: float, *, is_call: npt.ArrayLike,
    jumps_per_year: float, jump_log_mean: float, jump_log_sd: float, discount: float = 1.0,
) -> FloatArray:  # fmt: skip
    """Return the price of European options whose underlying jumps.

    Parameters
    ----------
    forward, strike : (...) float
        Quote per base, > 0. The forward holds the jumps' compensation already, as every forward does.
    years : float
        >= 0.
    vol : float
        Of the diffusion alone, per √year.
    is_call : (...) bool
    jumps_per_year : float
        >= 0.
    jump_log_mean, jump_log_sd : float
        Of the logarithm of a jump.
    discount : float
        Factor on the price.

    Examples
    --------
    >>> sd = 0.25 * math.sqrt(0.25)  # a quarter of the variance from one jump a year, of mean zero
    >>> found = price(100.0 * math.exp(0.008), 80.0, 0.1, 0.25 * math.sqrt(0.75), is_call=True, jumps_per_year=1.0,
    ...               jump_log_mean=-0.5 * sd**2, jump_log_sd=sd, discount=math.exp(-0.008))
    >>> round(float(found), 2)
    20.67
    """
    forward, strike = np.asarray(forward, dtype=np.float64), np.asarray(strike, dtype=np.float64)
    growth = math.expm1(jump_log_mean + 0.5 * jump_log_sd**2)
    mean = jumps_per_year * years
    total = np.zeros(np.broadcast(forward, strike, is_call).shape)
    weight, count = math.exp(-mean), 0
    while True:
        spread = math.sqrt(vol**2 + count * jump_log_sd**2 / years) if years > 0.0 else vol
        moved = forward * math.exp(-mean * growth) * (1.0 + growth) ** count
        total = total + weight * black76.price(moved, strike, years, spread, is_call=is_call)
        count += 1
        weight *= mean / count
        if count > mean and weight < LEAST_WEIGHT:
            return np.asarray(discount * total)
