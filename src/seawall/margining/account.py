"""One account's margin as a value, and everything behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.errors import Problem, UnavailableError, UnknownNameError
from seawall.core.evidence import Evidence, Grade, weakest
from seawall.core.html_table import html_table
from seawall.margining.columns import margin_ratio
from seawall.margining.model import Detail, RiskArray, RiskMatrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
        Weakest grade that the number rests on; None where it rests on nothing, for nothing is held.
    unavailable
        Why there is no number; empty where there is one.
    liquidation_ratio
        Maintenance margin over margin balance at which the venue liquidates.
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
    evidence: Grade | None
    unavailable: str
    liquidation_ratio: float
    policy_id: str
    policy_digest: str
    snapshot_name: str
    snapshot_digest: str
    code_version: str

    @property
    def margin_ratio(self) -> float:
        """Maintenance margin over margin balance: 1 is liquidation; infinite where nothing covers a requirement.

        Where the venue acts before maintenance is touched, it is the share of that ratio.
        """
        maintenance, balance = np.array([self.maintenance_margin]), np.array([self.margin_balance])
        return float(margin_ratio(maintenance, balance, liquidation_ratio=self.liquidation_ratio)[0])

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
        grade = weakest(item.grade for item in self.evidence).value if self.evidence else "nothing was relied on"
        lines.append(f"evidence: {grade}")
        lines += [f"  {item.grade.value:<12} {item.subject}: {item.why}" for item in self.evidence]
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        tables = []
        for margin in self.margins:
            parts = [(name, amount, margin.maintenance[name]) for name, amount in margin.initial.items()]
            parts.append(("margin", margin.initial_margin, margin.maintenance_margin))
            rows: list[dict[str, object]] = [
                {"component": name, "initial": initial, "maintenance": maintenance}
                for name, initial, maintenance in parts
            ]
            title = f"{margin.account} under {margin.policy_id}, {margin.currency}"
            tables.append(html_table(rows, title=title))
            if margin.unavailable:
                tables.append(f"<p>unavailable: {escape(margin.unavailable)}</p>\n")
        for matrix in self.detail.matrices:
            losses = zip(matrix.lines, matrix.contributions.tolist(), strict=True)
            title = f"{matrix.name}: loses {matrix.worst:,.9g} {matrix.currency} at {matrix.worst_label}"
            lines: list[dict[str, object]] = [{"line": name, "profit and loss": amount} for name, amount in losses]
            tables.append(html_table(lines, title=title))
        return "".join(tables)

    def plot(self, *, matrix: str | None = None) -> Figure:
        """Return a grid of scenarios as a heat map, a list of them as bars; where a rule has neither, its components.

        Parameters
        ----------
        matrix
            Name of the grid or list, where there are several; the one that loses most, where left out.

        Raises
        ------
        UnavailableError
            When the account has no margin.
        UnknownNameError
            When no grid has that name.
        """
        from seawall.margining.explanation_chart import explanation_chart

        why = next((margin.unavailable for margin in self.margins if margin.unavailable), "")
        grids: dict[str, RiskMatrix | RiskArray] = {one.name: one for one in self.detail.matrices}
        grids |= {one.name: one for one in self.detail.arrays}
        if why and not grids:
            raise UnavailableError(f"nothing to draw: {why}")
        if matrix is not None and matrix not in grids:
            rule = f"it is one of {', '.join(grids)}" if grids else "this rule has no grid"
            raise UnknownNameError(Problem("matrix", matrix, rule))
        return explanation_chart(self.margins, grids, matrix)
