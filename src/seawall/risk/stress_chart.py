"""What the figure of a stress shows: profit and loss by scenario, of one account or of several, at the worst step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seawall.risk.stress_row import StressRow

ACCOUNTS_COUNT = 40
"""Rows of a map; of a book of more accounts those with the largest losses are drawn."""


def stress_chart(found: Sequence[StressRow], account: str | None, *, policy_id: str) -> Figure:
    """Return the figure of `Stress.plot`; the largest loss is outlined, and what is unavailable has no number.

    Raises
    ------
    InputError
        When the account is not there.
    """
    from seawall.charts import bars

    names = tuple(dict.fromkeys(one.account for one in found))
    if account is None and len(names) > 1:
        return _map(found, names, policy_id)
    rows = [one for one in found if one.account == (names[0] if account is None and names else account)]
    if not rows:
        raise InputError(Problem("account", account, f"it is one of {', '.join(names) or 'none'}"))
    labels = [f"{one.scenario}, {one.status}" for one in rows]
    pnl = np.array([one.pnl for one in rows])
    marked = int(np.nanargmin(pnl)) if np.isfinite(pnl).any() else None
    return bars(labels, pnl, title=f"{rows[0].account} under {policy_id}",
                x_label="profit and loss at the worst step, USD", marked=marked)  # fmt: skip


def _map(found: Sequence[StressRow], names: Sequence[str], policy_id: str) -> Figure:
    """Return a cell for each account and scenario."""
    from seawall.charts import heat_map

    scenarios = tuple(dict.fromkeys(one.scenario for one in found))
    told = {(one.account, one.scenario): one.pnl for one in found}
    pnl = np.array([[told[name, scenario] for scenario in scenarios] for name in names])
    deepest = np.where(np.isnan(pnl), np.inf, pnl).min(axis=1)
    kept = np.sort(np.argsort(deepest, kind="stable")[:ACCOUNTS_COUNT])
    pnl = pnl[kept]
    some = np.isfinite(pnl).any()
    worst = np.unravel_index(int(np.nanargmin(pnl)), pnl.shape) if some else None
    left = len(names) - len(kept)
    title = f"{len(kept)} of {len(names):,} accounts" if left else f"{len(names)} accounts"
    return heat_map(
        pnl, [names[i] for i in kept.tolist()], list(scenarios), title=f"{title} under {policy_id}",
        column_label="scenario; cells are profit and loss at the worst step, USD",
        marked=None if worst is None else (int(worst[0]), int(worst[1])),
    )  # fmt: skip
