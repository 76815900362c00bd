"""Random numbers by counter: one stream for each block of paths and each purpose, so that nothing depends on who draws.

Philox (Salmon et al. 2011) is keyed by seed and block; the purpose stands in the top word of its counter. A block can
be drawn alone, in any order, by any worker, and is the same to the last bit. Rows are drawn one after another, so that
the first n of a larger draw are the smaller draw.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem

BLOCK_PATHS_COUNT = 1 << 15
"""Paths in a block. It is part of what a seed means: another size would be other numbers."""
LARGEST_SEED = 2**64 - 1
LARGEST_COUNT = 100_000_000
"""Paths; more would fit no memory that a book is valued in."""


class Purpose(IntEnum):
    """What a stream is drawn for; each has a counter range of its own."""

    NORMALS = 0
    JUMP_COUNTS = 1
    JUMP_SIZES = 2
    MIXING = 3
    VARIANCES = 4
    CHOICES = 5
    PASSAGE = 6
    AFTERMATH = 7


def generator(seed: int, block: int, purpose: Purpose) -> np.random.Generator:
    """Return the generator of one block for one purpose.

    Examples
    --------
    >>> a, b = (generator(7, 3, Purpose.NORMALS).standard_normal(2).tolist() for _ in range(2))
    >>> a == b
    True
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(Problem("seed", seed, "a seed is an integer from 0 to 2^64 - 1"))
    key = np.array([seed, block], dtype=np.uint64)
    counter = np.array([0, 0, 0, purpose], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def block_count(count: int) -> int:
    """Return how many blocks hold `count` paths."""
    return -(-count // BLOCK_PATHS_COUNT)


def block_slice(block: int, count: int) -> slice:
    """Return which of `count` paths a block holds."""
    first = block * BLOCK_PATHS_COUNT
    return slice(first, min(first + BLOCK_PATHS_COUNT, count))


def normals(
    seed: int, block: int, shape: tuple[int, ...], *, antithetic: bool, purpose: Purpose = Purpose.NORMALS
) -> FloatArray:
    """Return standard normals of a block, `(n, ...)`; antithetic rows come in pairs, each beside its mirror image.

    Examples
    --------
    >>> z = normals(1, 0, (4, 2), antithetic=True)
    >>> (z[0::2] == -z[1::2]).all().item(), z.shape
    (True, (4, 2))
    """
    source = generator(seed, block, purpose)
    if not antithetic:
        return source.standard_normal(shape)
    out = np.empty(shape)
    half = source.standard_normal((-(-shape[0] // 2), *shape[1:]))
    out[0::2] = half
    np.negative(half[: shape[0] // 2], out=out[1::2])
    return out


def paired(draws: FloatArray, count: int) -> FloatArray:
    """Return each row twice, cut to `count`: what the two of an antithetic pair have in common."""
    return np.repeat(draws, 2, axis=0)[:count]


def in_blocks(fill: Callable[[int], FloatArray], count: int, *, workers: int = 1) -> FloatArray:
    """Return the rows that `fill(block)` gives for all blocks, `(count, ...)`.

    NumPy draws and computes without the interpreter's lock, so that threads help.
    """
    if count < 1:
        raise InputError(Problem("count", count, "a simulation has one path or more"))
    if workers < 1:
        raise InputError(Problem("workers", workers, "there is at least one worker"))
    blocks = range(block_count(count))
    if len(blocks) == 1:
        return fill(0)
    first = fill(0)
    out = np.empty((count, *first.shape[1:]), dtype=first.dtype)
    out[block_slice(0, count)] = first

    def put(block: int) -> None:
        out[block_slice(block, count)] = fill(block)

    if workers == 1:
        for block in blocks[1:]:
            put(block)
    else:
        with ThreadPoolExecutor(min(workers, len(blocks))) as pool:
            list(pool.map(put, blocks[1:]))
    return out
