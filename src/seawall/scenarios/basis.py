"""What moves beside the spot: the carry of forwards, the gap of perpetuals, and the funding that they pay."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from seawall.core.arrays import FloatArray, IntArray, float_column, frozen
from seawall.core.errors import InputError, Problem


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Moves of S scenarios over U underlyings that a spot move alone does not hold, each `(S, U)`.

    Attributes
    ----------
    carry
        Change of the annual rate at which forwards grow over the spot, as a fraction a year: a forward with `t` years
        left is worth `exp(carry * t)` times what the spot move makes of it. It is also what a move of the rate does.
    perpetual
        Relative gap that opens between a perpetual and the spot: -0.10 is a perpetual 10 % under it.
    funding
        What a long perpetual pays over the elapsed time, as a share of its notional at the mark; negative is received.

    Examples
    --------
    >>> Basis.of((2, 1), perpetual=[[-0.1], [0.0]]).perpetual.tolist()
    [[-0.1], [0.0]]
    """

    carry: FloatArray
    perpetual: FloatArray
    funding: FloatArray

    def __post_init__(self) -> None:
        assert self.carry.shape == self.perpetual.shape == self.funding.shape, "the legs of a basis have one shape"
        problems = [
            Problem(f"basis.{name}", float(leg[bad][0]), rule)
            for name, rule in _RULES
            for leg in (getattr(self, name),)
            for bad in (~np.isfinite(leg) | ((leg <= -1.0) & (name == "perpetual")),)
            if bad.any()
        ]
        if problems:
            raise InputError(problems)
        for leg in fields(self):
            object.__setattr__(self, leg.name, frozen(getattr(self, leg.name)))

    @classmethod
    def of(
        cls,
        shape: tuple[int, ...],
        *,
        carry: FloatArray | list[list[float]] | float = 0.0,
        perpetual: FloatArray | list[list[float]] | float = 0.0,
        funding: FloatArray | list[list[float]] | float = 0.0,
    ) -> Basis:
        """Return the legs that are named; the others stay at zero."""
        return cls(*(float_column(np.broadcast_to(leg, shape)) for leg in (carry, perpetual, funding)))

    @classmethod
    def still(cls, shape: tuple[int, ...]) -> Basis:
        """Return a basis that does not move."""
        return cls.of(shape)

    def take(self, rows: IntArray) -> Basis:
        """Return the given scenarios, in the given order."""
        return Basis(self.carry[rows], self.perpetual[rows], self.funding[rows])

    def after(self, other: Basis) -> Basis:
        """Return the scenarios of `other`, then these."""
        return Basis(*(np.concatenate([b, a]) for a, b in zip(self.legs, other.legs, strict=True)))

    def spread(self, columns: list[int], count: int) -> Basis:
        """Return the same over `count` underlyings, these at `columns`; the others stay."""
        legs = []
        for leg in self.legs:
            wide = np.zeros((len(leg), count))
            wide[:, columns] = leg
            legs.append(wide)
        return Basis(*legs)

    def key(self, s: int) -> tuple[tuple[float, ...], ...]:
        """Return what scenario `s` does, as something that can be compared."""
        return tuple(tuple(leg[s].tolist()) for leg in self.legs)

    @property
    def legs(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Carry, perpetual and funding, in this order."""
        return self.carry, self.perpetual, self.funding


_RULES = (
    ("carry", "a change of carry is a finite fraction a year"),
    ("perpetual", "a perpetual falls by less than 100 % under the spot, and rises by a finite share"),
    ("funding", "funding is a finite share of the notional"),
)
