"""The library of policies: which there are, and which held at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.core.evidence import Grade
from seawall.core.evidence import weakest as weakest_of
from seawall.core.time import iso, to_ns
from seawall.policy.margin_policy import MarginPolicy
from seawall.policy.names import nearest_names
from seawall.policy.parameter import Rule
from seawall.policy.reading import DatedSet, ModelFile, read_dated, read_model, read_rules, read_schema, read_whole
from seawall.policy.schema import Schema

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One policy id with its dates. `grades` counts parameters and rules by evidence grade, for each date.

    What a model leaves to others of its family is not counted.

    `kind` says who set the rule book; `verified_against` whose published numbers check it.
    """

    id: str
    model: str
    title: str
    kind: str
    verified_against: str
    notes: str
    dates: tuple[str, ...]
    weakest: tuple[Grade, ...]
    grades: tuple[Mapping[Grade, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Policies in a folder laid out as `policy.reading` says. Reading is lazy, and a library reads a file once.

    A library equals only itself: to see files that changed since, read the folder as a new library.
    """

    root: Traversable

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all policies, without dates."""
        return _model_ids(self)

    def dates(self, model_id: str) -> tuple[str, ...]:
        """Return the dates of a policy id, oldest first."""
        return _dates(self, _model(self, model_id).family)

    def at(self, policy_id: str, time: int | str | date | datetime | None = None) -> MarginPolicy:
        """Return a policy by id, as `seawall.policy.at` does for the bundled ones."""
        model_id, _slash, day = policy_id.rpartition("/")
        if not _DAY.fullmatch(day):
            model_id, day = policy_id, ""
        if model_id not in self.ids():
            near = nearest_names(model_id, self.ids())
            rule = f"no such policy{near}; known: {', '.join(self.ids())}"
            raise UnknownNameError(Problem("policy", policy_id, rule))
        dates = self.dates(model_id)
        if day and day not in dates:
            raise UnknownNameError(Problem("policy", policy_id, f"the dates of {model_id} are {', '.join(dates)}"))
        return _policy(self, model_id, day or _newest(model_id, dates, time))

    def schema_of(self, model: str) -> Schema | None:
        """Return the schema of the numbers that a model reads; None where no policy here is the model's."""
        families = [_model(self, model_id).family for model_id in self.ids() if _model(self, model_id).model == model]
        return _schema(self, families[0]) if families else None

    def catalogue(self) -> list[CatalogueRow]:
        """Return one row for each policy id, with its dates and how sure each dated set is."""
        rows = []
        for model_id in self.ids():
            dates = self.dates(model_id)
            sets = [_policy(self, model_id, day) for day in dates]
            model = _model(self, model_id)
            grades = tuple(_grade_counts(policy, model.not_read) for policy in sets)
            weakest = tuple(weakest_of(grade for grade, count in counts.items() if count) for counts in grades)
            rows.append(
                CatalogueRow(
                    model_id, model.model, model.title, model.kind, model.verified_against, model.notes, dates, weakest,
                    grades,
                )
            )  # fmt: skip
        return rows


class TooEarlyError(InputError):
    """A policy was asked for at a time before its first set, whose date is `first`."""

    def __init__(self, problem: Problem, *, first: str) -> None:
        super().__init__(problem)
        self.first = first


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def at(policy_id: str, time: int | str | date | datetime | None = None) -> MarginPolicy:
    """Return a bundled policy by id, or the newest set of it that held at a time.

    Parameters
    ----------
    policy_id
        With a date (`deribit/x_pm/2026-02-15`): exactly that set. Without: the newest effective at or before `time`.
    time
        Nanoseconds since 1970 UTC, ISO 8601, a date or a datetime; not needed with a date in the id.

    Raises
    ------
    UnknownNameError
        When there is no such policy or date; the message lists those there are.
    InputError
        When `time` is before the first set, or is needed and not given.

    Examples
    --------
    >>> at("deribit/x_pm", "2026-08-01T17:58:04Z").id
    'deribit/x_pm/2026-02-15'
    """
    return _bundled().at(policy_id, time)


def catalogue() -> list[CatalogueRow]:
    """Return one row for each bundled policy, with its dates and how sure each dated set is.

    Examples
    --------
    >>> [row.model for row in catalogue() if row.id == "deribit/x_pm"]
    ['deribit_x_pm']
    """
    return _bundled().catalogue()


def read_policy(text: str, *, where: str = "policy") -> MarginPolicy:
    """Return the policy that a text holds whole, as `policy_text` writes it; its model is one of a bundled policy.

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> from seawall.policy import policy_text
    >>> mine = at("house/tail/2026-01-01").with_numbers({"general.multiplier": 2.0})
    >>> read_policy(policy_text(mine)) == mine
    True
    """
    return read_whole(text, _bundled().schema_of, where=where)


def read_library(root: Traversable) -> Library:
    """Return the policies in a folder of one's own, for example a `pathlib.Path`."""
    return Library(root)


@cache
def _bundled() -> Library:
    from importlib.resources import files  # paid for on first use only

    return Library(files("seawall.policy") / "data")


def _newest(model_id: str, dates: tuple[str, ...], time: int | str | date | datetime | None) -> str:
    listed = f"the dates of {model_id} are {', '.join(dates)}"
    if time is None:
        raise InputError(Problem("time", None, f"a policy id without a date needs a time; {listed}", where=model_id))
    time_ns = to_ns(time)
    held = [day for day in dates if to_ns(day) <= time_ns]
    if not held:
        raise TooEarlyError(
            Problem(
                "time",
                iso(time_ns),
                f"no set is known so early; name one with its date, such as {model_id}/{dates[0]}; {listed}",
                where=model_id,
            ),
            first=dates[0],
        )
    return held[-1]


def _grade_counts(policy: MarginPolicy, not_read: Sequence[str]) -> Mapping[Grade, int]:
    graded = {name: parameter.grade for name, parameter in policy.parameters.items()}
    graded |= {f"rules.{name}": rule.grade for name, rule in policy.rules.items()}
    counts = Counter(grade for name, grade in graded.items() if not _is_of(name, not_read))
    return {grade: counts[grade] for grade in Grade}


def _is_of(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a name is one that a pattern says, or lies below it."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*") for pattern in patterns)


@cache
def _model_ids(library: Library) -> tuple[str, ...]:
    folders = [(venue, folder) for venue in library.root.iterdir() if venue.is_dir() for folder in venue.iterdir()]
    return tuple(
        sorted(f"{venue.name}/{folder.name}" for venue, folder in folders if folder.joinpath("model.toml").is_file())
    )


@cache
def _dates(library: Library, family: str) -> tuple[str, ...]:
    names = [file.name.removesuffix(".toml") for file in library.root.joinpath(*family.split("/")).iterdir()]
    return tuple(sorted(name for name in names if _DAY.fullmatch(name)))


@cache
def _policy(library: Library, model_id: str, day: str) -> MarginPolicy:
    model = _model(library, model_id)
    schema = _schema(library, model.family)
    dated = _dated(library, model.family, day)
    shared = {**_family_rules(library, model.family), **dated.rules}  # a date may restate a rule of its family
    twice = sorted(set(shared) & set(model.rules))
    if twice:
        rule = f"{model.family} states it already"
        raise InputError([Problem(f"rules.{name}", model_id, rule, where=f"{model_id}/model.toml") for name in twice])
    return MarginPolicy(
        id=f"{model_id}/{day}",
        model=model.model,
        effective_ns=dated.effective_ns,
        title=f"{model.title}: {dated.title}",
        parameters=dated.parameters,
        rules={**shared, **model.rules},
        notes="\n\n".join(note for note in (model.notes, dated.notes) if note),
        schema=schema,
    )


@cache
def _model(library: Library, model_id: str) -> ModelFile:
    where = f"{model_id}/model.toml"
    model = read_model(library.root.joinpath(*where.split("/")), where=where)
    if not library.root.joinpath(*model.family.split("/")).joinpath("schema.toml").is_file():
        raise InputError(Problem("parameters", model.family, "it is a folder with a schema.toml", where=where))
    return model


@cache
def _schema(library: Library, family: str) -> Schema:
    return read_schema(library.root.joinpath(*family.split("/"), "schema.toml"), where=f"{family}/schema.toml")


@cache
def _family_rules(library: Library, family: str) -> Mapping[str, Rule]:
    file = library.root.joinpath(*family.split("/"), "rules.toml")
    return read_rules(file, where=f"{family}/rules.toml") if file.is_file() else {}


@cache
def _dated(library: Library, family: str, day: str) -> DatedSet:
    where = f"{family}/{day}.toml"
    return read_dated(library.root.joinpath(*where.split("/")), _schema(library, family), where=where)
