"""What the figure of one account's margin shows: the grid that binds, or what the requirement is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seawall.margining.model import RiskArray, RiskMatrix
from seawall.scenarios.grid import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seawall.margining.account import AccountMargin


def explanation_chart(
    margins: Sequence[AccountMargin], grids: Mapping[str, RiskMatrix | RiskArray], name: str | None
) -> Figure:
    """Return the figure of `Explanation.plot`; `name` is one of the grids, or None for the one that loses most."""
    from seawall import charts

    if not grids:
        [first, *_] = margins
        return charts.waterfall(
            list(first.initial), list(first.initial.values()), total="initial margin",
            title=f"{first.account} under {first.policy_id}", x_label=f"initial margin, {first.currency}",
        )  # fmt: skip
    chosen = grids[name] if name is not None else max(grids.values(), key=lambda grid: grid.worst)
    title = f"{chosen.name}: loses {chosen.worst:,.6g} {chosen.currency} at {chosen.worst_label or 'no scenario'}"
    if isinstance(chosen, RiskArray):
        worst = chosen.worst_scenario
        return charts.bars(
            chosen.labels, chosen.pnl, title=title, x_label=f"profit and loss, {chosen.currency}",
            marked=worst if worst >= 0 else None,
        )  # fmt: skip
    prices, vols = len(chosen.price_moves), len(chosen.vol_names)
    on_grid = 0 <= chosen.worst_scenario < prices * vols
    at = np.unravel_index(chosen.worst_scenario, (prices, vols)) if on_grid else None
    return charts.heat_map(
        chosen.standard.T, [f"vol {vol}" for vol in chosen.vol_names], [percent(move) for move in chosen.price_moves],
        title=title, row_label="volatility", column_label=f"price move; cells are profit and loss, {chosen.currency}",
        marked=None if at is None else (int(at[1]), int(at[0])),
    )  # fmt: skip
