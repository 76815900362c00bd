"""How large a day's moves are, where nobody gives a covariance: prices by the market's volatility, the rest measured.

The measured numbers are of 1,100 days between 2022-11-06 and 2026-03-16, of logarithms from one day to the next:
Deribit's DVOL of BTC, and CoinGecko's daily prices of BTC, ETH and SOL. They are assumed for other coins and days.
From day to day prices were not correlated with volatilities (0.01), and are not where nobody says so.
"""

from __future__ import annotations

import numpy as np

from seawall.core.errors import UnavailableError
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.market import MarketSnapshot

VOL_SD = 0.046
"""Standard deviation of the day's logarithmic move of DVOL."""
CORRELATION = 0.75
"""Of any two coins' prices, and of their volatilities: 0.81 of BTC and ETH, 0.73 and 0.71 with SOL."""
NEAR_DAYS = 30.0


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
