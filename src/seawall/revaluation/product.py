"""The book times the P&L tensor: every account in every scenario, and the worst of them.

A book is a sparse matrix of sizes `(A, N)` in compressed rows, the tensor is P&L per contract `(S, N)`; an account's
P&L in a scenario is the sum, over its positions, of size times P&L per contract. This file is the readable twin and the
door to the compiled one. The two agree to the last bit: products are rounded, then added in the book's order.

An unavailable cell of the tensor is NaN. It makes every account that holds the instrument unavailable (NaN, scenario
-1), even with size zero, and touches no other account.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, IntArray, frozen

ColumnArray: TypeAlias = npt.NDArray[np.int32 | np.int64]
"""Instrument numbers of positions: int32 is enough for every book and reads faster, int64 is what SciPy may give."""

UNAVAILABLE_SCENARIO = -1
"""The worst scenario of an account that holds an instrument with an unavailable cell."""

CELLS_PER_CHUNK = 1 << 16
"""Accounts x scenarios, and positions of average accounts, that the readable twin holds at once: 512 KiB of float64."""
CELLS_PER_SUM = 1 << 13
"""Positions x scenarios that are added in one call where accounts are few: 64 KiB stay close to the processor."""
ACCOUNTS_PER_PLACE = 4
"""Accounts for each position of the largest, from which on all first positions are added, then all second ones."""


def worst_loss(
    indptr: IntArray, columns: ColumnArray, sizes: FloatArray, pnl: FloatArray, *, compiled: bool
) -> tuple[FloatArray, IntArray]:
    """Return the lowest P&L of each account over all scenarios, and the scenario where it falls.

    Parameters
    ----------
    indptr : (A + 1,) int64
        Account `a` has the positions `indptr[a]` to `indptr[a + 1]`, the last not included.
    columns : (nnz,) int32 or int64
        The instrument of each position.
    sizes : (nnz,) float64
        Signed number of contracts of each position.
    pnl : (S, N) float64
        Change in value of one contract, holder's sign; NaN is unavailable. Any strides.
    compiled : bool
        Use the compiled twin: the same bits, for services and large books. Its first call loads or compiles a kernel.

    Returns
    -------
    worst : (A,) float64
        In the unit of `pnl`; profit is positive, so a loss is below zero. NaN where a held cell is unavailable, 0 for
        an account without positions.
    scenario : (A,) int64
        The first scenario with that P&L; -1 where `worst` is NaN, 0 for an account without positions.

    Raises
    ------
    ValueError
        Arrays that do not fit together; the message names the field, what it holds and the rule.

    Examples
    --------
    Two accounts and two instruments; the first account is long one and short the other.

    >>> pnl = np.array([[1.0, 3.0], [-2.0, -5.0], [0.5, np.nan]])
    >>> indptr, columns, sizes = np.array([0, 1, 3]), np.array([0, 0, 1]), np.array([10.0, 1.0, -1.0])
    >>> worst_loss(indptr, columns, sizes, pnl, compiled=False)
    (array([-20.,  nan]), array([ 1, -1]))
    >>> worst_loss(indptr, columns, sizes, pnl[:2], compiled=False)
    (array([-20.,  -2.]), array([1, 0]))
    """
    indptr, columns, sizes, pnl = _checked(indptr, columns, sizes, pnl)
    if compiled:
        from seawall.revaluation import product_compiled

        return product_compiled.worst_loss(indptr, columns, sizes, pnl)

    worst = np.empty(indptr.size - 1)
    scenario = np.empty(indptr.size - 1, dtype=np.int64)
    for chunk, chunk_pnl in _chunks(indptr, columns, sizes, pnl):
        worst[chunk] = chunk_pnl.min(axis=1)  # NaN wins over every number
        scenario[chunk] = np.where(np.isnan(worst[chunk]), UNAVAILABLE_SCENARIO, chunk_pnl.argmin(axis=1))
    return worst, scenario


def scenario_pnl(
    indptr: IntArray,
    columns: ColumnArray,
    sizes: FloatArray,
    pnl: FloatArray,
    *,
    rows: slice | None = None,
    compiled: bool,
) -> FloatArray:
    """Return the P&L of each account in every scenario, `(A, S)`.

    Parameters
    ----------
    indptr, columns, sizes, pnl, compiled
        As in `worst_loss`.
    rows : slice, optional
        Only these accounts, with step 1. The whole answer takes 8 bytes x A x S, so walk a large book in slices.

    Returns
    -------
    (A, S) float64, or fewer rows with `rows`
        In the unit of `pnl`, profit positive; NaN in the scenarios where a held cell is unavailable.

    Raises
    ------
    ValueError
        Arrays that do not fit together, or a step other than 1.

    Examples
    --------
    >>> indptr, columns, sizes = np.array([0, 1, 3]), np.array([0, 0, 1]), np.array([10.0, 1.0, -1.0])
    >>> scenario_pnl(indptr, columns, sizes, np.array([[1.0, 3.0], [-2.0, -5.0]]), compiled=False)
    array([[ 10., -20.],
           [ -2.,   3.]])
    """
    indptr, columns, sizes, pnl = _checked(indptr, columns, sizes, pnl)
    if rows is not None:
        first, stop, step = rows.indices(indptr.size - 1)
        if step != 1:
            raise ValueError(f"rows has step {step}; rows is a slice with step 1")
        indptr = indptr[first : max(first, stop) + 1]
    if compiled:
        from seawall.revaluation import product_compiled

        return product_compiled.scenario_pnl(indptr, columns, sizes, pnl)
    account_pnl = np.empty((indptr.size - 1, pnl.shape[0]))
    for chunk, chunk_pnl in _chunks(indptr, columns, sizes, pnl):
        account_pnl[chunk] = chunk_pnl
    return account_pnl


def _chunks(
    indptr: IntArray, columns: ColumnArray, sizes: FloatArray, pnl: FloatArray
) -> Iterator[tuple[slice, FloatArray]]:
    """Yield stretches of accounts with their P&L in every scenario. `indptr` may be a stretch of a longer one."""
    accounts_count, scenarios_count = indptr.size - 1, pnl.shape[0]
    positions_per_account = (indptr[-1] - indptr[0]) // max(1, accounts_count)
    step = max(1, CELLS_PER_CHUNK // max(scenarios_count, int(positions_per_account)))
    for first in range(0, accounts_count, step):
        bounds = indptr[first : first + step + 1]
        held = slice(bounds[0], bounds[-1])
        _refuse_unknown_instrument(columns[held], int(bounds[0]), pnl.shape[1])
        counts = np.diff(bounds)
        add = _by_place if counts.size >= ACCOUNTS_PER_PLACE * counts.max(initial=0) else _by_scenario
        with np.errstate(invalid="ignore", over="ignore"):  # inf and NaN are answers here
            chunk_pnl = add(counts, columns[held], sizes[held], pnl)
        yield slice(first, first + bounds.size - 1), chunk_pnl


# Both ways of adding add an account's positions in the book's order, from 0, as the compiled twin does; matmul and
# reduceat choose their own order.


def _by_scenario(counts: IntArray, columns: ColumnArray, sizes: FloatArray, pnl: FloatArray) -> FloatArray:
    """Return `(A, S)` for few accounts: some scenarios at a time, all positions of all accounts in each."""
    accounts_count, scenarios_count = counts.size, len(pnl)
    account = np.repeat(np.arange(accounts_count), counts)
    account_pnl = np.empty((accounts_count, scenarios_count))
    step = max(1, min(CELLS_PER_SUM // max(1, columns.size), scenarios_count))
    cell = account + accounts_count * np.arange(step)[:, None]
    for first in range(0, scenarios_count, step):
        gains = sizes * pnl[first : first + step].take(columns, axis=1)
        cells_count = len(gains) * accounts_count
        summed = np.bincount(cell[: len(gains)].ravel(), weights=gains.ravel(), minlength=cells_count)
        account_pnl[:, first : first + step] = summed.reshape(len(gains), accounts_count).T
    return account_pnl


def _by_place(counts: IntArray, columns: ColumnArray, sizes: FloatArray, pnl: FloatArray) -> FloatArray:
    """Return `(A, S)` for many small accounts: the first position of every account, then the second of those with two.

    Accounts with most positions come first, so that those that still have one are a stretch.
    """
    order = np.argsort(-counts, kind="stable")
    first, counts = (np.cumsum(counts) - counts)[order], counts[order]
    summed, contracts = np.zeros((counts.size, len(pnl))), np.ascontiguousarray(pnl.T)
    for place in range(int(counts.max(initial=0))):
        at = first[: np.count_nonzero(counts > place)] + place
        gains = contracts.take(columns[at], axis=0)
        gains *= sizes[at, None]
        summed[: at.size] += gains
    account_pnl = np.empty_like(summed)
    account_pnl[order] = summed
    return account_pnl


def _checked(
    indptr: IntArray, columns: ColumnArray, sizes: FloatArray, pnl: FloatArray
) -> tuple[IntArray, ColumnArray, FloatArray, FloatArray]:
    """Return the arrays contiguous (but `pnl`) and read-only, or refuse them. Instrument numbers are checked in use."""
    integer, real = (np.int64,), (np.float64,)
    for field, array, dimensions, kinds in (
        ("indptr", indptr, 1, integer),
        ("columns", columns, 1, (np.int32, np.int64)),
        ("sizes", sizes, 1, real),
        ("pnl", pnl, 2, real),
    ):
        if array.ndim != dimensions:
            raise ValueError(f"{field} has shape {array.shape}; {field} has {dimensions} dimension(s)")
        if array.dtype not in kinds:
            raise ValueError(f"{field} has type {array.dtype}; {field} is {' or '.join(k.__name__ for k in kinds)}")
    if indptr.size == 0:
        raise ValueError("indptr has length 0; indptr has one entry more than there are accounts")
    if indptr[0] != 0:
        raise ValueError(f"indptr starts at {indptr[0]}; indptr starts at 0")
    if indptr[-1] != columns.size:
        raise ValueError(f"indptr ends at {indptr[-1]}; indptr ends at the number of positions, {columns.size}")
    falls = indptr[1:] < indptr[:-1]
    if falls.any():
        account = int(falls.argmax())
        raise ValueError(f"indptr at account {account} falls to {indptr[account + 1]}; indptr never falls")
    if sizes.size != columns.size:
        raise ValueError(f"sizes has length {sizes.size}; sizes is as long as columns, {columns.size}")
    if pnl.shape[0] == 0:
        raise ValueError(f"pnl has shape {pnl.shape}; pnl has at least one scenario")
    return (
        frozen(np.ascontiguousarray(indptr)),
        frozen(np.ascontiguousarray(columns)),
        frozen(np.ascontiguousarray(sizes)),
        frozen(pnl),
    )


def _refuse_unknown_instrument(columns: ColumnArray, offset: int, instruments_count: int) -> None:
    unknown = (columns < 0) | (columns >= instruments_count)
    if unknown.any():
        position = int(unknown.argmax())
        raise unknown_instrument(offset + position, int(columns[position]), instruments_count)


def unknown_instrument(position: int, column: int, instruments_count: int) -> ValueError:
    """Return the error of both twins for a position in an instrument that the tensor does not have."""
    return ValueError(
        f"columns at position {position} is {column}; instrument numbers are >= 0 and below {instruments_count}"
    )
