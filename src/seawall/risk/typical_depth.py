"""Depth that is taken where a book's own is not given: measured once, on one venue, and said so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.risk.slippage import Depth

BAND = 0.01
"""Distance from the middle within which depth is counted."""
TYPICAL_USD = {"BTC": 356e6}
"""USD that rested within the band on one side before a crash: asks of Binance's BTCUSDT perpetual on 2025-10-10, 20:00
UTC, by its archive of book depth. It is assumed for other venues."""
TYPICAL_NOTE = (
    "closing cost: USD 356 m within 1 % of BTC beforehand, as at Binance on 2025-10-10, assumed here; --depth sets it"
)


def typical_depths(snapshot: MarketSnapshot, usd: Mapping[str, float] | None = None) -> dict[str, Depth]:
    """Return the depth of each underlying that has a number, beginning at half of today's spread of its perpetual.

    Parameters
    ----------
    snapshot
        The market; its perpetuals' quotes give the spread.
    usd
        USD within one per cent of the price on one side, by underlying; these go before the typical ones.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> typical_depths(now)["BTC"].usd, typical_depths(now, {"BTC": 5e6})["BTC"].usd
    ((356000000.0,), (5000000.0,))
    """
    given = dict(usd or {})
    unknown = [name for name in given if name not in snapshot.table.underlyings]
    problems = [
        Problem("depth", name, f"the underlyings are {', '.join(snapshot.table.underlyings)}", where=snapshot.name)
        for name in unknown
    ]
    rule = "USD within one per cent of the price are above 0 and finite"
    problems += [Problem(f"depth of {n}", x, rule) for n, x in given.items() if not 0.0 < x < np.inf]
    if problems:
        raise InputError(problems)
    return {
        name: Depth((BAND,), (amount,), half_spread=_half_spread(snapshot, name))
        for name, amount in {**TYPICAL_USD, **given}.items()
        if name in snapshot.table.underlyings
    }


def _half_spread(snapshot: MarketSnapshot, name: str) -> float:
    """Return half of the tightest spread among an underlying's perpetuals; 0 where none is quoted."""
    table = snapshot.table
    mine = table.is_kind(Kind.PERPETUAL) & (np.array(table.underlying) == name)
    halves = 0.5 * (snapshot.ask[mine] - snapshot.bid[mine]) / snapshot.mark[mine]
    quoted = halves[(halves >= 0.0) & (halves < BAND)]
    return float(quoted.min(initial=BAND)) if len(quoted) else 0.0
