"""Tables that people read: margins, what is behind one, what trades change."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seawall.cli.heat_map import far_moves, heat_map, scenario_bars
from seawall.core.amounts import amount, ratio
from seawall.core.evidence import grade_word, weakest
from seawall.core.time import iso
from seawall.margining import AccountMargin, Explanation, Margins
from seawall.margining.model import RiskArray, RiskMatrix
from seawall.market import MarketSnapshot

PIPED_WIDTH = 120
"""Columns of a table that no terminal shows: a file or a pipe has room."""
WIDE_FROM = 104
"""From this many columns on the whole table fits."""
FIGURE_DIGITS_FROM = 100.0
"""Below this a figure may be a ratio, so that its digits count."""
LISTED_COUNT = 3
"""Up to this many netting sets a narrow terminal gets one line a figure."""
SHOWN_ACCOUNTS_COUNT = 50
"""A terminal shows this many netting sets; --csv and --json give all."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `main`: the reader has gone, which is no failure."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console for standard output; a pipe gets plain text of a fixed width."""
    made = _Console(highlight=False)
    return made if made.is_terminal else _Console(highlight=False, width=max(made.width, PIPED_WIDTH))


def headline(snapshot: MarketSnapshot, policy_id: str = "") -> str:
    """Return what was used, in one line."""
    listed = snapshot.table.underlyings
    prices = ", ".join(f"{asset} {price:,.2f}" for asset, price in snapshot.index.items() if asset in listed)
    used = f"; policy {policy_id}" if policy_id else ""
    known = f", {prices} USD" if prices else ""
    return f"{snapshot.name} at {iso(snapshot.time_ns)}{known}, digest {snapshot.digest}{used}"


def margin_table(rows: Iterable[AccountMargin], *, width: int, title: str = "") -> RenderableType:
    """Return netting sets as a table, and below it why any has no number.

    A narrow terminal gets fewer columns, or one line a figure where there are few netting sets: no figure is ever cut.
    """
    members = list(rows)
    shown = members[:SHOWN_ACCOUNTS_COUNT]
    table = _margin_table(shown, title) if width >= WIDE_FROM else _short_table(shown, title)
    if width < WIDE_FROM and len(shown) <= LISTED_COUNT:
        table = Group(*(_list(row, title) for row in shown))
    below = [
        Text(f"{row.account} is unavailable: {row.unavailable}", style="yellow") for row in shown if row.unavailable
    ]
    if hidden := len(members) - len(shown):
        below.append(Text(f"... and {hidden} more; --csv and --json give all"))
    return Group(table, *below)


def own_figures(margins: Margins) -> Table:
    """Return what a model says beside its margins, a line an account: how far it is from full revaluation, for one."""
    native = margins.requirement.native
    table = Table(title="beside the margin, USD", title_justify="left", pad_edge=False)
    table.add_column("account", overflow="fold", min_width=10)
    for figure in native:
        table.add_column(figure.replace("_", " "), justify="right")
    for r, row in enumerate(margins.rows()[:SHOWN_ACCOUNTS_COUNT]):
        table.add_row(str(row["account"]), *(amount(float(amounts[r]), "USD") for amounts in native.values()))
    return table


def _figures(row: AccountMargin) -> dict[str, str | Text]:
    return {
        "equity": amount(row.equity, row.currency),
        "initial": amount(row.initial_margin, row.currency),
        "maintenance": amount(row.maintenance_margin, row.currency),
        "ratio": Text(ratio(row.margin_ratio), style="bold red" if row.margin_ratio >= 1.0 else ""),
        "available": amount(row.available_funds, row.currency),
    }


def _evidence_word(row: AccountMargin) -> str:
    return "unavailable" if row.unavailable else grade_word(row.evidence)


def _margin_table(rows: list[AccountMargin], title: str) -> RenderableType:
    table = Table(title=title or None, title_justify="left", pad_edge=False)
    table.add_column("account", overflow="fold", min_width=10)
    table.add_column("in", no_wrap=True)
    for name in ("equity", "initial", "maintenance", "ratio", "available"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("worst scenario", min_width=12)
    table.add_column("evidence", no_wrap=True)
    for row in rows:
        worst = row.worst_scenario or "-"
        table.add_row(row.account, row.currency, *_figures(row).values(), worst, _evidence_word(row))
    return table


def _short_table(rows: list[AccountMargin], title: str) -> RenderableType:
    table = Table(title=title or None, title_justify="left", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("account", overflow="fold", min_width=10)
    table.add_column("in", no_wrap=True)
    for name in ("initial", "maintenance", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("evidence", no_wrap=True)
    for row in rows:
        figures = _figures(row)
        kept = (figures[name] for name in ("initial", "maintenance", "ratio"))
        table.add_row(row.account, row.currency, *kept, _evidence_word(row))
    return table


def _list(row: AccountMargin, title: str) -> RenderableType:
    table = Table(title=title or None, title_justify="left", box=None, show_header=False, pad_edge=False)
    table.add_column("")
    table.add_column("", justify="right", overflow="fold")
    table.add_row("account", row.account)
    for name, figure in _figures(row).items():
        unit = "" if name == "ratio" else f" {row.currency}"
        table.add_row(name, Text.assemble(figure, unit))
    table.add_row("worst scenario", row.worst_scenario or "-")
    table.add_row("evidence", _evidence_word(row))
    return table


def explanation(found: Explanation, *, with_notes: bool = True) -> RenderableType:
    """Return everything behind one account's margin; notes say which prices were derived, and how."""
    parts: list[RenderableType] = []
    parts += [_components(margin) for margin in found.margins if not margin.unavailable]
    for matrix in found.detail.matrices:
        parts.append(heat_map(matrix))
        parts += [far_moves(matrix)] if len(matrix.extended) else []
        parts.append(_contributions(matrix))
    for array in found.detail.arrays:
        parts += [scenario_bars(array), *([_array_lines(array)] if array.worst_scenario >= 0 else [])]
    if found.detail.figures:
        parts.append(_figure_table(found))
    if found.detail.positions:
        parts.append(_positions(found))
    parts.append(_evidence(found))
    if with_notes and found.notes:
        parts.append(Text("how prices were derived:", style="dim"))
        parts += [Text(f"  {note}", style="dim") for note in found.notes]
    return Group(*parts)


def _components(margin: AccountMargin) -> Table:
    table = Table(title=f"components, {margin.currency}", title_justify="left", pad_edge=False, show_footer=True)
    table.add_column("component", footer="margin")
    table.add_column("initial", amount(margin.initial_margin, margin.currency), justify="right")
    table.add_column("maintenance", amount(margin.maintenance_margin, margin.currency), justify="right")
    for name, part in margin.initial.items():
        if name != "rounding" and (part or margin.maintenance[name]):  # a nano-unit: --json has it
            kept = margin.maintenance[name]
            table.add_row(name.replace("_", " "), amount(part, margin.currency), amount(kept, margin.currency))
    return table


def _contributions(matrix: RiskMatrix) -> Table:
    table = Table(
        title=f"who contributes at the worst scenario, {matrix.worst_label}, {matrix.currency}",
        title_justify="left",
        pad_edge=False,
        show_footer=True,
    )
    total = float(matrix.contributions.sum())
    table.add_column("position", footer="worst case")
    table.add_column("profit and loss", amount(-matrix.worst, matrix.currency), justify="right")
    table.add_column("share of the loss", justify="right")
    for i in np.argsort(matrix.contributions, kind="stable"):
        part = float(matrix.contributions[i])
        share = f"{part / total:+.1%}" if total else "-"
        table.add_row(matrix.lines[i], amount(part, matrix.currency), share)
    beyond = total + matrix.worst
    if matrix.worst_scenario >= matrix.standard.size and beyond:
        table.add_row("dampener and offset", amount(-beyond, matrix.currency), "")
    return table


def _array_lines(array: RiskArray) -> Table:
    table = Table(
        title=f"who contributes: {array.worst_label}, {array.currency}", title_justify="left", pad_edge=False
    )  # fmt: skip
    table.add_column("line")
    table.add_column("profit and loss", justify="right")
    for name, gains in zip(array.lines, array.line_pnl, strict=True):
        table.add_row(name, amount(float(gains[array.worst_scenario]), array.currency))
    return table


def _figure_table(found: Explanation) -> Table:
    """Return the intermediate figures that are not zero; --json has all of them."""
    table = Table(title="the model's own figures", title_justify="left", pad_edge=False)
    table.add_column("figure", overflow="fold")
    table.add_column("", justify="right", no_wrap=True)
    shown = {name: figure for name, figure in found.detail.figures.items() if figure and not name[-1].isdigit()}
    for name, figure in shown.items():
        told = "n/a" if np.isnan(figure) else f"{figure:,.6g}" if abs(figure) < FIGURE_DIGITS_FROM else f"{figure:,.2f}"
        table.add_row(name, told)
    return table


def _positions(found: Explanation) -> Table:
    table = Table(title="charge by position", title_justify="left", pad_edge=False)
    for name in ("instrument", "size", "in", "initial", "maintenance"):
        table.add_column(name, justify="left" if name in ("instrument", "in") else "right")
    for row in found.detail.positions:
        currency = str(row["currency"])
        initial, maintenance = (float(str(row[name])) for name in ("initial_margin", "maintenance_margin"))
        size = f"{float(str(row['size'])):,.10g}".replace("nan", "-")
        table.add_row(str(row["instrument"]), size, currency, amount(initial, currency), amount(maintenance, currency))
    return table


def _evidence(found: Explanation) -> Table:
    grade = weakest(item.grade for item in found.evidence).value if found.evidence else "none, for it rests on nothing"
    table = Table(title=f"what it rests on; weakest grade: {grade}", title_justify="left", pad_edge=False)
    table.add_column("grade", no_wrap=True)
    table.add_column("number or rule", overflow="fold", ratio=1)
    table.add_column("why", overflow="fold", ratio=1)
    subjects: dict[tuple[str, str], list[str]] = {}
    for item in found.evidence:
        subjects.setdefault((item.grade.value, item.why), []).append(item.subject.removeprefix("currency_pair."))
    for (name, why), members in subjects.items():
        table.add_row(name, "\n".join(members), " ".join(why.split()))
    return table
