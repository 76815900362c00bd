"""Binance's list of options: each row against the name that it gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_DAY, NS_PER_MS
from seawall.instruments import Instrument, Option
from seawall.venues.binance import symbols
from seawall.venues.binance.messages import Row, answers, rows_of, shown
from seawall.venues.binance.shapes import OptionSymbolMessage, ServerTimeMessage

METHOD = "eapi/v1/exchangeInfo"


def parsed(row: Row[Any], problems: list[Problem]) -> Instrument | None:
    """Return the instrument that a row names."""
    try:
        return symbols.parse(row.message.symbol)
    except InputError as error:
        problems.extend(row.problem("symbol", fault.value, fault.rule) for fault in error.problems)
        return None


def listed_instrument(row: Row[OptionSymbolMessage], problems: list[Problem]) -> Instrument | None:
    """Return the option that a name stands for, with hour and lot as listed, if the row agrees with the name."""
    message = row.message
    fact = parsed(row, problems)
    if not isinstance(fact, Option):
        if fact is not None:
            problems.append(row.problem("symbol", fact.name, "it is an option"))
        return None
    said: list[tuple[str, object, object]] = [
        ("side", message.side, "CALL" if fact.is_call else "PUT"),
        ("strikePrice", message.strike_price, fact.strike),
        ("quoteAsset", message.quote_asset, fact.quote),
        ("unit", message.unit, 1.0),
    ]
    expiry_ns = fact.expiry_ns if message.expiry_date is None else message.expiry_date * NS_PER_MS
    if expiry_ns // NS_PER_DAY != fact.expiry_ns // NS_PER_DAY:
        said.append(("expiryDate", message.expiry_date, fact.expiry_ns // NS_PER_MS))
    wrong = [(field, value, told) for field, value, told in said if value not in (None, told)]
    for field, value, told in wrong:
        rule = "an option is of one unit of its underlying" if field == "unit" else f"its name says {told}"
        problems.append(row.problem(field, value, rule))
    return replace(fact, expiry_ns=expiry_ns, lot=_lot(row, problems))


def _lot(row: Row[OptionSymbolMessage], problems: list[Problem]) -> float:
    """Return the step of sizes, 0 where none is listed."""
    for i, rule in enumerate(row.message.filters or []):
        if isinstance(rule, Mapping) and rule.get("filterType") == "LOT_SIZE":
            step = rule.get("stepSize")
            try:
                lot = float(step)  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError):
                lot = math.nan
            if not (math.isfinite(lot) and lot >= 0.0) or isinstance(step, bool):
                problems.append(row.problem(f"filters[{i}].stepSize", step, "steps of sizes are finite and >= 0"))
                return 0.0
            return lot
    return 0.0


def add(
    facts: dict[str, Instrument], row: Row[OptionSymbolMessage], fact: Instrument | None, problems: list[Problem]
) -> None:
    """Add an instrument to those that were listed before it."""
    if fact is not None and fact.name in facts:
        problems.append(row.problem("symbol", fact.name, "it stands once in the list"))
    elif fact is not None:
        facts[fact.name] = fact


def exchange_info(tree: Any, problems: list[Problem]) -> tuple[list[Row[OptionSymbolMessage]], int]:
    """Return the rows of all lists of options, and the newest time of one."""
    rows: list[Row[OptionSymbolMessage]] = []
    newest = 0
    for key, content in answers(tree, METHOD):
        for row in rows_of(content, ServerTimeMessage, document=key, problems=problems):
            newest = max(newest, row.message.server_time or 0)
        listed = content.get("optionSymbols") if isinstance(content, Mapping) else None
        if isinstance(listed, list):
            rows += rows_of(listed, OptionSymbolMessage, document=key, problems=problems, path="$.optionSymbols")
        elif not problems:
            problems.append(Problem("$.optionSymbols", shown(listed), "it is the list of options", where=key))
    return rows, newest
