"""A coin's moves of volatility as a policy holds them: one share for all expiries, or one that fades with expiry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.errors import Problem
from seawall.scenarios import ScenarioSet
from seawall.scenarios.vol_decay import MeanReverting
from seawall.scenarios.vol_shock import Relative, Unchanged, VolShock

RULE = (
    "a tail policy moves a coin's volatilities by a share, without a floor, the same for all expiries or fading alike"
)


@dataclass(frozen=True, slots=True)
class Fading:
    """How a move fades with time to expiry, as `MeanReverting` has it: its speed a year, and its level."""

    speed: float
    level: float


def vol_moves(outcomes: ScenarioSet) -> tuple[FloatArray, list[Fading | None], list[Problem]]:
    """Return the relative moves of volatility, `(S, U)`, how each underlying's fade, and what can't be held."""
    changes = np.zeros(len(outcomes.vol_shocks))
    fading: list[Fading | None] = []
    problems: dict[tuple[str, str], Problem] = {}
    for u, base in enumerate(outcomes.underlyings):
        laws: set[Fading | None] = set()
        for v in np.unique(outcomes.vol_index[:, u]).tolist():
            shock = outcomes.vol_shocks[v]
            match shock:
                case Unchanged():
                    continue
                case Relative(change, 0.0):
                    laws.add(None)
                case MeanReverting(change, speed, level):
                    laws.add(Fading(speed, level))
                case _:
                    change = 0.0
                    problems[base, type(shock).__name__] = Problem("vol_shock", str(shock), RULE, where=base)
            changes[v] = change
        if len(laws) > 1:
            problems[base, "laws"] = Problem("vol_shock", f"{len(laws)} ways to fade", RULE, where=base)
        fading.append(next(iter(laws), None))
    return np.asarray(changes[outcomes.vol_index], dtype=np.float64), fading, list(problems.values())


def shocks_of(changes: FloatArray, fading: list[Fading | None]) -> tuple[tuple[VolShock, ...], IntArray]:
    """Return the distinct shocks of moves `(S, U)`, and which of them each is."""
    shocks: list[VolShock] = []
    index = np.zeros(changes.shape, dtype=np.int64)
    for u, law in enumerate(fading):
        distinct, place = np.unique(changes[:, u], return_inverse=True)
        index[:, u] = place + len(shocks)
        shocks += [_shock(change, law) for change in distinct.tolist()]
    return tuple(shocks), index


def _shock(change: float, law: Fading | None) -> VolShock:
    if change == 0.0:
        return Unchanged()
    return Relative(change) if law is None else MeanReverting(change, law.speed, law.level)
