"""Trades on a book: how they are written, and the book once they are done. Fees are left out.

`seawall.portfolio.fills` says what a trade does to positions and cash.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TypeAlias, cast

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import MISSING, InputError, Problem, UnavailableError
from seawall.instruments import Option
from seawall.market import MarketSnapshot
from seawall.portfolio.assemble import is_asset
from seawall.portfolio.book import LARGEST_AMOUNT, Account, Book, Holdings, Position
from seawall.portfolio.fills import account_after
from seawall.portfolio.resolve import resolve_findings

TradeSource: TypeAlias = "Trade | str | tuple[str, float] | tuple[str, float, float | None]"
TradesSource: TypeAlias = "TradeSource | Sequence[TradeSource] | Mapping[str, float]"

_FORM = "a trade reads 'NAME SIZE' or 'NAME SIZE @ PRICE', for example BTC-25SEP26-100000-C -10 @ 0.0004"
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TRADE = re.compile(rf"(?P<name>\S+)\s+(?P<size>{_NUMBER})(?:\s*@\s*(?P<price>{_NUMBER}))?", re.ASCII)

SHOWN_ACCOUNTS_COUNT = 12
"""A message names this many of a book's accounts."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A signed size of one instrument, bought where positive, at a price in price units; the mark where left out."""

    instrument: str
    size: float
    price: float | None = None


def parse_trade(source: TradeSource) -> Trade:
    """Return a trade from text or from a tuple of name, size and perhaps price.

    Raises
    ------
    InputError
        When it has another form, or a size of zero, or a number that is not finite or above `LARGEST_AMOUNT`, or a
        negative price.

    Examples
    --------
    >>> parse_trade("BTC-25SEP26-100000-C -10 @ 0.05")
    Trade(instrument='BTC-25SEP26-100000-C', size=-10.0, price=0.05)
    """
    if isinstance(source, str):
        match = _TRADE.fullmatch(source.strip())
        if match is None:
            raise InputError(Problem("trade", source[:100], _FORM))
        price = match["price"]
        source = Trade(match["name"], float(match["size"]), None if price is None else float(price))
    elif isinstance(source, tuple | list):
        if len(source) not in (2, 3) or not isinstance(source[0], str):
            raise InputError(Problem("trade", str(source)[:100], "a trade is name, size and, if wanted, a price"))
        source = Trade(*source)
    if not isinstance(source, Trade):
        raise InputError(Problem("trade", str(source)[:100], _FORM))
    if not _is_amount(source.size) or source.size == 0.0:
        rule = f"a trade's size is a finite number, not 0, between {-LARGEST_AMOUNT:g} and {LARGEST_AMOUNT:g}"
        raise InputError(Problem("size", source.size, rule, str(source.instrument)))
    if source.price is None:
        return replace(source, size=float(source.size))
    if not _is_amount(source.price) or source.price < 0.0:
        rule = f"a trade's price is finite, >= 0 and at most {LARGEST_AMOUNT:g}"
        raise InputError(Problem("price", source.price, rule, str(source.instrument)))
    return replace(source, size=float(source.size), price=float(source.price))


def parse_trades(sources: TradesSource) -> list[Trade]:
    """Return trades from a list, from a mapping from instruments to sizes, or from one text.

    A text has a trade a line, or several separated by `;` or `,`.

    Raises
    ------
    InputError
        With every trade that can't be read, or when there is none.

    Examples
    --------
    >>> [trade.size for trade in parse_trades("BTC-PERPETUAL -500; BTC-25SEP26-70000-C 2")]
    [-500.0, 2.0]
    >>> parse_trades({"BTC-PERPETUAL": -500})
    [Trade(instrument='BTC-PERPETUAL', size=-500.0, price=None)]
    """
    trades: list[Trade] = []
    problems: list[Problem] = []
    for source in _several(sources):
        try:
            trades.append(parse_trade(source))
        except InputError as error:
            problems.extend(error.problems)
    if not trades and not problems:
        problems.append(Problem("trades", "none", _FORM))
    if problems:
        raise InputError(problems)
    return trades


def _several(sources: TradesSource) -> Iterable[TradeSource]:
    if isinstance(sources, str):
        return [part for part in re.split(r"[;,\n]", sources) if part.strip()]
    if isinstance(sources, Mapping):
        return list(sources.items())
    if isinstance(sources, tuple) and len(sources) > 1 and isinstance(sources[1], Real):
        return [cast("tuple[str, float]", sources)]  # one trade, not a sequence of them
    return cast("Sequence[TradeSource]", sources) if isinstance(sources, list | tuple) else [cast("Trade", sources)]


def apply_trades(
    book: Book,
    account: str | None,
    trades: TradesSource,
    *,
    snapshot: MarketSnapshot,
    check_lots: bool = True,
) -> Book:
    """Return the book after an account has traded.

    Parameters
    ----------
    book
        The book before.
    account
        Who trades; None where the book has one account.
    trades
        What `parse_trades` reads; done in their order. An empty list leaves the book as it is.
    snapshot
        Where the instruments are known, and the marks of trades without a price.
    check_lots
        Refuse sizes off the lot.

    Raises
    ------
    InputError
        When the account or an instrument is unknown, an instrument has expired, a size is off the lot, or a price
        can't be.
    UnavailableError
        When a mark is needed and the snapshot has none.

    Examples
    --------
    >>> from seawall.instruments import InstrumentTable
    >>> table = InstrumentTable.of([Option(name="BTC-25SEP26-70000-C", underlying="BTC", quote="USD", settlement="BTC",
    ...     strike=70_000.0, expiry_ns=1, is_call=True, inverse=True)])
    >>> snapshot = MarketSnapshot.of(table, name="now", venue="deribit", source="by hand", time_ns=0,
    ...                              index={"BTC": 62_600.0}, mark=[0.015])
    >>> book = Book.of([Account("desk", (), {"BTC": 2.0})])
    >>> apply_trades(book, None, "BTC-25SEP26-70000-C -10", snapshot=snapshot).account("desk").balances
    {'BTC': 2.15}
    """
    a = account_row(book, account)
    if not isinstance(trades, str | Trade) and len(trades) == 0:
        return book
    wanted = parse_trades(trades)
    _check(wanted, snapshot, check_lots=check_lots)
    holder = book.account(book.accounts[a])
    for trade in wanted:
        i = snapshot.table.position(trade.instrument)
        mark = float(snapshot.mark[i])
        price = mark if trade.price is None else trade.price
        if math.isnan(price):
            raise UnavailableError(f"{trade.instrument} has no mark in {snapshot.name}; name the price of the trade")
        holder = account_after(holder, snapshot.table.row(i), trade.size, price, mark=mark)
    return _replaced(book, a, holder)


def account_row(book: Book, account: str | None) -> int:
    """Return the row of the account that is meant: the one that is named, or the only one.

    Raises
    ------
    InputError
        When the book has several accounts and none is named, or none of the name.
    """
    if account is None and len(book) != 1:
        known = ", ".join(book.accounts[:SHOWN_ACCOUNTS_COUNT]) + (", ..." if len(book) > SHOWN_ACCOUNTS_COUNT else "")
        rule = f"the book has {len(book)} accounts; name one with account= (--account on the command line): {known}"
        raise InputError(Problem("account", MISSING, rule, where=book.origin))
    return 0 if account is None else book.row(account)


def _check(trades: Sequence[Trade], snapshot: MarketSnapshot, *, check_lots: bool) -> None:
    """Refuse trades as `resolve` refuses positions, balances, and prices of 0 where only options can cost nothing."""
    bare = [is_asset(trade.instrument) and trade.instrument not in snapshot.table for trade in trades]
    as_positions = [
        Account(f"trade {i + 1}", (Position(trade.instrument, trade.size),))
        for i, trade in enumerate(trades)
        if not bare[i]
    ]
    book = Book.of(as_positions, origin="trades")
    findings = resolve_findings(book, snapshot, check_lots=check_lots, allow_spot=True)
    for i, trade in enumerate(trades):
        where = f"number {i + 1}"
        if bare[i]:
            rule = "a bare asset is a balance, and a balance is no trade: name an instrument, or a spot pair"
            findings.add("instrument", trade.instrument, rule, within=where)
        elif trade.price == 0.0 and trade.instrument in snapshot.table:
            instrument = snapshot.table.row(snapshot.table.position(trade.instrument))
            if not isinstance(instrument, Option):
                findings.add("price", 0.0, "only an option can cost nothing", within=where)
    findings.raise_any()


def _replaced(book: Book, a: int, holder: Account) -> Book:
    """Return the book with account `a` as given; all others are copied as columns, however many they are."""
    instruments = tuple(sorted({*book.instruments, *(entry.instrument for entry in holder.positions)}))
    assets = tuple(sorted({*book.assets, *holder.balances}))
    column = {name: i for i, name in enumerate(instruments)}
    moved = np.array([column[name] for name in book.instruments], dtype=np.int64)
    others = book.positions.where(book.positions.rows != a)
    mine = holder.positions
    positions = Holdings.gather(
        len(book),
        np.concatenate([others.rows, np.full(len(mine), a, np.int64)]),
        np.concatenate([moved[others.columns], np.array([column[entry.instrument] for entry in mine], np.int64)]),
        np.concatenate([others.sizes, [entry.size for entry in mine]]),
        entry_prices=np.concatenate([others.entry_prices, [entry.entry_price for entry in mine]]),
        lines=np.concatenate([others.lines, np.zeros(len(mine), np.int64)]),
    )
    balances = _widened(book.balances, book.assets, assets)
    balances[a] = [holder.balances.get(asset, 0.0) for asset in assets]
    return replace(
        book,
        instruments=instruments,
        positions=positions,
        orders=replace(book.orders, columns=moved[book.orders.columns]),
        assets=assets,
        balances=balances,
        charges={name: _widened(amounts, book.assets, assets) for name, amounts in book.charges.items()},
    )


def _widened(amounts: FloatArray, assets: Sequence[str], wider: Sequence[str]) -> FloatArray:
    table = np.zeros((len(amounts), len(wider)))
    table[:, [wider.index(asset) for asset in assets]] = amounts
    return table


def _is_amount(number: object) -> bool:
    if isinstance(number, bool) or not isinstance(number, Real):
        return False
    return abs(cast("float", number)) <= LARGEST_AMOUNT
