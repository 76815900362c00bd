"""Tables that people read: margins, what is behind one, what trades change."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seawall.cli.amounts import amount, ratio
from seawall.cli.heat_map import far_moves, heat_map
from seawall.core.evidence import weakest
from seawall.core.time import iso
from seawall.margining import AccountMargin, Explanation
from seawall.margining.model import RiskMatrix
from seawall.market import MarketSnapshot

PIPED_WIDTH = 120
"""Columns of a table that no terminal shows: a file or a pipe has room."""
SHOWN_ACCOUNTS_COUNT = 50
"""A terminal shows this many netting sets; --csv and --json give all."""


def console() -> Console:
    """Return a console for standard output; a pipe gets plain text of a fixed width."""
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=max(made.width, PIPED_WIDTH))


def headline(snapshot: MarketSnapshot, policy_id: str) -> str:
    """Return what was used, in one line."""
    listed = snapshot.table.underlyings
    prices = ", ".join(f"{asset} {price:,.2f}" for asset, price in snapshot.index.items() if asset in listed)
    return f"{snapshot.name} at {iso(snapshot.time_ns)}, {prices} USD, digest {snapshot.digest}; policy {policy_id}"


def margin_table(rows: Iterable[AccountMargin], *, title: str = "") -> RenderableType:
    """Return netting sets as a table, and below it why any has no number."""
    table = Table(title=title or None, title_justify="left", pad_edge=False)
    table.add_column("account", overflow="fold", min_width=10)
    table.add_column("in", no_wrap=True)
    for name in ("equity", "initial", "maintenance", "ratio", "available"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("worst scenario", min_width=17)
    table.add_column("evidence", no_wrap=True)
    reasons: list[Text] = []
    hidden = 0
    for i, row in enumerate(rows):
        if i >= SHOWN_ACCOUNTS_COUNT:
            hidden += 1
            continue
        money = [row.equity, row.initial_margin, row.maintenance_margin]
        table.add_row(
            row.account,
            row.currency,
            *(amount(number, row.currency) for number in money),
            Text(ratio(row.margin_ratio), style="bold red" if row.margin_ratio >= 1.0 else ""),
            amount(row.available_funds, row.currency),
            row.worst_scenario or "-",
            "unavailable" if row.unavailable else row.evidence.value,
        )
        if row.unavailable:
            reasons.append(Text(f"{row.account} is unavailable: {row.unavailable}", style="yellow"))
    if hidden:
        reasons.append(Text(f"... and {hidden} more; --csv and --json give all"))
    return Group(table, *reasons)


def explanation(found: Explanation, *, with_notes: bool = True) -> RenderableType:
    """Return everything behind one account's margin; notes say which prices were derived, and how."""
    parts: list[RenderableType] = []
    parts += [_components(margin) for margin in found.margins if not margin.unavailable]
    for matrix in (matrix for matrix in found.detail.matrices if not np.isnan(matrix.worst)):
        parts += [heat_map(matrix), far_moves(matrix), _contributions(matrix)]
    if found.detail.positions:
        parts.append(_positions(found))
    parts.append(_evidence(found))
    if with_notes:
        parts += [Text(f"Derived prices: {note}", style="dim") for note in found.notes]
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
    table.add_column("position", footer="sum of positions")
    table.add_column("profit and loss", amount(total, matrix.currency), justify="right")
    table.add_column("share of the loss", justify="right")
    for i in np.argsort(matrix.contributions, kind="stable"):
        part = float(matrix.contributions[i])
        share = f"{part / total:+.1%}" if total else "-"
        table.add_row(matrix.lines[i], amount(part, matrix.currency), share)
    beyond = total + matrix.worst
    if matrix.worst_scenario >= matrix.standard.size and beyond:
        table.add_row("dampener and offset", amount(-beyond, matrix.currency), "")
    return table


def _positions(found: Explanation) -> Table:
    table = Table(title="charge by position", title_justify="left", pad_edge=False)
    for name in ("instrument", "size", "in", "initial", "maintenance"):
        table.add_column(name, justify="left" if name in ("instrument", "in") else "right")
    for row in found.detail.positions:
        currency = str(row["currency"])
        initial, maintenance = (float(str(row[name])) for name in ("initial_margin", "maintenance_margin"))
        size = f"{float(str(row['size'])):,.10g}"
        table.add_row(str(row["instrument"]), size, currency, amount(initial, currency), amount(maintenance, currency))
    return table


def _evidence(found: Explanation) -> Table:
    grade = weakest(item.grade for item in found.evidence)
    table = Table(title=f"what it rests on; weakest grade: {grade.value}", title_justify="left", pad_edge=False)
    table.add_column("grade", no_wrap=True)
    table.add_column("number or rule", overflow="fold", ratio=1)
    table.add_column("why", overflow="fold", ratio=1)
    subjects: dict[tuple[str, str], list[str]] = {}
    for item in found.evidence:
        subjects.setdefault((item.grade.value, item.why), []).append(item.subject.removeprefix("currency_pair."))
    for (name, why), members in subjects.items():
        table.add_row(name, "\n".join(members), " ".join(why.split()))
    return table
