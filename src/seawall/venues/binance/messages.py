"""The one way that Binance's untrusted JSON becomes typed rows.

Numbers come as strings, and an empty string says that a number does not apply. Unknown keys pass; a wrong type, a
number that is not finite or out of its range does not. All problems of an input are collected, each with its JSON path.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from seawall.core.errors import InputError, Problem

MAX_TIME_MS = 9_000_000_000_000
"""Milliseconds since 1970 that still fit 64-bit nanoseconds (the year 2255)."""
LARGEST_NUMBER = 1e15
"""Largest price and amount, in units of its own; what is larger is no market's."""
SHOWN_TEXT_COUNT = 80
"""Characters of a faulty text that a message shows."""


_PRICE = (0.0, "prices are finite and >= 0")
_POSITIVE_PRICE = (math.ulp(0.0), "index prices are finite and above 0")
_AMOUNT = (0.0, "amounts are finite and >= 0")
_RULES: dict[str, tuple[float, str]] = {
    "markIV": (0.0, "implied volatilities are finite and >= 0"),
    "strikePrice": (math.ulp(0.0), "strikes are finite and above 0"),
    "unit": (math.ulp(0.0), "contract units are finite and above 0"),
    "initialLeverage": (1.0, "leverages are finite and >= 1"),
    "assetIndexPrice": _POSITIVE_PRICE,
    **dict.fromkeys(("markPrice", "bidPrice", "askPrice", "entryPrice", "indexPrice"), _PRICE),
    **dict.fromkeys(("crossMarginBorrowed", "crossMarginInterest", "origQty", "executedQty"), _AMOUNT),
}
"""Least admitted number by field, and the rule in words; what is not listed need only be finite."""

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


def load(content: bytes, *, document: str) -> Any:
    """Return the JSON document that some bytes hold.

    Raises
    ------
    InputError
        When they hold none.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)
    try:  # Python's own reader takes NaN and 1e400; with it the row that holds them can be named
        return json.loads(content)
    except (ValueError, RecursionError):
        head = shown(content[:60].decode("utf-8", "replace"))
        raise InputError(Problem("$", head, f"an answer is a JSON document: {reason}", where=document)) from None


def answers(tree: Any, method: str) -> Iterator[tuple[str, Any]]:
    """Yield key and content of each answer in a file whose keys name their methods, such as `eapi/v1/mark`."""
    if isinstance(tree, Mapping):
        for key, content in tree.items():
            if method_of(key) == method:
                yield str(key), content


def method_of(key: object) -> str:
    """Return the method that a key names, without verb, leading slash and query.

    Examples
    --------
    >>> method_of("GET /eapi/v1/index?underlying=BTCUSDT")
    'eapi/v1/index'
    """
    words = str(key).split("?")[0].split("#")[0].strip().split()
    return words[-1].strip("/") if words else ""


def rows_of(
    content: Any, kind: type[MessageT], *, document: str, problems: list[Problem], path: str = "$"
) -> list[Row[MessageT]]:
    """Return the well-formed rows of an answer, one object or a list of them; what is wrong goes to `problems`."""
    items = [(path, content)] if isinstance(content, Mapping) else []
    if isinstance(content, list | tuple):
        items = [(f"{path}[{i}]", item) for i, item in enumerate(content)]
    elif not isinstance(content, Mapping):
        problems.append(Problem(path, shown(content), "an answer is an object or a list of them", where=document))
    made = []
    for where, item in items:
        faults = _faults(where, item, kind, document)
        problems.extend(faults)
        if not faults:
            made.append(Row(document, where, msgspec.convert(_stripped(item), kind, strict=False)))
    return made


def _stripped(item: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what an empty string says does not apply, and keys that are no text, as half a surrogate pair is."""
    return {str(key): value for key, value in item.items() if value != "" and str(key).isascii()}


def _faults(path: str, item: Any, kind: type[msgspec.Struct], document: str) -> list[Problem]:
    """Return every field of a row that is missing, wrongly typed, not finite or out of its range."""
    if not isinstance(item, Mapping):
        return [Problem(path, shown(item), "a row is a JSON object", where=document)]
    if "code" in item and "msg" in item:
        rule = f"the venue refused the call: {shown(item['msg'])}"
        return [Problem(f"{path}.code", shown(item["code"]), rule, where=document)]
    name = item.get("symbol")
    where = f"{document}, {shown(name)}" if isinstance(name, str) else document
    known = _stripped(item)
    faults = []
    for field in _fields(kind):
        value = known.get(field.encode_name)
        broken = "this field is required" if field.required else None
        if field.encode_name in known:
            broken = _broken_rule(field.encode_name, value, field.type)
        if broken is not None:
            faults.append(Problem(f"{path}.{field.encode_name}", shown(value), broken, where=where))
    return faults


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _broken_rule(field: str, value: Any, kind: Any) -> str | None:
    if kind is bool:
        return None if isinstance(value, bool) else "its type is wrong: true or false is meant"
    if isinstance(value, bool):
        return "its type is wrong: a number or a text is meant"
    try:
        made = msgspec.convert(value, kind, strict=False)
    except (msgspec.ValidationError, OverflowError, RecursionError, ValueError) as error:
        return f"its type is wrong: {error}"
    if isinstance(made, int) and not isinstance(made, bool):
        return None if 0 < made < MAX_TIME_MS else "times are milliseconds since 1970"
    if not isinstance(made, float):
        return None
    least, told = _RULES.get(field, (-math.inf, "numbers are finite"))
    if not (math.isfinite(made) and made >= least):
        return told
    return None if abs(made) <= LARGEST_NUMBER else f"numbers are at most {LARGEST_NUMBER:g}"


def shown(value: object) -> object:
    """Return a value as an error message shows it: numbers and short texts as they are, the rest cut or counted."""
    if isinstance(value, Mapping | list | tuple):
        return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**SHOWN_TEXT_COUNT:
        return "an integer of more than 80 digits"
    text = value if isinstance(value, str) else str(value)
    if len(text) > SHOWN_TEXT_COUNT:
        text = text[: SHOWN_TEXT_COUNT - 3] + "..."
    elif not isinstance(value, str):
        return value
    return text.encode("utf-8", "replace").decode()  # JSON can hold half a surrogate pair, which nothing can print
