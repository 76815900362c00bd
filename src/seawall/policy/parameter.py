"""A parameter is a graded number or word; a rule is a graded sentence about a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from seawall.core.evidence import Evidence, Grade

Setting: TypeAlias = float | bool | str | tuple[float, ...] | tuple[str, ...]
"""What a parameter can hold: a number, a flag, a word, or a list of numbers or words."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a policy, with all that is needed to judge it.

    Attributes
    ----------
    name
        Dotted path, as the venue names it, for example `currency_pair.btc_usd.price_range`.
    value, unit
        The setting and its unit; `ratio` is a pure number, `flag` and `word` say that there is no unit.
    lower, upper
        Inclusive bounds of a number, or of each number of a list; None for flags and words.
    choices
        The words allowed; empty for all else.
    source, grade, note
        Full citation, evidence grade, and what a reader should know (for an assumed value: why this one).

    Examples
    --------
    >>> Parameter("general.mm_factor", 0.8, unit="ratio", source="docs", grade=Grade.VERIFIED).value
    0.8
    """

    name: str
    value: Setting
    unit: str
    lower: float | None = None
    upper: float | None = None
    choices: tuple[str, ...] = ()
    source: str = ""
    grade: Grade = Grade.ASSUMED
    note: str = ""

    @property
    def evidence(self) -> Evidence:
        """The parameter as evidence behind a result."""
        return Evidence(self.name, self.grade, self.source, self.note)


@dataclass(frozen=True, slots=True)
class Rule:
    """A graded statement about a formula, such as how volatility is shocked. Models say which rules they used."""

    name: str
    statement: str
    grade: Grade
    source: str

    @property
    def evidence(self) -> Evidence:
        """The rule as evidence behind a result; its subject reads `rules.<name>`."""
        return Evidence(f"rules.{self.name}", self.grade, self.source, self.statement)
