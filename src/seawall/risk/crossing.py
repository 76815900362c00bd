"""The first time a number rises to zero along a line, when it may rise and fall many times on the way.

A margin requirement is not monotone along a ray, so a bracket is not enough: the nearest of several crossings is
wanted. The search keeps a sorted list of points where the number is known. A stretch between two points that are both
below zero is halved as long as the steepest slope seen around it, with room to spare, could carry the number to zero
inside (Piyavskii 1967, Shubert 1972, with slopes that are learnt); what is left unhalved is reported as the resolution.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

import numpy as np

from seawall.core.arrays import FloatArray

Short: TypeAlias = Callable[[float], float]
"""The number whose first rise to zero is wanted; NaN where it is unavailable."""
Negligible: TypeAlias = Callable[[float, float], bool]
"""Whether a value at a point is as good as zero."""

SLOPE_ROOM = 2.0
"""A stretch may be this many times as steep inside as the slopes seen around it."""
NEIGHBOURS_COUNT = 2
"""Stretches on either side that a slope is learnt from."""
EVALUATIONS_MAX = 600
"""Points asked for before the stretches that are left are reported as they are."""
HALVINGS_PER_STRETCH = 10
"""A stretch is not cut below this many halvings of the one between two nodes that it came from."""
LAST_STRETCH = 32.0
"""The stretch that ends in the crossing is cut down to this many of the least."""
STEPS_MAX = 120
Kind: TypeAlias = Literal["crossing", "jump", "already", "none", "unavailable"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """What was found along a line.

    Attributes
    ----------
    kind
        `crossing`: the number passes zero at `at`. `jump`: it leaps over zero there. `already`: it is at or above zero
        at the start. `none`: not within reach. `unavailable`: it could not be had at `at`.
    at
        Where: as good as on zero, or the far side of a leap; NaN where there is nothing.
    before
        The last point known to be below zero.
    resolution
        Widest stretch before `at` that was not looked into any further.
    evaluations
        Points asked for.
    """

    kind: Kind
    at: float
    before: float
    resolution: float
    evaluations: int


_Found = TypeVar("_Found")
Steps: TypeAlias = Generator[list[float], list[float], Crossing]
"""A search that says which points it wants next, is sent their numbers, and returns what it found."""


@dataclass
class _Known:
    """Points where the number is known, in order."""

    where: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def ask(self, points: Sequence[float]) -> Generator[list[float], list[float], list[float]]:
        """Want some points that are not known yet, and keep their numbers."""
        found = yield list(points)
        for x, number in zip(points, found, strict=True):
            i = bisect_left(self.where, x)
            self.where.insert(i, x)
            self.value.insert(i, number)
        return found


def first_crossing(
    short: Short,
    nodes: Sequence[float] | FloatArray,
    *,
    negligible: Negligible,
    smallest: float = 0.0,
    near_zero: float = 0.0,
) -> Crossing:
    """Return where a number first rises to zero.

    Parameters
    ----------
    short
        The number along the line.
    nodes
        Points to begin with, rising, the first of them the start. Put one on each side of every place where the number
        is known to jump.
    negligible
        Whether a value at a point is as good as zero.
    smallest
        Distances below this are one point, such as a nanosecond.
    near_zero
        A stretch whose ends are both nearer to zero than this is taken as level and not cut for the noise in it.

    Examples
    --------
    A narrow hump ends before the nodes meet it, and the number rises for good much later.

    >>> def number(x):
    ...     return max(0.1 - abs(x - 1.23) * 4.0, x - 9.5)
    >>> found = first_crossing(number, [0.0, 1.0, 1.2, 2.0, 5.0, 10.0], negligible=lambda x, y: abs(y) < 1e-12)
    >>> found.kind, round(found.at, 9)
    ('crossing', 1.205)
    """
    return drive(crossing_steps(nodes, negligible=negligible, smallest=smallest, near_zero=near_zero), short)


def drive(steps: Generator[list[float], list[float], _Found], short: Short) -> _Found:
    """Return what a search finds, asking a function for every number that it wants."""
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send([short(x) for x in wanted])
    except StopIteration as end:
        found: _Found = end.value
        return found


def crossing_steps(
    nodes: Sequence[float] | FloatArray,
    *,
    negligible: Negligible,
    smallest: float = 0.0,
    near_zero: float = 0.0,
) -> Steps:
    """Search as `first_crossing` does, and want points instead of asking for them, so that many may search at once.

    Examples
    --------
    >>> steps = crossing_steps([0.0, 1.0], negligible=lambda x, y: abs(y) < 1e-12)
    >>> next(steps), steps.send([-1.0]), steps.send([1.0])
    ([0.0], [1.0], [0.5])
    """
    points = [float(x) for x in nodes]
    known = _Known()
    [start] = yield from known.ask(points[:1])
    if np.isnan(start):
        return Crossing("unavailable", points[0], np.nan, 0.0, 1)
    if start >= 0.0:
        return Crossing("already", points[0], points[0], 0.0, 1)
    for x in points[1:]:
        [number] = yield from known.ask([x])
        if not number < 0.0:
            break
    least = max(smallest, float(np.median(np.diff(points))) * 2.0**-HALVINGS_PER_STRETCH) if len(points) > 1 else 0.0
    while len(known.where) < EVALUATIONS_MAX:
        cuts = _cuts(known, least, near_zero)
        if not cuts:
            break
        yield from known.ask(cuts[: EVALUATIONS_MAX - len(known.where)])
    end = _first_bad(known)
    if end is None:
        gap = float(np.diff(known.where).max(initial=0.0))
        return Crossing("none", np.nan, known.where[-1], gap, len(known.where))
    gap = float(np.diff(known.where[:end]).max(initial=0.0))
    kind, a, b = yield from _close_in(known, end, negligible, smallest)
    return Crossing(kind, b, a, gap, len(known.where))


def root_between(short: Short, a: float, b: float, *, negligible: Negligible, smallest: float = 0.0) -> Crossing:
    """Return a point between two at which the number changes sign, whichever of them is below zero.

    Examples
    --------
    >>> found = root_between(lambda x: 2.0 - x, 0.0, 5.0, negligible=lambda x, y: abs(y) < 1e-12)
    >>> found.kind, found.at
    ('crossing', 2.0)
    """
    if short(a) >= 0.0:
        turned = root_between(lambda x: short(-x), -b, -a, negligible=lambda x, y: negligible(-x, y), smallest=smallest)
        return Crossing(turned.kind, -turned.at, -turned.before, turned.resolution, turned.evaluations)
    known = _Known([a, b], [short(a), short(b)])
    assert known.value[0] < 0.0 <= known.value[1] or np.isnan(known.value[1]), "the signs of the ends differ"
    kind, before, at = drive(_close_in(known, 1, negligible, smallest), short)
    return Crossing(kind, at, before, 0.0, len(known.where))


def _first_bad(known: _Known) -> int | None:
    """Return the first point that is not below zero, unavailable ones among them."""
    return next((i for i, value in enumerate(known.value) if not value < 0.0), None)


def _cuts(known: _Known, least: float, near_zero: float) -> list[float]:
    """Return the middles of stretches before the first bad point that could hold a nearer one.

    The stretch that ends in the bad point is cut some times whatever its slope: there may be more than one crossing in
    it.
    """
    end = _first_bad(known)
    where = np.array(known.where if end is None else known.where[: end + 1])
    value = np.array(known.value if end is None else known.value[: end + 1])
    if len(where) < 2:
        return []
    width = np.diff(where)
    slope = np.nan_to_num(np.abs(np.diff(value)) / width, nan=0.0)
    slope[width <= least] = 0.0  # nodes this near hold a leap between them, which says nothing of the slope around it
    steep = slope.copy()
    for k in range(1, NEIGHBOURS_COUNT + 1):
        steep[k:] = np.maximum(steep[k:], slope[:-k])
        steep[:-k] = np.maximum(steep[:-k], slope[k:])
    highest = 0.5 * (value[:-1] + value[1:] + SLOPE_ROOM * steep * width)
    level = (value[:-1] > -near_zero) & (value[1:] > -near_zero)
    cut = (value[1:] < 0.0) & (highest >= 0.0) & (width > 2.0 * least) & ~level
    if end is not None and width[-1] > LAST_STRETCH * least:
        cut[-1] = True
    return [float(x) for x in (0.5 * (where[:-1] + where[1:]))[cut]]


def _close_in(
    known: _Known, end: int, negligible: Negligible, smallest: float
) -> Generator[list[float], list[float], tuple[Kind, float, float]]:
    """Close in on the change of sign between two known points: secants that can't get stuck, and halves."""
    a, b = known.where[end - 1], known.where[end]
    left, right = known.value[end - 1], known.value[end]
    for step in range(STEPS_MAX):
        if np.isnan(right):
            return "unavailable", a, b
        if negligible(b, right):
            return "crossing", a, b
        middle = 0.5 * (a + b)
        if b - a <= smallest or not a < middle < b:
            break
        # Every third step halves, so that a leap is closed in on as fast as a slope.
        x = middle if step % 3 == 2 else a + (b - a) * min(max(-left / (right - left), 1e-6), 1.0 - 1e-6)
        x = x if a < x < b else middle
        [value] = yield from known.ask([x])
        if negligible(x, value):
            return "crossing", a, x
        if value < 0.0:
            a, left = x, value
        else:
            b, right = x, value
    return "jump", a, b
