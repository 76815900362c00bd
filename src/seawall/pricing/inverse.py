"""Inverse (coin-margined) options: Black-76 paid in the underlying coin.

The contract pays max(±(F - K), 0)/F coin per unit of base, so that before expiry it is worth the Black-76 price over
the forward, V = P/F coin. Venues quote its delta as the Black one, N(d1), which is the sensitivity of the *dollar*
price. The coin price itself moves by

    F dV/dF = delta - V,

the `net_delta` here (the net transaction delta, also called premium-adjusted): coin gained per relative move of the
forward, and the quantity to hedge for one who counts in coin.

Domain: as `black76`, forward > 0; at forward zero a put is worth infinitely many coins and a call none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.pricing import black76


@dataclass(frozen=True, slots=True)
class InverseGreeks:
    """Price and sensitivities of an inverse option on one unit of base, elementwise.

    What venues quote stands first; names that end in `_coin` or begin with `net_` are of the value counted in coin.
    """

    price: FloatArray  # coin per unit of base: Black-76 over the forward
    delta: FloatArray  # Black delta, d(quote price)/d forward, as venues quote it
    gamma: FloatArray  # d delta / d forward, per quote unit
    vega: FloatArray  # quote currency per 1.00 of vol
    theta: FloatArray  # quote currency per day that passes
    net_delta: FloatArray  # delta - price: coin per 100 % move of the forward, d price / d log forward
    net_gamma: FloatArray  # d net_delta / d log forward: forward * gamma - net_delta
    vega_coin: FloatArray  # coin per 1.00 of vol: vega / forward
    theta_coin: FloatArray  # coin per day that passes: theta / forward


def price(
    forward: npt.ArrayLike, strike: npt.ArrayLike, years: npt.ArrayLike, vol: npt.ArrayLike, *, is_call: npt.ArrayLike
) -> FloatArray:
    """Return the price in coin per unit of base; parameters as for `black76.price`.

    Examples
    --------
    >>> print(round(float(price(100_000.0, 100_000.0, 0.25, 0.6, is_call=True)), 6))
    0.119235
    """
    quote_price = black76.price(forward, strike, years, vol, is_call=is_call)
    return to_coin(quote_price, np.asarray(forward, dtype=np.float64))


def greeks(
    forward: npt.ArrayLike, strike: npt.ArrayLike, years: npt.ArrayLike, vol: npt.ArrayLike, *, is_call: npt.ArrayLike
) -> InverseGreeks:
    """Return prices and sensitivities; parameters as for `black76.price`.

    Examples
    --------
    >>> put = greeks(100_000.0, 100_000.0, 0.25, 0.6, is_call=False)
    >>> print(round(float(put.delta), 6), round(float(put.net_delta), 6))
    -0.440382 -0.559618
    """
    quoted = black76.greeks(forward, strike, years, vol, is_call=is_call)
    forward = np.asarray(forward, dtype=np.float64)
    coin_price = to_coin(quoted.price, forward)
    net_delta = quoted.delta - coin_price
    # With no forward, no strike is near: gamma, vega and theta are zero and so is what they move.
    curvature = np.where(quoted.gamma == 0.0, 0.0, forward * quoted.gamma)
    return InverseGreeks(
        price=coin_price,
        delta=quoted.delta,
        gamma=quoted.gamma,
        vega=quoted.vega,
        theta=quoted.theta,
        net_delta=net_delta,
        net_gamma=curvature - net_delta,
        vega_coin=to_coin(quoted.vega, forward),
        theta_coin=to_coin(quoted.theta, forward),
    )


def to_coin(amount: FloatArray, forward: FloatArray) -> FloatArray:
    """Return a quote amount in coin at `forward`; nothing is nothing even where the coin is worth nothing.

    Examples
    --------
    >>> to_coin(np.array([500.0, 0.0]), np.array([100.0, 0.0])).tolist()
    [5.0, 0.0]
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.where(amount == 0.0, 0.0, amount / forward)
