"""The market and the book after a move: what any margin rule then sees, valued as a revaluation values it.

A scenario of the tensor says what a position gains. It is not enough to say what a rule would ask *there*: strikes have
come nearer, days have passed, a leg that covered another may be gone. `shifted` makes the whole market anew, and
`moved` the book that goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.time import NS_PER_YEAR
from seawall.instruments import InstrumentTable, Kind
from seawall.market import MarketSnapshot, Origin
from seawall.portfolio import Book, Holdings
from seawall.pricing import delta_one
from seawall.revaluation import revalue
from seawall.scenarios import ScenarioSet, Unchanged, VolShock


@dataclass(frozen=True, slots=True)
class Move:
    """A joint move of a market.

    Attributes
    ----------
    spot
        Relative move of each asset that moves, -0.1 for a fall of 10 %; settlement assets may be among them.
    vol
        Shock of each underlying's volatilities, at today's time to expiry.
    elapsed_ns
        Time that passes.
    """

    spot: Mapping[str, float] = field(default_factory=dict)
    vol: Mapping[str, VolShock] = field(default_factory=dict)
    elapsed_ns: int = 0


def shifted(
    snapshot: MarketSnapshot,
    spot_moves: Mapping[str, float] | None = None,
    vol_shocks: Mapping[str, VolShock] | None = None,
    elapsed_years: float = 0.0,
) -> MarketSnapshot:
    """Return the market after a move.

    Marks, forwards and volatilities are those that `revalue` prices the move with; the index of an asset moves with it.
    Forwards keep their basis while time passes. What has expired by then is no longer listed. Quotes and their sizes
    belong to the old prices and are unavailable.

    Parameters
    ----------
    snapshot
        The market now.
    spot_moves
        Relative moves by asset, above -1; an asset that is not named stays.
    vol_shocks
        By underlying; volatilities of one that is not named stay.
    elapsed_years
        ACT/365F, not negative.

    Raises
    ------
    InputError
        When a move names an asset that the snapshot does not know, or can't be.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> later = shifted(now, {"BTC": -0.10}, elapsed_years=10 / 365)
    >>> round(later.index["BTC"], 3), len(now), len(later)
    (56418.975, 882, 661)
    """
    return shifted_by(snapshot, Move(spot_moves or {}, vol_shocks or {}, round(elapsed_years * NS_PER_YEAR)))


def shifted_by(snapshot: MarketSnapshot, move: Move) -> MarketSnapshot:
    """Return the same for a move that is written down already."""
    _refuse(snapshot, move)
    later_ns = snapshot.time_ns + move.elapsed_ns
    gone = expired_rows(snapshot.table, snapshot.time_ns, later_ns)
    kept = snapshot.take(np.flatnonzero(~gone)) if gone.any() else snapshot
    table, names = kept.table, kept.table.underlyings
    moves = np.array([move.spot.get(name, 0.0) for name in names], dtype=np.float64)
    shocks = [move.vol.get(name, Unchanged()) for name in names]
    scenario = ScenarioSet(
        labels=("move",), underlyings=names, spot=moves[None, :], vol_shocks=tuple(shocks),
        vol_index=np.arange(len(names), dtype=np.int64)[None, :],
        elapsed_years=np.array([move.elapsed_ns / NS_PER_YEAR]), weights=np.ones(1),
    )  # fmt: skip
    gains = revalue(kept, scenario).pnl[0]
    options = table.is_kind(Kind.OPTION)
    by_row = moves[table.underlying_column]
    mark = np.where(options, np.maximum(kept.mark + gains, 0.0), kept.mark * (1.0 + by_row))
    live = np.ones(len(table))
    if kept.feeds is not None:  # what a forward has averaged already moves no more
        with np.errstate(divide="ignore", invalid="ignore"):
            live = np.where(kept.forward > 0.0, 1.0 - kept.feeds.settled_forward / kept.forward, 1.0)
    vol, shocked = _vols(kept, options, shocks)
    unknown = np.full(len(table), np.nan)
    valued, none = ~np.isnan(mark), np.int8(Origin.MISSING)
    return replace(
        kept,
        name=f"{snapshot.name} moved",
        time_ns=later_ns,
        index={asset: price * (1.0 + move.spot.get(asset, 0.0)) for asset, price in kept.index.items()},
        mark=mark,
        forward=kept.forward * (1.0 + by_row * live),
        vol=vol,
        mark_origin=np.where(valued, np.int8(Origin.DERIVED), none).astype(np.int8),
        vol_origin=np.where(shocked, np.int8(Origin.DERIVED), kept.vol_origin).astype(np.int8),
        bid=unknown, ask=unknown, bid_size=unknown, ask_size=unknown,
    )  # fmt: skip


def _vols(kept: MarketSnapshot, options: BoolArray, shocks: list[VolShock]) -> tuple[FloatArray, BoolArray]:
    """Return shocked volatilities and which rows a shock has touched."""
    vol, touched = kept.vol.copy(), np.zeros(len(kept), np.bool_)
    column = kept.table.underlying_column
    for u, shock in enumerate(shocks):
        rows = np.flatnonzero(options & (column == u))
        if isinstance(shock, Unchanged) or not len(rows):
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            log_strike = np.log(kept.table.strike[rows] / kept.forward[rows])
        vol[rows] = shock.apply(kept.vol[rows], kept.years[rows], log_strike)
        touched[rows] = True
    return vol, touched & ~np.isnan(vol)


def _refuse(snapshot: MarketSnapshot, move: Move) -> None:
    known = {*snapshot.table.underlyings, *snapshot.index}
    problems = [
        Problem(f"spot move of {asset}", size, "a price falls by less than 100 % and rises by a finite share")
        for asset, size in move.spot.items()
        if not -1.0 < size < np.inf
    ]
    problems += [
        Problem("asset", asset, f"moves are of {', '.join(sorted(known))}", where=snapshot.name)
        for asset in {*move.spot, *move.vol}
        if asset not in known
    ]
    if move.elapsed_ns < 0:
        problems.append(Problem("elapsed time", move.elapsed_ns, "time does not run backwards"))
    if problems:
        raise InputError(problems)


def expired_rows(table: InstrumentTable, now_ns: int, later_ns: int) -> BoolArray:
    """Return which rows live now and are past their expiry then, `(N,)`."""
    return np.asarray((table.expiry_ns > now_ns) & (table.expiry_ns <= later_ns), dtype=np.bool_)


def anchored(book: Book, snapshot: MarketSnapshot) -> Book:
    """Return the book with an entry price for every future: the mark, where none is known.

    A future without one carries no unrealised profit, as after a settlement. From there on it does: what the market
    moves by is its holder's gain or loss, and would otherwise be lost.
    """
    table = snapshot.table
    row = np.array([table.position(name) if name in table else -1 for name in book.instruments] + [-1], np.int64)
    held = book.positions
    rows = row[held.columns]
    fair = np.where(rows >= 0, np.append(snapshot.mark, np.nan)[rows], np.nan)
    is_option = np.append(table.kind, -1)[rows] == Kind.OPTION
    entry = np.where(np.isnan(held.entry_prices) & ~is_option, fair, held.entry_prices)
    return replace(book, positions=replace(held, entry_prices=entry))


def moved(
    book: Book, snapshot: MarketSnapshot, move: Move, *, paid_in: Mapping[str, str] | None = None
) -> tuple[Book, MarketSnapshot]:
    """Return a book and its market after a move; what has expired is settled at the moved index and is cash.

    Orders in what has expired are gone. Futures get the entry price that they need to show their profit (`anchored`).
    `paid_in` names the asset that a settlement is paid in where a venue does not take the settlement asset itself.

    Raises
    ------
    UnavailableError
        When something that has expired has no index to settle at.

    Examples
    --------
    A covered call loses its cover's twin: the short call is cash, the coin stays.

    >>> import seawall as sw
    >>> from seawall.core.time import NS_PER_DAY
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> one = book.take([book.row("covered_call")])
    >>> after, later = moved(one, now, Move({"BTC": 1.0}, elapsed_ns=400 * NS_PER_DAY))
    >>> len(one.positions), len(after.positions), float(after.balances[0, 0]) < float(one.balances[0, 0])
    (1, 0, True)
    """
    book = anchored(book, snapshot)
    market = shifted_by(snapshot, move)
    table = snapshot.table
    ends = expired_rows(table, snapshot.time_ns, market.time_ns)
    expired = {table.names[n] for n in np.flatnonzero(ends).tolist()}
    leaves = np.array([name in expired for name in book.instruments] + [False], np.bool_)
    held = book.positions
    settles = leaves[held.columns]
    orders = book.orders.where(~leaves[book.orders.columns])
    if not settles.any():
        return replace(book, orders=orders), market
    rows = np.array([table.position(book.instruments[c]) for c in held.columns[settles].tolist()], np.int64)
    paid = payoff(snapshot, move, rows, held.sizes[settles], held.entry_prices[settles])
    swaps, own = paid_in or {}, [table.settlement[n] for n in rows.tolist()]
    into = [swaps.get(asset, asset) for asset in own]
    rate = [1.0 if a == b else market.price_usd(a) / market.price_usd(b) for a, b in zip(own, into, strict=True)]
    assets = tuple(sorted({*book.assets, *into}))
    balances = np.zeros((len(book), len(assets)))
    charges = {name: np.zeros_like(balances) for name in book.charges}
    for c, asset in enumerate(book.assets):
        balances[:, assets.index(asset)] = book.balances[:, c]
        for name, amounts in book.charges.items():
            charges[name][:, assets.index(asset)] = amounts[:, c]
    columns = np.array([assets.index(asset) for asset in into], np.int64)
    np.add.at(balances, (held.rows[settles], columns), paid * np.array(rate, dtype=np.float64))
    positions: Holdings = held.where(~settles)
    after = replace(
        book, positions=positions, orders=orders, assets=assets, balances=balances, charges=charges,
    )  # fmt: skip
    return after, market


def payoff(
    snapshot: MarketSnapshot, move: Move, rows: IntArray, sizes: FloatArray, entry_prices: FloatArray
) -> FloatArray:
    """Return what positions pay at expiry in their settlement asset, `(nnz,)`, at the moved index in their quote.

    Parameters
    ----------
    rows, sizes, entry_prices
        `(nnz,)`: rows of the snapshot's table, signed sizes, prices at which futures were entered.
    """
    table = snapshot.table
    try:
        level = np.array([
            snapshot.price_usd(table.underlying[n]) * (1.0 + move.spot.get(table.underlying[n], 0.0))
            / snapshot.price_usd(table.quote[n])
            for n in rows.tolist()
        ])  # fmt: skip
    except UnavailableError as gap:
        raise UnavailableError(f"what has expired can't be settled: {gap}") from None
    is_option, inverse, strike = table.is_kind(Kind.OPTION)[rows], table.inverse[rows], table.strike[rows]
    worth = np.maximum(np.where(table.is_call[rows], level - strike, strike - level), 0.0)
    worth = np.where(inverse, worth / level, worth)
    entered = np.where(is_option, 1.0, entry_prices)
    inverse_gain, linear_gain = (gain(sizes, entered, level) for gain in (delta_one.inverse_pnl, delta_one.linear_pnl))
    gained = np.where(inverse, inverse_gain, linear_gain)
    return np.asarray(np.where(is_option, sizes * worth, gained), dtype=np.float64)
