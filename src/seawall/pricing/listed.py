"""Listed options: discounted, on a spot with a rate and a yield, and exercised early where they may be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.pricing import american, black76


def price(
    spot: npt.ArrayLike,
    strike: float,
    years: npt.ArrayLike,
    vol: npt.ArrayLike,
    *,
    is_call: bool,
    rate: float,
    dividend_yield: npt.ArrayLike,
    early_exercise: bool,
) -> FloatArray:
    """Return what one option is worth in some states of the market, quote per base.

    Parameters
    ----------
    spot, years, vol, dividend_yield
        States, broadcast against each other: price of the underlying, time left, volatility, yield per year.
    strike, is_call, rate
        Facts of the option, and the interest rate per year, continuously compounded.
    early_exercise
        American, by a Leisen-Reimer tree; else European, by Black's formula.

    Examples
    --------
    >>> put = {"is_call": False, "rate": 0.06, "dividend_yield": 0.0}
    >>> [round(float(price(18.0, 40.0, 1.0, 0.2, early_exercise=early, **put)), 2) for early in (True, False)]
    [22.0, 19.67]
    """
    if early_exercise:
        return american.price(spot, strike, years, vol, is_call=is_call, rate=rate, dividend_yield=dividend_yield)
    left = np.asarray(years, dtype=np.float64)
    forward = np.asarray(spot) * np.exp((rate - np.asarray(dividend_yield)) * left)
    return black76.price(forward, strike, left, vol, is_call=is_call, discount=np.exp(-rate * left))
