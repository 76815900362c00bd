"""Where a requirement binds: the scenario of a grid, as venues number it and as people say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Binding:
    """The binding scenario of one underlying.

    Attributes
    ----------
    source
        The standard grid or the extended far moves.
    index
        Position in that vector, from 1.
    bucket
        Price bucket, from 1: every volatility scenario of one price is in one bucket.
    side
        Where the price goes.
    label
        In words, such as `-16 %, vol up`.
    """

    source: Literal["standard", "extended"]
    index: int
    bucket: int
    side: Literal["left", "middle", "right"]
    label: str


def side_of(move: float) -> Literal["left", "middle", "right"]:
    """Return the side of a relative price move.

    Examples
    --------
    >>> side_of(-0.16), side_of(0.0), side_of(5.0)
    ('left', 'middle', 'right')
    """
    if move == 0.0:
        return "middle"
    return "left" if move < 0.0 else "right"
