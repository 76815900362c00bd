"""`seawall what-if`: what trades would change."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from seawall.api.margins import DEFAULT_POLICY
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.api.what_if import WhatIf
from seawall.api.what_if import what_if as compute
from seawall.cli import show
from seawall.cli.drawdowns import drawdowns
from seawall.cli.inputs import market_and_book
from seawall.cli.limit_table import pre_trade_table
from seawall.cli.main import EXIT_LIMIT, EXIT_UNAVAILABLE
from seawall.cli.outcome_flags import OutcomeFlags
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.progress import working
from seawall.cli.stand_ins import stand_ins
from seawall.core.amounts import amount
from seawall.core.errors import InputError, Problem
from seawall.core.evidence import grade_word


def what_if(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    trade: Annotated[list[str], Parameter(name=["--trade", "-t"], negative=())],
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    limits: Path | None = None,
    volume: Path | None = None,
    drawdown: Annotated[list[str] | None, Parameter(negative=())] = None,
    outcomes: OutcomeFlags | None = None,
    map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say what some trades would do to an account's margin.

    Trades happen at the mark unless they name a price, so the requirement changes and the equity does not.

    ```console
    $ seawall what-if book.csv --trade "BTC-25SEP26-100000-C -10"
    $ seawall what-if book.csv -t "BTC-25SEP26-100000-C -10" -t "BTC-PERPETUAL 50000" --account desk-1
    $ seawall what-if book.csv -t "BTC-25SEP26-100000-C -10" --limits limits.toml
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    trade
        Instrument and signed size, perhaps `@ price`; give it several times for several trades.
    policy
        Its rules: an id such as `deribit/x_pm`, or a file.
    snapshot
        The market: a bundled snapshot's name, or a file.
    account
        Whose; may be left out where the book has one account.
    limits
        A TOML file of limits: margin and limits are checked, and the command exits with 6 where either refuses.
    volume
        A CSV file with the header `instrument,daily_volume`, for limits on days to liquidate.
    drawdown
        `desk-1=0.08`: the fall of an account's equity from its peak, for limits on it; `*=0.02` of all together.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row a trade as CSV; one a limit where --limits is given.
    """
    check_one_format(as_json=json, as_csv=csv)
    market, book = market_and_book(file, snapshot)
    if limits is None and (outcomes is not None or volume is not None or drawdown):
        rule = "flags of outcomes, volumes and drawdowns are for limits: give --limits FILE"
        raise InputError(Problem("limits", "left out", rule))
    asked = outcomes or OutcomeFlags()
    with working("margining the trades"):
        found = compute(
            book, market, trade, policy, account=account, limits=limits,
            scenarios=asked.outcomes() if limits is not None else asked.method,
            confidence=asked.confidence, daily_volume=volume, drawdowns=drawdowns(drawdown),
            stand_ins=stand_ins(map_underlying),
        )  # fmt: skip
    if json:
        print_json(_document(found))
    elif csv:
        print_csv((found.check or found).rows())
    else:
        out = show.console()
        out.print(show.headline(market, found.before[0].policy_id if found.before else policy))
        out.print(show.margin_table(found.before, width=out.width, title="before"))
        out.print(show.margin_table(found.after, width=out.width, title="after"))
        out.print(_effects(found))
        out.print(
            "alone: this trade and no other; last: after all the others. A negative number frees margin.", style="dim"
        )
        for line in found.verdict:
            out.print(Text(f"margin: {line}", style="" if line.startswith("initial") else "bold yellow"))
        for part in () if found.check is None else pre_trade_table(found.check):
            out.print(part)
    if found.check is not None and not found.check.accepted:
        return EXIT_LIMIT
    return EXIT_UNAVAILABLE if np.isnan([found.initial_before_usd, found.initial_after_usd]).any() else 0


def _effects(found: WhatIf) -> Table:
    table = Table(
        title="change of margin, USD",
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        show_footer=True,
    )
    initial = found.initial_after_usd - found.initial_before_usd
    maintenance = found.maintenance_after_usd - found.maintenance_before_usd
    table.add_column("trade", footer="all of them", overflow="fold")
    table.add_column("size", justify="right", overflow="fold")
    table.add_column("initial\nalone", justify="right", no_wrap=True)
    table.add_column("maint.\nalone", justify="right", no_wrap=True)
    table.add_column("initial\nlast", amount(initial, "USD"), justify="right", no_wrap=True)
    table.add_column("maint.\nlast", amount(maintenance, "USD"), justify="right", no_wrap=True)
    for effect in found.effects:
        money = (effect.initial_alone, effect.maintenance_alone, effect.initial_last, effect.maintenance_last)
        table.add_row(
            effect.trade.instrument, f"{effect.trade.size:+,.10g}", *(amount(number, "USD") for number in money)
        )
    return table


def _document(found: WhatIf) -> dict[str, object]:
    def rows(margins: tuple[object, ...]) -> list[dict[str, object]]:
        return [asdict(margin) | {"evidence": grade_word(margin.evidence)} for margin in margins]  # type: ignore[attr-defined,call-overload]

    return {
        "account": found.account,
        "before": rows(found.before),
        "after": rows(found.after),
        "initial_before_usd": found.initial_before_usd,
        "initial_after_usd": found.initial_after_usd,
        "maintenance_before_usd": found.maintenance_before_usd,
        "maintenance_after_usd": found.maintenance_after_usd,
        "verdict": list(found.verdict),
        "initial_covered": all(row.available_funds >= 0.0 for row in found.after),
        "would_liquidate": any(row.margin_ratio >= 1.0 for row in found.after),
        "trades": found.rows(),
        "check": None
        if found.check is None
        else {
            "accepted": found.check.accepted,
            "reasons": found.check.reasons,
            "limits": found.check.rows(),
            "notes": found.check.after.notes,
        },
    }
