"""What holds of everything that a decoder took: a broken promise is an AssertionError, whose text says which."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import seawall as sw
from seawall.api.books import load_book
from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, SeawallError
from seawall.core.time import iso
from seawall.instruments import Instrument, Kind
from seawall.market import MarketSnapshot, Origin
from seawall.market.codec import decode, encode
from seawall.market.snapshot import FLOAT_COLUMNS
from seawall.policy import MarginPolicy, policy_text, read_policy
from seawall.portfolio import Book, NameParser, Position
from seawall.portfolio.assemble import is_asset
from seawall.portfolio.trades import Trade
from seawall.venues.reply import MarginReply

SIGNED_COLUMNS = ("funding_8h",)
"""Columns that may be below 0; all others are amounts, prices or volatilities."""
MARGINED_COUNT = 40
"""Contracts of a clearing house's file that are margined together."""
LARGEST_ROUND = 1_000
"""Entries of a book that is written as rows and read again: of more, rows of plain Python take their time."""
LONGEST_LINE = 6_000
"""Characters of one problem in a message: 1,600 are shown, and each may be written as an escape of several."""
LONGEST_MESSAGE = 60_000
"""Characters of a whole message, which shows 20 problems."""


def check_refusal(error: SeawallError) -> None:
    """A refusal can be printed and is no longer than a page; each problem names field, value and rule."""
    message = str(error)
    assert message.strip() and len(message) <= LONGEST_MESSAGE, f"a message of {len(message)} characters"
    for line in message.split("\n"):
        assert line.isprintable() and len(line) <= LONGEST_LINE, f"a line is {line[:200]!r}"
    if not isinstance(error, InputError):
        return
    for problem in error.problems[:100]:
        assert isinstance(problem.field, str) and problem.rule.strip(), f"a problem without a rule: {problem!r}"


def check_instrument(instrument: Instrument) -> None:
    """A name's facts are texts with something in them, and numbers that a contract can have."""
    _texts(instrument.name, instrument.underlying, instrument.quote, instrument.settlement)
    assert instrument.underlying != instrument.quote, f"{instrument.name} is priced in itself"
    _above_zero("contract_size", instrument.contract_size)
    _not_below_zero("lot", instrument.lot)
    if (strike := getattr(instrument, "strike", None)) is not None:
        _above_zero("strike", strike)
    if (expiry_ns := getattr(instrument, "expiry_ns", None)) is not None:
        assert isinstance(expiry_ns, int) and 0 < expiry_ns < 2**63, f"expiry_ns is {expiry_ns}"
        iso(expiry_ns)


def check_snapshot(snapshot: MarketSnapshot, *, may_be_empty: bool = False) -> None:
    """Every number is unavailable or possible, it says so rightly, and the whole can be named, shown and kept."""
    _keeps(snapshot)
    table = snapshot.table
    assert len(snapshot) or may_be_empty, "a snapshot of nothing was taken"
    for row in range(len(table)):
        check_instrument(table.row(row))
    _texts(snapshot.name, snapshot.venue, snapshot.source, *snapshot.index)
    assert 0 <= snapshot.time_ns < 2**63, f"time_ns is {snapshot.time_ns}"
    assert (snapshot.observed_ns >= 0).all(), "observed_ns is below 0"
    for asset, price in snapshot.index.items():
        _above_zero(f"index of {asset}", price)
    for column in FLOAT_COLUMNS:
        numbers: FloatArray = getattr(snapshot, column)
        assert not np.isinf(numbers).any(), f"{column} is infinite"
        assert column in SIGNED_COLUMNS or not (numbers < 0.0).any(), f"{column} is below 0"
        if (origin := getattr(snapshot, f"{column}_origin", None)) is not None:
            missing = origin == Origin.MISSING
            assert (missing == np.isnan(numbers)).all(), f"{column}_origin is not that of {column}"
    options = table.is_kind(Kind.OPTION)
    assert not (snapshot.mark[~options] == 0.0).any(), "the mark of what is no option is 0"
    assert not (snapshot.forward == 0.0).any(), "a forward is 0"
    assert not np.isnan(snapshot.years).any(), "years are NaN"
    if snapshot.listed is not None:
        assert np.isfinite(snapshot.listed.rate).all(), "a rate is not finite"
        assert np.isfinite(snapshot.listed.dividend_yield).all(), "a yield is not finite"
    if snapshot.feeds is not None:
        for sure in snapshot.feeds.index_confidence.values():
            assert math.isfinite(sure), "an index confidence is not finite"


def check_parameter_file(snapshot: MarketSnapshot) -> None:
    """A clearing house's file can be named and shown, and a book of its contracts has a margin or a reason."""
    assert snapshot.digest in repr(snapshot)
    table = snapshot.table
    assert len(snapshot), "a file of nothing was taken"
    _texts(snapshot.name, snapshot.venue, *table.names, *table.underlying, *table.settlement)
    assert (table.expiry_ns > snapshot.time_ns).all(), "a contract of the file has expired"
    assert not np.isinf(snapshot.mark).any() and not (snapshot.mark < 0.0).any(), "a price can't be"
    book = {name: float(n % 3 - 1) or 2.0 for n, name in enumerate(table.names[:MARGINED_COUNT]) if "/" in name}
    if not book:
        return
    for row in sw.margin(book, snapshot, "span/portfolio/2026-01-01"):
        known = math.isfinite(row.initial_margin) and math.isfinite(row.maintenance_margin)
        assert known != bool(row.unavailable), f"a margin is {row.initial_margin}, and {row.unavailable!r}"


def check_file(snapshot: MarketSnapshot) -> None:
    """A snapshot file can hold any number, which margining refuses later; it can be named, shown and kept."""
    _keeps(snapshot)


def check_book(book: Book, *, parse: NameParser | None = None) -> None:
    """Every size is finite and stands under a name, and the book comes back from rows of our own form.

    With a venue's grammar, every instrument's name is one of that venue's.
    """
    assert len(book), "a book of nobody was taken"
    assert len(set(book.accounts)) == len(book.accounts), "an account stands twice"
    assert len(set(book.instruments)) == len(book.instruments), "an instrument stands twice"
    _texts(*book.accounts, *book.instruments, *book.assets)
    repr(book)
    for held in (book.positions, book.orders):
        assert np.isfinite(held.sizes).all(), "a size is not finite"
        assert not np.isinf(held.entry_prices).any(), "an entry price is infinite"
        assert not (held.entry_prices < 0.0).any(), "an entry price is below 0"
    assert np.isfinite(book.balances).all(), "a balance is not finite"
    for name, amounts in book.charges.items():
        assert np.isfinite(amounts).all(), f"{name} is not finite"
        assert (amounts >= 0.0).all(), f"{name} is below 0"
    if parse is not None:
        for name in book.instruments:
            assert parse(name).name == name, f"{name} is another instrument's name"
    if len(book.positions) + len(book.orders) + book.balances.size > LARGEST_ROUND:
        return
    if any(map(is_asset, book.instruments)):  # BTCUSDT: in rows of our own form it would be an asset
        return
    rows = list(rows_of(book))
    again = load_book(rows, name_rule=parse)
    assert list(rows_of(again)) == rows, "the book does not come back from its rows"


def check_trades(trades: Iterable[Trade]) -> None:
    """A trade has a size and a name, which the market that it is done in knows or refuses."""
    for trade in trades:
        assert trade.instrument, "a trade is of nothing"
        assert math.isfinite(trade.size) and trade.size != 0.0, f"a trade's size is {trade.size}"
        assert trade.price is None or 0.0 <= trade.price < math.inf, f"a trade's price is {trade.price}"


def check_policy_part(part: Any) -> None:
    """Every number in a policy file is finite, and within its bounds."""
    repr(part)
    for rule in getattr(part, "rules", {}).values():
        assert rule.statement.strip() and rule.source.strip(), "a rule says nothing, or nobody said it"
    for parameter in getattr(part, "parameters", {}).values():
        held = parameter.value
        numbers = held if isinstance(held, tuple) else (held,)
        for number in numbers:
            if isinstance(number, float):
                assert parameter.lower <= number <= parameter.upper, f"{parameter.name} is {number}"
    for entry in getattr(part, "entries", {}).values():
        for bound in (entry.lower, entry.upper):
            assert bound is None or math.isfinite(bound), f"a bound of {entry.pattern} is {bound}"


def check_whole_policy(policy: MarginPolicy) -> None:
    """What holds of its parts, and the policy is the same after it was written and read once more."""
    check_policy_part(policy)
    assert read_policy(policy_text(policy)) == policy


def check_reply(reply: MarginReply, *, parse: NameParser) -> None:
    """Market and book are as from any other answer, and every stated number is one."""
    check_snapshot(reply.snapshot, may_be_empty=not reply.book.instruments)
    check_book(reply.book, parse=parse)
    assert len(reply.book) == 1, "an answer is about one account"
    _texts(reply.policy.id, *reply.stated, *reply.reconstructed)
    repr(reply.policy)
    for name, number in reply.stated.items():
        assert isinstance(number, float | int) and math.isfinite(number), f"a stated number is {number}: {name}"


def rows_of(book: Book) -> Iterable[Mapping[str, object]]:
    """Return a book as rows of the plain form, in an order of its own; orders of one side are added up."""
    for name in sorted(book.accounts):
        account = book.account(name)
        rows = [_row(name, entry, "position") for entry in account.positions]
        sides: dict[tuple[str, bool], float] = {}
        for entry in account.orders:
            side = (entry.instrument, entry.size < 0.0)
            sides[side] = sides.get(side, 0.0) + entry.size
        rows += [_row(name, Position(key[0], size), "order") for key, size in sides.items()]
        rows += [_row(name, Position(asset, amount), "position") for asset, amount in account.balances.items()]
        for charge, amounts in account.charges.items():
            rows += [_row(name, Position(asset, amount), charge) for asset, amount in amounts.items()]
        # An account that owns nothing is still an account.
        yield from sorted(rows, key=repr) or [_row(name, Position("USD", 0.0), "position")]


def _keeps(snapshot: MarketSnapshot) -> None:
    """The digest can be computed, and a snapshot file gives the same snapshot back."""
    assert snapshot.digest in repr(snapshot)
    back = decode(encode(snapshot))
    assert back.digest == snapshot.digest, "a snapshot file gives another snapshot back"
    assert (back.name, back.source, back.notes) == (snapshot.name, snapshot.source, snapshot.notes)


def _row(account: str, entry: Position, kind: str) -> dict[str, object]:
    price = None if math.isnan(entry.entry_price) else entry.entry_price
    return {
        "account": account, "instrument": entry.instrument, "size": entry.size, "kind": kind, "entry_price": price,
    }  # fmt: skip


def _texts(*texts: str) -> None:
    """Each has a sign that can be seen, and can be written down."""
    for text in texts:
        assert isinstance(text, str) and text.strip() and text.isprintable(), f"a name is {text!r}"
        text.encode()


def _above_zero(name: str, number: float) -> None:
    assert isinstance(number, float | int) and 0.0 < number < math.inf, f"{name} is {number}"


def _not_below_zero(name: str, number: float) -> None:
    assert isinstance(number, float | int) and 0.0 <= number < math.inf, f"{name} is {number}"
