"""A distribution as columns, the part beyond a level hatched, with named levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seawall.charts.curves import LEGEND_COLUMNS, LEGEND_POINTS
from seawall.charts.style import INK, LOSS_HATCH, drawing, new_figure, short, tick, tint
from seawall.core.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def distribution(
    edges: FloatArray | Sequence[float],
    shares: FloatArray | Sequence[float],
    *,
    levels: Mapping[str, float],
    beyond: float,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Figure:
    """Return a column for each interval, its height on a logarithmic scale: in a plain one no tail can be seen.

    Parameters
    ----------
    edges
        `(K + 1,)`, rising.
    shares
        `(K,)`, the weight in each interval.
    levels
        Points to name; each is a line of its own dashes, and its number is in the legend.
    beyond
        Columns whose middle is at or below it are hatched.

    Examples
    --------
    >>> figure = distribution([-2.0, -1.0, 0.0, 1.0], [0.1, 0.4, 0.5], levels={"VaR": -1.0}, beyond=-1.0)
    >>> [float(patch.get_height()) for patch in figure.axes[0].patches]
    [0.1, 0.4, 0.5]
    """
    at, heights = np.asarray(edges, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    with drawing():
        figure, axes = new_figure(3.2)
        is_lost = 0.5 * (at[:-1] + at[1:]) <= beyond
        for lost, mine in ((True, is_lost), (False, ~is_lost)):
            axes.bar(at[:-1][mine], heights[mine], width=np.diff(at)[mine], align="edge",
                     color=tint(-1.0 if lost else 1.0), hatch=LOSS_HATCH if lost else None, edgecolor=INK,
                     linewidth=0.3)  # fmt: skip
        for i, (name, level) in enumerate(levels.items()):
            words = f"{name} {short(level)}".replace("-", "−")
            axes.axvline(level, color=INK, linewidth=1.6, linestyle=("-", "--", "-.", ":")[i % 4], label=words)
        axes.set_yscale("log")
        axes.set(xlabel=x_label, ylabel=y_label, xlim=(float(at[0]), float(at[-1])))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda number, _: tick(number))
        if levels:
            axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=LEGEND_COLUMNS, handlelength=3.2,
                        borderaxespad=0.2)  # fmt: skip
        if title:
            axes.set_title(title, loc="left", pad=6.0 + LEGEND_POINTS * -(-len(levels) // LEGEND_COLUMNS))
    return figure
