"""All problems of one input: where each is, the first thousand of them, and a count of the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from seawall.core.arrays import BoolArray, IntArray
from seawall.core.errors import InputError, Problem

KEPT_PROBLEMS_COUNT = 1_000
"""Problems kept for one input; a file of a million bad rows must not become a million objects."""
SHOWN_CHARACTERS_COUNT = 80
"""A text longer than this is cut where it is shown: a broken file can be one long field."""

Place: TypeAlias = Callable[[int], tuple[str, int | None]]
"""From the position of a row in its input to where it is: a name, and a line where the input has lines."""


def by_line(origin: str) -> Place:
    """Place rows by their line in a text.

    Examples
    --------
    >>> by_line("book.csv")(3)
    ('book.csv', 3)
    """
    return lambda at: (origin, at)


def by_row(origin: str) -> Place:
    """Place rows by their number, counted from 0 as frames count them.

    Examples
    --------
    >>> by_row("frame")(3)
    ('frame, row 3', None)
    """
    return lambda at: (f"{origin}, row {at}", None)


class Findings:
    """What is wrong with one input, gathered while it is read.

    Parameters
    ----------
    origin
        What the input is called.
    place
        Turns the position of a row into where it is; by line unless said otherwise.

    Examples
    --------
    >>> findings = Findings("book.csv")
    >>> findings.add("size", "ten", "sizes are finite numbers", at=3)
    >>> print(findings.problems()[0])
    book.csv, line 3: size is 'ten'; sizes are finite numbers
    """

    def __init__(self, origin: str, place: Place | None = None) -> None:
        self.origin = origin
        self.place = by_line(origin) if place is None else place
        self._kept: list[tuple[int, Problem]] = []
        self._single_count = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, field: str, value: object, rule: str, *, at: int | None = None, within: str = "") -> None:
        """Note one problem, at a row or, with `at` None, in the whole input or the part of it that `within` names."""
        self._count += 1
        self._single_count += 1
        if self._single_count <= KEPT_PROBLEMS_COUNT:
            self._keep(field, value, rule, at, within)

    def add_each(
        self,
        hits: BoolArray | IntArray,
        field: str,
        values: Sequence[object] | Callable[[int], object],
        rule: str | Callable[[int], str],
        *,
        at: IntArray,
    ) -> None:
        """Note the same problem for many rows.

        Parameters
        ----------
        hits
            Mask over the rows, or the rows in rising order.
        values, rule
            What each row held and the rule it broke: by row, or the same rule for all.
        at
            `(L,)`: position of each row in the input.
        """
        rows = np.flatnonzero(hits) if hits.dtype == np.bool_ else hits
        self._count += len(rows)
        for row in rows[:KEPT_PROBLEMS_COUNT].tolist():
            held = values(row) if callable(values) else values[row]
            self._keep(field, held, rule(row) if callable(rule) else rule, int(at[row]))

    def _keep(self, field: str, value: object, rule: str, at: int | None, within: str = "") -> None:
        where, line = (f"{self.origin} {within}".strip(), None) if at is None else self.place(at)
        shown = value if isinstance(value, int | float) else _clipped(value)
        order = -1 if at is None else at if line is None else line
        self._kept.append((order, Problem(field, shown, rule, where=where, line=line)))

    def add_all(self, others: Findings) -> None:
        """Take over what another look at the same input found, each at its line; what has none stands last."""
        self._count += len(others)
        last = sys.maxsize
        self._kept += [(last if found.line is None else found.line, found) for found in others.problems()]

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems that were kept, in the order of the input; `len` counts them all."""
        return tuple(problem for _, problem in sorted(self._kept, key=lambda kept: kept[0])[:KEPT_PROBLEMS_COUNT])

    def raise_any(self) -> None:
        """Refuse the input if anything was found.

        Raises
        ------
        InputError
            With the problems found, up to `KEPT_PROBLEMS_COUNT`, and how many there are.
        """
        if self._count:
            raise InputError(self.problems(), count=self._count)


def _clipped(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS_COUNT else f"{text[:SHOWN_CHARACTERS_COUNT]}..."
