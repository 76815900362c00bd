"""How spreads form out of the deltas of one account: by priority, nearest expiry first, each delta once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.margining.models.span_portfolio.parameters import SpanLeg, SpanSpread

Deltas = dict[tuple[str, str], float]
"""Net composite delta by commodity and expiry."""
_DUST = 1e-9
"""Deltas below this share of a spread are rounding."""


@dataclass(frozen=True, slots=True)
class Formed:
    """Spreads that formed: which, and how many."""

    spread: SpanSpread
    count: float


def form_spreads(deltas: Mapping[tuple[str, str], float], spreads: Sequence[SpanSpread]) -> tuple[list[Formed], Deltas]:
    """Return the spreads that form, in order of priority, and the deltas that are left.

    Legs of side A are all long while those of side B are all short, or the other way round.

    Examples
    --------
    Four long in March and three short in June form three spreads; one March is left.

    >>> legs = tuple(SpanLeg("X", day, day, side, 1.0) for day, side in (("202603", "A"), ("202606", "B")))
    >>> formed, left = form_spreads({("X", "202603"): 4.0, ("X", "202606"): -3.0}, [SpanSpread(1, "F", 10.0, legs)])
    >>> formed[0].count, left
    (3.0, {('X', '202603'): 1.0, ('X', '202606'): 0.0})
    """
    left: Deltas = dict(deltas)
    formed = []
    for spread in sorted(spreads, key=lambda one: one.priority):
        for long_side in ("A", "B"):
            signs = [1.0 if leg.side == long_side else -1.0 for leg in spread.legs]
            count = min(
                (_available(left, leg, sign) / leg.ratio for leg, sign in zip(spread.legs, signs, strict=True)),
                default=0.0,
            )
            if count > _DUST:
                for leg, sign in zip(spread.legs, signs, strict=True):
                    _consume(left, leg, sign, count * leg.ratio)
                formed.append(Formed(spread, count))
    return formed, left


def _members(left: Deltas, leg: SpanLeg, sign: float) -> list[tuple[str, str]]:
    return sorted(
        key for key, delta in left.items()
        if key[0] == leg.commodity and within(key[1], leg.first, leg.last) and sign * delta > 0.0
    )  # fmt: skip


def _available(left: Deltas, leg: SpanLeg, sign: float) -> float:
    return sum(abs(left[key]) for key in _members(left, leg, sign))


def _consume(left: Deltas, leg: SpanLeg, sign: float, amount: float) -> None:
    for key in _members(left, leg, sign):
        taken = min(abs(left[key]), amount)
        left[key] = left[key] - sign * taken
        amount -= taken


def within(expiry: str, first: str, last: str) -> bool:
    """Whether an expiry lies in a tier; a month of the tier takes in all its days, and empty ends have no bound.

    Examples
    --------
    >>> within("20260630", "202606", "202612"), within("20260630", "", ""), within("20260630", "20260701", "")
    (True, True, False)
    """
    return (not first or expiry >= first) and (not last or expiry[: len(last)] <= last)
