"""The contracts of a position-builder answer as instruments with signed sizes, in units of size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seawall.core.errors import InputError, Problem
from seawall.instruments import Instrument, Option, Spot
from seawall.market import MarketSnapshot
from seawall.portfolio.book import LARGEST_AMOUNT
from seawall.venues.okx import symbols
from seawall.venues.okx.builder_messages import BuilderAnswer, LineMessage, UnitAnswer
from seawall.venues.okx.reading import Row, product, shown
from seawall.venues.okx.unprinted import contract_value

SIDES = ("net", "", "long", "short")
NEEDED = "it is not in the answer and can't be solved from it: add the public answer {} beside it"


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A line of a risk unit as an instrument with its signed size and its mark."""

    row: Row[LineMessage]
    fact: Instrument
    size: float
    mark: float


def spot_of(unit: UnitAnswer, answer: BuilderAnswer) -> float:
    """Return the coins of spot that hedge a unit: its lines of spot, or else what its asset says is in use."""
    lines = [row.message.amt for row in unit.lines if row.message.inst_type == "SPOT"]
    if lines:
        return sum(lines)
    base = unit.row.message.risk_unit.partition("-")[0]
    return sum(row.message.spot_in_use or 0.0 for row in answer.assets if row.message.ccy == base)


def held_lines(
    answer: BuilderAnswer, public: MarketSnapshot | None, notes: list[str], problems: list[Problem]
) -> Mapping[str, Sequence[HeldLine]]:
    """Return the contracts of each unit by the unit's path; its spot is what the balances own.

    Contract values are those of the public listing where it stands beside the answer, and solved where it does not.
    """
    found: dict[str, Sequence[HeldLine]] = {}
    for unit in answer.units:
        base = unit.row.message.risk_unit.partition("-")[0]
        lines = [_line(row, base, public, notes, problems) for row in unit.lines if row.message.inst_type != "SPOT"]
        found[unit.row.path] = [line for line in lines if line is not None]
    return found


def _line(
    row: Row[LineMessage], base: str, public: MarketSnapshot | None, notes: list[str], problems: list[Problem]
) -> HeldLine | None:
    line = row.message
    try:
        fact = symbols.parse(line.inst_id)
    except InputError as error:
        problems.extend(row.problem("instId", fault.value, fault.rule) for fault in error.problems)
        return None
    if isinstance(fact, Spot) or fact.underlying != base:
        problems.append(row.problem("instId", line.inst_id, f"a contract of the risk unit {shown(base)} is on it"))
    elif line.pos_side not in SIDES or (line.pos_side == "long" and line.amt < 0.0):
        problems.append(row.problem("posSide", line.pos_side, "sides are net, short, and long with an amt >= 0"))
    elif line.amt == 0.0:
        return None
    elif line.mark_px is None or (line.mark_px == 0.0 and not isinstance(fact, Option)):
        problems.append(row.problem("markPx", line.mark_px, "a contract that is held has a mark above 0"))
    else:
        return _sized(row, fact, line.mark_px, public, notes, problems)
    return None


def _sized(
    row: Row[LineMessage],
    fact: Instrument,
    mark: float,
    public: MarketSnapshot | None,
    notes: list[str],
    problems: list[Problem],
) -> HeldLine | None:
    line = row.message
    if public is not None and line.inst_id in public.table:
        fact = public.table.row(public.table.position(line.inst_id))
    else:
        solved = contract_value(fact, line)
        if solved is None:
            problems.append(row.problem("ctVal", "missing", NEEDED.format("public/instruments")))
            return None
        assert not isinstance(fact, Spot), "a pair has no contract value"
        fact = replace(fact, contract_size=solved[0])
        notes.append(f"{solved[1]}: {solved[0]:g}.")
    size = product(-abs(line.amt) if line.pos_side == "short" else line.amt, fact.contract_size)
    if not 0.0 < abs(size) <= LARGEST_AMOUNT:
        problems.append(row.problem("amt", line.amt, f"a size is not 0 and at most {LARGEST_AMOUNT:g}"))
        return None
    return HeldLine(row, fact, size, mark)
