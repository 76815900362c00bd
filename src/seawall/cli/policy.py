"""`seawall policy`: which numbers there are, where they come from, what changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from seawall.api.policy_files import load_policy
from seawall.api.policy_impact import policy_impact
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.cli import show
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.policy_tail import tail
from seawall.cli.stand_ins import stand_ins
from seawall.core.amounts import amount
from seawall.core.digest import digest_of
from seawall.core.evidence import Grade
from seawall.core.time import iso
from seawall.margining.impact import PolicyImpact, Standing
from seawall.policy import KINDS, CatalogueRow, MarginPolicy, catalogue
from seawall.policy import diff as compare

app = App(name="policy", help="Margin parameters: dated, sourced, bounded and graded.", help_format="markdown")
app.command(tail)
GRADE_HEADS = {
    Grade.VERIFIED: "verif.", Grade.DOCUMENTED: "docum.", Grade.SECOND_HAND: "second", Grade.ASSUMED: "assum.",
}  # fmt: skip
LATEST = "2100-01-01"
"""Later than every set: the newest is meant."""
SHOWN_NUMBERS_COUNT = 40
"""A longer list is told by its count and range; a digest tells two of them apart."""


@app.command(name="list")
def list_(*, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """List every policy, its dates and how sure its numbers are.

    Parameters
    ----------
    json
        Print as JSON.
    """
    rows = catalogue()
    if json:
        print_json([
            {"id": row.id, "model": row.model, "title": row.title, "kind": row.kind, "dates": row.dates,
             "weakest": [grade.value for grade in row.weakest],
             "grades": [{grade.value: grades.get(grade, 0) for grade in Grade} for grades in row.grades],
             "verified_against": row.verified_against}
            for row in rows
        ])  # fmt: skip
        return
    out = show.console()
    for kind in KINDS:
        if members := [row for row in rows if row.kind == kind]:
            out.print(_list_of(kind, members))
    out.print(
        "verif., docum., second, assum.: how many numbers and rules are verified, documented, second-hand, assumed; "
        "`seawall policy show ID` gives each.",
        style="dim",
    )


def _list_of(kind: str, rows: list[CatalogueRow]) -> Table:
    """Return the policies of one kind, a line a date; whose numbers check them stands beside the first."""
    table = Table(title=kind, title_justify="left", pad_edge=False)
    table.add_column("policy", no_wrap=True)
    table.add_column("from", no_wrap=True)
    for grade in Grade:
        table.add_column(GRADE_HEADS[grade], justify="right", no_wrap=True)
    table.add_column("verified against", overflow="fold", ratio=1)
    for row in rows:
        for i, (day, grades) in enumerate(zip(row.dates, row.grades, strict=True)):
            counts = (str(grades.get(grade, 0)) for grade in Grade)
            table.add_row("" if i else row.id, day, *counts, "" if i else row.verified_against or "nothing published")
    return table


@app.command(name="show")
def show_(policy: str, /, *, at_time: Annotated[str | None, Parameter(name="--at")] = None,
          json: Annotated[bool, Parameter(negative=())] = False,
          csv: Annotated[bool, Parameter(negative=())] = False) -> None:  # fmt: skip
    """Show every number and rule of a policy: unit, bounds, grade, source.

    ```console
    $ seawall policy show deribit/x_pm
    $ seawall policy show deribit/x_pm --at 2026-03-01
    ```

    Parameters
    ----------
    policy
        Id, with or without its date, or a policy's file.
    at_time
        The set that held then; the newest where left out.
    json
        Print everything as JSON.
    csv
        Print rows as CSV.
    """
    check_one_format(as_json=json, as_csv=csv)
    found = load_policy(policy, time=at_time or LATEST)
    rows = _rows(found)
    if json:
        print_json({"id": found.id, "effective": iso(found.effective_ns), "notes": found.notes, "settings": rows})
    elif csv:
        print_csv(rows)
    else:
        out = show.console()
        out.print(f"{found.id}: {found.title}, effective {iso(found.effective_ns)[:10]}, digest {found.digest}")
        wide = out.width >= show.WIDE_FROM
        names = ("name", "setting", "unit", "bounds", "grade", "from") if wide else ("name", "setting", "grade", "from")
        sources = list(dict.fromkeys(str(row["source"]) for row in rows))
        table = Table(pad_edge=False)
        for name in names:
            table.add_column(name, overflow="fold", no_wrap=name in ("grade", "from"))
        for row in rows:
            shown = {**row, "from": f"[{sources.index(str(row['source'])) + 1}]"}
            table.add_row(*(Text(str(shown[name])) for name in names))
        out.print(table)
        for number, source in enumerate(sources, start=1):
            out.print(Text(f"[{number}] {' '.join(source.split())}"))
        if not wide:
            out.print("Units and bounds: a wider terminal, --json or --csv.", style="dim")
        if at_time is None and found.id.startswith(f"{policy}/"):
            out.print("The newest set; a margin takes the one at its snapshot's time, which --at DATE shows.")
        if found.notes:
            out.print(Text(found.notes.strip(), style="dim"))


@app.command
def diff(before: str, after: str, /, *, regraded: Annotated[bool, Parameter(negative=())] = False,
         json: Annotated[bool, Parameter(negative=())] = False) -> None:  # fmt: skip
    """Say what changed from one policy to another.

    ```console
    $ seawall policy diff deribit/x_pm/2026-02-15 deribit/x_pm/2026-09-23
    ```

    Parameters
    ----------
    before
        An id, without a date the newest set is meant; or a policy's file.
    after
        The other one.
    regraded
        Also list settings that stayed while their evidence changed.
    json
        Print as JSON.
    """
    one, two = load_policy(before, time=LATEST), load_policy(after, time=LATEST)
    changes = compare(one, two, regraded=regraded)
    if json:
        print_json([
            {"name": change.path, "change": change.change, "before": change.before, "after": change.after,
             "unit": change.unit, "grade_before": change.grade_before and change.grade_before.value,
             "grade_after": change.grade_after and change.grade_after.value, "source": change.source_after}
            for change in changes
        ])  # fmt: skip
        return
    out = show.console()
    wide = out.width >= show.WIDE_FROM
    names = ("name", "before", "after", "unit", "grade", "source") if wide else ("name", "before", "after", "grade")
    table = Table(title=f"{one.id} → {two.id}", title_justify="left", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for change in changes:
        cells = {
            "name": change.path,
            "before": _shown(change.before),
            "after": _shown(change.after),
            "unit": change.unit,
            "grade": " → ".join(grade.value for grade in (change.grade_before, change.grade_after) if grade),
            "source": change.source_after or change.source_before,
        }
        table.add_row(*(cells[name] for name in names))
    out.print(table if changes else "No difference.")


@app.command
def impact(before: str, after: str, /, *, book: Path,
           snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
           map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
           json: Annotated[bool, Parameter(negative=())] = False,
           csv: Annotated[bool, Parameter(negative=())] = False) -> int:  # fmt: skip
    """Say whom a change from one policy to another touches, by how much, and who would be called.

    ```console
    $ seawall policy impact deribit/x_pm/2026-02-15 deribit/x_pm/2026-09-23 --book book.csv
    ```

    Parameters
    ----------
    before
        An id; without a date the newest set at the snapshot's time is meant.
    after
        The other one.
    book
        The book, as for `seawall margin`.
    snapshot
        A bundled snapshot's name, or a file.
    map_underlying
        `SOL=ETH`: where a policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print rows as CSV.
    """
    check_one_format(as_json=json, as_csv=csv)
    market, held = market_and_book(book, snapshot)
    found = policy_impact(before, after, held, market, stand_ins=stand_ins(map_underlying))
    rows = found.rows()
    if json:
        print_json({"before": found.before.policy.id, "after": found.after.policy.id, "accounts": rows,
                    "newly_called": found.newly_called})  # fmt: skip
    elif csv:
        print_csv(rows)
    else:
        _print_impact(found, rows)
    standings = {row[name] for row in rows for name in ("standing_before", "standing_after")}
    return EXIT_UNAVAILABLE if Standing.UNAVAILABLE.value in standings else 0


def _print_impact(found: PolicyImpact, rows: list[dict[str, object]]) -> None:
    out = show.console()
    changes = np.array([[row["initial_change_usd"], row["maintenance_change_usd"]] for row in rows], dtype=np.float64)
    known = ~np.isnan(changes).any(axis=1)
    touched, unknown = int((changes[known] != 0.0).any(axis=1).sum()), int((~known).sum())
    out.print(show.headline(found.before.snapshot, f"{found.before.policy.id} → {found.after.policy.id}"))
    table = Table(title="change of margin, USD", title_justify="left", pad_edge=False)
    table.add_column("account", overflow="fold", min_width=10)
    for name in ("initial\nbefore", "initial\nafter", "change", "maint.\nchange"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("stands")
    called = found.newly_called
    for row in rows[: show.SHOWN_ACCOUNTS_COUNT]:
        money = ("initial_before_usd", "initial_after_usd", "initial_change_usd", "maintenance_change_usd")
        stands = list(dict.fromkeys((str(row["standing_before"]), str(row["standing_after"]))))
        style = "bold red" if row["account"] in called else ""
        table.add_row(
            str(row["account"]), *(amount(float(str(row[name])), "USD") for name in money),
            Text(" → ".join(stands), style=style),
        )  # fmt: skip
    out.print(table)
    if hidden := max(len(rows) - show.SHOWN_ACCOUNTS_COUNT, 0):
        out.print(f"... and {hidden} more; --csv and --json give all")
    names = ", ".join(called[: show.SHOWN_ACCOUNTS_COUNT]) or "nobody"
    aside = f", {unknown} unavailable" if unknown else ""
    out.print(
        f"{touched} of {len(rows)} accounts are touched{aside}; the change alone would call or liquidate {names}."
    )


def _rows(policy: MarginPolicy) -> list[dict[str, object]]:
    numbers: list[dict[str, object]] = [
        {
            "name": name,
            "setting": _shown(parameter.value),
            "unit": parameter.unit,
            "bounds": _bounds(parameter.lower, parameter.upper, parameter.choices),
            "grade": parameter.grade.value,
            "source": parameter.source,
            "note": parameter.note,
        }
        for name, parameter in policy.parameters.items()
    ]
    rules: list[dict[str, object]] = [
        {
            "name": f"rules.{name}",
            "setting": rule.statement,
            "unit": "",
            "bounds": "",
            "grade": rule.grade.value,
            "source": rule.source,
            "note": "",
        }
        for name, rule in policy.rules.items()
    ]
    return numbers + rules


def _shown(setting: object) -> str:
    if setting is None:
        return "-"
    if isinstance(setting, tuple):
        if len(setting) > SHOWN_NUMBERS_COUNT:
            return f"{len(setting):,} from {min(setting):.4g} to {max(setting):.4g}, digest {digest_of({'': setting})}"
        return ", ".join(_shown(part) for part in setting)
    return f"{setting:,.10g}" if isinstance(setting, float) else str(setting)


def _bounds(lower: float | None, upper: float | None, choices: tuple[str, ...]) -> str:
    if choices:
        return " | ".join(choices)
    if lower is None and upper is None:
        return ""
    return f"{_shown(lower)} to {_shown(upper)}"
