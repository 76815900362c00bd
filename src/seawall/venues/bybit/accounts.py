"""Bybit's private answers about one account, as a book.

The venue's identity is, for every coin, *equity = walletBalance - spotBorrow + unrealised profit of futures + value of
options* (API reference, wallet balance; glossary of the Unified Trading Account). So `walletBalance` holds neither
option value nor unrealised profit, as a book's balance does not; but it holds coins that were borrowed to be sold or
bought on the spot market, and they go off here. What derivatives borrow shows as a negative wallet balance already.

Futures in USDC are settled every eight hours: what they gained until then is in the wallet, and the rest runs from
`sessionAvgPrice`. `avgPrice` stays where the position was opened, and so is not the entry price of what is unrealised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.instruments import Future, Instrument, Option, Perpetual
from seawall.portfolio import Account, Book, Position
from seawall.portfolio.assemble import is_asset_name
from seawall.venues.bybit import symbols
from seawall.venues.bybit.messages import Answer, CoinMessage, PositionMessage, Row, entries, shown, typed

ORIGIN = "Bybit account answers"
SIDES = {"Buy": 1.0, "Sell": -1.0}
SESSION_SETTLED_COIN = "USDC"
DEFAULT_PAGE_COUNT = 20
"""Rows of a page of positions, unless more were asked for: a page that is full may not be the last."""


def book_from_answers(positions: Sequence[Answer], wallet: Sequence[Answer], *, account: str | None = None) -> Book:
    """Return the book of one account from the venue's own answers.

    Parameters
    ----------
    positions
        Answers of `/v5/position/list`, one or more pages for each category that the account holds.
    wallet
        One answer of `/v5/account/wallet-balance`.
    account
        Name of the account; by default `bybit`.

    Returns
    -------
    Book
        Sizes as the venue gives them: USD for inverse contracts, base asset for all else. The two sides of a hedge-mode
        position are one position, and what they have locked in is in the balance.

    Raises
    ------
    InputError
        With every problem found, among them a page of positions that is full while the next one is not given.

    Examples
    --------
    >>> from seawall.venues.bybit.messages import answers_of
    >>> held = {"result": {"category": "inverse", "list": [
    ...     {"symbol": "BTCUSD", "side": "Sell", "size": "300", "avgPrice": "27464.50441675"}]}}
    >>> owned = {"result": {"list": [{"coin": [{"coin": "BTC", "walletBalance": "0.5", "spotBorrow": "0.1"}]}]}}
    >>> book = book_from_answers(answers_of(held, document="positions"), answers_of(owned, document="wallet"))
    >>> book.account("bybit").positions[0].size, book.account("bybit").balances
    (-300.0, {'BTC': 0.4})
    """
    problems: list[Problem] = []
    _refuse_cut_pages(positions, problems)
    seen: set[tuple[str, str]] = set()
    held = [row for answer in positions for row in _held(answer, seen, problems)]
    coins = _coins(wallet, problems)
    if problems:
        raise InputError(problems)
    balances = {row.message.coin: _balance(row.message) for row in coins}
    by_symbol: dict[str, list[tuple[Row[PositionMessage], Instrument]]] = {}
    for row, fact in held:
        by_symbol.setdefault(row.message.symbol, []).append((row, fact))
    kept = []
    for symbol, rows in by_symbol.items():
        fact = rows[0][1]
        size, entry, locked_in = _netted([(_size(row.message), _entry(row.message, fact)) for row, _ in rows], fact)
        if locked_in:
            balances[fact.settlement] = balances.get(fact.settlement, 0.0) + locked_in
        if size:
            kept.append(Position(symbol, size, entry))
    return Book.of([Account(account or "bybit", tuple(kept), balances)], origin=ORIGIN)


def _held(
    answer: Answer, seen: set[tuple[str, str]], problems: list[Problem]
) -> list[tuple[Row[PositionMessage], Instrument]]:
    """Return the positions of an answer that are not empty, each with its instrument; none may have been seen."""
    category = answer.result.get("category")
    if category not in symbols.CATEGORIES or category == "spot":
        rule = "positions are option, linear or inverse; spot is held as coins"
        problems.append(Problem(f"{answer.path}.result.category", shown(category), rule, where=answer.document))
        return []
    found = []
    for row in typed(answer.rows(), PositionMessage, document=answer.document, problems=problems):
        message = row.message
        if message.size == 0.0:
            continue
        faults = []
        if message.side not in SIDES:
            faults.append(row.problem("side", message.side, f"sides are {' and '.join(SIDES)}"))
        if (message.symbol, message.side) in seen:
            faults.append(row.problem("symbol", message.symbol, f"it stands once with the side {message.side}"))
        seen.add((message.symbol, message.side))
        try:
            fact = symbols.parse(message.symbol, category=category)
        except InputError as error:
            problems.extend(row.problem("symbol", fault.value, fault.rule) for fault in error.problems)
            continue
        if isinstance(fact, Future | Perpetual) and not _entry(message, fact) > 0.0:
            faults.append(row.problem("avgPrice", message.avg_price, "entry prices of futures are above 0"))
        problems.extend(faults)
        if not faults:
            found.append((row, fact))
    return found


def _coins(wallet: Sequence[Answer], problems: list[Problem]) -> list[Row[CoinMessage]]:
    if len(wallet) != 1:
        problems.append(Problem("wallet-balance", f"{len(wallet)} answers", "one answer states an account's coins"))
        return []
    [answer] = wallet
    accounts = answer.rows()
    if len(accounts) != 1 or not isinstance(accounts[0][1], Mapping):
        rule = "it lists one account"
        problems.append(Problem(f"{answer.path}.result.list", f"{len(accounts)} rows", rule, where=answer.document))
        return []
    path, owner = accounts[0]
    rows = typed(entries(owner, "coin", path=path, document=answer.document), CoinMessage, document=answer.document,
                 problems=problems)  # fmt: skip
    seen: set[str] = set()
    for row in rows:
        coin = row.message.coin
        if not is_asset_name(coin) or coin in seen:
            rule = "a coin has a name and stands once; names are letters and digits"
            problems.append(row.problem("coin", coin, rule))
        seen.add(coin)
    return rows


def _balance(message: CoinMessage) -> float:
    """Return what is owned of a coin; answers from before borrowing by hand have no `spotBorrow`."""
    return message.wallet_balance - (0.0 if math.isnan(message.spot_borrow) else message.spot_borrow)


def _size(message: PositionMessage) -> float:
    return SIDES[message.side] * message.size


def _entry(message: PositionMessage, fact: Instrument) -> float:
    """Return the price from which profit is unrealised; NaN where it is not known, which only an option's may be."""
    session = message.session_avg_price
    if not isinstance(fact, Option) and fact.settlement == SESSION_SETTLED_COIN and session > 0.0:
        return session
    return message.avg_price if message.avg_price > 0.0 else math.nan


def _netted(legs: Sequence[tuple[float, float]], fact: Instrument) -> tuple[float, float, float]:
    """Return size and entry price of what is left of one or two sides, and the profit that the rest has locked in.

    The smaller side closes as much of the larger one, which keeps its own entry price.
    """
    if len(legs) == 1:
        return *legs[0], 0.0
    (size, entry), (other, other_entry) = sorted(legs, key=lambda leg: abs(leg[0]), reverse=True)
    closed = -other  # of the larger side, signed as it is
    if isinstance(fact, Option):
        return size + other, entry, 0.0  # premium is cash already
    if isinstance(fact, Future | Perpetual) and fact.inverse:
        return size + other, entry, closed * (1.0 / entry - 1.0 / other_entry)
    return size + other, entry, closed * (other_entry - entry)


def _refuse_cut_pages(positions: Sequence[Answer], problems: list[Problem]) -> None:
    """Refuse positions whose last page is full and names a next one: what is on it would be lost."""
    last: dict[Any, Answer] = {}
    for answer in positions:
        category = answer.result.get("category")
        if isinstance(category, str):
            last[category] = answer
    for answer in last.values():
        cursor = answer.result.get("nextPageCursor")
        listed = answer.result.get("list")
        if cursor and isinstance(listed, list) and len(listed) >= DEFAULT_PAGE_COUNT:
            rule = f"after a page of {len(listed)} positions the next page is needed, though it be empty"
            problems.append(Problem(f"{answer.path}.result.nextPageCursor", shown(cursor), rule, where=answer.document))
