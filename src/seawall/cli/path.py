"""`seawall path`: a book through a scenario, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.api.margin_path import margin_path as compute
from seawall.api.margins import DEFAULT_POLICY, as_policy
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.cli import show
from seawall.cli.depths import depths
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.progress import working
from seawall.cli.stand_ins import stand_ins
from seawall.cli.stress import leg_table, plain_table, print_list, whole_ratio
from seawall.core.errors import MISSING, InputError, Problem
from seawall.market import MarketSnapshot
from seawall.risk.margin_path import MarginPath, Step
from seawall.risk.typical_depth import TYPICAL_NOTE
from seawall.scenarios.stress_library import path_names, stress_called, stress_title

SHOWN_ACCOUNTS_COUNT = 50
NAME_WIDTH = 26


def path(
    file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    scenario: str = "",
    list: Annotated[bool, Parameter(negative=())] = False,  # noqa: A002 -- the option's name
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    answer: Literal["pay", "ignore"] = "pay",
    pay_in: str = "",
    depth: Annotated[Sequence[str] | None, Parameter(negative=())] = None,
    map_underlying: Annotated[Sequence[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Follow a book through a scenario: margin, equity, calls and the cash that it takes.

    Every step is a whole market and a full margin. A shortfall of initial margin is paid in at once and stays; with
    `--answer ignore` nothing is paid, and a step shows what an account would be short of.

    ```console
    $ seawall path --list
    $ seawall path book.csv --scenario 2025-10-10
    $ seawall path book.csv --scenario flash-crash --account desk-1 --answer ignore
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    scenario
        A scenario's name; `--list` shows them.
    list
        List the scenarios that are paths.
    policy, snapshot
        As for `seawall margin`.
    account
        Only this account, in full.
    answer
        What is done with a call.
    pay_in
        Asset that is paid in; left out, what the margin is in.
    depth
        `BTC=50e6`: USD within one per cent of the price before the scenario, for what closing costs.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row a step and account as CSV.
    """
    check_one_format(as_json=json, as_csv=csv)
    if list:
        print_list(as_json=json, as_csv=csv, names=path_names())
        return 0
    if file is None:
        raise InputError(
            Problem("file", MISSING, "a book is asked for: seawall path book.csv --scenario NAME, or --list")
        )
    if not scenario:
        raise InputError(Problem("--scenario", MISSING, f"it is one of {', '.join(path_names())}"))
    scenario = stress_called(scenario)
    market, book = market_and_book(file, snapshot, account)
    chosen = as_policy(policy, time=market.time_ns)
    given, swaps = depths(depth), stand_ins(map_underlying)
    with working("margins step by step"):
        found = compute(book, market, scenario, chosen, answer=answer, pay_in=pay_in, depth_usd=given, stand_ins=swaps)
    rows = found.rows()
    if json:
        legs = [{"leg": leg.name, "reach": leg.reach, "note": leg.note} for leg in found.legs]
        need = {"liquidity_need_usd": found.liquidity_need_usd, "unavailable": found.unavailable}
        print_json({"scenario": scenario, "steps": rows, "legs": legs, **need, "snapshot_notes": market.notes})
    elif csv:
        print_csv(rows)
    else:
        out = show.console()
        out.print(show.headline(market, chosen.id))
        out.print(Text(f"{scenario}: {stress_title(scenario)}", style="bold"))
        out.print(leg_table(found.legs))
        _print(out, found, market)
        if not depth and len(found.accounts) == 1:
            out.print(Text(TYPICAL_NOTE, style="dim"))
    return EXIT_UNAVAILABLE if found.unavailable else 0


def _print(out: Console, found: MarginPath, market: MarketSnapshot) -> None:
    if len(found.accounts) == 1:
        out.print(_steps(found, market, wide=out.width >= show.WIDE_FROM))
    else:
        for table in _overviews(found, out.width):
            out.print(table)
    for line in _sentences(found):
        out.print(Text(line))
    for name, why in found.unavailable.items():
        out.print(Text(f"{name} is unavailable: {why}", style="yellow"))
    if len(found.accounts) > 1:
        out.print("--account NAME shows one account step by step.", style="dim")


def _overviews(found: MarginPath, width: int) -> Iterator[Table]:
    """Yield the margin ratio of each account at each step and what is called there, as many steps as fit."""
    shown = found.accounts[:SHOWN_ACCOUNTS_COUNT]
    labels = [step.label for step in found.of(shown[0])]
    cells_width = max(len(f"{step.called:,.0f}") for step in found.steps)
    count = max((width - NAME_WIDTH) // (max(cells_width, *map(len, labels)) + 2), 1)
    done = "and paid" if found.answer == "pay" else "nothing is paid"
    for start in range(0, len(labels), count):
        title = "" if start else f"margin ratio, 100 % is liquidation; below it what is called, USD, {done}"
        table = plain_table(title)
        table.add_column("account", overflow="fold", min_width=10)
        for label in labels[start : start + count]:
            table.add_column(label, justify="right", overflow="fold")
        for name in shown:
            cells = [_cell(step) for step in found.of(name)[start : start + count]]
            table.add_row(name, *cells)
        yield table


def _cell(step: Step) -> Text:
    called = f"{step.called:,.0f}" if step.called >= 0.5 else "-"
    return Text(f"{whole_ratio(step.ratio)}\n{called}", style=_style(step))


def _style(step: Step) -> str:
    return "bold red" if step.acts else "yellow" if step.called >= 0.5 else ""


def _steps(found: MarginPath, market: MarketSnapshot, *, wide: bool) -> Table:
    """Return one account step by step, with the price of the first underlying."""
    name, asset = found.accounts[0], market.table.underlyings[0]
    steps = found.of(name)
    late = any(step.ratio_seen != step.ratio for step in steps)
    table = plain_table(f"{name}, USD; a margin ratio of 100 % is liquidation")
    table.add_column("step", overflow="fold", min_width=8)
    table.add_column("after", justify="right", no_wrap=True)
    names = ["equity", "initial", "called", "ratio"]
    if wide:
        names = ["equity", "initial", "maintenance", "called", "paid in", "ratio", "closing costs"]
    for column in [asset, *names, *(["by the oracle"] if late and wide else ["oracle"] if late else [])]:
        table.add_column(column, justify="right", no_wrap=True)
    assert found.path is not None
    for step, move in zip(steps, found.path.moves, strict=True):
        price = market.price_usd(asset) * (1.0 + move.spot.get(asset, 0.0))
        figures = [price, step.equity, step.initial_margin]
        figures += [step.maintenance_margin, step.called, step.paid] if wide else [step.called]
        cells = [Text(f"{number:,.0f}") for number in figures]
        cells.append(Text(whole_ratio(step.ratio), style=_style(step)))
        if wide:
            cells.append(Text("n/a" if step.closing_cost != step.closing_cost else f"{step.closing_cost:,.0f}"))
        if late:
            cells.append(Text(whole_ratio(step.ratio_seen), style="bold red" if step.acts_seen else ""))
        table.add_row(step.label, _elapsed(step.time_ns - market.time_ns), *cells)
    return table


def _elapsed(ns: int) -> str:
    minutes = ns / 60e9
    if minutes < 120.0:
        return f"{minutes:.0f} min"
    return f"{minutes / 60.0:.1f} h" if minutes < 48.0 * 60.0 else f"{minutes / 1440.0:.1f} d"


def _sentences(found: MarginPath) -> Iterator[str]:
    """Yield what each account that is called needs, and where the venue would act."""
    for name in found.accounts[:SHOWN_ACCOUNTS_COUNT]:
        need = found.liquidity_need_usd[name]
        steps = found.of(name)
        acting = next((step for step in steps if step.acts), None)
        seen = next((step for step in steps if step.acts_seen), None)
        if need >= 0.5:
            told = f"{name}: {need:,.0f} USD of cash "
            told += "gets it through" if found.answer == "pay" else "is what it is short of at worst"
            if acting:
                told += f"; the venue acts at {acting.label} unless it is there before"
            yield told + "."
        if (acting and acting.label) != (seen and seen.label):
            yield f"{name}: who reads the late oracle acts at {seen.label if seen else 'no step'}."
