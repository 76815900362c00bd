"""Who causes the margin of one account, by every question that is asked of it, in one answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seawall.core.html_table import Tabular
from seawall.risk.binding_scenarios import ScenarioShares
from seawall.risk.margin_change import MarginChange
from seawall.risk.margin_shares import MarginShares
from seawall.risk.marginal_margin import ContractMargins, PositionMargins

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Attribution(Tabular):
    """An account's margin, taken apart.

    Attributes
    ----------
    shares
        Euler shares of every holding, which sum to the margin with their unallocated rest.
    positions
        What closing each position would change, and what each would need alone.
    scenarios
        Each grid or list of scenarios that the policy reads: what binds, what nearly binds, and who loses there.
    change
        Why the margin is not what it was, where a time before was given.
    contracts
        What one more of each contract would do, where that was asked for.
    """

    shares: MarginShares
    positions: PositionMargins
    scenarios: tuple[ScenarioShares, ...]
    change: MarginChange | None = None
    contracts: ContractMargins | None = None

    def __repr__(self) -> str:
        return f"Attribution({len(self.shares.shares)} holdings of {self.account} under {self.shares.policy})"

    @property
    def account(self) -> str:
        """Whose."""
        return self.shares.account

    @property
    def unavailable(self) -> str:
        """Why a number that was asked for is missing; empty where none is."""
        return self.shares.unavailable or (self.change.unavailable if self.change else "")

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a holding, the largest share first, and the unallocated rest last, USD."""
        closed = {one.instrument: one for one in self.positions.positions}
        rows = []
        for share in self.shares.rows():
            mine = closed.get(str(share["name"])) if share["kind"] == "position" else None
            rows.append(
                {"account": self.account, **share}
                | {
                    "size": mine.size if mine else math.nan,
                    "initial_if_closed": -mine.initial if mine else math.nan,
                    "maintenance_if_closed": -mine.maintenance if mine else math.nan,
                    "initial_alone": mine.initial_alone if mine else math.nan,
                    "maintenance_alone": mine.maintenance_alone if mine else math.nan,
                }
            )
        return rows

    def plot(self) -> Figure:
        """Return the Euler shares and their sum as a figure; see `MarginShares.plot`."""
        return self.shares.plot()
