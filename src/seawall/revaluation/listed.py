"""Listed options on stocks and indices: rates, dividends and early exercise, which the crypto venues' options lack.

The table's options are European and undiscounted, on the forward of their expiry. A listed option is worth its
discounted value, a stock's may be exercised early, and its forward follows from the index by a rate and a yield, all of
which a snapshot carries beside its table (`market.listed`).
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.pricing import listed
from seawall.scenarios import ScenarioSet


def fill_listed(snapshot: MarketSnapshot, scenarios: ScenarioSet, pnl: FloatArray) -> None:
    """Fill the columns of listed options, `(S, N)`, valued on their underlying's index.

    A move of the underlying moves its index, and a change of carry lowers its yield by as much. An option's volatility
    is one that goes with the rate and the yield.
    """
    table, terms = snapshot.table, snapshot.listed
    assert terms is not None
    for n in np.flatnonzero(table.is_kind(Kind.OPTION) & terms.known).tolist():
        if table.underlying[n] not in scenarios.underlyings:
            continue
        column = scenarios.underlyings.index(table.underlying[n])
        years = float(snapshot.years[n])
        carry = 0.0 if scenarios.basis is None else scenarios.basis.carry[:, column]
        spot = snapshot.index.get(table.underlying[n], np.nan) * (1.0 + scenarios.spot[:, column])
        log_strike = np.log(table.strike[n : n + 1] / snapshot.forward[n : n + 1])
        shocked = [shock.apply(snapshot.vol[n : n + 1], snapshot.years[n : n + 1], log_strike)
                   for shock in scenarios.vol_shocks]  # fmt: skip
        worth = listed.price(
            spot, float(table.strike[n]), np.maximum(years - scenarios.elapsed_years, 0.0),
            np.concatenate(shocked)[scenarios.vol_index[:, column]], is_call=bool(table.is_call[n]),
            rate=float(terms.rate[n]), dividend_yield=float(terms.dividend_yield[n]) - carry,
            early_exercise=bool(terms.early_exercise[n]),
        )  # fmt: skip
        pnl[:, n] = worth - snapshot.mark[n]
