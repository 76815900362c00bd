"""Dated parameter files into policies: everything is checked here, once, with all problems at once.

The layout, under a venue's folder:

    <family>/schema.toml    kind, unit, bounds and meaning of each parameter
    <family>/rules.toml     graded statements that hold for all dates and models of the family
    <family>/<date>.toml    the numbers of one date, and rules that differ on it
    <model>/model.toml      which family a model reads, its title, what checks it, and rules of its own
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from seawall.core.errors import MISSING, InputError, Problem
from seawall.core.evidence import Grade
from seawall.core.time import NO_EXPIRY_NS, to_ns
from seawall.policy.margin_policy import MarginPolicy
from seawall.policy.names import nearest_names
from seawall.policy.parameter import Parameter, Rule
from seawall.policy.schema import Schema, parse_schema

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Table = Mapping[str, Any]

KINDS = ("exchange", "on-chain", "clearing house", "house")
"""Sorts of rule books: who set them. `house` is our own."""
WHOLE_KEYS = ("id", "model", "effective", "title", "notes")
"""What `[policy]` says in a file that holds a policy whole."""
_HEADS = {"policy", "sources", "rules"}
_LEAF_KEYS = {"value", "grade", "source", "note", "unit"}
DEEPEST_LEVEL = 20
"""Tables and lists within each other; policies have five."""
_DEEP = "it is nested deeper than any policy"
_GRADES = {grade.value: grade for grade in Grade}


@dataclass(frozen=True, slots=True)
class DatedSet:
    """The parameters and rules of one dated file."""

    effective: date
    title: str
    notes: str
    parameters: Mapping[str, Parameter]
    rules: Mapping[str, Rule]

    @property
    def effective_ns(self) -> int:
        """Midnight UTC of the date."""
        return to_ns(self.effective)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What `model.toml` says: the model's name, the family that it reads, and rules of its own.

    `kind` is who set it, and `verified_against` whose published numbers check it, empty where none do. `not_read` names
    what of a shared family the model leaves to others: `collateral`, `currency.*.haircut`, `rules.borrow_rate`.
    """

    model: str
    family: str
    title: str
    kind: str
    verified_against: str
    notes: str
    rules: Mapping[str, Rule]
    not_read: tuple[str, ...] = ()


def read_schema(file: Traversable, *, where: str) -> Schema:
    """Read `schema.toml`; raises `InputError` with every problem found."""
    schema, problems = parse_schema(_document(file, where=where), where=where)
    _refuse(problems)
    return schema


def read_rules(file: Traversable, *, where: str) -> dict[str, Rule]:
    """Read `rules.toml`; raises `InputError` with every problem found."""
    problems: list[Problem] = []
    rules = _rules(_document(file, where=where), where, problems)
    _refuse(problems)
    return rules


def read_model(file: Traversable, *, where: str) -> ModelFile:
    """Read `model.toml`; raises `InputError` with every problem found."""
    document = _document(file, where=where)
    problems: list[Problem] = []
    model, family, title = (_text(document, key, where, problems) for key in ("model", "parameters", "title"))
    kind = document.get("kind")
    if kind not in KINDS:
        problems.append(Problem("kind", str(kind), f"it is one of {', '.join(KINDS)}", where=where))
    checked = document.get("verified_against", "")
    if not isinstance(checked, str):
        problems.append(Problem("verified_against", str(checked), "it is a text", where=where))
    left = document.get("not_read", [])
    if not isinstance(left, list) or not all(isinstance(name, str) and name for name in left):
        problems.append(Problem("not_read", str(left), "it is a list of names", where=where))
        left = []
    notes = _notes(document, where, problems)
    rules = _rules(document, where, problems)
    _refuse(problems)
    return ModelFile(model, family, title, str(kind), checked, notes, rules, tuple(left))


def read_dated(file: Traversable, schema: Schema, *, where: str) -> DatedSet:
    """Read `<date>.toml` and check every value against the schema; raises `InputError` with every problem found."""
    document = _document(file, where=where)
    problems: list[Problem] = []
    head, sources = _table(document, "policy", where, problems), _table(document, "sources", where, problems)
    effective = head.get("effective")
    if not isinstance(effective, date) or effective.isoformat() != file.name.removesuffix(".toml"):
        problems.append(Problem("policy.effective", effective, "it is the date that names the file", where=where))
        effective = date.min
    title, notes = _text(head, "title", where, problems), _notes(head, where, problems)
    parameters = _parameters(document, sources, schema, where, problems)
    rules = _rules(document, where, problems)
    _refuse(problems)
    return DatedSet(effective, title, notes, parameters, rules)


def read_whole(text: str, schema_of_model: Callable[[str], Schema | None], *, where: str) -> MarginPolicy:
    """Read a policy that stands whole in one file, as `policy.writing` writes it.

    Parameters
    ----------
    text
        TOML.
    schema_of_model
        From a model's name to the schema of its numbers; None for a model that there is not.

    Raises
    ------
    InputError
        With every problem found.
    """
    document = _parsed(text, where=where)
    problems: list[Problem] = []
    head, sources = _table(document, "policy", where, problems), _table(document, "sources", where, problems)
    named, model, title = (_text(head, key, where, problems, prefix="policy.") for key in ("id", "model", "title"))
    problems += [
        Problem(f"policy.{key}", str(head[key]), f"[policy] has only {', '.join(WHOLE_KEYS)}", where=where)
        for key in sorted(set(head) - set(WHOLE_KEYS))
    ]
    notes, effective_ns = _notes(head, where, problems, prefix="policy."), 0
    given = head.get("effective", MISSING)
    try:
        effective_ns = to_ns(given)
    except (InputError, AttributeError, OverflowError):
        effective_ns = NO_EXPIRY_NS
    if not -NO_EXPIRY_NS < effective_ns < NO_EXPIRY_NS:
        told = given if given is MISSING else str(given)
        rule = "it is a time, as 2026-08-01T17:58:04Z, or nanoseconds since 1970 in 64 bits"
        problems.append(Problem("policy.effective", told, rule, where=where))
    schema = schema_of_model(model)
    if schema is None:
        problems.append(Problem("policy.model", model, "it is a model of a bundled policy", where=where))
    parameters = _parameters(document, sources, schema or Schema({}), where, problems if schema else [], noted=False)
    rules = _rules(document, where, problems)
    _refuse(problems)
    return MarginPolicy(named, model, effective_ns, title, parameters, rules, notes, schema or Schema({}))


def _parameters(
    document: Table, sources: Table, schema: Schema, where: str, problems: list[Problem], *, noted: bool = True
) -> dict[str, Parameter]:
    """Return every parameter of a file; `noted` asks for the note of what is assumed."""
    parameters: dict[str, Parameter] = {}
    for name, leaf in _leaves("", {key: table for key, table in document.items() if key not in _HEADS}):
        parameter = _parameter(name, leaf, sources, schema, where, problems, noted=noted)
        if parameter is not None:
            parameters[name] = parameter
    return parameters


def _document(file: Traversable, *, where: str) -> Table:
    try:
        text = file.read_text(encoding="utf-8")
    except ValueError as broken:
        raise InputError(Problem("file", where, f"it is not TOML: {broken}")) from None
    return _parsed(text, where=where)


def _parsed(text: str, *, where: str) -> Table:
    import tomllib  # paid for on first use only

    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise InputError(Problem("file", where, _DEEP)) from None
    except ValueError as broken:  # no TOML, or an integer longer than Python reads
        raise InputError(Problem("file", where, f"it is not TOML: {broken}")) from None
    level: list[Any] = [document]
    for _ in range(DEEPEST_LEVEL):
        parts = (part.values() if isinstance(part, Mapping) else part for part in level)
        level = [inner for held in parts for inner in held if isinstance(inner, Mapping | list)]
    if level:
        raise InputError(Problem("file", where, _DEEP))
    return document


def _table(document: Table, key: str, where: str, problems: list[Problem], *, prefix: str = "") -> Table:
    """Return the table under a key; an empty one where there is none."""
    table = document.get(key, {})
    if isinstance(table, Mapping):
        return table
    problems.append(Problem(f"{prefix}{key}", table, "it is a table", where=where))
    return {}


def _leaves(prefix: str, table: Table) -> Iterator[tuple[str, object]]:
    """Yield every parameter by its dotted name; a table with any key of a leaf is one."""
    for key, item in table.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping) and not _LEAF_KEYS & set(item):
            yield from _leaves(f"{name}.", item)
        else:
            yield name, item


def _parameter(
    name: str, leaf: object, sources: Table, schema: Schema, where: str, problems: list[Problem], *, noted: bool
) -> Parameter | None:
    if not isinstance(leaf, Mapping):
        problems.append(Problem(name, leaf, "a parameter is a table with value, grade and source", where=where))
        return None
    found: list[Problem] = [
        Problem(f"{name}.{key}", leaf[key], f"a parameter has only {', '.join(sorted(_LEAF_KEYS))}", where=where)
        for key in sorted(set(leaf) - _LEAF_KEYS)
    ]
    grade, source = _grade_and_source(name, leaf, sources, where, found)
    note = _notes(leaf, where, found, key="note", prefix=f"{name}.")
    if noted and leaf.get("grade") == Grade.ASSUMED.value and not note:
        found.append(Problem(f"{name}.note", note, "an assumed value says why in a note", where=where))
    rules = schema.find(name)
    if rules is None:
        near = nearest_names(name, schema.entries)
        found.append(Problem(name, leaf.get("value"), f"schema.toml has no such parameter{near}", where=where))
    elif "value" not in leaf:
        found.append(Problem(f"{name}.value", None, "a parameter has a value", where=where))
    elif leaf.get("unit", rules.unit) != rules.unit:
        found.append(Problem(f"{name}.unit", leaf["unit"], f"its unit is {rules.unit}", where=where))
    else:
        try:
            setting = rules.setting(leaf["value"])
        except ValueError as broken:
            found.append(Problem(name, leaf["value"], str(broken), where=where))
    problems += found
    if found or rules is None:
        return None
    return Parameter(name, setting, rules.unit, rules.lower, rules.upper, rules.choices, source, grade, note)


def _rules(document: Table, where: str, problems: list[Problem]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    tables = _table(document, "rules", where, problems)
    sources = _table(document, "sources", where, [])  # where it is no table, no rule has a source, and each says so
    for name in tables:
        found: list[Problem] = []
        table = _table(tables, name, where, found, prefix="rules.")
        statement = _text(table, "statement", where, found, prefix=f"rules.{name}.")
        grade, source = _grade_and_source(f"rules.{name}", table, sources, where, found)
        problems += found
        if not found:
            rules[name] = Rule(name, " ".join(statement.split()), grade, source)
    return rules


def _grade_and_source(
    name: str, table: Table, sources: Table, where: str, problems: list[Problem]
) -> tuple[Grade, str]:
    grade, key = table.get("grade"), table.get("source")
    if not isinstance(grade, str) or grade not in _GRADES:
        problems.append(Problem(f"{name}.grade", grade, f"it is one of {', '.join(_GRADES)}", where=where))
    told = sources.get(key) if isinstance(key, str) else None
    if not isinstance(told, str) or not told.strip():
        problems.append(Problem(f"{name}.source", key, "it is a key of [sources] in the same file", where=where))
    return _GRADES.get(str(grade), Grade.ASSUMED), " ".join(str(told).split())


def _text(table: Table, key: str, where: str, problems: list[Problem], *, prefix: str = "") -> str:
    text = table.get(key)
    if not isinstance(text, str) or not text.strip():
        problems.append(Problem(f"{prefix}{key}", text, "it is a text, and not empty", where=where))
        return ""
    return text


def _notes(table: Table, where: str, problems: list[Problem], *, key: str = "notes", prefix: str = "") -> str:
    text = table.get(key, "")
    if not isinstance(text, str):
        problems.append(Problem(f"{prefix}{key}", text, "it is a text", where=where))
        return ""
    return text.strip()


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InputError(problems)
