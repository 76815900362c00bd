"""`seawall distance`: how far a call is, the map of price and volatility, and the nearest point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.api.distance import distance as compute
from seawall.api.distance import liquidation_surface, reverse_stress
from seawall.api.margins import DEFAULT_POLICY, as_policy
from seawall.api.snapshots import DEFAULT_SNAPSHOT
from seawall.cli import show
from seawall.cli.covariance_flags import CovarianceFlags
from seawall.cli.depths import depths
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.plain_table import plain_table
from seawall.cli.progress import working
from seawall.cli.ratio_map import ratio_map
from seawall.cli.stand_ins import stand_ins
from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.distance import Distance, Distances
from seawall.risk.reverse_stress import SIGMAS_MAX, ReverseStress
from seawall.risk.surface import ContourPoint, Surface
from seawall.risk.trigger import Which

SHOWN_ACCOUNTS_COUNT = 50
"""A terminal shows this many accounts; --csv and --json give all."""


def distance(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    initial: Annotated[bool, Parameter(negative=())] = False,
    depth: Annotated[list[str] | None, Parameter(negative=())] = None,
    surface: Annotated[bool, Parameter(negative=())] = False,
    nearest: Annotated[bool, Parameter(negative=())] = False,
    moves: CovarianceFlags | None = None,
    asset: str | None = None,
    map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say how far the market has to go until the venue acts, with the price there.

    Every number is a full margin in a moved market; the first point of each direction counts, and is computed again.

    ```console
    $ seawall distance book.csv
    $ seawall distance book.csv --account desk-1 --surface
    $ seawall distance book.csv --account desk-1 --nearest --policy okx/pm
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
        Only this account.
    initial
        Where an account is short of initial margin, in place of where the venue acts.
    depth
        `BTC=50e6`: USD within one per cent of the price; distances are then of what closing through it leaves.
    surface
        The margin ratio over price and volatility, as a map.
    nearest
        The most plausible joint move of prices and volatilities that gets there, by their covariance.
    moves
        Of the nearest point: how far prices and volatilities move in a day.
    asset
        Whose price and volatility the map moves, where the account depends on several.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row an account and direction as CSV; a cell of the map, or a factor of the nearest point.
    """
    check_one_format(as_json=json, as_csv=csv)
    if surface and nearest:
        raise InputError(Problem("output", "--surface --nearest", "one of them is asked for at a time"))
    if asset and not surface:
        raise InputError(Problem("asset", asset, "it is of the map: --surface"))
    if depth and (surface or nearest):
        raise InputError(Problem("depth", ", ".join(depth), "it is of distances, without --surface and --nearest"))
    asked = moves or CovarianceFlags()
    if not nearest:
        asked.refuse_without("--nearest")
    market, book = market_and_book(file, snapshot, account)
    chosen = as_policy(policy, time=market.time_ns)
    which: Which = "initial" if initial else "maintenance"
    swaps = stand_ins(map_underlying)
    rows: list[dict[str, object]]
    more: dict[str, object]
    if surface:
        with working("a map of margins"):
            found = liquidation_surface(
                book, market, chosen, account=account, asset=asset, which=which, stand_ins=swaps
            )
        rows, name = found.rows(), "surface"
        more = {"contour": [_point(found, one) for one in found.contour]}
    elif nearest:
        with working("the nearest point"):
            point = reverse_stress(
                book, market, chosen, account=account, which=which, stand_ins=swaps, vols=asked.vols, **asked.stated
            )
        rows, name = point.rows(), "nearest"
        more = {"kind": point.kind, "directions": point.directions, "notes": point.notes}
    else:
        with working("distances"):
            all_found = compute(
                book, market, chosen, which=which, depth_usd=depths(depth) if depth else None, stand_ins=swaps
            )
        rows, name, more = all_found.rows(), "distances", {"depth": depth or []}
    if json:
        print_json({name: rows, **more, "policy": chosen.id, "snapshot_notes": market.notes})
    elif csv:
        print_csv(rows)
    else:
        out = show.console()
        out.print(show.headline(market, chosen.id))
        if surface:
            _print_surface(out, found, market)
        elif nearest:
            _print_nearest(out, point, market, which)
        else:
            _print(out, all_found, book, market, which)
            if depth:
                told = f"Less what closing costs with {', '.join(depth)} USD within 1 %, options by their net delta."
                out.print(Text(told, style="dim"))
    unknown = surface and np.isnan(found.ratio).any()
    return EXIT_UNAVAILABLE if unknown or any(row.get("why") for row in rows) else 0


def _point(found: Surface, one: ContourPoint) -> dict[str, object]:
    return {"asset": found.asset, "price_move": one.price_move, "vol_move": one.vol_move, "ratio": one.ratio,
            "kind": one.kind}  # fmt: skip


def _print(out: Console, found: Distances, book: Book, market: MarketSnapshot, which: Which) -> None:
    event = "short of initial margin" if which == "initial" else "liquidation"
    wide = out.width >= show.WIDE_FROM
    table = plain_table(f"{event}: the price at which it comes, its distance; volatilities; days")
    table.add_column("account", overflow="fold", min_width=10)
    names = ["now", "below", "above", "vol down", "vol up", "days"]
    table.add_column("price of", no_wrap=True)
    for name in names if wide else ["below", "above", "vol up", "days"]:
        table.add_column(name, justify="right", no_wrap=True)
    shown = book.accounts[:SHOWN_ACCOUNTS_COUNT]
    why: dict[str, str] = {}
    for account in shown:
        ways = {one.direction: one for one in found if one.account == account}
        if reason := next((one.why for one in ways.values() if one.why), ""):
            why[account] = reason
        coins = [name.removesuffix(" down") for name in ways if name.endswith(" down") and name != "vol down"]
        for i, coin in enumerate(coins or ["-"]):
            down, up = (_price(ways.get(f"{coin} {way}"), coin) for way in ("down", "up"))
            vol_down, vol_up, time = (
                _move(ways.get(name), name) if not i else Text("") for name in ("vol down", "vol up", "time")
            )
            now = Text(f"{market.index[coin]:,.0f}" if coin in market.index else "-")
            cells = [now, down, up, vol_down, vol_up, time] if wide else [down, up, vol_up, time]
            table.add_row(account if not i else "", coin, *cells)
    out.print(table)
    for account, reason in why.items():
        out.print(Text(f"{account} is unavailable: {reason}", style="yellow"))
    if hidden := len(book.accounts) - len(shown):
        out.print(Text(f"... and {hidden} accounts more; --csv and --json give all"))
    legend = "none: not within -95 % and +400 %, or volatilities from a twentieth to ten times. now: it is there today."
    out.print(Text(f"{legend} --account NAME with --surface or --nearest shows more.", style="dim"))
    if not wide:
        rest = f"Today's prices and falling volatilities: on {show.WIDE_FROM} columns and more, by --csv and --json."
        out.print(Text(rest, style="dim"))


def _price(one: Distance | None, coin: str) -> Text:
    """Return the price at which it comes, and how far that is."""
    if one is None:
        return Text("-", style="dim")
    if word := _word(one):
        return word
    return Text(f"{_in_digits(one.prices[coin])} {one.move:+.1%}", style="bold" if abs(one.move) < 0.1 else "")


def _word(one: Distance) -> Text | None:
    """Return what is said in place of a point where there is none."""
    said = {"unavailable": ("n/a", "yellow"), "already": ("now", "bold red"), "none": ("none", "dim")}.get(one.kind)
    return None if said is None else Text(said[0], style=said[1])


def _in_digits(price: float) -> str:
    return f"{price:,.0f}" if price >= 100.0 else f"{price:,.4g}"


def _move(one: Distance | None, name: str) -> Text:
    if one is None:
        return Text("-", style="dim")
    if word := _word(one):
        return word
    return Text(f"{one.move:.1f}" if name == "time" else f"{one.move:+.0%}")


def _print_surface(out: Console, found: Surface, market: MarketSnapshot) -> None:
    out.print(ratio_map(found, market.index[found.asset]))
    if not found.contour:
        out.print("The venue acts nowhere on this map." if not found.acts.any() else "The venue acts on all of it.")
    for vol in sorted({one.vol_move for one in found.contour if one.vol_move in found.vol_moves}):
        prices = [one.price_move for one in found.contour if one.vol_move == vol]
        told = ", ".join(f"{market.index[found.asset] * (1.0 + move):,.0f} ({move:+.1%})" for move in prices)
        out.print(f"volatilities {vol:+.0%}: the venue's line is crossed at {told}")


def _print_nearest(out: Console, found: ReverseStress, market: MarketSnapshot, which: Which) -> None:
    event = "short of initial margin" if which == "initial" else "liquidated"
    if found.kind == "none":
        told = (
            f"{found.account} is not {event} within {SIGMAS_MAX:.0f} standard deviations of a day, nor by one price or"
        )
        out.print(Text(f"{told} all volatilities as far as `seawall distance` looks."))
    elif found.kind == "already":
        out.print(Text(f"{found.account} is {event} today.", style="bold red"))
    else:
        out.print(
            Text(f"{found.account} is {event} {found.sigmas:.1f} standard deviations of a day away, at:", style="bold")
        )
        out.print(_factors(found, market.index))
    for note in (*found.notes, f"{found.directions} directions were followed"):
        out.print(Text(f"  {note}", style="dim"))


def _factors(found: ReverseStress, index: Mapping[str, float]) -> Table:
    table = plain_table()
    for name in ("factor", "move", "to"):
        table.add_column(name, justify="left" if name == "factor" else "right", no_wrap=True)
    for name in _largest_first(found):
        level = f"{index[name] * (1.0 + found.moves[name]):,.0f}" if name in index else ""
        table.add_row(name.replace("vol ", "volatilities of "), f"{found.moves[name]:+.1%}", level)
    return table


def _largest_first(found: ReverseStress) -> Sequence[str]:
    return sorted(found.factors, key=lambda name: -abs(found.logs[found.factors.index(name)]))
