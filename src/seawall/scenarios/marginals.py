"""Marginals: how large one factor's change is at each probability, whatever joins it to the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, float_column
from seawall.core.errors import InputError, Problem
from seawall.scenarios.tails import ParetoTail, fit_tail


class Marginal(Protocol):
    """Array in, array out: changes at probabilities, total and not falling on `0 < u < 1`."""

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return the changes that are not exceeded with probabilities `u`."""
        ...


@dataclass(frozen=True, eq=False)
class Empirical:
    """What was seen, with straight lines between; no change is larger than the largest seen.

    Examples
    --------
    >>> Empirical.of([0.1, -0.1, 0.0]).quantile(np.array([0.001, 0.5, 0.999])).tolist()
    [-0.1, 0.0, 0.1]
    """

    ordered: FloatArray

    @classmethod
    def of(cls, changes: npt.ArrayLike) -> Empirical:
        """Return the marginal of some changes, in any order."""
        seen = np.sort(np.asarray(changes, dtype=np.float64))
        if seen.ndim != 1 or len(seen) < 2 or not np.isfinite(seen).all():
            raise InputError(Problem("changes", seen.shape, "a marginal is of two finite changes or more"))
        return cls(float_column(seen))

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return the changes at probabilities, at the plotting positions `(i - 1/2) / n`."""
        positions = (np.arange(len(self.ordered)) + 0.5) / len(self.ordered)
        return np.interp(u, positions, self.ordered)


@dataclass(frozen=True, eq=False)
class WithTails:
    """What was seen in the middle, generalised Pareto tails at both ends: changes larger than any that was seen.

    Examples
    --------
    >>> seen = np.random.default_rng(1).standard_t(4, 2000) * 0.02
    >>> tailed = WithTails.of(seen, tail_share=0.1)
    >>> bool(tailed.quantile(np.array([1e-6]))[0] < seen.min())
    True
    """

    middle: Empirical
    lower: ParetoTail
    upper: ParetoTail

    @classmethod
    def of(cls, changes: npt.ArrayLike, *, tail_share: float = 0.1, method: str = "likelihood") -> WithTails:
        """Return the marginal of some changes; each tail has about `tail_share` of them."""
        if not 0.0 < tail_share < 0.5:
            raise InputError(Problem("tail_share", tail_share, "a tail has a share above 0 and below one half"))
        middle = Empirical.of(changes)
        low, high = (float(middle.quantile(np.array([q]))[0]) for q in (tail_share, 1.0 - tail_share))
        lower, upper = fit_tail(-middle.ordered, -low, method=method), fit_tail(middle.ordered, high, method=method)
        return cls(middle, lower, upper)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return the changes at probabilities."""
        u = np.asarray(u, dtype=np.float64)
        out = np.clip(self.middle.quantile(u), -self.lower.threshold, self.upper.threshold)
        down, up = u < self.lower.share, u > 1.0 - self.upper.share
        out[down] = -self.lower.at_tail(u[down] / self.lower.share)
        out[up] = self.upper.at_tail((1.0 - u[up]) / self.upper.share)
        return np.asarray(out)
