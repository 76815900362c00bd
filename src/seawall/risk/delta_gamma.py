"""Delta-gamma value at risk with its exact quantile: the distribution of a quadratic form in normal factors.

    Q = θ + d'x + x'Γx/2,   x normal with mean 0 and covariance Σ

Turned to independent factors, Q = θ + Σ (b_j z_j + λ_j z_j²/2), whose moment generating function is

    M(s) = e^{sθ} Π (1 - sλ_j)^{-1/2} exp(s² b_j² / (2 (1 - sλ_j))).

Its distribution is the inversion of M (Imhof 1961; Rouvinez 1997), taken here along a contour through the saddle point
that bends to where the integrand dies out: the trapezoid rule then gains digits with every point, where Imhof's own
integral along the imaginary axis oscillates. With s0 < 0 on the real axis,

    P(Q <= x) = -(1/2πi) ∫ M(s) e^{-sx} / s ds       E[(x - Q)+] = (1/2πi) ∫ M(s) e^{-sx} / s² ds,

and ES = VaR + E[(x - Q)+] / p at x = -VaR. One factor alone is a non-central chi-square, and a book without gamma is
normal: both are checks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.risk.parametric import checked_covariance, normal_multipliers
from seawall.risk.sample_tail import check_confidence

ComplexArray: TypeAlias = npt.NDArray[np.complex128]

BENDS = (0.0, 0.5, -0.5, 0.2, -0.2, 0.05, -0.05, 0.01, -0.01)
"""Slopes of the contour to try, to the right and to the left: one dies out soonest, others may pass over a hill."""
LARGEST_HILL_RATIO = 1e3
"""How far the integrand may rise above its size at the saddle: three of sixteen digits."""
FAR_END = 80.0
"""Where the contour ends, in the logarithm of its distance: past it even one slow factor is below 1e-17."""
NEAR_END = 6.0
"""A contour that ends before this is short enough; no other one is tried."""
DEAD_RATIO = 1e-18
"""Size of the integrand, against that at the saddle, from which on nothing is added."""
GONE_RATIO = 1e-30
"""Size below which it will not come back to count, unless the path is bent over a hill that need not be climbed."""
TRIAL_NODES_COUNT = 200
FIRST_NODES_COUNT = 1 << 8
LAST_NODES_COUNT = 1 << 18
INVERSION_RATIO = 1e-11
"""Share of the result that two refinements may differ by."""
ROOT_RATIO = 1e-12
"""Share that the probability at a quantile may be off by."""
SADDLE_RATIO = 1e-6
"""Share that the saddle may be off by: the contour may pass anywhere near it."""
SMALLEST = 1e-15
"""What a probability may be off by whatever its size."""


@dataclass(frozen=True)
class QuadraticPnl:
    """Q = theta + b'z + λ'z²/2 in M independent standard normal factors z.

    Attributes
    ----------
    theta
        Gain that is sure, such as time decay over the horizon.
    slope, curvature
        `(M,)` b and λ.
    """

    theta: float
    slope: FloatArray
    curvature: FloatArray

    @classmethod
    def of(
        cls, delta: npt.ArrayLike, gamma: npt.ArrayLike, covariance: npt.ArrayLike, *, theta: float = 0.0
    ) -> QuadraticPnl:
        """Return the quadratic form in independent factors.

        Parameters
        ----------
        delta : (U,) float
            Gain per unit of each factor.
        gamma : (U, U) float
            Second derivatives, symmetric.
        covariance : (U, U) float
            Of the factors over the horizon; it need not have full rank.
        theta
            Gain that is sure.
        """
        d = np.atleast_1d(np.asarray(delta, dtype=np.float64))
        curve = np.atleast_2d(np.asarray(gamma, dtype=np.float64))
        sigma = checked_covariance(np.atleast_2d(np.asarray(covariance, dtype=np.float64)), len(d))
        if curve.shape != sigma.shape or not (np.isfinite(curve).all() and np.isfinite(d).all()):
            raise InputError(Problem("gamma", curve.shape, f"delta and gamma are finite, and gamma has {len(d)} rows"))
        spread, axes = np.linalg.eigh(sigma)
        root = axes * np.sqrt(np.maximum(spread, 0.0))
        curvature, turn = np.linalg.eigh(0.5 * (root.T @ (curve + curve.T) @ root))
        return cls(float(theta), (root @ turn).T @ d, curvature)

    @property
    def mean(self) -> float:
        """Expected gain."""
        return self.theta + 0.5 * float(self.curvature.sum())

    @property
    def standard_deviation(self) -> float:
        """Of the gain."""
        return math.sqrt(float((self.slope**2).sum()) + 0.5 * float((self.curvature**2).sum()))

    def probability(self, level: float) -> float:
        """Return P(Q <= level).

        Examples
        --------
        A square of a normal number is below one where the number is within one standard deviation:

        >>> square = QuadraticPnl(0.0, np.zeros(1), np.array([2.0]))
        >>> round(square.probability(1.0), 10)
        0.6826894921
        """
        if self.standard_deviation == 0.0:
            return 1.0 if self.theta <= level else 0.0
        if (bounds := self._bounds()) and not bounds[0] < level < bounds[1]:
            return 0.0 if level <= bounds[0] else 1.0
        found, left = self._inversion(level, power=1)
        return min(max(-found if left else 1.0 - found, 0.0), 1.0)

    def value_at_risk(self, *, confidence: float = 0.99) -> float:
        """Return VaR, the loss that is exceeded with probability 1 - confidence.

        Examples
        --------
        >>> one = QuadraticPnl.of([10.0], [[-4.0]], [[1.0]], theta=0.3)
        >>> print(round(one.value_at_risk(confidence=0.99), 9))
        33.787267603
        """
        check_confidence("confidence", confidence)
        p, deviation = 1.0 - confidence, self.standard_deviation
        if deviation == 0.0:
            return -self.theta
        z, hazard = normal_multipliers(confidence)
        if not self.curvature.any():
            return z * deviation - self.theta
        low = self.mean - deviation * math.sqrt(confidence / p)  # Cantelli: no distribution has its quantile outside
        high = self.mean + deviation * math.sqrt(p / confidence)

        def distance(x: float) -> float:
            return math.log(max(self.probability(x), 1e-300)) - math.log(p)

        return -_root(distance, low, high, start=self.mean - z * deviation, slope=hazard / deviation)

    def expected_shortfall(self, *, confidence: float = 0.99) -> float:
        """Return ES, the mean loss in the worst 1 - confidence of outcomes."""
        return self.figures(confidence=confidence)[1]

    def figures(self, *, confidence: float = 0.99) -> tuple[float, float]:
        """Return VaR and ES: the second is found from the first."""
        var = self.value_at_risk(confidence=confidence)
        if self.standard_deviation == 0.0:
            return var, var
        if not self.curvature.any():
            return var, normal_multipliers(confidence)[1] * self.standard_deviation - self.theta
        found, left = self._inversion(-var, power=2)
        below = found if left else found - var - self.mean  # E(Q - x)+ plus x less the mean
        return var, var + max(below, 0.0) / (1.0 - confidence)

    def _bounds(self) -> tuple[float, float] | None:
        """Return the ends of what Q can be; None where a linear factor leaves it unbounded on both sides."""
        curved = self.curvature != 0.0
        if (self.slope[~curved] != 0.0).any():
            return None
        b, bend = self.slope[curved], self.curvature[curved]
        vertex = self.theta - float((b**2 / (2.0 * bend)).sum())
        return (-math.inf if (bend < 0.0).any() else vertex, math.inf if (bend > 0.0).any() else vertex)

    def _log_moments(self, s: ComplexArray) -> ComplexArray:
        """Return log M less sθ at points off the cut."""
        total = np.zeros_like(s)
        for b, bend in zip(self.slope.tolist(), self.curvature.tolist(), strict=True):
            rest = 1.0 - s * bend
            total = total - 0.5 * np.log(rest) + 0.5 * b * b * s * s / rest
        return total

    def _slopes_of_log(self, s: float) -> tuple[float, float]:
        """Return the first and second derivative of log M on the real axis."""
        first, second = self.theta, 0.0
        for b, bend in zip(self.slope.tolist(), self.curvature.tolist(), strict=True):  # few: sooner than by arrays
            share = 1.0 / (1.0 - s * bend)
            turned, pull = bend * share, b * b * share
            first += 0.5 * turned + pull * s * (1.0 + 0.5 * s * turned)
            second += 0.5 * turned * turned + pull * share * share
        return first, second

    def _saddle(self, level: float) -> float:
        """Return where on the real axis the integrand is least, kept off the pole at zero and off the ends."""
        deviation = self.standard_deviation
        top, bottom = float(self.curvature.max()), float(self.curvature.min())
        low = 1.0 / bottom if bottom < 0.0 else -math.inf
        high = 1.0 / top if top > 0.0 else math.inf
        left = level <= self.mean
        near, far = 0.0, (max(low, -1e8 / deviation) if left else min(high, 1e8 / deviation))
        far *= 1.0 - 1e-9
        found = (level - self.mean) / deviation**2
        for _ in range(100):  # Newton's steps, kept between where it is too near and where it is too far
            if not min(near, far) < found < max(near, far):
                found = 0.5 * (near + far)
            slope, bend = self._slopes_of_log(found)
            near, far = (found, far) if (slope > level) == left else (near, found)
            step = (slope - level) / bend
            if abs(step) <= SADDLE_RATIO * abs(found):
                break
            found -= step
        nearest = 0.25 / deviation
        edge = low if left else high
        nearest = min(nearest, 0.5 * abs(edge))
        return min(found, -nearest) if left else max(found, nearest)

    def _inversion(self, level: float, *, power: int) -> tuple[float, bool]:
        """Return (1/2πi) ∫ M(s) e^{-sx} s^{-power} ds through the saddle, and whether that lies left of zero."""
        centre = self._saddle(level)
        scale = min(1.0 / math.sqrt(self._slopes_of_log(centre)[1]), abs(centre))
        off = self.theta - level  # taken off first: a large sure gain would cost digits
        with np.errstate(all="ignore"):
            base = float(np.real(self._log_moments(np.array([complex(centre)]))[0])) + centre * off
            base -= power * math.log(abs(centre))

            def integrand(t: FloatArray, bend: float) -> ComplexArray:
                s = centre + scale * (1j * np.sinh(t) + bend * (np.cosh(t) - 1.0))
                ds = 1j * np.cosh(t) + bend * np.sinh(t)
                part = np.exp(self._log_moments(s) + s * off - power * np.log(s) - base) * ds
                return np.asarray(part, dtype=np.complex128)

            bend, end = _contour(integrand)
            small = SMALLEST * self.standard_deviation ** (power - 1) * math.exp(min(-base, 600.0)) / scale
            count, before = FIRST_NODES_COUNT, math.nan
            parts = np.imag(integrand(np.linspace(0.0, end, count + 1), bend))
            total = float(parts.sum() - 0.5 * (parts[0] + parts[-1]))
            while count <= LAST_NODES_COUNT:
                found = total * (end / count) / math.pi
                if abs(found - before) <= INVERSION_RATIO * abs(found) + small:
                    return found * scale * math.exp(base), centre < 0.0
                total += float(np.imag(integrand(np.linspace(0.5, count - 0.5, count) * (end / count), bend)).sum())
                count, before = 2 * count, found
        raise UnavailableError(f"the distribution of the quadratic form did not settle at {level:g}")


def _contour(integrand: Callable[[FloatArray, float], ComplexArray]) -> tuple[float, float]:
    """Return the slope on which the integrand dies out first without a hill on the way, and where it has died out."""
    trial = np.linspace(0.0, FAR_END, TRIAL_NODES_COUNT)
    best = (0.0, FAR_END)
    for bend in BENDS:
        size = np.abs(integrand(trial, bend))
        gone = np.flatnonzero(size < GONE_RATIO)
        last = int(gone[0]) if len(gone) else len(trial) - 1  # from where it is gone any path will do
        if not size[:last].max(initial=0.0) <= LARGEST_HILL_RATIO:  # NaN and infinity are hills too
            continue
        alive = np.flatnonzero(size[: last + 1] > DEAD_RATIO)
        end = float(trial[min(int(alive[-1]) + 2 if len(alive) else 2, last)])
        if end < best[1]:
            best = (bend, end)
        if end <= NEAR_END:
            break
    return best


def _root(distance: Callable[[float], float], low: float, high: float, *, start: float, slope: float) -> float:
    """Return where a rising function is zero, by secants that are kept within bounds, to the last digits.

    `slope` is a guess of its own at the start. Where three steps don't halve the bounds, the next one does.
    """
    guess, before, width = start, (math.nan, math.nan), high - low
    for step in range(200):
        if not low < guess < high or (step % 3 == 2 and high - low > 0.5 * width):
            guess = 0.5 * (low + high)
        if step % 3 == 2:
            width = high - low
        here = distance(guess)
        low, high = (guess, high) if here < 0.0 else (low, guess)
        found = (here - before[1]) / (guess - before[0]) if guess != before[0] else math.nan
        slope = found if found > 0.0 else slope
        before, last = (guess, here), guess
        guess -= here / slope
        if abs(here) <= ROOT_RATIO or max(abs(guess - last), 0.0) <= 1e-15 * abs(last):
            return last
        if high - low <= 1e-14 * max(abs(low), abs(high)):
            return last
    return guess
