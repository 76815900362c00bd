"""`seawall path`: a book through a scenario or a user's own prices, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from seawall.api.margin_path import margin_path as compute
from seawall.api.margins import DEFAULT_POLICY, as_policy
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.cli import show
from seawall.cli.depths import depths
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.path_table import SHOWN_STEPS_COUNT, SWING_DAYS, overviews, sentences, step_table
from seawall.cli.progress import working
from seawall.cli.stand_ins import stand_ins
from seawall.cli.stress import leg_table, print_list
from seawall.core.errors import MISSING, InputError, Problem
from seawall.market import MarketSnapshot
from seawall.risk.path_result import MarginPath
from seawall.risk.typical_depth import TYPICAL_NOTE
from seawall.scenarios.stress_library import path_names, stress_called, stress_title
from seawall.scenarios.volatility import VolatilityFilter


def path(
    file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    scenario: str = "",
    prices: Path | None = None,
    list: Annotated[bool, Parameter(negative=())] = False,  # noqa: A002 -- the option's name
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    answer: Literal["pay", "ignore"] = "pay",
    pay_in: str = "",
    depth: Annotated[Sequence[str] | None, Parameter(negative=())] = None,
    returns: Path | None = None,
    filter: Literal["ewma", "garch"] | None = None,  # noqa: A002 -- the option's name
    decay: float | None = None,
    map_underlying: Annotated[Sequence[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Follow a book through a scenario or prices of your own: margin, equity, calls and the cash that it takes.

    Every step is a whole market and a full margin. A shortfall of initial margin is paid in at once and stays; with
    `--answer ignore` nothing is paid, and a step shows what an account would be short of. With `--returns` a tail
    policy is calibrated anew at every step, and the margin by its first calibration is told beside.

    ```console
    $ seawall path --list
    $ seawall path book.csv --scenario 2025-10-10
    $ seawall path book.csv --scenario flash-crash --account desk-1 --answer ignore
    $ seawall path book.csv --prices crash.csv
    $ seawall path book.csv --prices crash.csv --policy house/tail --returns prices.csv
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    scenario
        A scenario's name; `--list` shows them.
    prices
        A CSV file with the header `time,BTC,ETH`: times, or days since the first row, which stands for the market as it
        is. A column `BTC vol` is an implied volatility.
    list
        List the scenarios that are paths.
    policy
        Its rules: an id such as `deribit/x_pm`, or a file.
    snapshot
        The market: a bundled snapshot's name, or a file.
    account
        Only this account, in full.
    answer
        What is done with a call.
    pay_in
        Asset that is paid in; left out, what the margin is in.
    depth
        `BTC=50e6`: USD within one per cent of the price before the scenario, for what closing costs.
    returns
        A CSV file of past prices with the header `date,BTC,ETH`, for a tail policy such as house/tail: its outcomes are
        then past changes at the volatility of each step. What is later than the path's first time is left out.
    filter
        What says how volatile a step is; `ewma` where left out.
    decay
        What a step weighs of the one after it in `ewma`; 0.94 where left out.
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
    if bool(scenario) == (prices is not None):
        rule = f"a path is --prices FILE.csv, or a scenario: {', '.join(path_names())}"
        raise InputError(Problem("--scenario", "given with --prices" if scenario else MISSING, rule))
    named = prices.name if prices else stress_called(scenario)
    market, book = market_and_book(file, snapshot, account)
    chosen = as_policy(policy, time=market.time_ns)
    given, swaps, volatility = depths(depth), stand_ins(map_underlying), _filter(filter, decay)
    with working("margins step by step"):
        found = compute(
            book, market, prices or named, chosen, answer=answer, pay_in=pay_in, depth_usd=given, returns=returns,
            filter=volatility, stand_ins=swaps,
        )  # fmt: skip
    rows = found.rows()
    if json:
        legs = [{"leg": leg.name, "reach": leg.reach, "note": leg.note} for leg in found.legs]
        told = {"liquidity_need_usd": found.liquidity_need_usd, "unavailable": found.unavailable, "notes": found.notes}
        swings = [{"account": n, **asdict(one)} for d in SWING_DAYS for n, one in found.procyclicality(days=d).items()]
        print_json({
            "scenario": named, "steps": rows, "legs": legs, **told, "procyclicality": swings,
            "snapshot_notes": market.notes,
        })  # fmt: skip
    elif csv:
        print_csv(rows)
    else:
        out = show.console()
        out.print(show.headline(market, chosen.id))
        count = len(found.path or ())
        own = f"{count} state{'' if count == 1 else 's'}"
        title = f"{named}: {own if prices else stress_title(named)}"
        out.print(Text(title, style="bold"))
        for note in found.notes:
            out.print(Text(note, style="dim"))
        out.print(leg_table(found.legs))
        _print(out, found, market)
        if not depth and len(found.accounts) == 1:
            out.print(Text(TYPICAL_NOTE, style="dim"))
    return EXIT_UNAVAILABLE if found.unavailable else 0


def _filter(name: str | None, decay: float | None) -> str | VolatilityFilter | None:
    if decay is None:
        return name
    if name == "garch":
        raise InputError(Problem("--decay", decay, "it is of --filter ewma; GARCH estimates its own"))
    from seawall.scenarios.volatility import Ewma

    return Ewma(decay)


def _print(out: Console, found: MarginPath, market: MarketSnapshot) -> None:
    if len(found.accounts) == 1:
        out.print(step_table(found, market, wide=out.width >= show.WIDE_FROM))
    else:
        for table in overviews(found, out.width):
            out.print(table)
    for line in sentences(found):
        out.print(Text(line))
    for name, why in found.unavailable.items():
        out.print(Text(f"{name} is unavailable: {why}", style="yellow"))
    if found.path is not None and len(found.path) > SHOWN_STEPS_COUNT:
        out.print(f"The first {SHOWN_STEPS_COUNT} of {len(found.path)} steps; --csv and --json give all.", style="dim")
    if len(found.accounts) > 1:
        out.print("--account NAME shows one account step by step.", style="dim")
