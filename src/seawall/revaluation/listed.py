"""Listed options on stocks and indices: rates, dividends and early exercise, which the crypto venues' options lack.

The table's options are European and undiscounted, on the forward of their expiry. A listed option is worth its
discounted value, a stock's may be exercised early, and its forward follows from the index by a rate and a yield. What
is exercised how is an argument here and no fact of the table, so that snapshots and their digests stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.pricing import american, black76
from seawall.revaluation.revalue import revalue
from seawall.revaluation.tensor import PnlTensor
from seawall.scenarios import ScenarioSet


def revalue_listed(
    snapshot: MarketSnapshot,
    scenarios: ScenarioSet,
    *,
    rate: FloatArray,
    dividend_yield: FloatArray,
    early_exercise: BoolArray,
) -> PnlTensor:
    """Return profit and loss per unit of size, `(S, N)`, with options valued on their underlying's index.

    Parameters
    ----------
    snapshot
        N instruments. An option's volatility is one that goes with the rate and the yield given here.
    scenarios
        S scenarios; a move of the underlying moves its index.
    rate, dividend_yield
        `(N,)` continuously compounded, per year; not looked at for what is no option.
    early_exercise
        `(N,)` American where true, European where false.

    Examples
    --------
    >>> from seawall.core.time import NS_PER_YEAR
    >>> from seawall.instruments import InstrumentTable, Option
    >>> put = Option(name="P", underlying="XYZ", quote="USD", settlement="USD", strike=40.0, expiry_ns=NS_PER_YEAR,
    ...              is_call=False, inverse=False)
    >>> now = MarketSnapshot.of(InstrumentTable.of([put]), name="now", venue="", source="by hand", time_ns=0,
    ...                         index={"XYZ": 36.0}, mark=[4.48], forward=[38.2], vol=[0.2])
    >>> fall = ScenarioSet.spot_moves(["fall"], ("XYZ",), [[-0.5]])
    >>> none = np.zeros(1)
    >>> found = revalue_listed(now, fall, rate=none + 0.06, dividend_yield=none, early_exercise=none == 0.0)
    >>> found.pnl.round(2).tolist()
    [[17.52]]
    """
    tensor = revalue(snapshot, scenarios)
    table, pnl = snapshot.table, tensor.pnl.copy()
    for n in np.flatnonzero(table.is_kind(Kind.OPTION)).tolist():
        if n in tensor.failures:
            continue
        column = scenarios.underlyings.index(table.underlying[n])
        r, q, years = float(rate[n]), float(dividend_yield[n]), float(snapshot.years[n])
        left = np.maximum(years - scenarios.elapsed_years, 0.0)
        spot = snapshot.index.get(table.underlying[n], np.nan) * (1.0 + scenarios.spot[:, column])
        log_strike = np.log(table.strike[n : n + 1] / snapshot.forward[n : n + 1])
        shocked = [shock.apply(snapshot.vol[n : n + 1], snapshot.years[n : n + 1], log_strike)
                   for shock in scenarios.vol_shocks]  # fmt: skip
        vol = np.concatenate(shocked)[scenarios.vol_index[:, column]]
        strike, is_call = float(table.strike[n]), bool(table.is_call[n])
        if early_exercise[n]:
            worth = american.price(spot, strike, left, vol, is_call=is_call, rate=r, dividend_yield=q)
        else:
            forward, discount = spot * np.exp((r - q) * left), np.exp(-r * left)
            worth = black76.price(forward, strike, left, vol, is_call=is_call, discount=discount)
        pnl[:, n] = worth - snapshot.mark[n]
    return replace(tensor, pnl=pnl)
