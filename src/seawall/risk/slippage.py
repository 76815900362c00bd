"""What it costs to get out at the book's depth, so that a distance can be told after slippage.

An account whose equity meets its maintenance margin at today's marks is worth less by the time it is closed. With this
cost taken off the balance, the distance is to the point where closing the account *then* would leave it at the trigger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.portfolio import ResolvedBook
from seawall.risk.standing import Cost


@dataclass(frozen=True)
class Depth:
    """How much one side of an order book takes.

    Attributes
    ----------
    offsets
        Distances from the middle, as shares of the price, rising: the end of each band.
    usd
        USD that rests within each distance, all bands up to it together, rising. Within a band orders lie evenly;
        beyond the last they lie as thinly as in it.
    half_spread
        Where the first band begins.

    Examples
    --------
    >>> Depth((0.001, 0.01), (1e6, 4e6)).cost_usd([1e6, 4e6]).round(2).tolist()
    [500.0, 17000.0]
    """

    offsets: tuple[float, ...]
    usd: tuple[float, ...]
    half_spread: float = 0.0

    def __post_init__(self) -> None:
        ends = np.array([self.half_spread, *self.offsets])
        sizes = np.array([0.0, *self.usd])
        fits = len(ends) == len(sizes) > 1 and self.half_spread >= 0.0
        if not fits or not (np.diff(ends) > 0.0).all() or not (np.diff(sizes) > 0.0).all():
            rule = "offsets and amounts rise together, from the half spread and from 0"
            raise InputError(Problem("depth", (self.offsets, self.usd), rule))

    def cost_usd(
        self, notional_usd: FloatArray | list[float], *, share: float = 1.0, spread: float = 1.0
    ) -> FloatArray:
        """Return what orders of some sizes cost against the middle, USD.

        `share` is what is left of the depth; a `spread` over what it was moves every band away from the middle.
        """
        size = np.abs(np.asarray(notional_usd, dtype=np.float64))[..., None]
        ends, sizes = np.array([self.half_spread, *self.offsets]), np.array([0.0, *self.usd]) * share
        ends = ends + self.half_spread * (spread - 1.0)
        width, amount = np.diff(ends), np.diff(sizes)
        taken = np.clip(size - sizes[:-1], 0.0, np.append(amount[:-1], np.inf))
        return np.asarray((taken * (ends[:-1] + 0.5 * width * taken / amount)).sum(axis=-1), dtype=np.float64)


def closing_cost(
    depths: Mapping[str, Depth], *, share: float = 1.0, spread: float = 1.0, quotes: MarketSnapshot | None = None
) -> Cost:
    """Return the cost of closing accounts, to be taken off their balances.

    Each future and perpetual goes through an order book of its own; long and short do not net. The net delta of an
    underlying's options goes through the underlying's, and with `quotes` each option also pays its way from mark to
    bid or ask, as far as it is today in its settlement asset: ticks are coin, and do not grow with the mark.

    Parameters
    ----------
    depths
        By instrument, or by underlying for those that are not named.
    share
        What is left of the depth: 0.02 after a loss of 98 %.
    spread
        Bid-ask spreads over what they were.
    quotes
        A market with the options' bids and asks. A long option is sold for 0 at worst, and for 0 without a bid.

    Raises
    ------
    UnavailableError
        From the cost: where an underlying has no depth, or a short option no ask.
    """
    if not share > 0.0:
        raise InputError(Problem("share", share, "some depth is left"))
    if not 0.0 <= spread < np.inf:
        raise InputError(Problem("spread", spread, "it is a finite multiple of what it was, 0 or more"))

    def depth_of(name: str, underlying: str) -> Depth:
        found = depths.get(name, depths.get(underlying))
        if found is None:
            raise UnavailableError(f"no depth is given for {name} or {underlying}")
        return found

    def cost(book: ResolvedBook) -> FloatArray:
        snapshot, held = book.snapshot, book.positions
        table, leaning = snapshot.table, snapshot.exposure
        index = np.array([snapshot.index.get(name, np.nan) for name in table.underlying], dtype=np.float64)
        usd = held.sizes * leaning.delta[held.columns] * index[held.columns]
        is_option = table.is_kind(Kind.OPTION)[held.columns]
        rows, paid = held.rows, np.zeros(len(book.book))
        for n in np.unique(held.columns[~is_option]).tolist():
            mine = (held.columns == n) & ~is_option
            one = depth_of(table.names[n], table.underlying[n])
            np.add.at(paid, rows[mine], one.cost_usd(usd[mine], share=share, spread=spread))
        for u, base in enumerate(table.underlyings):
            mine = is_option & (table.underlying_column[held.columns] == u)
            if mine.any():
                net = np.bincount(rows[mine], weights=usd[mine], minlength=len(paid)).astype(np.float64)
                paid += depth_of(base, base).cost_usd(net, share=share, spread=spread)
        if quotes is not None and is_option.any():
            np.add.at(paid, rows[is_option], _spreads(book, quotes, spread)[is_option])
        return paid

    return cost


def _spreads(book: ResolvedBook, quotes: MarketSnapshot, spread: float) -> FloatArray:
    """Return what each held option pays from its mark to the other side, USD, `(nnz,)`."""
    snapshot, held = book.snapshot, book.positions
    table = snapshot.table
    paid = np.zeros(len(held))
    for i, (n, size) in enumerate(zip(held.columns.tolist(), held.sizes.tolist(), strict=True)):
        if table.kind[n] != Kind.OPTION:
            continue
        q = quotes.table.position(table.names[n])
        side = float(quotes.bid[q]) if size > 0.0 else float(quotes.ask[q])
        if np.isnan(side) and size < 0.0:
            raise UnavailableError(f"{table.names[n]} has no ask to be bought back at")
        worth = float(snapshot.mark[n])
        part = worth if np.isnan(side) else spread * abs(side - float(quotes.mark[q]))
        price = snapshot.price_usd(table.settlement[n])
        paid[i] = abs(size) * (min(part, worth) if size > 0.0 else part) * price
    return paid
