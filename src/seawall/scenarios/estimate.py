"""A Monte Carlo figure and how sure it is: mean, error, confidence interval; pairs and controls counted right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem

DEFAULT_LEVEL = 0.99


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its standard error over `count` independent draws; the interval holds the truth at `level`.

    Examples
    --------
    >>> Estimate(1.0, 0.1, 100, 0.95)
    1 ± 0.196 (95 %, 100 draws)
    """

    value: float
    standard_error: float
    count: int
    level: float = DEFAULT_LEVEL

    @property
    def half_width(self) -> float:
        """Half the confidence interval's width."""
        return NormalDist().inv_cdf(0.5 + self.level / 2.0) * self.standard_error

    @property
    def lower(self) -> float:
        """Lower end of the confidence interval."""
        return self.value - self.half_width

    @property
    def upper(self) -> float:
        """Upper end of the confidence interval."""
        return self.value + self.half_width

    def holds(self, truth: float) -> bool:
        """Return whether the interval holds a number."""
        return self.lower <= truth <= self.upper

    def __repr__(self) -> str:
        return f"{self.value:.6g} ± {self.half_width:.3g} ({100.0 * self.level:g} %, {self.count:,} draws)"


def mean_of(draws: FloatArray, *, pairs: bool = False, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return the mean of draws.

    Parameters
    ----------
    draws
        `(S,)`.
    pairs
        Rows 2k and 2k + 1 are an antithetic pair: they count as one draw, their mean. Without that the error would be
        told too large where pairs help, and too small where they harm.
    level
        Of the confidence interval.

    Examples
    --------
    >>> mean_of(np.array([1.0, 3.0, 2.0, 2.0]), pairs=True).standard_error
    0.0
    """
    if pairs and len(draws) % 2 == 0:
        draws = (draws[0::2] + draws[1::2]) / 2.0
    elif pairs:
        draws = np.append((draws[0:-1:2] + draws[1::2]) / 2.0, draws[-1])
    if len(draws) < 2:
        raise InputError(Problem("draws", len(draws), "an error is told from two independent draws or more"))
    return Estimate(float(draws.mean()), float(draws.std(ddof=1)) / math.sqrt(len(draws)), len(draws), level)


def mean_with_control(
    draws: FloatArray, control: FloatArray, control_mean: float, *, pairs: bool = False, level: float = DEFAULT_LEVEL
) -> Estimate:
    """Return the mean of draws, corrected by a control whose mean is known.

    The control is subtracted at the slope that leaves least variance. For a book it is the delta-gamma approximation of
    its profit, for an option the underlying itself. Fitting the slope on the same draws biases the mean by an order
    less than its error.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> round(mean_with_control(3.0 * x + 1.0, x, 2.0).value, 9)
    7.0
    """
    spread = control - control.mean()
    variance = float(spread @ spread)
    slope = float(spread @ draws) / variance if variance > 0.0 else 0.0
    return mean_of(draws - slope * (control - control_mean), pairs=pairs, level=level)


def mean_of_replicates(means: Sequence[float], *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return the mean of independent repetitions: the only honest error of a Sobol estimate."""
    return mean_of(np.asarray(means, dtype=np.float64), level=level)
