"""Heat maps: a number in every cell, and a line around those where something happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seawall.charts.style import INK, LOSS_HATCH, PAPER, drawing, new_figure, short, tint
from seawall.core.arrays import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL_INCHES = 0.36
SHORT_LETTERS, NAMES_LETTERS = 8, 72
"""Names of columns that are longer, and have room for more letters than these, are turned: none covers another."""
HATCH_GREY = "#8b929b"
NOISE_RATIO = 1e-12
"""Amounts this small beside the largest are what sums of floats leave over, and are written as 0."""


def heat_map(
    values: FloatArray | Sequence[Sequence[float]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "",
    row_label: str = "",
    column_label: str = "",
    marked: tuple[int, int] | None = None,
) -> Figure:
    """Return a cell for each value: orange and signed below zero, blue above, grey where there is none.

    Parameters
    ----------
    values
        `(R, C)`.
    rows, columns
        Their names; the first row is on top.
    marked
        Row and column of the cell that is outlined.

    Examples
    --------
    >>> len(heat_map([[1.0, -2.0], [float("nan"), 0.0]], ["a", "b"], ["x", "y"]).axes[0].texts)
    4
    """
    found = np.asarray(values, dtype=np.float64).reshape(len(rows), len(columns))
    top = float(np.max(np.abs(found), where=np.isfinite(found), initial=0.0)) or 1.0
    found = np.where(np.abs(found) < NOISE_RATIO * top, 0.0, found)
    told = [[short(cell) if not cell > 0.0 else f"+{short(cell)}" for cell in row] for row in found.tolist()]
    with drawing():
        figure, axes = _cells(found / top, told, rows, columns, row_label, column_label)
        if marked is not None:
            _outline(axes, *marked)
        if title:
            axes.set_title(title, loc="left")
    return figure


def contour_surface(
    ratio: FloatArray,
    x_names: Sequence[str],
    y_names: Sequence[str],
    *,
    acts: BoolArray | None = None,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    here: tuple[int, int] | None = None,
) -> Figure:
    """Return ratios over two axes, hatched where they are 1 or more, with a line around those cells.

    Parameters
    ----------
    ratio
        `(X, Y)`; NaN is grey.
    x_names, y_names
        X and Y names, from the lowest to the highest; cells are even though steps need not be.
    acts
        `(X, Y)`, which cells are hatched; where the ratio is 1 or more, where left out.
    here
        The cell that is today.

    Examples
    --------
    >>> import numpy as np
    >>> figure = contour_surface(np.array([[2.0, 3.0], [0.5, 0.6]]), ["-10 %", "0 %"], ["0 %", "+50 %"])
    >>> figure.axes[0].lines[0].get_xdata()[:2].tolist()
    [0.5, 0.5]
    """
    over = np.asarray(ratio >= 1.0, np.bool_) if acts is None else acts
    with np.errstate(invalid="ignore"):
        share = np.where(over, -np.clip(0.45 + 0.55 * (ratio - 1.0), 0.45, 1.0), np.clip(1.0 - ratio, 0.0, 1.0))
    share[np.isnan(ratio)] = np.nan
    told = [[_percent(cell) for cell in row] for row in ratio.T[::-1].tolist()]
    with drawing():
        struck = over.T[::-1]
        figure, axes = _cells(share.T[::-1], told, list(y_names)[::-1], x_names, y_label, x_label, hatched=struck)
        across, down = _borders(struck)
        if across:
            axes.plot(across, down, color=INK, linewidth=2.6, solid_capstyle="projecting", zorder=3.0)
        if here is not None:
            _outline(axes, len(y_names) - 1 - here[1], here[0])
        if title:
            axes.set_title(title, loc="left")
    return figure


def _borders(struck: BoolArray) -> tuple[list[float], list[float]]:
    """Return the edges between a cell that is hatched and one that is not, NaN between them."""
    x: list[float] = []
    y: list[float] = []
    for i, j in np.argwhere(struck[:, :-1] != struck[:, 1:]).tolist():
        x += [j + 0.5, j + 0.5, np.nan]
        y += [i - 0.5, i + 0.5, np.nan]
    for i, j in np.argwhere(struck[:-1] != struck[1:]).tolist():
        x += [j - 0.5, j + 0.5, np.nan]
        y += [i + 0.5, i + 0.5, np.nan]
    return x, y


def _cells(
    share: FloatArray, told: Sequence[Sequence[str]], rows: Sequence[str], columns: Sequence[str], row_label: str,
    column_label: str, *, hatched: BoolArray | None = None,
) -> tuple[Figure, Any]:  # fmt: skip
    from matplotlib import rc_context
    from matplotlib.patches import Rectangle

    figure, axes = new_figure(0.9 + CELL_INCHES * len(rows))
    for i, row in enumerate(share.tolist()):
        for j, cell in enumerate(row):
            struck = cell < 0.0 if hatched is None else bool(hatched[i, j])
            axes.add_patch(Rectangle(
                (j - 0.5, i - 0.5), 1.0, 1.0, facecolor=tint(cell), edgecolor=PAPER, linewidth=1.0,
            ))  # fmt: skip
            if struck:
                with rc_context({"hatch.color": HATCH_GREY}):
                    axes.add_patch(Rectangle(
                        (j - 0.5, i - 0.5), 1.0, 1.0, facecolor="none", edgecolor=HATCH_GREY, linewidth=0.0,
                        hatch=LOSS_HATCH,
                    ))  # fmt: skip
            words = told[i][j].replace("-", "−")
            axes.text(  # within its cell, so that the layout need not measure it
                j,
                i,
                words,
                ha="center",
                va="center",
                fontsize=7.4,
                fontweight="bold" if struck else "normal",
                zorder=4.0,
                in_layout=False,
                bbox={"facecolor": tint(cell), "edgecolor": "none", "pad": 0.8},
            )
    axes.set_xticks(range(len(columns)), labels=list(columns))
    axes.set_yticks(range(len(rows)), labels=list(rows))
    axes.tick_params(length=0)
    longest = max(map(len, columns), default=0)
    if longest > SHORT_LETTERS and longest * len(columns) > NAMES_LETTERS:
        for name in axes.get_xticklabels():
            name.set(rotation=30.0, ha="right", rotation_mode="anchor")
    elif len(columns) > 12:
        axes.tick_params(axis="x", labelsize=7.0)
    axes.grid(visible=False)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5), xlabel=column_label, ylabel=row_label)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure, axes


def _outline(axes: Any, row: int, column: int) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fill=False, edgecolor=INK, linewidth=2.0))


def _percent(ratio: float) -> str:
    if np.isnan(ratio):
        return "n/a"
    return ">10×" if ratio > 9.99 else f"{ratio:.0%}"
