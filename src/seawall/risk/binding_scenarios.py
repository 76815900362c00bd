"""The binding scenario and those that nearly bind: what each line loses there, and what the next worst would ask for.

A model that reads scenarios shows its grids and lists (`Margins.explain`). The lines' losses in the binding scenario
are their Euler shares of its loss; where several scenarios tie to the last digits the share is the mean over them. A
scenario that loses nearly as much is a near-tie: a small change of the book or the market makes it the one that binds,
and shares jump to those of that scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular
from seawall.margining import AccountMargin, Margins
from seawall.margining.columns import NO_LOSS_RATIO
from seawall.margining.model import RiskArray

TIE_RATIO = 1e-9
"""Share of the loss within which scenarios tie: what venues round to, over a margin of some coins."""


@dataclass(frozen=True, slots=True)
class BindingScenario:
    """A scenario that binds or nearly does: its loss, and how much less it loses than the worst."""

    label: str
    loss: float
    gap: float


@dataclass(frozen=True)
class ScenarioShares(Tabular):
    """One grid or list of scenarios of one account.

    Attributes
    ----------
    name, underlying, currency
        The venue's own name, whose prices move, unit of every amount.
    loss
        In the binding scenario; 0 where nothing is lost, or no more than roundings of legs that cancel out.
    ties
        The scenarios that bind, all with this loss.
    near_ties
        Those that lose almost as much, the worst first.
    lines
        Each line's share of the loss, by name.
    offsets
        What offsets, dampeners and weights make between the lines' sum and the loss. Lines and it sum to the loss.
    margin_is
        The largest component of the account's margin where no scenario binds, such as `minimum_charge` or `tail`;
        empty where one does, or where there is no margin.
    """

    name: str
    underlying: str
    currency: str
    loss: float
    ties: tuple[BindingScenario, ...]
    near_ties: tuple[BindingScenario, ...]
    lines: tuple[tuple[str, float], ...]
    offsets: float
    margin_is: str = ""

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a line, the largest share first, and the offsets last."""
        about = {"scenarios": self.name, "currency": self.currency}
        order = sorted(self.lines, key=lambda line: -line[1])
        return [about | {"line": name, "loss": share} for name, share in [*order, ("offsets", self.offsets)]]


def scenario_shares(margins: Margins, account: str | None = None, *, near: float = 0.02) -> tuple[ScenarioShares, ...]:
    """Return the binding scenarios of an account, their ties and near-ties, and each line's share.

    Parameters
    ----------
    margins
        As evaluated; nothing is computed anew. Models that read no scenario have none to show.
    account
        Whose; may be left out where there is one.
    near
        Share of the loss that a near-tie may fall short of it by.

    Examples
    --------
    >>> import seawall as sw
    >>> margins = sw.margin("demo", "deribit-btc-2026-08-01", "deribit/x_pm")
    >>> [found] = scenario_shares(margins, "short_strangle", near=0.3)
    >>> [tie.label for tie in found.ties], [tie.label for tie in found.near_ties]
    (['-16 %, vol up'], ['-16 %, vol same', '-12 %, vol up'])
    """
    if not 0.0 <= near < 1.0:
        raise InputError(Problem("near", near, "it is a share from 0 to below 1"))
    told = margins.explain(account)
    detail, instead = told.detail, partial(_instead, told.margins)
    found: list[ScenarioShares] = []
    for matrix in detail.matrices:
        pnl = np.concatenate([matrix.standard.reshape(-1), matrix.extended])
        lines = np.concatenate([matrix.line_standard, matrix.line_extended], axis=1)

        def label(s: int, underlying: str = matrix.underlying) -> str:
            return margins.model.binding(margins.policy, underlying, s).label

        about = (matrix.name, matrix.underlying, matrix.currency)
        found.append(
            _shares(
                about,
                pnl,
                matrix.worst_scenario,
                matrix.lines,
                lines,
                label,
                near=near,
                instead=instead(matrix.currency),
            )
        )
    for array in detail.arrays:
        about = (array.name, array.underlying, array.currency)
        worst, names = array.worst_scenario, partial(_label, margins, array)
        makes = instead(array.currency)
        own = makes == array.name  # no scenario of the set makes the margin, and this sum over several does
        found.append(_shares(about, array.pnl, worst, array.lines, array.line_pnl, names, near=0.0 if own else near,
                             instead="" if own else makes))  # fmt: skip
    return tuple(found)


def _label(margins: Margins, array: RiskArray, s: int) -> str:
    """Return a scenario of a list in words: a stress point that moves each coin by its own step says by how much."""
    label, known, table = array.labels[s], margins.pnl.scenarios.labels, margins.snapshot.table
    if array.underlying in margins.requirement.underlyings or label not in known:
        return label
    lines = [table.underlying[table.position(line)] if line in table else line for line in array.lines]
    coins = [coin for coin in dict.fromkeys(lines) if coin in margins.requirement.underlyings]
    points = [(coin, margins.model.binding(margins.policy, coin, known.index(label))) for coin in coins]
    told = [f"{coin} {point.label}" for coin, point in points if point.source == "extended"]
    return " and ".join(told) or label


def _instead(rows: Sequence[AccountMargin], currency: str) -> str:
    """Return the largest component of a margin where no scenario binds; empty where one does."""
    mine = [row for row in rows if row.currency == currency] or rows
    sizes = {name: amount for row in mine for name, amount in row.initial.items() if amount > 0.0}
    return "" if any(row.worst_scenario for row in mine) else max(sizes, key=lambda name: sizes[name], default="")


def _shares(
    about: tuple[str, str, str], pnl: FloatArray, worst: int, names: tuple[str, ...], lines: FloatArray,
    label: Callable[[int], str], *, near: float, instead: str,
) -> ScenarioShares:  # fmt: skip
    known = 0 <= worst < len(pnl)
    loss, gross = (-float(pnl[worst]), float(np.abs(lines[:, worst]).sum())) if known else (0.0, 0.0)
    if not loss > NO_LOSS_RATIO * gross:
        return ScenarioShares(*about, 0.0, (), (), tuple((name, 0.0) for name in names), 0.0, instead)
    gap = loss + pnl
    tied = np.flatnonzero(np.abs(gap) <= TIE_RATIO * loss)
    close = np.flatnonzero((gap > TIE_RATIO * loss) & (gap <= near * loss))
    close = close[np.argsort(gap[close], kind="stable")]
    shares = -lines[:, tied].mean(axis=1) if len(names) else np.zeros(0)

    def shown(rows: list[int]) -> tuple[BindingScenario, ...]:
        return tuple(BindingScenario(label(s), -float(pnl[s]), float(max(gap[s], 0.0))) for s in rows)

    return ScenarioShares(
        *about, loss, shown(tied.tolist()), shown(close.tolist()),
        tuple((name, float(share)) for name, share in zip(names, shares, strict=True)), loss - float(shares.sum()),
        instead,
    )  # fmt: skip
