"""Reverse stress: the most plausible joint move that sets the venue in motion.

Plausible is what lies near by a stated covariance: the Mahalanobis distance of logarithmic moves, in standard
deviations of the horizon that the covariance is of. Every candidate is the first point of a ray, found by full margins.
A better direction is where the shortfall rises fastest at the best point so far (Hasofer and Lind 1974, Rackwitz and
Fiessler 1978), and after that where a turn by a few degrees still helps, since a margin requirement has kinks. New rays
are followed only as far as the best point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import expm1
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.html_table import Tabular
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.crossing import Kind
from seawall.risk.direction import Direction
from seawall.risk.rays import Distance, default_directions, search
from seawall.risk.standing import Probe
from seawall.risk.trigger import Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VOL_PREFIX = "vol "
"""A factor `vol BTC` is the logarithmic move of all volatilities on BTC; `BTC` that of its price."""
SIGMAS_MAX = 30.0
"""How far rays are followed before a point is known; the axes of `distance` at least as far as it looks."""
GRADIENT_STEP = 1e-4
GRADIENT_ROUNDS = 8
TURNS = (0.35, 0.15, 0.06, 0.025, 0.01)
"""Radians by which directions are turned, one after the other, while that helps."""
SIGNS_FACTORS_MAX = 4
"""With no more factors than this, all combinations of signs are starts."""
GAIN = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseStress(Tabular):
    """The nearest joint move at which the venue acts.

    Attributes
    ----------
    account
        Whose.
    kind
        As of a distance; `none` where nothing was found within `SIGMAS_MAX`, nor by `distance` along an axis.
    sigmas
        Mahalanobis distance.
    factors, logs, moves
        The K factors, their logarithmic and their relative moves.
    ratio, liquidation_ratio
        Margin ratio at the point, and the required margin over balance that 1 stands for.
    directions
        Rays that were followed.
    notes
        Where the covariance comes from.
    spreads
        Standard deviation of each factor's logarithmic move, `(K,)`.
    """

    account: str
    kind: Kind
    sigmas: float
    factors: tuple[str, ...]
    logs: tuple[float, ...]
    moves: Mapping[str, float]
    ratio: float
    liquidation_ratio: float
    directions: int
    notes: tuple[str, ...] = ()
    spreads: tuple[float, ...] = ()

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a factor."""
        return [
            {"account": self.account, "factor": name, "move": self.moves[name], "log_move": log, "sigmas": self.sigmas,
             "ratio": self.ratio}
            for name, log in zip(self.factors, self.logs, strict=True)
        ]  # fmt: skip

    def plot(self) -> Figure:
        """Return a bar for each factor: its move in its own standard deviations; n/a where no point was found."""
        from seawall.charts import bars

        moves = [log / spread for log, spread in zip(self.logs, self.spreads, strict=True)]
        told = {name: f", {move:+.1%}".replace("-", "−") for name, move in self.moves.items() if move == move}
        labels = [name + told.get(name, "") for name in self.factors]
        away = f"the venue acts {self.sigmas:.3g} standard deviations away"
        found = "no point was found" if self.kind == "none" else away
        return bars(labels, moves, title=f"{self.account}: {found}", x_label="standard deviations of the factor")


def reverse_stress(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    account: str,
    *,
    factors: Sequence[str],
    covariance: FloatArray | Sequence[Sequence[float]],
    starts: int | None = None,
    seed: int = 0,
    which: Which = "maintenance",
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> ReverseStress:
    """Return the joint move nearest by a covariance that brings an account to liquidation.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As in `evaluate`.
    account
        Whose.
    factors
        K names: an asset for its price, `vol BTC` for volatilities.
    covariance
        `(K, K)` of the logarithmic moves over the horizon that is meant; positive definite.
    starts, seed
        Random directions beside the regular ones; four for each factor after the first where left out.

    Examples
    --------
    A strangle is as near to its end below as above only if falls were as likely as rises are large:

    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> found = reverse_stress(book, now, at("deribit/x_pm/2026-02-15"), "short_strangle", factors=["BTC", "vol BTC"],
    ...                        covariance=[[0.0036, -0.0024], [-0.0024, 0.0064]], starts=0)
    >>> found.kind, round(found.ratio, 6), found.moves["BTC"] < 0.0 < found.moves["vol BTC"]
    ('crossing', 1.0, True)
    """
    root = _root_of(factors, covariance)
    probe = Probe(book.take([book.row(account)]), snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    why = probe.readable(0)
    if why:
        raise UnavailableError(f"{account}: {why}")
    hunt = _Hunt(probe, tuple(factors), root)
    for axis in default_directions(probe, 0):
        hunt.follow_axis(axis)
    count = 4 * (len(factors) - 1) if starts is None else starts
    for unit in _starts(hunt.gradient(np.zeros(len(factors))), len(factors), count, seed):
        hunt.follow(unit)
    for _ in range(GRADIENT_ROUNDS):
        if hunt.unit is None or not hunt.follow(hunt.gradient(hunt.unit * hunt.radius)):
            break
    hunt.turn()
    return hunt.told(account)


class _Hunt:
    """The best point so far, and what was done to find it."""

    def __init__(self, probe: Probe, factors: tuple[str, ...], root: FloatArray) -> None:
        self.probe, self.factors, self.root = probe, factors, root
        self.radius, self.followed = SIGMAS_MAX, 0
        self.unit: FloatArray | None = None
        self.found: Distance | None = None

    def direction(self, unit: FloatArray, reach: float) -> Direction:
        logs = self.root @ unit
        spot = {n: float(x) for n, x in zip(self.factors, logs, strict=True) if not n.startswith(VOL_PREFIX)}
        vol = {
            n.removeprefix(VOL_PREFIX): float(x)
            for n, x in zip(self.factors, logs, strict=True)
            if n.startswith(VOL_PREFIX)
        }
        return Direction("reverse stress", spot, vol, reach=reach)

    def follow_axis(self, way: Direction) -> None:
        """Follow an axis of `distance` as far as it looks, where the factors tell of it; time is none."""
        weights = {**way.spot, **{VOL_PREFIX + name: weight for name, weight in way.vol.items()}}
        if way.elapsed_ns or not weights.keys() <= set(self.factors):
            return
        unit = np.linalg.solve(self.root, np.array([weights.get(name, 0.0) for name in self.factors]))
        if self.found is None:
            self.radius = max(SIGMAS_MAX, way.reach * float(np.linalg.norm(unit)))
        self.follow(unit)
        if self.found is None:
            self.radius = SIGMAS_MAX

    def follow(self, unit: FloatArray) -> bool:
        """Follow one ray as far as the best point; whether that found a nearer one."""
        size = float(np.linalg.norm(unit))
        if not size > 0.0 or self.radius == 0.0:
            return False
        self.followed += 1
        [found] = search(self.probe, {0: [self.direction(unit / size, self.radius)]})
        if found.kind not in ("crossing", "jump", "already") or not found.travel < self.radius:
            return False
        better = self.radius - found.travel > GAIN * self.radius
        self.unit, self.radius, self.found = unit / size, found.travel, found
        return better and found.travel > 0.0

    def acts(self, unit: FloatArray) -> bool:
        """Whether the venue acts on a turned ray before the best point's distance: else the turn is no gain."""
        at = unit / np.linalg.norm(unit) * self.radius * (1.0 - GAIN)
        return not (self.probe.at([self.direction(at, 1.0).move(1.0)]).short < 0.0).all()

    def gradient(self, at: FloatArray) -> FloatArray:
        """Return how the largest shortfall rises with each whitened factor around a point, `(K,)`."""
        steps = np.eye(len(at)) * GRADIENT_STEP
        points = [point for step in steps for point in (at + step, at - step)]
        states = self.probe.at([self.direction(point, 1.0).move(1.0) for point in points])
        short = (states.short / (np.abs(states.required) + np.abs(states.balance) + 1e-300)).max(axis=1)
        slopes = (short[::2] - short[1::2]) / (2.0 * GRADIENT_STEP)
        return np.asarray(np.nan_to_num(slopes, nan=0.0, posinf=0.0, neginf=0.0), dtype=np.float64)

    def turn(self) -> None:
        """Turn the best direction by a few degrees every way, ever less, as long as that brings the point nearer."""
        if self.unit is None or self.radius == 0.0 or len(self.unit) < 2:
            return
        for angle in TURNS:
            improved = True
            while improved:
                improved = False
                for axis in np.eye(len(self.unit)):
                    tangent = axis - self.unit * float(axis @ self.unit)
                    if np.linalg.norm(tangent) < 1e-9:
                        continue
                    tangent /= np.linalg.norm(tangent)
                    for sign in (1.0, -1.0):
                        turned = self.unit * np.cos(angle) + sign * np.sin(angle) * tangent
                        improved |= self.acts(turned) and self.follow(turned)

    def told(self, account: str) -> ReverseStress:
        nothing = (float("nan"),) * len(self.factors)
        logs = nothing if self.unit is None else tuple((self.root @ self.unit * self.radius).tolist())
        found = self.found
        return ReverseStress(
            account=account, kind="none" if found is None else found.kind,
            sigmas=np.inf if found is None else self.radius, factors=self.factors, logs=logs,
            moves={name: expm1(log) for name, log in zip(self.factors, logs, strict=True)},
            ratio=np.nan if found is None else found.ratio, liquidation_ratio=self.probe.trigger.liquidation_ratio,
            directions=self.followed, spreads=tuple(np.linalg.norm(self.root, axis=1).tolist()),
        )  # fmt: skip


def _root_of(factors: Sequence[str], covariance: FloatArray | Sequence[Sequence[float]]) -> FloatArray:
    matrix = np.asarray(covariance, dtype=np.float64)
    count = len(factors)
    if matrix.shape != (count, count) or count == 0 or len(set(factors)) != count:
        raise InputError(Problem("covariance", matrix.shape, f"it is square over {count} different factors"))
    if not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0.0):
        raise InputError(Problem("covariance", "", "it is finite and symmetric"))
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        lowest = float(np.linalg.eigvalsh(matrix).min())
        rule = "its smallest eigenvalue is well above 0: no factor moves exactly as others do"
        raise InputError(Problem("covariance", lowest, rule)) from None


def _starts(gradient: FloatArray, count: int, random_count: int, seed: int) -> list[FloatArray]:
    axes = [sign * axis for axis in np.eye(count) for sign in (-1.0, 1.0)]
    mixed = [np.array(signs) for signs in product((-1.0, 1.0), repeat=count)] if 1 < count <= SIGNS_FACTORS_MAX else []
    random = np.random.Generator(np.random.Philox(key=seed)).standard_normal((random_count, count))
    return [gradient, *axes, *mixed, *random]
