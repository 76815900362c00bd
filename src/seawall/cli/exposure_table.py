"""Exposures as a table that people read: a total, and below it what it is made of."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from seawall.core.amounts import compact
from seawall.risk.exposures import Total

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
_PER_SHOWN = {"vega_usd": 0.01}
"""A table for people has vega per point, as venues and the report do; rows for machines per 1.00."""
_NOTHING = {"expiry": "no expiry", "moneyness": "no strike"}
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
    return f"{amount:+,.4f}" if coin else f"{amount:+,.0f}"
