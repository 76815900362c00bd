"""A risk matrix as a heat map in the terminal: prices across, volatilities down, the worst cell marked."""

from __future__ import annotations

from collections.abc import Sequence

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
    """Return the standard grid as coloured cells side by side; it fits a terminal of 80 columns."""
    table = _grid(f"{matrix.name}: profit and loss in {matrix.currency}", matrix.price_moves)
    vols_count = len(matrix.vol_names)
    for v, name in enumerate(matrix.vol_names):
        row = [float(matrix.standard[p, v]) for p in range(len(matrix.price_moves))]
        worst = [matrix.worst_scenario == p * vols_count + v for p in range(len(row))]
        table.add_row(f"vol {name}", *_cells(row, worst, matrix))
    return table


def far_moves(matrix: RiskMatrix) -> Table:
    """Return the far moves as one row of coloured cells."""
    table = _grid("far moves, weighted and dampened", matrix.extended_moves)
    cells = matrix.standard.size
    worst = [matrix.worst_scenario == cells + m for m in range(len(matrix.extended))]
    table.add_row(f"vol {matrix.extended_vol}", *_cells(matrix.extended.tolist(), worst, matrix))
    return table


def _grid(title: str, moves: Sequence[float]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    for move in moves:
        table.add_column(percent(move).replace(" ", ""), justify="right", no_wrap=True)
    return table


def _cells(row: Sequence[float], worst: Sequence[bool], matrix: RiskMatrix) -> list[Text]:
    top = float(np.nanmax(np.abs(matrix.standard), initial=0.0)) or 1.0
    return [_cell(pnl, top, is_worst=is_worst) for pnl, is_worst in zip(row, worst, strict=True)]


def _cell(pnl: float, top: float, *, is_worst: bool) -> Text:
    share = 0.0 if np.isnan(pnl) else min(abs(pnl) / top, 1.0)
    target = _LOSS if pnl < 0.0 else _GAIN
    red, green, blue = (round(dark + (full - dark) * share) for dark, full in zip(_DARK, target, strict=True))
    style = Style(bgcolor=f"rgb({red},{green},{blue})", color="white", bold=is_worst)
    return Text(f"{compact(pnl)}{WORST_MARK if is_worst else ' '}", style=style)
