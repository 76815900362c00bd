"""What the figure of a stress shows: one account's profit and loss in each scenario, at the step that is its worst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.errors import MISSING, InputError, Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seawall.risk.stress_row import StressRow


def stress_chart(found: Sequence[StressRow], account: str | None, *, policy_id: str) -> Figure:
    """Return the figure of `Stress.plot`; the largest loss is outlined, and what is unavailable has no bar.

    Raises
    ------
    InputError
        When the account is not there, or one of several has to be named.
    """
    from seawall.charts import bars

    names = tuple(dict.fromkeys(one.account for one in found))
    name = names[0] if account is None and len(names) == 1 else account
    rows = [one for one in found if one.account == name]
    if not rows:
        raise InputError(Problem("account", account or MISSING, f"it is one of {', '.join(names)}"))
    labels = [f"{one.scenario}, {one.status}" for one in rows]
    pnl = np.array([one.pnl for one in rows])
    marked = int(np.nanargmin(pnl)) if np.isfinite(pnl).any() else None
    return bars(labels, pnl, title=f"{name} under {policy_id}", x_label="profit and loss at the worst step, USD",
                marked=marked)  # fmt: skip
