"""The market after a move: what any margin rule then sees, valued as a revaluation values it.

A scenario of the tensor says what a position gains. It is not enough to say what a rule would ask *there*: strikes have
come nearer, days have passed, a leg that covered another may be gone. `shifted` makes the whole market anew;
`moved_book` has the book that goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import expm1, log1p

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_YEAR
from seawall.instruments import InstrumentTable, Kind
from seawall.market import MarketSnapshot, Origin
from seawall.revaluation import revalue
from seawall.revaluation.basis import carried, moves_beside_spot
from seawall.scenarios import Basis, ScenarioSet, Unchanged, VolShock


@dataclass(frozen=True, slots=True)
class Move:
    """A joint move of a market.

    Attributes
    ----------
    spot
        Relative move of each asset that moves, -0.1 for a fall of 10 %; settlement assets may be among them.
    vol
        Shock of each underlying's volatilities, at today's time to expiry.
    elapsed_ns
        Time that passes.
    carry, perpetual, funding
        By underlying, what moves beside the spot: see `seawall.scenarios.Basis`.
    way
        Logarithmic moves of prices that were passed on the way, by nanoseconds elapsed, first to last; between them
        prices are on a straight line in logarithms. Where there is none, all of the move comes at its end.
    """

    spot: Mapping[str, float] = field(default_factory=dict)
    vol: Mapping[str, VolShock] = field(default_factory=dict)
    elapsed_ns: int = 0
    carry: Mapping[str, float] = field(default_factory=dict)
    perpetual: Mapping[str, float] = field(default_factory=dict)
    funding: Mapping[str, float] = field(default_factory=dict)
    way: tuple[tuple[int, Mapping[str, float]], ...] = ()

    def at(self, elapsed_ns: int) -> Move:
        """Return the prices that were passed after some of the time, and nothing else.

        Examples
        --------
        >>> Move({"BTC": -0.75}, elapsed_ns=10, way=((0, {}),)).at(5).spot
        {'BTC': -0.5}
        """
        if not self.way or elapsed_ns >= self.elapsed_ns:
            return Move(self.spot, elapsed_ns=elapsed_ns)
        logs = {name: log1p(size) for name, size in self.spot.items()}
        knots = [*self.way, (self.elapsed_ns, logs)]
        times = [time for time, _ in knots]
        names = dict.fromkeys(name for _, passed in knots for name in passed)
        spot = {n: expm1(np.interp(elapsed_ns, times, [passed.get(n, 0.0) for _, passed in knots])) for n in names}
        return Move(spot, elapsed_ns=elapsed_ns)

    def scenario(self, underlyings: tuple[str, ...]) -> ScenarioSet:
        """Return the same as a set of one scenario."""
        shape = (1, len(underlyings))
        legs = {
            name: np.array([[leg.get(u, 0.0) for u in underlyings]], dtype=np.float64)
            for name, leg in (("carry", self.carry), ("perpetual", self.perpetual), ("funding", self.funding))
            if any(leg.values())
        }
        return ScenarioSet(
            labels=("move",),
            underlyings=underlyings,
            spot=np.array([[self.spot.get(u, 0.0) for u in underlyings]], dtype=np.float64).reshape(shape),
            vol_shocks=tuple(self.vol.get(u, Unchanged()) for u in underlyings),
            vol_index=np.arange(len(underlyings), dtype=np.int64).reshape(shape),
            elapsed_years=np.array([self.elapsed_ns / NS_PER_YEAR]),
            weights=np.ones(1),
            basis=Basis.of(shape, **legs) if legs else None,
        )


def shifted(
    snapshot: MarketSnapshot,
    spot_moves: Mapping[str, float] | None = None,
    vol_shocks: Mapping[str, VolShock] | None = None,
    elapsed_years: float = 0.0,
) -> MarketSnapshot:
    """Return the market after a move.

    Marks, forwards and volatilities are those that `revalue` prices the move with; the index of an asset moves with it.
    Forwards keep their basis while time passes. What has expired by then is no longer listed. Quotes and their sizes
    belong to the old prices and are unavailable.

    Parameters
    ----------
    snapshot
        The market now.
    spot_moves
        Relative moves by asset, above -1; an asset that is not named stays.
    vol_shocks
        By underlying; volatilities of one that is not named stay.
    elapsed_years
        ACT/365F, not negative.

    Raises
    ------
    InputError
        When a move names an asset that the snapshot does not know, or can't be.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> later = shifted(now, {"BTC": -0.10}, elapsed_years=10 / 365)
    >>> round(later.index["BTC"], 3), len(now), len(later)
    (56418.975, 882, 661)
    """
    return shifted_by(snapshot, Move(spot_moves or {}, vol_shocks or {}, round(elapsed_years * NS_PER_YEAR)))


def shifted_by(snapshot: MarketSnapshot, move: Move) -> MarketSnapshot:
    """Return the same for a move that is written down already."""
    _refuse(snapshot, move)
    later_ns = snapshot.time_ns + move.elapsed_ns
    gone = expired_rows(snapshot.table, snapshot.time_ns, later_ns)
    kept = snapshot.take(np.flatnonzero(~gone)) if gone.any() else snapshot
    table = kept.table
    scenario = replace(move, funding={}).scenario(table.underlyings)  # funding is cash, and moves no mark
    gains = revalue(kept, scenario).pnl[0]
    options = table.is_kind(Kind.OPTION)
    by_row = _moves(kept, scenario)
    mark = np.where(options, np.maximum(kept.mark + gains, 0.0), kept.mark * (1.0 + by_row))
    live = np.ones(len(table))
    if kept.feeds is not None:  # what a forward has averaged already moves no more
        with np.errstate(divide="ignore", invalid="ignore"):
            live = np.where(kept.forward > 0.0, 1.0 - kept.feeds.settled_forward / kept.forward, 1.0)
    shocks = list(scenario.vol_shocks)
    vol, shocked = _vols(kept, options, shocks)
    unknown = np.full(len(table), np.nan)
    valued, none = ~np.isnan(mark), np.int8(Origin.MISSING)
    return replace(
        kept,
        name=f"{snapshot.name} moved",
        time_ns=later_ns,
        index={asset: price * (1.0 + move.spot.get(asset, 0.0)) for asset, price in kept.index.items()},
        mark=mark,
        forward=kept.forward * (1.0 + by_row * live),
        vol=vol,
        mark_origin=np.where(valued, np.int8(Origin.DERIVED), none).astype(np.int8),
        vol_origin=np.where(shocked, np.int8(Origin.DERIVED), kept.vol_origin).astype(np.int8),
        bid=unknown, ask=unknown, bid_size=unknown, ask_size=unknown,
    )  # fmt: skip


def _moves(kept: MarketSnapshot, scenario: ScenarioSet) -> FloatArray:
    """Return the relative move of each row's forward or mark, `(N,)`."""
    table, rows = kept.table, np.arange(len(kept), dtype=np.int64)
    column = table.underlying_column
    if scenario.basis is None:
        return np.asarray(scenario.spot[0, column], dtype=np.float64)
    years = np.where(np.isfinite(kept.years), kept.years, 0.0)
    forwards = carried(scenario.spot[:, column], scenario.basis.carry[:, column], years, scenario.elapsed_years)[0]
    marks = moves_beside_spot(kept, scenario, rows, column)[0]
    return np.asarray(np.where(table.is_kind(Kind.OPTION), forwards, marks), dtype=np.float64)


def _vols(kept: MarketSnapshot, options: BoolArray, shocks: list[VolShock]) -> tuple[FloatArray, BoolArray]:
    """Return shocked volatilities and which rows a shock has touched."""
    vol, touched = kept.vol.copy(), np.zeros(len(kept), np.bool_)
    column = kept.table.underlying_column
    for u, shock in enumerate(shocks):
        rows = np.flatnonzero(options & (column == u))
        if isinstance(shock, Unchanged) or not len(rows):
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            log_strike = np.log(kept.table.strike[rows] / kept.forward[rows])
        vol[rows] = shock.apply(kept.vol[rows], kept.years[rows], log_strike)
        touched[rows] = True
    return vol, touched & ~np.isnan(vol)


def _refuse(snapshot: MarketSnapshot, move: Move) -> None:
    known = {*snapshot.table.underlyings, *snapshot.index}
    problems = [
        Problem(f"spot move of {asset}", size, "a price falls by less than 100 % and rises by a finite share")
        for asset, size in move.spot.items()
        if not -1.0 < size < np.inf
    ]
    problems += [
        Problem("asset", asset, f"moves are of {', '.join(sorted(known))}", where=snapshot.name)
        for asset in sorted({*move.spot, *move.vol, *move.carry, *move.perpetual, *move.funding})
        if asset not in known
    ]
    if move.elapsed_ns < 0:
        problems.append(Problem("elapsed time", move.elapsed_ns, "time does not run backwards"))
    if problems:
        raise InputError(problems)


def expired_rows(table: InstrumentTable, now_ns: int, later_ns: int) -> BoolArray:
    """Return which rows live now and are past their expiry then, `(N,)`."""
    return np.asarray((table.expiry_ns > now_ns) & (table.expiry_ns <= later_ns), dtype=np.bool_)
