"""Named events: days that happened, as paths for today's market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.core.evidence import Evidence, Grade, weakest
from seawall.core.time import NS_PER_YEAR
from seawall.scenarios.basis import Basis
from seawall.scenarios.event_file import ALL, BY_COIN, OTHERS, Event, EventNumber, EventStep, read_event
from seawall.scenarios.path_set import MINUTES_PER_YEAR, PathSet
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.vol_shock import Absolute, Unchanged, VolShock

LEAST_VOL = 0.05
"""A shocked volatility does not fall below five points, however far an event's points go down."""
_FOLDER = "data/events"


@dataclass(frozen=True, eq=False)
class NamedEvent:
    """One event for some underlyings.

    A coin that the event does not name takes its `others`; without those it is refused by name. Volatilities move by
    points alike at every expiry, since sources give those of 30 days only: far expiries are shocked too much.

    Attributes
    ----------
    event
        From `event`, or `read_event` for a file of one's own.
    underlyings
        Those to move; the event's own coins where left out.

    Examples
    --------
    >>> crash = NamedEvent(event("2025-10-10"), ("BTC", "DOGE"))
    >>> paths = crash.paths()
    >>> paths.steps[paths.worst_step(0)], paths.spot[0, :, 0].min().round(4).item(), crash.grade.value
    ('low', -0.1623, 'assumed')
    """

    event: Event
    underlyings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for coin in self.coins:
            if not any(self._number(self.event.steps[0], leg, coin) for leg in ("price", "move")):
                known = ", ".join(self.event.coins)
                raise InputError(Problem("underlying", coin, f"{self.event.name} tells of {known} and of no others"))

    @property
    def coins(self) -> tuple[str, ...]:
        """The underlyings that are moved, sorted."""
        return tuple(sorted(self.underlyings)) if self.underlyings else self.event.coins

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Evidence of the numbers that these underlyings use, once each."""
        found: dict[str, Evidence] = {}
        for step in self.event.steps:
            for leg, numbers in step.legs.items():
                used = [self._number(step, leg, coin) for coin in self.coins] if leg in BY_COIN else numbers.values()
                found |= {number.evidence.subject: number.evidence for number in used if number is not None}
        for leg, numbers in self.event.base.items():
            found |= {numbers[c].evidence.subject: numbers[c].evidence for c in self.coins if c in numbers and leg}
        return tuple(found.values())

    @property
    def grade(self) -> Grade:
        """The weakest grade of what is used."""
        return weakest(evidence.grade for evidence in self.evidence)

    def paths(self) -> PathSet:
        """Return the event as one path."""
        steps, coins = self.event.steps, self.coins
        shape = (1, len(steps), len(coins))
        years = np.array([step.time_ns - self.event.start_ns for step in steps]) / NS_PER_YEAR
        spot = self._table(self._move).reshape(shape)
        points = self._table(self._points)
        distinct, index = np.unique(points, return_inverse=True)
        shocks: list[VolShock] = [Absolute(float(p), LEAST_VOL) if p else Unchanged() for p in distinct]
        legs = {leg: self._table(lambda s, c, leg=leg: self._plain(s, leg, c)).reshape(shape)
                for leg in ("carry", "perpetual", "funding")}  # fmt: skip
        oracle_delay = self._market("oracle_delay", 0.0) / MINUTES_PER_YEAR
        return PathSet(
            labels=(self.event.name,),
            steps=tuple(step.label for step in steps),
            underlyings=coins,
            elapsed_years=years,
            spot=spot,
            vol_shocks=tuple(shocks),
            vol_index=index.reshape(shape).astype(np.int64),
            weights=np.ones(1),
            basis=Basis(**legs) if any(leg.any() for leg in legs.values()) else None,
            asset_moves={
                asset: np.array([[step.legs["asset"][asset].value - 1.0 for step in steps]])
                for asset in steps[0].legs.get("asset", {})
            },
            depth_factor=self._market("depth", 1.0)[None],
            spread_factor=self._market("spread", 1.0)[None],
            oracle_spot=late(spot, years, oracle_delay),
            delay_years=self._market("order_delay", 0.0)[None] / MINUTES_PER_YEAR,
        )

    def scenarios(self) -> ScenarioSet:
        """Return the event's steps as scenarios; each weighs one, for any of them may be the worst."""
        made = self.paths().path(0)
        labels = tuple(f"{self.event.name} {label}" for label in made.labels)
        return ScenarioSet(
            labels, made.underlyings, made.spot, made.vol_shocks, made.vol_index, made.elapsed_years, made.weights,
            made.asset_moves, made.basis,
        )  # fmt: skip

    def _table(self, read: object) -> FloatArray:
        assert callable(read)
        return np.array([[read(step, coin) for coin in self.coins] for step in self.event.steps], dtype=np.float64)

    def _number(self, step: EventStep, leg: str, coin: str) -> EventNumber | None:
        numbers = step.legs.get(leg, {})
        if coin in numbers:
            return numbers[coin]
        own = {"move": "price", "vol_points": "vol"}.get(leg)
        if own and coin in step.legs.get(own, {}):
            return None  # its own level goes before the others' change
        return numbers.get(OTHERS)

    def _move(self, step: EventStep, coin: str) -> float:
        prices = step.legs.get("price", {})
        if coin in prices:
            return prices[coin].value / self.event.base["price"][coin].value - 1.0
        found = self._number(step, "move", coin)
        assert found is not None, "what no step moves was refused"
        return found.value

    def _points(self, step: EventStep, coin: str) -> float:
        levels = step.legs.get("vol", {})
        if coin in levels:
            return levels[coin].value - self.event.base["vol"][coin].value
        return self._plain(step, "vol_points", coin)

    def _plain(self, step: EventStep, leg: str, coin: str) -> float:
        found = self._number(step, leg, coin)
        return found.value if found is not None else 0.0

    def _market(self, leg: str, absent: float) -> FloatArray:
        found = [step.legs[leg][ALL].value if leg in step.legs else absent for step in self.event.steps]
        return np.array(found, dtype=np.float64)


def late(spot: FloatArray, years: FloatArray, delay_years: FloatArray | float) -> FloatArray:
    """Return what an oracle shows that is late, `(P, T, U)`: the price of then, evenly between steps; first the start.

    Examples
    --------
    >>> late(np.array([[[-0.1], [-0.3], [-0.2]]]), np.array([0.0, 1.0, 2.0]), 1.0).ravel().tolist()
    [0.0, -0.1, -0.3]
    >>> late(np.array([[[-0.1], [-0.3]]]), np.array([0.0, 1.0]), 0.5).round(3).ravel().tolist()
    [0.0, -0.2]
    """
    delays = np.broadcast_to(np.asarray(delay_years, dtype=np.float64), years.shape)
    times = np.concatenate([[0.0], years])
    moves = np.concatenate([np.zeros_like(spot[:, :1]), spot], axis=1)
    found = spot.copy()
    for t in np.flatnonzero(delays > 0.0).tolist():
        then = years[t] - delays[t] + 1e-12
        before = int(np.searchsorted(times, then, side="right")) - 1
        if before < 0:
            found[:, t] = 0.0
            continue
        width = times[before + 1] - times[before]
        share = max(then - 1e-12 - times[before], 0.0) / width
        found[:, t] = moves[:, before] + share * (moves[:, before + 1] - moves[:, before])
    return found


def events() -> tuple[str, ...]:
    """Return the names of the bundled events, oldest first."""
    found = files("seawall.scenarios").joinpath(_FOLDER).iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in found if entry.name.endswith(".toml")))


@cache
def event(name: str) -> Event:
    """Return a bundled event by its name, which begins with its date.

    Examples
    --------
    >>> event("2020-03-12").title
    'Black Thursday'
    """
    if name not in events():
        raise UnknownNameError(Problem("event", name, f"the events are {', '.join(events())}"))
    return read_event(files("seawall.scenarios").joinpath(f"{_FOLDER}/{name}.toml"), where=f"{name}.toml")


def all_events(underlyings: Sequence[str] = ()) -> Mapping[str, NamedEvent]:
    """Return every bundled event that tells of the underlyings, by name."""
    made = {}
    for name in events():
        try:
            made[name] = NamedEvent(event(name), tuple(underlyings))
        except InputError:
            continue  # it does not tell of one of them
    return made
