"""What a change of parameters does to a book: who is touched, by how much, who would be called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.html_table import Tabular
from seawall.margining.columns import margin_ratio
from seawall.margining.result import Margins
from seawall.margining.totals import total_usd


class Standing(Enum):
    """How an account stands, worst last; an account stands where its worst netting set does."""

    COVERED = "covered"
    CALLED = "called"
    """Initial margin is not covered: no new risk, and a margin call where the venue makes one."""
    LIQUIDATED = "liquidated"
    """Maintenance margin is not covered."""
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class PolicyImpact(Tabular):
    """A book of A accounts before and after a change of policy.

    Attributes
    ----------
    before, after
        Margins under either policy, from one revaluation.
    """

    before: Margins
    after: Margins

    @cached_property
    def initial_change_usd(self) -> FloatArray:
        """Initial margin after less before, `(A,)` USD."""
        return total_usd(self.after, "initial") - total_usd(self.before, "initial")

    @cached_property
    def maintenance_change_usd(self) -> FloatArray:
        """Maintenance margin after less before, `(A,)` USD."""
        return total_usd(self.after, "maintenance") - total_usd(self.before, "maintenance")

    @cached_property
    def standing(self) -> tuple[IntArray, IntArray]:
        """How each account stands before and after, `(A,)` as positions in `Standing`."""
        return _standing(self.before), _standing(self.after)

    @property
    def newly_called(self) -> tuple[str, ...]:
        """Accounts that the change alone would call or liquidate; one that is called already can be liquidated."""
        before, after = self.standing
        called = _rank(Standing.CALLED)
        worse = (after > before) & (after >= called) & (after < _rank(Standing.UNAVAILABLE))
        return tuple(self.before.book.book.accounts[a] for a in np.flatnonzero(worse))

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping an account, the largest rise of initial margin first; unavailable ones last."""
        book = self.before.book.book
        initial = total_usd(self.before, "initial"), total_usd(self.after, "initial")
        maintenance = total_usd(self.before, "maintenance"), total_usd(self.after, "maintenance")
        words = [standing.value for standing in Standing]
        order = np.argsort(np.where(np.isnan(self.initial_change_usd), np.inf, -self.initial_change_usd), kind="stable")
        return [
            {
                "account": book.accounts[a],
                "initial_before_usd": float(initial[0][a]),
                "initial_after_usd": float(initial[1][a]),
                "initial_change_usd": float(self.initial_change_usd[a]),
                "maintenance_before_usd": float(maintenance[0][a]),
                "maintenance_after_usd": float(maintenance[1][a]),
                "maintenance_change_usd": float(self.maintenance_change_usd[a]),
                "standing_before": words[self.standing[0][a]],
                "standing_after": words[self.standing[1][a]],
            }
            for a in order.tolist()
        ]


def _rank(standing: Standing) -> int:
    return list(Standing).index(standing)


def _standing(margins: Margins) -> IntArray:
    need = margins.requirement
    initial, maintenance = margins.initial_margin, margins.maintenance_margin
    with np.errstate(invalid="ignore"):
        short = need.margin_balance - need.haircut < initial
        ratio = margin_ratio(maintenance, need.margin_balance, liquidation_ratio=need.liquidation_ratio)
        gone = ratio >= 1.0
    stands = np.where(gone, _rank(Standing.LIQUIDATED), np.where(short, _rank(Standing.CALLED), 0))
    stands = np.where(np.isnan(initial), _rank(Standing.UNAVAILABLE), stands)
    found = np.zeros(len(margins.book.book), np.int64)
    np.maximum.at(found, need.account, stands)
    return found
