"""The file of a named event: dated steps, every number with its source and its grade.

    [event]                                   name, title, start, story
    [sources]                                 key = "what it is and where it can be read"
    [base.price] BTC = { value, grade, source }        before the start; `base.vol` likewise where vols are levels
    [[steps]] label, time
    [steps.price] BTC = { value, grade, source, note }
    [steps.depth] all = { ... }

Legs by coin: `price` (USD) or `move` (relative), `vol` (level, per √year) or `vol_points` (change), `perpetual`,
`funding`, `carry` (as `Basis` has them). By asset: `asset` (USD). For the market, as `all`: `depth`, `spread` (over
what they were), `oracle_delay`, `order_delay` (minutes). The coin `others` stands for every coin that has no number of
its own. What one step states all steps state, so that nothing is carried on silently.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seawall.core.errors import InputError, Problem
from seawall.core.evidence import Evidence, Grade
from seawall.core.time import to_ns

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

BY_COIN = ("price", "move", "vol", "vol_points", "perpetual", "funding", "carry")
BY_MARKET = ("depth", "spread", "oracle_delay", "order_delay")
LEGS = (*BY_COIN, "asset", *BY_MARKET)
OTHERS = "others"
ALL = "all"
LEAF_KEYS = frozenset({"value", "grade", "source", "note"})
_LEVELS = ("price", "vol")
_GRADES = {grade.value: grade for grade in Grade}
_BOUNDS = {
    "price": (0.0, math.inf),
    "move": (-1.0, math.inf),
    "vol": (0.0, 20.0),
    "vol_points": (-20.0, 20.0),
    "perpetual": (-1.0, 1.0),
    "funding": (-1.0, 1.0),
    "carry": (-20.0, 20.0),
    "asset": (0.0, math.inf),
    "depth": (-1e-9, 1e6),
    "spread": (-1e-9, 1e6),
    "oracle_delay": (-1e-9, 1e5),
    "order_delay": (-1e-9, 1e5),
}
"""A number lies strictly between these."""


@dataclass(frozen=True, slots=True)
class EventNumber:
    """One number of an event with its evidence."""

    value: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class EventStep:
    """One instant of an event: numbers by leg, then by coin, asset or `all`."""

    label: str
    time_ns: int
    legs: Mapping[str, Mapping[str, EventNumber]]


@dataclass(frozen=True, slots=True)
class Event:
    """A named event: what the market was before the start, and its steps."""

    name: str
    title: str
    story: str
    start_ns: int
    base: Mapping[str, Mapping[str, EventNumber]]
    steps: tuple[EventStep, ...]
    sources: Mapping[str, str]

    @property
    def coins(self) -> tuple[str, ...]:
        """Coins whose prices the event states, sorted."""
        named = {coin for leg in ("price", "move") for coin in self.steps[0].legs.get(leg, {})}
        return tuple(sorted(named - {OTHERS}))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Evidence of every number."""
        tables = (self.base, *(step.legs for step in self.steps))
        return tuple(number.evidence for table in tables for leg in table.values() for number in leg.values())


def read_event(file: Traversable, *, where: str) -> Event:
    """Read the file of an event; raises `InputError` with every problem found."""
    import tomllib  # paid for on first use only

    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as broken:
        raise InputError(Problem("file", where, f"it is not TOML: {broken}")) from None
    problems: list[Problem] = []
    head, sources = document.get("event", {}), document.get("sources", {})
    problems += [
        Problem(key, "a table", "an event has event, sources, base and steps", where=where)
        for key in sorted(set(document) - {"event", "sources", "base", "steps"})
    ]
    name, title, story = (_text(head, key, where, problems) for key in ("name", "title", "story"))
    start = _time(head.get("start"), "event.start", where, problems)
    base = _legs(document.get("base", {}), "base", sources, where, problems)
    steps = [_step(table, i, sources, where, problems) for i, table in enumerate(document.get("steps", []))]
    problems += _whole(start, base, steps, where)
    if problems:
        raise InputError(problems)
    return Event(name, title, " ".join(story.split()), start, base, tuple(steps), dict(sources))


def _step(
    table: Mapping[str, Any], i: int, sources: Mapping[str, Any], where: str, problems: list[Problem]
) -> EventStep:
    prefix = f"steps[{i}]"
    label = _text(table, "label", where, problems, prefix=f"{prefix}.")
    time = _time(table.get("time"), f"{prefix}.time", where, problems)
    rest = {key: part for key, part in table.items() if key not in ("label", "time")}
    return EventStep(label, time, _legs(rest, f"{prefix} {label}", sources, where, problems))


def _legs(
    table: Mapping[str, Any], prefix: str, sources: Mapping[str, Any], where: str, problems: list[Problem]
) -> dict[str, dict[str, EventNumber]]:
    found: dict[str, dict[str, EventNumber]] = {}
    for leg, numbers in table.items():
        if leg not in LEGS or not isinstance(numbers, Mapping):
            problems.append(Problem(f"{prefix}.{leg}", leg, f"a leg is one of {', '.join(LEGS)}", where=where))
            continue
        found[leg] = {}
        for of, leaf in numbers.items():
            subject = f"{prefix}.{leg}.{of}"
            number = _number(leaf, leg, subject, sources, where, problems)
            if leg in BY_MARKET and of != ALL:
                problems.append(Problem(subject, of, "it is of the whole market: `all`", where=where))
            if number is not None:
                found[leg][of] = number
    return found


def _number(
    leaf: Any, leg: str, subject: str, sources: Mapping[str, Any], where: str, problems: list[Problem]
) -> EventNumber | None:
    if not isinstance(leaf, Mapping) or set(leaf) - LEAF_KEYS:
        rule = f"a number is a table of {', '.join(sorted(LEAF_KEYS))}"
        problems.append(Problem(subject, str(leaf), rule, where=where))
        return None
    value, grade, source, note = (leaf.get(key) for key in ("value", "grade", "source", "note"))
    low, high = _BOUNDS[leg]
    good = len(problems)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        problems.append(
            Problem(f"{subject}.value", value, f"it is a number above {low:g} and below {high:g}", where=where)
        )
    if grade not in _GRADES:
        problems.append(Problem(f"{subject}.grade", grade, f"it is one of {', '.join(_GRADES)}", where=where))
    if source not in sources:
        problems.append(Problem(f"{subject}.source", source, "it is a key of [sources]", where=where))
    if grade == Grade.ASSUMED.value and not note:
        problems.append(Problem(f"{subject}.note", note, "an assumed number says why in a note", where=where))
    if len(problems) > good:
        return None
    return EventNumber(
        float(str(value)), Evidence(subject, _GRADES[str(grade)], str(sources[str(source)]), str(note or ""))
    )


def _whole(
    start: int, base: Mapping[str, Mapping[str, EventNumber]], steps: list[EventStep], where: str
) -> Iterator[Problem]:
    if not steps:
        yield Problem("steps", "none", "an event has one step or more", where=where)
        return
    times = [start, *(step.time_ns for step in steps)]
    if any(later < earlier for earlier, later in pairwise(times)):
        yield Problem("steps.time", "going back", "steps follow each other in time, after the start", where=where)
    stated = {(leg, of) for step in steps for leg, numbers in step.legs.items() for of in numbers}
    for step in steps:
        own = {(leg, of) for leg, numbers in step.legs.items() for of in numbers}
        for leg, of in sorted(stated - own):
            yield Problem(f"{step.label}.{leg}.{of}", None, "what one step states all steps state", where=where)
    for leg, of in sorted(stated):
        if leg in _LEVELS and of not in base.get(leg, {}):
            yield Problem(f"base.{leg}.{of}", None, "a level has one before the start to be compared with", where=where)
        twin = {"price": "move", "vol": "vol_points"}.get(leg)
        if twin and (twin, of) in stated:
            yield Problem(f"{leg}.{of}", of, f"it is stated once, here or as {twin}", where=where)


def _text(table: Any, key: str, where: str, problems: list[Problem], *, prefix: str = "event.") -> str:
    text = table.get(key) if isinstance(table, Mapping) else None
    if not isinstance(text, str) or not text.strip():
        problems.append(Problem(f"{prefix}{key}", text, "it is a text, and not empty", where=where))
        return ""
    return text


def _time(moment: Any, field: str, where: str, problems: list[Problem]) -> int:
    if not isinstance(moment, datetime):
        problems.append(Problem(field, str(moment), "it is a time, such as 2020-03-12T10:00:00Z", where=where))
        return 0
    return to_ns(moment)
