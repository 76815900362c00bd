"""Tools against procyclical margin, and measures of it.

The tools are the three of Article 28 of Regulation (EU) 153/2013: a buffer that may be used up in stress, a weight on
stressed observations, a floor from a long history. The measures are those of Murphy, Vasios and Vause (2014): the ratio
of peak to trough, and the largest increase over some steps. A margin that is NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem


def buffered(margin: FloatArray, *, ratio: float, released: float = 0.0) -> FloatArray:
    """Return margin with a buffer on top, of which stress has released a share.

    Parameters
    ----------
    margin
        `(...)` margin before the buffer, in any currency.
    ratio
        Buffer over margin, >= 0.
    released
        Share of the buffer that is not asked for now, 0 to 1: 0 in calm, 1 where all is used up.

    Returns
    -------
    FloatArray
        `(...)` in the currency of the margin.

    Examples
    --------
    >>> buffered(np.array([100.0, 90.0]), ratio=0.25).tolist()
    [125.0, 112.5]
    >>> buffered(np.array([100.0, 90.0]), ratio=0.25, released=1.0).tolist()
    [100.0, 90.0]
    """
    if not 0.0 <= ratio < np.inf:
        raise InputError(Problem("ratio", ratio, "a buffer is a finite share of margin, >= 0"))
    _refuse_no_share("released", released)
    return np.asarray(margin * (1.0 + ratio * (1.0 - released)), dtype=np.float64)


def stress_weighted(margin: FloatArray, stressed: FloatArray | float, *, weight: float) -> FloatArray:
    """Return the mean of margin and stressed margin, `(1 - weight) * margin + weight * stressed`.

    It lies below the margin where the stressed margin does; a rule that must not fall takes the larger of the two.

    Parameters
    ----------
    margin, stressed
        `(...)` margin of current and of stressed observations, in one currency.
    weight
        Share of the stressed margin, 0 to 1.

    Returns
    -------
    FloatArray
        `(...)` in the currency of the margin.

    Examples
    --------
    >>> stress_weighted(np.array([100.0, 200.0]), 220.0, weight=0.25).tolist()
    [130.0, 205.0]
    """
    _refuse_no_share("weight", weight)
    return np.asarray(margin + weight * (stressed - margin), dtype=np.float64)


def floored(margin: FloatArray, long_run: FloatArray | float) -> FloatArray:
    """Return margin that is never below that of a long history; both `(...)`, in one currency.

    Examples
    --------
    >>> floored(np.array([100.0, 90.0]), 95.0).tolist()
    [100.0, 95.0]
    """
    return np.asarray(np.maximum(margin, long_run), dtype=np.float64)


def peak_to_trough(path: FloatArray) -> float:
    """Return the largest margin of a path `(T,)` over the smallest, whichever comes first; a ratio, >= 1.

    Raises
    ------
    InputError
        Where the path is empty, or a margin is not above zero: there is no ratio to it.

    Examples
    --------
    >>> peak_to_trough(np.array([100.0, 80.0, 120.0]))
    1.5
    """
    if not len(path):
        raise InputError(Problem("path", "empty", "a ratio of peak to trough needs a margin"))
    trough = float(np.min(path))
    if trough <= 0.0:
        raise InputError(Problem("path", trough, "a ratio of peak to trough needs margins above zero"))
    return float(np.max(path)) / trough


def largest_increase(path: FloatArray, *, steps: int) -> float:
    """Return the largest increase of margin from one time of a path to the time that lies `steps` later.

    Parameters
    ----------
    path
        `(T,)` margin at equal steps, in any currency.
    steps
        1 to T - 1.

    Returns
    -------
    float
        In the currency of the path; below zero where margin falls over every such window.

    Examples
    --------
    >>> path = np.array([100.0, 98.0, 130.0, 180.0, 150.0])
    >>> largest_increase(path, steps=1), largest_increase(path, steps=2)
    (50.0, 82.0)
    """
    if not 1 <= steps < len(path):
        raise InputError(Problem("steps", steps, f"a path of {len(path)} margins has 1 to {len(path) - 1} steps"))
    return float(np.max(path[steps:] - path[:-steps]))


def _refuse_no_share(field: str, share: float) -> None:
    if not 0.0 <= share <= 1.0:
        raise InputError(Problem(field, share, "shares are between 0 and 1"))
