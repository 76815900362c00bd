"""Binance's private answers about one account, as a book.

The venue's equity of an asset is *cross-margin assets less loans and interest, plus the futures wallets, plus the
unrealised profit of futures* (help page on uniMMR). A wallet holds no unrealised profit and no option value, as a
book's balance does not; so the balance is all but the last term, and the entry price is `entryPrice`. Loans stand
beside it as the charge `borrowed`: their margin is on what is owed, whatever else of the asset is owned.

Options are held in an account of their own, with cash and margin of its own: `binance/options`.

A long and a short side of one contract, as hedge mode has them, are two positions at the venue, each with its margin;
a book would net them. They are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from seawall.core.errors import InputError, Problem
from seawall.portfolio import Account, Book
from seawall.portfolio.assemble import is_asset_name
from seawall.portfolio.book import LARGEST_AMOUNT
from seawall.venues.binance.holdings import future_positions, option_positions, still_to_fill
from seawall.venues.binance.messages import Row, method_of, rows_of, shown
from seawall.venues.binance.shapes import (
    BalanceMessage,
    FuturePositionMessage,
    OptionAssetMessage,
    OptionPositionMessage,
    OrderMessage,
)

DEFAULT_ACCOUNT = "binance"
"""No answer says whose it is."""
BALANCES = ("papi/v1/balance", "sapi/v1/portfolio/balance")
LINEAR = ("papi/v1/um/positionRisk", "fapi/v2/positionRisk", "fapi/v3/positionRisk")
COIN = ("papi/v1/cm/positionRisk", "dapi/v1/positionRisk")
LINEAR_ORDERS = ("papi/v1/um/openOrders", "fapi/v1/openOrders")
COIN_ORDERS = ("papi/v1/cm/openOrders", "dapi/v1/openOrders")
OPTION_ASSETS, OPTION_POSITIONS = ("eapi/v1/marginAccount",), ("eapi/v1/position",)
OPTION_ORDERS = ("eapi/v1/openOrders",)
PORTFOLIO_PARTS = (BALANCES, LINEAR, COIN)
OPTION_PARTS = (OPTION_ASSETS, OPTION_POSITIONS)
"""What one account of each kind needs; the first name of each is the one that messages show."""
PRIVATE = tuple(
    name for part in (*PORTFOLIO_PARTS, LINEAR_ORDERS, COIN_ORDERS, *OPTION_PARTS, OPTION_ORDERS) for name in part
)
_READ_ELSEWHERE = ("eapi/", "fapi/", "dapi/", "sapi/", "papi/")
_ASSET_RULE = "an asset has a name and stands once; names are letters and digits"
MessageT = TypeVar("MessageT", bound=msgspec.Struct)


def book_from_document(document: Mapping[Any, Any], *, origin: str, account: str | None = None) -> Book:
    """Return the book of one portfolio-margin account, of one option account, or of both.

    Parameters
    ----------
    document
        The answers under keys that name their methods: for portfolio margin `papi/v1/balance`,
        `papi/v1/um/positionRisk` and `papi/v1/cm/positionRisk`, and if there are any `papi/v1/um/openOrders` and
        `papi/v1/cm/openOrders`; for options `eapi/v1/marginAccount` and `eapi/v1/position`. Answers of other methods
        may stand beside them and are left alone.
    origin
        Where they were read, for messages.
    account
        Name of the account; by default `binance`. The option account has `/options` after it.

    Returns
    -------
    Book
        Sizes in units of size: USD for coin-settled futures, which the venue counts in contracts, and base asset for
        all else.

    Raises
    ------
    InputError
        With every problem found, among them an answer that is missing and a contract held on both sides.

    Examples
    --------
    >>> book = book_from_document({
    ...     "papi/v1/balance": [{"asset": "BTC", "crossMarginAsset": "0.1", "crossMarginBorrowed": "0.04"}],
    ...     "papi/v1/um/positionRisk": [],
    ...     "papi/v1/cm/positionRisk": [{"symbol": "BTCUSD_PERP", "positionAmt": "-3", "entryPrice": "50000"}],
    ... }, origin="now")
    >>> desk = book.account("binance")
    >>> desk.positions[0].size, round(desk.balances["BTC"], 12), desk.charges
    (-300.0, 0.06, {'borrowed': {'BTC': 0.04}})
    """
    name = account or DEFAULT_ACCOUNT
    problems: list[Problem] = []
    parts = _answers(document, origin, problems)
    accounts = []
    if any(part in parts for part in PORTFOLIO_PARTS):
        accounts.append(_portfolio(parts, name, origin, problems))
    if any(part in parts for part in OPTION_PARTS):
        accounts.append(_options(parts, f"{name}/options", origin, problems))
    if not accounts and not problems:
        wanted = ", ".join(part[0] for part in (*PORTFOLIO_PARTS, *OPTION_PARTS))
        problems.append(Problem("$", shown(document), f"it has a key for each of {wanted}", where=origin))
    for made in accounts:
        _refuse_large(made, origin, problems)
    if problems:
        raise InputError(problems)
    return Book.of(accounts, origin="Binance account answers")


def _answers(
    document: Mapping[Any, Any], origin: str, problems: list[Problem]
) -> dict[tuple[str, ...], tuple[str, Any]]:
    """Return key and content of each private answer; two for one part are refused, and so are keys of no method."""
    wanted = (*PORTFOLIO_PARTS, LINEAR_ORDERS, COIN_ORDERS, *OPTION_PARTS, OPTION_ORDERS)
    found: dict[tuple[str, ...], tuple[str, Any]] = {}
    for key, content in document.items():
        method = method_of(key)
        part = next((names for names in wanted if method in names), None)
        if part is None:
            if not method.startswith(_READ_ELSEWHERE):
                rule = f"keys name methods of the venue, such as {BALANCES[0]}"
                problems.append(Problem("key", shown(str(key)), rule, where=origin))
        elif part in found:
            problems.append(Problem("key", shown(str(key)), f"{found[part][0]} is given already", where=origin))
        else:
            found[part] = (str(shown(str(key))), content)
    return found


def _portfolio(
    parts: Mapping[tuple[str, ...], tuple[str, Any]], name: str, origin: str, problems: list[Problem]
) -> Account:
    balances: dict[str, float] = {}
    borrowed: dict[str, float] = {}
    for row in _rows(parts, BALANCES, BalanceMessage, origin, problems):
        message = row.message
        if not is_asset_name(message.asset) or message.asset in balances:
            problems.append(row.problem("asset", message.asset, _ASSET_RULE))
        balances[message.asset] = _cash(row, problems)
        if message.cross_margin_borrowed:
            borrowed[message.asset] = message.cross_margin_borrowed
    positions, orders = [], []
    for held, open_orders, in_coin in ((LINEAR, LINEAR_ORDERS, False), (COIN, COIN_ORDERS, True)):
        listed = _rows(parts, held, FuturePositionMessage, origin, problems)
        positions += future_positions(listed, problems, in_coin=in_coin)
        orders += _rows(parts, open_orders, OrderMessage, origin, problems, needed=False)
    charges = {"borrowed": borrowed} if borrowed else {}
    return Account(name, tuple(positions), balances, still_to_fill(orders, problems), charges)


def _options(
    parts: Mapping[tuple[str, ...], tuple[str, Any]], name: str, origin: str, problems: list[Problem]
) -> Account:
    key, answer = parts.get(OPTION_ASSETS, ("", None))
    listed = answer.get("asset") if isinstance(answer, Mapping) else None
    owned: list[Row[OptionAssetMessage]] = []
    if OPTION_ASSETS not in parts:
        problems.append(_missing(OPTION_ASSETS, origin))
    elif not isinstance(listed, list):
        problems.append(Problem("$.asset", shown(listed), "it lists the assets of the account", where=key))
    else:
        owned = rows_of(listed, OptionAssetMessage, document=key, problems=problems, path="$.asset")
    balances: dict[str, float] = {}
    for row in owned:
        if not is_asset_name(row.message.asset) or row.message.asset in balances:
            problems.append(row.problem("asset", row.message.asset, _ASSET_RULE))
        balances[row.message.asset] = row.message.margin_balance
    held = option_positions(_rows(parts, OPTION_POSITIONS, OptionPositionMessage, origin, problems), problems)
    orders = _rows(parts, OPTION_ORDERS, OrderMessage, origin, problems, needed=False)
    return Account(name, tuple(held), balances, still_to_fill(orders, problems))


def _rows(
    parts: Mapping[tuple[str, ...], tuple[str, Any]], part: tuple[str, ...], kind: type[MessageT], origin: str,
    problems: list[Problem], *, needed: bool = True,
) -> list[Row[MessageT]]:  # fmt: skip
    if part not in parts:
        if needed:
            problems.append(_missing(part, origin))
        return []
    key, content = parts[part]
    return rows_of(content, kind, document=key, problems=problems)


def _missing(part: tuple[str, ...], origin: str) -> Problem:
    return Problem(part[0], "missing", "an account needs it, though it be an empty list", where=origin)


def _cash(row: Row[BalanceMessage], problems: list[Problem]) -> float:
    """Return what is owned of an asset, less what is owed."""
    message = row.message
    owned = message.cross_margin_asset
    if owned is None and message.cross_margin_free is not None and message.cross_margin_locked is not None:
        owned = message.cross_margin_free + message.cross_margin_locked
    if owned is None:
        problems.append(row.problem("crossMarginAsset", "missing", "this field is required"))
        return 0.0
    wallets = (message.um_wallet_balance, message.cm_wallet_balance, message.option_wallet_balance)
    owed = (message.cross_margin_borrowed or 0.0) + (message.cross_margin_interest or 0.0)
    return owned - owed + sum(amount or 0.0 for amount in wallets)


def _refuse_large(made: Account, origin: str, problems: list[Problem]) -> None:
    """Refuse sums and contract sizes beyond what a book takes."""
    sizes = {entry.instrument: entry.size for entry in (*made.positions, *made.orders)} | dict(made.balances)
    rule = f"amounts are at most {LARGEST_AMOUNT:g}"
    problems.extend(
        Problem(str(shown(name)), size, rule, where=f"{origin}, {made.id}")
        for name, size in sizes.items()
        if not abs(size) <= LARGEST_AMOUNT
    )
