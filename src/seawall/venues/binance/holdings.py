"""Rows of positions and open orders, as positions of a book in units of size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.instruments import Future, Instrument, Option, Perpetual
from seawall.portfolio import Position
from seawall.venues.binance import symbols
from seawall.venues.binance.messages import Row
from seawall.venues.binance.shapes import FuturePositionMessage, OptionPositionMessage, OrderMessage

SIDES = {"BOTH": 0, "LONG": 1, "SHORT": -1}
ORDER_SIDES = {"BUY": 1.0, "SELL": -1.0}

_HEDGED = "both sides of it are held in hedge mode, each with margin of its own; a book would net them"


def future_positions(
    rows: Sequence[Row[FuturePositionMessage]], problems: list[Problem], *, in_coin: bool
) -> list[Position]:
    """Return the futures of one method that are held; both sides of one contract are refused."""
    made: dict[str, Position] = {}
    for row in rows:
        message = row.message
        fact = _fact(row, (Future, Perpetual), problems)
        sign = SIDES.get(message.position_side)
        if sign is None:
            problems.append(row.problem("positionSide", message.position_side, f"sides are {', '.join(SIDES)}"))
        elif message.position_amt * sign < 0.0:
            problems.append(row.problem("positionAmt", message.position_amt, f"its side is {message.position_side}"))
        if isinstance(fact, Future | Perpetual) and fact.inverse is not in_coin:
            rule = f"this method is of futures settled in {'coin' if in_coin else 'a stable coin'}"
            problems.append(row.problem("symbol", message.symbol, rule))
        if fact is None or message.position_amt == 0.0:
            continue
        if not (message.entry_price or 0.0) > 0.0:
            problems.append(row.problem("entryPrice", message.entry_price, "entry prices of futures are above 0"))
        if fact.name in made:
            problems.append(row.problem("symbol", fact.name, _HEDGED))
        size = message.position_amt * (symbols.contract_usd(fact.underlying) if in_coin else 1.0)
        made[fact.name] = Position(fact.name, size, message.entry_price or 0.0)
    return list(made.values())


def option_positions(rows: Sequence[Row[OptionPositionMessage]], problems: list[Problem]) -> list[Position]:
    """Return the options that are held; their premium is in the cash already, so that they have no entry price."""
    made: dict[str, Position] = {}
    for row in rows:
        message = row.message
        fact = _fact(row, (Option,), problems)
        if SIDES.get(message.side, 0) == 0:
            problems.append(row.problem("side", message.side, "sides of options are LONG and SHORT"))
        elif message.quantity * SIDES[message.side] < 0.0:
            problems.append(row.problem("quantity", message.quantity, f"its side is {message.side}"))
        if fact is None or message.quantity == 0.0:
            continue
        if fact.name in made:
            problems.append(row.problem("symbol", fact.name, "it stands once in an account"))
        made[fact.name] = Position(fact.name, message.quantity)
    return list(made.values())


def still_to_fill(rows: Sequence[Row[OrderMessage]], problems: list[Problem]) -> tuple[Position, ...]:
    """Return what of the orders is still to fill; those on one side of one instrument are one.

    An order that only reduces is left out: it adds nothing that the position does not need.
    """
    made = []
    for row in rows:
        message = row.message
        fact = _fact(row, (Future, Perpetual, Option), problems)
        sign = ORDER_SIDES.get(message.side)
        quantity = message.orig_qty if message.orig_qty is not None else message.quantity
        if sign is None:
            problems.append(row.problem("side", message.side, f"sides of orders are {' and '.join(ORDER_SIDES)}"))
        if quantity is None:
            problems.append(row.problem("origQty", "missing", "this field is required"))
            continue
        left = quantity - (message.executed_qty or 0.0)
        if left < 0.0:
            problems.append(row.problem("executedQty", message.executed_qty, f"it is at most the size ({quantity})"))
        if fact is None or sign is None or left == 0.0 or message.reduce_only:
            continue
        inverse = isinstance(fact, Future | Perpetual) and fact.inverse
        made.append(Position(fact.name, sign * left * (symbols.contract_usd(fact.underlying) if inverse else 1.0)))
    return _merged(made)


def _merged(orders: Sequence[Position]) -> tuple[Position, ...]:
    sizes: dict[tuple[str, bool], float] = {}
    for order in orders:
        key = (order.instrument, order.size > 0.0)
        sizes[key] = sizes.get(key, 0.0) + order.size
    return tuple(Position(instrument, size) for (instrument, _), size in sizes.items())


def _fact(row: Row[Any], kinds: tuple[type, ...], problems: list[Problem]) -> Instrument | None:
    """Return the instrument of a row, if it is of one of some kinds."""
    name = row.message.symbol
    try:
        fact = symbols.parse(name)
    except InputError as error:
        problems.extend(row.problem("symbol", fault.value, fault.rule) for fault in error.problems)
        return None
    if isinstance(fact, kinds):
        return fact
    problems.append(row.problem("symbol", name, "this method speaks of other instruments"))
    return None
