"""`seawall snapshot`: take a live one, or look at one."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from cyclopts import App, Parameter
from rich.table import Table

from seawall.api.snapshots import DEFAULT_SNAPSHOT, bundled_snapshots, load_snapshot
from seawall.cli import show
from seawall.core.errors import InputError, Problem
from seawall.core.time import iso, to_datetime
from seawall.instruments import Kind
from seawall.market import MarketSnapshot, Origin
from seawall.market.codec import encode
from seawall.market.fit_report import FitReport

app = App(name="snapshot", help="Market snapshots: bundled, from files, or live from a venue.", help_format="markdown")


@app.command
def deribit(
    *,
    currency: Literal["BTC", "ETH", "USDC", "USDT"] = "BTC",
    out: Annotated[str | None, Parameter(name=["--out", "-o"])] = None,
    base_url: str = "https://www.deribit.com/api/v2",
    timeout_seconds: float = 10.0,
) -> None:
    """Take a live snapshot of Deribit's chain over the public API and write it to a file. No account is needed.

    ```console
    $ seawall snapshot deribit --currency BTC
    $ seawall margin book.csv --snapshot deribit-btc-….seawall
    ```

    Parameters
    ----------
    currency
        BTC, ETH, USDC or USDT.
    out
        File to write, or a folder to write it in; named after the market and the time where no file is named.
    base_url
        Root of the API.
    timeout_seconds
        Patience with each request.
    """
    from seawall.venues.deribit.client import fetch_snapshot

    _check_folder(out or "")
    console = show.console()
    with console.status(f"asking Deribit for {currency}"):
        found = load_snapshot(encode(fetch_snapshot(currency, base_url=base_url, timeout_seconds=timeout_seconds)))
    stamp = to_datetime(found.time_ns).strftime("%Y%m%dT%H%M%SZ")
    named = f"deribit-{currency.lower()}-{stamp}.seawall"
    path = Path(named) if out is None else Path(out) / named if _is_folder(out) else Path(out)
    path.write_bytes(encode(found))
    _show(found)
    console.print(f"written to {path}")


@app.command(name="show")
def show_(source: str = DEFAULT_SNAPSHOT, /) -> None:
    """Say what is in a snapshot, how old it is, and what in it was derived.

    Parameters
    ----------
    source
        A bundled snapshot's name, or a file.
    """
    _show(load_snapshot(source))


@app.command
def fit(source: str = DEFAULT_SNAPSHOT, /) -> None:
    """Fit smiles to a chain and say how well: to the venue's volatilities where it published them, else to quotes.

    Volatilities and errors are in points. `inside` is the share of quotes that hold the smile; the last column says
    whether neither butterfly nor calendar arbitrage was found. Marks that the venue published are computed
    again from their volatilities and compared.

    Parameters
    ----------
    source
        A bundled snapshot's name, or a file.
    """
    from seawall.market.derive import fit_error, mark_errors

    found = load_snapshot(source)
    report = fit_error(found)
    out = show.console()
    out.print(_fit_table(report))
    free = "free of arbitrage where checked" if report.ok else "NOT free of arbitrage, or without a smile somewhere"
    out.print(f"{len(report.rows)} expiries, {free}; error {report.rmse_points:.2f} points over all fitted quotes.")
    errors = np.abs(mark_errors(found))
    errors = errors[~np.isnan(errors) & (found.mark_origin == Origin.OBSERVED)]
    if len(errors):
        middle, high = np.quantile(errors, [0.5, 0.99])
        out.print(
            f"{len(errors)} marks from their volatilities: median error {middle:.1e}, p99 {high:.1e}, in price units."
        )


def _fit_table(report: FitReport) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    errors = ("rms\nerror", "largest\nerror")
    for name in ("expiry", "forward", "from", "quotes", "at the\nmoney", *errors, "inside", "free of\narbitrage"):
        table.add_column(name, justify="left" if name in ("expiry", "from") else "right", no_wrap=True)
    for row in report.rows:
        inside = "-" if np.isnan(row.inside_share) else f"{row.inside_share:.0%}"
        table.add_row(
            f"{row.underlying} {iso(row.expiry_ns)[:10]}", f"{row.forward:,.2f}", row.forward_source,
            str(row.quote_count),
            f"{100.0 * row.at_the_money_vol:.2f}", f"{row.rmse_points:.2f}", f"{row.max_error_points:.2f}", inside,
            "yes" if row.ok else "NO",
        )  # fmt: skip
    return table


@app.command
def convert(
    source: Path,
    /,
    *,
    out: Annotated[str, Parameter(name=["--out", "-o"])],
    currency: str = "BTC",
    day: str | None = None,
) -> None:
    """Write a snapshot read from a venue's JSON or from an archive of daily chains in our own format.

    ```console
    $ seawall snapshot convert chains.parquet --currency ETH --day 2026-03-01 --out eth.seawall
    ```

    Parameters
    ----------
    source
        The file.
    out
        File to write.
    currency
        Which coin's chain of an archive.
    day
        Which day of an archive; the last where none is named.
    """
    if _is_folder(out):
        raise InputError(Problem("--out", out, "it is a folder; a snapshot is a file, such as btc.seawall"))
    _check_folder(out)
    found = load_snapshot(source, currency=currency, day=day)
    Path(out).write_bytes(encode(found))
    _show(found)
    show.console().print(f"written to {out}")


def _check_folder(out: str) -> None:
    """Refuse a file in a folder that is not there, before anything is asked for."""
    folder = Path(out) if _is_folder(out) else Path(out).parent
    if not folder.is_dir():
        raise InputError(Problem("--out", out, f"there is no folder {folder}"))


def _is_folder(out: str) -> bool:
    """Return whether a folder is meant, by how it is written or by what is there."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir()


@app.command(name="list")
def list_() -> None:
    """List the bundled snapshots."""
    for name in bundled_snapshots():
        print(name)


def _show(found: MarketSnapshot) -> None:
    out = show.console()
    age_days = found.age_seconds(time.time_ns()) / 86_400
    out.print(f"{found.name}: {found.venue}, {iso(found.time_ns)}, {age_days:,.1f} days old, digest {found.digest}")
    out.print(f"source: {found.source}")
    for asset, price in found.index.items():
        out.print(f"index: {asset} {price:,.2f} USD ({found.index_origin[asset].name.lower()})")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in (
        "expiry",
        "days",
        "forward",
        "origin",
        "futures",
        "options",
        "vol at\nthe money",
        "quoted on\nboth sides",
    ):
        table.add_column(name, justify="left" if name in ("expiry", "origin") else "right", no_wrap=True)
    options = found.table.is_kind(Kind.OPTION)
    for expiry in np.unique(found.table.expiry_ns):
        here = found.table.expiry_ns == expiry
        mine = here & options
        forward = found.forward[here & ~np.isnan(found.forward)]
        quoted = int((mine & ~np.isnan(found.bid) & ~np.isnan(found.ask)).sum())
        dated = bool(np.isfinite(found.years[here][0]))
        origin = Origin(int(found.forward_origin[here].max())).name.lower()
        table.add_row(
            iso(int(expiry))[:10] if dated else "perpetual",
            f"{found.years[here][0] * 365:,.1f}" if dated else "",
            f"{forward[0]:,.2f}" if len(forward) else "-",
            origin if len(forward) else "-",
            str(int((here & ~options).sum())),
            str(int(mine.sum())),
            _near_vol(found, mine),
            f"{quoted}" if mine.any() else "",
        )
    out.print(table)
    for note in found.notes:
        out.print(f"note: {note}")


def _near_vol(found: MarketSnapshot, mine: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    known = np.flatnonzero(mine & ~np.isnan(found.vol) & ~np.isnan(found.forward))
    if len(known) == 0:
        return ""
    nearest = known[np.argmin(np.abs(np.log(found.table.strike[known] / found.forward[known])))]
    return f"{found.vol[nearest]:.1%}"
