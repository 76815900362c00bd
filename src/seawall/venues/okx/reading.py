"""The one way that untrusted JSON becomes typed rows.

OKX writes numbers as texts, and leaves a text empty where a number does not apply. Reading has three steps: `load`
makes JSON of bytes, `rows_of` finds the rows in whatever envelope they came in, `typed` turns each into its struct.
Unknown keys pass; a wrong type, a number that is not finite or out of its range does not. Each step collects all
problems.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from seawall.core.errors import InputError, Problem
from seawall.portfolio.book import LARGEST_AMOUNT

MAX_TIME_MS = 4_102_444_800_000
"""The year 2100: a later instant is a mistake of units."""
LARGEST_COUNT = 1e18
"""More contracts or coins than any book or open interest holds; memecoins count theirs in thousands of billions."""
SHOWN_TEXT_COUNT = 80
"""Characters of a faulty text that a message shows."""
_MAX_NESTED_ENVELOPES = 4
_ACCEPTED = ("0", 0, "", None)

_FINITE = "numbers are finite"
_PRICE = (0.0, LARGEST_AMOUNT, "prices are finite and >= 0")
_REFERENCE = (math.ulp(0.0), LARGEST_AMOUNT, "forward and index prices are finite and above 0")
_COUNT = (0.0, LARGEST_COUNT, "amounts are finite and >= 0")
_SIGNED = (-LARGEST_AMOUNT, LARGEST_AMOUNT, f"amounts are between {-LARGEST_AMOUNT:g} and {LARGEST_AMOUNT:g}")
_CONTRACT = (math.ulp(0.0), LARGEST_AMOUNT, "contract values are finite and above 0")
_RULES: dict[str, tuple[float, float, str]] = {
    "markPx": _PRICE, "bidPx": _PRICE, "askPx": _PRICE, "avgPx": _PRICE,
    "bidSz": _COUNT, "askSz": _COUNT, "oi": _COUNT, "lotSz": _COUNT, "sz": _COUNT, "accFillSz": _COUNT,
    "liab": (0.0, LARGEST_AMOUNT, "liabilities are finite and >= 0: they are owed"),
    "margin": (0.0, LARGEST_AMOUNT, "the margin of a position is finite and >= 0"),
    "markVol": (0.0, 1e6, "implied volatilities are finite and >= 0, as decimals"),
    "fwdPx": _REFERENCE, "idxPx": _REFERENCE,
    "ctVal": _CONTRACT, "ctMult": _CONTRACT,
    "stk": (math.ulp(0.0), LARGEST_AMOUNT, "strikes are finite and above 0"),
    "fundingRate": (-1e3, 1e3, "funding rates are finite fractions"),
}  # fmt: skip
"""Least and most admitted number by field, and the rule in words; what is not listed is an amount of either sign."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,60}(?:\.[0-9]{0,80})?(?:[eE][+-]?[0-9]{1,3})?")

MessageT = TypeVar("MessageT", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Row(Generic[MessageT]):
    """A typed row with the place it was read from."""

    document: str
    path: str
    message: MessageT

    def problem(self, field: str, value: object, rule: str) -> Problem:
        """Return a problem at one field of this row, which names the instrument or asset where it has one."""
        name = getattr(self.message, "inst_id", None) or getattr(self.message, "ccy", None)
        where = f"{self.document}, {shown(name)}" if name else self.document
        return Problem(f"{self.path}.{field}", shown(value), rule, where=where)


def load(content: bytes, *, document: str) -> Any:
    """Return the JSON document that some bytes hold.

    Raises
    ------
    InputError
        When they hold none, or when an object of it has a key twice.
    """
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [key for key, _ in pairs]
            twice.extend({key for key in keys if keys.count(key) > 1} if len(keys) < 100 else keys[:1])
        return made

    try:  # this reader takes NaN and 1e400: the row that holds them can be named
        tree = json.loads(content, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        head = shown(content[:60].decode("utf-8", "replace"))
        reason = shown(str(error))
        raise InputError(Problem("$", head, f"an answer is a JSON document: {reason}", where=document)) from None
    if twice:
        rule = "an object has it twice, and only one can be meant"
        raise InputError([Problem("key", shown(key), rule, where=document) for key in sorted(set(twice))[:20]])
    return tree


def rows_of(tree: Any, *, document: str, path: str = "$") -> list[tuple[str, Any]]:
    """Return the row objects of an answer, of a list of answers, or of a bare list of rows, each with its path.

    Raises
    ------
    InputError
        When the answer is a refusal (`code` is not 0), or when something else stands where rows should be.
    """
    return list(_walk(tree, document, path, _MAX_NESTED_ENVELOPES))


def _walk(tree: Any, document: str, path: str, depth: int) -> Iterable[tuple[str, Any]]:
    if isinstance(tree, Mapping) and "data" in tree and depth:
        code = tree.get("code", "0")
        if code not in _ACCEPTED:
            rule = f"an answer has code 0; OKX says: {shown(tree.get('msg') or 'no more')}"
            raise InputError(Problem(f"{path}.code", shown(code), rule, where=document))
        yield from _walk(tree["data"], document, f"{path}.data", depth - 1)
    elif isinstance(tree, Mapping) and "code" not in tree:
        yield path, tree
    elif isinstance(tree, list | tuple) and depth:
        for i, item in enumerate(tree):
            yield from _walk(item, document, f"{path}[{i}]", depth - 1)
    else:
        rule = "an answer holds its rows as JSON objects in the list `data`"
        raise InputError(Problem(path, shown(tree), rule, where=document))


def typed(
    rows: Sequence[tuple[str, Any]], kind: type[MessageT], *, document: str, problems: list[Problem]
) -> list[Row[MessageT]]:
    """Return the rows that are well-formed; what is wrong with the others is added to `problems`."""
    made = []
    for path, item in rows:
        message = read_row(item, kind, document=document, path=path, problems=problems)
        if message is not None:
            made.append(Row(document, path, message))
    return made


def read_row(item: Any, kind: type[MessageT], *, document: str, path: str, problems: list[Problem]) -> MessageT | None:
    """Return one row as its struct; None, and every problem of it, where a field is missing or cannot be."""
    if not isinstance(item, Mapping):
        problems.append(Problem(path, shown(item), "a row is a JSON object", where=document))
        return None
    name = item.get("instId", item.get("ccy"))
    where = f"{document}, {shown(name)}" if isinstance(name, str) and name else document
    fields: dict[str, Any] = {}
    count = len(problems)
    for name, key, sort, needed in _fields(kind):
        try:
            found = field_of(item.get(key), sort, key)
            if needed and found in (None, ""):
                raise ValueError("this field is required")
        except ValueError as error:
            problems.append(Problem(f"{path}.{key}", shown(item.get(key)), str(error), where=where))
        else:
            fields[name] = found
    return kind(**fields) if len(problems) == count else None


def field_of(value: Any, sort: type, key: str) -> Any:
    """Return a field as text, number or milliseconds; `""` None where it is empty. ValueError says the rule."""
    if sort is str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ValueError("its type is wrong: it is a text")
        return value
    number = number_of(value)
    if number is None:
        return None
    if sort is int:
        if not (1.0 <= number <= MAX_TIME_MS and number.is_integer()):
            raise ValueError("times are milliseconds since 1970, before the year 2100")
        return int(number)
    least, most, rule = _RULES.get(key, _SIGNED)
    if not least <= number <= most:
        raise ValueError(rule if math.isfinite(number) and number < least else f"{rule}, at most {most:g}")
    return number


def number_of(value: Any) -> float | None:
    """Return a number that is written as a text or as a JSON number; None where the text is empty.

    Raises
    ------
    ValueError
        When it is something else, or not finite.

    Examples
    --------
    >>> number_of("-0.25"), number_of("")
    (-0.25, None)
    """
    if value is None or (isinstance(value, str) and value == ""):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("its type is wrong: it is a number, written as a text")
    if isinstance(value, str) and _NUMBER.fullmatch(value) is None:
        raise ValueError("it is a number, written as a text")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(_FINITE) from None
    if not math.isfinite(number):
        raise ValueError(_FINITE)
    return number


def product(*factors: float) -> float:
    """Return a product as if on paper: 3 contracts of 0.1 are 0.3, and not the 0.30000000000000004 of float64.

    Examples
    --------
    >>> product(3.0, 0.1), 3.0 * 0.1
    (0.3, 0.30000000000000004)
    """
    made = Decimal(1)
    for factor in factors:
        made *= Decimal(repr(float(factor)))
    return float(made)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, type, bool], ...]:
    """Return name, JSON key, sort and whether it is required, of each field of a struct."""
    sorts: dict[Any, type] = {str: str, float: float, int: int, float | None: float, int | None: int}
    return tuple(
        (field.name, field.encode_name, sorts[field.type], field.required) for field in msgspec.structs.fields(kind)
    )


def shown(value: object) -> object:
    """Return a value as an error message shows it: numbers and short texts as they are, the rest cut or counted."""
    if isinstance(value, Mapping | list | tuple):
        return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value)}"
    try:
        text = value if isinstance(value, str) else str(value)
    except ValueError:  # an integer of more digits than Python writes
        return "a number of thousands of digits"
    if len(text) > SHOWN_TEXT_COUNT:
        text = text[: SHOWN_TEXT_COUNT - 3] + "..."
    elif value is None or isinstance(value, bool | int | float):
        return value
    return text.encode("utf-8", "replace").decode()  # JSON can hold half a surrogate pair, which nothing can print
