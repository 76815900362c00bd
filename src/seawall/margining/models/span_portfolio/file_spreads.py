"""How spreads form out of the deltas of A accounts: by priority, nearest expiry first, each delta once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.market.span_file import SpanLeg, SpanSpread

Key = tuple[str, str]
"""A commodity and one of its expiries, or one of its tiers."""
Deltas = Mapping[Key, FloatArray]
"""Net composite delta, `(A,)` each."""
_DUST = 1e-9
"""Deltas below this share of a spread are rounding."""


@dataclass(frozen=True, slots=True)
class Formed:
    """Spreads that formed: which, and how many, `(A,)`."""

    spread: SpanSpread
    count: FloatArray


def form_spreads(
    deltas: Deltas, spreads: Sequence[SpanSpread], members: Callable[[SpanLeg], Sequence[Key]]
) -> tuple[list[Formed], dict[Key, FloatArray]]:
    """Return the spreads that form, in order of priority, and the deltas that are left.

    Legs of side A are all long while those of side B are all short, or the other way round.

    Parameters
    ----------
    deltas
        Of A accounts.
    spreads
        In any order.
    members
        Which deltas a leg may use, the first first.

    Examples
    --------
    Four long in March and three short in June form three spreads; one March is left.

    >>> legs = tuple(SpanLeg("X", day, day, side, 1.0) for day, side in (("202603", "A"), ("202606", "B")))
    >>> held = {("X", "202603"): np.array([4.0]), ("X", "202606"): np.array([-3.0])}
    >>> formed, left = form_spreads(held, [SpanSpread(1, "F", 10.0, legs)], lambda leg: [("X", leg.first)])
    >>> formed[0].count.tolist(), left["X", "202603"].tolist(), left["X", "202606"].tolist()
    ([3.0], [1.0], [0.0])
    """
    left, formed = dict(deltas), []
    for spread in sorted(spreads, key=lambda one: one.priority):
        keys = [members(leg) for leg in spread.legs]
        if not all(keys):
            continue
        for long_side in ("A", "B"):
            signs = [1.0 if leg.side == long_side else -1.0 for leg in spread.legs]
            there = [
                np.sum([np.maximum(sign * left[key], 0.0) for key in mine], axis=0) / leg.ratio
                for leg, sign, mine in zip(spread.legs, signs, keys, strict=True)
            ]
            count = np.min(there, axis=0)
            count = np.where(count > _DUST, count, 0.0)
            if not count.any():
                continue
            for leg, sign, mine in zip(spread.legs, signs, keys, strict=True):
                amount = count * leg.ratio
                for key in mine:
                    taken = np.minimum(np.maximum(sign * left[key], 0.0), amount)
                    left[key], amount = left[key] - sign * taken, amount - taken
            formed.append(Formed(spread, count))
    return formed, left


def within(expiry: str, first: str, last: str) -> bool:
    """Whether an expiry lies in a tier; a month of the tier takes in all its days, and empty ends have no bound.

    Examples
    --------
    >>> within("20260630", "202606", "202612"), within("20260630", "", ""), within("20260630", "20260701", "")
    (True, True, False)
    """
    return (not first or expiry >= first) and (not last or expiry[: len(last)] <= last)
