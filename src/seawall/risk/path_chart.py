"""What the figure of a margin path shows: one account over time, and when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seawall.core.time import NS_PER_DAY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seawall.risk.path_result import Step

UNITS = (("days", NS_PER_DAY), ("hours", NS_PER_DAY // 24), ("minutes", NS_PER_DAY // 1440))
"""Of time; a path is drawn in the largest of which it has three."""


def path_chart(name: str, steps: Sequence[Step]) -> Figure:
    """Return the figure of `MarginPath.plot`, for the steps of one account."""
    from seawall.charts import curves
    from seawall.charts.points import with_points

    span = steps[-1].time_ns - steps[0].time_ns
    unit, length = next((name, ns) for name, ns in UNITS if span >= 3 * ns or ns == UNITS[-1][1])
    hours = [(step.time_ns - steps[0].time_ns) / length for step in steps]
    lines = {
        "equity": [step.equity for step in steps],
        "margin balance": [step.margin_balance for step in steps],
        "initial margin": [step.initial_margin for step in steps],
        "maintenance margin": [step.maintenance_margin for step in steps],
    }
    if any(step.initial_margin_fixed != step.initial_margin for step in steps):
        del lines["equity"]  # the model's margin balance is the equity, and four lines can be told apart
        lines["calibrated once"] = [step.initial_margin_fixed for step in steps]
    figure = curves(hours, lines, title=f"{name} along the path", x_label=f"{unit} since the first state",
                    y_label="USD")  # fmt: skip
    called = [(at, step) for at, step in zip(hours, steps, strict=True) if step.called > 0.0]
    return with_points(
        figure, "call", [at for at, _ in called], [step.initial_margin for _, step in called],
        [f"{step.called:,.0f}" for _, step in called],
    )  # fmt: skip
