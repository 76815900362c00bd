"""Lines over one number: profit and loss over a price, margin over a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seawall.charts.style import FAINT, INK, LINES, drawing, new_figure, tick
from seawall.core.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTER_SHARE = 0.0125
"""Width of a letter of a mark's name, as a share of the axis."""
LINE_POINTS = 11.0
LEGEND_POINTS, LEGEND_COLUMNS = 16.0, 4
LEGEND_LETTERS, LINE_LETTERS = 96, 7
"""Letters that stand side by side above a chart, and how many a line and its gap take."""
MARKERS = ("", "o", "s", "^")
"""Of the first four lines, of the next four, and so on."""
MARKS_COUNT = 12


def curve(
    x: FloatArray | Sequence[float], y: FloatArray | Sequence[float], *, title: str = "", x_label: str = "",
    y_label: str = "", marks: Mapping[str, float] | None = None,
) -> Figure:  # fmt: skip
    """Return one line; see `curves`."""
    return curves(x, {"": y}, title=title, x_label=x_label, y_label=y_label, marks=marks)


def curves(
    x: FloatArray | Sequence[float],
    lines: Mapping[str, FloatArray | Sequence[float]],
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    marks: Mapping[str, float] | None = None,
    now: float | None = None,
    base: float = 0.0,
    height: float = 3.0,
) -> Figure:
    """Return lines over one axis, told apart by dashes as well as by colour; NaN is a gap.

    Parameters
    ----------
    x
        `(K,)`, rising.
    lines
        By name, `(K,)` each.
    marks
        Points of the axis to name, such as a liquidation price.
    now
        The point that is today.
    base
        Where the horizontal line is that all others are held against.

    Examples
    --------
    >>> len(curves([0.0, 1.0], {"equity": [1.0, 2.0], "margin": [0.5, 0.5]}).axes[0].lines)
    3
    """
    at = np.asarray(x, dtype=np.float64)
    with drawing():
        from matplotlib.transforms import ScaledTranslation

        figure, axes = new_figure(height)
        axes.axhline(base, color=FAINT, linewidth=0.8)
        for i, (name, values) in enumerate(lines.items()):
            colour, dashes = LINES[i % len(LINES)]
            shown = np.asarray(values, dtype=np.float64)
            shown = np.where(np.isfinite(shown), shown, np.nan)
            mark = MARKERS[i // len(LINES) % len(MARKERS)]  # dashes are used up after some lines, and then come marks
            every = max(len(at) // MARKS_COUNT, 1)
            axes.plot(at, shown, dashes, color=colour, linewidth=1.8, marker=mark, markersize=4.5, markevery=every,
                      label=name)  # fmt: skip
        named = {**({"now": now} if now is not None else {}), **(marks or {})}
        levels = _levels(at, named)
        for name, level in levels.items():
            _mark(axes, at, name, named[name], level)
        axes.set(xlabel=x_label, ylabel=y_label, xlim=(float(at.min()), float(at.max())))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda number, _: tick(number))
        room = LINE_POINTS * (1 + max(levels.values(), default=-1)) + 4.0
        if any(lines):
            above = ScaledTranslation(0.0, room / 72.0, figure.dpi_scale_trans)
            columns = max(1, min(LEGEND_COLUMNS, LEGEND_LETTERS // (max(map(len, lines)) + LINE_LETTERS)))
            axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), bbox_transform=axes.transAxes + above,
                        ncols=columns, handlelength=3.2, borderaxespad=0.2)  # fmt: skip
            room += LEGEND_POINTS * -(-len(lines) // columns) + 6.0
        if title:
            axes.set_title(title, loc="left", pad=room)
    return figure


def _levels(at: FloatArray, marks: Mapping[str, float]) -> dict[str, int]:
    """Return in which line above the plot the name of each point stands, so that none covers another."""
    low, high = float(at.min()), float(at.max())
    ends: list[float] = []
    level: dict[str, int] = {}
    for name, point in sorted(marks.items(), key=lambda mark: mark[1]):
        if low <= point <= high:
            half = 0.5 * LETTER_SHARE * len(name) * (high - low)
            free = [line for line, end in enumerate(ends) if end < point - half]
            level[name] = free[0] if free else len(ends)
            ends[level[name] : level[name] + 1] = [point + half]
    return level


def _mark(axes: Any, at: FloatArray, name: str, point: float, level: int) -> None:
    """Draw a named point of the axis; at an end of the axis its name stands to the side where there is room."""
    low, high = float(at.min()), float(at.max())
    room = 0.5 * LETTER_SHARE * len(name) * (high - low)
    side = "left" if point - room < low else "right" if point + room > high else "center"
    axes.axvline(point, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
    axes.annotate(name, (point, 1.0), xycoords=axes.get_xaxis_transform(), xytext=(0, 2 + LINE_POINTS * level),
                  textcoords="offset points", ha=side, va="bottom", fontsize=8.0)  # fmt: skip
