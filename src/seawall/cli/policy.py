"""`seawall policy`: which numbers there are, where they come from, what changed."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from seawall.cli import show
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.core.evidence import Grade
from seawall.core.time import iso
from seawall.policy import MarginPolicy, at, catalogue
from seawall.policy import diff as compare

app = App(name="policy", help="Margin parameters: dated, sourced, bounded and graded.", help_format="markdown")
LATEST = "2100-01-01"
"""Later than every set: the newest is meant."""


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
            {"id": row.id, "model": row.model, "title": row.title, "dates": row.dates,
             "weakest": [grade.value for grade in row.weakest]}
            for row in rows
        ])  # fmt: skip
        return
    table = Table(pad_edge=False)
    for name in ("policy", "effective from", *(grade.value for grade in Grade)):
        table.add_column(name)
    for row in rows:
        for day, grades in zip(row.dates, row.grades, strict=True):
            table.add_row(row.id, day, *(str(grades.get(grade, 0)) for grade in Grade))
    out = show.console()
    out.print(table)
    out.print("Columns count numbers and rules by evidence grade; `seawall policy show ID` gives each.", style="dim")


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
        Id, with or without its date.
    at_time
        The set that held then; the newest where left out.
    json, csv
        Print for machines.
    """
    check_one_format(as_json=json, as_csv=csv)
    found = at(policy, at_time or LATEST)
    rows = _rows(found)
    if json:
        print_json({"id": found.id, "effective": iso(found.effective_ns), "notes": found.notes, "settings": rows})
    elif csv:
        print_csv(rows)
    else:
        out = show.console()
        out.print(f"{found.id}: {found.title}, effective {iso(found.effective_ns)[:10]}, digest {found.digest}")
        wide = out.width >= show.WIDE_FROM
        names = ("name", "setting", "unit", "bounds", "grade", "source") if wide else ("name", "setting", "grade")
        table = Table(pad_edge=False)
        for name in names:
            table.add_column(name, overflow="fold", no_wrap=name == "grade")
        for row in rows:
            table.add_row(*(Text(str(row[name])) for name in names))
        out.print(table)
        if not wide:
            out.print("Units, bounds and sources: a wider terminal, --json or --csv.", style="dim")
        if policy != found.id and at_time is None:
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
    before, after
        Ids; without a date the newest set is meant.
    regraded
        Also list settings that stayed while their evidence changed.
    json
        Print as JSON.
    """
    one, two = at(before, LATEST), at(after, LATEST)
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
        return ", ".join(_shown(part) for part in setting)
    return f"{setting:,.10g}" if isinstance(setting, float) else str(setting)


def _bounds(lower: float | None, upper: float | None, choices: tuple[str, ...]) -> str:
    if choices:
        return " | ".join(choices)
    if lower is None and upper is None:
        return ""
    return f"{_shown(lower)} to {_shown(upper)}"
