"""`seawall stress`: what happened before, done to a book of today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.api.margins import DEFAULT_POLICY
from seawall.api.shocks import Shocks
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.api.stress import stress as compute
from seawall.cli import show
from seawall.cli.covariance_flags import CovarianceFlags
from seawall.cli.depths import depths
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.outcome_flags import shocks
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.plain_table import plain_table
from seawall.cli.progress import working
from seawall.cli.stand_ins import stand_ins
from seawall.core.amounts import compact, ratio
from seawall.core.errors import MISSING, InputError, Problem
from seawall.risk.legs import Leg
from seawall.risk.stress import Stress
from seawall.risk.stress_row import StressRow
from seawall.risk.typical_depth import TYPICAL_NOTE
from seawall.scenarios.stress_library import path_names, stress_names, stress_title

SHOWN_ACCOUNTS_COUNT = 12
"""A terminal shows this many accounts; --csv and --json give all."""
SHOWN_ROWS_COUNT = 50
ACCOUNT_WIDTH, CELL_WIDTH = 26, 12
_STYLES = {"safe": "", "called": "yellow", "liquidated": "bold red", "unavailable": "yellow"}
_WORDS = {"safe": "safe", "called": "called", "liquidated": "LIQUIDATED", "unavailable": "n/a"}


def stress(
    file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    scenario: Annotated[list[str] | None, Parameter(negative=())] = None,
    all: Annotated[bool, Parameter(negative=())] = False,  # noqa: A002 -- the option's name
    list: Annotated[bool, Parameter(negative=())] = False,  # noqa: A002 -- the option's name
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    depth: Annotated[Sequence[str] | None, Parameter(negative=())] = None,
    shock: Annotated[Sequence[str] | None, Parameter(negative=())] = None,
    stressed_correlation: float | None = None,
    moves: CovarianceFlags | None = None,
    map_underlying: Annotated[Sequence[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say what named scenarios do to a book: gain and loss, margin before and after, who is liquidated.

    Each account is told at the step of a scenario that is worst for it. Nobody pays anything in; `seawall path` shows
    what it takes to get through.

    ```console
    $ seawall stress --list
    $ seawall stress book.csv --scenario 2025-10-10 --policy okx/pm
    $ seawall stress book.csv --all --account desk-1
    $ seawall stress book.csv --shock BTC=-0.3 --shock "BTC vol=0.5"
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    scenario
        A scenario's name; give it several times for several.
    all
        Every scenario.
    list
        List the scenarios.
    policy
        Its rules: an id such as `deribit/x_pm`, or a file.
    snapshot
        The market: a bundled snapshot's name, or a file.
    account
        Only this account.
    depth
        `BTC=50e6`: USD within one per cent of the price before the scenario, for what closing costs.
    shock
        `BTC=-0.3`, `"BTC vol=0.5"`: what moves at once; all else moves as is to be expected with it.
    stressed_correlation
        Of any two coins, and of their volatilities, for what is to be expected of a shock.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row an account and scenario as CSV.
    """
    check_one_format(as_json=json, as_csv=csv)
    if list:
        print_list(as_json=json, as_csv=csv, names=stress_names())
        return 0
    if file is None:
        raise InputError(Problem("file", MISSING, "a book is asked for: seawall stress book.csv --all, or --list"))
    asked = _asked(scenario, shock, stressed_correlation, moves or CovarianceFlags(), every=all)
    market, book = market_and_book(file, snapshot, account)
    given, swaps = depths(depth), stand_ins(map_underlying)
    with working("margins in moved markets"):
        found = compute(book, market, asked, policy, depth_usd=given, stand_ins=swaps)
    rows = found.rows()
    if json:
        legs = {
            name: [{"leg": leg.name, "reach": leg.reach, "note": leg.note} for leg in of]
            for name, of in found.legs.items()
        }
        print_json({"stress": rows, "legs": legs, "notes": found.notes, "snapshot_notes": market.notes})
    elif csv:
        print_csv(rows)
    else:
        out = show.console()
        out.print(show.headline(market, found.policy_id))
        _print(out, found, depth_given=bool(depth))
    return EXIT_UNAVAILABLE if any(row["unavailable"] for row in rows) else 0


def _asked(
    scenario: Sequence[str] | None, shock: Sequence[str] | None, stressed: float | None, moves: CovarianceFlags, *,
    every: bool,
) -> str | tuple[str, ...] | Shocks:  # fmt: skip
    """Return the scenarios that are asked for: all, some by name, or shocks of one's own."""
    if sum((every, bool(scenario), bool(shock))) != 1:
        rule = "scenarios are named with --scenario NAME, all asked for with --all, or your own stated with --shock"
        given = "given with others" if scenario or shock else MISSING
        raise InputError(Problem("--scenario", given, f"{rule}; --list shows names"))
    if not shock:
        moves.refuse_without("--shock")
        if stressed is not None:
            raise InputError(Problem("stressed_correlation", stressed, "it is of --shock"))
        return "all" if every else tuple(dict.fromkeys(scenario or ()))
    return Shocks(moves=shocks(shock), vols=moves.vols, stressed_correlation=stressed, **moves.stated)


def print_list(*, as_json: bool, as_csv: bool, names: Sequence[str]) -> None:
    """Print the scenarios by name."""
    rows = [{"scenario": name, "title": stress_title(name), "path": name in path_names()} for name in names]
    if as_json:
        print_json({"scenarios": rows})
    elif as_csv:
        print_csv(rows)
    else:
        table = plain_table()
        table.add_column("scenario", no_wrap=True)
        table.add_column("what it is", overflow="fold")
        for row in rows:
            table.add_row(str(row["scenario"]), str(row["title"]))
        show.console().print(table)


def _print(out: Console, found: Stress, *, depth_given: bool) -> None:
    if len(found.scenarios) > 1 and len(found.accounts) > 1:
        for table in _overviews(found, out.width):
            out.print(table)
        out.print(_legend(found))
        out.print("--scenario NAME or --account NAME shows one in full.", style="dim")
        return
    by_scenario = len(found.scenarios) == 1
    one = found.scenarios[0] if by_scenario else found.accounts[0]
    title = f": {stress_title(one)}" if by_scenario and one in stress_names() else ""
    out.print(Text(f"{one}{title}", style="bold"))
    for note in found.notes:
        out.print(Text(f"  {note}", style="dim"))
    if by_scenario:
        out.print(leg_table(found.legs[one]))
    out.print(_full(found, by_scenario=by_scenario, wide=out.width >= show.WIDE_FROM))
    for line in _sentences(found):
        out.print(line)
    if not by_scenario:
        for name in found.scenarios:
            for leg in found.not_applied(name):
                out.print(Text(f"{name}, not applied: {leg.name}, {leg.note}", style="dim"))
    if not depth_given:
        out.print(Text(TYPICAL_NOTE, style="dim"))


def leg_table(legs: Sequence[Leg]) -> Table:
    """Return what moves in a scenario, and what of it reaches the book."""
    table = plain_table(header=False)
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", overflow="fold")
    for leg in legs:
        table.add_row(leg.name, Text(leg.reach, style="yellow" if leg.reach == "not applied" else "dim"), leg.note)
    return table


def _overviews(found: Stress, width: int) -> Iterator[Table]:
    """Yield the largest loss and the status of each account in each scenario, as many scenarios as fit beside it."""
    count = max((width - ACCOUNT_WIDTH) // CELL_WIDTH, 1)
    for start in range(0, len(found.scenarios), count):
        title = "" if start else "largest loss in USD, and what becomes of the account"
        table = plain_table(title)
        table.add_column("account", overflow="fold", min_width=10)
        names = found.scenarios[start : start + count]
        for name in names:
            table.add_column(name, justify="right", no_wrap=True)
        for account in found.accounts[:SHOWN_ACCOUNTS_COUNT]:
            cells = [found.of(account, name) for name in names]
            words = [
                Text(f"{compact(round(one.worst_pnl, 2))}\n{_WORDS[one.status]}", style=_STYLES[one.status])
                for one in cells
            ]
            table.add_row(account, *words)
        yield table


def _legend(found: Stress) -> Text:
    hidden = len(found.accounts) - SHOWN_ACCOUNTS_COUNT
    more = f"... and {hidden} accounts more; --csv and --json give all. " if hidden > 0 else ""
    return Text(
        f"{more}called: short of initial margin. LIQUIDATED: the venue acts. Nobody pays anything in.", style="dim"
    )


def _full(found: Stress, *, by_scenario: bool, wide: bool) -> Table:
    table = plain_table("amounts in USD; the margin in the moved market, at the step that is worst for the account")
    table.add_column("account" if by_scenario else "scenario", overflow="fold", min_width=10)
    table.add_column("worst at", overflow="fold", min_width=8)
    names = ["P&L", "equity", "initial margin", "margin ratio"] if wide else ["P&L", "initial", "ratio"]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("then", no_wrap=True)
    for one in found.found[:SHOWN_ROWS_COUNT]:
        table.add_row(one.account if by_scenario else one.scenario, one.step or "-", *_figures(one, wide=wide))
    return table


def _figures(one: StressRow, *, wide: bool) -> list[Text]:
    """Return the figures of a row; where there is room, what they were before too."""
    style = _STYLES[one.status]
    status = Text("n/a" if one.unavailable else one.status, style=style)
    gain, margin, then = f"{one.pnl:,.0f}", f"{one.initial:,.0f}", whole_ratio(one.ratio)
    if one.unavailable:
        return [Text("n/a")] * (4 if wide else 3) + [status]
    if not wide:
        return [Text(gain), Text(margin), Text(then, style=style), status]
    return [
        Text(gain), Text(f"{one.equity:,.0f}"), Text(f"{one.initial_before:,.0f} → {margin}"),
        Text(f"{whole_ratio(one.ratio_before)} → {then}", style=style), status,
    ]  # fmt: skip


def whole_ratio(number: float) -> str:
    """Return a margin ratio in whole per cent."""
    return f"{number:.0%}" if number < float("inf") else ratio(number)


def _sentences(found: Stress) -> list[Text]:
    """Return what a risk manager asks next: why there is no number, what closing costs, who saw it too late."""
    several = len(found.scenarios) > 1
    lines = []
    for one in found:
        who = f"{one.account}, {one.scenario}" if several else one.account
        if one.unavailable:
            lines.append(Text(f"{who} is unavailable: {one.unavailable}", style="yellow"))
        elif one.status == "liquidated":
            where = f"at {one.first_acts}" if one.scenario in path_names() else "in a part of it"
            where = "today, before it begins" if one.status_before == "liquidated" else where
            told = f"{who}: the venue acts {where}."
            if one.closing_cost == one.closing_cost:
                told += f" Closing at {one.step} costs {one.closing_cost:,.0f}"
                told += f" and leaves {one.deficit:,.0f} missing." if one.deficit > 0.0 else "; equity covers it."
            else:
                told += " What closing costs is not known: see the legs that are not applied."
            if one.first_acts_seen != one.first_acts:
                told += f" Who reads the late oracle acts at {one.first_acts_seen or 'no step'}."
            lines.append(Text(told))
    return lines
