"""Core factors are shocked, and what else moves follows from them: one outcome, or draws around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seawall.api.covariances import covariance_for
from seawall.api.history import HistorySource
from seawall.api.outcomes_drawn import draws_of
from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.scenarios import ScenarioSet
from seawall.scenarios.conditional_draws import ConditionalDraws
from seawall.scenarios.conditional_stress import ConditionalStress, conditional_moves
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import LOGARITHMIC, factor, too_large
from seawall.scenarios.nearest_correlation import stressed_correlation

if TYPE_CHECKING:
    from seawall.api.outcomes import Outcomes

_STILL = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Shocks:
    """Moves of core factors, and where the covariance is from by which the others follow.

    Attributes
    ----------
    moves
        By factor: `{"BTC": -0.3, "BTC vol": 0.5}` is a fall by 30 % and volatilities half as high again.
    returns, vols, correlation, price_vol_correlation
        As in `value_at_risk`.
    stressed_correlation
        What any two coins, and their volatilities, are correlated by under stress; other correlations stay, and the
        matrix is repaired where none such can be.

    Examples
    --------
    >>> Shocks(moves={"BTC": -0.3, "BTC vol": 0.5}).name
    'BTC -30 %, BTC vol +50 %'
    """

    moves: Mapping[str, float]
    returns: HistorySource | None = None
    vols: Mapping[str, float] | None = None
    correlation: float | None = None
    price_vol_correlation: float | None = None
    stressed_correlation: float | None = None

    @property
    def name(self) -> str:
        """The moves in words."""
        return ", ".join(f"{name} {_written(name, move)}" for name, move in self.moves.items())


def shocked(asked: Shocks, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return the one scenario in which all else moves as is to be expected, at once; and notes on it."""
    changes = _changes(asked.moves)
    covariance, notes = _joint(asked, asked.moves, coins, market)
    made = ConditionalStress(covariance, {asked.name: changes}).scenarios()
    mean, _left = conditional_moves(covariance, changes)
    return made, (*_follows(covariance, changes, mean), *notes)


def conditional_draws(
    asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot
) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return draws of what core factors leave open, over the horizon; and notes on them."""
    assert asked.shocks is not None
    changes = _changes(asked.shocks)
    covariance, notes = _joint(asked, asked.shocks, coins, market)
    sampling, drawn = draws_of(asked)
    maker = ConditionalDraws(covariance, changes, asked.horizon_days / DAYS_PER_YEAR, sampling)
    mean, left = maker.moments
    if float(np.trace(left)) <= _STILL * float(np.trace(covariance.matrix)):
        rule = "nothing is left to draw: every factor is shocked, and seawall stress --shock tells the one outcome"
        raise InputError(Problem("shocks", ", ".join(asked.shocks), rule))
    told = (f"conditional: {drawn}, each with the shock", *_follows(covariance, changes, mean))
    return maker.scenarios(), (*told, *notes)


def _changes(moves: Mapping[str, float]) -> dict[str, float]:
    """Return shocks in the units of factors, from relative moves of prices and volatilities."""
    found: dict[str, float] = {}
    problems = [] if moves else [Problem("shocks", "none", "one factor or more is shocked, as BTC=-0.3")]
    for name, move in moves.items():
        logarithmic = factor(name).kind in LOGARITHMIC
        if not np.isfinite(move) or (logarithmic and not move > -1.0):
            rule = "a move is finite, and prices and volatilities fall by less than 100 %: -0.3 is a fall by 30 %"
            problems.append(Problem(f"shock of {name}", move, rule))
            continue
        if wrong := too_large(name, move):
            problems.append(wrong)
        found[name] = float(np.log1p(move)) if logarithmic else float(move)
    if problems:
        raise InputError(problems)
    return found


def _joint(
    asked: Shocks | Outcomes, moves: Mapping[str, float], coins: tuple[str, ...], market: MarketSnapshot
) -> tuple[Covariance, tuple[str, ...]]:
    """Return a year's covariance of all that a book and the shocks know, under stress where that is asked for."""
    own = {factor(name).of for name in moves if factor(name).kind != "asset"}
    every = tuple(sorted({*coins, *own}))
    given = set(moves) >= set(every) and not asked.price_vol_correlation  # then no price follows from another
    covariance, notes = covariance_for(
        asked, every, market, price_vol_correlation=asked.price_vol_correlation, any_vol=every if given else ()
    )
    stressed = asked.stressed_correlation
    if unknown := sorted(set(moves) - set(covariance.names)):
        rule = f"the factors are {', '.join(covariance.names)}; --returns FILE tells of others"
        raise InputError([Problem("shocks", name, rule) for name in unknown])
    if stressed is None:
        return covariance, notes
    if not -1.0 <= stressed <= 1.0:
        raise InputError(Problem("stressed_correlation", stressed, "a correlation is between -1 and 1"))
    kinds = [factor(name).kind for name in covariance.names]
    matrix: FloatArray = covariance.correlation
    wanted = matrix
    for kind in ("spot", "vol"):
        among = np.array([one == kind for one in kinds])
        wanted = np.where(among[:, None] & among[None, :], stressed, wanted)
        matrix = stressed_correlation(matrix, to=stressed, weight=1.0, among=among)
    np.fill_diagonal(wanted := np.array(wanted), 1.0)
    off = float(np.abs(matrix - wanted).max())
    repaired = "" if off < 1e-9 else f", repaired by up to {off:.2g}, as no such correlations can be (Higham 2002)"
    told = f"coins, and their volatilities, correlated by {stressed:g} under stress (stated){repaired}"
    return replace(covariance, correlation=matrix), (told, *notes)


def _follows(covariance: Covariance, changes: Mapping[str, float], mean: FloatArray) -> tuple[str, ...]:
    """Say what is shocked, and what is expected to follow."""
    moved = {
        name: float(np.expm1(change)) if factor(name).kind in LOGARITHMIC else float(change)
        for name, change in zip(covariance.names, mean.tolist(), strict=True)
    }
    shocked_ones = ", ".join(f"{name} {_written(name, moved[name])}" for name in changes)
    others = [f"{name} {_written(name, move)}" for name, move in moved.items() if name not in changes]
    follow = f"; to be expected with it: {', '.join(others)}" if others else "; nothing else moves"
    told: tuple[str, ...] = (f"shocked: {shocked_ones}{follow}",)
    still = [name for name, move in moved.items() if factor(name).kind == "vol" and abs(move) < _STILL]
    if [name for name in still if name not in changes]:
        told += ("volatilities stay, since prices tell nothing of them here: shock them too, as \"BTC vol=0.5\", or "
                 "state how a price goes with them (--price-vol-correlation)",)  # fmt: skip
    return told


def _written(name: str, move: float) -> str:
    """Return a move as people write it: in per cent, of a carry or a gap in points of them."""
    return f"{100.0 * move + 0.0:+.4g} %" if factor(name).kind in LOGARITHMIC else f"{100.0 * move:+.4g} points"
