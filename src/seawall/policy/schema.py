"""What a parameter may be: its kind, unit and bounds, written once for all dates of a family."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from seawall.core.errors import Problem
from seawall.policy.parameter import Parameter, Setting

Kind = Literal["number", "numbers", "flag", "word", "words"]
ANY_NAME = "*"
"""Stands for every name at its place: `currency.*.haircut` is the haircut of any currency."""


COUNT = "count"
"""Unit of what comes in whole numbers only."""


@dataclass(frozen=True, slots=True)
class ParameterSchema:
    """Kind, unit, inclusive bounds and meaning of the parameters that one pattern names."""

    pattern: str
    kind: Kind
    unit: str
    description: str
    lower: float | None = None
    upper: float | None = None
    choices: tuple[str, ...] = ()

    def setting(self, given: object) -> Setting:
        """Return `given` as a setting of this kind.

        Raises
        ------
        ValueError
            When it breaks a rule; the message is the rule.

        Examples
        --------
        >>> ParameterSchema("general.mm_factor", "number", "ratio", "", 0.0, 1.0).setting(1)
        1.0
        """
        match self.kind:
            case "flag":
                if not isinstance(given, bool):
                    raise ValueError("a flag is true or false")
                return given
            case "word":
                if not isinstance(given, str) or given not in self.choices:
                    raise ValueError(f"it is one of {', '.join(self.choices)}")
                return given
            case "words":
                listed = given if isinstance(given, list | tuple) else ()
                if not listed or not all(isinstance(word, str) and word in self.choices for word in listed):
                    raise ValueError(f"it is a list, each one of {', '.join(self.choices)}")
                return tuple(listed)
            case "numbers":
                if isinstance(given, str) or not isinstance(given, Sequence) or not given:
                    raise ValueError(f"it is a list of numbers, each {self.bounds_text}")
                return tuple(self._number(item) for item in given)
            case _:
                return self._number(given)

    def _number(self, given: object) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise ValueError(f"it is a number {self.bounds_text}")
        number = _as_float(given)
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        if not (math.isfinite(number) and lower <= number <= upper):
            raise ValueError(f"it is {self.bounds_text}")
        if self.unit == COUNT and not number.is_integer():
            raise ValueError(f"it is a whole number {self.bounds_text}")
        return number

    @property
    def bounds_text(self) -> str:
        """The bounds in words, with the unit."""
        lower = "any" if self.lower is None else f"{self.lower:g}"
        upper = "any" if self.upper is None else f"{self.upper:g}"
        return f"from {lower} to {upper} ({self.unit})"


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of a family: every pattern that its dated sets may use."""

    entries: Mapping[str, ParameterSchema]

    def find(self, name: str) -> ParameterSchema | None:
        """Return the schema of a dotted name, or None; an exact pattern goes before one with `*`."""
        if name in self.entries:
            return self.entries[name]
        parts = name.split(".")
        for place in range(1, len(parts) - 1):
            pattern = ".".join([*parts[:place], ANY_NAME, *parts[place + 1 :]])
            if pattern in self.entries:
                return self.entries[pattern]
        return None


def schema_of(parameter: Parameter) -> ParameterSchema:
    """Return the schema that a parameter carries in itself: for policies built without a family's schema."""
    kinds: dict[type, Kind] = {bool: "flag", str: "word", tuple: "words" if parameter.choices else "numbers"}
    kind = kinds.get(type(parameter.value), "number")
    bounds = (parameter.lower, parameter.upper)
    return ParameterSchema(parameter.name, kind, parameter.unit, parameter.note, *bounds, parameter.choices)


_KEYS = {"unit", "description", "min", "max", "choices", "kind"}


def parse_schema(document: Mapping[str, object], *, where: str) -> tuple[Schema, list[Problem]]:
    """Return the schema in a parsed `schema.toml`, and what is wrong with it."""
    problems: list[Problem] = []
    entries: dict[str, ParameterSchema] = {}
    for pattern, table in _entries("", document):
        entry = _parse_entry(pattern, table)
        if isinstance(entry, Problem):
            problems.append(Problem(entry.field, entry.value, entry.rule, where=where))
        else:
            entries[pattern] = entry
    return Schema(entries), problems


def _entries(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for key, item in table.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping) and item and all(isinstance(inner, Mapping) for inner in item.values()):
            yield from _entries(f"{name}.", item)
        else:
            yield name, item if isinstance(item, Mapping) else {}


def _parse_entry(pattern: str, table: Mapping[str, object]) -> ParameterSchema | Problem:
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        return Problem(pattern, unknown[0], f"a schema entry has only {', '.join(sorted(_KEYS))}")
    unit, description = table.get("unit"), table.get("description")
    if not (isinstance(unit, str) and unit and isinstance(description, str) and description):
        return Problem(pattern, dict(table), "a schema entry has a unit and a description")
    kind = table.get("kind", "word" if "choices" in table else "number")
    choices, lower, upper = table.get("choices", []), table.get("min"), table.get("max")
    match kind:
        case "flag":
            return ParameterSchema(pattern, "flag", unit, description)
        case "word" | "words" if isinstance(choices, list) and choices and all(isinstance(w, str) for w in choices):
            chosen: Kind = "word" if kind == "word" else "words"
            return ParameterSchema(pattern, chosen, unit, description, choices=tuple(choices))
        case "number" | "numbers" if isinstance(lower, int | float) and isinstance(upper, int | float):
            bounds = (_as_float(lower), _as_float(upper))
            if -math.inf < bounds[0] <= bounds[1] < math.inf:
                return ParameterSchema(pattern, "number" if kind == "number" else "numbers", unit, description, *bounds)
    rule = "numbers have min <= max, both finite, words have choices, flags have kind = 'flag'"
    return Problem(pattern, dict(table), rule)


def _as_float(number: float) -> float:
    """Return a number of a TOML file, whose integers have no end."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
