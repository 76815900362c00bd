"""The history of a market as joint changes of named factors: what every historical maker reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, IntArray, float_column, frozen
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_YEAR, iso, to_ns
from seawall.scenarios.factors import LOGARITHMIC, factor, too_large


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """Joint changes of K factors over n steps of one length.

    Attributes
    ----------
    names
        The factors, as `factors` names them.
    times_ns
        `(n,)` end of each step, rising.
    changes
        `(n, K)`, in the units of `factors`.
    step_ns
        Length of a step.
    dropped_count
        Steps that were left out, since a level was missing at an end of them or the clock jumped.

    Examples
    --------
    >>> days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    >>> history = History.of_levels(days, {"BTC": [100.0, 90.0, 99.0]})
    >>> np.expm1(history.changes).round(9).ravel().tolist(), history.dropped_count
    ([-0.1, 0.1], 0)
    """

    names: tuple[str, ...]
    times_ns: IntArray
    changes: FloatArray
    step_ns: int
    dropped_count: int = 0

    def __post_init__(self) -> None:
        shape = (len(self.times_ns), len(self.names))
        problems: list[Problem] = []
        if not self.names or len(set(self.names)) != len(self.names):
            problems.append(Problem("names", self.names, "factors have names, each its own"))
        if self.changes.shape != shape or not shape[0]:
            problems.append(Problem("changes", self.changes.shape, f"they are {shape}, with one step or more"))
        elif not np.isfinite(self.changes).all():
            s, k = np.argwhere(~np.isfinite(self.changes))[0]
            where = f"{self.names[k]} at {iso(int(self.times_ns[s]))}"
            problems.append(Problem("change", float(self.changes[s, k]), "changes are finite", where=where))
        if (np.diff(self.times_ns) <= 0).any() or self.step_ns <= 0:
            problems.append(Problem("times", "not rising", "times rise, and a step is longer than nothing"))
        for name in self.names:
            factor(name)  # refuses what is none
        if problems:
            raise InputError(problems)
        object.__setattr__(self, "times_ns", frozen(self.times_ns))
        object.__setattr__(self, "changes", float_column(self.changes))

    def __repr__(self) -> str:
        first, last = iso(int(self.times_ns[0]))[:10], iso(int(self.times_ns[-1]))[:10]
        return f"History({len(self)} steps of {', '.join(self.names)}, {first} to {last}, {self.dropped_count} dropped)"

    def __len__(self) -> int:
        return len(self.times_ns)

    @property
    def step_years(self) -> float:
        """Length of a step in years."""
        return self.step_ns / NS_PER_YEAR

    @classmethod
    def of_levels(
        cls, times: Sequence[int | str] | IntArray, levels: Mapping[str, npt.ArrayLike], *, step_ns: int | None = None
    ) -> History:
        """Return the changes between levels.

        Parameters
        ----------
        times
            m instants, rising: nanoseconds or ISO 8601.
        levels
            By factor, `(m,)`: prices, implied volatilities and asset prices above 0, carries and gaps as fractions,
            funding as what was paid over the step that ends there. NaN is missing.
        step_ns
            The step wanted; the most usual one where left out. Others are dropped and counted, never filled in.
        """
        instants = np.array([to_ns(int(t) if isinstance(t, np.integer) else t) for t in times], dtype=np.int64)
        if len(instants) < 2 or (np.diff(instants) <= 0).any():
            raise InputError(Problem("times", len(instants), "a history has two instants or more, which rise"))
        gaps = np.diff(instants)
        lengths, counts = np.unique(gaps, return_counts=True)
        wanted = int(lengths[np.argmax(counts)]) if step_ns is None else step_ns
        columns, problems = [], []
        for name, entries in levels.items():
            column = np.asarray(entries, dtype=np.float64)
            kind = factor(name).kind
            if column.shape != instants.shape or np.isinf(column).any():
                problems.append(
                    Problem(name, column.shape, f"it has one finite level, or NaN, at {len(instants)} times")
                )
            elif kind in LOGARITHMIC and (column <= 0.0).any():
                where = iso(int(instants[np.flatnonzero(column <= 0.0)[0]]))
                lowest = float(np.nanmin(column))
                problems.append(Problem(name, lowest, "prices and volatilities are above 0", where=where))
            elif kind in LOGARITHMIC:
                columns.append(np.diff(np.log(column)))
            elif kind not in LOGARITHMIC and (wrong := _too_large(name, column, instants)):
                problems.append(wrong)
            else:
                columns.append(column[1:] if kind == "funding" else np.diff(column))
        if problems:
            raise InputError(problems)
        changes = np.stack(columns, axis=1)
        good = (gaps == wanted) & np.isfinite(changes).all(axis=1)
        dropped = int((~good).sum())
        return cls(tuple(levels), instants[1:][good], changes[good], wanted, dropped)

    def between(self, start: int | str | None = None, end: int | str | None = None) -> History:
        """Return the steps that end after `start` and not after `end`."""
        first = -(2**63) if start is None else to_ns(start)
        last = 2**63 - 1 if end is None else to_ns(end)
        inside = (self.times_ns > first) & (self.times_ns <= last)
        if not inside.any():
            rule = f"the history runs from {iso(int(self.times_ns[0]))} to {iso(int(self.times_ns[-1]))}"
            raise InputError(Problem("window", f"{start} to {end}", rule))
        return History(self.names, self.times_ns[inside], self.changes[inside], self.step_ns, self.dropped_count)

    def over(self, steps_count: int) -> History:
        """Return changes over several steps in a row, one for each end: they overlap, and so depend on each other.

        Examples
        --------
        >>> days = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-05", "2026-01-06", "2026-01-07"]
        >>> History.of_levels(days, {"BTC": [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]}).over(2).times_ns.tolist()
        [1767398400000000000, 1767744000000000000]
        """
        if steps_count == 1:
            return self
        if not 1 <= steps_count <= len(self):
            rule = f"steps in a row are 1 to the {len(self)} that there are"
            raise InputError(Problem("steps_count", steps_count, rule))
        sums = np.cumsum(np.concatenate([np.zeros((1, len(self.names))), self.changes]), axis=0)
        ends = np.arange(steps_count, len(self) + 1)
        unbroken = self.times_ns[ends - 1] - self.times_ns[ends - steps_count] == (steps_count - 1) * self.step_ns
        if not unbroken.any():
            raise InputError(Problem("steps_count", steps_count, "so many steps follow each other somewhere"))
        ends = ends[unbroken]
        whole = sums[ends] - sums[ends - steps_count]
        dropped = self.dropped_count + int((~unbroken).sum())
        return History(self.names, self.times_ns[ends - 1], whole, self.step_ns * steps_count, dropped)


def _too_large(name: str, column: FloatArray, instants: IntArray) -> Problem | None:
    """Return what is wrong with the largest level of a carry, a gap or a funding."""
    if np.isnan(column).all():
        return None
    at = int(np.nanargmax(np.abs(column)))
    found = too_large(name, float(column[at]))
    return found and replace(found, where=iso(int(instants[at])))
