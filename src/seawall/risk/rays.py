"""Rays followed for many accounts side by side, each to its own first point where the venue acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import expm1

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import NO_EXPIRY_NS, NS_PER_DAY
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.risk.crossing import Crossing, Kind, crossing_steps
from seawall.risk.direction import Direction, along, in_time, in_vol
from seawall.risk.ray_states import RayStates, Search
from seawall.risk.shift import Move
from seawall.risk.standing import Probe

RATIO_TOLERANCE = 1e-10
"""How near to the venue's ratio a point has to be, as a share of what is required."""
VERIFIED_TOLERANCE = 1e-6
LEVEL_SHARE = 1e-9
"""Share of an account's size below which a shortfall is noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far one account is from the venue's trigger along one direction.

    Attributes
    ----------
    account, direction
        Whose, and which way.
    kind
        `crossing`: the ratio is the venue's at the point. `jump`: it leaps over it there, as when a leg expires.
        `already`: it is reached today. `none`: not within reach. `unavailable`: see `why`.
    currency
        Of the netting set that comes first.
    move
        Relative move of the price, or of volatilities; days, along time; the travel, along a joint direction. Signed;
        infinite where nothing is within reach, NaN where unavailable.
    travel
        How far along the direction, in its own terms.
    moves, prices
        Relative move and USD price there of every asset that moves.
    ratio_now, ratio, ratio_before
        Margin ratio today, at the point, and just before it; 1 is where the venue acts.
    liquidation_ratio
        Required margin over the balance that this stands for.
    resolution
        Widest stretch of the ray before the point that was not looked into any further: a logarithm, or days.
    evaluations
        States that this account was margined in.
    why
        What is missing.
    """

    account: str
    direction: str
    kind: Kind
    currency: str = ""
    move: float
    travel: float
    moves: Mapping[str, float] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)
    ratio_now: float = float("nan")
    ratio: float = float("nan")
    ratio_before: float = float("nan")
    liquidation_ratio: float = 1.0
    resolution: float = 0.0
    evaluations: int = 0
    why: str = ""


def default_directions(probe: Probe, account: int) -> list[Direction]:
    """Return the directions that one account depends on: prices up and down, volatilities up and down, time."""
    market = probe.now.book.snapshot
    held = probe.now.book.positions
    mine = held.columns[held.indptr[account] : held.indptr[account + 1]]
    table = market.table
    bases = {table.underlying[n] for n in mine.tolist()}
    owned = {asset for c, asset in enumerate(probe.book.assets) if probe.book.balances[account, c]}
    moving = sorted(asset for asset in bases | owned - {"USD", *STABLE_ASSETS} if asset in market.index)
    options = sorted({table.underlying[n] for n in mine.tolist() if not np.isnan(table.strike[n])})
    found = [along(asset, up=up) for asset in moving for up in (False, True)]
    if options:
        found += [in_vol(options, up=up) for up in (False, True)]
    if any(table.expiry_ns[n] != NO_EXPIRY_NS for n in mine.tolist()):
        found.append(in_time(market.take(mine)))
    return found


def search(probe: Probe, wanted: Mapping[int, Sequence[Direction]]) -> list[Distance]:
    """Return each account's distance along each of its directions; what accounts share is margined together."""
    together: dict[tuple[str, int], dict[int, Direction]] = {}
    places: list[tuple[tuple[str, int], int]] = []
    for a, ways in wanted.items():
        lines = [repr(replace(way, reach=1.0)) for way in ways]  # one line for all, each as far as its own reach
        for i, (line, way) in enumerate(zip(lines, ways, strict=True)):
            key = line, lines[:i].count(line)
            together.setdefault(key, {})[a] = way
            places.append((key, a))
    made = {key: Rays(probe, ways).distances() for key, ways in together.items()}
    return [made[key][a] for key, a in places]


class Rays:
    """One line for some accounts, each as far as the reach of its own direction."""

    def __init__(self, probe: Probe, ways: Mapping[int, Direction]) -> None:
        self.probe, self.ways = probe, ways
        self.way = next(iter(ways.values()))
        accounts = [a for a in ways if not probe.readable(a)]
        self.states = RayStates(probe, self.way, accounts)
        self.nodes = {a: ways[a].nodes(probe.market_of(a)) for a in accounts}

    def distances(self) -> dict[int, Distance]:
        """Return the first point of each account's ray where the venue acts, over its netting sets."""
        self.states.ask_nodes(self.nodes)
        found = self.states.side_by_side({a: self._first(a) for a in self.nodes})
        now = self._now()
        points: dict[float, list[int]] = {}
        for a, (_, one) in found.items():
            if one.kind in ("crossing", "jump", "already"):
                points.setdefault(one.at, []).append(a)
        there: dict[int, FloatArray] = {}
        for travel, accounts in points.items():
            ratio = self.probe.verify(self.way.move(travel), accounts).ratio[0]
            there |= self.states.by_account(ratio, accounts)
        return {a: self._told(a, *found[a], now[a], there.get(a)) if a in found else self._unreadable(a)
                for a in self.ways}  # fmt: skip

    def _now(self) -> dict[int, FloatArray]:
        """Return today's margin ratios by account; a line need not begin today."""
        way, accounts = self.way, list(self.nodes)
        if not accounts or not (way.base_spot or way.base_vol or way.base_ns):
            return {a: self.states.ratio(a, 0.0) for a in accounts}
        return self.states.by_account(self.probe.at([Move()], accounts).ratio[0], accounts)

    def _first(self, account: int) -> Search[tuple[int, Crossing]]:
        """Search one account's netting sets one after the other, each no farther than those before it."""
        best: tuple[int, Crossing] | None = None
        nodes, count = self.nodes[account], len(self.states.sets[account])
        for s in range(count):
            one = yield from self._first_of_set(account, s, nodes)
            if one.kind != "none" and (best is None or one.at < best[1].at):
                best = s, one
                nodes = np.append(nodes[nodes < one.at], one.at)  # a later crossing of another set does not matter
            elif best is None and s == count - 1:
                best = 0, one
        assert best is not None, "an account has at least one netting set"
        return best

    def _first_of_set(self, account: int, s: int, nodes: FloatArray) -> Search[Crossing]:
        states = self.states
        scale = abs(float(states.short(account, 0.0)[s])) + abs(float(states.required(account, 0.0)[s]))

        def negligible(travel: float, value: float) -> bool:
            return abs(value) <= RATIO_TOLERANCE * float(states.required(account, travel)[s])

        steps = crossing_steps(nodes, negligible=negligible, smallest=self.way.smallest, near_zero=LEVEL_SHARE * scale)
        try:
            wanted = next(steps)
            while True:
                yield wanted
                wanted = steps.send([float(states.short(account, travel)[s]) for travel in wanted])
        except StopIteration as end:
            found: Crossing = end.value
            return found

    def _unreadable(self, account: int) -> Distance:
        probe = self.probe
        return Distance(account=probe.book.accounts[account], direction=self.way.label, kind="unavailable", move=np.nan,
                        travel=np.nan, liquidation_ratio=probe.trigger.liquidation_ratio,
                        why=probe.readable(account))  # fmt: skip

    def _told(self, account: int, s: int, one: Crossing, now: FloatArray, there: FloatArray | None) -> Distance:
        """Return what was found in the words of a distance; `there` are the ratios that the front door finds."""
        probe, name = self.probe, self.probe.book.accounts[account]
        base = {
            "account": name, "direction": self.way.label, "kind": one.kind,
            "currency": probe.sets[self.states.sets[account][s]][1], "ratio_now": float(now[s]),
            "liquidation_ratio": probe.trigger.liquidation_ratio, "resolution": one.resolution * self._unit,
            "evaluations": self.states.count(account),
        }  # fmt: skip
        if one.kind == "none":
            return Distance(**base, move=self._signed(np.inf), travel=np.inf)
        if there is None:
            why = f"the margin is unavailable at a travel of {one.at:g}"
            return Distance(**base, move=np.nan, travel=np.nan, why=why)
        move, index, ratio = self.way.move(one.at), probe.snapshot.index, float(there[s])
        off = abs(ratio - 1.0)
        assert one.kind != "crossing" or off <= VERIFIED_TOLERANCE, f"{name}: the front door finds a ratio of {ratio}"
        return Distance(
            **base, move=self._signed(one.at), travel=one.at, moves=dict(move.spot),
            prices={asset: index[asset] * (1.0 + size) for asset, size in move.spot.items() if asset in index},
            ratio=ratio, ratio_before=float(self.states.ratio(account, one.before)[s]),
        )  # fmt: skip

    @property
    def _unit(self) -> float:
        """Days for a travel of one along time alone, else the travel itself."""
        way = self.way
        return way.elapsed_ns / NS_PER_DAY if way.elapsed_ns and not way.spot and not way.vol else 1.0

    def _signed(self, travel: float) -> float:
        """Return a travel in the words of people: a relative move, days, or the travel itself."""
        way = self.way
        single = [*way.spot.values(), *way.vol.values()]
        if way.elapsed_ns and not single:
            return travel * way.elapsed_ns / NS_PER_DAY
        if single and len(set(single)) == 1 and (len(way.spot) == 1 or not way.spot) and not way.elapsed_ns:
            if np.isinf(travel):
                return float(np.inf if single[0] > 0.0 else -np.inf)
            return expm1(single[0] * travel) + 0.0  # no minus zero
        return travel
