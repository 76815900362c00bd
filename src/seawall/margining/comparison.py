"""One book under several policies: what each needs, what netting is worth there, and what makes the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.evidence import NOTHING_RANK, Grade, grade_word
from seawall.core.html_table import Tabular
from seawall.margining.columns import margin_ratio, worst_scenarios
from seawall.margining.components import Component
from seawall.margining.evaluate import evaluate
from seawall.margining.result import Margins
from seawall.margining.stand_alone import positions_only, stacked, stand_alone
from seawall.margining.totals import total_usd, usd_of
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Difference:
    """How one class of components differs between two policies, USD."""

    component: Component
    before: float
    after: float

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True, repr=False)
class Comparison(Tabular):
    """Margins of A accounts under P policies, in USD, all from one revaluation.

    Attributes
    ----------
    margins
        One for each policy, in the order in which they were named.
    netted_usd
        `(P, A)` initial margin of the positions alone, without collateral and orders; NaN where it was not asked for.
    apart_usd
        `(P, A)` the same, summed over positions that are margined one by one.
    """

    margins: tuple[Margins, ...]
    netted_usd: FloatArray
    apart_usd: FloatArray

    def __repr__(self) -> str:
        names = ", ".join(one.policy.id for one in self.margins)
        return f"Comparison({len(self.accounts)} accounts under {names})"

    @property
    def accounts(self) -> tuple[str, ...]:
        """The A accounts."""
        return self.margins[0].book.book.accounts

    @property
    def policies(self) -> tuple[str, ...]:
        """Ids of the P policies."""
        return tuple(one.policy.id for one in self.margins)

    @cached_property
    def initial_usd(self) -> FloatArray:
        """Initial margin of all netting sets together, `(P, A)`; NaN where unavailable."""
        return np.stack([total_usd(one, "initial") for one in self.margins])

    @cached_property
    def maintenance_usd(self) -> FloatArray:
        """Maintenance margin, `(P, A)`."""
        return np.stack([total_usd(one, "maintenance") for one in self.margins])

    @cached_property
    def equity_usd(self) -> FloatArray:
        """Equity before haircuts, `(P, A)`."""
        return np.stack([usd_of(one, one.requirement.equity) for one in self.margins])

    @cached_property
    def headroom_usd(self) -> FloatArray:
        """Collateral that the policy counts, less initial margin, `(P, A)`: what new risk could use."""
        counted = [one.requirement.margin_balance - one.requirement.haircut for one in self.margins]
        return np.stack([usd_of(one, amount) for one, amount in zip(self.margins, counted, strict=True)]) - (
            self.initial_usd
        )

    @cached_property
    def margin_ratio(self) -> FloatArray:
        """Maintenance margin over margin balance in the netting set that is nearest to liquidation, `(P, A)`."""
        found = np.zeros_like(self.initial_usd)
        for p, one in enumerate(self.margins):
            need = one.requirement
            ratios = margin_ratio(one.maintenance_margin, need.margin_balance, liquidation_ratio=need.liquidation_ratio)
            with np.errstate(invalid="ignore"):  # an unavailable ratio makes its account's unavailable
                np.maximum.at(found[p], one.requirement.account, ratios)
        return found

    @cached_property
    def netting_benefit(self) -> FloatArray:
        """Positions margined one by one over the same positions together, `(P, A)`: 3 is a third of the sum."""
        apart, netted = self.apart_usd, self.netted_usd
        nothing = np.where(apart > 0.0, np.inf, 1.0)
        found = np.divide(apart, netted, out=nothing, where=netted > 0.0)
        return np.where(np.isnan(apart) | np.isnan(netted), np.nan, found)

    @cached_property
    def components_usd(self) -> Mapping[Component, FloatArray]:
        """Initial margin by class of component, `(P, A)` each; classes that charge nobody are left out."""
        found = {component: np.zeros_like(self.initial_usd) for component in Component}
        for p, one in enumerate(self.margins):
            for name, amounts in one.initial.items():
                found[one.model.components[name]][p] += usd_of(one, amounts)
        return {component: usd for component, usd in found.items() if (usd != 0.0).any()}

    def differences(self, account: str, before: str, after: str) -> tuple[Difference, ...]:
        """Return what makes up the change of an account's initial margin from one policy to another, largest first.

        Rounding is among the classes, so that the changes sum to the whole.

        Raises
        ------
        UnknownNameError
            When there is no such account.
        """
        a = self.margins[0].book.book.row(account)
        one, two = self.policies.index(before), self.policies.index(after)
        rows = [
            Difference(component, float(usd[one, a]), float(usd[two, a]))
            for component, usd in self.components_usd.items()
        ]
        return tuple(sorted((row for row in rows if row.before or row.after), key=lambda row: -abs(row.change)))

    def rows(self, account: str | None = None) -> list[dict[str, object]]:
        """Return one mapping an account and policy; of one account, where it is named."""
        chosen = range(len(self.accounts)) if account is None else [self.margins[0].book.book.row(account)]
        return [self._row(p, a) for a in chosen for p in range(len(self.margins))]

    def plot(self, account: str | None = None) -> Figure:
        """Return initial margin as one bar a policy, by class of component; of all accounts, where none is named."""
        from seawall.charts.stacked import stacked_bars

        rows = slice(None) if account is None else [self.margins[0].book.book.row(account)]
        parts = {component.value: usd[:, rows].sum(axis=1) for component, usd in self.components_usd.items()}
        whose = account if account is not None else f"{len(self.accounts)} accounts"
        return stacked_bars(self.policies, parts, title=f"{whose} by policy", x_label="initial margin, USD")

    def _row(self, p: int, a: int) -> dict[str, object]:
        one = self.margins[p]
        mine = self._members[p][a]
        reasons = [one.availability.reason(r) for r in mine if np.isnan(one.initial_margin[r])]
        grade = (*Grade, None)[max((int(one.evidence_rank[r]) for r in mine), default=NOTHING_RANK)]
        labels = dict.fromkeys(str(self._labels[p][r]) for r in mine)
        return {
            "account": self.accounts[a],
            "policy": one.policy.id,
            "equity_usd": float(self.equity_usd[p, a]),
            "initial_margin_usd": float(self.initial_usd[p, a]),
            "maintenance_margin_usd": float(self.maintenance_usd[p, a]),
            "headroom_usd": float(self.headroom_usd[p, a]),
            "margin_ratio": float(self.margin_ratio[p, a]),
            "netting_benefit": float(self.netting_benefit[p, a]),
            "worst_scenario": "; ".join(label for label in labels if label),
            **{
                f"initial_{component.name.lower()}_usd": float(usd[p, a])
                for component, usd in self.components_usd.items()
            },
            "evidence": grade_word(grade),
            "unavailable": "; ".join(dict.fromkeys(reasons)),
            "policy_digest": one.policy.digest,
            "snapshot_digest": one.snapshot.digest,
        }

    @cached_property
    def _members(self) -> list[list[list[int]]]:
        """Netting sets of each account, by policy."""
        found: list[list[list[int]]] = []
        for one in self.margins:
            sets: list[list[int]] = [[] for _ in self.accounts]
            for r, a in enumerate(one.requirement.account.tolist()):
                sets[a].append(r)
            found.append(sets)
        return found

    @cached_property
    def _labels(self) -> list[list[object]]:
        return [worst_scenarios(one)[0] for one in self.margins]


def compare_policies(
    book: Book,
    snapshot: MarketSnapshot,
    policies: Sequence[MarginPolicy],
    *,
    netting: bool,
    check_lots: bool = True,
    parse: NameParser | None = None,
    compiled: bool | None = None,
) -> Comparison:
    """Return a book under several policies; the market is revalued once for all of them.

    Parameters
    ----------
    book, snapshot, policies, check_lots, parse, compiled
        As in `evaluate`.
    netting
        Also margin the positions without collateral, together and one by one: as many accounts more as there are
        positions.
    """
    count = len(book)
    if not netting:
        results = evaluate(book, snapshot, policies, check_lots=check_lots, parse=parse, compiled=compiled)
        unknown = np.full((len(policies), count), np.nan)
        return Comparison(tuple(results), unknown, unknown)
    whole = stacked(stacked(book, positions_only(book)), stand_alone(book))
    results = evaluate(whole, snapshot, policies, check_lots=check_lots, parse=parse, compiled=compiled)
    totals = np.stack([total_usd(one, "initial") for one in results])
    apart = [np.bincount(book.positions.rows, weights=row, minlength=count) for row in totals[:, 2 * count :]]
    own = np.arange(count, dtype=np.int64)
    return Comparison(
        tuple(_first(one, own) for one in results),
        totals[:, count : 2 * count],
        np.asarray(np.stack(apart), dtype=np.float64),
    )


def _first(margins: Margins, accounts: IntArray) -> Margins:
    """Return the margins of the first accounts only."""
    mine = np.flatnonzero(margins.requirement.account < len(accounts))
    return Margins(
        margins.policy, margins.model, margins.snapshot, margins.book.take(accounts), margins.pnl,
        margins.requirement.take(mine),
    )  # fmt: skip
