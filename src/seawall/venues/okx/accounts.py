"""OKX's private answers about one account, as a book.

OKX pays the profit of derivatives into the cash balance when a position closes, and of expiry futures once a day, when
it moves their `avgPx` too. So *cash = cashBal* and the entry price is `avgPx`: cash, profit since entry and the value
of options are the venue's equity. What is owed is negative cash. Sold short, `cashBal` is negative already;
where it was borrowed as such, `cashBal` holds the loan and `liab` says what is owed. The answer's own `eq` tells which.

A position under isolated margin stands outside the portfolio with a margin of its own, so it is an account of its own:
`okx/isolated/BTC-USDT-SWAP/long`. A long and a short of one instrument under cross margin are netted (see `legs`).

Source: OKX API v5, `account/positions`, `account/balance`, `trade/orders-pending`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.instruments import Instrument, Option, Spot
from seawall.portfolio import Account, Book, Position
from seawall.portfolio.book import LARGEST_AMOUNT
from seawall.venues.okx.answers import PRIVATE, PUBLIC, answers_of, endpoint
from seawall.venues.okx.legs import Leg, netted
from seawall.venues.okx.listing import listed
from seawall.venues.okx.messages import BalanceMessage, OrderMessage, PositionMessage
from seawall.venues.okx.reading import Row, product, rows_of, shown, typed

DEFAULT_ACCOUNT = "okx"
"""Balance and positions do not say whose they are; `account/config` does."""
MODES = ("cross", "isolated")
SIDES = {"net": 0, "long": 1, "short": -1}
ORDER_SIDES = {"buy": 1.0, "sell": -1.0}

_ADD_LISTING = "how much one contract of it is worth is not known: add the answer of public/instruments that lists it"
_NO_SPOT = "it is a pair and no contract: loans and spot holdings are balances"


def book_from_document(document: Mapping[Any, Any], *, origin: str, account: str | None = None) -> Book:
    """Return the book of one OKX account and of its isolated positions.

    Parameters
    ----------
    document
        The answers under keys that name their endpoints: `account/positions` and `account/balance`;
        `public/instruments` for whatever is held; if open, `trade/orders-pending`; if known, `account/config`.
    origin
        Where they were read, for messages.
    account
        Name of the account; by default the `uid` of `account/config`, or `okx`.

    Returns
    -------
    Book
        Sizes in units of size: USD for inverse futures and perpetuals, base asset for all else. Isolated positions are
        accounts of their own after the first.

    Raises
    ------
    InputError
        With every problem found, among them positions whose contract value is not known and keys that are not read.

    Examples
    --------
    >>> held = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "mgnMode": "cross", "posSide": "net", "pos": "-10",
    ...         "avgPx": "100000"}
    >>> listing = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "ctVal": "0.01", "ctMult": "1"}
    >>> book = book_from_document({"account/positions": [held], "public/instruments": [listing],
    ...                            "account/balance": [{"details": [{"ccy": "USDT", "cashBal": "100"}]}]}, origin="now")
    >>> book.account("okx").positions[0].size, book.account("okx").balances
    (-0.1, {'USDT': 100.0})
    """
    rule = f"the answers of an account are {', '.join(PRIVATE)} and public ones; leave others out"
    problems = [
        Problem("key", shown(str(key)), rule, where=origin)
        for key in document
        if endpoint(key) not in (*PRIVATE, *PUBLIC)
    ]
    answers = answers_of(document, wanted=(*PRIVATE, "instruments"), where=origin)
    facts, _others = listed(answers["instruments"], problems=problems)
    balances = _balances(answers["balance"], problems)
    orders = _orders(answers["orders-pending"], facts, problems)
    rows = typed(answers["positions"], PositionMessage, document="positions", problems=problems)
    _refuse_twice(rows, problems)
    owner = account or _uid(answers["config"], problems) or DEFAULT_ACCOUNT
    cross: list[Leg] = []
    apart: list[Account] = []
    for row in rows:
        leg = _leg(row, facts, problems)
        if row.message.mgn_mode == "isolated":
            apart += _isolated(row, leg, owner, problems)
        elif leg is not None:
            cross.append(leg)
    if problems:
        raise InputError(problems)
    positions, paid = netted(cross)
    for asset, amount in paid.items():
        balances[asset] = balances.get(asset, 0.0) + amount
    return Book.of([Account(owner, tuple(positions), balances, orders), *apart], origin=origin)


def _leg(row: Row[PositionMessage], facts: Mapping[str, Instrument], problems: list[Problem]) -> Leg | None:
    """Return a position in units of size; None where nothing is held or where it is refused."""
    message, count = row.message, len(problems)
    if message.mgn_mode not in MODES:
        problems.append(row.problem("mgnMode", message.mgn_mode, f"margin modes are {' and '.join(MODES)}"))
    if message.pos_side not in SIDES:
        problems.append(row.problem("posSide", message.pos_side, f"sides are {', '.join(SIDES)}"))
    fact = facts.get(message.inst_id)
    if message.inst_type in ("MARGIN", "SPOT") or isinstance(fact, Spot):
        problems.append(row.problem("instType", message.inst_type, _NO_SPOT))
    elif not message.pos:
        return None
    elif fact is None:
        problems.append(row.problem("instId", message.inst_id, _ADD_LISTING))
    if len(problems) > count or fact is None or not message.pos:
        return None
    sign = SIDES[message.pos_side]
    if sign and message.pos < 0.0:
        problems.append(row.problem("pos", message.pos, f"under posSide {message.pos_side} it is >= 0"))
    entry = math.nan if message.avg_px is None else message.avg_px
    if not isinstance(fact, Option) and not entry > 0.0:
        problems.append(row.problem("avgPx", message.avg_px, "a future or perpetual has an entry price above 0"))
    size = product(message.pos * (sign or 1), fact.contract_size)
    if not 0.0 < abs(size) <= LARGEST_AMOUNT:
        problems.append(row.problem("pos", message.pos, f"a size is not 0 and at most {LARGEST_AMOUNT:g}"))
    return Leg(fact, size, entry) if len(problems) == count else None


def _isolated(row: Row[PositionMessage], leg: Leg | None, owner: str, problems: list[Problem]) -> list[Account]:
    """Return an isolated position as an account with the margin that was set aside for it."""
    message = row.message
    asset = message.ccy or (leg.instrument.settlement if leg is not None else "")
    if message.margin is None or not asset:
        if leg is not None:
            problems.append(row.problem("margin", message.margin, "an isolated position has a margin of its own"))
        return []
    if leg is None and not message.margin:
        return []
    if not _is_asset(asset):
        problems.append(row.problem("ccy", asset, "a currency is named by letters and digits"))
        return []
    positions = () if leg is None else (Position(message.inst_id, leg.size, leg.entry),)
    return [Account(f"{owner}/isolated/{message.inst_id}/{message.pos_side}", positions, {asset: message.margin})]


def _balances(answers: Sequence[tuple[str, Any]], problems: list[Problem]) -> dict[str, float]:
    """Return the cash of each currency; what is owed counts against it once."""
    rows: list[tuple[str, Any]] = []
    for path, item in answers:
        details = item.get("details")
        if details is None:
            rows.append((path, item))
        else:
            rows += rows_of(details, document="balance", path=f"{path}.details")
    found: dict[str, float] = {}
    for row in typed(rows, BalanceMessage, document="balance", problems=problems):
        asset = row.message.ccy
        if asset in found:
            problems.append(row.problem("ccy", asset, "a currency stands once"))
        elif not _is_asset(asset):
            problems.append(row.problem("ccy", asset, "a currency is named by letters and digits"))
        else:
            found[asset] = _cash(row, problems)
    return found


def _cash(row: Row[BalanceMessage], problems: list[Problem]) -> float:
    message = row.message
    cash, owed = message.cash_bal, message.liab or 0.0
    if cash < 0.0 or owed == 0.0:
        return cash
    if message.eq is None:
        rule = f"{owed:g} is owed and cashBal is {cash:g}; eq tells whether cashBal holds the loan, and is needed"
        problems.append(row.problem("eq", "", rule))
        return cash
    settled = message.eq - (message.upl or 0.0) - (message.iso_eq or 0.0) - (message.stgy_eq or 0.0)
    return cash if abs(settled - cash) <= abs(settled - (cash - owed)) else cash - owed


def _orders(
    answers: Sequence[tuple[str, Any]], facts: Mapping[str, Instrument], problems: list[Problem]
) -> tuple[Position, ...]:
    """Return what of each open order is not filled, as a signed size."""
    orders = []
    for row in typed(answers, OrderMessage, document="orders-pending", problems=problems):
        message, fact = row.message, facts.get(row.message.inst_id)
        if message.side not in ORDER_SIDES:
            problems.append(row.problem("side", message.side, "sides of orders are buy and sell"))
        elif message.inst_type in ("MARGIN", "SPOT") or isinstance(fact, Spot):
            problems.append(row.problem("instType", message.inst_type, "orders of pairs are not read; leave them out"))
        elif fact is None:
            problems.append(row.problem("instId", message.inst_id, _ADD_LISTING))
        else:
            left = max(message.sz - (message.acc_fill_sz or 0.0), 0.0)
            size = product(left, fact.contract_size)
            if size > LARGEST_AMOUNT:
                problems.append(row.problem("sz", message.sz, f"sizes are at most {LARGEST_AMOUNT:g}"))
            elif size:
                orders.append(Position(message.inst_id, size * ORDER_SIDES[message.side]))
    return tuple(orders)


def _refuse_twice(rows: Sequence[Row[PositionMessage]], problems: list[Problem]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        key = (row.message.inst_id, row.message.mgn_mode, row.message.pos_side)
        if key in seen:
            problems.append(row.problem("instId", key[0], "a position of one mode and side stands once"))
        seen.add(key)


def _uid(answers: Sequence[tuple[str, Any]], problems: list[Problem]) -> str:
    for path, item in answers:
        uid = item.get("uid", "")
        if not isinstance(uid, str | int) or isinstance(uid, bool) or len(shown_text := str(shown(uid))) > 80:
            problems.append(Problem(f"{path}.uid", shown(uid), "an account's id is a text", where="config"))
        elif shown_text.strip() and shown_text.isprintable():
            return shown_text.strip()
        elif shown_text:
            problems.append(Problem(f"{path}.uid", shown(uid), "an account's id is a text", where="config"))
    return ""


def _is_asset(name: str) -> bool:
    return name.isascii() and name.isalnum() and len(name) <= 20
