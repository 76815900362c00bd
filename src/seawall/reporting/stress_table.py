"""What named events and grids do to an account, and what of them is not applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.reporting.blocks import Block, Cell, Listing, Section, column, number, of_rows, typeset, words
from seawall.reporting.context import Context
from seawall.reporting.sentences import ratio
from seawall.risk.legs import Leg
from seawall.risk.stress_row import StressRow
from seawall.risk.typical_depth import TYPICAL_NOTE
from seawall.scenarios.stress_library import stress_title

STYLES = {"safe": "", "called": "strong", "liquidated": "bad", "unavailable": "quiet"}


def stress_table(context: Context, account: str) -> Section:
    """Return a line for each scenario, at the step that is worst for the account."""
    found = context.stressed
    mine = [one for one in found if one.account == account]
    heads = (
        "scenario", "worst at", ">profit and loss", ">equity then", ">initial now", ">initial then", ">ratio then",
        "then",
    )  # fmt: skip
    blocks: list[Block] = [of_rows(
        "Amounts in USD; full margins in the moved market, at the step that is worst", heads,
        _lines(mine), wide=True,
        note="Called: short of initial margin. Liquidated: the venue acts. Nobody pays anything in on the way.",
    )]  # fmt: skip
    items = [f"{one.scenario} is unavailable: {one.unavailable}." for one in mine if one.unavailable]
    items += [f"{name} is left out: {gap}." for name, gap in context.silent.items()]
    items += [typeset(told) for told in _not_applied(context.legs_not_applied(account))]
    closed = [one for one in mine if one.status == "liquidated"]
    if closed:
        note = f"On {TYPICAL_NOTE.removesuffix('; --depth sets it')}. n/a: no depth is given."
        named = ("scenario", "acts first at", "closed at", ">closing costs", ">missing afterwards")
        usd = [column([float(getattr(one, x)) for one in closed], "USD") for x in ("closing_cost", "deficit")]
        rows = [[*_closing(one), *cells] for one, cells in zip(closed, zip(*usd, strict=True), strict=True)]
        blocks.append(of_rows("Where the venue acts: closing everything there, USD", named, rows, note=note))
    blocks += [Listing(tuple(items))] if items else []
    return Section("stress", "Stress", tuple(blocks))


def _lines(mine: Sequence[StressRow]) -> list[list[Cell]]:
    names = ("pnl", "equity", "initial_before", "initial")
    columns = [column([float(getattr(one, name)) for one in mine], "USD") for name in names]
    return [_line(one, usd) for one, usd in zip(mine, zip(*columns, strict=True), strict=True)]


def _line(one: StressRow, usd: Sequence[Cell]) -> list[Cell]:
    name = Cell(f"{one.scenario}: {typeset(stress_title(one.scenario))}")
    if one.unavailable:
        return [name, words("–"), *(number("n/a") for _ in range(5)), words("unavailable", style="quiet")]
    style = STYLES[one.status]
    return [
        name, words(typeset(one.step) or "–"), *usd,
        number(ratio(one.ratio), style=style), words(one.status, style=style),
    ]  # fmt: skip


def _closing(one: StressRow) -> list[Cell]:
    first = "today" if one.status_before == "liquidated" else one.first_acts or "–"
    return [words(one.scenario), words(typeset(first)), words(typeset(one.step) or "–")]


def _not_applied(found: Mapping[str, tuple[Leg, ...]]) -> list[str]:
    """Return what of the scenarios is not applied, and why, each reason once with the scenarios that it holds for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, legs in found.items():
        for leg in legs:
            size, _, why = leg.note.partition(": ")
            reasons.setdefault((leg.name, why or size), []).append(f"{name} ({size})" if why else name)
    return [f"Not applied: {leg} of {', '.join(names)}: {why}." for (leg, why), names in reasons.items()]
