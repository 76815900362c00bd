"""`seawall attribute`: who causes a margin, what binds, and why it changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from seawall.api.attribute import attribute as compute
from seawall.api.margins import DEFAULT_POLICY
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.cli import show
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.progress import working
from seawall.cli.stand_ins import stand_ins
from seawall.core.amounts import amount
from seawall.core.errors import InputError, Problem
from seawall.risk.attribution import Attribution
from seawall.risk.binding_scenarios import ScenarioShares
from seawall.risk.margin_change import MarginChange
from seawall.risk.marginal_margin import ContractMargins

SHOWN_ROWS_COUNT = 50
SHOWN_CONTRACTS_COUNT = 8
"""A terminal shows this many of each; --csv and --json give all."""
SHOWN_NEAR_COUNT = 3


def attribute(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    contracts: Annotated[bool, Parameter(negative=())] = False,
    since: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    since_snapshot: str | None = None,
    since_policy: str | None = None,
    average: Annotated[bool, Parameter(negative=())] = False,
    map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say who causes an account's margin, which scenarios bind, and why it changed.

    Each holding has a share; shares and the unallocated rest sum to the margin. Each position is also told by what
    closing it would change, and by what it would need alone.

    ```console
    $ seawall attribute book.csv
    $ seawall attribute book.csv --account desk-1 --policy okx/pm --contracts
    $ seawall attribute book.csv --since yesterday.csv --since-snapshot yesterday.seawall
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    policy
        Its rules: an id such as `deribit/x_pm`, or a file.
    snapshot
        The market: a bundled snapshot's name, or a file.
    account
        Whose; may be left out where the book has one account.
    contracts
        Also say what one more of each contract would do, bought and sold.
    since
        The book before; the change since is taken apart. What is left out was as it is now.
    since_snapshot
        The market before.
    since_policy
        The policy before.
    average
        Take the change apart by the mean over all orders, not one cause after the other.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row a holding as CSV; one a cause with --since, or one a contract with --contracts.
    """
    check_one_format(as_json=json, as_csv=csv)
    earlier = since is not None or since_snapshot is not None or since_policy is not None
    if csv and contracts and earlier:
        raise InputError(Problem("output", "--csv", "it prints one table: --contracts or --since; --json prints both"))
    if average and not earlier:
        raise InputError(
            Problem("average", "given", "it is for a change: give --since, --since-snapshot or --since-policy")
        )
    market, book = market_and_book(file, snapshot)
    with working("margining variants of the account"):
        found = compute(
            book, market, policy, account=account, contracts=contracts, since=since, since_snapshot=since_snapshot,
            since_policy=since_policy, average=average, stand_ins=stand_ins(map_underlying),
        )  # fmt: skip
    if json:
        print_json(_document(found) | {"snapshot_notes": market.notes})
    elif csv:
        print_csv((found.change or found.contracts or found).rows())
    else:
        out = show.console()
        out.print(show.headline(market, found.shares.policy))
        for part in _parts(found, wide=out.width >= show.WIDE_FROM):
            out.print(part)
    return EXIT_UNAVAILABLE if found.unavailable else 0


_LEGEND = (
    "Shares and the rest sum to the margin; below zero where a holding frees margin. If closed: what the margin would "
    "change by. Alone: what the position needs by itself, without collateral."
)


def _parts(found: Attribution, *, wide: bool) -> Iterator[Table | Text]:
    if found.shares.unavailable:
        yield Text(f"{found.account} is unavailable: {found.shares.unavailable}", style="yellow")
    else:
        initial, maintenance = (amount(one, "USD") for one in (found.shares.initial, found.shares.maintenance))
        yield Text(f"{found.account}: initial margin {initial}, maintenance margin {maintenance} USD", style="bold")
        yield _shares(found, wide=wide)
        yield from (Text(line) for line in _kinks(found))
        saved = found.positions.netting_benefit_usd
        yield Text(
            f"Apart its positions need {amount(found.positions.apart_initial, 'USD')}, together "
            f"{amount(found.positions.netted_initial, 'USD')}: netting saves {amount(saved, 'USD')}."
        )
        yield Text(_LEGEND if wide else _LEGEND.partition(" Alone")[0], style="dim")
        told = {one.name for one in found.scenarios if one.ties}
        for one in found.scenarios:
            if one.ties or one.margin_is not in told:  # what makes the margin is told already
                yield from _scenario(one)
    if found.change:
        yield from _change(found.change)
    if found.contracts:
        yield from _contracts(found.contracts)


def _table(title: str, *names: str) -> Table:
    table = Table(title=title or None, title_justify="left", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for i, name in enumerate(names):
        table.add_column(name, justify="right" if i else "left", no_wrap=bool(i), overflow="fold")
    return table


def _shares(found: Attribution, *, wide: bool) -> Table:
    more = ("if closed", "alone") if wide else ("if closed",)
    names = ("holding", "initial", "share", "maintenance", *more)
    table = _table("", *names)
    rows = found.rows()
    for row in [*rows[:-1][:SHOWN_ROWS_COUNT], rows[-1]]:
        initial = float(str(row["initial"]))
        share = f"{initial / found.shares.initial:+z.1%}" if found.shares.initial else "-"
        keys = ("initial_if_closed", "initial_alone") if wide else ("initial_if_closed",)
        extra = [_money(row[key]) for key in keys]
        name = f"{row['name']}{' *' if row['at_kink'] else ''}"
        table.add_row(name, _money(initial), share, _money(row["maintenance"]), *extra)
    if (hidden := len(rows) - 1 - SHOWN_ROWS_COUNT) > 0:
        table.add_row(f"... and {hidden} more")
    return table


def _money(number: object) -> str:
    figure = float(str(number))
    return "-" if np.isnan(figure) else amount(figure, "USD")


def _kinks(found: Attribution) -> Iterator[str]:
    """Say where shares are not unique, and what binds on either side."""
    for share in found.shares.shares:
        if not share.at_kink:
            continue
        sides = [
            f"{word} {binding} binds"
            for word, binding in (("with more of it", share.binding_up), ("with less", share.binding_down))
            if binding
        ]
        between = f"{amount(share.initial_down, 'USD')} to {amount(share.initial_up, 'USD')}"
        yield f"* {share.name} is at a kink, its share is of {between}" + (f": {', '.join(sides)}." if sides else ".")


def _scenario(found: ScenarioShares) -> Iterator[Table | Text]:
    instead = found.margin_is.replace("_", " ")
    if not found.ties:
        made = f"; the largest part of the margin is the {instead}" if instead else ""
        yield Text(f"{found.name}: no scenario loses{made}.")
        return
    worst = " and ".join(tie.label for tie in found.ties[:SHOWN_NEAR_COUNT])
    does = f"loses most, but does not bind: the {instead} does" if instead else "binds"
    yield Text(f"{found.name}: {worst} {does}, {found.currency}", style="italic")
    table = _table("", "line", "loss there", "share")
    shown = sorted(found.lines, key=lambda line: -line[1])
    for name, loss in [*shown[:SHOWN_ROWS_COUNT], ("offsets", found.offsets)]:
        if name != "offsets" or abs(loss) > 1e-9 * found.loss:
            table.add_row(name, amount(loss, found.currency), f"{loss / found.loss:+z.1%}")
    table.add_row("together", amount(found.loss, found.currency), "", style="bold")
    yield table
    near = [f"{tie.label} ({tie.loss / found.loss:.1%} of it)" for tie in found.near_ties[:SHOWN_NEAR_COUNT]]
    if near and not instead:
        yield Text(f"Near it: {', '.join(near)}. A small change of book or market makes one of them bind.")


def _change(found: MarginChange) -> Iterator[Table | Text]:
    table = _table("why it changed, USD", "", "initial", "maintenance", "equity", "headroom")
    for row in found.rows():
        figures = [amount(float(str(row[name])), "USD") for name in ("initial", "maintenance", "equity", "headroom")]
        table.add_row(str(row["cause"]), *figures, style="bold" if row["cause"] in ("before", "after") else "")
    yield table
    order = (
        f"Causes one after the other: {', '.join(found.order)}." if found.order else "Mean over all orders of causes."
    )
    settled = "A future without an entry price counts as settled: what it gained lies in the balances of each book."
    yield Text(f"{order} {settled}", style="dim")
    if found.unavailable:
        yield Text(f"the change is unavailable: {found.unavailable}", style="yellow")


def _contracts(found: ContractMargins) -> Iterator[Table | Text]:
    known = [one for one in found.contracts if not one.unavailable]
    rows = [(one.instrument, one.size, one.initial_bought, one.maintenance_bought) for one in known]
    rows += [(one.instrument, -one.size, one.initial_sold, one.maintenance_sold) for one in known]
    rows.sort(key=lambda row: row[2])
    half = SHOWN_CONTRACTS_COUNT // 2 if len(rows) > 2 * SHOWN_CONTRACTS_COUNT else len(rows)
    table = _table("one more contract: what it does to the margin, USD", "trade", "size", "initial", "maintenance")
    for name, size, initial, maintenance in [*rows[:half], *rows[half:][-half:]]:
        table.add_row(name, f"{size:+,.10g}", amount(initial, "USD"), amount(maintenance, "USD"))
    yield table
    gone = len(found.contracts) - len(known)
    left_out = f" {gone} are unavailable." if gone else ""
    told = f"{half} that free most and {half} that ask for most, of {len(rows)} trades; --json gives all."
    yield Text((told if half < len(rows) else "") + left_out, style="dim")


def _document(found: Attribution) -> dict[str, object]:
    change = found.change
    return {
        "account": found.account, "policy": found.shares.policy, "initial_usd": found.shares.initial,
        "maintenance_usd": found.shares.maintenance, "unavailable": found.unavailable, "binding": found.shares.binding,
        "holdings": found.rows(), "netting_benefit_usd": found.positions.netting_benefit_usd,
        "scenarios": [
            {
                "name": one.name, "underlying": one.underlying, "currency": one.currency, "loss": one.loss,
                "binding": [] if one.margin_is else [tie.label for tie in one.ties],
                "worst": [tie.label for tie in one.ties], "margin_is": one.margin_is,
                "near": [{"label": tie.label, "loss": tie.loss} for tie in one.near_ties], "lines": one.rows(),
            }
            for one in found.scenarios
        ],
        "change": {"order": change.order, "causes": change.rows()} if change else None,
        "contracts": found.contracts.rows() if found.contracts else None,
    }  # fmt: skip
