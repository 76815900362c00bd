"""Heston's stochastic volatility (1993), and Bates's (1996) with jumps, by Andersen's QE scheme (2008)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, IntArray, float_column
from seawall.core.errors import InputError, Problem
from seawall.pricing.mills import normal_cdf
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import scenario_set_of, vol_shocks_of
from seawall.scenarios.jumps import Jumps
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.simulation import VOL_STEP, check_years, numbered, path_set_of
from seawall.scenarios.streams import Purpose, in_blocks
from seawall.scenarios.vol_decay import MeanReverting
from seawall.scenarios.vol_shock import VolShock

SWITCH = 1.5
"""Andersen's psi: below it the variance is drawn as a squared normal, above it as a point mass and an exponential."""
LEAST_VARIANCE_RATIO = 1e-8
"""A variance that has fallen to nothing is this share of today's, so that its logarithm is finite."""
_CACHED_PATHS_COUNT = 1 << 11
"""Paths that go through all time steps together: their columns stay in the second cache."""


@dataclass(frozen=True, eq=False)
class VarianceProcess:
    """How the variances of U underlyings move: `dv = speed (level - v) dt + vol_of_vol sqrt(v) dW`, all `(U,)`.

    `start` and `level` are variances a year, `correlation` is between each spot and its own variance.

    Examples
    --------
    >>> VarianceProcess.of(start=0.36, level=0.36, speed=5.0, vol_of_vol=1.0, correlation=-0.3).start.tolist()
    [0.36]
    """

    start: FloatArray
    level: FloatArray
    speed: FloatArray
    vol_of_vol: FloatArray
    correlation: FloatArray

    def __post_init__(self) -> None:
        problems = []
        for name, lowest, rule in _BOUNDS:
            found = getattr(self, name)
            good = np.isfinite(found) & ((np.abs(found) < 1.0) if lowest is None else (found > lowest))
            if found.shape != self.start.shape or not good.all():
                problems.append(Problem(f"variance.{name}", found.tolist(), rule))
        if problems:
            raise InputError(problems)

    @classmethod
    def of(
        cls, *, start: npt.ArrayLike, level: npt.ArrayLike, speed: npt.ArrayLike, vol_of_vol: npt.ArrayLike,
        correlation: npt.ArrayLike,
    ) -> VarianceProcess:  # fmt: skip
        """Return the process from numbers or columns."""
        parts = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(part, np.float64)) for part in (start, level, speed, vol_of_vol, correlation))
        )
        return cls(*(float_column(part) for part in parts))


_BOUNDS = (
    ("start", 0.0, "a variance is finite and above 0"),
    ("level", 0.0, "a variance is finite and above 0"),
    ("speed", 0.0, "a variance returns to its level at a finite speed above 0"),
    ("vol_of_vol", 0.0, "the volatility of variance is finite and above 0"),
    ("correlation", None, "the correlation of spot and variance is above -1 and below 1"),
)


@dataclass(frozen=True, eq=False)
class Heston:
    """Stochastic volatility for U underlyings, with Bates's jumps where given.

    Spots and variances of different underlyings are joined by `correlation`: their own normals and those of their
    variances have it alike. A scenario moves implied volatilities too, by the change of the variance as `MeanReverting`
    passes it to each expiry.

    Attributes
    ----------
    underlyings
        The U axis.
    variance
        `(U,)` parameters.
    correlation
        `(U, U)`.
    horizon_years, sampling, drift, elapse
        As of `Gbm`.
    jumps
        Of spots; their drift is paid for.
    step_years
        Longest time step; a day where left out.

    Examples
    --------
    >>> v = VarianceProcess.of(start=0.36, level=0.36, speed=5.0, vol_of_vol=1.0, correlation=-0.3)
    >>> made = Heston(("BTC",), v, np.eye(1), 7 / 365, Sampling(count=6, seed=1)).scenarios()
    >>> made, made.vol_shocks[0].speed
    (ScenarioSet(6 scenarios of BTC), 5.0)
    """

    underlyings: tuple[str, ...]
    variance: VarianceProcess
    correlation: FloatArray
    horizon_years: float
    sampling: Sampling
    jumps: Jumps | None = None
    drift: FloatArray | None = field(default=None)
    elapse: bool = True
    step_years: float = 1.0 / 365.0

    def __post_init__(self) -> None:
        count = len(self.underlyings)
        Covariance(self.underlyings, np.ones(count), np.asarray(self.correlation, np.float64))  # refuses what is none
        if len(self.variance.start) != count or (self.jumps is not None and len(self.jumps.means) != count):
            rule = f"variances and jumps are of {', '.join(self.underlyings)}"
            raise InputError(Problem("variance", len(self.variance.start), rule))
        if not self.step_years > 0.0:
            raise InputError(Problem("step_years", self.step_years, "a time step is above 0"))
        if self.sampling.sobol:
            raise InputError(Problem("sobol", "on", "a scheme with drawn variances has no use for Sobol nets"))

    @property
    def names(self) -> tuple[str, ...]:
        """The spots, which `draw` gives first, then their volatilities."""
        return (*self.underlyings, *(f"{name} vol" for name in self.underlyings))

    def scenarios(self) -> ScenarioSet:
        """Return one scenario for each path, at the horizon."""
        years, count = check_years([self.horizon_years]), len(self.underlyings)
        changes = in_blocks(lambda b: self.draw(b, years)[:, 0], self.sampling.count, workers=self.sampling.workers)
        made = scenario_set_of(
            self.underlyings,
            changes[:, :count],
            labels=numbered("heston", len(changes)),
            elapsed_years=self.horizon_years if self.elapse else 0.0,
            draws=self.sampling.draws,
        )
        shocks, index = self._vol_shocks(changes[:, count:], [made.underlyings.index(u) for u in self.underlyings])
        return replace(made, vol_shocks=shocks, vol_index=index)

    def paths(self, years: FloatArray | Sequence[float]) -> PathSet:
        """Return the paths at some times."""
        times = check_years(years)
        changes = in_blocks(lambda b: self.draw(b, times), self.sampling.count, workers=self.sampling.workers)
        count = len(self.underlyings)
        steps = tuple(f"day {found:.6g}" for found in times * 365.0)
        labels = numbered("heston", len(changes))
        spots = path_set_of(
            self.underlyings, changes[..., :count], times, labels=labels, steps=steps, draws=self.sampling.draws
        )
        shocks, index = self._vol_shocks(changes[..., count:], [spots.underlyings.index(u) for u in self.underlyings])
        return replace(spots, vol_shocks=shocks, vol_index=index)

    def _vol_shocks(self, log_vols: FloatArray, columns: list[int]) -> tuple[tuple[VolShock, ...], IntArray]:
        shocks: list[VolShock] = []
        index = np.zeros(log_vols.shape, np.int64)
        for u, column in enumerate(columns):
            speed, level = float(self.variance.speed[u]), float(self.variance.level[u] / self.variance.start[u])

            def fading(change: float, speed: float = speed, level: float = level) -> VolShock:
                return MeanReverting(change, speed, level)

            found, which = vol_shocks_of(log_vols[..., u], step=VOL_STEP, shock=fading)
            own = [shock for shock in found if shock not in shocks]
            shocks += own
            index[..., column] = np.array([shocks.index(shock) for shock in found], dtype=np.int64)[which]
        return tuple(shocks), index

    def draw(self, block: int, years: FloatArray) -> FloatArray:
        """Return logarithmic changes of spots and volatilities since the start, `(n, T, 2U)`."""
        steps = np.diff(years, prepend=0.0)
        splits = np.maximum(np.ceil(steps / self.step_years - 1e-9), 1.0).astype(np.int64)
        count, total = len(self.underlyings), int(splits.sum())
        mix = Covariance(self.underlyings, np.ones(count), self.correlation).factor.T
        for_spot = self.sampling.normals(block, (total, count)) @ mix
        for_variance = self.sampling.normals(block, (total, count), Purpose.VARIANCES) @ mix
        out = np.empty((len(for_spot), len(years), 2 * count))
        for first in range(0, len(out), _CACHED_PATHS_COUNT):
            rows = slice(first, first + _CACHED_PATHS_COUNT)
            self._follow(for_spot[rows], for_variance[rows], steps, splits, out[rows])
        if self.jumps is not None:
            out[..., :count] += np.cumsum(self.jumps.draw(self.sampling, block, steps), axis=1)
        return out

    def _follow(
        self, for_spot: FloatArray, for_variance: FloatArray, steps: FloatArray, splits: IntArray, out: FloatArray
    ) -> None:
        """Fill `out`, `(n, T, 2U)`, from correlated normals of all time steps, `(n, sum of splits, U)`."""
        count = len(self.underlyings)
        growth = np.zeros(count) if self.drift is None else np.asarray(self.drift, np.float64)
        if self.jumps is not None:
            growth = growth - self.jumps.per_year * self.jumps.mean_growth
        variance = self.variance.start[None]  # one row for all paths: nothing of the first step depends on the path
        log_spot = np.zeros((len(out), count))
        at = 0
        for t, (step, parts) in enumerate(zip(steps, splits, strict=True)):
            for _ in range(parts):
                change, variance = quadratic_exponential(
                    self.variance, variance, step / parts, for_spot[:, at], for_variance[:, at]
                )
                log_spot += change + growth * (step / parts)
                at += 1
            out[:, t, :count] = log_spot
            ratio = np.maximum(variance / self.variance.start, LEAST_VARIANCE_RATIO)
            out[:, t, count:] = 0.5 * np.log(ratio)


def quadratic_exponential(
    process: VarianceProcess, variance: FloatArray, step: float, for_spot: FloatArray, for_variance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the change of log spot and the new variance after one step, each `(n, U)`, without drift.

    Andersen's scheme with central weights, and with his correction that makes the spot a martingale where it exists.
    `variance` is `(n, U)`, or one row where all paths start alike; what does not depend on the path is then computed
    once. What is drawn by the exponential is computed where it is drawn, for few are.
    """
    kappa, theta, xi, rho = process.speed, process.level, process.vol_of_vol, process.correlation
    decay = np.exp(-kappa * step)
    mean = theta + (variance - theta) * decay
    spread = variance * (xi**2 * decay / kappa * (1.0 - decay)) + theta * xi**2 / (2.0 * kappa) * (1.0 - decay) ** 2
    psi = spread / mean**2
    half = 0.5 * step
    k1, k2 = half * (kappa * rho / xi - 0.5) - rho / xi, half * (kappa * rho / xi - 0.5) + rho / xi
    k3 = half * (1.0 - rho**2)
    lift = k2 + 0.5 * k3
    plain = -rho * kappa * theta / xi * step + k1 * variance

    inverse = 2.0 / np.minimum(psi, SWITCH)
    b2 = inverse - 1.0 + np.sqrt(inverse) * np.sqrt(inverse - 1.0)
    a = mean / (1.0 + b2)
    after = a * (np.sqrt(b2) + for_variance) ** 2
    room = 1.0 - 2.0 * lift * a
    exists = room > 0.0
    safe_room = np.where(exists, room, 1.0)
    start = np.where(exists, -lift * b2 * a / safe_room + 0.5 * np.log(safe_room) - 0.5 * k3 * variance, plain)

    far = np.nonzero(np.broadcast_to(psi > SWITCH, after.shape))
    if len(far[0]):
        start = np.array(np.broadcast_to(start, after.shape))
        own_mean, above, own_variance, own_plain = (
            np.broadcast_to(part, after.shape)[far] for part in (mean, psi, variance, plain)
        )
        own_lift, own_k3 = lift[far[1]], k3[far[1]]
        p = (above - 1.0) / (above + 1.0)
        beta = (1.0 - p) / own_mean
        tail = np.maximum(normal_cdf(-for_variance[far]), 1e-300)  # 1 - U without cancellation
        after[far] = np.maximum(np.log((1.0 - p) / tail), 0.0) / beta
        exists = beta > own_lift
        safe_beta = np.where(exists, beta - own_lift, 1.0)
        corrected = -np.log(p + beta * (1.0 - p) / safe_beta) - 0.5 * own_k3 * own_variance
        start[far] = np.where(exists, corrected, own_plain)

    change = start + k2 * after + np.sqrt(k3 * (variance + after)) * for_spot
    return np.asarray(change), after
