"""What the figure of a limit report shows: how much of every limit is used up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BARS_COUNT = 40
USED_TOP = 3.0
"""Bars end here, in shares of the limit: past a bound of zero no share is finite. The name of each has it all."""


def limit_chart(rows: Sequence[Mapping[str, object]], *, title: str) -> Figure:
    """Return the figure of `LimitReport.plot`: per cent of each limit, the worst first; no bar where unavailable."""
    from seawall.charts import bars
    from seawall.charts.style import INK

    shown = rows[:BARS_COUNT]
    used = np.array([row["used"] for row in shown], dtype=np.float64)
    labels = [_label(row) for row in shown]
    left = len(rows) - len(shown)
    named = f"{title or 'limits'}{f'; the worst {len(shown)} of {len(rows):,}' if left else ''}"
    beyond = f"; from {100.0 * USED_TOP:.0f} % on cut off" if (used > USED_TOP).any() else ""
    drawn = bars(
        labels, 100.0 * np.minimum(used, USED_TOP), title=named, x_label=f"% of the limit that is used{beyond}"
    )
    drawn.axes[0].axvline(100.0, color=INK, linewidth=1.0, linestyle="--")
    return drawn


def _label(row: Mapping[str, object]) -> str:
    who = "all accounts" if row["account"] == "*" else str(row["account"])
    return ", ".join(str(part) for part in (row["limit"], who, row["asset"], row["status"]) if part)
