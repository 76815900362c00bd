"""Profit and loss from Greeks: a Taylor expansion to second order in price and volatility, and to first in time.

For a relative price move x and a relative move v of every volatility,

    P&L = D x + G x² + V v + W x v + U v² + T

with, for an option of one unit on the forward F at volatility s, whose quote unit is worth q dollars,

    D = q F delta      G = q F² gamma / 2    V = q s vega
    W = q F s vanna    U = q s² volga / 2    T = q theta days

An option paid in coin has q the index over the forward: its value is counted in dollars, so that the coin's own move is
in it. The part of a forward that is settled already does not move. Far from where the Greeks were taken the expansion
is no price; `bounds.py` says what it may not pass.
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.pricing import black76

TERMS = ("delta", "gamma", "vega", "vanna", "volga", "theta")
"""Terms of the expansion, in their order."""


def cash_greeks(snapshot: MarketSnapshot, *, days: float) -> FloatArray:
    """Return each instrument's coefficients in USD per unit of size, `(6, N)`, in the order of `TERMS`.

    Parameters
    ----------
    snapshot
        N instruments; a price that is missing gives NaN.
    days
        Time that passes; an option that expires before counts what it has left.

    Notes
    -----
    Theta grows without bound as an option expires, and the time left shrinks faster, so that their product does not.
    Gamma grows without bound too, and at the strike itself, with no time or no volatility left, it counts as none.
    """
    table, count = snapshot.table, len(snapshot)
    usd = np.array([usd_of(snapshot, asset) for asset in table.settlement]).reshape(count)
    index = np.array([usd_of(snapshot, base) for base in table.underlying]).reshape(count)
    greeks = np.zeros((len(TERMS), count))
    n = np.flatnonzero(table.is_kind(Kind.OPTION))
    forward, vol, inverse = snapshot.forward[n], snapshot.vol[n], table.inverse[n]
    found = black76.greeks(forward, table.strike[n], snapshot.years[n], vol, is_call=table.is_call[n])
    q = np.where(inverse, index[n] / forward, usd[n])
    unavailable = np.isnan(snapshot.mark[n])  # what has no mark stays unavailable, and so do listed options
    if snapshot.listed is not None:
        unavailable = unavailable | snapshot.listed.known[n]
    known = np.where(unavailable, np.nan, 1.0)
    passed = np.minimum(days, snapshot.years[n] * DAYS_PER_YEAR)
    lasting = passed > 0.0
    theta = np.where(lasting, found.theta, 0.0) * passed
    gamma = np.where(np.isinf(found.gamma), 0.0, found.gamma)
    moving = forward * live_share(snapshot)[n]
    greeks[:, n] = q * np.array([
        moving * found.delta * known, 0.5 * moving**2 * gamma, vol * found.vega,
        moving * vol * found.vanna, 0.5 * vol**2 * found.volga, theta,
    ])  # fmt: skip
    rest = np.flatnonzero(~table.is_kind(Kind.OPTION))
    price = np.where(table.inverse[rest], index[rest], snapshot.mark[rest] * usd[rest])
    greeks[0, rest] = snapshot.exposure.delta[rest] * price
    return greeks


def live_share(snapshot: MarketSnapshot) -> FloatArray:
    """Return what share of a move each option's forward takes, `(N,)`: 1, but where a part is settled already."""
    rows, grid = snapshot.option_columns
    share = np.ones(len(snapshot))
    share[rows] = snapshot.option_moves[1][grid.underlying]
    return share


def ladder_terms(moves: FloatArray, vol_moves: FloatArray) -> FloatArray:
    """Return what each Greek is multiplied by in P prices with V volatilities each, `(6, P * V)`.

    Examples
    --------
    >>> ladder_terms(np.array([0.5]), np.array([2.0])).ravel().tolist()
    [0.5, 0.25, 2.0, 1.0, 4.0, 1.0]
    """
    x, v = np.repeat(moves, len(vol_moves)), np.tile(vol_moves, len(moves))
    return np.array([x, x * x, v, x * v, v * v, np.ones_like(x)])


def expand(greeks: FloatArray, terms: FloatArray) -> FloatArray:
    """Return profit and loss of rows of Greeks, `(A, 6)`, over a ladder, `(A, P * V)`.

    Term by term, so that a row's last bit does not hang on what else is there.
    """
    total = np.zeros((len(greeks), terms.shape[1]))
    for greek, term in zip(greeks.T, terms, strict=True):
        total = total + greek[:, None] * term
    return total


def usd_of(snapshot: MarketSnapshot, asset: str) -> float:
    """Return USD for a unit of an asset; NaN where the snapshot has no index for it."""
    if asset == "USD":
        return 1.0
    price = snapshot.index.get(asset, np.nan)
    return float(price) if price > 0.0 else np.nan
