"""One account in one scenario: the facts of a stress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["safe", "called", "liquidated", "unavailable"]
"""`called`: short of initial margin. `liquidated`: the venue acts, at maintenance margin or where its rule says."""
SEVERITY: tuple[Status, ...] = ("safe", "called", "liquidated")
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class StressRow:
    """One account in one scenario, at the step that is worst for it; amounts in USD.

    Attributes
    ----------
    account, scenario, step
        Whose, where and when.
    status_before, status
        Today, and at the step.
    equity_before, equity, pnl
        Coins and contracts together; `pnl` is the change.
    worst_pnl, worst_pnl_step
        The largest loss at any step, which need not be the one where the margin is shortest, and that step.
    initial_before, initial, maintenance_before, maintenance
        Requirements today, and at the step in the moved market.
    ratio_before, ratio
        Margin ratio of the netting set that is worst off, 1 where the venue acts.
    called
        What is short of initial margin.
    closing_cost
        What it would cost to close everything there and then; NaN where no depth is known.
    deficit
        What is missing after a liquidated account has been closed at that cost; 0 where nothing is.
    first_acts, first_acts_seen
        The first step at which the venue acts, and at which one acts that reads a late oracle; empty where none is.
    ratio_seen, status_seen
        For who reads prices from an oracle that is late, at the same step.
    unavailable
        Why there is no number.
    """

    account: str
    scenario: str
    step: str = ""
    status_before: Status = "unavailable"
    status: Status = "unavailable"
    equity_before: float = _NAN
    equity: float = _NAN
    pnl: float = _NAN
    worst_pnl: float = _NAN
    worst_pnl_step: str = ""
    initial_before: float = _NAN
    initial: float = _NAN
    maintenance_before: float = _NAN
    maintenance: float = _NAN
    ratio_before: float = _NAN
    ratio: float = _NAN
    called: float = _NAN
    closing_cost: float = _NAN
    deficit: float = _NAN
    first_acts: str = ""
    first_acts_seen: str = ""
    ratio_seen: float = _NAN
    status_seen: Status = "unavailable"
    unavailable: str = ""

    def row(self) -> dict[str, object]:
        """Return the facts by name."""
        money = (
            "equity_before", "equity", "pnl", "worst_pnl", "initial_before", "initial", "maintenance_before",
            "maintenance", "called", "closing_cost", "deficit",
        )  # fmt: skip
        return {f"{name}_usd" if name in money else name: getattr(self, name) for name in self.__slots__}
