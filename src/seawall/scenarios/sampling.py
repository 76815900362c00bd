"""How a simulation is sampled: how many paths, from which seed, and by which numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios import streams
from seawall.scenarios.streams import Purpose

_REPLICATE_BLOCKS = 1 << 32
"""Blocks between two replicates: more than any replicate has."""


class Draws(IntEnum):
    """How the rows of a sample hang together, which decides what an error or an interval may be told from them."""

    INDEPENDENT = 0
    PAIRS = 1
    """Two and two, z and -z: as good as half as many independent ones where only size matters, better elsewhere."""
    SOBOL = 2
    """Points of a net: their error is not told by how they scatter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How many paths, and where their random numbers come from.

    Attributes
    ----------
    count
        Paths.
    seed
        0 to 2^64 - 1. The same seed gives the same paths, whatever `workers` is; a larger count continues a smaller
        one.
    antithetic
        Draw normals in pairs, z and -z: half the numbers, and less error wherever the outcome is near to monotone.
    sobol
        Draw normals from scrambled Sobol nets, one for each block, instead; needs `pip install 'seawall[stats]'`. Its
        error can only be told from `replicates`.
    workers
        Threads.
    replicate
        Which of several independent repetitions of the same seed this is.

    Examples
    --------
    >>> [part.replicate for part in Sampling(count=8, seed=1).replicates(3)]
    [0, 1, 2]
    """

    count: int
    seed: int
    antithetic: bool = True
    sobol: bool = False
    workers: int = 1
    replicate: int = 0

    def __post_init__(self) -> None:
        most = streams.LARGEST_COUNT
        problems = [
            Problem(name, found, rule)
            for name, found, right, rule in (
                ("count", self.count, 1 <= self.count <= most, f"a simulation has 1 to {most:,} paths"),
                ("workers", self.workers, self.workers >= 1, "there is at least one worker"),
                ("seed", self.seed, 0 <= self.seed <= streams.LARGEST_SEED, "a seed is an integer of 0 to 2^64 - 1"),
                ("replicate", self.replicate, self.replicate >= 0, "replicates count from 0"),
            )
            if not right
        ]
        if problems:
            raise InputError(problems)

    def replicates(self, count: int) -> tuple[Sampling, ...]:
        """Return independent repetitions, from whose spread an error can be told."""
        return tuple(replace(self, replicate=r) for r in range(count))

    @property
    def pairs(self) -> bool:
        """Whether rows come in mirrored pairs."""
        return self.antithetic and not self.sobol

    @property
    def draws(self) -> Draws:
        """How rows hang together."""
        return Draws.SOBOL if self.sobol else Draws.PAIRS if self.pairs else Draws.INDEPENDENT

    def block_paths_count(self, block: int) -> int:
        """Return how many paths a block holds."""
        return min(streams.BLOCK_PATHS_COUNT, self.count - block * streams.BLOCK_PATHS_COUNT)

    def normals(self, block: int, shape: tuple[int, ...], purpose: Purpose = Purpose.NORMALS) -> FloatArray:
        """Return the standard normals of a block, `(n, ...)` for a shape `(...)`."""
        number = block + self.replicate * _REPLICATE_BLOCKS
        whole = (self.block_paths_count(block), *shape)
        if self.sobol and purpose is Purpose.NORMALS:
            from seawall.scenarios.sobol import sobol_normals

            return sobol_normals(streams.generator(self.seed, number, purpose), whole)
        return streams.normals(self.seed, number, whole, antithetic=self.pairs, purpose=purpose)

    def generator(self, block: int, purpose: Purpose) -> np.random.Generator:
        """Return the generator of a block for a purpose."""
        return streams.generator(self.seed, block + self.replicate * _REPLICATE_BLOCKS, purpose)

    def shared(self, block: int) -> int:
        """Return how many draws the paths of a block need of what the two of a pair have in common."""
        count = self.block_paths_count(block)
        return -(-count // 2) if self.pairs else count

    def unshared(self, draws: FloatArray, block: int) -> FloatArray:
        """Return what the pairs have in common as one row for each path."""
        return streams.paired(draws, self.block_paths_count(block)) if self.pairs else draws
