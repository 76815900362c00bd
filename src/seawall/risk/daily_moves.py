"""How large a day's moves are, where nobody gives a covariance: prices by the market's volatility, the rest measured.

The measured numbers are of 1,100 days between 2022-11-06 and 2026-03-16, of logarithms from one day to the next:
Deribit's DVOL of BTC, and CoinGecko's daily prices of BTC, ETH and SOL. They are assumed for other coins and days.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import UnavailableError
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.market import MarketSnapshot

VOL_SD = 0.046
"""Standard deviation of the day's logarithmic move of DVOL."""
CORRELATION = 0.75
"""Of any two coins' prices, and of their volatilities: 0.81 of BTC and ETH, 0.73 and 0.71 with SOL."""
MEASURED_NOTE = (
    "a day's standard deviations: prices by 30-day volatilities of this market; volatilities 4.6 %, coins correlated "
    "by 0.75, prices not with volatilities, as from November 2022 to March 2026"
)
NEAR_DAYS = 30.0


def daily_covariance(snapshot: MarketSnapshot, underlyings: Sequence[str]) -> tuple[tuple[str, ...], FloatArray]:
    """Return factors, price and volatility of each underlying, and the covariance of a day's logarithmic moves.

    Prices and volatilities were uncorrelated from day to day (0.01), and are here.

    Raises
    ------
    UnavailableError
        When an underlying has no volatility.

    Examples
    --------
    >>> import seawall as sw
    >>> names, covariance = daily_covariance(sw.load_snapshot("deribit-btc-2026-08-01"), ["BTC"])
    >>> names, np.sqrt(np.diag(covariance)).round(4).tolist()
    (('BTC', 'vol BTC'), [0.0173, 0.046])
    """
    names = tuple(underlyings)
    sds = np.array([at_the_money(snapshot, name) / DAYS_PER_YEAR**0.5 for name in names] + [VOL_SD] * len(names))
    joint = np.full((len(names), len(names)), CORRELATION)
    np.fill_diagonal(joint, 1.0)
    correlation = np.kron(np.eye(2), joint)
    return (*names, *(f"vol {name}" for name in names)), np.asarray(np.outer(sds, sds) * correlation)


def at_the_money(snapshot: MarketSnapshot, underlying: str) -> float:
    """Return the volatility of the option nearest to the money of the expiry nearest to thirty days."""
    table = snapshot.table
    mine = table.is_kind(Kind.OPTION) & (np.array(table.underlying) == underlying) & np.isfinite(snapshot.vol)
    rows = np.flatnonzero(mine)
    if not len(rows):
        raise UnavailableError(f"{underlying} has no option with a volatility: give the covariance of a day's moves")
    days = np.abs(snapshot.years[rows] * DAYS_PER_YEAR - NEAR_DAYS)
    near = rows[days == days.min()]
    return float(snapshot.vol[near[np.argmin(np.abs(np.log(table.strike[near] / snapshot.forward[near])))]])
