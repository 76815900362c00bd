"""Deribit's private answers about one account, as a book.

Deribit books the profit of futures into `balance` once a day, and its identity is *equity = balance + session_rpl +
futures_session_upl + options_value* (it holds to 1e-8 on the documented examples). A book's balance has neither option
value nor futures profit in it, and a book's futures profit runs from the entry price, which here is `average_price`. So
the book's balance is `equity - options_value - futures_session_upl`, plus for each future its `floating_profit_loss`
less its whole profit from average price to mark: what earlier settlements have already paid out. Both differences stay
the same when prices move, so the book has the venue's equity at the venue's marks although the answers come from
instants a little apart.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.instruments import Future, Instrument, Kind, Perpetual
from seawall.market import MarketSnapshot
from seawall.portfolio import Account, Book, Position
from seawall.venues.deribit import symbols
from seawall.venues.deribit.messages import CurrencySummaryMessage, PositionMessage, Row, load, rows_of, shown, typed

_CURRENCY = re.compile(r"[A-Z0-9]{2,12}")
_DIRECTIONS = {"buy": 1, "sell": -1, "zero": 0}


def book_from_responses(positions: bytes, summaries: bytes, *, account: str | None = None) -> Book:
    """Return the book of one account from the venue's own JSON.

    Parameters
    ----------
    positions
        A response of `private/get_positions`, or a list of them.
    summaries
        A response of `private/get_account_summaries`, or of `private/get_account_summary` (or a list of those).
    account
        Name of the account; by default the venue's id of it, or `deribit` where it has none.

    Returns
    -------
    Book
        Sizes as the venue gives them: USD for inverse futures, base asset for all else. Balances reproduce the venue's
        equity (see the module's text). The open orders' margin of positions is stated under `open_orders_margin`, and
        `spot_reserve` under `spot_margin`, in the settlement asset.

    Raises
    ------
    InputError
        With every problem found, among them a position whose settlement currency has no summary.
    VenueError
        When an answer is a JSON-RPC error.

    Examples
    --------
    >>> held = b'''[{"instrument_name": "BTC-PERPETUAL", "direction": "buy", "size": 50, "average_price": 7440.18,
    ...              "mark_price": 7476.65, "floating_profit_loss": 0, "open_orders_margin": 0.000197288}]'''
    >>> owned = b'{"currency": "BTC", "balance": 1.0, "equity": 1.0, "futures_session_upl": 0, "options_value": 0}'
    >>> book = book_from_responses(held, owned, account="desk")
    >>> round(float(book.balances[0, 0]), 9)  # 50 * (1/7440.18 - 1/7476.65) was paid out at the last settlement
    0.99996722
    """
    problems: list[Problem] = []
    held = _position_rows(positions, problems)
    summed, venue_id = _summary_rows(summaries, problems)
    facts = [_checked(row, problems) for row in held]
    _refuse_twice([row.message.instrument_name for row in held], "instrument_name", "positions", problems)
    _refuse_twice([row.message.currency for row in summed], "currency", "account summaries", problems)
    problems.extend(
        row.problem("currency", row.message.currency, "currencies are capital letters and digits")
        for row in summed
        if not _CURRENCY.fullmatch(row.message.currency)
    )
    covered = {row.message.currency for row in summed}
    for row, fact in zip(held, facts, strict=True):
        if fact is not None and fact.settlement not in covered and not problems:
            rule = f"it settles in {fact.settlement}, and the summaries have no entry for {fact.settlement}"
            problems.append(row.problem("instrument_name", row.message.instrument_name, rule))
    if problems:
        raise InputError(problems)
    balances = {row.message.currency: _settled_cash(row.message) for row in summed}
    charges: dict[str, dict[str, float]] = {"open_orders_margin": {}, "spot_margin": {}}
    entries = []
    for row, fact in zip(held, facts, strict=True):
        assert fact is not None, "a position without instrument was refused above"
        message, settled = row.message, fact.settlement
        balances[settled] += _paid_out(message, fact)
        if message.open_orders_margin:
            stated = charges["open_orders_margin"]
            stated[settled] = stated.get(settled, 0.0) + message.open_orders_margin
        if message.size != 0.0:
            entries.append(Position(message.instrument_name, _size(message, fact), message.average_price))
    for summary in summed:
        if summary.message.spot_reserve:
            charges["spot_margin"][summary.message.currency] = summary.message.spot_reserve
    _refuse_overflow({"balance": balances, **charges})
    stated_charges = {name: amounts for name, amounts in charges.items() if amounts}
    owner = Account(account or venue_id or "deribit", tuple(entries), balances, charges=stated_charges)
    return Book.of([owner], origin="Deribit account answers")


def sizes_from_base(sizes: Mapping[str, float], snapshot: MarketSnapshot) -> dict[str, float]:
    """Return sizes in the venue's position units from sizes in base currency, as `private/pme/simulate` takes them.

    Inverse futures and perpetuals turn from coin to USD through the snapshot's mark; everything else stays.

    Raises
    ------
    UnknownNameError
        When the snapshot does not hold an instrument.
    UnavailableError
        When the mark of an inverse future is missing.

    Examples
    --------
    >>> from seawall.instruments import InstrumentTable
    >>> table = InstrumentTable.of([symbols.parse("BTC-PERPETUAL")])
    >>> snapshot = MarketSnapshot.of(table, name="now", venue="deribit", source="by hand", time_ns=0,
    ...                              index={"BTC": 65e3}, mark=[65_000.0])
    >>> sizes_from_base({"BTC-PERPETUAL": -1.0}, snapshot)
    {'BTC-PERPETUAL': -65000.0}
    """
    table = snapshot.table
    converted = {}
    for name, size in sizes.items():
        row = table.position(name)
        if table.inverse[row] and table.kind[row] in (Kind.FUTURE, Kind.PERPETUAL):
            mark = float(snapshot.mark[row])
            if not mark > 0.0:
                raise UnavailableError(f"{name} has no mark in snapshot {snapshot.name!r}; its size in USD is unknown")
            size = size * mark
        converted[name] = size
    return converted


def _position_rows(content: bytes, problems: list[Problem]) -> list[Row[PositionMessage]]:
    document = "positions"
    rows = rows_of(load(content, document=document), document=document)
    return typed(rows, PositionMessage, document=document, problems=problems)


def _summary_rows(content: bytes, problems: list[Problem]) -> tuple[list[Row[CurrencySummaryMessage]], str | None]:
    """Return one row per currency, and the account's id where the answer tells it."""
    document = "account summaries"
    venue_id = None
    rows = []
    for path, item in rows_of(load(content, document=document), document=document):
        if (stated := item.get("id")) is not None:
            if type(stated) is not int or not 0 <= stated < 2**63:
                problems.append(Problem(f"{path}.id", shown(stated), "ids are whole numbers, >= 0", where=document))
            venue_id = str(stated)
        nested = item.get("summaries")
        if isinstance(nested, list):
            rows += rows_of(nested, document=document, path=f"{path}.summaries")
        else:
            rows.append((path, item))
    return typed(rows, CurrencySummaryMessage, document=document, problems=problems), venue_id


def _checked(row: Row[PositionMessage], problems: list[Problem]) -> Instrument | None:
    message = row.message
    sign = _DIRECTIONS.get(message.direction)
    if sign is None:
        problems.append(row.problem("direction", message.direction, "directions are buy, sell and zero"))
    elif (message.size > 0) - (message.size < 0) != sign:
        rule = f"its direction is {message.direction}: sizes are positive for buy and negative for sell"
        problems.append(row.problem("size", message.size, rule))
    try:
        fact = symbols.parse(message.instrument_name)
    except InputError as error:
        problems.extend(row.problem("instrument_name", fault.value, fault.rule) for fault in error.problems)
        return None
    if isinstance(fact, Future | Perpetual) and message.size != 0.0:
        prices = {"average_price": message.average_price, "mark_price": message.mark_price}
        wrong = [field for field, price in prices.items() if not price > 0.0]
        problems.extend(row.problem(field, prices[field], "prices of futures are above 0") for field in wrong)
    return fact


def _size(message: PositionMessage, fact: Instrument) -> float:
    """Return the size in our unit; for linear futures `size_currency` is in base asset whatever `size` is in."""
    if isinstance(fact, Future | Perpetual) and not fact.inverse and message.size_currency is not None:
        return message.size_currency
    return message.size


def _settled_cash(message: CurrencySummaryMessage) -> float:
    """Return equity without option value and without the session's unrealised futures profit."""
    known = (message.equity, message.options_value, message.futures_session_upl)
    if all(amount is not None for amount in known):
        equity, options_value, futures_upl = (float(amount or 0.0) for amount in known)
        return equity - options_value - futures_upl
    return message.balance + (message.session_rpl or 0.0)


def _paid_out(message: PositionMessage, fact: Instrument) -> float:
    """Return what of a future's profit since entry is no longer floating, with a minus: earlier settlements paid it."""
    if not isinstance(fact, Future | Perpetual) or message.size == 0.0:
        return 0.0
    size, entry, mark = _size(message, fact), message.average_price, message.mark_price
    whole = size * (1.0 / entry - 1.0 / mark) if fact.inverse else size * (mark - entry)
    return message.floating_profit_loss - whole


def _refuse_twice(keys: Sequence[str], field: str, document: str, problems: list[Problem]) -> None:
    twice = sorted(key for key, count in Counter(keys).items() if count > 1)
    problems.extend(Problem(field, key, "it stands once in an account", where=document) for key in twice)


def _refuse_overflow(sums: Mapping[str, Mapping[str, float]]) -> None:
    """Refuse sums that left the range of float64, as prices of 1e-300 and amounts of 1e300 make them."""
    rule = "it is finite; the amounts and prices that it follows from are no account's"
    problems = [
        Problem(f"{name} of {currency}", amount, rule, where="Deribit account answers")
        for name, amounts in sums.items()
        for currency, amount in amounts.items()
        if not math.isfinite(amount)
    ]
    if problems:
        raise InputError(problems)
