"""Derive's private answers about subaccounts, as a book.

Derive settles the profit of perpetuals into cash from time to time: `net_settlements` is what it has paid out of a
position's whole profit since entry, `pending_funding` what funding has not reached the cash yet. The account's value at
the venue's marks is collateral + pending interest + the worth of options + (unrealized_pnl - net_settlements +
pending_funding) of perpetuals; it holds to 1e-12 on a live answer of 2026. A book's profit runs from the entry price to
the mark, so the book's USDC is the cash less what was paid out already plus what is pending.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.instruments import Perpetual, Spot
from seawall.portfolio import Account, Book, Position
from seawall.portfolio.assemble import is_asset_name
from seawall.venues.derive import symbols
from seawall.venues.derive.messages import Fields, results

DOCUMENT = "subaccount"
SUBACCOUNT_KEYS = ("positions", "collaterals")
"""What an answer of `private/get_subaccount` holds and no other venue's does."""
ANSWER_WORDS = ("get_subaccount", "get_all_portfolios", "get_positions", "get_collaterals")
_BOTH = "Derive's positions and collaterals make a book together: give both answers"
_DIRECTIONS = {"buy": 1.0, "sell": -1.0}
_SIZE = "sizes are finite numbers"


def read_account(document: object, *, origin: str, account: str | None = None) -> Book | None:
    """Return the book that private answers state; None where a document holds none of Derive's.

    Parameters
    ----------
    document
        Parsed JSON: the answer of `private/get_subaccount` or of `private/get_all_portfolios`, those under keys that
        name the method, or `private/get_positions` and `private/get_collaterals` side by side.
    origin
        What to call the source in messages.
    account
        Name of the account, by default the subaccount's number; of several, each gets its number behind the name.

    Returns
    -------
    Book
        Sizes in the base asset, balances by collateral. `open_orders_margin` that the venue states is taken as it is,
        and the orders behind it are then left out; where it states none, open orders are listed.

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> answer = {"subaccount_id": 42, "collaterals": [{"asset_name": "USDC", "amount": "1000"}], "positions": [
    ...     {"instrument_name": "ETH-PERP", "amount": "-2", "average_price": "3500", "net_settlements": "-7.5"}]}
    >>> book = read_account(answer, origin="by hand")
    >>> book.accounts, float(book.balances[0, 0])
    (('42',), 1007.5)
    """
    found = list(_subaccounts(document, origin))
    if not found:
        return None
    problems: list[Problem] = []
    members = []
    for path, item in found:
        fields = Fields.of(item, path=path, document=origin, problems=problems)
        members.append(_account(fields, _name(fields, account, several=len(found) > 1)))
    if not problems:
        ids = [member.id for member in members]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        problems.extend(Problem("subaccount_id", one, "it is listed once", where=origin) for one in twice)
    if problems:
        raise InputError(problems)
    return Book.of(members, origin=origin)


def _subaccounts(document: object, origin: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects that hold both positions and collaterals, with their paths."""
    if not isinstance(document, Mapping | list):
        return
    keyed = [] if isinstance(document, list) else [key for key in document if isinstance(key, str) and _is_answer(key)]
    if isinstance(document, Mapping) and keyed:
        merged: dict[str, Any] = {}
        for key in keyed:
            for path, item in results(document[key], document=origin, path=f"$.{key}"):
                if _is_subaccount(item):
                    yield path, item
                elif isinstance(item, Mapping):
                    merged |= {part: item[part] for part in ("subaccount_id", *SUBACCOUNT_KEYS) if part in item}
        if _is_subaccount(merged):
            yield "$", merged
        elif merged:
            raise InputError(Problem("$", ", ".join(keyed)[:200], _BOTH, where=origin))
        return
    answers = [document] if isinstance(document, Mapping) else document
    if not any(isinstance(one, Mapping) and ("result" in one or _is_subaccount(one)) for one in answers):
        return  # an error answer of another venue is not ours to refuse
    for path, item in results(document, document=origin):
        if _is_subaccount(item):
            yield path, item


def _is_answer(key: str) -> bool:
    return key.startswith("private/") and any(word in key for word in ANSWER_WORDS)


def _is_subaccount(item: object) -> bool:
    return isinstance(item, Mapping) and all(isinstance(item.get(key), list | tuple) for key in SUBACCOUNT_KEYS)


def _name(fields: Fields, account: str | None, *, several: bool) -> str:
    number = fields.item.get("subaccount_id")
    known = isinstance(number, int) and not isinstance(number, bool)
    if number is not None and not known:
        fields.refuse("subaccount_id", number, "a subaccount has a whole number")
    told = str(number)[:20] if known else "derive"
    if account is None:
        return told
    return f"{account} {told}" if several else account


def _account(fields: Fields, name: str) -> Account:
    document = f"{DOCUMENT} {name}"
    balances: dict[str, float] = {}
    for collateral in fields.parts("collaterals", document=document):
        _add_collateral(collateral, balances)
    entries, seen = [], set()
    for position in fields.parts("positions", document=document):
        entry = _position(position, balances)
        if entry is None:
            continue
        if entry.instrument in seen:
            position.refuse("instrument_name", entry.instrument, "it stands once in a subaccount")
        seen.add(entry.instrument)
        entries.append(entry)
    stated = fields.number("open_orders_margin")
    if math.isnan(stated):
        listed = (_order(order) for order in fields.parts("open_orders", document=document))
        return Account(name, tuple(entries), balances, tuple(order for order in listed if order is not None))
    # Derive adds it to a net margin, so that it is negative there; other readings print its size.
    charges = {"open_orders_margin": {symbols.CASH: abs(stated)}} if stated else {}
    return Account(name, tuple(entries), balances, charges=charges)


def _add_collateral(collateral: Fields, balances: dict[str, float]) -> None:
    asset = collateral.text("asset_name") or collateral.text("currency")
    if not asset:
        collateral.refuse("asset_name", "missing", "this field is required")
    elif not is_asset_name(asset):
        collateral.refuse("asset_name", asset, "an asset's name is letters and digits")
    amount = collateral.number("amount", rule="amounts are finite numbers", required=True)
    pending = collateral.number("pending_interest")
    if asset in balances and asset != symbols.CASH:
        collateral.refuse("asset_name", asset, "it stands once in a subaccount")
    balances[asset] = balances.get(asset, 0.0) + amount + _or_zero(pending)


def _position(position: Fields, balances: dict[str, float]) -> Position | None:
    """Return the position, and set right the cash that its settlements have moved; None for a size of zero."""
    name = position.text("instrument_name", required=True)
    size = position.number("amount", rule=_SIZE, required=True)
    average = position.number("average_price", rule="prices are finite and >= 0", least=0.0)
    if not name:
        return None
    try:
        fact = symbols.parse(name)
    except InputError as error:
        for fault in error.problems:
            position.refuse("instrument_name", fault.value, fault.rule)
        return None
    if isinstance(fact, Spot):
        position.refuse("instrument_name", name, "a spot asset is held as collateral, and listed there")
        return None
    if isinstance(fact, Perpetual):
        if size != 0.0 and not average > 0.0:
            rule = "entry prices of perpetuals are above 0"
            position.refuse("average_price", position.item.get("average_price", "missing"), rule)
        paid = _or_zero(position.number("net_settlements")) - _or_zero(position.number("pending_funding"))
        balances[symbols.CASH] = balances.get(symbols.CASH, 0.0) - paid + _unexplained(position, size, average)
    return Position(name, size, average) if size != 0.0 else None


def _unexplained(position: Fields, size: float, average: float) -> float:
    """Return what the stated profit has beyond the way from average price to mark, such as fees."""
    mark, profit = position.number("mark_price"), position.number("unrealized_pnl")
    gap = profit - size * (mark - average)
    return 0.0 if math.isnan(gap) else gap


def _order(order: Fields) -> Position | None:
    """Return what of an order is still to fill; None for one that does not rest in the book, as a trigger order."""
    if order.text("order_status") not in ("", "open"):
        return None
    name = order.text("instrument_name", required=True)
    amount = order.number("amount", rule=_SIZE, least=0.0, required=True)
    filled = order.number("filled_amount", rule=_SIZE, least=0.0)
    direction = order.text("direction", required=True)
    sign = _DIRECTIONS.get(direction)
    if sign is None:
        order.refuse("direction", direction, "directions are buy and sell")
        return None
    left = amount - _or_zero(filled)
    if left < 0.0:
        order.refuse("filled_amount", filled, f"it is at most the amount ({amount})")
        return None
    return Position(name, sign * left) if name and left > 0.0 else None


def _or_zero(number: float) -> float:
    """Return a number that an answer may leave out, which then moved nothing."""
    return 0.0 if math.isnan(number) else number
