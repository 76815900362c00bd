"""What an option can be worth wherever its price goes, so that Greeks are not believed beyond it.

By Black's formula an option on the forward F with strike K, at volatility s and T years before it expires, is worth
at least what exercise gives, and at most that and the time value at the money:

    max(F - K, 0)  <=  call  <=  max(F - K, 0) + A        A = K (2 N(s √T / 2) - 1)

and a put likewise, for time value is largest where the forward is at the strike. A goes to nothing as an option
expires; there gamma is largest, and its square of the move is no guide to anything.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.models.house_greeks.expansion import live_share, usd_of
from seawall.market import MarketSnapshot
from seawall.pricing import black76


class Bounds(NamedTuple):
    """Least and largest profit of one unit of n options in each step of a ladder, `(S, n)` in USD."""

    lowest: FloatArray
    highest: FloatArray


def option_bounds(
    snapshot: MarketSnapshot, rows: IntArray, moves: FloatArray, vol_moves: FloatArray, *, days: float
) -> Bounds:
    """Return what a holder of each option can gain from its mark, and what lose.

    Parameters
    ----------
    rows
        `(n,)` options of one coin, as rows of the snapshot's table.
    moves, vol_moves
        `(P,)` and `(V,)` relative moves of price and volatility; a ladder has every pair, prices outermost.
    days
        Time that passes.

    Returns
    -------
    Bounds
        `(P * V, n)` each; NaN where a price is missing. A full revaluation lies within them, whatever the mark is.
    """
    table, strike, forward = snapshot.table, snapshot.table.strike[rows], snapshot.forward[rows]
    now = np.array([usd_of(snapshot, asset) for asset in table.settlements])[table.settlement_column[rows]]
    x, v = np.repeat(moves, len(vol_moves))[:, None], np.tile(vol_moves, len(moves))[:, None]
    left = np.maximum(snapshot.years[rows] - days / DAYS_PER_YEAR, 0.0)
    moved = forward * (1.0 + x * live_share(snapshot)[rows])
    per_quote = np.where(table.inverse[rows], now * (1.0 + x) / moved, now)  # a coin is worth its moved index
    exercised = np.maximum(np.where(table.is_call[rows], moved - strike, strike - moved), 0.0)
    at_the_money = black76.price(strike, strike, left, snapshot.vol[rows] * (1.0 + v), is_call=True)
    paid = snapshot.mark[rows] * now
    return Bounds(per_quote * exercised - paid, per_quote * (exercised + at_the_money) - paid)
