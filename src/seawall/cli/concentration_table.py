"""How concentrated a book is, and which positions are largest in their markets, as tables that people read."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from seawall.cli.plain_table import plain_table
from seawall.core.amounts import amount
from seawall.risk.concentration import LiquidityReport, herfindahl
from seawall.risk.exposures import Exposures

SHOWN_POSITIONS_COUNT = 5
CONCENTRATED_BY = ("asset", "account", "expiry", "moneyness", "instrument")


def concentration_table(found: Exposures) -> Table:
    """Return how concentrated the gross cash delta is, level by level."""
    table = plain_table("concentration of gross cash delta")
    table.add_column("by")
    table.add_column("index", justify="right", no_wrap=True)
    table.add_column("alike", justify="right", no_wrap=True)
    table.add_column("largest", overflow="fold")
    table.add_column("share", justify="right", no_wrap=True)
    for row in concentrated(found):
        index, share = float(str(row["herfindahl"])), float(str(row["largest_share"]))
        alike = f"{1.0 / index:.1f}" if index > 0.0 else "-"
        nothing = {"none": "no expiry" if row["by"] == "expiry" else "no strike", "": "-"}
        name = nothing.get(str(row["largest"]), str(row["largest"]))
        shown = (f"{index:.3f}", alike, name, f"{share:.0%}") if index == index else ("n/a",) * 4
        table.add_row(str(row["by"]), *shown)
    return table


def concentrated(found: Exposures) -> list[dict[str, object]]:
    """Return the Herfindahl index by level, how many equal parts it is worth, and the largest part."""
    rows: list[dict[str, object]] = []
    for level in CONCENTRATED_BY:
        parts = found.by(level).parts
        sizes = {part.name: part.gross["cash_delta_usd"] for part in parts}
        whole = sum(sizes.values())
        largest = max(sizes, key=lambda name: sizes[name]) if whole == whole and sizes else ""
        share = sizes[largest] / whole if largest and whole else (0.0 if whole == whole else np.nan)
        rows.append(
            {"by": level, "herfindahl": herfindahl(list(sizes.values())), "largest": largest, "largest_share": share}
        )
    return rows


def places_table(places: LiquidityReport, *, known: bool) -> Table:
    """Return the positions that are largest in their markets."""
    table = plain_table("largest in their markets")
    table.add_column("instrument", overflow="fold", min_width=12)
    table.add_column("account", overflow="fold", min_width=8)
    for name in ("size", "of open\ninterest", "days to\nclose", "spread\nUSD"):
        table.add_column(name, justify="right", no_wrap=True)
    order = sorted(places.positions, key=lambda one: -np.nan_to_num(one.open_interest_share, nan=-1.0))
    for one in order[:SHOWN_POSITIONS_COUNT]:
        share = "n/a" if np.isnan(one.open_interest_share) else f"{one.open_interest_share:.1%}"
        days = "n/a" if np.isnan(one.days) else f"{one.days:,.3g}"
        spread = amount(one.spread_cost_usd, "USD")
        table.add_row(one.instrument, one.account, f"{one.size:,.10g}", share, days, spread)
    table.caption = None if known else "Days to close need volumes: --volume FILE."
    table.caption_justify = "left"
    return table
