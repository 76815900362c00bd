"""The numbers of a position-builder answer, under the names that our own have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seawall.instruments import Option
from seawall.market import MarketSnapshot
from seawall.venues.okx.builder_lines import HeldLine, spot_of
from seawall.venues.okx.builder_messages import VOL_KEYS, BuilderAnswer, UnitAnswer

CHARGES = ("mr1", "mr2", "mr3", "mr4", "mr5", "mr6", "mr7", "mr8", "mr9", "mmr", "imr")
TOTALS = {
    "eq": "native.adjEq", "total_mmr": "native.totalMmr", "total_imr": "native.totalImr",
    "margin_ratio": "native.mgnRatio", "deriv_mmr": "derivatives.mmr", "borrow_mmr": "borrow.mmr", "upl": "upl",
}  # fmt: skip
DOLLAR_SLACK = 0.05
"""A delta that is within this share of size times mark is in USD; one in coin is orders of magnitude away."""

_LEVER = "acctLever and notionalUsd are not compared: OKX takes notionals at another tick than the marks that it prints"
_DELTA = "Deltas are not compared: they are in USD where greeksType was CASH and there are no options, and not here"


def stated_numbers(
    answer: BuilderAnswer, snapshot: MarketSnapshot, held: Mapping[str, Sequence[HeldLine]]
) -> tuple[dict[str, float], list[str]]:
    """Return what the answer states, and a sentence for each kind of number that is left out."""
    totals = answer.totals.message
    stated: dict[str, float] = {}
    for field, name in TOTALS.items():
        if (number := getattr(totals, field)) is not None:
            stated[name] = number
    for row in answer.assets:
        stated |= dict(_asset(row.message.ccy, row.message.avail_eq, row.message.borrow_imr))
    notes = [f"{_LEVER}."] if totals.acct_lever is not None else []
    in_usd = [_in_usd(held[unit.row.path], snapshot) for unit in answer.units]
    for unit, dollars in zip(answer.units, in_usd, strict=True):
        numbers = dict(_unit(unit, spot=spot_of(unit, answer), delta=dollars))
        empty = not held[unit.row.path]  # of a unit without contracts we show nothing, and it needs nothing
        stated |= {name: number for name, number in numbers.items() if number or not empty}
    if not all(in_usd):
        notes.append(f"{_DELTA}.")
    return stated, notes


def _asset(asset: str, equity: float | None, borrow: float | None) -> Iterator[tuple[str, float]]:
    if equity is not None and equity != 0.0:
        yield f"collateral.{asset}.equity", equity
    if borrow is not None and borrow != 0.0:
        yield f"borrow.{asset}.imr", borrow


def _unit(unit: UnitAnswer, *, spot: float, delta: bool) -> Iterator[tuple[str, float]]:
    message, name = unit.row.message, unit.row.message.risk_unit
    for field in (*CHARGES, "upl", *(["delta"] if delta else [])):
        if (number := getattr(message, field)) is not None:
            yield f"{name}.{field}", number
    for shock, field in ((unit.shock, "mr1"), (unit.extreme, "mr6")):
        if shock.pnl is not None:
            yield f"{name}.{field}_pnl", shock.pnl
        if shock.spot_shock is not None and shock.pnl:
            yield f"{name}.{field}_move", shock.spot_shock
    if spot:
        yield f"{name}.spot_in_use", spot
    moves = sorted(unit.scenarios.get(VOL_KEYS[0], {}))
    for p, move in enumerate(moves):
        for v, vol in enumerate(VOL_KEYS):
            yield f"{name}.standard.{p * len(VOL_KEYS) + v}", unit.scenarios[vol][move]


def _in_usd(lines: Sequence[HeldLine], snapshot: MarketSnapshot) -> bool:
    """Return whether deltas are in USD and of contracts alone, so that ours are the same thing."""
    for one in lines:
        if isinstance(one.fact, Option):
            return False
        inverse, paid_in = getattr(one.fact, "inverse", False), one.fact.settlement
        usd = 1.0 if paid_in == "USD" or inverse else snapshot.index[paid_in]
        worth, delta = one.size if inverse else one.size * one.mark * usd, one.row.message.delta
        if delta is None or abs(delta - worth) > DOLLAR_SLACK * abs(worth):
            return False
    return True
