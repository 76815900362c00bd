"""One forward for each expiry: the dated future where it is the sharper witness, put-call parity where it is not.

Order of choice, first that holds:

1. `observed`: the venue publishes a forward for rows of the expiry; their median.
2. `future`: the mark of the dated future, or else the middle of its bid and ask, where those are nearer to each other
   than the ends of parity's interval and reach into it, or where parity has no interval. The future trades the forward
   itself, in one quote where parity needs four; and options on the future's own price leave a conversion (long call,
   short put, short future) without risk, as it should be.
3. `parity`: put-call parity of the options' own quotes.
4. `between`: the log of the forward, linear in time between the neighbours with one of the above; the index stands at
   time zero. Never beyond the last.
5. `none`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.instruments.kinds import Kind
from seawall.market.parity import ParityForward, is_two_sided, parity_forward
from seawall.market.snapshot import MarketSnapshot, Origin

OBSERVED, FUTURE, PARITY, BETWEEN, NONE = "observed", "future", "parity", "between", "none"
WIDEST_FUTURE = 0.01
"""Bid-ask width of a future, as a share of its middle, above which it says nothing of the forward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryForward:
    """The forward of one expiry of one chain, what it was chosen from, and the option rows that it serves.

    `rows` are the rows of the chain's options in the snapshot; `future` is NaN without a usable dated future.
    """

    underlying: str
    quote: str
    settlement: str
    inverse: bool
    expiry_ns: int
    years: float
    rows: IntArray
    forward: float
    source: str
    future: float
    parity: ParityForward

    @property
    def chain(self) -> tuple[str, str, str, bool]:
        """What expiries of one chain share."""
        return self.underlying, self.quote, self.settlement, self.inverse


def expiry_forwards(snapshot: MarketSnapshot, *, prefer_parity: bool = False) -> tuple[ExpiryForward, ...]:
    """Return the forward of every expiry that has options, by chain and then by time.

    Parameters
    ----------
    snapshot
        Its index, where there is one, stands at time zero when a forward is interpolated.
    prefer_parity
        Put `parity` before `future` in the order of choice.
    """
    found = [_estimate(snapshot, rows, prefer_parity=prefer_parity) for rows in _expiries(snapshot)]
    chains: dict[tuple[str, str, str, bool], list[ExpiryForward]] = {}
    for estimate in found:
        chains.setdefault(estimate.chain, []).append(estimate)
    filled: list[ExpiryForward] = []
    for chain in sorted(chains):
        filled += _interpolated(sorted(chains[chain], key=lambda one: one.expiry_ns), snapshot.index)
    return tuple(filled)


def middle(snapshot: MarketSnapshot) -> FloatArray:
    """Return the middle of bid and ask, `(N,)`; NaN where a side is missing or the two are crossed."""
    good = is_two_sided(snapshot.bid, snapshot.ask)
    return np.where(good, 0.5 * (snapshot.bid + snapshot.ask), np.nan)


def _expiries(snapshot: MarketSnapshot) -> list[IntArray]:
    """Return the option rows of each chain's each expiry."""
    table = snapshot.table
    groups: dict[tuple[str, str, str, bool, int], list[int]] = {}
    for i in np.flatnonzero(table.is_kind(Kind.OPTION)):
        chain = (table.underlying[i], table.quote[i], table.settlement[i], bool(table.inverse[i]))
        groups.setdefault((*chain, int(table.expiry_ns[i])), []).append(int(i))
    return [np.array(groups[key], dtype=np.int64) for key in sorted(groups)]


def _estimate(snapshot: MarketSnapshot, rows: IntArray, *, prefer_parity: bool) -> ExpiryForward:
    table, first = snapshot.table, int(rows[0])
    parity = _parity(snapshot, rows)
    future, width = _future(snapshot, first)
    given = snapshot.forward[rows][snapshot.forward_origin[rows] == Origin.OBSERVED]
    given = given[np.isfinite(given)]
    order = [
        (OBSERVED, float(np.median(given)) if len(given) else np.nan),
        (FUTURE, future if _is_sharper(future, width, parity) else np.nan),
        (PARITY, parity.forward),
    ]
    if prefer_parity:
        order[1:] = order[:0:-1]
    source, forward = next(((name, price) for name, price in order if np.isfinite(price)), (NONE, np.nan))
    return ExpiryForward(
        underlying=table.underlying[first], quote=table.quote[first], settlement=table.settlement[first],
        inverse=bool(table.inverse[first]), expiry_ns=int(table.expiry_ns[first]), years=float(snapshot.years[first]),
        rows=rows, forward=forward, source=source, future=future, parity=parity,
    )  # fmt: skip


def _parity(snapshot: MarketSnapshot, rows: IntArray) -> ParityForward:
    """Return what parity says of one expiry's options."""
    table = snapshot.table
    calls, puts = rows[table.is_call[rows]], rows[~table.is_call[rows]]
    strike, at_call, at_put = np.intersect1d(table.strike[calls], table.strike[puts], return_indices=True)
    calls, puts = calls[at_call], puts[at_put]
    bid, ask = snapshot.bid, snapshot.ask
    return parity_forward(strike, bid[calls], ask[calls], bid[puts], ask[puts], inverse=bool(table.inverse[rows[0]]))


def _future(snapshot: MarketSnapshot, option: int) -> tuple[float, float]:
    """Return price and bid-ask width of the dated future that expires with an option; NaN without a usable one."""
    table = snapshot.table
    same = _same(table.underlying, table.underlying[option]) & _same(table.quote, table.quote[option])
    at = np.flatnonzero(table.is_kind(Kind.FUTURE) & (table.expiry_ns == table.expiry_ns[option]) & same)
    marked = at[np.isfinite(snapshot.mark[at]) & (snapshot.mark_origin[at] == Origin.OBSERVED)]
    if len(marked):
        return float(snapshot.mark[marked[0]]), 0.0
    mid, width = middle(snapshot)[at], (snapshot.ask - snapshot.bid)[at]
    usable = np.flatnonzero(width <= WIDEST_FUTURE * mid)
    if not len(usable):
        return np.nan, np.nan
    best = usable[np.argmin(width[usable])]
    return float(mid[best]), float(width[best])


def _is_sharper(future: float, width: float, parity: ParityForward) -> bool:
    """Return whether the future says more than parity does, and nothing that parity rules out."""
    if not np.isfinite(future):
        return False
    if not parity.width >= 0.0:  # no pair of strikes, or quotes that contradict each other
        return True
    return width < parity.width and parity.low <= future + 0.5 * width and future - 0.5 * width <= parity.high


def _interpolated(chain: Sequence[ExpiryForward], index: Mapping[str, float]) -> list[ExpiryForward]:
    """Return one chain's expiries with the gaps between known forwards filled."""
    known = [(one.years, np.log(one.forward)) for one in chain if one.source != NONE]
    spot = _spot(chain[0], index)
    if np.isfinite(spot):
        known.insert(0, (0.0, float(np.log(spot))))
    if len(known) < 2:
        return list(chain)
    years, logs = zip(*known, strict=True)
    return [
        replace(one, forward=float(np.exp(np.interp(one.years, years, logs))), source=BETWEEN)
        if one.source == NONE and years[0] < one.years < years[-1]
        else one
        for one in chain
    ]


def _spot(one: ExpiryForward, index: Mapping[str, float]) -> float:
    """Return the underlying's price in the quote asset; NaN when the index does not hold both."""
    quote_usd = 1.0 if one.quote == "USD" else index.get(one.quote, np.nan)
    spot_usd = index.get(one.underlying, np.nan)
    return spot_usd / quote_usd if spot_usd > 0.0 and quote_usd > 0.0 else np.nan


def _same(column: Sequence[str], name: str) -> BoolArray:
    return np.array([entry == name for entry in column], dtype=np.bool_)
