"""A risk matrix as a heat map in the terminal: prices across, volatilities down, the worst cell marked."""

from __future__ import annotations

import numpy as np
from rich.style import Style
from rich.table import Table
from rich.text import Text

from seawall.cli.amounts import compact
from seawall.margining.model import RiskMatrix
from seawall.scenarios.grid import percent

_LOSS, _GAIN, _DARK = (204, 85, 0), (0, 92, 175), (28, 28, 28)
"""Orange against blue: told apart without colour vision too, and every cell carries its sign."""
WORST_MARK = "◀"


def heat_map(matrix: RiskMatrix) -> Table:
    """Return the standard grid as a coloured table."""
    worst = matrix.worst_scenario
    table = Table(title=f"{matrix.name}: profit and loss in {matrix.currency}", title_justify="left", pad_edge=False)
    table.add_column("vol", style="bold")
    for move in matrix.price_moves:
        table.add_column(percent(move).replace(" ", ""), justify="right", no_wrap=True)
    top = float(np.nanmax(np.abs(matrix.standard), initial=0.0)) or 1.0
    vols_count = len(matrix.vol_names)
    for v, name in enumerate(matrix.vol_names):
        table.add_row(
            name,
            *(
                _cell(float(matrix.standard[p, v]), top, is_worst=worst == p * vols_count + v)
                for p in range(len(matrix.price_moves))
            ),
        )
    return table


def far_moves(matrix: RiskMatrix) -> Table:
    """Return the far moves as one coloured row."""
    cells = matrix.standard.size
    table = Table(title="far moves, weighted and dampened, vol up", title_justify="left", pad_edge=False)
    for move in matrix.extended_moves:
        table.add_column(percent(move).replace(" ", ""), justify="right", no_wrap=True)
    top = float(np.nanmax(np.abs(matrix.standard), initial=0.0)) or 1.0
    table.add_row(
        *(_cell(float(p), top, is_worst=matrix.worst_scenario == cells + m) for m, p in enumerate(matrix.extended))
    )
    return table


def _cell(pnl: float, top: float, *, is_worst: bool) -> Text:
    share = 0.0 if np.isnan(pnl) else min(abs(pnl) / top, 1.0)
    target = _LOSS if pnl < 0.0 else _GAIN
    red, green, blue = (round(dark + (full - dark) * share) for dark, full in zip(_DARK, target, strict=True))
    style = Style(bgcolor=f"rgb({red},{green},{blue})", color="white", bold=is_worst)
    return Text(compact(pnl) + (WORST_MARK if is_worst else ""), style=style)
