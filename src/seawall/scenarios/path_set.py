"""The path set: P joint paths of a market through T labelled steps. Some things happen only along the way.

A scenario set is where a market may be; a path set is how it gets there: what a delayed oracle still says, how much
depth is left to sell into, when a stable coin slipped. Each step is a scenario set over the paths, each path one over
the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.scenarios.basis import Basis
from seawall.scenarios.sampling import Draws
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.vol_shock import VolShock

MINUTES_PER_YEAR = DAYS_PER_YEAR * 24.0 * 60.0


@dataclass(frozen=True, repr=False)
class PathSet:
    """P paths of U underlyings through T steps; every move is relative to the market before the first step.

    Attributes
    ----------
    labels
        `P` names of the paths.
    steps
        `T` names of the steps.
    underlyings
        The U axis.
    elapsed_years
        `(T,)` time since the start, ACT/365F, never falling. Two steps at one time are a gap.
    spot
        `(P, T, U)` relative moves of the spot since the start.
    vol_shocks, vol_index
        The distinct shocks, and which of them holds at each step, `(P, T, U)`; of volatilities before the start.
    weights
        `(P,)` probabilities, or one each where a path is a story.
    basis
        Legs of `(P, T, U)`; forwards and perpetuals follow the spot where it is left out.
    asset_moves
        Relative moves of settlement assets in USD since the start, each `(P, T)`: a stable coin at 0.90 is -0.10.
    depth_factor
        `(P, T)` depth of the order books over what it was; 1 where left out.
    spread_factor
        `(P, T)` bid-ask spread over what it was; 1 where left out.
    oracle_spot
        `(P, T, U)` moves that a delayed oracle shows; the spot's own where left out.
    delay_years
        `(P, T)` time that an order takes to get through; 0 where left out.
    draws
        How paths hang together; so do the scenarios of a step.

    Examples
    --------
    >>> fall = PathSet.of_spot(["gap", "end"], ("BTC",), [0.0, 60.0], [[-0.2], [-0.1]])
    >>> fall.at("gap").spot.tolist(), fall.path(0).labels, fall.worst_step(0)
    ([[-0.2]], ('gap', 'end'), 0)
    """

    labels: tuple[str, ...]
    steps: tuple[str, ...]
    underlyings: tuple[str, ...]
    elapsed_years: FloatArray
    spot: FloatArray
    vol_shocks: tuple[VolShock, ...]
    vol_index: IntArray
    weights: FloatArray
    basis: Basis | None = None
    asset_moves: Mapping[str, FloatArray] = field(default_factory=dict)
    depth_factor: FloatArray | None = None
    spread_factor: FloatArray | None = None
    oracle_spot: FloatArray | None = None
    delay_years: FloatArray | None = None
    draws: Draws = Draws.INDEPENDENT

    def __post_init__(self) -> None:
        flat = (len(self.labels), len(self.steps))
        shape = (*flat, len(self.underlyings))
        shapes = {
            "spot": shape, "vol_index": shape, "oracle_spot": shape, "elapsed_years": flat[1:], "weights": flat[:1],
            "depth_factor": flat, "spread_factor": flat, "delay_years": flat,
        }  # fmt: skip
        for name, expected in shapes.items():
            array = getattr(self, name)
            if array is not None:
                assert array.shape == expected, f"{name} has shape {array.shape}, not {expected}"
                object.__setattr__(self, name, frozen(array))
        for asset, moves in self.asset_moves.items():
            assert moves.shape == flat, f"the moves of {asset} have shape {moves.shape}, not {flat}"
        assert self.basis is None or self.basis.carry.shape == shape, "the basis has the shape of the spot moves"
        problems = list(self._problems())
        if problems:
            raise InputError(problems)

    def _problems(self) -> Iterable[Problem]:
        if (np.diff(self.elapsed_years, prepend=0.0) < 0.0).any():
            yield Problem("elapsed_years", self.elapsed_years.tolist(), "time does not run backwards along a path")
        for name in ("spot", "oracle_spot"):
            moves = getattr(self, name)
            if moves is not None and not _is_move(moves).all():
                rule = "a price falls by less than 100 % and rises by a finite share"
                yield Problem(name, float(moves[~_is_move(moves)][0]), rule)
        for name, lowest, rule in _FACTORS:
            factor = getattr(self, name)
            if factor is not None and not (np.isfinite(factor) & (factor >= lowest)).all():
                yield Problem(name, float(factor[~(np.isfinite(factor) & (factor >= lowest))][0]), rule)

    @classmethod
    def of_spot(
        cls,
        steps: tuple[str, ...] | list[str],
        underlyings: tuple[str, ...],
        minutes: FloatArray | list[float],
        spot: FloatArray | list[list[float]],
        *,
        label: str = "path",
    ) -> PathSet:
        """Return one path that moves spots only: `minutes` since the start `(T,)`, relative moves `(T, U)`."""
        from seawall.scenarios.vol_shock import Unchanged

        moves = np.asarray(spot, dtype=np.float64)[None]
        return cls(
            labels=(label,),
            steps=tuple(steps),
            underlyings=underlyings,
            elapsed_years=np.asarray(minutes, dtype=np.float64) / MINUTES_PER_YEAR,
            spot=moves,
            vol_shocks=(Unchanged(),),
            vol_index=np.zeros(moves.shape, np.int64),
            weights=np.ones(1),
        )

    def __repr__(self) -> str:
        return f"PathSet({len(self)} paths, {len(self.steps)} steps of {', '.join(self.underlyings)})"

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def minutes(self) -> FloatArray:
        """Minutes since the start, `(T,)`."""
        return self.elapsed_years * MINUTES_PER_YEAR

    @property
    def depth(self) -> FloatArray:
        """Depth over what it was, `(P, T)`."""
        return self._or_ones(self.depth_factor)

    @property
    def spread(self) -> FloatArray:
        """Bid-ask spread over what it was, `(P, T)`."""
        return self._or_ones(self.spread_factor)

    @property
    def delay(self) -> FloatArray:
        """Years that an order takes to get through, `(P, T)`."""
        return np.zeros((len(self), len(self.steps))) if self.delay_years is None else self.delay_years

    @property
    def oracle(self) -> FloatArray:
        """What oracles show, `(P, T, U)`."""
        return self.spot if self.oracle_spot is None else self.oracle_spot

    def step(self, t: int) -> ScenarioSet:
        """Return the P scenarios of one step."""
        return self._scenarios(
            tuple(f"{name}, {self.steps[t]}" for name in self.labels), (slice(None), t), by_path=True
        )

    def at(self, step: str) -> ScenarioSet:
        """Return the P scenarios of the step of that name."""
        return self.step(self.steps.index(step))

    def path(self, p: int) -> ScenarioSet:
        """Return the T scenarios along one path, with weight one each: they are one after another, not alternatives."""
        return self._scenarios(self.steps, (p, slice(None)), by_path=False)

    def scenarios(self) -> ScenarioSet:
        """Return all P x T scenarios, path by path; the weight of a path is shared among its steps."""
        parts = [self.path(p) for p in range(len(self))]
        whole = parts[0]
        for part in parts[1:]:
            whole += part
        names = tuple(f"{name}, {step}" if len(self) > 1 else step for name in self.labels for step in self.steps)
        weights = np.repeat(self.weights / len(self.steps), len(self.steps))
        return replace(whole, labels=names, weights=weights)

    def oracle_path(self, p: int) -> ScenarioSet:
        """Return the scenarios along one path as an oracle shows them: late spots, all else as it is."""
        return replace(self.path(p), spot=self.oracle[p])

    def worst_step(self, u: int, *, path: int = 0) -> int:
        """Return the step at which underlying `u` stands lowest."""
        return int(np.argmin(self.spot[path, :, u]))

    def take(self, rows: IntArray | BoolArray) -> PathSet:
        """Return the given paths, in the given order."""
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows

        def cut(array: FloatArray | None) -> FloatArray | None:
            return None if array is None else array[rows]

        return replace(
            self,
            labels=tuple(self.labels[p] for p in rows),
            spot=self.spot[rows],
            vol_index=self.vol_index[rows],
            weights=self.weights[rows],
            basis=self.basis and self.basis.take(rows.astype(np.int64)),
            asset_moves={asset: moves[rows] for asset, moves in self.asset_moves.items()},
            depth_factor=cut(self.depth_factor),
            spread_factor=cut(self.spread_factor),
            oracle_spot=cut(self.oracle_spot),
            delay_years=cut(self.delay_years),
        )

    def _scenarios(
        self, labels: tuple[str, ...], where: tuple[int | slice, int | slice], *, by_path: bool
    ) -> ScenarioSet:
        count = len(labels)
        elapsed = np.full(count, self.elapsed_years[where[1]]) if by_path else self.elapsed_years
        legs = None if self.basis is None else (self.basis.carry, self.basis.perpetual, self.basis.funding)
        return ScenarioSet(
            labels=labels,
            underlyings=self.underlyings,
            spot=self.spot[where],
            vol_shocks=self.vol_shocks,
            vol_index=self.vol_index[where],
            elapsed_years=elapsed,
            weights=self.weights if by_path else np.ones(count),
            asset_moves={asset: moves[where] for asset, moves in self.asset_moves.items()},
            basis=None if legs is None else Basis(*(leg[where] for leg in legs)),
            draws=self.draws if by_path else Draws.INDEPENDENT,
        )

    def _or_ones(self, factor: FloatArray | None) -> FloatArray:
        return np.ones((len(self), len(self.steps))) if factor is None else factor


def _is_move(moves: FloatArray) -> BoolArray:
    return np.asarray(np.isfinite(moves) & (moves > -1.0))


_FACTORS = (
    ("depth_factor", 0.0, "depth is a finite share of what it was, 0 or more"),
    ("spread_factor", 0.0, "a spread is a finite multiple of what it was, 0 or more"),
    ("delay_years", 0.0, "a delay is a finite time, 0 or more"),
)
