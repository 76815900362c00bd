"""Rays followed for many accounts: states that they share are margined together, and each finds its own first point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import expm1

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import NO_EXPIRY_NS, NS_PER_DAY
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.risk.crossing import Crossing, Kind, first_crossing
from seawall.risk.direction import Direction, along, in_time, in_vol
from seawall.risk.shift import Move
from seawall.risk.standing import Probe

RATIO_TOLERANCE = 1e-10
"""How near to the venue's ratio a point has to be, as a share of what is required."""
VERIFIED_TOLERANCE = 1e-6
PREFETCHED_COUNT = 12
"""States that all accounts are asked in together before those that have crossed are left out."""
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
    together: dict[str, tuple[Direction, list[int]]] = {}
    for a, ways in wanted.items():
        for way in ways:
            together.setdefault(repr(way), (way, []))[1].append(a)
    made: dict[tuple[int, str], Distance] = {}
    for key, (way, members) in together.items():
        rays = Rays(probe, way, np.array(members, dtype=np.int64))
        for a in members:
            made[a, key] = rays.distance(a)
    return [made[a, repr(way)] for a, ways in wanted.items() for way in ways]


class Rays:
    """One direction for some accounts: what was asked is kept, and nodes are asked for all accounts at once."""

    def __init__(self, probe: Probe, way: Direction, accounts: IntArray) -> None:
        self.probe, self.way = probe, way
        self.kept: dict[int, dict[float, tuple[FloatArray, FloatArray]]] = {int(a): {} for a in accounts}
        self.nodes = way.nodes(probe.now.book.snapshot)
        self._prefetch(np.array([a for a in accounts.tolist() if not probe.readable(a)], dtype=np.int64))

    def _prefetch(self, accounts: IntArray) -> None:
        for start in range(0, len(self.nodes), PREFETCHED_COUNT):
            if not len(accounts):
                return
            travels = self.nodes[start : start + PREFETCHED_COUNT]
            states = self.probe.at([self.way.move(t) for t in travels.tolist()], accounts)
            owner = np.array([self.probe.sets[r][0] for r in self.probe.sets_of(accounts).tolist()], dtype=np.int64)
            for a in accounts.tolist():
                mine = owner == a
                for i, t in enumerate(travels.tolist()):
                    self.kept[a][t] = states.short[i, mine], states.required[i, mine]
            there = np.array([not (states.short[:, owner == a] < 0.0).all() for a in accounts.tolist()])
            accounts = accounts[~there]

    def state(self, account: int, travel: float) -> tuple[FloatArray, FloatArray]:
        """Return shortfall and requirement of an account's netting sets at a travel."""
        known = self.kept[account]
        if travel not in known:
            states = self.probe.at([self.way.move(travel)], np.array([account], dtype=np.int64))
            known[travel] = states.short[0], states.required[0]
        return known[travel]

    def distance(self, account: int) -> Distance:
        """Return the first point of the ray where the venue acts, over the account's netting sets."""
        probe, name = self.probe, self.probe.book.accounts[account]
        why = probe.readable(account)
        if why:
            return Distance(account=name, direction=self.way.label, kind="unavailable", move=np.nan, travel=np.nan,
                            liquidation_ratio=probe.trigger.liquidation_ratio, why=why)  # fmt: skip
        rows = probe.sets_of(np.array([account], dtype=np.int64))
        best: tuple[int, Crossing] | None = None
        nodes = self.nodes
        for s in range(len(rows)):
            one = self._first(account, s, nodes)
            if one.kind != "none" and (best is None or one.at < best[1].at):
                best = s, one
                nodes = np.append(nodes[nodes < one.at], one.at)  # a later crossing of another set does not matter
            elif best is None and s == len(rows) - 1:
                best = 0, one
        assert best is not None, "an account has at least one netting set"
        return self._told(account, name, int(rows[best[0]]), best[0], best[1])

    def _first(self, account: int, s: int, nodes: FloatArray) -> Crossing:
        short, required = self.state(account, 0.0)
        scale = abs(float(short[s])) + abs(float(required[s]))

        def negligible(travel: float, value: float) -> bool:
            return abs(value) <= RATIO_TOLERANCE * float(self.state(account, travel)[1][s])

        return first_crossing(
            lambda travel: float(self.state(account, travel)[0][s]), nodes, negligible=negligible,
            smallest=self.way.smallest, near_zero=LEVEL_SHARE * scale,
        )  # fmt: skip

    def _told(self, account: int, name: str, row: int, s: int, one: Crossing) -> Distance:
        probe = self.probe
        now = probe.verify(Move(), account).ratio[0, s] if one.kind == "already" else self._ratio_now(account, s)
        base = {
            "account": name, "direction": self.way.label, "kind": one.kind, "currency": probe.sets[row][1],
            "ratio_now": float(now), "liquidation_ratio": probe.trigger.liquidation_ratio,
            "resolution": one.resolution * self._unit, "evaluations": len(self.kept[account]),
        }  # fmt: skip
        if one.kind == "none":
            return Distance(**base, move=self._signed(np.inf), travel=np.inf)
        if one.kind == "unavailable":
            why = f"the margin is unavailable at a travel of {one.at:g}"
            return Distance(**base, move=np.nan, travel=np.nan, why=why)
        there = self.way.move(one.at)
        ratio = float(probe.verify(there, account).ratio[0, s])
        before = float(probe.verify(self.way.move(one.before), account).ratio[0, s])
        off = abs(ratio - 1.0)
        assert one.kind != "crossing" or off <= VERIFIED_TOLERANCE, f"{name}: the front door finds a ratio of {ratio}"
        index = probe.snapshot.index
        return Distance(
            **base, move=self._signed(one.at), travel=one.at, moves=dict(there.spot),
            prices={asset: index[asset] * (1.0 + size) for asset, size in there.spot.items() if asset in index},
            ratio=ratio, ratio_before=before,
        )  # fmt: skip

    @property
    def _unit(self) -> float:
        """Days for a travel of one along time alone, else the travel itself."""
        way = self.way
        return way.elapsed_ns / NS_PER_DAY if way.elapsed_ns and not way.spot and not way.vol else 1.0

    def _ratio_now(self, account: int, s: int) -> float:
        states = self.probe.at([Move()], np.array([account], dtype=np.int64))
        return float(states.ratio[0, s])

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
