"""Points on a chart of lines: moments at which something happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seawall.charts.style import INK, ORANGE, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def with_points(figure: Figure, name: str, x: Sequence[float], y: Sequence[float], told: Sequence[str]) -> Figure:
    """Return the figure of `curves` with marked points, each with its words; as it was where there are none.

    Examples
    --------
    >>> from seawall.charts.curves import curves
    >>> figure = with_points(curves([0.0, 1.0], {"margin": [1.0, 2.0]}), "call", [1.0], [2.0], ["1k"])
    >>> figure.axes[0].lines[-1].get_xdata().tolist()
    [1.0]
    """
    if not len(x):
        return figure
    axes = figure.axes[0]
    with drawing():
        axes.plot(x, y, "v", color=ORANGE, markeredgecolor=INK, markersize=7.0, linestyle="none", label=name)
        for k, (across, up, words) in enumerate(zip(x, y, told, strict=True)):
            side = "left" if across <= axes.get_xlim()[0] else "right" if across >= axes.get_xlim()[1] else "center"
            axes.annotate(words, (across, up), xytext=(0.0, 7.0 + 10.0 * (k % 2)), textcoords="offset points",
                          ha=side, fontsize=8.0)  # fmt: skip
        old = axes.get_legend()
        if old is not None:
            old.remove()
        figure.legend(loc="outside lower left", ncols=3, handlelength=3.2)
    return figure
