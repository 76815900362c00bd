"""What the requirement was read from: grids and lists of scenarios, the cell that binds, charges by position."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.html_table import cell_text
from seawall.margining.model import RiskArray, RiskMatrix
from seawall.reporting.blocks import Block, Prose, Section, Table, column, heat, number, of_rows, typeset, words
from seawall.reporting.context import Context
from seawall.scenarios.grid import percent

FIGURES_COUNT = 40
"""A page lists this many of a model's own figures, and says how many more there are."""
POSITIONS_COUNT = 60
LIST_ROWS = 18
"""Scenarios of a list that stand below each other; longer lists go on beside it."""
LEGEND = "Orange is a loss, blue a gain, with the sign in every cell; ◀ and the outline mark the scenario that binds."


def scenario_grids(context: Context, account: str) -> Section:
    """Return everything behind one account's margin that its model can show."""
    detail = context.explained[account].detail
    blocks: list[Block] = []
    for matrix in detail.matrices:
        blocks += _matrix(matrix)
    for array in detail.arrays:
        blocks += _array(array)
    if detail.matrices or detail.arrays:
        blocks.insert(0, Prose(LEGEND))
    if detail.positions:
        blocks.append(_positions([dict(row) for row in detail.positions]))
    figures = {name: x for name, x in detail.figures.items() if x and not name[-1].isdigit()}
    if figures:
        blocks.append(_figures(figures))
    if not blocks:
        blocks.append(Prose("The rule reads no scenario, and shows nothing beyond its components."))
    return Section("scenarios", "Scenarios of the rule", tuple(blocks))


def _top(amounts: FloatArray) -> float:
    return float(np.max(np.abs(amounts), where=np.isfinite(amounts), initial=0.0)) or 1.0


def _matrix(matrix: RiskMatrix) -> list[Block]:
    count, top = len(matrix.vol_names), _top(matrix.standard)
    rows = [
        [words(typeset(percent(move))), *(
            heat(float(matrix.standard[p, v]), top, marked=matrix.worst_scenario == p * count + v) for v in range(count)
        )]
        for p, move in enumerate(matrix.price_moves)
    ]  # fmt: skip
    heads = (f"{matrix.underlying} price", *(f">volatility {name}" for name in matrix.vol_names))
    made: list[Block] = [of_rows(f"{matrix.name}: profit and loss in {matrix.currency}", heads, rows)]
    if len(matrix.extended):
        cells = matrix.standard.size
        far = [
            [words(typeset(percent(move))), heat(float(amount), top, marked=matrix.worst_scenario == cells + m)]
            for m, (move, amount) in enumerate(zip(matrix.extended_moves, matrix.extended.tolist(), strict=True))
        ]
        heads = (f"{matrix.underlying} price", f">volatility {matrix.extended_vol}, weighted")
        made.append(of_rows(f"{matrix.name}: far moves, {matrix.currency}", heads, far))
    made.append(_contributions(matrix))
    return made


def _contributions(matrix: RiskMatrix) -> Table:
    parts = matrix.contributions
    order = np.argsort(parts, kind="stable").tolist()
    top = _top(parts)
    names, amounts = [matrix.lines[i] for i in order], [float(parts[i]) for i in order]
    beyond = float(parts.sum()) + matrix.worst
    if matrix.worst_scenario >= matrix.standard.size and beyond:
        names.append("dampener and offset")
        amounts.append(-beyond)
    *cells, worst = column([*amounts, -matrix.worst], matrix.currency)
    cells[: len(order)] = [
        replace(cell, colour=heat(amounts[k], top).colour) for k, cell in enumerate(cells[: len(order)])
    ]
    rows = [[words(name), cell] for name, cell in zip(names, cells, strict=True)]
    total = (words("worst case"), worst)
    caption = f"{matrix.name}: who loses at {typeset(matrix.worst_label)}, {matrix.currency}"
    return Table(caption, ("line", ">profit and loss"), tuple(tuple(row) for row in rows), total)


def _array(array: RiskArray) -> list[Block]:
    top = _top(array.pnl)
    rows = [
        [words(typeset(label)), heat(float(array.pnl[s]), top, marked=s == array.worst_scenario)]
        for s, label in enumerate(array.labels)
    ]
    named = f"{array.name}: profit and loss in {array.currency}, scenario by scenario"
    pieces = [rows[start : start + LIST_ROWS] for start in range(0, len(rows), LIST_ROWS)]
    made: list[Block] = [
        of_rows(named if not k else f"{array.name}, continued", ("scenario", ">profit and loss"), piece)
        for k, piece in enumerate(pieces)
    ]
    if array.worst_scenario >= 0 and array.lines:
        lines = array.line_pnl[:, array.worst_scenario]
        cells = column([float(x) for x in lines], array.currency)
        parts = [[words(name), cell] for name, cell in zip(array.lines, cells, strict=True)]
        caption = f"{array.name}: who loses at {typeset(array.worst_label)}, {array.currency}"
        made.append(of_rows(caption, ("line", ">profit and loss"), parts))
    return made


def _positions(rows: list[dict[str, object]]) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    numeric = {name for name in names if all(isinstance(row.get(name, 0.0), float | int) for row in rows)}
    heads = [f">{name.replace('_', ' ')}" if name in numeric else name.replace("_", " ") for name in names]
    shown = [
        [number(cell_text(row.get(name))) if name in numeric else words(cell_text(row.get(name))) for name in names]
        for row in rows[:POSITIONS_COUNT]
    ]
    left = len(rows) - POSITIONS_COUNT
    note = f"{left:,} positions more are not listed." if left > 0 else ""
    return of_rows("Charge by position, in the currency of each", heads, shown, note=note, wide=True)


def _figures(figures: dict[str, float]) -> Table:
    shown = list(figures.items())[:FIGURES_COUNT]
    left = len(figures) - len(shown)
    note = f"{left:,} figures more: `seawall margin --account NAME --json` has all." if left else ""
    rows = [[words(name), number(cell_text(float(x)))] for name, x in shown]
    return of_rows("The model's own figures that are not zero, in its own units", ("figure", ">"), rows, note=note)
