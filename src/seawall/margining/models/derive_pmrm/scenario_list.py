"""The scenarios of one underlying: a list as the contract keeps it, behind the three that value the options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.margining.binding import Binding, side_of
from seawall.policy import MarginPolicy
from seawall.scenarios import ScenarioSet, Unchanged, VolShock
from seawall.scenarios.grid import percent

SKEWS = ("linear", "abs")
"""Volatility words that move the smile and not its level; the price stays in them."""
NOW, BASIS_UP, BASIS_DOWN = 0, 1, 2
VALUED_COUNT = 3
"""Scenarios before the list: prices as they are, and the two moves of the basis contingency."""
BASIS = BASIS_UP
"""The scenario that a binding basis contingency is shown as: it is a sum over expiries of the worse of two moves."""


@dataclass(frozen=True, slots=True)
class ScenarioList:
    """S scenarios of one underlying.

    Attributes
    ----------
    spot
        `(S,)` price multipliers.
    vols
        S words, each a key of `shocks`.
    damp
        `(S,)` factors of the profit and loss.
    basis
        Price multipliers of the basis contingency, up and down.
    shocks
        Volatility shocks by word.
    """

    spot: FloatArray
    vols: tuple[str, ...]
    damp: FloatArray
    basis: tuple[float, float]
    shocks: Mapping[str, VolShock]

    def __len__(self) -> int:
        return len(self.vols)

    @property
    def is_skew(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which scenarios move the smile only, `(S,)`."""
        return np.array([vol in SKEWS for vol in self.vols], dtype=np.bool_)

    @property
    def moves(self) -> FloatArray:
        """Relative moves of the price, `(S,)`."""
        return self.spot - 1.0

    @property
    def labels(self) -> tuple[str, ...]:
        """The scenarios in words: `+50 %, vol up, times 0.072`."""
        words = []
        for move, vol, damp in zip(self.moves.tolist(), self.vols, self.damp.tolist(), strict=True):
            words.append(f"{percent(move)}, vol {vol}" + (f", times {damp:.6g}" if damp != 1.0 else ""))
        return tuple(words)

    def binding(self, scenario: int) -> Binding:
        """Return a scenario of the model's set as people name it; buckets count the prices of the list upwards."""
        if scenario < VALUED_COUNT:
            return Binding("extended", 1, 1, "middle", "forward basis moves")
        s = scenario - VALUED_COUNT
        prices = sorted(set(self.spot.tolist()))
        bucket = prices.index(float(self.spot[s])) + 1
        return Binding("standard", s + 1, bucket, side_of(float(self.moves[s])), self.labels[s])


def read_list(policy: MarginPolicy, base: str, shocks: Mapping[str, VolShock], *, damped: bool) -> ScenarioList:
    """Return an underlying's scenarios.

    Raises
    ------
    InputError
        Where the lists differ in length, or a skew scenario also moves the price, which the contract refuses too.
    """
    group = f"market.{base.lower()}"
    spot = np.array(policy.numbers(f"{group}.scenarios.spot_mult"))
    vols = policy.words(f"{group}.scenarios.vol")
    damp = np.array(policy.numbers(f"{group}.scenarios.damp")) if damped else np.ones(len(spot))
    if not len(spot) == len(vols) == len(damp):
        rule = f"spot_mult, vol and damp list the same scenarios, here {len(spot)}, {len(vols)} and {len(damp)}"
        raise InputError(Problem(f"{group}.scenarios", len(spot), rule, where=policy.id))
    moved = [s for s, vol in enumerate(vols) if vol in SKEWS and spot[s] != 1.0]
    if moved:
        rule = "a skew scenario leaves the price alone: its spot_mult is 1"
        name = f"{group}.scenarios.spot_mult"
        raise InputError([
            Problem(name, float(spot[s]), rule, where=f"{policy.id}, scenario {s + 1}, vol {vols[s]}") for s in moved
        ])  # fmt: skip
    basis = (policy.number(f"{group}.basis.up"), policy.number(f"{group}.basis.down"))
    return ScenarioList(spot, vols, damp, basis, shocks)


def scenario_set(lists: Mapping[str, ScenarioList]) -> ScenarioSet:
    """Return the scenarios of several underlyings on one axis; a shorter list is filled up with prices as they are.

    Scenario `s` of one underlying has nothing to do with scenario `s` of another: each reads its own.
    """
    underlyings = tuple(sorted(lists))
    if not underlyings:
        return ScenarioSet.spot_moves((), (), np.zeros((0, 0)))
    count = VALUED_COUNT + max(len(lists[base]) for base in underlyings)
    spot = np.zeros((count, len(underlyings)))
    distinct: list[VolShock] = [Unchanged()]
    index = np.zeros((count, len(underlyings)), np.int64)
    for u, base in enumerate(underlyings):
        mine = lists[base]
        spot[BASIS_UP : BASIS_DOWN + 1, u] = np.array(mine.basis) - 1.0
        spot[VALUED_COUNT : VALUED_COUNT + len(mine), u] = mine.moves
        for s, vol in enumerate(mine.vols):
            shock = mine.shocks[vol]
            if shock not in distinct:
                distinct.append(shock)
            index[VALUED_COUNT + s, u] = distinct.index(shock)
    names = ("now", "basis up", "basis down", *(f"scenario {s + 1}" for s in range(count - VALUED_COUNT)))
    return ScenarioSet(
        labels=names,
        underlyings=underlyings,
        spot=spot,
        vol_shocks=tuple(distinct),
        vol_index=index,
        elapsed_years=np.zeros(count),
        weights=np.ones(count),
    )
