"""Bybit's JSON answers as typed rows, and the one way that untrusted input becomes such rows.

Every answer is an envelope `{retCode, retMsg, result, time}`, and its result mostly `{category, list}`. Numbers are
texts, and an empty text says that a number does not apply: here it is NaN. Reading has three steps: `load` makes JSON
of bytes, `answers_of` opens the envelopes, `typed` turns rows into their structs. Unknown keys pass; a wrong type, a
number that is not finite or out of its range does not. Every step names the JSON path.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from seawall.core.errors import InputError, Problem
from seawall.portfolio.book import LARGEST_AMOUNT

MAX_TIME_MS = 9_000_000_000_000
"""Milliseconds since 1970 that still fit 64-bit nanoseconds (the year 2255)."""
SHOWN_TEXT_COUNT = 80
"""Characters of a faulty text that a message shows."""
NAN = math.nan

_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?")
_PRICE = "prices are >= 0"
_AMOUNT = "amounts are >= 0"
_RULES: dict[str, tuple[float, str]] = {
    "markPrice": (0.0, _PRICE),
    "bid1Price": (0.0, _PRICE),
    "ask1Price": (0.0, _PRICE),
    "avgPrice": (0.0, _PRICE),
    "sessionAvgPrice": (0.0, _PRICE),
    "usdIndexPrice": (0.0, _PRICE),
    "indexPrice": (0.0, _PRICE),
    "underlyingPrice": (0.0, _PRICE),
    "markIv": (0.0, "implied volatilities are >= 0"),
    "bid1Size": (0.0, _AMOUNT),
    "ask1Size": (0.0, _AMOUNT),
    "openInterest": (0.0, _AMOUNT),
    "size": (0.0, "sizes are >= 0, and the side says which way"),
    "spotBorrow": (0.0, _AMOUNT),
    "borrowAmount": (0.0, _AMOUNT),
    "fundingIntervalHour": (0.0, "intervals are >= 0"),
    "fundingInterval": (0.0, "intervals are >= 0"),
    "qtyStep": (0.0, _AMOUNT),
    "deliveryTime": (0.0, "times are milliseconds since 1970"),
}
"""Least admitted number by field, and the rule in words; what is not listed need only be finite and not too large."""


class TickerMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `/v5/market/tickers`, of whichever category; `mark_iv` is a decimal."""

    symbol: str
    mark_price: float = NAN
    index_price: float = NAN
    underlying_price: float = NAN
    mark_iv: float = NAN
    bid1_price: float = NAN
    bid1_size: float = NAN
    ask1_price: float = NAN
    ask1_size: float = NAN
    open_interest: float = NAN
    funding_rate: float = NAN
    funding_interval_hour: float = NAN
    usd_index_price: float = NAN


class ListingMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `/v5/market/instruments-info`; `qty_step` comes out of its `lotSizeFilter`."""

    symbol: str
    base_coin: str = ""
    quote_coin: str = ""
    settle_coin: str = ""
    options_type: str = ""
    contract_type: str = ""
    delivery_time: float = NAN
    funding_interval: float = NAN
    qty_step: float = NAN


class PositionMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `/v5/position/list`."""

    symbol: str
    side: str
    size: float
    avg_price: float = NAN
    session_avg_price: float = NAN


class CoinMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A coin of `/v5/account/wallet-balance`."""

    coin: str
    wallet_balance: float
    spot_borrow: float = NAN
    borrow_amount: float = NAN
    equity: float = NAN
    unrealised_pnl: float = NAN


MessageT = TypeVar("MessageT", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Row(Generic[MessageT]):
    """A typed row with the place it was read from."""

    document: str
    path: str
    message: MessageT

    def problem(self, field: str, value: object, rule: str) -> Problem:
        """Return a problem at one field of this row, which names the instrument where it has one."""
        name = getattr(self.message, "symbol", None)
        where = f"{self.document}, {shown(name)}" if name else self.document
        return Problem(f"{self.path}.{field}", shown(value), rule, where=where)


@dataclass(frozen=True, slots=True)
class Answer:
    """An opened envelope: its result, when the venue sent it (milliseconds since 1970; 0 where it does not say)."""

    document: str
    path: str
    result: Mapping[str, Any]
    time_ms: int

    def rows(self, key: str = "list") -> list[tuple[str, Any]]:
        """Return the entries of a list in the result, each with its path.

        Raises
        ------
        InputError
            When there is no such list.
        """
        return entries(self.result, key, path=f"{self.path}.result", document=self.document)


def load(content: bytes, *, document: str) -> Any:
    """Return the JSON document that some bytes hold.

    Raises
    ------
    InputError
        When they hold none, hold a number that JSON does not have, or name one key of an object twice.

    Examples
    --------
    >>> load(b'{"a": 1, "a": 2}', document="file")
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: file: $ is '{"a": 1, "a": 2}'; it is a JSON document: the key 'a' stands twice
    """
    try:
        return json.loads(content, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        head = shown(content[:60].decode("utf-8", "replace"))
        raise InputError(Problem("$", head, f"it is a JSON document: {shown(str(error))}", where=document)) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shown(twice)!r} stands twice")
    return made


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def answers_of(tree: Any, *, document: str, path: str = "$") -> list[Answer]:
    """Return the answers that a parsed document holds: one, or a list of them.

    Raises
    ------
    InputError
        When it holds something else, or one of them is the venue's refusal.
    """
    if isinstance(tree, list):
        return [_opened(item, document, f"{path}[{i}]") for i, item in enumerate(tree)]
    return [_opened(tree, document, path)]


def _opened(tree: Any, document: str, path: str) -> Answer:
    if not isinstance(tree, Mapping):
        raise InputError(Problem(path, shown(tree), "an answer is an object with retCode and result", where=document))
    code = tree.get("retCode", 0)
    if isinstance(code, bool) or code not in (0, "0"):
        rule = f"0 stands for success; the venue says: {shown(tree.get('retMsg', 'nothing'))}"
        raise InputError(Problem(f"{path}.retCode", shown(code), rule, where=document))
    result = tree.get("result")
    if not isinstance(result, Mapping):
        raise InputError(Problem(f"{path}.result", shown(result), "an answer has a result", where=document))
    return Answer(document, path, result, _time_ms(tree, document, path))


def _time_ms(tree: Mapping[str, Any], document: str, path: str) -> int:
    told = tree.get("time")
    if told in (None, ""):
        return 0
    time_ms = number(told)
    if time_ms is None or not 0.0 < time_ms < MAX_TIME_MS or time_ms != int(time_ms):
        rule = "times are whole milliseconds since 1970"
        raise InputError(Problem(f"{path}.time", shown(told), rule, where=document))
    return int(time_ms)


def entries(parent: Mapping[str, Any], key: str, *, path: str, document: str) -> list[tuple[str, Any]]:
    """Return the entries of a list that an object holds under a key, each with its path; InputError without it."""
    found = parent.get(key)
    if not isinstance(found, list):
        raise InputError(Problem(f"{path}.{key}", shown(found), "a list is needed here", where=document))
    return [(f"{path}.{key}[{i}]", item) for i, item in enumerate(found)]


def number(value: object) -> float | None:
    """Return the number that a text or a JSON number stands for; None where it stands for none.

    Examples
    --------
    >>> number("-0.08"), number("1e3"), number("NaN"), number("1_000"), number(True)
    (-0.08, 1000.0, None, None, None)
    """
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        made = float(value)
    except OverflowError:
        return None
    return made if math.isfinite(made) else None


def typed(
    rows: Sequence[tuple[str, Any]], kind: type[MessageT], *, document: str, problems: list[Problem]
) -> list[Row[MessageT]]:
    """Return the rows that are well-formed; what is wrong with the others is added to `problems`."""
    made = []
    for path, item in rows:
        if not isinstance(item, Mapping):
            problems.append(Problem(path, shown(item), "a row is a JSON object", where=document))
            continue
        fields: dict[str, Any] = {}
        faults = []
        for field in _fields(kind):
            rule = _read(field, item, fields)
            if rule is not None:
                where = f"{document}, {shown(item['symbol'])}" if isinstance(item.get("symbol"), str) else document
                shown_value = shown(item.get(field.encode_name))
                faults.append(Problem(f"{path}.{field.encode_name}", shown_value, rule, where=where))
        problems.extend(faults)
        if not faults:
            made.append(Row(document, path, kind(**fields)))
    return made


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _read(field: msgspec.structs.FieldInfo, item: Mapping[str, Any], fields: dict[str, Any]) -> str | None:
    """Put a field's value into `fields`, or return the rule that it breaks."""
    value = item.get(field.encode_name)
    if value is None or (value == "" and field.type is float):
        return "this field is required" if field.required else None
    if field.type is str:
        fields[field.name] = value
        return None if isinstance(value, str) else "this is a text"
    made = number(value)
    if made is None:
        return "this is a number, written as a text, or an empty text"
    fields[field.name] = made
    return broken_rule(field.encode_name, made)


def broken_rule(field: str, made: float) -> str | None:
    """Return the rule that a number breaks under the name of its field, or None."""
    least, rule = _RULES.get(field, (-LARGEST_AMOUNT, f"numbers are at least {-LARGEST_AMOUNT:g}"))
    if made < least:
        return rule
    return None if made <= LARGEST_AMOUNT else f"numbers are at most {LARGEST_AMOUNT:g}"


def shown(value: object) -> object:
    """Return a value as an error message shows it: numbers and short texts as they are, the rest cut or counted."""
    if isinstance(value, Mapping | list):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    try:
        text = value if isinstance(value, str) else str(value)
    except ValueError:  # Python refuses to write an integer of thousands of digits
        return "a number too long to show"
    if len(text) > SHOWN_TEXT_COUNT:
        text = text[: SHOWN_TEXT_COUNT - 3] + "..."
    elif not isinstance(value, str):
        return value
    return text.encode("utf-8", "replace").decode()  # JSON can hold half a surrogate pair, which nothing can print
