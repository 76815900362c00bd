"""The book after a move: futures carry their profit, what has expired is cash, perpetuals have paid their funding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.errors import UnavailableError
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.pricing import delta_one
from seawall.revaluation.basis import funding_paid
from seawall.risk.shift import Move, expired_rows, shifted_by


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

    Where the move says which way prices have come, each leg is settled at the price of its own expiry.
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
    return moved_anchored(anchored(book, snapshot), snapshot, move, paid_in=paid_in)


def moved_anchored(
    book: Book, snapshot: MarketSnapshot, move: Move, *, paid_in: Mapping[str, str] | None = None
) -> tuple[Book, MarketSnapshot]:
    """Return the same for a book whose futures have their entry prices already."""
    market = shifted_by(snapshot, move)
    table = snapshot.table
    ends = expired_rows(table, snapshot.time_ns, market.time_ns)
    dates = {table.names[n]: int(table.expiry_ns[n]) for n in np.flatnonzero(ends).tolist()}
    leaves = np.array([name in dates for name in book.instruments] + [False], np.bool_)
    book = _funded(book, snapshot, move, paid_in or {})
    if not dates:
        return book, market
    book = replace(book, orders=book.orders.where(~leaves[book.orders.columns]))
    batches: list[int | None] = [*sorted(set(dates.values()))] if move.way else [None]
    for date in batches:  # each at its own expiry, or all at the end
        there = move if date is None else move.at(date - snapshot.time_ns)
        settles = np.array([name in dates and date in (None, dates[name]) for name in book.instruments], np.bool_)
        book = _settled(book, snapshot, there, settles, paid_in or {})
    return book, market


def _settled(
    book: Book, snapshot: MarketSnapshot, move: Move, columns: BoolArray, paid_in: Mapping[str, str]
) -> Book:  # fmt: skip
    """Return the book with positions in some of its instruments settled after a move, `(I,)`, and those gone."""
    table, held = snapshot.table, book.positions
    settles = columns[held.columns]
    if not settles.any():
        return book
    rows = np.array([table.position(book.instruments[c]) for c in held.columns[settles].tolist()], np.int64)
    paid = payoff(snapshot, move, rows, held.sizes[settles], held.entry_prices[settles])
    own = [table.settlement[n] for n in rows.tolist()]
    book = _with_cash(book, snapshot, move, held.rows[settles], own, paid, paid_in)
    return replace(book, positions=held.where(~settles))


def settled_between(
    book: Book, snapshot: MarketSnapshot, earlier: Move, later: Move, *, paid_in: Mapping[str, str] | None = None
) -> Book:
    """Return the book with what expires from one state of a path to the next settled, each leg at its own expiry.

    The index there is on the straight line between the two states. The cash is frozen: what the market does
    afterwards changes what a coin is worth, and not how many were paid.

    Examples
    --------
    A put that has expired worth nothing stays so when the price falls later.

    >>> import seawall as sw
    >>> from seawall.core.time import NS_PER_DAY
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-7AUG26-61000-P": -1, "USDC": 1e5}, snapshot=now)
    >>> week, fallen = Move(elapsed_ns=7 * NS_PER_DAY), Move({"BTC": -0.5}, elapsed_ns=8 * NS_PER_DAY)
    >>> held = settled_between(book, now, Move(), week)
    >>> len(held.positions), [float(cash) for cash in moved(held, now, fallen)[0].balances[0] if cash]
    (0, [100000.0])
    """
    table = snapshot.table
    start, end = snapshot.time_ns + earlier.elapsed_ns, snapshot.time_ns + later.elapsed_ns
    names = {book.instruments[c] for c in book.positions.columns.tolist()}
    dates = {int(table.expiry_ns[table.position(name)]) for name in names if name in table}
    for date in sorted(date for date in dates if start < date <= end):
        share = (date - start) / (end - start)
        spot = {
            asset: (1.0 - share) * earlier.spot.get(asset, 0.0) + share * later.spot.get(asset, 0.0)
            for asset in {**earlier.spot, **later.spot}
        }
        book = moved(book, snapshot, Move(spot, elapsed_ns=date - snapshot.time_ns), paid_in=paid_in)[0]
    return book


def _funded(book: Book, snapshot: MarketSnapshot, move: Move, paid_in: Mapping[str, str]) -> Book:
    """Return the book after its perpetuals have paid what a move says they do."""
    if not any(move.funding.values()):
        return book
    table, held = snapshot.table, book.positions
    perpetual = np.array([name in table for name in book.instruments], np.bool_)[held.columns]
    rows = np.array([table.position(book.instruments[c]) for c in held.columns[perpetual].tolist()], np.int64)
    scenario = move.scenario(table.underlyings)
    paid = funding_paid(snapshot, scenario, rows, table.underlying_column[rows])[0] * held.sizes[perpetual]
    own = [table.settlement[n] for n in rows.tolist()]
    return _with_cash(book, snapshot, move, held.rows[perpetual], own, -paid, paid_in)


def _with_cash(
    book: Book, snapshot: MarketSnapshot, move: Move, accounts: IntArray, own: Sequence[str], amounts: FloatArray,
    paid_in: Mapping[str, str],
) -> Book:  # fmt: skip
    """Return the book with amounts added to balances, `(nnz,)` of the assets `own`, each in what it is paid in."""
    into = [paid_in.get(asset, asset) for asset in own]

    def price(asset: str) -> float:
        return snapshot.price_usd(asset) * (1.0 + move.spot.get(asset, 0.0))

    rate = [1.0 if a == b else price(a) / price(b) for a, b in zip(own, into, strict=True)]
    assets = tuple(sorted({*book.assets, *into}))
    place = [assets.index(asset) for asset in book.assets]

    def wide(amounts: FloatArray) -> FloatArray:
        found = np.zeros((len(book), len(assets)))
        found[:, place] = amounts
        return found

    balances = wide(book.balances)
    columns = np.array([assets.index(asset) for asset in into], np.int64)
    np.add.at(balances, (accounts, columns), amounts * np.array(rate, dtype=np.float64))
    charges = {name: wide(charged) for name, charged in book.charges.items()}
    return replace(book, assets=assets, balances=balances, charges=charges)


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
