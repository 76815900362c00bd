"""The compiled twin of `product.py`: a sparse book times the P&L tensor, one account at a time in vector registers.

An account's P&L in a block of scenarios stays in registers while its positions stream past; only the worst of it, or
the finished row, is written. For that the tensor is laid out anew as *tiles*: one instrument's P&L in one block of
scenarios is a few whole cache lines, and the tile of a thousand instruments fits a second-level cache. Numba keeps no
array in registers, so a type of our own does: `Lanes`, some vectors of eight float64, which LLVM maps to what the
processor has (one AVX-512, two AVX2 or four NEON registers for each vector).

Product and sum are rounded apart, never fused, and positions are added in the book's order. So the result is the same
to the last bit on every processor and for every number of threads, and equal to the readable twin. That costs next to
nothing: the cache is the limit, not the arithmetic.

The threads are plain ones and the kernels let go of the interpreter's lock. Unlike `prange` this may be called from
several threads at once, and in a process that forked.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, extending, njit, types
from numba.extending import models, register_model

from seawall.core.arrays import FloatArray, IntArray, frozen
from seawall.revaluation.product import ColumnArray, unknown_instrument

VECTOR_LANES = 8
"""float64 in one vector: a cache line of 64 bytes, and an AVX-512 register."""

REGISTERS_MAX = 8
"""Vectors in one block of scenarios: 64 lanes fill one mask of 64 bits, and 8 sums the additions' latency."""

ACCOUNTS_PER_PASS = 1024
"""Accounts that one block of scenarios sees before the next: enough to reuse a tile, few enough for the cache."""

UNITS_PER_THREAD = 4
"""Stretches of work for each thread, so that one that is held up does not hold up the others."""

ADDITIONS_PER_THREAD = 400_000
"""Vector additions that are worth a thread: about 0.2 ms, twice what it takes to start one."""


def worst_loss(
    indptr: IntArray, columns: ColumnArray, sizes: FloatArray, pnl: FloatArray, *, threads: int | None = None
) -> tuple[FloatArray, IntArray]:
    """Return the lowest P&L `(A,)` of each account and its scenario `(A,)`; see `product.worst_loss`, which checks."""
    tiles = _tiles(pnl)
    registers = (0,) * (tiles.shape[2] // VECTOR_LANES)
    worst = np.empty(indptr.size - 1)
    scenario = np.empty(indptr.size - 1, dtype=np.int64)

    def work(first: int, last: int) -> int:
        return int(_worst_loss(indptr, columns, sizes, tiles, registers, first, last, worst, scenario))

    _share_out(work, indptr, columns, tiles, threads)
    return worst, scenario


def scenario_pnl(
    indptr: IntArray, columns: ColumnArray, sizes: FloatArray, pnl: FloatArray, *, threads: int | None = None
) -> FloatArray:
    """Return the P&L `(A, S)` of each account in each scenario; see `product.scenario_pnl`, which checks."""
    tiles = _tiles(pnl)
    registers = (0,) * (tiles.shape[2] // VECTOR_LANES)
    account_pnl = np.empty((indptr.size - 1, pnl.shape[0]))

    def work(first: int, last: int) -> int:
        return int(_scenario_pnl(indptr, columns, sizes, tiles, registers, first, last, account_pnl))

    _share_out(work, indptr, columns, tiles, threads)
    return account_pnl


def _tiles(pnl: FloatArray) -> FloatArray:
    """Return `pnl` (S, N) as (blocks, N, lanes), on whole cache lines. Spare lanes repeat the last scenario.

    A repeated scenario is never the *first* minimum, and NaN only where the scenario is: spare lanes need no mask.
    """
    scenarios_count, instruments_count = pnl.shape
    vectors = -(-scenarios_count // VECTOR_LANES)
    blocks = -(-vectors // REGISTERS_MAX)
    lanes = -(-vectors // blocks) * VECTOR_LANES
    cells = blocks * instruments_count * lanes
    room = np.empty(cells + VECTOR_LANES)
    offset = -room.ctypes.data // room.itemsize % VECTOR_LANES
    tiles = room[offset : offset + cells].reshape(blocks, instruments_count, lanes)
    for block, tile in enumerate(tiles):
        part = pnl[block * lanes : (block + 1) * lanes].T
        tile[:, : part.shape[1]] = part
        tile[:, part.shape[1] :] = pnl[-1, :, np.newaxis]
    return frozen(tiles)


def _share_out(
    work: Callable[[int, int], int], indptr: IntArray, columns: ColumnArray, tiles: FloatArray, threads: int | None
) -> None:
    """Do `work(first, last)` over all accounts in threads, and refuse the first position that it could not place."""
    positions_count = int(indptr[-1] - indptr[0])
    if threads is None:
        additions = positions_count * tiles.shape[0] * tiles.shape[2] // VECTOR_LANES
        most: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        threads = max(1, min(most, additions // ADDITIONS_PER_THREAD))
    units = 1 if threads == 1 else threads * UNITS_PER_THREAD
    # Equal numbers of positions, not of accounts: a few accounts may hold most of the book.
    edges = np.searchsorted(indptr, np.linspace(indptr[0], indptr[-1], units + 1))
    edges[0], edges[-1] = 0, indptr.size - 1

    unit_numbers = itertools.count()  # next() of a count is one step under the interpreter's lock
    unplaced: list[int] = []

    def draw() -> None:
        while (unit := next(unit_numbers)) < units:
            unplaced.append(work(int(edges[unit]), int(edges[unit + 1])))

    if threads == 1:
        draw()
    else:
        with ThreadPoolExecutor(threads - 1) as pool:
            others = [pool.submit(draw) for _ in range(threads - 1)]
            draw()
            for other in others:
                other.result()
    first_unplaced = min((position for position in unplaced if position >= 0), default=None)
    if first_unplaced is not None:
        raise unknown_instrument(first_unplaced, int(columns[first_unplaced]), tiles.shape[1])


@njit(cache=True, nogil=True)
def _worst_loss(
    indptr: IntArray,
    columns: ColumnArray,
    sizes: FloatArray,
    tiles: FloatArray,
    registers: tuple[int, ...],
    first: int,
    last: int,
    worst: FloatArray,
    scenario: IntArray,
) -> int:
    """Fill `worst` and `scenario` for accounts `first` to `last`; return -1, or a position with no instrument."""
    for start in range(first, last, ACCOUNTS_PER_PASS):
        for block in range(tiles.shape[0]):
            for account in range(start, min(start + ACCOUNTS_PER_PASS, last)):
                lanes, unplaced = _summed(indptr, columns, sizes, tiles[block], registers, account)
                if unplaced >= 0:
                    return unplaced
                low, lane = _lowest(lanes)
                if block == 0 or lane < 0:
                    worst[account], scenario[account] = low, lane
                elif low < worst[account]:  # false once worst is NaN, and for a tie with an earlier scenario
                    worst[account], scenario[account] = low, block * tiles.shape[2] + lane
    return -1


@njit(cache=True, nogil=True)
def _scenario_pnl(
    indptr: IntArray,
    columns: ColumnArray,
    sizes: FloatArray,
    tiles: FloatArray,
    registers: tuple[int, ...],
    first: int,
    last: int,
    account_pnl: FloatArray,
) -> int:
    """Fill the rows `first` to `last` of `account_pnl`; return -1, or a position with no instrument."""
    for start in range(first, last, ACCOUNTS_PER_PASS):
        for block in range(tiles.shape[0]):
            first_scenario = block * tiles.shape[2]
            wanted = min(tiles.shape[2], account_pnl.shape[1] - first_scenario)
            for account in range(start, min(start + ACCOUNTS_PER_PASS, last)):
                lanes, unplaced = _summed(indptr, columns, sizes, tiles[block], registers, account)
                if unplaced >= 0:
                    return unplaced
                _store(lanes, account_pnl, account * account_pnl.shape[1] + first_scenario, wanted)
    return -1


@njit(inline="always")
def _summed(
    indptr: IntArray,
    columns: ColumnArray,
    sizes: FloatArray,
    tile: FloatArray,
    registers: tuple[int, ...],
    account: int,
) -> tuple[Any, Any]:
    """Return the account's P&L in one block of scenarios, and -1 or its first position with no instrument."""
    lanes = _no_pnl(registers)
    for position in range(np.uint64(indptr[account]), np.uint64(indptr[account + 1])):
        column = np.int64(columns[position])
        if np.uint64(column) >= np.uint64(tile.shape[0]):  # unsigned: one comparison refuses negative numbers too
            return lanes, np.int64(position)
        lanes = _with_position(lanes, tile, column, sizes[position])
    return lanes, np.int64(-1)


# The register type. Everything below is LLVM, written by hand because Numba has no words for it. It stays in this file
# because Numba's cache of the kernels above looks at the date of this file alone.

intrinsic: Any = extending.intrinsic  # Any, as a call leaves out the first parameter that the definition has

_F64, _I1, _I8, _I32, _I64 = ir.DoubleType(), ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_F64, VECTOR_LANES)


class Lanes(types.Type):
    """Some vectors of float64 that live in registers; how many is part of the type."""

    def __init__(self, registers: int) -> None:
        self.registers = registers
        super().__init__(f"Lanes({registers})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, ir.ArrayType(_VECTOR, lanes.registers))


@intrinsic
def _no_pnl(typing: Any, registers: Any) -> Any:
    """Return zero in every lane. `registers` is a tuple, for its length is the one number that Numba's types carry."""
    lanes = Lanes(registers.count)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(context.get_value_type(lanes), None)

    return lanes(registers), codegen


@intrinsic
def _with_position(typing: Any, lanes: Any, tile: Any, row: Any, size: Any) -> Any:
    """Return `lanes` plus `size` times the `row` of `tile`, which must exist."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        summed, tile_struct, row_number, factor = arguments
        cells = context.make_array(tile)(context, builder, tile_struct).data
        vectors = builder.bitcast(cells, _VECTOR.as_pointer())
        first = builder.mul(row_number, ir.Constant(_I64, lanes.registers))
        factors = _broadcast(builder, factor)
        for register in range(lanes.registers):
            address = builder.gep(vectors, [builder.add(first, ir.Constant(_I64, register))])
            gain = builder.fmul(builder.load(address, align=8), factors)
            total = builder.fadd(builder.extract_value(summed, register), gain)
            summed = builder.insert_value(summed, total, register)
        return summed

    return lanes(lanes, tile, types.int64, types.float64), codegen


@intrinsic
def _lowest(typing: Any, lanes: Any) -> Any:
    """Return the minimum of all lanes and the first lane that holds it, or NaN and -1 if any lane is NaN."""
    answer = types.Tuple((types.float64, types.int64))

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vectors = [builder.extract_value(arguments[0], register) for register in range(lanes.registers)]
        low, unavailable = vectors[0], builder.fcmp_unordered("uno", vectors[0], vectors[0])
        for vector in vectors[1:]:
            low = _lower(builder, low, vector)
            unavailable = builder.or_(unavailable, builder.fcmp_unordered("uno", vector, vector))
        half = VECTOR_LANES // 2
        while half:
            low = _lower(builder, _part(builder, low, 0, half), _part(builder, low, half, half))
            half //= 2
        minimum = builder.extract_element(low, ir.Constant(_I32, 0))

        everywhere = _broadcast(builder, minimum)
        found = ir.Constant(_I64, 0)  # one bit a lane
        for register, vector in enumerate(vectors):
            equal = builder.bitcast(builder.fcmp_ordered("oeq", vector, everywhere), ir.IntType(VECTOR_LANES))
            shift = ir.Constant(_I64, register * VECTOR_LANES)
            found = builder.or_(found, builder.shl(builder.zext(equal, _I64), shift))
        lane = builder.cttz(found, ir.Constant(_I1, 0))

        nan = builder.icmp_unsigned("!=", builder.bitcast(unavailable, _I8), ir.Constant(_I8, 0))
        minimum = builder.select(nan, ir.Constant(_F64, float("nan")), minimum)
        lane = builder.select(nan, ir.Constant(_I64, -1), lane)
        return context.make_tuple(builder, answer, [minimum, lane])

    return answer(lanes), codegen


@intrinsic
def _store(typing: Any, lanes: Any, target: Any, offset: Any, wanted: Any) -> Any:
    """Write the first `wanted` lanes to the cells of `target` from `offset` on, counted over the whole array."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        summed, target_struct, start, count = arguments
        cells = context.make_array(target)(context, builder, target_struct).data
        for register in range(lanes.registers):
            vector = builder.extract_value(summed, register)
            begin, end = register * VECTOR_LANES, (register + 1) * VECTOR_LANES
            whole = builder.icmp_signed("<=", ir.Constant(_I64, end), count)
            with builder.if_else(whole) as (at_once, one_by_one):
                with at_once:
                    address = builder.gep(cells, [builder.add(start, ir.Constant(_I64, begin))])
                    builder.store(vector, builder.bitcast(address, _VECTOR.as_pointer()), align=8)
                with one_by_one:
                    for lane in range(begin, end):
                        with builder.if_then(builder.icmp_signed("<", ir.Constant(_I64, lane), count)):
                            address = builder.gep(cells, [builder.add(start, ir.Constant(_I64, lane))])
                            builder.store(builder.extract_element(vector, ir.Constant(_I32, lane - begin)), address)
        return context.get_dummy_value()

    return types.void(lanes, target, types.int64, types.int64), codegen


def _broadcast(builder: Any, scalar: Any) -> Any:
    single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), scalar, ir.Constant(_I32, 0))
    return builder.shuffle_vector(single, single, ir.Constant(ir.VectorType(_I32, VECTOR_LANES), [0] * VECTOR_LANES))


def _part(builder: Any, vector: Any, begin: int, count: int) -> Any:
    lanes = ir.Constant(ir.VectorType(_I32, count), list(range(begin, begin + count)))
    return builder.shuffle_vector(vector, vector, lanes)


def _lower(builder: Any, one: Any, other: Any) -> Any:
    return builder.select(builder.fcmp_ordered("olt", other, one), other, one)
