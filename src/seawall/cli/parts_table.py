"""What each holding makes of VaR and ES, as tables that people read: one where there is room, else one for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from rich.table import Table
from rich.text import Text

from seawall.cli.plain_table import plain_table
from seawall.core.amounts import amount
from seawall.risk.tail_report import AccountTail, TailPart

SHOWN_PARTS_COUNT = 50
"""A terminal shows this many holdings; --csv and --json give all."""
LEGEND = (
    "Components sum to the account's figure, below zero where a holding hedges; ± is half of an interval that holds "
    "the true one with {level} %. Marginal: per unit of size. "
    "Incremental: the figure less what it is without the holding. Alone: the holding by itself."
)

Cell: TypeAlias = str | Text


def legend(tail: AccountTail) -> str:
    """Return what the columns are."""
    return LEGEND.format(level=f"{100.0 * tail.risk.interval_confidence:g}")


def parts_tables(tail: AccountTail, *, wide: bool) -> list[Table]:
    """Return the holdings of one account, the largest part of ES first."""
    parts = sorted(tail.parts, key=lambda part: -part.expected_shortfall)
    whole_var, whole_es = tail.risk.value_at_risk, tail.risk.expected_shortfall

    def of_var(part: TailPart) -> list[Cell]:
        figures = (part.value_at_risk, part.marginal_value_at_risk, part.incremental_value_at_risk)
        return _cells(part.value_at_risk_half_width, *figures, part.alone_value_at_risk, whole_var)

    def of_es(part: TailPart) -> list[Cell]:
        figures = (part.expected_shortfall, part.marginal_expected_shortfall, part.incremental_expected_shortfall)
        return _cells(part.expected_shortfall_half_width, *figures, part.alone_expected_shortfall, whole_es)

    names = ("component", "share", "marginal", "incremental", "alone")
    title = "what each holding makes of {}, USD"
    if not wide:
        return [_table(title.format(of), names, parts, cells, 1) for of, cells in (("VaR", of_var), ("ES", of_es))]

    def of_both(part: TailPart) -> list[Cell]:
        var = of_var(part)
        return [var[0], var[3], *of_es(part)]

    both = ["VaR\ncomponent", "VaR\nincremental", "ES\ncomponent", "share", *(f"ES\n{name}" for name in names[2:])]
    return [_table(title.format("it"), both, parts, of_both, 2)]


def _table(
    title: str, names: Sequence[str], parts: Sequence[TailPart], cells: Callable[[TailPart], list[Cell]], padding: int
) -> Table:
    table = plain_table(title, padding=padding)
    table.add_column("holding", overflow="fold", min_width=12)
    table.add_column("size", justify="right", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for part in parts[:SHOWN_PARTS_COUNT]:
        table.add_row(part.name, f"{part.size:,.10g}", *cells(part))
    if (hidden := len(parts) - SHOWN_PARTS_COUNT) > 0:
        table.add_row(f"... and {hidden} more")
    return table


def _cells(
    half: float, component: float, marginal: float, incremental: float, alone: float, whole: float
) -> list[Cell]:
    share = f"{component / whole:+.0%}" if whole else "-"
    middle = f"{marginal:,.6g}"
    figure = Text(amount(component, "USD"))
    figure.append("\n± no bound" if math.isinf(half) else f"\n± {amount(half, 'USD')}", style="dim")
    return [figure, share, middle, amount(incremental, "USD"), amount(alone, "USD")]
