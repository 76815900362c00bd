"""Bars: amounts side by side, and a sum built up part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seawall.charts.style import BLUE, FAINT, INK, LOSS_HATCH, drawing, new_figure, short, tick, tint
from seawall.core.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_INCHES = 0.27
"""Height of a bar with its gap."""


def bars(
    labels: Sequence[str], values: FloatArray | Sequence[float], *, title: str = "", x_label: str = "",
    marked: int | None = None,
) -> Figure:  # fmt: skip
    """Return a bar for each value, the first on top; losses are orange, hatched and signed.

    Parameters
    ----------
    labels, values
        `(K,)`; NaN has no bar and says so.
    marked
        The bar that is outlined.

    Examples
    --------
    >>> len(bars(["up", "down"], [2.0, -1.0]).axes[0].patches)
    2
    """
    found = np.asarray(values, dtype=np.float64)
    return _drawn(labels, np.zeros_like(found), found, title=title, x_label=x_label, marked=marked, signed=True)


def waterfall(
    labels: Sequence[str], parts: FloatArray | Sequence[float], *, total: str, title: str = "", x_label: str = ""
) -> Figure:
    """Return parts one after the other, each from where the last one ended, and their sum.

    Parameters
    ----------
    labels, parts
        `(K,)`, in the order of the page.
    total
        What the sum is called.

    Examples
    --------
    >>> figure = waterfall(["call", "coin"], [3.0, -1.0], total="margin")
    >>> [round(float(patch.get_width()), 6) for patch in figure.axes[0].patches]
    [3.0, -1.0, 2.0]
    """
    steps = np.asarray(parts, dtype=np.float64)
    after = np.cumsum(steps)
    start = np.concatenate([[0.0], after[:-1], [0.0]]) if len(steps) else np.zeros(1)
    length = np.append(steps, after[-1] if len(steps) else 0.0)
    return _drawn([*labels, total], start, length, title=title, x_label=x_label, marked=len(steps), signed=False)


def _drawn(
    labels: Sequence[str], start: FloatArray, length: FloatArray, *, title: str, x_label: str, marked: int | None,
    signed: bool,
) -> Figure:  # fmt: skip
    assert len(labels) == len(length), "one label for each bar"
    with drawing():
        figure, axes = new_figure(0.75 + ROW_INCHES * max(len(labels), 1))
        drawn, begun = np.nan_to_num(length, nan=0.0), np.nan_to_num(start, nan=0.0)
        for i, (left, width) in enumerate(zip(begun.tolist(), drawn.tolist(), strict=True)):
            _bar(axes, i, left, width, strong=i == marked)
        for i in range(1, len(labels) if not signed else 0):
            edge = begun[i] if i < len(labels) - 1 else drawn[i]
            axes.plot([edge, edge], [i - 1.4, i + 0.4], color=FAINT, linewidth=0.6)
        _numbers(axes, begun, drawn, length, total=None if signed else marked)
        axes.set_yticks(range(len(labels)), labels=list(labels))
        axes.tick_params(axis="y", length=0, colors=INK)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.axvline(0.0, color=FAINT, linewidth=0.8)
        axes.xaxis.set_major_formatter(lambda number, _: tick(number))
        axes.set_xlabel(x_label)
        if title:
            axes.set_title(title, loc="left")
    return figure


def _bar(axes: Any, i: int, left: float, width: float, *, strong: bool) -> None:
    falls = width < 0.0
    edge = INK if strong else FAINT if falls else BLUE
    axes.barh(i, width, left=left, height=0.66, color=tint(-1.0 if falls else 1.0), hatch=LOSS_HATCH if falls else None,
              edgecolor=edge, linewidth=1.6 if strong else 0.4)  # fmt: skip


def _numbers(axes: Any, start: FloatArray, drawn: FloatArray, length: FloatArray, *, total: int | None) -> None:
    """Write each amount to the right of its bar, where no bar begins."""
    far = np.maximum(start, start + drawn)
    low = min(float(np.minimum(start, start + drawn).min(initial=0.0)), 0.0)
    high = max(float(far.max(initial=0.0)), 0.0)
    room = (high - low) or 1.0
    axes.set_xlim(low - 0.02 * room, high + 0.14 * room)
    for i, (edge, amount) in enumerate(zip(far.tolist(), length.tolist(), strict=True)):
        words = f"+{short(amount)}" if amount > 0.0 and i != total else short(amount)
        axes.text(edge + 0.008 * room, i, words.replace("-", "−"), va="center", ha="left", fontsize=8.5)
