"""Options against scenarios: the arrays that a grid revaluation needs, and its readable NumPy twin.

S scenarios move U underlyings; N options each follow one underlying. In scenario s option n has

- forward      F' = forward[n] * (1 + spot_move[s, underlying[n]])
- total vol    s' = total_vol[vol_row[s, underlying[n]], n], the shocked vol times √(years left): few scenarios differ
  in it, so it is given as V distinct rows
- price        undiscounted Black-76 in quote per base

Logarithms are taken once: log(forward/strike) per option and log(1 + spot_move) per scenario and underlying.
`compiled.py` computes the same, without the temporaries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray, IntArray, float_column, frozen
from seawall.pricing.black76 import FAR_MONEYNESS, log_moneyness, price_from_log
from seawall.pricing.inverse import to_coin

# Cells per block: a dozen temporaries of 8192 doubles are 768 KiB, less than a second cache of today.
_BLOCK_CELLS = 8192


@dataclass(frozen=True, slots=True)
class OptionGrid:
    """N options as columns, with what does not depend on the scenario already computed.

    Build it with `option_grid`. `run_start` and `run_underlying` cut the columns into runs that share an underlying:
    the compiled kernel reads one move per run instead of one per cell. Columns that come grouped by underlying give
    few runs; any order is correct.
    """

    forward: FloatArray  # (N,) quote per base, > 0
    strike: FloatArray  # (N,) quote per base, >= 0
    log_moneyness: FloatArray  # (N,) log(forward / strike)
    side: FloatArray  # (N,) +1 for a call, -1 for a put
    underlying: IntArray  # (N,) column of the moves, 0 <= u < U
    run_start: IntArray  # (R + 1,) first option of each run, then N
    run_underlying: IntArray  # (R,)
    mark: FloatArray  # (N,) price now: quote per base, or coin per coin where inverse
    inverse: BoolArray  # (N,) True where the option pays in its own underlying coin
    contract_size: FloatArray  # (N,) base per contract

    @property
    def count(self) -> int:
        """Number of options, N."""
        return len(self.forward)

    def take(self, options: IntArray) -> OptionGrid:
        """Return the grid of some of the options, in the order given.

        Examples
        --------
        >>> option_grid([100.0, 5.0], [90.0, 6.0], True, [1, 0]).take(np.array([1, 0])).underlying.tolist()
        [0, 1]
        """
        underlying = self.underlying[options]
        run_start, run_underlying = _runs(underlying)
        return OptionGrid(
            forward=frozen(self.forward[options]),
            strike=frozen(self.strike[options]),
            log_moneyness=frozen(self.log_moneyness[options]),
            side=frozen(self.side[options]),
            underlying=frozen(underlying),
            run_start=run_start,
            run_underlying=run_underlying,
            mark=frozen(self.mark[options]),
            inverse=frozen(self.inverse[options]),
            contract_size=frozen(self.contract_size[options]),
        )


def option_grid(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    is_call: npt.ArrayLike,
    underlying: npt.ArrayLike,
    *,
    mark: npt.ArrayLike | None = None,
    inverse: npt.ArrayLike = False,
    contract_size: npt.ArrayLike = 1.0,
) -> OptionGrid:
    """Return the options' columns in the form that both twins read.

    Parameters
    ----------
    forward, strike : (N,) float
        Quote per base. NaN forwards are kept and give NaN prices.
    is_call : (N,) bool
    underlying : (N,) int
        Column of the scenario moves that the option follows.
    mark : (N,) float, optional
        Price now, in quote per base for a linear option and in coin per coin for an inverse one; needed by
        `pnl_grid` only. Missing marks are NaN, hence every profit and loss is NaN and not zero.
    inverse : (N,) bool or bool
        Whether profit and loss is in coin: price / F'.
    contract_size : (N,) float or float
        Base per contract.

    Examples
    --------
    >>> grid = option_grid([100.0, 100.0], [90.0, 110.0], [False, True], [0, 0])
    >>> grid.log_moneyness.round(6).tolist(), grid.run_start.tolist()
    ([0.105361, -0.09531], [0, 2])
    """
    forward = float_column(forward)
    count = forward.shape[0]
    strike = _column(strike, count)
    column = np.array(np.broadcast_to(underlying, (count,)), dtype=np.int64)
    run_start, run_underlying = _runs(column)
    return OptionGrid(
        forward=forward,
        strike=strike,
        log_moneyness=float_column(log_moneyness(forward, strike)),
        side=float_column(np.where(np.broadcast_to(is_call, (count,)), 1.0, -1.0)),
        underlying=frozen(column),
        run_start=run_start,
        run_underlying=run_underlying,
        mark=_column(np.nan if mark is None else mark, count),
        inverse=frozen(np.array(np.broadcast_to(inverse, (count,)), dtype=np.bool_)),
        contract_size=_column(contract_size, count),
    )


def price_grid(grid: OptionGrid, spot_move: FloatArray, total_vol: FloatArray, vol_row: IntArray) -> FloatArray:
    """Return the undiscounted price of every option in every scenario, (S, N), in quote per base.

    Parameters
    ----------
    grid : OptionGrid
        N options.
    spot_move : (S, U) float64
        Relative moves, >= -1.
    total_vol : (V, N) float64
        Vol times √years, >= 0; one row per distinct combination of vol shock and elapsed time.
    vol_row : (S, U) int64
        The row of `total_vol` that scenario s uses for underlying u.

    Examples
    --------
    >>> grid = option_grid([100.0], [100.0], [True], [0])
    >>> price_grid(grid, np.array([[0.0], [0.1]]), np.array([[0.2]]), np.array([[0], [0]])).round(6).tolist()
    [[7.965567], [14.292011]]
    """
    out = np.empty((len(spot_move), grid.count))
    is_call = grid.side > 0.0
    for rows in _blocks(out.shape):
        forward, log_forward_strike, vol = _shocked(grid, spot_move[rows], total_vol, vol_row[rows])
        out[rows] = price_from_log(log_forward_strike, forward, grid.strike, vol, is_call=is_call)
    return out


def pnl_grid(grid: OptionGrid, spot_move: FloatArray, total_vol: FloatArray, vol_row: IntArray) -> FloatArray:
    """Return the change in value of one contract, (S, N): quote for linear options, coin for inverse ones.

    `contract_size * (price - mark)`, or `contract_size * (price / F' - mark)` where the option is inverse. The
    parameters are those of `price_grid`.

    Examples
    --------
    >>> grid = option_grid([100.0], [100.0], [True], [0], mark=[7.9655674554], contract_size=10.0)
    >>> pnl_grid(grid, np.array([[0.0], [0.1]]), np.array([[0.2]]), np.array([[0], [0]])).round(6).tolist()
    [[0.0], [63.264435]]
    """
    out = price_grid(grid, spot_move, total_vol, vol_row)
    factor = 1.0 + spot_move
    for rows in _blocks(out.shape):
        numeraire = np.where(grid.inverse, grid.forward * factor[rows][:, grid.underlying], 1.0)
        out[rows] = grid.contract_size * (to_coin(out[rows], numeraire) - grid.mark)
    return out


def moved(spot_move: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the factors 1 + move and their logarithms, where that of a total loss is finite but beyond all others.

    Minus infinity would meet the plus infinity of a zero strike.

    Examples
    --------
    >>> [part.tolist() for part in moved(np.array([0.0, -1.0]))]
    [[1.0, 0.0], [0.0, -100000.0]]
    """
    with np.errstate(divide="ignore"):
        return 1.0 + spot_move, np.maximum(np.log1p(spot_move), -FAR_MONEYNESS)


def _shocked(
    grid: OptionGrid, spot_move: FloatArray, total_vol: FloatArray, vol_row: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return forward, log(forward/strike) and total vol per cell, each (S, N)."""
    factor, log_factor = moved(spot_move)
    columns = np.arange(grid.count)
    return (
        grid.forward * factor[:, grid.underlying],
        grid.log_moneyness + log_factor[:, grid.underlying],
        total_vol[vol_row[:, grid.underlying], columns],
    )


def _blocks(shape: tuple[int, int]) -> Iterator[slice]:
    """Cut scenarios so that the temporaries of one block stay in the second cache."""
    height = max(1, _BLOCK_CELLS // max(1, shape[1]))
    for first in range(0, shape[0], height):
        yield slice(first, first + height)


def _runs(underlying: IntArray) -> tuple[IntArray, IntArray]:
    """Return where runs of one underlying start, with the count at the end, and their underlyings."""
    starts = np.flatnonzero(np.diff(underlying, prepend=underlying[:1] - 1))
    return frozen(np.append(starts, len(underlying)).astype(np.int64)), frozen(underlying[starts])


def _column(entries: npt.ArrayLike, count: int) -> FloatArray:
    return float_column(np.broadcast_to(np.asarray(entries, dtype=np.float64), (count,)))
