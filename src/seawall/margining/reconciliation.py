"""Our numbers beside a venue's own, name by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.html_table import Tabular
from seawall.margining.figures import computed
from seawall.margining.result import Margins


@dataclass(frozen=True, slots=True)
class Line:
    """One number twice.

    Attributes
    ----------
    name
        As in `margining.figures.computed`.
    ours, theirs
        NaN in `ours` where we compute no such number.
    """

    name: str
    ours: float
    theirs: float

    @property
    def difference(self) -> float:
        """Ours less theirs."""
        return self.ours - self.theirs

    def agrees(self, *, absolute: float, relative: float) -> bool:
        """Whether the two are equal up to a tolerance; a number that we lack agrees with nothing."""
        return bool(abs(self.difference) <= max(absolute, relative * abs(self.theirs)))


@dataclass(frozen=True)
class Reconciliation(Tabular):
    """A venue's margin answer against ours for the same book, market and parameters.

    Attributes
    ----------
    margins
        Ours.
    lines
        Every number that the venue states, in its order.
    reconstructed
        What the answer does not print and was solved from its other numbers.
    """

    margins: Margins
    lines: tuple[Line, ...]
    reconstructed: tuple[str, ...]

    @property
    def unavailable(self) -> tuple[str, ...]:
        """Why we have no margin for some of the book; empty where we have all."""
        return tuple(dict.fromkeys(row.unavailable for row in self.margins if row.unavailable))

    def differing(self, *, absolute: float, relative: float) -> tuple[Line, ...]:
        """Return the lines that do not agree, the largest relative difference first."""
        off = [line for line in self.lines if not line.agrees(absolute=absolute, relative=relative)]
        return tuple(sorted(off, key=_severity, reverse=True))

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a number."""
        return [
            {"name": line.name, "ours": line.ours, "theirs": line.theirs, "difference": line.difference}
            for line in self.lines
        ]


def reconciled(margins: Margins, stated: Mapping[str, float], *, reconstructed: tuple[str, ...] = ()) -> Reconciliation:
    """Return what a venue states beside what we compute for the same book of one account."""
    ours = computed(margins)
    lines = tuple(Line(name, ours.get(name, np.nan), float(theirs)) for name, theirs in stated.items())
    return Reconciliation(margins, lines, reconstructed)


def _severity(line: Line) -> float:
    if np.isnan(line.ours):
        return np.inf
    return abs(line.difference) / max(abs(line.theirs), 1e-12)
