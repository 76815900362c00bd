"""What the figure of a margin path shows: one account and when it is called, or the margin ratios of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.time import NS_PER_DAY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seawall.risk.path_result import Step

UNITS = (("days", NS_PER_DAY), ("hours", NS_PER_DAY // 24), ("minutes", NS_PER_DAY // 1440))
"""Of time; a path is drawn in the largest of which it has three."""
ACCOUNTS_COUNT = 12
"""Lines that can be told apart; of a book of more accounts those with the highest margin ratios are drawn."""
RATIO_TOP = 2.0
"""Margin ratios are drawn up to here: beyond, an account is lost however far it is."""


def path_chart(name: str, steps: Sequence[Step]) -> Figure:
    """Return the figure of `MarginPath.plot`, for the steps of one account."""
    from seawall.charts import curves
    from seawall.charts.points import with_points

    unit, hours = _since_the_first(steps)
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


def ratios_chart(by_account: Mapping[str, Sequence[Step]]) -> Figure:
    """Return the figure of `MarginPath.plot` for several accounts: their margin ratios, the highest first."""
    from seawall.charts import curves

    peaks = {name: float(np.max([step.ratio for step in steps])) for name, steps in by_account.items()}
    order = sorted(by_account, key=lambda name: -peaks[name])[:ACCOUNTS_COUNT]
    unit, at = _since_the_first(by_account[order[0]])
    lines = {name: [100.0 * min(step.ratio, RATIO_TOP) for step in by_account[name]] for name in order}
    left = len(by_account) - len(order)
    title = f"the {len(order)} highest margin ratios of {len(by_account):,} accounts" if left else "margin ratios"
    beyond = f", drawn up to {100.0 * RATIO_TOP:.0f} %" if any(peaks[name] > RATIO_TOP for name in order) else ""
    return curves(at, lines, title=f"{title}; the venue acts at 100 %{beyond}", base=100.0, height=3.6,
                  x_label=f"{unit} since the first state", y_label="margin ratio, %")  # fmt: skip


def _since_the_first(steps: Sequence[Step]) -> tuple[str, list[float]]:
    """Return a unit of time, and how many of it have passed at each step."""
    span = steps[-1].time_ns - steps[0].time_ns
    unit, length = next((name, ns) for name, ns in UNITS if span >= 3 * ns or ns == UNITS[-1][1])
    return unit, [(step.time_ns - steps[0].time_ns) / length for step in steps]
