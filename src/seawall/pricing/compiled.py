"""The grid kernel, compiled: every option in every scenario, two nanoseconds a price on an AVX-512 core, four on AVX2.

Same arguments and results as `grid.py`, which is the text to read. What is different here:

- the inner loop runs over consecutive options that share an underlying, so that forward move, log move and row of
  total vol are scalars and everything else is read in order;
- options are taken in tiles that stay in the first cache while all scenarios pass over them;
- profit and loss is finished on the row that is still in that cache, so that memory is written once.

Kernels release the interpreter lock; `threads` splits the scenarios. Import this module only inside a function.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray, float_column, frozen
from seawall.pricing.black76 import log_moneyness
from seawall.pricing.compiled_math import inlined, kernel, out_of_money_share
from seawall.pricing.grid import OptionGrid, moved

# Options per tile: eight columns of 512 doubles are 32 KiB, a first cache of today.
_TILE = 512
# Stretches of scenarios for each thread, so that one that is held up does not hold up the others.
_STRETCHES_PER_THREAD = 4
# Above this many runs per underlying the columns are sorted first: short runs are slow, sorting costs a copy.
_MANY_RUNS = 4


def price_grid(
    grid: OptionGrid,
    spot_move: FloatArray,
    total_vol: FloatArray,
    vol_row: IntArray,
    *,
    out: FloatArray | None = None,
    threads: int = 1,
) -> FloatArray:
    """Return the undiscounted price of every option in every scenario, (S, N), in quote per base.

    Parameters
    ----------
    grid : OptionGrid
        N options; fastest where options of one underlying stand together.
    spot_move : (S, U) float64
        Relative moves, >= -1.
    total_vol : (V, N) float64
        Vol times √years, >= 0.
    vol_row : (S, U) int64
        The row of `total_vol` for each scenario and underlying.
    out : (S, N) float64, C order, optional
        Where to write; it is also returned.
    threads : int
        How many work at once, each on some of the scenarios. One is best below about a million cells.

    Raises
    ------
    ValueError
        If shapes do not fit or a column or row number is out of range: a wrong one would read foreign memory.

    Examples
    --------
    >>> from seawall.pricing.grid import option_grid
    >>> grid = option_grid([100.0], [100.0], [True], [0])
    >>> price_grid(grid, np.array([[0.0], [0.1]]), np.array([[0.2]]), np.array([[0], [0]])).round(6).tolist()
    [[7.965567], [14.292011]]
    """
    return _run(_price_rows, grid, spot_move, total_vol, vol_row, out, threads)


def pnl_grid(
    grid: OptionGrid,
    spot_move: FloatArray,
    total_vol: FloatArray,
    vol_row: IntArray,
    *,
    out: FloatArray | None = None,
    threads: int = 1,
) -> FloatArray:
    """Return the change in value of one contract, (S, N): quote for linear options, coin for inverse ones.

    Parameters and errors are those of `price_grid`; the definition is `grid.pnl_grid`'s.

    Examples
    --------
    >>> from seawall.pricing.grid import option_grid
    >>> grid = option_grid([100.0], [100.0], [True], [0], mark=[7.9655674554], contract_size=10.0)
    >>> pnl_grid(grid, np.array([[0.0], [0.1]]), np.array([[0.2]]), np.array([[0], [0]])).round(6).tolist()
    [[0.0], [63.264435]]
    """
    return _run(_pnl_rows, grid, spot_move, total_vol, vol_row, out, threads)


def price(forward: FloatArray, strike: FloatArray, total_vol: FloatArray, is_call: BoolArray) -> FloatArray:
    """Return undiscounted prices of n unrelated options; all arguments are (n,) arrays.

    Logarithms are NumPy's, the rest is the kernel's. The domain is that of `black76.price`, with vol * √years as one
    number.

    Examples
    --------
    >>> price(np.array([100.0]), np.array([100.0]), np.array([0.2]), np.array([True])).round(6).tolist()
    [7.965567]
    """
    forward, strike, total_vol = float_column(forward), float_column(strike), float_column(total_vol)
    side = float_column(np.where(is_call, 1.0, -1.0))
    if not forward.shape == strike.shape == total_vol.shape == side.shape or forward.ndim != 1:
        raise ValueError(
            f"shapes are {forward.shape}, {strike.shape}, {total_vol.shape}, {side.shape}; "
            "forward, strike, total_vol and is_call are columns of one length"
        )
    out = np.empty(forward.shape)
    _price_column(float_column(log_moneyness(forward, strike)), forward, strike, side, total_vol, out)
    return out


def _run(
    fill: Callable[..., None],
    grid: OptionGrid,
    spot_move: FloatArray,
    total_vol: FloatArray,
    vol_row: IntArray,
    out: FloatArray | None,
    threads: int,
) -> FloatArray:
    spot_move = np.asarray(spot_move, dtype=np.float64)
    # Read-only like the grid's own columns: to numba a writable array is another type, and another compilation.
    total_vol = float_column(total_vol)
    vol_row = frozen(np.ascontiguousarray(vol_row, dtype=np.int64))
    _check(grid, spot_move, total_vol, vol_row)
    shape = (spot_move.shape[0], grid.count)
    if out is None:
        out = np.empty(shape)
    elif out.shape != shape or out.dtype != np.float64 or not out.flags.c_contiguous:
        raise ValueError(f"out is {out.dtype} {out.shape}; results are C-contiguous float64 {shape}")
    factor, log_factor = moved(spot_move)
    if len(grid.run_underlying) <= _MANY_RUNS * len(np.unique(grid.underlying)):
        _fill(fill, grid, total_vol, (log_factor, factor, vol_row), out, threads)
        return out
    # Options of several underlyings stand mixed: sort them, price in long runs, and put the columns back.
    order = np.argsort(grid.underlying, kind="stable")
    in_order = np.empty(shape)
    _fill(fill, grid.take(order), float_column(total_vol[:, order]), (log_factor, factor, vol_row), in_order, threads)
    return np.take(in_order, np.argsort(order), axis=1, out=out, mode="clip")


def _fill(
    fill: Callable[..., None],
    grid: OptionGrid,
    total_vol: FloatArray,
    by_scenario: tuple[FloatArray, FloatArray, IntArray],
    out: FloatArray,
    threads: int,
) -> None:
    columns = (
        grid.log_moneyness,
        grid.forward,
        grid.strike,
        grid.side,
        grid.mark,
        grid.inverse,
        grid.contract_size,
        grid.run_start,
        grid.run_underlying,
        total_vol,
    )
    parts = min(threads, len(out))
    if parts <= 1:
        fill(*columns, *by_scenario, out)
        return
    edges = np.linspace(0, len(out), min(parts * _STRETCHES_PER_THREAD, len(out)) + 1).astype(int)
    with ThreadPoolExecutor(parts) as pool:
        jobs = [pool.submit(fill, *columns, *(each[a:b] for each in by_scenario), out[a:b]) for a, b in pairwise(edges)]
        for job in jobs:
            job.result()


def _check(grid: OptionGrid, spot_move: FloatArray, total_vol: FloatArray, vol_row: IntArray) -> None:
    if spot_move.ndim != 2 or vol_row.shape != spot_move.shape:
        raise ValueError(f"spot_move is {spot_move.shape}, vol_row is {vol_row.shape}; both are (S, U)")
    if total_vol.ndim != 2 or total_vol.shape[1] != grid.count:
        raise ValueError(f"total_vol is {total_vol.shape}; it is (V, {grid.count}), one column per option")
    if grid.count and not 0 <= grid.underlying.min() <= grid.underlying.max() < spot_move.shape[1]:
        raise ValueError(f"underlying is up to {grid.underlying.max()}; spot_move has {spot_move.shape[1]} columns")
    if vol_row.size and not 0 <= vol_row.min() <= vol_row.max() < total_vol.shape[0]:
        raise ValueError(f"vol_row is up to {vol_row.max()}; total_vol has {total_vol.shape[0]} rows")


@inlined
def _price_row(
    log_moneyness: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    side: FloatArray,
    total_vol: FloatArray,
    factor: float,
    log_factor: float,
    out: FloatArray,
) -> None:
    for n in range(out.shape[0]):
        moved = forward[n] * factor
        fixed = strike[n]
        smaller = moved if moved < fixed else fixed
        intrinsic = side[n] * (moved - fixed)
        intrinsic = 0.0 if intrinsic < 0.0 else intrinsic
        out[n] = smaller * out_of_money_share(log_moneyness[n] + log_factor, total_vol[n]) + intrinsic


@inlined
def _pnl_row(
    forward: FloatArray, mark: FloatArray, inverse: BoolArray, contract_size: FloatArray, factor: float, out: FloatArray
) -> None:
    for n in range(out.shape[0]):
        numeraire = forward[n] * factor if inverse[n] else 1.0
        worth = out[n] / numeraire
        worth = 0.0 if out[n] == 0.0 else worth
        out[n] = contract_size[n] * (worth - mark[n])


@kernel
def _price_column(
    log_moneyness: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    side: FloatArray,
    total_vol: FloatArray,
    out: FloatArray,
) -> None:
    _price_row(log_moneyness, forward, strike, side, total_vol, 1.0, 0.0, out)


@kernel
def _price_rows(
    log_moneyness: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    side: FloatArray,
    mark: FloatArray,
    inverse: BoolArray,
    contract_size: FloatArray,
    run_start: IntArray,
    run_underlying: IntArray,
    total_vol: FloatArray,
    log_factor: FloatArray,
    factor: FloatArray,
    vol_row: IntArray,
    out: FloatArray,
) -> None:
    for run in range(run_underlying.shape[0]):
        u = run_underlying[run]
        for a in range(run_start[run], run_start[run + 1], _TILE):
            b = min(a + _TILE, run_start[run + 1])
            for s in range(out.shape[0]):
                vol = total_vol[vol_row[s, u], a:b]
                _price_row(
                    log_moneyness[a:b], forward[a:b], strike[a:b], side[a:b], vol,
                    factor[s, u], log_factor[s, u], out[s, a:b],
                )  # fmt: skip


@kernel
def _pnl_rows(
    log_moneyness: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    side: FloatArray,
    mark: FloatArray,
    inverse: BoolArray,
    contract_size: FloatArray,
    run_start: IntArray,
    run_underlying: IntArray,
    total_vol: FloatArray,
    log_factor: FloatArray,
    factor: FloatArray,
    vol_row: IntArray,
    out: FloatArray,
) -> None:
    for run in range(run_underlying.shape[0]):
        u = run_underlying[run]
        for a in range(run_start[run], run_start[run + 1], _TILE):
            b = min(a + _TILE, run_start[run + 1])
            for s in range(out.shape[0]):
                vol = total_vol[vol_row[s, u], a:b]
                _price_row(
                    log_moneyness[a:b], forward[a:b], strike[a:b], side[a:b], vol,
                    factor[s, u], log_factor[s, u], out[s, a:b],
                )  # fmt: skip
                _pnl_row(forward[a:b], mark[a:b], inverse[a:b], contract_size[a:b], factor[s, u], out[s, a:b])
