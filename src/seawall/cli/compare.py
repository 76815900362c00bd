"""`seawall compare`: one book under several venues' rules, and what makes the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seawall.api.compare import BIG_VENUES
from seawall.api.compare import compare as compute
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.cli import show
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.stand_ins import stand_ins
from seawall.core.amounts import amount, ratio
from seawall.core.evidence import NOTHING_RANK, Grade, grade_word
from seawall.margining.comparison import Comparison

SHOWN_ACCOUNTS_COUNT = 12
"""A terminal explains this many accounts; --csv and --json give all."""
OVERVIEW_ACCOUNTS_COUNT = 50
LEAST_MARK = "*"
SHOWN_ASSUMED_COUNT = 4
"""Assumed numbers and rules that are named for each policy; `seawall margin --explain` lists all."""
LEGEND = (
    "USD. Headroom: collateral that the venue counts, less initial margin. Ratio: 100 % is liquidation. "
    "Netting: positions one by one over the same positions together, coin left out."
)
OVERVIEW_LEGEND = f"{LEAST_MARK} least initial margin. Assumed: nobody outside the venue knows some number or rule."
SMALL_SHARE = 0.001
"""Classes below this share of a margin are left out of the sentence that explains a difference."""


def compare(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    policy: Annotated[list[str] | None, Parameter(name=["--policy", "-p"], negative=())] = None,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say what a book needs under several venues' rules, and what makes the difference.

    The market is revalued once for all of them. Contracts are counted as they are held; what a venue has no rule for is
    refused there, by name.

    ```console
    $ seawall compare book.csv
    $ seawall compare book.csv -p deribit/x_pm -p okx/pm -p deribit/x_pm/2026-09-23 --account desk-1
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    policy
        Give it once for each policy; the portfolio margin of five large venues where left out.
    snapshot
        A bundled snapshot's name, or a file.
    account
        Only this account.
    map_underlying
        `SOL=ETH`: where a policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row an account and policy as CSV.
    """
    check_one_format(as_json=json, as_csv=csv)
    market, book = market_and_book(file, snapshot, account)
    found = compute(book, market, policy or BIG_VENUES, stand_ins=stand_ins(map_underlying))
    rows = found.rows()
    if json:
        print_json({"comparison": rows, "differences": _differences(found), "snapshot_notes": market.notes})
    elif csv:
        print_csv(rows)
    else:
        out = show.console()
        out.print(show.headline(market, ", ".join(found.policies)))
        _print(out, found)
    return EXIT_UNAVAILABLE if any(row["unavailable"] for row in rows) else 0


def _print(out: Console, found: Comparison) -> None:
    """Print one account in full, and of several what each needs and why."""
    if len(found.accounts) == 1:
        out.print(comparison(found, 0, width=out.width))
        out.print(LEGEND, style="dim")
        return
    out.print(overview(found))
    for a, name in enumerate(found.accounts[:SHOWN_ACCOUNTS_COUNT]):
        out.print(Text(name, style="bold"))
        lines = [*_refusals(found.rows(name)), *sentences(found, a)]
        out.print(Padding(Group(*map(Text, lines)), (0, 0, 0, 2)))
    if hidden := max(len(found.accounts) - SHOWN_ACCOUNTS_COUNT, 0):
        out.print(f"... and {hidden} accounts more; --csv and --json give all")
    out.print(f"{OVERVIEW_LEGEND} `--account NAME` shows one account in full.", style="dim")


def overview(found: Comparison, *, stories: Mapping[str, str] | None = None) -> Table:
    """Return initial and maintenance margin of every account under every policy, the least of each marked."""
    table = Table(title="initial margin / maintenance margin, USD", title_justify="left", pad_edge=False)
    table.add_column("account", overflow="fold", min_width=10)
    for name in _short_names(found.policies):
        table.add_column(name.replace("/", "/\n", 1), justify="right", no_wrap=True)
    for a, name in enumerate(found.accounts[:OVERVIEW_ACCOUNTS_COUNT]):
        needs, keeps = found.initial_usd[:, a], found.maintenance_usd[:, a]
        known = ~np.isnan(needs)
        least = np.nanmin(needs) if known.sum() > 1 else np.nan
        cells = [
            Text(f"{need:,.0f}{LEAST_MARK if need == least else ''}\n", style="bold").append(
                f"{keep:,.0f}", style="not bold"
            )
            if ok
            else Text("unavailable", style="yellow")
            for need, keep, ok in zip(needs, keeps, known, strict=True)
        ]
        table.add_row(Text(name, style="bold").append(f"\n{(stories or {}).get(name, '')}", style="not bold"), *cells)
    table.add_section()
    weakest = [
        "-" if np.isnan(needs).all() else grade_word((*Grade, None)[one.evidence_rank.max(initial=NOTHING_RANK)]) or "-"
        for one, needs in zip(found.margins, found.initial_usd, strict=True)
    ]
    table.add_row("weakest evidence", *weakest, style="dim")
    return table


def comparison(found: Comparison, a: int, *, width: int) -> RenderableType:
    """Return one account under every policy: margins, their classes side by side, and the difference in words."""
    rows = found.rows(found.accounts[a])
    nets = int(np.diff(found.margins[0].book.positions.indptr)[a]) > 1
    parts: list[RenderableType] = [_margins(rows, wide=width >= show.WIDE_FROM, nets=nets)]
    parts += [Text(line, style="yellow") for line in _refusals(rows)]
    known = _known(found, a)
    if len(known) > 1:
        parts.append(_classes(found, a, known))
        parts += [Text(sentence) for sentence in sentences(found, a)]
    parts += [Text(line, style="dim") for line in _assumptions(found, a)]
    return Group(*parts)


def _assumptions(found: Comparison, a: int) -> Iterator[str]:
    """Yield how much of each policy's number nobody outside the venue knows, and what that is."""
    for name, margins in zip(_short_names(found.policies), found.margins, strict=True):
        used = margins.evidence_of(found.accounts[a])
        assumed = [
            item.subject.removeprefix("rules.").replace("_", " ") for item in used if item.grade is Grade.ASSUMED
        ]
        if assumed:
            more = f" and {len(assumed) - SHOWN_ASSUMED_COUNT} more" if len(assumed) > SHOWN_ASSUMED_COUNT else ""
            listed = ", ".join(assumed[:SHOWN_ASSUMED_COUNT])
            yield f"{name} rests on {len(used)} numbers and rules, {len(assumed)} of them assumed: {listed}{more}."


def _refusals(rows: list[dict[str, object]]) -> list[str]:
    return [f"{row['policy']} is unavailable: {row['unavailable']}" for row in rows if row["unavailable"]]


def _known(found: Comparison, a: int) -> list[int]:
    """Return the policies under which an account has a margin."""
    return np.flatnonzero(~np.isnan(found.initial_usd[:, a])).tolist()


def _margins(rows: list[dict[str, object]], *, wide: bool, nets: bool) -> Table:
    table = Table(pad_edge=False)
    table.add_column("policy", overflow="fold")
    for name in ("initial", "maint.", "headroom", "ratio", "netting"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("worst scenario", min_width=12)
    if wide:
        table.add_column("evidence", no_wrap=True)
    for row in rows:
        figures = [amount(_number(row[name]), "USD") for name in
                   ("initial_margin_usd", "maintenance_margin_usd", "headroom_usd")]  # fmt: skip
        benefit = _number(row["netting_benefit"])
        netting = "n/a" if np.isnan(benefit) else "all" if np.isinf(benefit) else f"{benefit:.2f}x" if nets else "-"
        evidence = ["unavailable" if row["unavailable"] else str(row["evidence"])] if wide else []
        name = str(row["policy"]) if wide else _on_two_lines(str(row["policy"]))
        table.add_row(
            name, *figures, ratio(_number(row["margin_ratio"])), netting,
            str(row["worst_scenario"]) or "-", *evidence,
        )  # fmt: skip
    return table


def _classes(found: Comparison, a: int, known: list[int]) -> Table:
    table = Table(title="initial margin by what it charges for, USD", title_justify="left", pad_edge=False)
    table.add_column("")
    names = _short_names(found.policies)
    for p in known:
        table.add_column(names[p], justify="right", no_wrap=True)
    for component, usd in found.components_usd.items():
        cells = [float(usd[p, a]) for p in known]
        if any(abs(cell) >= 0.005 for cell in cells):
            table.add_row(component.value, *(amount(cell, "USD") if abs(cell) >= 0.005 else "-" for cell in cells))
    return table


def sentences(found: Comparison, a: int) -> Iterator[str]:
    """Yield why each policy needs more than the one that needs least, largest part first."""
    known = _known(found, a)
    if not known:
        return
    least = min(known, key=lambda p: found.initial_usd[p, a])
    name, base, short = found.accounts[a], float(found.initial_usd[least, a]), _short_names(found.policies)
    for p in known:
        more = float(found.initial_usd[p, a]) - base
        if p == least or more <= SMALL_SHARE * abs(base):
            continue
        parts = found.differences(name, found.policies[least], found.policies[p])
        told = [f"{part.component.value} {part.change:+,.0f}" for part in parts
                if abs(part.change) > SMALL_SHARE * max(base, more)]  # fmt: skip
        times = f", {found.initial_usd[p, a] / base:.2f} times as much" if base > 0.0 else ""
        yield (f"{short[p]} needs {more:,.0f} USD more than {short[least]}{times}: {', '.join(told)}.")


def _differences(found: Comparison) -> list[dict[str, object]]:
    least = [int(np.nanargmin(column)) if not np.isnan(column).all() else -1 for column in found.initial_usd.T]
    return [
        {"account": name, "from": found.policies[least[a]], "to": to, "component": part.component.value,
         "before_usd": part.before, "after_usd": part.after, "change_usd": part.change}
        for a, name in enumerate(found.accounts)
        if least[a] >= 0
        for to in found.policies
        if to != found.policies[least[a]]
        for part in found.differences(name, found.policies[least[a]], to)
    ]  # fmt: skip


def _short_names(policies: Sequence[str]) -> list[str]:
    """Return the policies' ids without their dates, where that says which is meant."""
    short = []
    for policy_id in policies:
        venue, _, rest = policy_id.partition("/")
        model, _, dated = rest.partition("/")
        short.append(f"{venue}/{model}" + (f" {dated.partition(' ')[2]}" if " " in dated else ""))
    return [name if short.count(name) == 1 else policy for name, policy in zip(short, policies, strict=True)]


def _on_two_lines(policy_id: str) -> str:
    """Return a policy's id on two lines, its date on the second."""
    family, slash, date = policy_id.rpartition("/")
    return f"{family}{slash}\n{date}" if family.count("/") else policy_id


def _number(cell: object) -> float:
    return float(str(cell))
