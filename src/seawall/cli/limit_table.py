"""Limits as tables that people read: how each stands, and what trades would do to it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from seawall.risk.limits import IN_COIN, Limit, LimitReport, LimitRow, Status
from seawall.risk.pre_trade import PreTrade

SHOWN_COUNT = 40
"""A terminal shows this many limits; --csv and --json give all."""
_STYLES = {Status.WITHIN: "", Status.WARNING: "yellow", Status.BREACH: "bold red", Status.UNAVAILABLE: "yellow"}
_WORDS = {Status.BREACH: "BREACH"}


def worst_first(checks: Iterable[LimitRow]) -> list[LimitRow]:
    """Return limits from the worst to the best."""
    rank = list(Status)
    return sorted(checks, key=lambda row: (-rank.index(row.status), -row.used if row.used == row.used else 0.0))


def limit_table(report: LimitReport, *, wide: bool) -> list[Table | Text]:
    """Return how limits stand, the worst first, and why a measure is missing."""
    rows = worst_first(report.checks)
    broken = sum(row.status is Status.BREACH for row in rows)
    table = _table(f"{report.title or 'limits'}: {broken} of {len(rows)} broken")
    table.add_column("limit", overflow="fold", min_width=8)
    table.add_column("account", overflow="fold", min_width=10)
    for name in ("measured", "bound", "used"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("stands", no_wrap=True)
    if wide:
        table.add_column("measure", overflow="fold")
    for row in rows[:SHOWN_COUNT]:
        status = Text(_WORDS.get(row.status, row.status.value), style=_STYLES[row.status])
        figures = (measure(row.limit, row.measured), bound(row), _used(row.used))
        more = [_measured(row.limit)] if wide else []
        table.add_row(row.limit.name, _whose(row.account), *figures, status, *more)
    below: list[Table | Text] = [
        Text(f"{row.limit.name} of {_whose(row.account)} is unavailable: {row.reason}", style="yellow")
        for row in rows[:SHOWN_COUNT]
        if row.reason
    ]
    if (hidden := len(rows) - SHOWN_COUNT) > 0:
        below.append(Text(f"... and {hidden} limits more, none worse; --csv and --json give all"))
    return [table, *below, *(Text(f"  {note}", style="dim") for note in report.notes)]


def pre_trade_table(found: PreTrade) -> list[Table | Text]:
    """Return whether trades are allowed, what stands in the way, and what they do to each limit."""
    verdict = Text("ALLOWED by margin and limits", style="bold")
    if found.reasons:
        verdict = Text("REFUSED\n", style="bold red")
        verdict.append("\n".join(f"  {reason}" for reason in found.reasons), style="not bold")
    table = _table("limits before and after")
    table.add_column("limit", overflow="fold", min_width=8)
    table.add_column("account", overflow="fold", min_width=8)
    for name in ("before", "after", "bound", "used"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("stands", no_wrap=True)
    was = {(row.limit.name, row.account): row for row in found.before.checks}
    for row in worst_first(found.after.checks)[:SHOWN_COUNT]:
        first = was[row.limit.name, row.account]
        status = Text(_WORDS.get(row.status, row.status.value), style=_STYLES[row.status])
        table.add_row(
            row.limit.name, _whose(row.account), measure(row.limit, first.measured), measure(row.limit, row.measured),
            bound(row), _used(row.used), status,
        )  # fmt: skip
    return [verdict, table, *(Text(f"  {note}", style="dim") for note in found.after.notes)]


def measure(limit: Limit, amount: float) -> str:
    """Return an amount in the unit of a measure, without one: dollars whole, shares as per cent.

    Examples
    --------
    >>> measure(Limit("v", "vega_usd", upper=1.0), 12345.6), measure(Limit("h", "headroom_ratio", lower=0.1), 0.123)
    ('12,346', '12.3 %')
    """
    if math.isnan(amount):
        return "n/a"
    if math.isinf(amount):
        return "no end" if amount > 0.0 else "below all"
    if limit.measure.endswith(("_ratio", "_share")):
        return f"{100.0 * amount:z,.1f} %"
    if limit.measure in IN_COIN or "usd" not in limit.measure:
        return f"{amount:,.4g}" if abs(amount) < 1e4 else f"{amount:,.0f}"
    return f"{amount:z,.0f}"


def bound(row: LimitRow) -> str:
    """Return the bound that is nearer to what was measured: `at most`, or `at least`."""
    limit = row.limit
    if math.isinf(limit.lower) or (math.isfinite(limit.upper) and row.measured >= 0.5 * (limit.lower + limit.upper)):
        return f"≤ {measure(limit, limit.upper)}"
    return f"≥ {measure(limit, limit.lower)}"


def _used(used: float) -> str:
    if math.isnan(used):
        return "n/a"
    return "past it" if math.isinf(used) else f"{used:.0%}"


def _measured(limit: Limit) -> str:
    return f"{limit.measure} of {limit.asset}" if limit.asset else limit.measure


def _whose(account: str) -> str:
    return "all together" if account == "*" else account


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), pad_edge=False)
