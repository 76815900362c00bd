"""Exposures as a table that people read: a total, and below it what it is made of."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from seawall.cli.plain_table import plain_table
from seawall.core.amounts import compact
from seawall.risk.exposures import Exposures, Total

SHOWN_ROWS_COUNT = 80
"""A terminal shows this many totals; --csv and --json give all."""
COLUMNS = {
    "delta": "delta\ncoin",
    "cash_delta_usd": "cash\ndelta USD",
    "gross": "gross\nUSD",
    "cash_gamma_usd": "gamma\nUSD, 1 %",
    "vega_usd": "vega\nUSD, point",
    "theta_usd_day": "theta\nUSD, day",
}
CENTS_BELOW, HALF_A_CENT = 10.0, 0.005
"""Whole dollars from here on, USD; and what is no cent is shown as nothing."""
_PER_SHOWN = {"vega_usd": 0.01}
"""A table for people has vega per point, as venues and the report do; rows for machines per 1.00."""
_NOTHING = {"expiry": "no expiry", "moneyness": "no strike"}
MORE = {
    "delta": ("delta\ncoin", 1.0),
    "net_delta": ("net delta\ncoin", 1.0),
    "rho_usd": ("rho\nUSD, 1 %", 0.01),
    "vanna_usd": ("vanna\nUSD, point", 0.01),
    "volga_usd": ("volga\nUSD, point", 1e-4),
}
"""Greeks of the second table: heading, and what is shown of the number that machines get."""
SHOWN_ACCOUNTS_COUNT = 12
"""With more accounts than this the second table tells assets only."""
MORE_LEGEND = (
    "Net delta: price-adjusted. Rho per 1 % of rate; vanna and volga per point of volatility, in --json per 1.00."
)
LEGEND = (
    "Cash delta: USD per 100 % move. Gross: cash deltas without their sign. Gamma: change of cash delta per 1 %. "
    "Vega: per point of volatility, 0.01; vega_usd of --json, --csv and limits is per 1.00."
)


def exposure_table(total: Total, *, wide: bool) -> list[Table | Text]:
    """Return a total and the totals below it, and why any has no number.

    Where a total has one part, both are one line: their numbers are the same.
    """
    lines = list(_lines(total, 0))
    table = Table(title_justify="left", box=None, padding=(0, 2 if wide else 1, 0, 0), pad_edge=False)
    table.add_column("", overflow="fold", min_width=22)
    several = len({part.name for part in total.parts}) > 1 and any(part.level == "asset" for part in total.parts)
    for name in COLUMNS.values():
        table.add_column(name, justify="right", no_wrap=True)
    for depth, name, part in lines[:SHOWN_ROWS_COUNT]:
        coin = "" if several and not depth else _number(part.net["delta"], coin=True, wide=wide)
        gross = _number(part.gross["cash_delta_usd"], wide=wide)
        money = [
            gross if key == "gross" else _number(part.net[key] * _PER_SHOWN.get(key, 1.0), wide=wide)
            for key in list(COLUMNS)[1:]
        ]
        table.add_row(Text("  " * depth + name, style="bold" if depth < 2 else ""), coin, *money)
    reasons = dict.fromkeys(part.unavailable for _, _, part in lines if part.unavailable and not part.parts)
    below: list[Table | Text] = [Text(f"unavailable: {reason}", style="yellow") for reason in reasons]
    if (hidden := len(lines) - SHOWN_ROWS_COUNT) > 0:
        below.append(Text(f"... and {hidden} lines more; --by, --account, --csv and --json give all"))
    return [table, *below]


def more_greeks_table(found: Exposures, *, wide: bool) -> list[Table | Text]:
    """Return deltas named apart, rho, vanna and volga by asset, and by account below it where accounts are few."""
    few = len({holding.account for holding in found.holdings}) <= SHOWN_ACCOUNTS_COUNT
    total = found.by("asset", "account") if few else found.by("asset")
    table = plain_table("more Greeks, net", padding=2 if wide else 1)
    table.add_column("", overflow="fold", min_width=22)
    for heading, _ in MORE.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for asset in total.parts:
        for depth, name, part in _lines(asset, 0):
            money = [
                _number(part.net[key] * scale, wide=wide, coin="USD" not in head)
                for key, (head, scale) in MORE.items()
            ]  # fmt: skip
            table.add_row(Text("  " * depth + name, style="" if depth else "bold"), *money)
    return [table, Text(MORE_LEGEND, style="dim")] if total.parts else []


def _lines(total: Total, depth: int) -> Iterator[tuple[int, str, Total]]:
    names = [total.name]
    while len(total.parts) == 1:
        total = total.parts[0]
        names.append(total.name)
    names = [_NOTHING.get(total.level, "none") if name == "none" else name for name in names]
    shown = names if total.level != "instrument" else names[-1:] if len(names) > 1 and depth else names
    yield depth, " / ".join(shown), total
    for part in total.parts:
        yield from _lines(part, depth + 1)


def _number(amount: float, *, wide: bool, coin: bool = False) -> str:
    """Return every digit that counts where there is room, and seven characters where there is not."""
    if not wide or amount != amount or abs(amount) >= 1e12 or amount == 0.0:
        return compact(amount)
    if coin:
        return f"{amount:+z,.4f}"
    if abs(amount) < CENTS_BELOW:
        return compact(amount) if abs(amount) >= HALF_A_CENT else "0"
    return f"{amount:+,.0f}"
