"""Margin ratios over price and volatility as a map in the terminal: orange where the venue acts, blue where not."""

from __future__ import annotations

import math

from rich.style import Style
from rich.table import Table
from rich.text import Text

from seawall.cli.heat_map import DARK, GAIN, LOSS
from seawall.risk.surface import Surface
from seawall.scenarios.grid import percent

ACTS_MARK = "■"
"""Beside the colour, so that nothing is said by colour alone."""
LARGEST = 9.99
"""A ratio beyond this is written as one that is larger."""


def ratio_map(found: Surface, price: float) -> Table:
    """Return prices down the page and volatilities across; it fits a terminal of 80 columns."""
    event = "short of initial margin" if found.trigger.which == "initial" else "liquidation"
    table = Table(
        title=f"{found.account}: margin ratio over {found.asset}; 100 % is {event} {ACTS_MARK}", title_justify="left",
        box=None, padding=(0, 0, 0, 1), pad_edge=False,
    )  # fmt: skip
    table.add_column("move", justify="right", no_wrap=True)
    table.add_column(found.asset, justify="right", no_wrap=True)
    for vol in found.vol_moves.tolist():
        name = "vol" if vol == 0.0 else f"vol{percent(vol).replace(' ', '')}"
        table.add_column(name, justify="right", no_wrap=True)
    for p, move in enumerate(found.price_moves.tolist()):
        cells = [_cell(float(found.ratio[p, v]), acts=bool(found.acts[p, v])) for v in range(len(found.vol_moves))]
        style = "bold" if move == 0.0 else ""
        table.add_row(Text(percent(move), style=style), Text(f"{price * (1.0 + move):,.0f}", style=style), *cells)
    return table


def _cell(ratio: float, *, acts: bool) -> Text:
    """Return one ratio: the darkest is at the line, so that both sides stand out from it."""
    if math.isnan(ratio):
        return Text("n/a ", style="yellow")
    target = LOSS if acts else GAIN
    share = min(1.0, 0.35 + abs(ratio - 1.0)) if acts else max(0.15, 1.0 - ratio)
    red, green, blue = (round(dark + (full - dark) * share) for dark, full in zip(DARK, target, strict=True))
    told = ">999%" if ratio > LARGEST else f"{ratio:.0%}"
    style = Style(bgcolor=f"rgb({red},{green},{blue})", color="white", bold=acts)
    return Text(f"{told}{ACTS_MARK if acts else ' '}", style=style)
