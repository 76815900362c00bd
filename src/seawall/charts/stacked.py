"""Stacked bars: what a few totals are made of, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seawall.charts.bars import ROW_INCHES
from seawall.charts.style import FAINT, INK, drawing, new_figure, short, tick
from seawall.core.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILLS = (
    ("#86b6e8", ""), ("#f2a45f", "////"), ("#c9b8de", "...."), ("#d5dae0", "xxxx"), ("#1f5fa8", ""),
    ("#b84a00", "\\\\\\\\"), ("#6a4c93", "++"), ("#59626d", "oo"),
)  # fmt: skip
"""Colour and hatch of the first parts, which go round from there."""
LEGEND_COLUMNS = 3


def stacked_bars(
    labels: Sequence[str], parts: Mapping[str, FloatArray | Sequence[float]], *, title: str = "", x_label: str = ""
) -> Figure:
    """Return one bar for each label, of parts one after the other; parts below zero go to the left.

    Parameters
    ----------
    labels
        K names, the first on top.
    parts
        By name, `(K,)` each. A bar with a part that is NaN is not drawn and says so; parts that are 0 everywhere are
        left out. The sum stands beside the bar.

    Examples
    --------
    >>> figure = stacked_bars(["a", "b"], {"scenario": [2.0, 1.0], "size": [1.0, 0.0]})
    >>> [float(patch.get_width()) for patch in figure.axes[0].patches]
    [2.0, 1.0, 1.0]
    """
    count = len(labels)
    found = {name: np.asarray(part, dtype=np.float64) for name, part in parts.items()}
    total = np.sum(list(found.values()), axis=0) if found else np.zeros(count)
    gone = np.isnan(total)
    with drawing():
        figure, axes = new_figure(1.1 + ROW_INCHES * count + 0.2 * (len(found) // LEGEND_COLUMNS))
        high, low = np.zeros(count), np.zeros(count)
        for i, (name, part) in enumerate((name, np.where(gone, 0.0, part)) for name, part in found.items()):
            colour, hatch = FILLS[i % len(FILLS)]
            rows = np.flatnonzero(part)
            start = np.where(part > 0.0, high, low)
            if len(rows):
                axes.barh(rows, part[rows], left=start[rows], height=0.66, color=colour, hatch=hatch or None,
                          edgecolor=INK, linewidth=0.4, label=name)  # fmt: skip
            high, low = high + np.maximum(part, 0.0), low + np.minimum(part, 0.0)
        room = float(high.max(initial=0.0) - low.min(initial=0.0)) or 1.0
        for k in range(count):
            words = short(float(total[k])).replace("-", "−")
            axes.text(high[k] + 0.008 * room, k, words, va="center", ha="left", fontsize=8.5)
        axes.set_yticks(range(count), labels=list(labels))
        axes.tick_params(axis="y", length=0, colors=INK)
        axes.set_ylim(count - 0.4, -0.6)
        axes.set_xlim(float(low.min(initial=0.0)) - 0.02 * room * bool(low.any()), float(high.max()) + 0.14 * room)
        axes.grid(visible=False, axis="y")
        axes.axvline(0.0, color=FAINT, linewidth=0.8)
        axes.xaxis.set_major_formatter(lambda number, _: tick(number))
        axes.set_xlabel(x_label)
        if axes.get_legend_handles_labels()[1]:
            figure.legend(loc="outside lower left", ncols=LEGEND_COLUMNS)
        if title:
            axes.set_title(title, loc="left")
    return figure
