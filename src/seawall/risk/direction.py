"""Directions that a market can go: prices, volatilities, time, and any of them together.

Prices and volatilities travel in logarithms, so that a travel of t along a weight of 1 multiplies by exp(t): no price
reaches zero, and a direction and its opposite mirror each other. Time travels in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import expm1, log1p

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import NO_EXPIRY_NS, NS_PER_DAY, NS_PER_SECOND
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.risk.shift import Move
from seawall.scenarios import Relative

LARGEST_FALL = -0.95
LARGEST_RISE = 4.0
LARGEST_VOL_RISE = 9.0
LARGEST_VOL_FALL = -0.95
STEPS = ((0.3, 0.01), (1.0, 0.025), (np.inf, 0.08))
"""Width of the steps up to each distance, in logarithms of price: one per cent near today's market."""
VOL_STEP = 0.05
DAYS_STEP = 1.0
LONGEST_DAYS = 400.0


@dataclass(frozen=True)
class Direction:
    """A ray from today's market.

    Attributes
    ----------
    label
        For people.
    spot, vol
        Logarithmic move of each asset, and of all volatilities of each underlying, for a travel of one.
    elapsed_ns
        Nanoseconds for a travel of one.
    reach
        The longest travel that is looked at.
    base_spot, base_vol, base_ns
        Where the ray begins, in the same terms, where that is not today.
    """

    label: str
    spot: Mapping[str, float] = field(default_factory=dict)
    vol: Mapping[str, float] = field(default_factory=dict)
    elapsed_ns: float = 0.0
    reach: float = 1.0
    base_spot: Mapping[str, float] = field(default_factory=dict)
    base_vol: Mapping[str, float] = field(default_factory=dict)
    base_ns: int = 0

    def __post_init__(self) -> None:
        weights = [*self.spot.values(), *self.vol.values(), self.elapsed_ns, self.reach]
        if not np.isfinite(weights).all() or not self.reach > 0.0 or self.elapsed_ns < 0.0:
            rule = "weights are finite, reach is above 0, and time does not run backwards"
            raise InputError(Problem("direction", self.label, rule))
        if not any(weights[:-1]):
            raise InputError(Problem("direction", self.label, "something moves along it"))

    def move(self, travel: float) -> Move:
        """Return the joint move at a travel; where time moves too, with the prices that were passed on the way."""
        spot = {name: self.base_spot.get(name, 0.0) for name in {*self.spot, *self.base_spot}}
        vol = {name: self.base_vol.get(name, 0.0) for name in {*self.vol, *self.base_vol}}
        spot = {name: expm1(at + self.spot.get(name, 0.0) * travel) for name, at in spot.items()}
        vol = {name: expm1(at + self.vol.get(name, 0.0) * travel) for name, at in vol.items()}
        shocks = {name: Relative(change) for name, change in vol.items() if change != 0.0}
        way = ((0, {}), *([(self.base_ns, self.base_spot)] if self.base_ns else []))
        together = bool(spot) and self.elapsed_ns > 0.0
        return Move(spot, shocks, self.base_ns + round(self.elapsed_ns * travel), way=way if together else ())

    def nodes(self, snapshot: MarketSnapshot) -> FloatArray:
        """Return points to begin a search with, from 0 to the reach, for a market of what is held.

        Steps are finest near today. Added are both sides of every expiry, and where prices pass strikes.
        """
        weight = max((abs(w) for w in self.spot.values()), default=0.0)
        found = [np.array([0.0, self.reach])]
        if weight > 0.0:
            found.append(_price_steps(weight * self.reach) / weight)
            found.append(self._at_strikes(snapshot))
        vol_weight = max((abs(w) for w in self.vol.values()), default=0.0)
        if vol_weight > 0.0:
            found.append(np.arange(0.0, vol_weight * self.reach, VOL_STEP) / vol_weight)
        if self.elapsed_ns > 0.0:
            found.append(np.arange(0.0, self.elapsed_ns * self.reach, DAYS_STEP * NS_PER_DAY) / self.elapsed_ns)
            dated = snapshot.table.expiry_ns != NO_EXPIRY_NS
            left = np.unique(snapshot.table.expiry_ns[dated] - snapshot.time_ns - self.base_ns).astype(np.float64)
            found += [(left - NS_PER_SECOND) / self.elapsed_ns, left / self.elapsed_ns]
        points = np.unique(np.concatenate(found))
        return np.asarray(points[(points >= 0.0) & (points <= self.reach)], dtype=np.float64)

    def _at_strikes(self, snapshot: MarketSnapshot) -> FloatArray:
        rows = np.flatnonzero(snapshot.table.is_kind(Kind.OPTION))
        weight = np.array([self.spot.get(snapshot.table.underlying[n], 0.0) for n in rows.tolist()])
        base = np.array([self.base_spot.get(snapshot.table.underlying[n], 0.0) for n in rows.tolist()])
        with np.errstate(divide="ignore", invalid="ignore"):
            travel = (np.log(snapshot.table.strike[rows] / snapshot.forward[rows]) - base) / weight
        return np.asarray(travel[np.isfinite(travel)], dtype=np.float64)

    @property
    def smallest(self) -> float:
        """Travel below which two points are one: a nanosecond, where time runs."""
        return 1.0 / self.elapsed_ns if self.elapsed_ns > 0.0 and not self.spot and not self.vol else 0.0


def _price_steps(reach: float) -> FloatArray:
    made, start = [], 0.0
    for end, step in STEPS:
        made.append(np.arange(start, min(end, reach), step))
        start = end
        if reach <= end:
            break
    return np.concatenate(made)


def along(asset: str, *, up: bool, reach: float | None = None) -> Direction:
    """Return the direction of one underlying's price; `reach` is a relative move, such as -0.5.

    Examples
    --------
    >>> along("BTC", up=False).move(0.5).spot
    {'BTC': -0.3934693402873666}
    """
    furthest = reach if reach is not None else (LARGEST_RISE if up else LARGEST_FALL)
    if not -1.0 < furthest < np.inf or (furthest > 0.0) != up:
        rule = "it is between -1 and 0 on the way down, and above 0 on the way up"
        raise InputError(Problem("reach", furthest, rule, where=asset))
    return Direction(f"{asset} {'up' if up else 'down'}", {asset: 1.0 if up else -1.0}, reach=abs(log1p(furthest)))


def jointly(weights: Mapping[str, float], *, label: str = "", reach: float | None = None) -> Direction:
    """Return a joint direction of prices: logarithmic returns in the given proportion, `{"BTC": -1, "ETH": -1.3}`.

    The reach, a travel, is where the asset with the largest weight has fallen or risen as far as `along` looks.
    """
    largest = max(weights.values(), key=abs, default=0.0)
    furthest = abs(log1p(LARGEST_RISE if largest > 0.0 else LARGEST_FALL)) / (abs(largest) or 1.0)
    words = label or " and ".join(f"{name} {weight:+g}" for name, weight in weights.items())
    return Direction(words, dict(weights), reach=reach or furthest)


def in_vol(underlyings: Sequence[str], *, up: bool, reach: float | None = None) -> Direction:
    """Return the direction of all volatilities of some underlyings, multiplied alike."""
    furthest = reach if reach is not None else (LARGEST_VOL_RISE if up else LARGEST_VOL_FALL)
    if not -1.0 < furthest < np.inf or (furthest > 0.0) != up:
        raise InputError(Problem("reach", furthest, "it is between -1 and 0 for a fall, and above 0 for a rise"))
    sign = 1.0 if up else -1.0
    label = f"vol {'up' if up else 'down'}"
    return Direction(label, {}, dict.fromkeys(underlyings, sign), reach=abs(log1p(furthest)))


def in_time(snapshot: MarketSnapshot, *, days: float | None = None) -> Direction:
    """Return the direction of time alone, in nanoseconds, up to the last expiry of what the snapshot lists."""
    dated = snapshot.table.expiry_ns[snapshot.table.expiry_ns != NO_EXPIRY_NS]
    last = float((dated - snapshot.time_ns).max(initial=NS_PER_DAY))
    furthest = days * NS_PER_DAY if days is not None else min(max(last, NS_PER_DAY), LONGEST_DAYS * NS_PER_DAY)
    return Direction("time", elapsed_ns=1.0, reach=float(furthest))
