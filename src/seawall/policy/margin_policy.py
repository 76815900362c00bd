"""The policy that a margin model reads: every number with its unit, bounds, source and grade."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from seawall.core.digest import digest_of
from seawall.core.errors import InputError, Problem, UnavailableError, UnknownNameError
from seawall.core.evidence import Evidence, Grade
from seawall.core.memo import Memo
from seawall.core.time import to_ns
from seawall.policy.names import nearest_names
from seawall.policy.parameter import Parameter, Rule
from seawall.policy.schema import Schema, schema_of

SET_BY_USER = "set by the user"
"""Source of a parameter that a what-if changed."""


@dataclass(frozen=True, repr=False)
class MarginPolicy(Memo):
    """Parameters and graded rules that hold from a date, for one margin model.

    A parameter that is not known is unavailable: there are no defaults.

    Attributes
    ----------
    id
        `<venue>/<model>/<date>`, with a suffix where a user changed numbers.
    model
        Name of the margin model that reads the policy.
    effective_ns
        The instant from which the set holds, nanoseconds since 1970 UTC.
    parameters, rules
        By dotted path, and by name.
    notes
        What a reader should know of the set as a whole.
    schema
        Kinds, units and bounds of all parameters that the family knows.

    Examples
    --------
    >>> from seawall.policy import at
    >>> at("deribit/x_pm/2026-02-15").number("currency_pair.eth_usd.price_range")
    0.18
    """

    id: str
    model: str
    effective_ns: int
    title: str
    parameters: Mapping[str, Parameter]
    rules: Mapping[str, Rule]
    notes: str = ""
    schema: Schema = field(default_factory=lambda: Schema({}), repr=False, compare=False)

    def __post_init__(self) -> None:
        # A policy is shared by all that ask for it, and its digest is computed once.
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        object.__setattr__(self, "rules", MappingProxyType(dict(self.rules)))

    def __getstate__(self) -> dict[str, Any]:
        state = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return state | {"parameters": dict(self.parameters), "rules": dict(self.rules)}  # a proxy can't be pickled

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, content in state.items():
            object.__setattr__(self, name, content)
        self.__post_init__()

    def __repr__(self) -> str:
        return f"MarginPolicy({self.id!r}, {len(self.parameters)} parameters, digest {self.digest})"

    @classmethod
    def of(
        cls,
        policy_id: str,
        settings: Mapping[str, object],
        *,
        like: MarginPolicy,
        source: str,
        grade: Grade = Grade.DOCUMENTED,
        effective: int | str | date | datetime | None = None,
        title: str = "",
        notes: str = "",
    ) -> MarginPolicy:
        """Return a policy from settings read elsewhere, such as the parameters in a venue's own response.

        Parameters
        ----------
        settings
            By dotted path. Every path must be one that the schema of `like` knows (see `knows`).
        like
            Gives model, rules, schema and each parameter that `settings` does not name, with its own source and grade.
        effective
            When the settings held; as in `like` when not given.

        Raises
        ------
        UnknownNameError
            When a path is not in the schema.
        InputError
            When a setting has the wrong kind or is out of bounds.

        Examples
        --------
        >>> from seawall.policy import at
        >>> base = at("deribit/s_pm/2024-06-17")
        >>> MarginPolicy.of("mine", {"general.mm_factor": 0.75}, like=base, source="my reading").number(
        ...     "general.mm_factor")
        0.75
        """
        changed = _checked(settings, like, allowed=like.knows, where=policy_id)
        stated = {name: replace(parameter, source=source, grade=grade, note="") for name, parameter in changed.items()}
        return cls(
            id=policy_id,
            model=like.model,
            effective_ns=like.effective_ns if effective is None else to_ns(effective),
            title=title or like.title,
            parameters={**like.parameters, **stated},
            rules=like.rules,
            notes=notes,
            schema=like.schema,
        )

    def number(self, path: str) -> float:
        """Return a number; raises `UnavailableError` where no value is known."""
        setting = self.parameter(path).value
        if isinstance(setting, bool) or not isinstance(setting, float):
            raise InputError(Problem(path, setting, "it is not a number", where=self.id))
        return setting

    def numbers(self, path: str) -> tuple[float, ...]:
        """Return a list of numbers."""
        setting = self.parameter(path).value
        if isinstance(setting, tuple):
            listed = tuple(item for item in setting if isinstance(item, float))
            if len(listed) == len(setting):
                return listed
        raise InputError(Problem(path, setting, "it is not a list of numbers", where=self.id))

    def words(self, path: str) -> tuple[str, ...]:
        """Return a list of words."""
        setting = self.parameter(path).value
        if isinstance(setting, tuple):
            listed = tuple(item for item in setting if isinstance(item, str))
            if len(listed) == len(setting):
                return listed
        raise InputError(Problem(path, setting, "it is not a list of words", where=self.id))

    def flag(self, path: str) -> bool:
        """Return a flag."""
        setting = self.parameter(path).value
        if not isinstance(setting, bool):
            raise InputError(Problem(path, setting, "it is not a flag", where=self.id))
        return setting

    def word(self, path: str) -> str:
        """Return a word."""
        setting = self.parameter(path).value
        if not isinstance(setting, str):
            raise InputError(Problem(path, setting, "it is not a word", where=self.id))
        return setting

    def parameter(self, path: str) -> Parameter:
        """Return a parameter with its source and grade; raises `UnavailableError` where no value is known."""
        found = self.parameters.get(path)
        if found is None:
            raise UnavailableError(f"{self.id} has no {path}: no value of it is known, and none is guessed")
        return found

    def has(self, path: str) -> bool:
        """Whether a value is known."""
        return path in self.parameters

    def knows(self, path: str) -> bool:
        """Whether the family has a parameter of that name, known here or not."""
        return path in self.parameters or self.schema.find(path) is not None

    def rule(self, name: str) -> Rule:
        """Return a graded rule; raises `UnavailableError` where the policy states none of that name."""
        found = self.rules.get(name)
        if found is None:
            raise UnavailableError(f"{self.id} states no rule {name!r}{nearest_names(name, self.rules)}")
        return found

    def evidence(self, paths: Iterable[str], rules: Iterable[str] = ()) -> tuple[Evidence, ...]:
        """Return grade and source of the parameters and rules that a result used, each once."""
        paths, rules = tuple(paths), tuple(rules)

        def found() -> tuple[Evidence, ...]:
            numbers = [self.parameter(path).evidence for path in dict.fromkeys(paths)]
            return (*numbers, *(self.rule(name).evidence for name in dict.fromkeys(rules)))

        return self.once(("evidence", paths, rules), found)

    @cached_property
    def digest(self) -> str:
        """Name of the content: id, date, every setting and every grade."""
        return digest_of(
            {
                "id": self.id,
                "model": self.model,
                "effective_ns": self.effective_ns,
                "parameters": {name: (p.value, p.unit, p.grade.value) for name, p in self.parameters.items()},
                "rules": {name: (r.statement, r.grade.value) for name, r in self.rules.items()},
            }
        )

    def with_numbers(self, settings: Mapping[str, object]) -> MarginPolicy:
        """Return the policy with some parameters changed, for example tightened.

        Changed parameters are graded `assumed`, and the id says how many they are. A parameter that is set to what
        it already is stays as it is.

        Raises
        ------
        UnknownNameError
            When the policy has no such parameter; the message lists the nearest names.
        InputError
            When a setting has the wrong kind or is out of bounds.

        Examples
        --------
        >>> from seawall.policy import at
        >>> at("deribit/x_pm/2026-02-15").with_numbers({"currency_pair.btc_usd.price_range": 0.20}).id
        'deribit/x_pm/2026-02-15 +1 change'
        """
        checked = _checked(settings, self, allowed=self.has, where=self.id)
        changed = {
            name: replace(parameter, source=SET_BY_USER, grade=Grade.ASSUMED, note="")
            for name, parameter in checked.items()
            if parameter.value != self.parameters[name].value
        }
        if not changed:
            return self
        parameters = {**self.parameters, **changed}
        count = sum(parameter.source == SET_BY_USER for parameter in parameters.values())
        suffix = f" +{count} change{'s' if count > 1 else ''}"
        return replace(self, id=_CHANGES.sub("", self.id) + suffix, parameters=parameters)

    def with_stand_ins(self, stand_ins: Mapping[str, str]) -> MarginPolicy:
        """Return the policy with numbers for assets that it does not know: those of another asset, graded `assumed`.

        Parameters
        ----------
        stand_ins
            From an asset to the one whose numbers it takes. Numbers that the policy has of its own stay.

        Raises
        ------
        InputError
            When the policy has no numbers for the asset that stands in.

        Examples
        --------
        >>> from seawall.policy import at
        >>> policy = at("deribit/s_pm/2026-02-15").with_stand_ins({"SOL": "ETH"})
        >>> policy.id, policy.number("currency_pair.sol_usd.price_range")
        ('deribit/s_pm/2026-02-15 SOL as ETH', 0.18)
        """
        parameters, named = dict(self.parameters), self.id
        for asset, other in stand_ins.items():
            spellings = {other.lower(): asset.lower(), f"{other.lower()}_usd": f"{asset.lower()}_usd"}
            copies = {}
            for path, parameter in self.parameters.items():
                copy = ".".join(spellings.get(part, part) for part in path.split("."))
                if copy != path:
                    source = f"{asset} takes the numbers of {other}, {SET_BY_USER}"
                    copies[copy] = replace(parameter, name=copy, source=source, grade=Grade.ASSUMED, note="")
            if not copies:
                rule = f"{self.id} has no number for it, so that it can't stand in for {asset}"
                raise InputError(Problem("stand-in", other, rule))
            if missing := {path: copy for path, copy in copies.items() if path not in parameters}:
                parameters |= missing
                named += f" {asset} as {other}"
        return self if named == self.id else replace(self, id=named, parameters=parameters)


_CHANGES = re.compile(r" \+\d+ changes?$")


def _checked(
    settings: Mapping[str, object], policy: MarginPolicy, *, allowed: Callable[[str], bool], where: str
) -> dict[str, Parameter]:
    """Return parameters that hold the settings, or raise with every problem found."""
    accepted: dict[str, Parameter] = {}
    problems: list[Problem] = []
    unknown = False
    for name, setting in settings.items():
        if not allowed(name):
            unknown = True
            rule = f"no such parameter{nearest_names(name, policy.parameters)}"
            problems.append(Problem(name, setting, rule, where=where))
            continue
        schema = policy.schema.find(name) or schema_of(policy.parameters[name])
        try:
            value = schema.setting(setting)
        except ValueError as broken:
            problems.append(Problem(name, setting, str(broken), where=where))
            continue
        accepted[name] = Parameter(name, value, schema.unit, schema.lower, schema.upper, schema.choices)
    if problems:
        raise UnknownNameError(problems) if unknown else InputError(problems)
    return accepted
