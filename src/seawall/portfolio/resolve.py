"""A book meets a snapshot: every name finds its row, and what is wrong or missing is said at once.

Wrong input is refused: unknown names, expired instruments, sizes off the lot. A price that the snapshot lacks is not
the book's fault: its instrument is *unavailable* with a reason, and so is the margin of the accounts that hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen
from seawall.core.errors import UnavailableError
from seawall.core.memo import Memo
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.market.checks import SMALLEST_PRICE
from seawall.portfolio.book import LARGEST_AMOUNT, Book, Holdings
from seawall.portfolio.findings import Findings
from seawall.portfolio.lots import nearest_sizes, off_lot
from seawall.portfolio.names import GUESSED_NAMES_COUNT, NameParser, near, refused_names


@dataclass(frozen=True)
class ResolvedBook(Memo):
    """A book whose columns are rows of a snapshot that holds no more than the book does.

    Attributes
    ----------
    book
        As it was read.
    snapshot
        The given snapshot, restricted to the N instruments that are held, in the order of `book.instruments`.
    positions, orders
        Those of the book; `columns` are rows of `snapshot.table`.
    asset_prices
        `(C,)` USD per unit of `book.assets`; NaN where the snapshot has no index.
    unavailable
        From a row of `snapshot.table` to the reason why it can't be valued.
    unavailable_assets
        From a row of `book.assets` to the reason why its price is NaN.
    """

    book: Book
    snapshot: MarketSnapshot
    positions: Holdings
    orders: Holdings
    asset_prices: FloatArray
    unavailable: Mapping[int, str] = field(default_factory=dict)
    unavailable_assets: Mapping[int, str] = field(default_factory=dict)

    def take(self, accounts: IntArray) -> ResolvedBook:
        """Return the given accounts, in the given order, before the same market."""
        return replace(
            self, book=self.book.take(accounts), positions=self.positions.take(accounts),
            orders=self.orders.take(accounts),
        )  # fmt: skip


def resolve(
    book: Book, snapshot: MarketSnapshot, *, check_lots: bool = True, parse: NameParser | None = None
) -> ResolvedBook:
    """Return the book with every instrument found in the snapshot.

    Parameters
    ----------
    book, snapshot
        Who holds what, and the market.
    check_lots
        Refuse sizes that are no multiple of the instrument's lot, where the lot is known. A venue's own report can hold
        such dust.
    parse
        A venue's grammar; with it, a name that the snapshot lacks because it has expired is told so.

    Raises
    ------
    InputError
        With every problem found: unknown and expired instruments, sizes off the lot, sizes and balances that are not
        finite or larger than `LARGEST_AMOUNT`, prices and volatilities that can't be.

    Examples
    --------
    >>> from seawall.instruments import InstrumentTable, Perpetual
    >>> from seawall.portfolio import Account, Position
    >>> table = InstrumentTable.of([Perpetual(name="BTC-PERPETUAL", underlying="BTC", quote="USD", settlement="BTC",
    ...                                       inverse=True, contract_size=10.0, lot=10.0)])
    >>> snapshot = MarketSnapshot.of(table, name="now", venue="deribit", source="by hand", time_ns=0,
    ...                              index={"BTC": 62_600.0}, mark=[62_650.0])
    >>> resolve(Book.of([Account("desk", (Position("BTC-PERPETUAL", -500.0),), {"BTC": 1.0})]), snapshot).asset_prices
    array([62600.])
    >>> resolve(Book.of([Account("desk", (Position("BTC-PERPETUAL", -505.0),))]), snapshot)
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: book, account desk: size is -505.0; sizes of BTC-PERPETUAL are multiples of 10; \
-510 and -500 are the nearest
    """
    findings = resolve_findings(book, snapshot, check_lots=check_lots, parse=parse)
    findings.raise_any()
    used = _held_columns(book)
    held = snapshot.take(np.array([snapshot.table.position(book.instruments[i]) for i in used.tolist()], np.int64))
    prices, unavailable_assets = _asset_prices(book, snapshot)
    return ResolvedBook(
        book=book,
        snapshot=held,
        positions=replace(book.positions, columns=np.searchsorted(used, book.positions.columns)),
        orders=replace(book.orders, columns=np.searchsorted(used, book.orders.columns)),
        asset_prices=prices,
        unavailable=MappingProxyType(unavailable_rows(held)),
        unavailable_assets=MappingProxyType(unavailable_assets),
    )


def resolve_findings(
    book: Book,
    snapshot: MarketSnapshot,
    *,
    check_lots: bool = True,
    parse: NameParser | None = None,
    allow_spot: bool = False,
) -> Findings:
    """Return all that `resolve` would refuse, without refusing it.

    With `allow_spot` spot pairs pass: as trades they exchange balances, while as positions they would be counted twice.
    """
    findings = Findings(book.origin)
    table = snapshot.table
    row_of = np.array([table.position(name) if name in table else -1 for name in book.instruments], np.int64)
    held = _held_columns(book).tolist()
    by_place = refused_names([book.instruments[i] for i in held], snapshot, parse=parse, allow_spot=allow_spot)
    refused = {held[i]: rule for i, rule in by_place.items()}
    lot = np.append(table.lot, 0.0)[row_of]  # row -1, an unknown name, has no lot
    is_option = np.append(table.kind, -1)[row_of] == Kind.OPTION
    for holdings in (book.positions, book.orders):
        _check(book, holdings, refused, lot if check_lots else np.zeros_like(lot), is_option, findings)
    for text, amounts in (("balance", book.balances), *book.charges.items()):
        for a, c in np.argwhere(~(np.abs(amounts) <= LARGEST_AMOUNT)).tolist():
            amount = float(amounts[a, c])
            rule = _large_rule("amounts") if np.isfinite(amount) else "amounts are finite numbers"
            findings.add(f"{text} of {book.assets[c]}", amount, rule, within=f"account {book.accounts[a]}")
    return findings


def _held_columns(book: Book) -> IntArray:
    """Return the columns that some account holds, in rising order."""
    count = len(book.instruments)
    held = [np.bincount(holdings.columns, minlength=count) for holdings in (book.positions, book.orders)]
    return np.flatnonzero(held[0] + held[1])


def _check(
    book: Book, holdings: Holdings, refused: Mapping[int, str], lot: FloatArray, is_option: BoolArray,
    findings: Findings,
) -> None:  # fmt: skip
    """Look at every entry of some holdings at once."""
    columns, sizes, entry_prices = holdings.columns, holdings.sizes, holdings.entry_prices
    rows, lines = holdings.rows, holdings.lines

    def place(i: int) -> tuple[str, int | None]:
        line = int(lines[i])
        return (book.origin, line) if line else (f"{book.origin}, account {book.accounts[rows[i]]}", None)

    def name(i: int) -> str:
        return book.instruments[int(columns[i])]

    def lot_rule(i: int) -> str:
        step = float(lot[columns[i]])
        below, above = nearest_sizes(float(sizes[i]), step)
        return f"sizes of {name(i)} are multiples of {step:.15g}; {below:.15g} and {above:.15g} are the nearest"

    findings.place = place
    at = np.arange(len(holdings), dtype=np.int64)
    is_refused = np.zeros(len(book.instruments), np.bool_)
    is_refused[list(refused)] = True
    findings.add_each(is_refused[columns], "instrument", name, lambda i: refused[int(columns[i])], at=at)
    large = np.abs(sizes) > LARGEST_AMOUNT
    free = (entry_prices == 0.0) & ~is_option[columns] & ~is_refused[columns]
    tiny = (entry_prices > 0.0) & (entry_prices < SMALLEST_PRICE) & ~is_option[columns] & ~is_refused[columns]
    checks: list[tuple[BoolArray, str, FloatArray, str | Callable[[int], str]]] = [
        (~np.isfinite(sizes), "size", sizes, "sizes are finite numbers"),
        (large & np.isfinite(sizes), "size", sizes, _large_rule("sizes")),
        (off_lot(sizes, lot[columns]) & ~large, "size", sizes, lot_rule),
        (entry_prices < 0.0, "entry_price", entry_prices, "entry prices are >= 0"),
        (entry_prices > LARGEST_AMOUNT, "entry_price", entry_prices, f"entry prices are at most {LARGEST_AMOUNT:g}"),
        (tiny, "entry_price", entry_prices, f"entry prices of what is no option are at least {SMALLEST_PRICE:g}"),
        (free, "entry_price", entry_prices, "only an option can have cost nothing; leave out an entry price that is "
                                            "not known"),
    ]  # fmt: skip
    for hits, label, numbers, rule in checks:
        findings.add_each(hits, label, numbers.item, rule, at=at)


def _large_rule(label: str) -> str:
    return f"{label} are between {-LARGEST_AMOUNT:g} and {LARGEST_AMOUNT:g}"


def unavailable_rows(snapshot: MarketSnapshot) -> dict[int, str]:
    """Return the rows that can't be valued, each with what is missing.

    All need a mark and the index of their underlying and settlement asset; an option needs its forward and its
    volatility too.
    """
    table = snapshot.table
    is_option = table.is_kind(Kind.OPTION)
    gaps = {
        "mark": np.isnan(snapshot.mark),
        "forward": np.isnan(snapshot.forward) & is_option,
        "vol": np.isnan(snapshot.vol) & is_option,
    }
    no_index = {asset for asset in {*table.underlyings, *table.settlements} if np.isnan(_price_usd(snapshot, asset))}
    reasons: dict[int, str] = {}
    for i, name in enumerate(table.names):
        missing = [gap for gap, where in gaps.items() if where[i]]
        missing += [f"USD index of {asset}" for asset in sorted({table.underlying[i], table.settlement[i]} & no_index)]
        if missing:
            reasons[i] = f"snapshot {snapshot.name} has no {' and no '.join(missing)} for {name}"
    return reasons


def _asset_prices(book: Book, snapshot: MarketSnapshot) -> tuple[FloatArray, dict[int, str]]:
    prices = np.array([_price_usd(snapshot, asset) for asset in book.assets], dtype=np.float64)
    known = ("USD", *snapshot.index)
    reasons: dict[int, str] = {}
    for c in np.flatnonzero(np.isnan(prices)).tolist():
        asset = book.assets[c]
        guess = near(asset, known) if len(reasons) < GUESSED_NAMES_COUNT else ""
        reasons[c] = f"snapshot {snapshot.name} has no USD index for {asset}{guess}"
    return frozen(prices), reasons


def _price_usd(snapshot: MarketSnapshot, asset: str) -> float:
    try:
        return snapshot.price_usd(asset)
    except UnavailableError:
        return np.nan
