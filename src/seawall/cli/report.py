"""`seawall report`: one HTML page with all of it."""

from __future__ import annotations

import os
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.api.margins import DEFAULT_POLICY, as_policy
from seawall.api.margins import margin as margins_of
from seawall.api.report import report as compute
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.cli import show
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.outcome_flags import OutcomeFlags
from seawall.cli.progress import working
from seawall.cli.stand_ins import stand_ins
from seawall.core.errors import InputError, Problem


def report(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"], allow_leading_hyphen=True)],
    outcomes: OutcomeFlags | None = None,
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
    title: str = "",
) -> int:
    """Write a report as one HTML page, which opens anywhere and asks nothing of a network.

    Margin and its components, the scenarios of the rule, curves over the price, the liquidation surface, distances,
    Greeks, value at risk, who causes the margin, stress, and every number's grade and source.

    ```console
    $ seawall report book.csv -o report.html
    $ seawall report book.csv -o desk-1.html --account desk-1 --policy okx/pm --title "Desk 1, August"
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    output
        Where the page goes; a file that is there is replaced. `-` writes to standard output.
    policy
        Its rules: an id such as `deribit/x_pm`, or a file.
    snapshot
        The market: a bundled snapshot's name, or a file.
    account
        Report on this account alone.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    title
        Title of the page.
    """
    if output.endswith(("/", os.sep)) or Path(output).is_dir():
        raise InputError(Problem("--output", output, "it is a folder; a page is a file, such as report.html"))
    if output != "-" and not Path(output).parent.is_dir():
        raise InputError(Problem("--output", output, f"there is no folder {Path(output).parent}"))
    market, book = market_and_book(file, snapshot, account)
    chosen, swaps = as_policy(policy, time=market.time_ns), stand_ins(map_underlying)
    words = ["seawall", "report", str(file), "--policy", chosen.id, "--snapshot", snapshot]
    words += ["--account", account] if account else []
    words += [word for asset, other in swaps.items() for word in ("--map-underlying", f"{asset}={other}")]
    words += ["--title", title] if title else []
    asked = outcomes or OutcomeFlags()
    command = f"{shlex.join([*words, *_flags(asked)])} -o report.html"
    with working("writing the report") as step:
        page = compute(
            book, market, chosen, title=title, command=command, outcomes=asked.outcomes(), confidence=asked.confidence,
            stand_ins=swaps, working_on=step,
        )  # fmt: skip
    gone = [row for row in margins_of(book, market, chosen, stand_ins=swaps) if row.unavailable]
    if output == "-":
        print(page, end="")
    else:
        Path(output).write_text(page, encoding="utf-8", newline="\n")
        out = show.console()
        out.print(f"{output}: {len(page.encode()) / 1000:,.0f} kB, under {chosen.id}", markup=False)
        for row in gone[: show.SHOWN_ACCOUNTS_COUNT]:
            out.print(f"{row.account} is unavailable: {row.unavailable}", markup=False)
    return EXIT_UNAVAILABLE if gone else 0


def _flags(asked: OutcomeFlags) -> list[str]:
    """Return the flags that say how outcomes are made, as they were given."""
    words = []
    for one in fields(asked):
        given = getattr(asked, one.name)
        if given is not None and given != one.default:
            members = given if isinstance(given, list | tuple) else [given]
            words += [word for x in members for word in (f"--{one.name.replace('_', '-')}", str(x))]
    return words
