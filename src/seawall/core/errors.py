"""The exception tree: one root, few branches.

Expected outcomes are values and impossible things are assertions; what is left is bad input, which is refused where it
enters, and a number that can't be had, which is never replaced by zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_VALUE_COUNT = 200
"""Characters of a place, a field or a value that a message shows: a broken input can be one long field."""
SHOWN_RULE_COUNT = 1_000
"""Characters of a rule, or of a venue's words, that a message shows."""


def printable(text: str, *, limit: int) -> str:
    r"""Return a text as one line that can be printed: nothing in it moves a cursor, breaks a line or fails to encode.

    Parameters
    ----------
    text
        Any text; input can hold control signs and half a surrogate pair.
    limit
        Characters to show, before signs that are escaped are written out.

    Examples
    --------
    >>> print(printable("BTC\n\x1b[2J", limit=80), printable("A" * 20, limit=8))
    BTC\n\x1b[2J AAAAA...
    """
    shown = text if len(text) <= limit else f"{text[: limit - 3]}..."
    if shown.isprintable():
        return shown
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)


class Missing:
    """The value of what was not given at all."""

    __slots__ = ()

    def __str__(self) -> str:
        return "missing"


MISSING = Missing()
"""Told in a `Problem` as `account is missing`, where a text would look like something that was given."""


class SeawallError(Exception):
    """Root of every error that seawall raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: which field, what it held, which rule it broke, and where.

    Its text is one printable line of bounded length, whatever the input held.

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
        place = printable(self.where, limit=SHOWN_VALUE_COUNT)
        if self.line is not None:
            place = f"{place}, line {self.line}" if place else f"line {self.line}"
        field = printable(self.field, limit=SHOWN_VALUE_COUNT) or "''"  # a key can be an empty text
        rule = printable(self.rule, limit=SHOWN_RULE_COUNT)
        text = f"{field} is {_shown(self.value)}; {rule}"
        return f"{place}: {text}" if place else text


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= SHOWN_VALUE_COUNT else f"{value[: SHOWN_VALUE_COUNT - 3]}...")
    if isinstance(value, int) and value.bit_length() > 4 * SHOWN_VALUE_COUNT:
        return f"an integer of {value.bit_length()} bits"  # Python refuses to write one of more than 4,300 digits
    return printable(str(value), limit=SHOWN_VALUE_COUNT)


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

    def __str__(self) -> str:
        return printable(super().__str__(), limit=SHOWN_RULE_COUNT)  # it quotes the venue
