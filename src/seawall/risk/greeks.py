"""Greeks of one unit of every instrument: in coin as venues quote them, and in USD so that they add up over a book.

Three deltas carry the name, and each has its own here:

    delta           base per unit, as venues quote it: Black's for options, one over the mark for an inverse future
    net_delta       delta less the coin value of an inverse option: coin gained per relative move of its forward, the
                    price-adjusted (net transaction, premium-adjusted) delta, for those who count in coin
    cash_delta_usd  USD gained per 100 % move of the underlying, the coin's own move included

Cash Greeks are of the value counted in USD. An option paid in coin is worth Black's price times index over forward, so
that its cash delta follows from Black's delta; a coin-settled future gains a fixed USD amount per relative move.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from seawall.core.arrays import FloatArray, frozen
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.pricing import black76

ONE_PER_CENT = 0.01


@dataclass(frozen=True)
class UnitGreeks:
    """Per unit of size of N instruments, `(N,)` each; NaN where the snapshot lacks a price.

    Attributes
    ----------
    delta, net_delta
        Base per unit, and the same less the coin value of inverse options; see above.
    gamma
        Change of `delta` per quote unit that the forward rises.
    cash_delta_usd
        USD per 100 % move of the underlying, all its forwards moving alike.
    cash_gamma_usd
        Change of the cash delta for a move of 1 %, from curvature alone: F² gamma / 100 in USD.
    vega_usd
        USD per 1.00 of volatility.
    theta_usd_day
        USD per day that passes, forward and volatility unchanged.
    rho_usd
        USD per 1.00 of rate: what a parallel rise of the carry does through F = S exp(rT), the index unchanged.
    vanna_usd
        Change of the cash delta per 1.00 of volatility.
    volga_usd
        Change of the vega per 1.00 of volatility.
    """

    delta: FloatArray
    net_delta: FloatArray
    gamma: FloatArray
    cash_delta_usd: FloatArray
    cash_gamma_usd: FloatArray
    vega_usd: FloatArray
    theta_usd_day: FloatArray
    rho_usd: FloatArray
    vanna_usd: FloatArray
    volga_usd: FloatArray

    def __post_init__(self) -> None:
        for name in GREEKS:
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def matrix(self) -> FloatArray:
        """All of them, `(N, G)`, in the order of `GREEKS`."""
        return np.stack([getattr(self, name) for name in GREEKS], axis=1)


GREEKS = tuple(entry.name for entry in fields(UnitGreeks))
"""Names of the Greeks, in their order."""


def unit_greeks(snapshot: MarketSnapshot) -> UnitGreeks:
    """Return the Greeks of one unit of every instrument of a snapshot.

    An option that has expired leans on nothing any more: its Greeks are zero.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> n = now.table.position("BTC-25SEP26-70000-C")
    >>> found = unit_greeks(now)
    >>> [round(float(column[n]), 4) for column in (found.delta, found.net_delta)]
    [0.2264, 0.2106]
    """
    table, leaning, count = snapshot.table, snapshot.exposure, len(snapshot)
    usd = np.array([usd_price(snapshot, asset) for asset in table.settlements])[table.settlement_column]
    index = np.array([usd_price(snapshot, base) for base in table.underlyings])[table.underlying_column]
    options = table.is_kind(Kind.OPTION)
    live = options & (snapshot.years > 0.0)
    found = {name: np.zeros(count) for name in GREEKS}
    found["delta"], found["net_delta"] = leaning.delta.copy(), leaning.net_delta.copy()
    found["delta"][options & ~live] = found["net_delta"][options & ~live] = 0.0
    unavailable = np.isnan(snapshot.mark)  # what has no mark stays unavailable, and so do listed options
    if snapshot.listed is not None:
        unavailable = unavailable | snapshot.listed.known
    known = np.where(unavailable, np.nan, 1.0)

    rest = np.flatnonzero(~options)
    price = np.where(table.inverse[rest], index[rest], snapshot.mark[rest] * usd[rest])
    found["cash_delta_usd"][rest] = leaning.delta[rest] * price
    dated = np.isfinite(snapshot.years[rest])
    years = np.where(dated, snapshot.years[rest], 0.0)
    found["rho_usd"][rest] = found["cash_delta_usd"][rest] * years

    n = np.flatnonzero(live)
    forward, vol, time, inverse = snapshot.forward[n], snapshot.vol[n], snapshot.years[n], table.inverse[n]
    black = black76.greeks(forward, table.strike[n], time, vol, is_call=table.is_call[n])
    quote_usd = known[n] * np.where(inverse, index[n] / forward, usd[n])
    found["gamma"][n] = black.gamma * known[n]
    found["cash_delta_usd"][n] = quote_usd * forward * black.delta
    found["cash_gamma_usd"][n] = quote_usd * forward**2 * black.gamma * ONE_PER_CENT
    found["vega_usd"][n] = quote_usd * black.vega
    found["theta_usd_day"][n] = quote_usd * black.theta
    leans = np.where(inverse, leaning.net_delta[n], black.delta)
    found["rho_usd"][n] = quote_usd * forward * leans * time
    found["vanna_usd"][n] = quote_usd * forward * black.vanna
    found["volga_usd"][n] = quote_usd * black.volga
    return UnitGreeks(**found)


def theta_over(theta_usd_day: FloatArray, years_left: FloatArray, *, days: float) -> FloatArray:
    """Return what passing time does over some days, an option losing no more time than it has left, `(N,)`.

    Examples
    --------
    >>> theta_over(np.array([-2.0, -2.0]), np.array([1.0, 0.5 / 365]), days=1.0).round(9).tolist()
    [-2.0, -1.0]
    """
    left = np.minimum(np.where(np.isfinite(years_left), years_left, 0.0) * DAYS_PER_YEAR, days)
    return np.asarray(np.where(theta_usd_day == 0.0, 0.0, theta_usd_day * left), dtype=np.float64)


def usd_price(snapshot: MarketSnapshot, asset: str) -> float:
    """Return USD per unit of an asset; NaN where the snapshot has none."""
    if asset == "USD":
        return 1.0
    price = snapshot.index.get(asset, np.nan)
    return float(price) if price > 0.0 else np.nan
