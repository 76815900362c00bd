"""When a price with leaps first leaves an interval: simulation without error of step.

Between two leaps the logarithm of the price is a Brownian motion, and the chance that it left the interval between two
known ends is that of a Brownian bridge: nothing is looked at step by step (Metwally and Atiya 2002). Each path carries
the chance that it is still inside as a weight instead of a coin's toss, which narrows the interval of confidence.

Random numbers are Philox, one stream a block of paths, so that neither the order of blocks nor who works on them
changes a result.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.errors import InputError, Problem
from seawall.risk.bridge import bridge_leaves
from seawall.scenarios import Estimate, mean_of
from seawall.scenarios.streams import Purpose, generator

BLOCK_PATHS_COUNT = 1 << 13
"""Paths that one stream of random numbers is for; part of what a seed means."""
PERIODS_COUNT = 8
"""Equal parts of the time that exits are dated by, where nothing else is asked."""


@dataclass(frozen=True, slots=True)
class JumpDiffusion:
    """A price that diffuses and leaps (Merton 1976); without leaps a geometric Brownian motion.

    Attributes
    ----------
    vol
        Of the diffusion alone, per √year.
    drift
        Growth of the expected price per year, leaps included.
    jumps_per_year
        Mean number of leaps.
    jump_mean, jump_std
        Of the logarithm of the price over a leap.
    """

    vol: float
    drift: float = 0.0
    jumps_per_year: float = 0.0
    jump_mean: float = 0.0
    jump_std: float = 0.0

    def __post_init__(self) -> None:
        bad = [
            Problem(name, getattr(self, name), "it is finite and not negative")
            for name in ("vol", "jumps_per_year", "jump_std")
            if not 0.0 <= getattr(self, name) < np.inf
        ]
        bad += [
            Problem(name, getattr(self, name), "it is finite")
            for name in ("drift", "jump_mean")
            if not np.isfinite(getattr(self, name))
        ]
        if bad:
            raise InputError(bad)

    @property
    def log_drift(self) -> float:
        """Drift of the logarithm between leaps, per year."""
        per_jump = np.expm1(self.jump_mean + 0.5 * self.jump_std**2)
        return float(self.drift - 0.5 * self.vol**2 - self.jumps_per_year * per_jump)


def ratio_of(top: FloatArray, bottom: FloatArray) -> Estimate:
    """Return the ratio of two means of the same paths; its error by linearisation. NaN where the lower mean is 0.

    Examples
    --------
    >>> ratio_of(np.array([2.0, 4.0]), np.array([1.0, 2.0])).value
    2.0
    """
    mean = float(bottom.mean())
    if not mean > 0.0:
        return Estimate(float("nan"), float("nan"), len(top))
    value = float(top.mean()) / mean
    return replace(mean_of((top - value * bottom) / mean), value=value)


@dataclass(frozen=True)
class Exits:
    """Weighted exits of P paths from an interval.

    Attributes
    ----------
    paths
        P.
    path, weight, where, time, leapt
        `(E,)`: path, its chance of leaving just then, the logarithmic price there, the end of the period it happens in,
        years, and whether a leap did it. An exit without a leap is on the level itself.
    """

    paths: int
    path: IntArray
    weight: FloatArray
    where: FloatArray
    time: FloatArray
    leapt: BoolArray
    years: FloatArray = field(default_factory=lambda: np.zeros(0))

    def per_path(self, amounts: FloatArray | float = 1.0) -> FloatArray:
        """Return the expectation of an amount over each path's exits, `(P,)`."""
        return np.bincount(self.path, weights=self.weight * amounts, minlength=self.paths).astype(np.float64)

    @property
    def probability(self) -> Estimate:
        """Chance of leaving within the time."""
        return mean_of(self.per_path())

    def probability_by(self, years: float) -> Estimate:
        """Chance of leaving within a shorter time, one of `years`."""
        return mean_of(self.per_path((self.time <= years * (1.0 + 1e-12)).astype(np.float64)))


class _Found(NamedTuple):
    path: IntArray
    weight: FloatArray
    where: FloatArray
    leapt: bool


def simulate_exits(
    process: JumpDiffusion,
    lower: float,
    upper: float,
    years: float,
    *,
    paths: int,
    seed: int,
    periods: int = PERIODS_COUNT,
) -> Exits:
    """Return when and where a price leaves an interval.

    Parameters
    ----------
    process
        How it moves.
    lower, upper
        Logarithm of the levels over today's price: below and above 0, infinite where there is none.
    years
        Time that is looked at.
    paths
        Paths; the whole last block is simulated and cut.
    seed
        Key of the random numbers.
    periods
        Equal parts of the time that exits are dated by.

    Examples
    --------
    >>> from seawall.risk.first_passage import touch_probability
    >>> gone = simulate_exits(JumpDiffusion(0.6), np.log(0.7), np.inf, 30 / 365, paths=20_000, seed=7).probability
    >>> abs(gone.value - touch_probability(100.0, 70.0, 30 / 365, vol=0.6)) < 2 * gone.half_width
    True
    """
    if not lower < 0.0 < upper or not 0.0 < years < np.inf or paths < 2 or periods < 1:
        rule = "the levels lie on either side of 0, time is above 0, paths are 2 and more, periods 1 and more"
        raise InputError(Problem("lower, upper, years, paths, periods", (lower, upper, years, paths, periods), rule))
    blocks = range(-(-paths // BLOCK_PATHS_COUNT))
    found = [_block(process, lower, upper, years, seed=seed, block=block, periods=periods) for block in blocks]
    path = np.concatenate([one.path + block * BLOCK_PATHS_COUNT for block, one in zip(blocks, found, strict=True)])
    keep = path < paths
    columns = ("weight", "where", "time", "leapt")
    rest = {name: np.concatenate([getattr(one, name) for one in found])[keep] for name in columns}
    return Exits(paths, path[keep], years=dates(years, periods), **rest)


def dates(years: float, periods: int = PERIODS_COUNT) -> FloatArray:
    """Return the ends of equal parts of a time, years: what exits are dated by."""
    return np.asarray(np.arange(1, periods + 1) * (years / periods), dtype=np.float64)


def _block(
    process: JumpDiffusion, lower: float, upper: float, years: float, *, seed: int, block: int, periods: int
) -> Exits:
    random = generator(seed, block, Purpose.PASSAGE)
    count = BLOCK_PATHS_COUNT
    at, alive = np.zeros(count), np.ones(count)
    step = years / periods
    events: list[tuple[_Found, float]] = []
    for period in range(periods):
        end = (period + 1) * step
        jumps = random.poisson(process.jumps_per_year * step, count) if process.jumps_per_year else np.zeros(count, int)
        most = int(jumps.max())
        cuts = np.sort(np.where(np.arange(most) < jumps[:, None], random.random((count, most)), np.inf), axis=1)
        before = np.zeros(count)
        for k in range(most + 1):
            cut = np.minimum(cuts[:, k], 1.0) if k < most else np.ones(count)
            events += [(one, end) for one in _diffuse(process, at, alive, (cut - before) * step, lower, upper, random)]
            before = cut
            if k < most:
                leaps = np.flatnonzero(k < jumps)
                events += [(one, end) for one in _leap(process, at, alive, leaps, lower, upper, random)]
    return _joined(events, count)


def _diffuse(
    process: JumpDiffusion, at: FloatArray, alive: FloatArray, time: FloatArray, lower: float, upper: float,
    random: np.random.Generator,
) -> list[_Found]:  # fmt: skip
    """Move paths without a leap, and take off what leaves on the way; `at` and `alive` change."""
    spread = process.vol * np.sqrt(time)
    to = at + process.log_drift * time + spread * random.standard_normal(len(at))
    made = []
    chances = bridge_leaves(at, to, spread, lower, upper)
    for level, chance in zip((lower, upper), chances, strict=True):
        rows = np.flatnonzero((chance > 0.0) & (alive > 0.0))
        if len(rows):
            made.append(_Found(rows, alive[rows] * chance[rows], np.full(len(rows), level), leapt=False))
    alive *= np.maximum(1.0 - chances[0] - chances[1], 0.0)
    at[:] = np.where(alive > 0.0, to, 0.0)
    return made


def _leap(
    process: JumpDiffusion, at: FloatArray, alive: FloatArray, rows: IntArray, lower: float, upper: float,
    random: np.random.Generator,
) -> list[_Found]:  # fmt: skip
    rows = rows[alive[rows] > 0.0]
    to = at[rows] + process.jump_mean + process.jump_std * random.standard_normal(len(rows))
    out = (to <= lower) | (to >= upper)
    gone = rows[out]
    found = _Found(gone, alive[gone].copy(), to[out], leapt=True)
    at[rows] = to
    alive[gone], at[gone] = 0.0, 0.0
    return [found]


def _joined(events: list[tuple[_Found, float]], count: int) -> Exits:
    none = np.zeros(0)
    events = events or [(_Found(none.astype(np.int64), none, none, leapt=False), 0.0)]  # no path can leave
    return Exits(
        count,
        np.concatenate([one.path for one, _ in events]),
        np.concatenate([one.weight for one, _ in events]),
        np.concatenate([one.where for one, _ in events]),
        np.concatenate([np.full(len(one.path), end) for one, end in events]),
        np.concatenate([np.full(len(one.path), one.leapt, np.bool_) for one, _ in events]),
    )


def move_on(
    process: JumpDiffusion, where: FloatArray, years: float, *, seed: int, block_count: int = BLOCK_PATHS_COUNT
) -> FloatArray:
    """Return where logarithmic prices are after some more time, one path each, `(E,)`."""
    found = np.empty(len(where))
    for block, start in enumerate(range(0, len(where), block_count)):
        part = slice(start, min(start + block_count, len(where)))
        random = generator(seed, block, Purpose.AFTERMATH)
        size = part.stop - part.start
        steps = process.log_drift * years + process.vol * np.sqrt(years) * random.standard_normal(size)
        jumps = random.poisson(process.jumps_per_year * years, size)
        leaps = jumps * process.jump_mean + np.sqrt(jumps) * process.jump_std * random.standard_normal(size)
        found[part] = where[part] + steps + leaps
    return found
