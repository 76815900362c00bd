"""A path of states of the market, as plain arrays over today's prices and volatilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.errors import InputError, Problem
from seawall.risk.shift import Move
from seawall.scenarios import Relative


@dataclass(frozen=True)
class MarketPath:
    """T states of a market, one after the other.

    Attributes
    ----------
    times_ns
        `(T,)` rising, not before the snapshot.
    spot
        By asset, `(T,)` price over today's.
    vol
        By underlying, `(T,)` volatility over today's; left out, it stays.

    Examples
    --------
    >>> path = MarketPath.of_prices([0, 60, 120], {"BTC": [100.0, 90.0, 95.0]}, {"BTC": 100.0})
    >>> path.spot["BTC"].tolist()
    [1.0, 0.9, 0.95]
    """

    times_ns: IntArray
    spot: Mapping[str, FloatArray]
    vol: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        count = len(self.times_ns)
        problems = []
        if count == 0 or (np.diff(self.times_ns) < 0).any():
            problems.append(Problem("times_ns", count, "a path has a state, and time does not run backwards"))
        for label, legs in (("spot", self.spot), ("vol", self.vol)):
            for name, leg in legs.items():
                if leg.shape != (count,) or not (leg > 0.0).all() or not np.isfinite(leg).all():
                    rule = f"it has {count} ratios above 0, one a state"
                    problems.append(Problem(f"{label} of {name}", leg.shape, rule))
        if problems:
            raise InputError(problems)

    @classmethod
    def of_prices(
        cls,
        times_ns: Sequence[int] | IntArray,
        prices: Mapping[str, Sequence[float] | FloatArray],
        now: Mapping[str, float],
        vol_ratios: Mapping[str, Sequence[float] | FloatArray] | None = None,
    ) -> MarketPath:
        """Return a path from prices, by asset, and today's index, such as a snapshot's."""
        spot = {name: np.asarray(leg, dtype=np.float64) / now[name] for name, leg in prices.items()}
        vol = {name: np.asarray(leg, dtype=np.float64) for name, leg in (vol_ratios or {}).items()}
        return cls(np.asarray(times_ns, dtype=np.int64), spot, vol)

    def move(self, step: int, now_ns: int) -> Move:
        """Return the joint move from today to a step."""
        spot = {name: float(leg[step]) - 1.0 for name, leg in self.spot.items()}
        vol = {name: Relative(float(leg[step]) - 1.0) for name, leg in self.vol.items() if leg[step] != 1.0}
        return Move(spot, vol, int(self.times_ns[step]) - now_ns)
