"""The scenario set: S labelled joint moves of U underlyings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from seawall.core.arrays import FloatArray, IntArray, float_column, frozen
from seawall.core.errors import InputError, Problem
from seawall.scenarios.basis import Basis
from seawall.scenarios.sampling import Draws
from seawall.scenarios.vol_shock import Unchanged, VolShock


@dataclass(frozen=True, repr=False)
class ScenarioSet:
    """S scenarios over U underlyings.

    Attributes
    ----------
    labels
        One per scenario, for people.
    underlyings
        The U axis.
    spot
        `(S, U)` relative moves of every price of an underlying, its forwards included: -0.16 is a fall of 16 %.
    vol_shocks, vol_index
        The distinct shocks, and which of them each scenario applies to each underlying, `(S, U)`.
    elapsed_years
        `(S,)` time that passes, ACT/365F; volatilities are shocked at today's time to expiry.
    asset_moves
        Relative moves of settlement assets in USD, each `(S,)`. An asset that is not named here moves with the
        underlying of the same name, and stays where there is none.
    weights
        `(S,)`; one for a deterministic grid.
    basis
        What forwards and perpetuals do beside the spot's move; they follow it where this is left out.
    draws
        How scenarios hang together, for who tells an interval from them. Those that are taken out of pairs count as
        pairs still; of two sets that concatenate the one that tells less of its error decides.

    Examples
    --------
    >>> scenarios = ScenarioSet.spot_moves(["down", "up"], ("BTC",), [[-0.1], [0.1]])
    >>> len(scenarios), scenarios.asset_move("BTC").tolist(), scenarios.asset_move("USDC").tolist()
    (2, [-0.1, 0.1], [0.0, 0.0])
    """

    labels: tuple[str, ...]
    underlyings: tuple[str, ...]
    spot: FloatArray
    vol_shocks: tuple[VolShock, ...]
    vol_index: IntArray
    elapsed_years: FloatArray
    weights: FloatArray
    asset_moves: Mapping[str, FloatArray] = field(default_factory=dict)
    basis: Basis | None = None
    draws: Draws = Draws.INDEPENDENT

    def __post_init__(self) -> None:
        shape = (len(self.labels), len(self.underlyings))
        assert self.spot.shape == shape, f"spot has shape {self.spot.shape}, not {shape}"
        assert self.vol_index.shape == shape, f"vol_index has shape {self.vol_index.shape}, not {shape}"
        assert self.elapsed_years.shape == self.weights.shape == shape[:1], "one elapsed time and weight per scenario"
        assert self.basis is None or self.basis.carry.shape == shape, "the basis has the shape of the spot moves"
        bad = np.argwhere(~(self.spot > -1.0) | np.isinf(self.spot))
        if len(bad):
            rule = "a price falls by less than 100 % and rises by a finite share"
            raise InputError([
                Problem("spot move", float(self.spot[s, u]), rule, where=f"{self.labels[s]}, {self.underlyings[u]}")
                for s, u in bad
            ])  # fmt: skip
        if (self.elapsed_years < 0.0).any():
            raise InputError(Problem("elapsed_years", float(self.elapsed_years.min()), "time does not run backwards"))
        for name in ("spot", "vol_index", "elapsed_years", "weights"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @classmethod
    def spot_moves(
        cls,
        labels: tuple[str, ...] | list[str],
        underlyings: tuple[str, ...],
        spot: FloatArray | list[list[float]],
        *,
        vol_shock: VolShock | None = None,
    ) -> ScenarioSet:
        """Return scenarios that move prices, `(S, U)`, under one volatility shock and no time."""
        moves = np.asarray(spot, dtype=np.float64)
        count = len(labels)
        return cls(
            labels=tuple(labels),
            underlyings=underlyings,
            spot=moves,
            vol_shocks=(vol_shock or Unchanged(),),
            vol_index=np.zeros(moves.shape, np.int64),
            elapsed_years=np.zeros(count),
            weights=np.ones(count),
        )

    def __repr__(self) -> str:
        return f"ScenarioSet({len(self)} scenarios of {', '.join(self.underlyings) or 'no underlying'})"

    def __len__(self) -> int:
        return len(self.labels)

    def __add__(self, other: ScenarioSet) -> ScenarioSet:
        """Concatenate two sets over the same underlyings; equal volatility shocks are kept once."""
        if self.underlyings != other.underlyings:
            rule = f"sets that concatenate share their underlyings, here {self.underlyings}"
            raise InputError(Problem("underlyings", other.underlyings, rule))
        place = {shock: v for v, shock in reversed(list(enumerate(self.vol_shocks)))}
        shocks = list(self.vol_shocks)
        for shock in other.vol_shocks:
            if place.setdefault(shock, len(shocks)) == len(shocks):
                shocks.append(shock)
        moved = np.array([place[shock] for shock in other.vol_shocks], dtype=np.int64)
        assets = sorted({*self.asset_moves, *other.asset_moves})
        basis = None
        if self.basis or other.basis:
            basis = (other.basis or Basis.still(other.spot.shape)).after(self.basis or Basis.still(self.spot.shape))
        return replace(
            self,
            labels=self.labels + other.labels,
            spot=np.concatenate([self.spot, other.spot]),
            vol_shocks=tuple(shocks),
            vol_index=np.concatenate([self.vol_index, moved[other.vol_index]]),
            elapsed_years=np.concatenate([self.elapsed_years, other.elapsed_years]),
            weights=np.concatenate([self.weights, other.weights]),
            asset_moves={a: np.concatenate([self.asset_move(a), other.asset_move(a)]) for a in assets},
            basis=basis,
            draws=max(self.draws, other.draws),
        )

    def take(self, rows: IntArray) -> ScenarioSet:
        """Return the given scenarios, in the given order."""
        return replace(
            self,
            labels=tuple(self.labels[s] for s in rows),
            spot=self.spot[rows],
            vol_index=self.vol_index[rows],
            elapsed_years=self.elapsed_years[rows],
            weights=self.weights[rows],
            asset_moves={asset: moves[rows] for asset, moves in self.asset_moves.items()},
            basis=self.basis and self.basis.take(rows),
        )

    def spread(self, underlyings: tuple[str, ...]) -> ScenarioSet:
        """Return the same scenarios over more underlyings, in the given order; those that are new do not move.

        Examples
        --------
        >>> ScenarioSet.spot_moves(["down"], ("ETH",), [[-0.1]]).spread(("BTC", "ETH")).spot.tolist()
        [[0.0, -0.1]]
        """
        if underlyings == self.underlyings:
            return self
        assert set(self.underlyings) <= set(underlyings), "a set is spread over what it has and more"
        still = Unchanged()
        shocks = self.vol_shocks if still in self.vol_shocks else (*self.vol_shocks, still)
        spot = np.zeros((len(self), len(underlyings)))
        index = np.full(spot.shape, shocks.index(still), np.int64)
        columns = [underlyings.index(name) for name in self.underlyings]
        spot[:, columns], index[:, columns] = self.spot, self.vol_index
        basis = self.basis and self.basis.spread(columns, len(underlyings))
        return replace(self, underlyings=underlyings, spot=spot, vol_shocks=shocks, vol_index=index, basis=basis)

    def asset_move(self, asset: str) -> FloatArray:
        """Return the relative move of an asset in USD, `(S,)`."""
        if asset in self.asset_moves:
            return self.asset_moves[asset]
        if asset in self.underlyings:
            return self.spot[:, self.underlyings.index(asset)]
        return float_column(np.zeros(len(self)))

    @cached_property
    def vol_states(self) -> tuple[tuple[tuple[int, float], ...], IntArray]:
        """Distinct pairs of shock and elapsed years, and which of them each scenario has, `(S, U)`.

        Few scenarios differ in it, so that a revaluation shocks volatilities once for each pair and not for each cell.
        """
        elapsed, when = np.unique(self.elapsed_years, return_inverse=True)
        count = len(self.vol_shocks)
        pairs, which = np.unique(self.vol_index + count * when[:, None], return_inverse=True)
        states = tuple((pair % count, float(elapsed[pair // count])) for pair in pairs.tolist())
        return states, frozen(which.reshape(self.vol_index.shape).astype(np.int64))

    @property
    def codes(self) -> list[bytes]:
        """What each scenario does, as `keys` has it, but for comparing scenarios of this set only."""
        place = {shock: v for v, shock in reversed(list(enumerate(self.vol_shocks)))}
        first = np.array([place[shock] for shock in self.vol_shocks], dtype=np.float64)
        assets = [self.asset_moves[asset] for asset in sorted(self.asset_moves)]
        legs = self.basis.legs if self.basis else ()
        parts = [self.spot, first[self.vol_index], self.elapsed_years, *assets, *legs]
        return [row.tobytes() for row in np.column_stack(parts) + 0.0]  # a move of -0 is none

    @cached_property
    def keys(self) -> tuple[tuple[object, ...], ...]:
        """What each scenario does, as something that can be compared; labels and weights are left out."""
        assets = sorted(self.asset_moves)
        return tuple(
            (
                tuple(self.spot[s]),
                tuple(self.vol_shocks[v] for v in self.vol_index[s]),
                float(self.elapsed_years[s]),
                tuple((asset, float(self.asset_moves[asset][s])) for asset in assets),
                self.basis.key(s) if self.basis else (),
            )
            for s in range(len(self))
        )
