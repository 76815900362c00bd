"""Derive's JSON, read field by field: the one way that untrusted answers become numbers.

Derive writes numbers as decimal strings, and so many fields are nested that each object is read where it stands.
Unknown keys pass; a wrong type, a number that is not finite or out of its range does not. All problems are collected,
each with its JSON path.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from seawall.core.errors import InputError, Problem

MAX_TIME_MS = 9_000_000_000_000
"""Milliseconds since 1970 that still fit 64-bit nanoseconds (the year 2255)."""
LARGEST_NUMBER = 1e30
"""No price, size or volatility comes near it, and no product of three of them leaves float64."""
SHOWN_TEXT_COUNT = 80
"""Characters of a faulty text that a message shows."""
POSITIVE = math.ulp(0.0)
"""Least admitted value of what has to be above zero."""
_MAX_NESTED_ENVELOPES = 4
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")


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
        head = shown(content[:60].decode("utf-8", "replace"))
        raise InputError(Problem("$", head, f"an answer is a JSON document: {error}", where=document)) from None


def results(answer: Any, *, document: str, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Yield what stands under `result` of an answer, of each of a list of answers, or the thing itself, with its path.

    Raises
    ------
    InputError
        When an answer is a JSON-RPC error.
    """
    yield from _walk(answer, document, path, _MAX_NESTED_ENVELOPES)


def _walk(tree: Any, document: str, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, list) and depth:
        for i, item in enumerate(tree):
            yield from _walk(item, document, f"{path}[{i}]", depth - 1)
    elif isinstance(tree, Mapping) and tree.get("error") is not None:
        fault = tree["error"]
        said = fault.get("message", "no message") if isinstance(fault, Mapping) else fault
        raise InputError(Problem(f"{path}.error", shown(said), "an answer holds a result", where=document))
    elif isinstance(tree, Mapping) and "result" in tree and depth:
        yield from _walk(tree["result"], document, f"{path}.result", depth - 1)
    else:
        yield path, tree


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object whose fields are read one by one; what is wrong is added to `problems`.

    Attributes
    ----------
    item
        The object.
    path
        Where it stands in its document.
    where
        Document, and the instrument where the object is of one.
    """

    item: Mapping[str, Any]
    path: str
    where: str
    problems: list[Problem]

    @classmethod
    def of(cls, item: Any, *, path: str, document: str, problems: list[Problem], name: object = None) -> Fields:
        """Return the fields of an object; of an empty one, with a problem, where it is none."""
        named = name if name is not None else (item.get("instrument_name") if isinstance(item, Mapping) else None)
        where = f"{document}, {shown(named)}" if isinstance(named, str) and named else document
        if not isinstance(item, Mapping):
            problems.append(Problem(path, shown(item), "it is a JSON object", where=where))
            item = {}
        return cls(item, path, where, problems)

    def __contains__(self, field: str) -> bool:
        return self.item.get(field) is not None

    def refuse(self, field: str, value: object, rule: str) -> None:
        """Add a problem at one field."""
        self.problems.append(Problem(f"{self.path}.{field}", shown(value), rule, where=self.where))

    def number(
        self, *names: str, rule: str = "numbers are finite", least: float = -LARGEST_NUMBER,
        most: float = LARGEST_NUMBER, required: bool = False,
    ) -> float:  # fmt: skip
        """Return the first of some fields that is there as a number; NaN where none is, or where it is faulty."""
        field = next((name for name in names if name in self), None)
        if field is None:
            if required:
                self.refuse(names[0], "missing", "this field is required")
            return math.nan
        given = self.item[field]
        made = _number(given)
        if made is None:
            self.refuse(field, given, "numbers are decimal strings or JSON numbers")
        elif not least <= made <= most:
            self.refuse(field, given, rule)
        else:
            return made
        return math.nan

    def text(self, field: str, *, required: bool = False) -> str:
        """Return a field that is a text; empty where there is none."""
        given = self.item.get(field)
        if isinstance(given, str):
            return given
        if given is not None or required:
            self.refuse(field, "missing" if given is None else given, "this field is a text")
        return ""

    def moment_ms(self, *names: str) -> int:
        """Return a time in milliseconds since 1970; 0 where there is none."""
        field = next((name for name in names if name in self), None)
        if field is None:
            return 0
        given = self.item[field]
        if isinstance(given, int) and not isinstance(given, bool) and 0 < given < MAX_TIME_MS:
            return given
        self.refuse(field, given, "timestamps are milliseconds since 1970")
        return 0

    def part(self, field: str) -> Fields | None:
        """Return an object inside this one; None where there is none."""
        if field not in self:
            return None
        inner = self.item[field]
        if isinstance(inner, Mapping):
            return Fields(inner, f"{self.path}.{field}", self.where, self.problems)
        self.refuse(field, inner, "it is a JSON object")
        return None

    def parts(self, field: str, *, document: str) -> list[Fields]:
        """Return the objects of a list inside this one; none where there is no list."""
        listed = self.item.get(field)
        if listed is None:
            return []
        if not isinstance(listed, list | tuple):
            self.refuse(field, listed, "it is a list of JSON objects")
            return []
        path = f"{self.path}.{field}"
        return [
            Fields.of(item, path=f"{path}[{i}]", document=document, problems=self.problems)
            for i, item in enumerate(listed)
        ]


def _number(given: object) -> float | None:
    """Return a JSON number or a decimal string as a float; None where it is neither or not finite."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    if isinstance(given, str) and _DECIMAL.fullmatch(given) is None:
        return None
    try:
        made = float(given)
    except (OverflowError, ValueError):
        return None
    return made if math.isfinite(made) else None


def shown(value: object) -> object:
    """Return a value as an error message shows it: numbers and short texts as they are, the rest cut or counted."""
    if isinstance(value, Mapping | list):
        return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**SHOWN_TEXT_COUNT:
        return "a whole number of more digits than a message shows"
    text = value if isinstance(value, str) else str(value)
    if len(text) > SHOWN_TEXT_COUNT:
        text = text[: SHOWN_TEXT_COUNT - 3] + "..."
    elif not isinstance(value, str):
        return value
    return text.encode("utf-8", "replace").decode()  # JSON can hold half a surrogate pair, which nothing can print
