"""What comes out: the margins of every account of a book, as columns, rows and explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seawall import __version__
from seawall.core.arrays import FloatArray, IntArray
from seawall.core.evidence import NOTHING_RANK, Evidence, Grade
from seawall.core.frames import to_frame
from seawall.core.html_table import Tabular
from seawall.margining.account import AccountMargin, Explanation
from seawall.margining.availability import Availability
from seawall.margining.columns import columns, derived_prices, worst_scenarios
from seawall.margining.components import total_of
from seawall.margining.model import MarginModel, Requirement
from seawall.market import MarketSnapshot
from seawall.market.stable_coins import STABLE_ASSETS, par_note
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Margins(Tabular):
    """Margins of every account of a book under one policy; R netting sets in the order of the book's accounts."""

    policy: MarginPolicy
    model: MarginModel
    snapshot: MarketSnapshot
    book: ResolvedBook
    pnl: PnlTensor
    requirement: Requirement

    def __repr__(self) -> str:
        return f"Margins({len(self)} netting sets under {self.policy.id}, {self.snapshot.name!r})"

    def __len__(self) -> int:
        return len(self.requirement)

    def __iter__(self) -> Iterator[AccountMargin]:
        return (self._row(r) for r in range(len(self)))

    def __getitem__(self, account: str) -> tuple[AccountMargin, ...]:
        """Return the netting sets of one account."""
        rows = np.flatnonzero(self.requirement.account == self.book.book.row(account))
        return tuple(self._row(int(r)) for r in rows)

    @cached_property
    def initial_margin(self) -> FloatArray:
        """Initial margin, `(R,)`; NaN where unavailable."""
        return total_of(self.initial, len(self.requirement))

    @cached_property
    def maintenance_margin(self) -> FloatArray:
        """Maintenance margin, `(R,)`; NaN where unavailable."""
        return total_of(self.maintenance, len(self.requirement))

    @cached_property
    def initial(self) -> Mapping[str, FloatArray]:
        """Components of initial margin, `(R,)` each; all NaN where one is unavailable, so that none is added up."""
        return self._whole(self.requirement.initial)

    @cached_property
    def maintenance(self) -> Mapping[str, FloatArray]:
        """Components of maintenance margin, `(R,)` each; all NaN where one is unavailable."""
        return self._whole(self.requirement.maintenance)

    def _whole(self, components: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        with np.errstate(invalid="ignore", over="ignore"):  # what overflows is unavailable
            total = total_of(self.requirement.initial, len(self.requirement)) + self.requirement.margin_balance
        gone = self.availability.failed | ~np.isfinite(total)
        return {name: np.where(gone, np.nan, amounts) for name, amounts in components.items()}

    @cached_property
    def availability(self) -> Availability:
        """Which netting sets can be valued, and why the others can't."""
        return Availability(self.book, self.pnl.failures, self.requirement)

    @cached_property
    def evidence_rank(self) -> IntArray:
        """Rank of the weakest grade of each netting set, `(R,)`; see `Grade.rank`. -1 where nothing was relied on."""
        rank = np.full(len(self), NOTHING_RANK, np.int64)
        for use in self.requirement.uses:
            weak = max((item.grade.rank for item in use.items), default=NOTHING_RANK)
            rank = np.maximum(rank, np.where(use.applies, weak, NOTHING_RANK))
        return rank

    def evidence_of(self, account: str) -> tuple[Evidence, ...]:
        """Return the numbers and rules that an account's margin rests on, the weakest first."""
        rows = np.flatnonzero(self.requirement.account == self.book.book.row(account))
        items = {
            (item.subject, item.grade): item
            for use in self.requirement.uses
            if use.applies[rows].any()
            for item in use.items
        }
        return tuple(sorted(items.values(), key=lambda item: (-item.grade.rank, item.subject)))

    def explain(self, account: str | None = None) -> Explanation:
        """Return what is behind one account's margin; the only account, where the name is left out."""
        if account is None:
            account = self.book.book.accounts[0] if len(self.book.book) == 1 else ""
        a = self.book.book.row(account)
        rows = np.flatnonzero(self.requirement.account == a)
        margins = tuple(self._row(int(r)) for r in rows)
        detail = self.model.detail(self.policy, self.book.take(np.array([a])), self.pnl)
        there = {margin.currency for margin in margins if not margin.unavailable}
        return Explanation(
            margins=margins,
            detail=replace(detail, matrices=tuple(matrix for matrix in detail.matrices if matrix.currency in there)),
            evidence=self.evidence_of(account),
            notes=self._notes(a) if self._derived_prices[a] else (),
        )

    def _notes(self, a: int) -> tuple[str, ...]:
        """Return the snapshot's notes, less those on stable coins that the account has nothing to do with."""
        book, table = self.book.book, self.book.snapshot.table
        columns = self.book.positions.columns[self.book.positions.indptr[a] : self.book.positions.indptr[a + 1]]
        used = {asset for c, asset in enumerate(book.assets) if self.availability.counted[a, c]}
        used |= {name for n in columns.tolist() for name in (table.settlement[n], table.quote[n])}
        idle = {par_note(asset) for asset in STABLE_ASSETS if asset not in used}
        return tuple(note for note in self.snapshot.notes if note not in idle)

    def rows(self) -> list[dict[str, object]]:
        """Return the table as one mapping a netting set, with nothing but Python's own types."""
        made = self._columns
        return [dict(zip(made, cells, strict=True)) for cells in zip(*made.values(), strict=True)]

    def table(self, library: str | None = None) -> Any:
        """Return the table as a DataFrame of `polars`, `pandas` or `pyarrow`; of the loaded one, if none is named."""
        return to_frame(self._columns, library=library)

    def plot(self, account: str | None = None, *, matrix: str | None = None) -> Figure:
        """Return one account's margin as a figure; see `Explanation.plot`."""
        return self.explain(account).plot(matrix=matrix)

    @cached_property
    def _columns(self) -> dict[str, list[object]]:
        return columns(self)

    @cached_property
    def _worst(self) -> tuple[list[object], list[object]]:
        return worst_scenarios(self)

    @cached_property
    def _derived_prices(self) -> IntArray:
        return derived_prices(self)

    @property
    def code_version(self) -> str:
        """Version of the code that made the numbers."""
        return __version__

    def _row(self, r: int) -> AccountMargin:
        need = self.requirement
        a = int(need.account[r])
        initial = {name: float(amounts[r]) for name, amounts in self.initial.items()}
        maintenance = {name: float(amounts[r]) for name, amounts in self.maintenance.items()}
        return AccountMargin(
            account=self.book.book.accounts[a],
            currency=need.currencies[need.currency[r]],
            equity=float(need.equity[r]),
            margin_balance=float(need.margin_balance[r]),
            haircut=float(need.haircut[r]),
            initial_margin=float(self.initial_margin[r]),
            maintenance_margin=float(self.maintenance_margin[r]),
            initial=initial,
            maintenance=maintenance,
            worst_scenario=str(self._worst[0][r]),
            worst_bucket=int(str(self._worst[1][r])),
            derived_prices=int(self._derived_prices[a]),
            evidence=(*Grade, None)[int(self.evidence_rank[r])],
            unavailable=self.availability.reason(r) if np.isnan(self.initial_margin[r]) else "",
            liquidation_ratio=need.liquidation_ratio,
            policy_id=self.policy.id,
            policy_digest=self.policy.digest,
            snapshot_name=self.snapshot.name,
            snapshot_digest=self.snapshot.digest,
            code_version=__version__,
        )
