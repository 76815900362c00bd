"""What a command is given, opened: the market, and the book that is held in it."""

from __future__ import annotations

from pathlib import Path

from seawall.api.books import load_book
from seawall.api.snapshots import load_snapshot
from seawall.market import MarketSnapshot
from seawall.portfolio import Book


def market_and_book(file: Path, snapshot: str, account: str | None = None) -> tuple[MarketSnapshot, Book]:
    """Return a market and a book; `-` reads the book from standard input.

    Parameters
    ----------
    file, snapshot
        A file, or a bundled name.
    account
        Only this account of the book; all, where left out.

    Raises
    ------
    InputError
        When one can't be read, or the book has no such account.
    """
    market = load_snapshot(snapshot)
    book = load_book("-" if str(file) == "-" else file, snapshot=market)
    return market, book if account is None else book.take([book.row(account)])
