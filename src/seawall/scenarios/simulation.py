"""From a simulated model to scenario sets and path sets; written once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.scenarios.basis import Basis
from seawall.scenarios.factors import MAKE_RELATIVE, factor, scenario_set_of
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.sampling import Draws, Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.streams import in_blocks
from seawall.scenarios.vol_shock import VolShock

VOL_STEP = 0.01
"""Simulated volatilities are rounded to one part in a hundred, so that a revaluation shocks few distinct ones."""


class Simulated(Protocol):
    """A model that draws joint changes of factors, a block of paths at a time."""

    @property
    def names(self) -> tuple[str, ...]:
        """The K factors, as `factors` names them."""
        ...

    @property
    def sampling(self) -> Sampling:
        """How many paths, from which seed."""
        ...

    def draw(self, block: int, years: FloatArray) -> FloatArray:
        """Return changes since the start at each of T times, `(n, T, K)`, of the n paths of one block."""
        ...


def simulated_scenarios(
    model: Simulated, horizon_years: float, *, label: str, elapse: bool = True,
    vol_shock: Callable[[float], VolShock] = MAKE_RELATIVE,
) -> ScenarioSet:  # fmt: skip
    """Return one scenario for each path, at the horizon."""
    years = check_years([horizon_years])
    changes = in_blocks(lambda b: model.draw(b, years)[:, 0], model.sampling.count, workers=model.sampling.workers)
    return scenario_set_of(
        model.names,
        changes,
        labels=numbered(label, len(changes)),
        elapsed_years=horizon_years if elapse else 0.0,
        vol_step=VOL_STEP,
        vol_shock=vol_shock,
        draws=model.sampling.draws,
    )


def simulated_paths(
    model: Simulated, years: FloatArray | Sequence[float], *, label: str,
    vol_shock: Callable[[float], VolShock] = MAKE_RELATIVE,
) -> PathSet:  # fmt: skip
    """Return the paths at T times."""
    times = check_years(years)
    changes = in_blocks(lambda b: model.draw(b, times), model.sampling.count, workers=model.sampling.workers)
    steps = tuple(f"day {found:.6g}" for found in times * DAYS_PER_YEAR)
    return path_set_of(
        model.names, changes, times, labels=numbered(label, len(changes)), steps=steps, shock=vol_shock,
        draws=model.sampling.draws,
    )  # fmt: skip


def path_set_of(
    names: Sequence[str], changes: FloatArray, years: FloatArray, *, labels: tuple[str, ...], steps: tuple[str, ...],
    shock: Callable[[float], VolShock] = MAKE_RELATIVE, vol_step: float = VOL_STEP,
    draws: Draws = Draws.INDEPENDENT,
) -> PathSet:  # fmt: skip
    """Return the paths along which named factors change, `(P, T, K)` since the start."""
    paths, times = changes.shape[:2]
    flat = scenario_set_of(
        names, changes.reshape(paths * times, -1), labels=("",) * (paths * times), vol_step=vol_step, vol_shock=shock
    )
    shape = (paths, times, len(flat.underlyings))
    legs = flat.basis and Basis(*(
        leg.reshape(shape) for leg in (flat.basis.carry, flat.basis.perpetual, flat.basis.funding)
    ))  # fmt: skip
    return PathSet(
        labels=labels,
        steps=steps,
        underlyings=flat.underlyings,
        elapsed_years=years,
        spot=flat.spot.reshape(shape),
        vol_shocks=flat.vol_shocks,
        vol_index=flat.vol_index.reshape(shape),
        weights=np.full(paths, 1.0 / paths),
        basis=legs,
        asset_moves={asset: moves.reshape(paths, times) for asset, moves in flat.asset_moves.items()},
        draws=draws,
    )


def numbered(label: str, count: int) -> tuple[str, ...]:
    """Return `label 1` to `label count`; a thousand at a time, since a million names take longer than their paths.

    Examples
    --------
    >>> found = numbered("x", 2001)
    >>> found[0], found[998:1001], found[-1], len(found)
    ('x 1', ('x 999', 'x 1000', 'x 1001'), 'x 2001', 2001)
    """
    prefix = f"{label} "
    names = [prefix + str(i) for i in range(1, min(count, 999) + 1)]
    if count > len(names):
        thousand = "\n".join(f"\0{i:03d}" for i in range(1000))
        for i in range(1, count // 1000 + 1):
            names += thousand.replace("\0", f"{prefix}{i}").split("\n")
    return tuple(names[:count])


def check_years(years: FloatArray | Sequence[float]) -> FloatArray:
    """Return times as an array; they are finite, positive and rise."""
    times = np.asarray(years, dtype=np.float64)
    if not (len(times) and np.isfinite(times).all() and (np.diff(times, prepend=0.0) > 0.0).all()):
        raise InputError(Problem("years", times.tolist(), "times of a simulation are finite, above 0, and rise"))
    return times


def positive(names: Sequence[str]) -> FloatArray:
    """Return 1 for each factor whose change is a logarithm and 0 for the others, `(K,)`: who needs Itô's correction."""
    return np.array([1.0 if factor(name).kind in ("spot", "vol", "asset") else 0.0 for name in names])
