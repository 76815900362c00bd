"""What comes out: margins of many accounts as columns, one account's margin as a value, and what is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from seawall import __version__
from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.evidence import Evidence, Grade, weakest
from seawall.core.frames import to_frame
from seawall.margining.columns import columns, derived_prices, margin_ratio, worst_scenarios
from seawall.margining.model import Detail, MarginModel, Requirement
from seawall.market import MarketSnapshot
from seawall.market.stable_coins import STABLE_ASSETS, par_note
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMargin:
    """Margin of one netting set of one account, amounts in `currency`.

    Attributes
    ----------
    account, currency
        Whose, and what amounts are in.
    equity, margin_balance
        Collateral plus unrealised profit; what the requirement is held against.
    haircut
        Part of the margin balance that does not count for initial margin.
    initial_margin, maintenance_margin
        To open or withdraw; to avoid liquidation. NaN where unavailable.
    initial, maintenance
        Components by name; they sum to the requirement.
    worst_scenario, worst_bucket
        The binding scenario in words, and its price bucket from 1; empty and 0 where none binds.
    derived_prices
        Holdings that rest on a price, volatility or index that was derived and not observed.
    evidence
        Weakest grade that the number rests on.
    unavailable
        Why there is no number; empty where there is one.
    policy_id, policy_digest, snapshot_name, snapshot_digest, code_version
        What the number was made from.
    """

    account: str
    currency: str
    equity: float
    margin_balance: float
    haircut: float
    initial_margin: float
    maintenance_margin: float
    initial: Mapping[str, float]
    maintenance: Mapping[str, float]
    worst_scenario: str
    worst_bucket: int
    derived_prices: int
    evidence: Grade
    unavailable: str
    policy_id: str
    policy_digest: str
    snapshot_name: str
    snapshot_digest: str
    code_version: str

    @property
    def margin_ratio(self) -> float:
        """Maintenance margin over margin balance: 1 is liquidation; infinite where nothing covers a requirement."""
        return float(margin_ratio(np.array([self.maintenance_margin]), np.array([self.margin_balance]))[0])

    @property
    def available_funds(self) -> float:
        """Margin balance that counts for initial margin, less that margin; negative is a deficit."""
        return self.margin_balance - self.haircut - self.initial_margin


@dataclass(frozen=True)
class Explanation:
    """One account's margin to the bottom: components, grids, contributions and what the numbers rest on."""

    margins: tuple[AccountMargin, ...]
    detail: Detail
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines: list[str] = []
        for margin in self.margins:
            lines.append(f"{margin.account} under {margin.policy_id}, in {margin.currency}")
            if margin.unavailable:
                lines.append(f"  unavailable: {margin.unavailable}")
                continue
            lines += [
                f"  {name:<20}{amount:>18,.9g}{margin.maintenance[name]:>18,.9g}"
                for name, amount in margin.initial.items()
            ]
            lines.append(f"  {'margin':<20}{margin.initial_margin:>18,.9g}{margin.maintenance_margin:>18,.9g}")
        for matrix in self.detail.matrices:
            lines.append(f"{matrix.name}: loses {matrix.worst:,.9g} {matrix.currency} at {matrix.worst_label}")
            parts = zip(matrix.lines, matrix.contributions, strict=True)
            lines += [f"  {name:<32}{amount:>18,.9g}" for name, amount in parts]
        for row in self.detail.positions:
            lines.append("  " + "  ".join(f"{name} {cell}" for name, cell in row.items()))
        lines.append(f"evidence: {weakest(item.grade for item in self.evidence).value}")
        lines += [f"  {item.grade.value:<12} {item.subject}: {item.why}" for item in self.evidence]
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Margins:
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
        return np.asarray(np.sum(list(self.initial.values()), axis=0), dtype=np.float64)

    @cached_property
    def maintenance_margin(self) -> FloatArray:
        """Maintenance margin, `(R,)`; NaN where unavailable."""
        return np.asarray(np.sum(list(self.maintenance.values()), axis=0), dtype=np.float64)

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
            total = np.sum(list(self.requirement.initial.values()), axis=0) + self.requirement.margin_balance
        gone = self._failed_rows | ~np.isfinite(total)
        return {name: np.where(gone, np.nan, amounts) for name, amounts in components.items()}

    @cached_property
    def _failed_rows(self) -> BoolArray:
        """Netting sets that hold something that can't be valued, `(R,)`: all of such a netting set is unavailable.

        A cross account's takes in all that it holds; another only what settles in its currency.
        """
        need, table = self.requirement, self.book.snapshot.table
        failed = np.zeros(len(need), np.bool_)
        for c, currency in enumerate(need.currencies):
            whole = need.cross
            gone = [n for n in self._failures if whole or table.settlement[n] == currency]
            columns = np.zeros(len(table), np.bool_)
            columns[gone] = True
            accounts = np.zeros(len(self.book.book), np.bool_)
            for held in (self.book.positions, self.book.orders):
                accounts[held.rows[columns[held.columns]]] = True
            listed = enumerate(self.book.book.assets)
            assets = [i for i, asset in listed if (whole or asset == currency) and self._asset_reason(i, asset)]
            accounts |= self._counted[:, assets].any(axis=1)
            failed |= (need.currency == c) & accounts[need.account]
        return failed

    @cached_property
    def _failures(self) -> Mapping[int, str]:
        return {**self.pnl.failures, **self.book.unavailable, **self.requirement.refused}

    @cached_property
    def _counted(self) -> BoolArray:
        """Assets that an account has a balance or a stated charge in, `(A, C)`."""
        amounts = [self.book.book.balances, *self.book.book.charges.values()]
        return np.asarray(np.any([one != 0.0 for one in amounts], axis=0), dtype=np.bool_)

    def _asset_reason(self, c: int, asset: str) -> str:
        """Say why collateral in column `c` can't be counted; empty where it can.

        A segregated netting set counts in its own currency and needs no price of it.
        """
        no_price = self.book.unavailable_assets.get(c, "")
        refused = self.requirement.refused_assets.get(asset, "")
        if not self.requirement.cross and not refused:
            return ""
        return "; ".join(text for text in (no_price, refused) if text)

    @cached_property
    def evidence_rank(self) -> IntArray:
        """Rank of the weakest grade of each netting set, `(R,)`; see `Grade.rank`."""
        rank = np.zeros(len(self), np.int64)
        for use in self.requirement.uses:
            weak = max((item.grade.rank for item in use.items), default=0)
            rank = np.maximum(rank, np.where(use.applies, weak, 0))
        return rank

    def explain(self, account: str | None = None) -> Explanation:
        """Return what is behind one account's margin; the only account, where the name is left out."""
        if account is None:
            account = self.book.book.accounts[0] if len(self.book.book) == 1 else ""
        a = self.book.book.row(account)
        rows = np.flatnonzero(self.requirement.account == a)
        one = self.book.take(np.array([a]))
        items = {
            (item.subject, item.grade): item
            for use in self.requirement.uses
            if use.applies[rows].any()
            for item in use.items
        }
        margins = tuple(self._row(int(r)) for r in rows)
        detail = self.model.detail(self.policy, one, self.pnl)
        there = {margin.currency for margin in margins if not margin.unavailable}
        return Explanation(
            margins=margins,
            detail=replace(detail, matrices=tuple(one for one in detail.matrices if one.currency in there)),
            evidence=tuple(sorted(items.values(), key=lambda item: (-item.grade.rank, item.subject))),
            notes=self._notes(a) if self._derived_prices[a] else (),
        )

    def _notes(self, a: int) -> tuple[str, ...]:
        """Return the snapshot's notes, less those on stable coins that the account has nothing to do with."""
        book, table = self.book.book, self.book.snapshot.table
        columns = self.book.positions.columns[self.book.positions.indptr[a] : self.book.positions.indptr[a + 1]]
        used = {asset for c, asset in enumerate(book.assets) if self._counted[a, c]}
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
            evidence=list(Grade)[int(self.evidence_rank[r])],
            unavailable=self.reason(r) if np.isnan(self.initial_margin[r]) else "",
            policy_id=self.policy.id,
            policy_digest=self.policy.digest,
            snapshot_name=self.snapshot.name,
            snapshot_digest=self.snapshot.digest,
            code_version=__version__,
        )

    def reason(self, r: int) -> str:
        """Say why netting set `r` has no number: each instrument or asset that could not be valued."""
        need, table = self.requirement, self.book.snapshot.table
        a, currency = int(need.account[r]), need.currencies[need.currency[r]]
        reasons = []
        for held in (self.book.positions, self.book.orders):
            columns = held.columns[held.indptr[a] : held.indptr[a + 1]].tolist()
            mine = [n for n in columns if need.cross or table.settlement[n] == currency]
            reasons += [self._failures[n] for n in mine if n in self._failures]
        for c, asset in enumerate(self.book.book.assets):
            if (need.cross or currency == asset) and self._counted[a, c] and (why := self._asset_reason(c, asset)):
                reasons.append(why)
        if not reasons:
            reasons.append("its amounts are too large to add up")
        return "; ".join(dict.fromkeys(reasons))
