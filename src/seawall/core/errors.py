"""The exception tree: one root, few branches.

Expected outcomes are values and impossible things are assertions; what is left is bad input, which is refused where it
enters, and a number that can't be had, which is never replaced by zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class SeawallError(Exception):
    """Root of every error that seawall raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: which field, what it held, which rule it broke, and where.

    Examples
    --------
    >>> print(Problem("vol", -0.2, "implied volatilities are >= 0", where="BTC-27MAR26-90000-C"))
    BTC-27MAR26-90000-C: vol is -0.2; implied volatilities are >= 0
    >>> print(Problem("size", "ten", "sizes are finite numbers", where="book.csv", line=3))
    book.csv, line 3: size is 'ten'; sizes are finite numbers
    """

    field: str
    value: object
    rule: str
    where: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.where
        if self.line is not None:
            place = f"{place}, line {self.line}" if place else f"line {self.line}"
        shown = repr(self.value) if isinstance(self.value, str) else str(self.value)
        text = f"{self.field} is {shown}; {self.rule}"
        return f"{place}: {text}" if place else text


SHOWN_PROBLEMS_COUNT = 20
"""A message lists this many problems and counts all; `InputError.problems` holds more."""


class InputError(SeawallError):
    """Input that breaks a rule.

    Attributes
    ----------
    problems
        Every one found, not just the first. A broken file of a million rows keeps some of them.
    count
        How many were found, kept or not.

    Examples
    --------
    >>> raise InputError([Problem("size", 0, "a row has a size")])
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: size is 0; a row has a size
    """

    def __init__(self, problems: Problem | Iterable[Problem], *, count: int | None = None) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.count = len(self.problems) if count is None else count
        assert 0 < len(self.problems) <= self.count, "an InputError holds at least one problem, and counts all it holds"
        shown = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS_COUNT]]
        part = f", the first {len(shown)}" if len(shown) < self.count else ""
        head = f"{self.count:,} problems{part}:\n  " if self.count > 1 else ""
        super().__init__(head + "\n  ".join(shown))


class UnknownNameError(InputError):
    """A name (policy, snapshot, instrument, account) that nothing answers to."""


class UnavailableError(SeawallError):
    """A number that can't be computed from what is known; the message says what is missing."""


class VenueError(SeawallError):
    """A venue did not answer, answered partly, or answered nonsense."""
