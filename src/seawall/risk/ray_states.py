"""States along one direction, margined once for all accounts that want them, and searches that go on side by side."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TypeAlias, TypeVar

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.risk.direction import Direction
from seawall.risk.standing import Probe, States

_Found = TypeVar("_Found")
Search: TypeAlias = Generator[list[float], None, _Found]
"""Wants travels, and goes on when an account's netting sets are known there."""


class RayStates:
    """Where netting sets stand along a direction, as far as they were asked for.

    Attributes
    ----------
    sets
        Rows of the probe's netting sets, by account.
    """

    def __init__(self, probe: Probe, way: Direction, accounts: Sequence[int]) -> None:
        self.probe, self.way = probe, way
        self.sets = {a: probe.sets_of([a]) for a in accounts}
        self._kept: dict[int, dict[float, tuple[States, slice]]] = {a: {} for a in self.sets}

    def count(self, account: int) -> int:
        """Return in how many states an account was margined."""
        return len(self._kept[account])

    def short(self, account: int, travel: float) -> FloatArray:
        """Return the shortfalls of an account's netting sets at a travel that is known."""
        states, mine = self._kept[account][travel]
        return states.short[0, mine]

    def required(self, account: int, travel: float) -> FloatArray:
        """Return their requirements."""
        states, mine = self._kept[account][travel]
        return states.required[0, mine]

    def ratio(self, account: int, travel: float) -> FloatArray:
        """Return their margin ratios."""
        states, mine = self._kept[account][travel]
        return states.ratio[0, mine]

    def by_account(self, values: FloatArray, accounts: Sequence[int]) -> dict[int, FloatArray]:
        """Return the values of netting sets that stand account by account, `(R,)`, by account."""
        ends = np.cumsum([len(self.sets[a]) for a in accounts])
        return dict(zip(accounts, np.split(values, ends[:-1]), strict=True))

    def ask_nodes(self, nodes: Mapping[int, FloatArray]) -> None:
        """Ask each node for all accounts that have it and have nothing at or above zero before it."""
        there: set[int] = set()
        for travel, members in sorted(_by_travel({a: mine.tolist() for a, mine in nodes.items()}).items()):
            accounts = [a for a in members if a not in there]
            self._ask(travel, accounts)
            there.update(a for a in accounts if not (self.short(a, travel) < 0.0).all())

    def side_by_side(self, searches: Mapping[int, Search[_Found]]) -> dict[int, _Found]:
        """Return what searches find, one an account; what several want at once is margined once."""
        found: dict[int, _Found] = {}
        wanted: dict[int, list[float]] = {a: [] for a in searches}
        while wanted:
            for a in list(wanted):
                try:
                    while not wanted[a]:
                        wanted[a] = [x for x in next(searches[a]) if x not in self._kept[a]]
                except StopIteration as end:
                    found[a] = end.value
                    del wanted[a]
            for travel, accounts in _by_travel(wanted).items():
                self._ask(travel, accounts)
            wanted = {a: [] for a in wanted}
        return found

    def _ask(self, travel: float, accounts: list[int]) -> None:
        if not accounts:
            return
        states = self.probe.at([self.way.move(travel)], accounts)
        start = 0
        for a in accounts:
            end = start + len(self.sets[a])
            self._kept[a][travel] = states, slice(start, end)
            start = end


def _by_travel(wanted: Mapping[int, list[float]]) -> dict[float, list[int]]:
    found: dict[float, list[int]] = {}
    for a, travels in wanted.items():
        for travel in travels:
            found.setdefault(travel, []).append(a)
    return found
