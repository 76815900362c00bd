"""What a margin answer does not print, solved from what it does: coin prices, forwards, volatilities.

A linear future's row is *size × mark × move × coin price*, so that the coin's price in dollars is a ratio. An option's
cell is *size × coin price × (Black-76 at the moved forward and the shocked volatility − mark)*; the column whose
volatility is unchanged determines the expiry's forward and each option's volatility, by least squares. Only that column
is used: what the other two say of the venue's rule is not touched by the solution.

Without interest Black-76 knows volatility and time as vol·√years alone. So that product is what is solved, and an
engine's clock that runs a little before the answer's is of no consequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.pricing import black76, implied_vol

PRINT_ERROR_USD = 5e-9
"""Half of the last decimal that cells are printed with."""
LARGEST_UNCERTAINTY = 1e-3
"""Relative uncertainty, from printing alone, up to which a solved number is one."""
LARGEST_MISFIT = 1e-3
"""Difference between cells and their reconstruction, over the largest cell, up to which the rule is the venue's."""
TRIAL_COUNT = 241
TRIAL_SPAN = 8.0
"""Forwards tried first lie from strike / 8 to strike × 8, evenly in the logarithm."""
TURNS_COUNT = 60
SETTLED = 1e-14
"""A step below this, relative, changes nothing that a double holds."""


@dataclass(frozen=True, slots=True)
class OptionRows:
    """M options of one expiry and settlement coin, with P cells each at unchanged volatility.

    `strike`, `is_call`, `size`, `mark` are `(M,)`, `moves` `(P,)`, `cells` `(M, P)` in USD.
    """

    strike: FloatArray
    is_call: FloatArray
    size: FloatArray
    mark: FloatArray
    moves: FloatArray
    cells: FloatArray


@dataclass(frozen=True, slots=True)
class Solution:
    """What the rows of one expiry come from.

    Attributes
    ----------
    forward, total_vol
        The expiry's forward, and vol·√years of each option `(M,)`.
    coin_usd
        USD per unit of the settlement coin.
    misfit_usd
        Largest difference between a cell and its reconstruction.
    uncertainty
        Relative standard error of the worst determined unknown, from printing alone; infinite where one has no bearing.
    """

    forward: float
    total_vol: FloatArray
    coin_usd: float
    misfit_usd: float
    uncertainty: float

    def fits(self, cells: FloatArray) -> bool:
        """Whether the cells are those of the rule."""
        return self.misfit_usd <= max(LARGEST_MISFIT * float(np.abs(cells).max()), 2.0 * PRINT_ERROR_USD)


def ratio(numerator: FloatArray, denominator: FloatArray) -> tuple[float, float]:
    """Return the factor between two rows of numbers by least squares, and the largest difference that it leaves.

    Examples
    --------
    >>> ratio(np.array([-1.998, 0.0, 1.998]), np.array([-2.0, 0.0, 2.0]))
    (0.999, 0.0)
    """
    weight = float(denominator @ denominator)
    if not weight > 0.0:
        return float("nan"), float("inf")
    factor = float(denominator @ numerator) / weight
    return factor, float(np.abs(numerator - factor * denominator).max())


def solve_expiry(rows: OptionRows, *, coin_usd: float | None) -> Solution | None:
    """Return forward and volatilities of one expiry, and the coin's price where it is not given.

    None where no forward makes the cells prices of options at all.

    Examples
    --------
    >>> moves = np.linspace(-0.1, 0.1, 11)
    >>> rows = OptionRows(np.array([80e3]), np.array([True]), np.array([0.5]), np.array([2600.0]), moves,
    ...                   0.5 * (black76.price(71e3 * (1 + moves[None, :]), 80e3, 0.5, 0.28, is_call=True) - 2600.0))
    >>> solved = solve_expiry(rows, coin_usd=None)
    >>> round(solved.forward, 6), round(float(solved.total_vol[0]) / 0.5**0.5, 9), round(solved.coin_usd, 9)
    (71000.0, 0.28, 1.0)
    """
    start = _start(rows, 1.0 if coin_usd is None else coin_usd)
    if start is None:
        return None
    unknown = np.concatenate([start, [0.0]] if coin_usd is None else [start])
    fixed = 1.0 if coin_usd is None else coin_usd
    damping = 1e-3
    gap, slope = _gap_and_slope(rows, unknown, fixed)
    for _ in range(TURNS_COUNT):
        normal, pull = slope.T @ slope, slope.T @ gap
        damped = normal + damping * np.diag(np.maximum(np.diag(normal), 1e-300))
        step = -np.linalg.lstsq(damped, pull, rcond=None)[0]
        tried = unknown + np.clip(step, -0.5, 0.5)
        new_gap, new_slope = _gap_and_slope(rows, tried, fixed)
        if np.all(np.isfinite(new_gap)) and float(new_gap @ new_gap) <= float(gap @ gap):
            unknown, gap, slope, damping = tried, new_gap, new_slope, damping * 0.1
        else:
            damping *= 10.0
        if float(np.abs(step).max()) < SETTLED or damping > 1e12:
            break
    count = len(rows.strike)
    return Solution(
        forward=float(np.exp(unknown[0])), total_vol=np.exp(unknown[1 : count + 1]),
        coin_usd=fixed * (float(np.exp(unknown[-1])) if coin_usd is None else 1.0),
        misfit_usd=float(np.abs(gap).max()), uncertainty=_uncertainty(slope),
    )  # fmt: skip


def _start(rows: OptionRows, coin_usd: float) -> FloatArray | None:
    """Return logarithms of a forward, and of the total vols that the unmoved prices imply at it, that fit best."""
    middle = int(np.argmin(np.abs(rows.moves)))
    prices = rows.mark[:, None] + rows.cells / (rows.size[:, None] * coin_usd)
    centre = float(np.exp(np.mean(np.log(rows.strike))))
    trials = centre * TRIAL_SPAN ** np.linspace(-1.0, 1.0, TRIAL_COUNT) / (1.0 + rows.moves[middle])
    moved = trials[:, None] * (1.0 + rows.moves)
    vol = implied_vol.from_price(
        prices[:, middle], moved[:, middle, None], rows.strike, np.ones(len(rows.strike)), is_call=rows.is_call
    )
    good = np.all(vol > 0.0, axis=1)
    if not good.any():
        return None
    trials, moved, vol = trials[good], moved[good], vol[good]
    told = black76.price(
        moved[:, None, :], rows.strike[:, None], 1.0, vol[:, :, None], is_call=rows.is_call[:, None]
    )  # (trials, options, moves)
    errors = np.sum(((told - prices) * rows.size[:, None]) ** 2, axis=(1, 2))
    best_trial = int(np.argmin(errors))
    start = np.concatenate([trials[best_trial, None], vol[best_trial]])
    return np.asarray(np.log(start), dtype=np.float64)


def _gap_and_slope(rows: OptionRows, unknown: FloatArray, fixed: float) -> tuple[FloatArray, FloatArray]:
    """Return reconstruction less cell `(M * P,)` in USD, and its slope in the logarithm of each unknown."""
    count, moves_count = len(rows.strike), len(rows.moves)
    coin_usd = fixed * (float(np.exp(unknown[count + 1])) if len(unknown) > count + 1 else 1.0)
    moved = np.exp(unknown[0]) * (1.0 + rows.moves)[None, :]
    vol = np.exp(unknown[1 : count + 1])[:, None]
    greek = black76.greeks(moved, rows.strike[:, None], 1.0, vol, is_call=rows.is_call[:, None])
    scale = rows.size[:, None] * coin_usd
    worth = scale * (greek.price - rows.mark[:, None])
    slope = np.zeros((count, moves_count, len(unknown)))
    slope[:, :, 0] = scale * greek.delta * moved
    for m in range(count):
        slope[m, :, m + 1] = (scale * greek.vega * vol)[m]
    if len(unknown) > count + 1:
        slope[:, :, count + 1] = worth
    return (worth - rows.cells).reshape(-1), slope.reshape(count * moves_count, -1)


def _uncertainty(slope: FloatArray) -> float:
    """Return the largest standard error among the logarithms of the unknowns when cells err by half a last digit."""
    scale = np.sqrt(np.sum(slope**2, axis=0))
    if not np.all(scale > 0.0):
        return float("inf")
    lengths = np.linalg.svd(slope / scale, full_matrices=False)
    smallest = lengths[1] > np.finfo(np.float64).eps * 16 * lengths[1][0]
    if not np.all(smallest):
        return float("inf")
    spread = np.sqrt(np.sum((lengths[2] / lengths[1][:, None]) ** 2, axis=0)) / scale
    return float(PRINT_ERROR_USD * spread.max())


def best(solutions: Sequence[Solution | None]) -> Solution | None:
    """Return the solution that is known best."""
    return min((one for one in solutions if one is not None), key=lambda one: one.uncertainty, default=None)
