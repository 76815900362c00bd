"""A risk matrix as a heat map in the terminal: prices across, volatilities down, the worst cell marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.style import Style
from rich.table import Table
from rich.text import Text

from seawall.core.amounts import amount, compact
from seawall.margining.model import RiskArray, RiskMatrix
from seawall.scenarios.grid import percent

LOSS, GAIN, DARK = (204, 85, 0), (0, 92, 175), (28, 28, 28)
"""Orange against blue: told apart without colour vision too, and every cell carries its sign."""
WORST_MARK = "◀"
BAR_WIDTH = 24
"""Columns of the longest bar: beside a label and an amount it fits a terminal of 80."""


WIDEST_MOVES_COUNT = 9
"""More price moves than this run down the page: across they would need more than 80 columns."""


def heat_map(matrix: RiskMatrix) -> Table:
    """Return the standard grid as coloured cells side by side; it fits a terminal of 80 columns."""
    if len(matrix.price_moves) > WIDEST_MOVES_COUNT:
        return _upright(matrix)
    table = _grid(f"{matrix.name}: profit and loss in {matrix.currency}", matrix.price_moves)
    vols_count = len(matrix.vol_names)
    for v, name in enumerate(matrix.vol_names):
        row = [float(matrix.standard[p, v]) for p in range(len(matrix.price_moves))]
        worst = [matrix.worst_scenario == p * vols_count + v for p in range(len(row))]
        table.add_row(f"vol {name}", *_cells(row, worst, matrix))
    return table


def _upright(matrix: RiskMatrix) -> Table:
    """Return the grid with prices down the page."""
    table = Table(
        title=f"{matrix.name}: profit and loss in {matrix.currency}",
        title_justify="left", box=None, padding=(0, 0, 0, 1), pad_edge=False,
    )  # fmt: skip
    table.add_column("", justify="right", no_wrap=True)
    for name in matrix.vol_names:
        table.add_column(f"vol {name}", justify="right", no_wrap=True)
    count = len(matrix.vol_names)
    for p, move in enumerate(matrix.price_moves):
        worst = [matrix.worst_scenario == p * count + v for v in range(count)]
        table.add_row(percent(move), *_cells(matrix.standard[p].tolist(), worst, matrix))
    return table


def scenario_bars(array: RiskArray) -> Table:
    """Return a list of scenarios with a bar for each loss, the binding one marked."""
    table = Table(
        title=f"{array.name}: profit and loss in {array.currency}, scenario by scenario",
        title_justify="left", box=None, padding=(0, 2, 0, 0), pad_edge=False,
    )  # fmt: skip
    table.add_column("scenario", no_wrap=True)
    table.add_column("profit and loss", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    top = float(np.nanmax(np.abs(array.pnl), initial=0.0)) or 1.0
    for s, label in enumerate(array.labels):
        gain = float(array.pnl[s])
        bar = Text(
            "█" * round(BAR_WIDTH * abs(gain) / top), style=f"rgb{LOSS if gain < 0.0 else GAIN}".replace(" ", "")
        )
        mark = WORST_MARK if s == array.worst_scenario else ""
        table.add_row(label, Text(amount(gain, array.currency) + mark, style="bold" if mark else ""), bar)
    return table


def far_moves(matrix: RiskMatrix) -> Table:
    """Return the far moves as one row of coloured cells."""
    table = _grid("far moves, weighted", matrix.extended_moves)
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
    target = LOSS if pnl < 0.0 else GAIN
    red, green, blue = (round(dark + (full - dark) * share) for dark, full in zip(DARK, target, strict=True))
    style = Style(bgcolor=f"rgb({red},{green},{blue})", color="white", bold=is_worst)
    return Text(f"{compact(pnl)}{WORST_MARK if is_worst else ' '}", style=style)
