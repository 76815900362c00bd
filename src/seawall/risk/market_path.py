"""A path of states of the market: prices and volatilities as plain arrays, or a path of the scenarios room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, IntArray, frozen
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.risk.shift import Move
from seawall.scenarios import PathSet, Relative, ScenarioSet
from seawall.scenarios.factors import LOGARITHMIC, factor, scenario_set_of
from seawall.scenarios.path_set import MINUTES_PER_YEAR


@dataclass(frozen=True)
class MarketPath:
    """T states of a market, one after the other.

    Attributes
    ----------
    times_ns
        `(T,)` never falling.
    moves
        T joint moves from the market that the path starts in, each with the time since then.
    labels
        Names of the states; empty where they have none.
    seen
        T moves as a late oracle shows them; empty where none is late.
    depth, spread
        `(T,)` depth of the order books and bid-ask spread over what they were; 1 where left out.
    order_minutes
        How late orders are at the latest.
    left_out
        Settlement assets that the path moves and the market has no price of, with how far they move.
    told
        Coins and settlement assets that the path tells of; None where that is not known.

    Examples
    --------
    >>> path = MarketPath.of_prices([0, 60, 120], {"BTC": [100.0, 90.0, 95.0]}, {"BTC": 100.0}, now_ns=0)
    >>> [round(move.spot["BTC"], 6) for move in path.moves], path.moves[2].elapsed_ns
    ([0.0, -0.1, -0.05], 120)
    """

    times_ns: IntArray
    moves: tuple[Move, ...]
    labels: tuple[str, ...] = ()
    seen: tuple[Move, ...] = ()
    depth: FloatArray | None = None
    spread: FloatArray | None = None
    order_minutes: float = 0.0
    left_out: Mapping[str, float] = field(default_factory=dict)
    told: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if len(self.times_ns) == 0 or len(self.times_ns) != len(self.moves) or (np.diff(self.times_ns) < 0).any():
            rule = "a path has a state or more, a time for each, and time does not run backwards"
            raise InputError(Problem("times_ns", len(self.times_ns), rule))
        object.__setattr__(self, "times_ns", frozen(self.times_ns))

    def __len__(self) -> int:
        return len(self.moves)

    def label(self, t: int) -> str:
        """Return the name of a state; empty where it has none."""
        return self.labels[t] if self.labels else ""

    def share(self, t: int) -> float:
        """Return what is left of the depth in a state."""
        return 1.0 if self.depth is None else float(self.depth[t])

    def widening(self, t: int) -> float:
        """Return the bid-ask spread in a state over what it was."""
        return 1.0 if self.spread is None else float(self.spread[t])

    def is_late(self, t: int) -> bool:
        """Return whether an oracle shows another price than the market's in a state."""
        return bool(self.seen) and self.seen[t].spot != self.moves[t].spot

    @classmethod
    def of_prices(
        cls,
        times_ns: Sequence[int] | IntArray,
        prices: Mapping[str, Sequence[float] | FloatArray],
        now: Mapping[str, float],
        *,
        now_ns: int,
        vol_ratios: Mapping[str, Sequence[float] | FloatArray] | None = None,
    ) -> MarketPath:
        """Return a path from prices.

        Parameters
        ----------
        times_ns
            `(T,)`, not before the start.
        prices
            By asset, `(T,)` in USD.
        now, now_ns
            Prices and time at the start, such as a snapshot's `index` and `time_ns`.
        vol_ratios
            By underlying, `(T,)` volatilities over those at the start; left out, they stay.
        """
        times = np.asarray(times_ns, dtype=np.int64)
        spot = {name: np.asarray(leg, dtype=np.float64) / now.get(name, np.nan) for name, leg in prices.items()}
        vol = {name: np.asarray(leg, dtype=np.float64) for name, leg in (vol_ratios or {}).items()}
        problems = [
            Problem(f"{label} of {name}", leg.shape, f"it has {len(times)} numbers above 0, and a price at the start")
            for label, legs in (("price", spot), ("vol ratio", vol))
            for name, leg in legs.items()
            if leg.shape != times.shape or not (leg > 0.0).all() or not np.isfinite(leg).all()
        ]
        if len(times) and int(times[0]) < now_ns:
            problems.append(Problem("times_ns", int(times[0]), "a path does not begin before its market"))
        if problems:
            raise InputError(problems)
        return cls(
            times,
            tuple(
                Move(
                    {name: float(leg[t]) - 1.0 for name, leg in spot.items()},
                    {name: Relative(float(leg[t]) - 1.0) for name, leg in vol.items() if leg[t] != 1.0},
                    int(times[t]) - now_ns,
                )
                for t in range(len(times))
            ),
            told=frozenset(spot),
        )

    @classmethod
    def of_levels(
        cls, times_ns: Sequence[int] | IntArray, levels: Mapping[str, npt.ArrayLike], snapshot: MarketSnapshot,
        *, labels: Sequence[str] = (),
    ) -> MarketPath:  # fmt: skip
        """Return a path from levels of named factors, whose first row stands for the market: moves are from it.

        Parameters
        ----------
        times_ns
            `(T,)`, rising; what passes since the first passes from the snapshot's time on.
        levels
            By factor, `(T,)` each, as `History.of_levels` has them: prices, implied volatilities and asset prices above
            0, carries and gaps as fractions, funding as what longs paid over the step that ends there.
        labels
            Names of the states.

        Examples
        --------
        >>> import seawall as sw
        >>> from seawall.core.time import NS_PER_DAY
        >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
        >>> way = MarketPath.of_levels([0, NS_PER_DAY], {"BTC": [120_000.0, 90_000.0], "BTC vol": [40.0, 60.0]}, now)
        >>> round(way.moves[1].spot["BTC"], 9), round(way.moves[1].vol["BTC"].change, 9), way.moves[1].elapsed_ns
        (-0.25, 0.5, 86400000000000)
        """
        times = np.asarray(times_ns, dtype=np.int64)
        if not len(times):
            raise InputError(Problem("times", "none", "a path has a row or more"))
        rising = bool((np.diff(times) > 0).all())
        problems = [] if rising else [Problem("times", len(times), "times rise from row to row")]
        columns = []
        for name, given in levels.items():
            level, kind = np.asarray(given, dtype=np.float64), factor(name).kind
            positive = kind in LOGARITHMIC
            if level.shape != times.shape or not np.isfinite(level).all() or (positive and not (level > 0.0).all()):
                rule = f"it has {len(times)} finite levels" + (" above 0" if positive else "")
                problems.append(Problem(name, level.shape, rule))
            elif positive:
                columns.append(np.log(level / level[0]))
            elif kind == "funding":
                columns.append(np.cumsum(level) - level[0])
            else:
                columns.append(level - level[0])
        if not any(factor(name).kind == "spot" for name in levels):
            problems.append(Problem("levels", ", ".join(levels) or "none", "a path tells the price of a coin"))
        if problems:
            raise InputError(problems)
        moves = scenario_set_of(list(levels), np.stack(columns, axis=1), labels=tuple(labels) or ("",) * len(times))
        made = cls.of_scenarios(moves, snapshot)
        passed = [int(time - times[0]) for time in times]  # whole nanoseconds: an expiry is met exactly
        return replace(
            made,
            times_ns=np.array([snapshot.time_ns + ns for ns in passed], dtype=np.int64),
            moves=tuple(replace(move, elapsed_ns=ns) for move, ns in zip(made.moves, passed, strict=True)),
            labels=tuple(labels), told=frozenset(factor(n).of for n in levels if factor(n).kind in ("spot", "asset")),
        )  # fmt: skip

    @classmethod
    def of_paths(cls, paths: PathSet, snapshot: MarketSnapshot, *, path: int = 0) -> MarketPath:
        """Return one path of a set, such as a named event's or a flash crash's, from a market on.

        Coins that the market does not list move nothing in it; assets that it has no price of are in `left_out`.

        Examples
        --------
        >>> import seawall as sw
        >>> from seawall.scenarios import FlashCrash
        >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
        >>> crash = MarketPath.of_paths(FlashCrash({"BTC": -0.2, "ETH": -0.3}).paths(), now)
        >>> len(crash), round(min(move.spot["BTC"] for move in crash.moves), 9)
        (8, -0.2)
        """
        depth, spread = (None if f is None else f[path] for f in (paths.depth_factor, paths.spread_factor))
        made = cls.of_scenarios(paths.path(path), snapshot)
        late = paths.oracle_spot is not None and (paths.oracle[path] != paths.spot[path]).any()
        seen = cls.of_scenarios(paths.oracle_path(path), snapshot).moves if late else ()
        return replace(
            made, seen=seen, depth=depth, spread=spread,
            order_minutes=float(paths.delay[path].max(initial=0.0)) * MINUTES_PER_YEAR,
            told=frozenset({*paths.underlyings, *paths.asset_moves}),
        )  # fmt: skip

    @classmethod
    def of_scenarios(cls, scenarios: ScenarioSet, snapshot: MarketSnapshot) -> MarketPath:
        """Return the scenarios of a set as states of a market, one after the other.

        Their times may run backwards, as a grid's do: each state is one of its own then, and has the snapshot's time.
        """
        known = {*snapshot.table.underlyings, *snapshot.index}
        coins = [(u, name) for u, name in enumerate(scenarios.underlyings) if name in known]
        assets = {name: leg for name, leg in scenarios.asset_moves.items() if name in known}
        unknown = {name: leg for name, leg in scenarios.asset_moves.items() if name not in known}
        left_out = {name: float(leg[np.argmax(np.abs(leg))]) for name, leg in unknown.items()}
        moves = []
        for s in range(len(scenarios)):
            legs: dict[str, Any] = {
                leg: {name: float(getattr(scenarios.basis, leg)[s, u]) for u, name in coins}
                for leg in ("carry", "perpetual", "funding")
                if scenarios.basis is not None
            }
            moves.append(
                Move(
                    {name: float(scenarios.spot[s, u]) for u, name in coins}
                    | {name: float(leg[s]) for name, leg in assets.items()},
                    {name: scenarios.vol_shocks[scenarios.vol_index[s, u]] for u, name in coins},
                    round(float(scenarios.elapsed_years[s]) * NS_PER_YEAR),
                    **legs,
                )
            )
        times = np.array([snapshot.time_ns + move.elapsed_ns for move in moves], dtype=np.int64)
        if (np.diff(times) < 0).any():
            times = np.full(len(moves), snapshot.time_ns, dtype=np.int64)
        return cls(times, tuple(moves), scenarios.labels, left_out={n: x for n, x in left_out.items() if x})
