"""A path of states of the market: prices and volatilities as plain arrays, or a path of the scenarios room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray, frozen
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.risk.shift import Move
from seawall.scenarios import PathSet, Relative


@dataclass(frozen=True)
class MarketPath:
    """T states of a market, one after the other.

    Attributes
    ----------
    times_ns
        `(T,)` never falling.
    moves
        T joint moves from the market that the path starts in, each with the time since then.

    Examples
    --------
    >>> path = MarketPath.of_prices([0, 60, 120], {"BTC": [100.0, 90.0, 95.0]}, {"BTC": 100.0}, now_ns=0)
    >>> [round(move.spot["BTC"], 6) for move in path.moves], path.moves[2].elapsed_ns
    ([0.0, -0.1, -0.05], 120)
    """

    times_ns: IntArray
    moves: tuple[Move, ...]

    def __post_init__(self) -> None:
        if len(self.times_ns) == 0 or len(self.times_ns) != len(self.moves) or (np.diff(self.times_ns) < 0).any():
            rule = "a path has a state or more, a time for each, and time does not run backwards"
            raise InputError(Problem("times_ns", len(self.times_ns), rule))
        object.__setattr__(self, "times_ns", frozen(self.times_ns))

    def __len__(self) -> int:
        return len(self.moves)

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
        )

    @classmethod
    def of_paths(cls, paths: PathSet, snapshot: MarketSnapshot, *, path: int = 0) -> MarketPath:
        """Return one path of a set, such as a named event's or a flash crash's, from a market on.

        Coins that the market does not know move nothing in it and are left out. Depth, spreads and late oracles do not
        enter a margin.

        Examples
        --------
        >>> import seawall as sw
        >>> from seawall.scenarios import FlashCrash
        >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
        >>> crash = MarketPath.of_paths(FlashCrash({"BTC": -0.2, "ETH": -0.3}).paths(), now)
        >>> len(crash), round(min(move.spot["BTC"] for move in crash.moves), 9)
        (8, -0.2)
        """
        known = {*snapshot.table.underlyings, *snapshot.index}
        mine = [(u, name) for u, name in enumerate(paths.underlyings) if name in known]
        assets = {name: leg[path] for name, leg in paths.asset_moves.items() if name in known}
        made = []
        for t in range(len(paths.steps)):
            legs = {
                leg: {name: float(getattr(paths.basis, leg)[path, t, u]) for u, name in mine}
                for leg in ("carry", "perpetual", "funding")
                if paths.basis is not None
            }
            made.append(
                Move(
                    {name: float(paths.spot[path, t, u]) for u, name in mine}
                    | {name: float(leg[t]) for name, leg in assets.items()},
                    {name: paths.vol_shocks[paths.vol_index[path, t, u]] for u, name in mine},
                    round(float(paths.elapsed_years[t]) * NS_PER_YEAR),
                    **legs,
                )
            )
        return cls(np.array([snapshot.time_ns + move.elapsed_ns for move in made], dtype=np.int64), tuple(made))
