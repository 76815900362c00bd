"""`seawall risk`: what a book is exposed to, how concentrated it is, and which limits it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from seawall.api.covariances import coins_of, covariance_for
from seawall.api.exposures import exposures
from seawall.api.limits import check_limits
from seawall.api.margins import DEFAULT_POLICY, as_policy
from seawall.api.outcomes import Outcomes
from seawall.api.snapshots import DEFAULT_SNAPSHOT, grammar_of
from seawall.cli import show
from seawall.cli.concentration_table import concentrated, concentration_table, places_table
from seawall.cli.drawdowns import drawdowns
from seawall.cli.exposure_table import LEGEND, exposure_table, more_greeks_table
from seawall.cli.inputs import market_and_book
from seawall.cli.limit_table import limit_table
from seawall.cli.liquidity_table import volumes_of_instruments
from seawall.cli.main import EXIT_LIMIT, EXIT_UNAVAILABLE
from seawall.cli.outcome_flags import OutcomeFlags
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.plain_table import plain_table
from seawall.cli.progress import working
from seawall.cli.stand_ins import stand_ins
from seawall.core.amounts import amount
from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.concentration import Liquidity, LiquidityReport, liquidity_report
from seawall.risk.delta_aggregation import DeltaAggregation, aggregate_delta
from seawall.risk.exposures import WAY_DOWN, Exposures
from seawall.risk.limits import WHOLE, LimitReport, Status


def risk(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    by: Annotated[list[str] | None, Parameter(negative=())] = None,
    limits: Path | None = None,
    volume: Annotated[list[str] | None, Parameter(negative=())] = None,
    drawdown: Annotated[list[str] | None, Parameter(negative=())] = None,
    reference: str | None = None,
    outcomes: OutcomeFlags | None = None,
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say what a book is exposed to, net and gross, how concentrated it is, and which limits it breaks.

    Exposures are summed from instruments up to assets, or along the levels of --by. Deltas of several coins are added
    up by their betas too.

    ```console
    $ seawall risk book.csv
    $ seawall risk book.csv --by account --by moneyness
    $ seawall risk book.csv --limits limits.toml --policy okx/pm --dof 4
    ```

    Parameters
    ----------
    file
        The book, as for `seawall margin`.
    by
        A level, several times for several: asset, venue, account, expiry, moneyness, kind, instrument.
    limits
        A TOML file of limits; the command exits with 6 where one is broken.
    volume
        What trades in a day, for days to liquidate: `BTC-PERPETUAL=5e8` in size units, or a CSV file with the header
        `instrument,daily_volume`.
    drawdown
        `desk-1=0.08`: the fall of an account's equity from its peak, for limits on it; `*=0.02` of all together.
    reference
        The coin that deltas of several are counted in; the one with the largest where left out.
    policy
        For limits on margin, as for `seawall margin`.
    snapshot
        A bundled snapshot's name, or a file.
    account
        Only this account, and limits of all accounts together.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row a total as CSV; one a limit where --limits is given.
    """
    check_one_format(as_json=json, as_csv=csv)
    asked = outcomes or OutcomeFlags()
    market, whole = market_and_book(file, snapshot)
    book = whole if account is None else whole.take([whole.row(account)])
    method = asked.outcomes()
    volumes = volumes_of_instruments(volume or (), market)
    found = exposures(book, market)
    levels = tuple(part for given in by or WAY_DOWN for part in given.split(","))
    total = found.by(*levels)
    joint, why = _joint(found, book, market, method, reference)
    places = liquidity_report(book, market, Liquidity(volumes), parse=grammar_of(market))
    report = None
    if limits is not None:
        with working(f"measuring {len(whole):,} accounts"):
            report = check_limits(
                whole, market, limits, policy, scenarios=method, confidence=asked.confidence, daily_volume=volumes,
                drawdowns=drawdowns(drawdown), stand_ins=stand_ins(map_underlying),
            )  # fmt: skip
        if account is not None:  # limits of all accounts together are this one's too
            report = replace(report, checks=tuple(row for row in report.checks if row.account in (account, WHOLE)))
    if json:
        print_json(_document(found, levels, joint, why, places, report) | {"snapshot_notes": market.notes})
    elif csv:
        print_csv(report.rows() if report else list(total.rows()))
    else:
        out = show.console()
        wide = out.width >= show.WIDE_FROM
        used = as_policy(policy, time=market.time_ns).id if report else ""
        out.print(show.headline(market, used))
        for part in (
            *exposure_table(total, wide=wide),
            Text(LEGEND, style="dim"),
            *more_greeks_table(found, wide=wide),
            *_deltas(joint, why),
        ):
            out.print(part)
        out.print(concentration_table(found))
        if places.positions:
            out.print(places_table(places, known=bool(volumes)))
        for part in limit_table(report, wide=wide) if report else [Text(_HINT, style="dim")]:
            out.print(part)
    return _exit_code(report, unavailable=bool(total.unavailable))


_HINT = "--by LEVEL groups otherwise; --limits FILE checks limits."


def _exit_code(report: LimitReport | None, *, unavailable: bool) -> int:
    stands = {row.status for row in report.checks} if report else set()
    if Status.BREACH in stands:
        return EXIT_LIMIT
    return EXIT_UNAVAILABLE if unavailable or Status.UNAVAILABLE in stands else 0


def _joint(
    found: Exposures, book: Book, market: MarketSnapshot, asked: Outcomes, reference: str | None
) -> tuple[DeltaAggregation | None, tuple[str, ...]]:
    """Return deltas of several coins as one, and where its covariance comes from or why there is none."""
    coins = coins_of(book, market)
    deltas = {coin: found.of(coin, "cash_delta_usd") for coin in coins}
    if reference is not None and reference not in coins:
        raise InputError(Problem("reference", reference, f"the book depends on {', '.join(coins) or 'no coin'}"))
    if len(coins) < 2:
        return None, ()
    if gone := [coin for coin, delta in deltas.items() if delta != delta]:
        return None, (f"deltas are not added up: that of {', '.join(gone)} is unavailable",)
    try:
        covariance, notes = covariance_for(asked, coins, market)
    except InputError as error:
        if asked.returns is not None or asked.vols:
            raise
        return None, (f"deltas of {', '.join(coins)} are not added up: {error}",)
    kept = [covariance.names.index(coin) for coin in coins]
    against = reference or max(coins, key=lambda coin: abs(deltas[coin]))
    return aggregate_delta(deltas, coins, covariance.matrix[np.ix_(kept, kept)], reference=against), notes


def _deltas(joint: DeltaAggregation | None, why: Sequence[str]) -> list[Table | Text]:
    if joint is None:
        return [Text(line, style="yellow") for line in why]
    table = plain_table()
    table.add_column("coin")
    for name in ("cash delta", "beta", f"as {joint.reference}"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in joint.assets:
        money = (amount(one.cash_delta_usd, "USD"), f"{one.beta:.3f}", amount(one.equivalent_usd, "USD"))
        table.add_row(one.asset, *money)
    table.add_row("together", "", "", amount(joint.total_usd, "USD"), style="bold")
    told = f"A hedge of it in {joint.reference} takes off {joint.explained:.1%} of the variance, and leaves the rest."
    title = Text(f"deltas of several coins as one of {joint.reference}, USD", style="italic")
    return [title, table, Text(told), *(Text(f"  {note}", style="dim") for note in why)]


def _document(
    found: Exposures, levels: tuple[str, ...], joint: DeltaAggregation | None, why: Sequence[str],
    places: LiquidityReport, report: LimitReport | None,
) -> dict[str, object]:  # fmt: skip
    one = None
    if joint is not None:
        one = {"reference": joint.reference, "total_usd": joint.total_usd, "deviation_usd": joint.deviation_usd,
               "residual_usd": joint.residual_usd, "explained": joint.explained, "assets": joint.rows()}  # fmt: skip
    return {
        "exposures": found.rows(*levels), "aggregated_delta": one, "aggregated_delta_notes": list(why),
        "concentration": concentrated(found), "positions": places.rows(),
        "limits": report.rows() if report else None, "limit_notes": report.notes if report else [],
    }  # fmt: skip
