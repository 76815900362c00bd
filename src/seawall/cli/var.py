"""`seawall var`: what a book can lose, and what each holding makes of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.api.value_at_risk import value_at_risk
from seawall.cli import show
from seawall.cli.depths import depths
from seawall.cli.inputs import market_and_book
from seawall.cli.liquidity_table import gap_lines, liquidity_table, volumes
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.outcome_flags import OutcomeFlags
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.parts_table import legend, parts_tables
from seawall.cli.plain_table import plain_table
from seawall.cli.progress import working
from seawall.core.amounts import amount
from seawall.risk.liquidity_adjusted import LiquidityAdjusted
from seawall.risk.sample_tail import TAIL_COUNT_MIN, enough_to_bound
from seawall.risk.tail_report import AccountTail, TailReport

SHOWN_ACCOUNTS_COUNT = 50
"""A terminal shows this many; --csv and --json give all."""


def var(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    outcomes: OutcomeFlags | None = None,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    liquidity: Annotated[bool, Parameter(negative=())] = False,
    volume: Annotated[list[str] | None, Parameter(negative=())] = None,
    depth: Annotated[list[str] | None, Parameter(negative=())] = None,
    participation: float | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say what a book can lose: value at risk and expected shortfall with intervals, and by holding.

    VaR is the loss that is not exceeded with the stated confidence, ES the mean loss of the rest. Where one account is
    named, or the book has one, each holding is told too.

    ```console
    $ seawall var book.csv
    $ seawall var book.csv --account desk-1 --vol BTC=0.6 --dof 4 --days 5 --seed 7
    $ seawall var book.csv --method filtered --returns prices.csv --confidence 0.975
    $ seawall var book.csv --method merton --jump-rate 12 --jump-mean -0.03 --jump-sd 0.04
    $ seawall var book.csv --liquidity --volume BTC=1e9
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    snapshot
        A bundled snapshot's name, or a file.
    account
        Only this account, holding by holding.
    liquidity
        Also tell what closing costs, VaR with it, how many days closing takes, and what margin that asks for on top.
    volume
        What trades in a day: `BTC=1e9` in USD for deltas of BTC, `BTC-PERPETUAL=5e8` in size units, or a CSV file with
        the header `instrument,daily_volume`.
    depth
        `BTC=50e6`: USD within one per cent of the price, where no volume is given.
    participation
        Share of the volume that may be ours; 0.1 where left out.
    json
        Print everything as JSON.
    csv
        Print one row an account as CSV; one a holding where one account is named, without --liquidity.
    """
    check_one_format(as_json=json, as_csv=csv)
    asked = outcomes or OutcomeFlags()
    market, book = market_and_book(file, snapshot)
    one = account is not None or len(book) == 1
    with working(f"revaluing {len(book):,} accounts") as step:
        found = value_at_risk(
            book, market, asked.method, confidence=asked.confidence, account=account, by_holding=one,
            liquidity=liquidity, volumes=volumes(volume) if volume else None, depth_usd=depths(depth) or None,
            participation=participation, working_on=step, **asked.stated,
        )  # fmt: skip
    parts = found.parts(found.accounts[0].account) if one else []
    if json:
        tail = [{"outcome": name, "weight": weight} for name, weight in found.accounts[0].tail] if one else []
        print_json({"value_at_risk": found.rows(), "method": asked.method, "notes": found.notes, "holdings": parts,
                    "tail": tail, "snapshot_notes": market.notes})  # fmt: skip
    elif csv:
        print_csv(parts if account is not None and parts and not liquidity else found.rows())
    else:
        out = show.console()
        out.print(show.headline(market))
        below = "; below it, where it lies with 95 %" if found.outcomes_count else ""
        out.print(f"loss in USD, {100.0 * found.confidence:g} % confidence{below}", style="italic")
        out.print(_accounts(found, wide=out.width >= show.WIDE_FROM))
        if isinstance(found, LiquidityAdjusted):
            out.print(liquidity_table(found, shown=SHOWN_ACCOUNTS_COUNT))
        for line in _below(found, one=one):
            out.print(line)
        if one and found.accounts[0].parts:
            for table in parts_tables(found.accounts[0], wide=out.width >= show.WIDE_FROM):
                out.print(table)
            out.print(legend(found.accounts[0]), style="dim")
    gaps = isinstance(found, LiquidityAdjusted) and any(one.gaps for one in found.liquidity)
    return EXIT_UNAVAILABLE if gaps or any(one.unavailable for one in found.accounts) else 0


def _accounts(found: TailReport, *, wide: bool) -> Table:
    exact = not found.outcomes_count
    table = plain_table()
    table.add_column("account", overflow="fold", min_width=10)
    table.add_column("VaR", justify="right", no_wrap=True)
    table.add_column("ES", justify="right", no_wrap=True)
    if not exact:
        table.add_column("worst outcome", overflow="fold", min_width=14)
    for one in found.accounts[:SHOWN_ACCOUNTS_COUNT]:
        risk = one.risk
        figures = (risk.value_at_risk, risk.expected_shortfall)
        cells = [Text(amount(figure, "USD"), style="bold") for figure in figures]
        if not exact and not one.unavailable:
            for cell, (low, high) in zip(
                cells, (risk.value_at_risk_interval, risk.expected_shortfall_interval), strict=True
            ):
                cell.append(f"\n{_end(low)} to {_end(high)}", style="not bold dim")
        worst = [] if exact else [_outcome(one)]
        table.add_row(one.account, *cells, *worst)
    return table


def _outcome(one: AccountTail) -> str:
    """Return the worst outcome, each of its numbers on one line; none where nothing moves the account."""
    moves = bool(one.tail) and one.risk.expected_shortfall != 0.0
    return one.tail[0][0].replace(" %", "%") if moves else "-"


def _end(bound: float) -> str:
    return "no bound" if math.isinf(bound) else amount(bound, "USD")


def _below(found: TailReport, *, one: bool) -> list[Text]:
    gone = [row for row in found.accounts if row.unavailable]
    lines = [Text(f"{row.account} is unavailable: {row.unavailable}", style="yellow") for row in gone]
    if isinstance(found, LiquidityAdjusted):
        lines += gap_lines(found)
    if (hidden := len(found.accounts) - SHOWN_ACCOUNTS_COUNT) > 0:
        lines.append(Text(f"... and {hidden} more; --csv and --json give all"))
    lines += [Text(f"  {note}", style="dim") for note in found.notes]
    if found.outcomes_count:
        share = (1.0 - found.confidence) * found.accounts[0].risk.effective_count
        short = "" if enough_to_bound(share) else f"; fewer than {TAIL_COUNT_MIN:.0f} can't bound it from above"
        lines.append(Text(f"  about {share:.3g} outcomes make ES, of {found.outcomes_count:,}{short}", style="dim"))
    elif one:
        lines.append(Text("  delta-gamma takes nothing apart by holding; --method monte-carlo does", style="dim"))
    if not one:
        lines.append(Text("--account NAME tells what each holding makes of it.", style="dim"))
    return lines
