"""The binding scenario and those that nearly bind: what each line loses there, and what the next worst would ask for.

A model that reads scenarios shows its grids and lists (`Margins.explain`). The lines' losses in the binding scenario
are their Euler shares of its loss; where several scenarios tie to the last digits the share is the mean over them. A
scenario that loses nearly as much is a near-tie: a small change of the book or the market makes it the one that binds,
and shares jump to those of that scenario.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular
from seawall.margining import Margins

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
        In the binding scenario; 0 where nothing is lost.
    ties
        The scenarios that bind, all with this loss.
    near_ties
        Those that lose almost as much, the worst first.
    lines
        Each line's share of the loss, by name.
    offsets
        What offsets, dampeners and weights make between the lines' sum and the loss. Lines and it sum to the loss.
    """

    name: str
    underlying: str
    currency: str
    loss: float
    ties: tuple[BindingScenario, ...]
    near_ties: tuple[BindingScenario, ...]
    lines: tuple[tuple[str, float], ...]
    offsets: float

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
    detail = margins.explain(account).detail
    found: list[ScenarioShares] = []
    for matrix in detail.matrices:
        pnl = np.concatenate([matrix.standard.reshape(-1), matrix.extended])
        lines = np.concatenate([matrix.line_standard, matrix.line_extended], axis=1)

        def label(s: int, underlying: str = matrix.underlying) -> str:
            return margins.model.binding(margins.policy, underlying, s).label

        about = (matrix.name, matrix.underlying, matrix.currency)
        found.append(_shares(about, pnl, matrix.worst_scenario, matrix.lines, lines, label, near=near))
    for array in detail.arrays:
        about = (array.name, array.underlying, array.currency)
        names = array.labels
        found.append(
            _shares(about, array.pnl, array.worst_scenario, array.lines, array.line_pnl, names.__getitem__, near=near)
        )
    return tuple(found)


def _shares(
    about: tuple[str, str, str], pnl: FloatArray, worst: int, names: tuple[str, ...], lines: FloatArray,
    label: Callable[[int], str], *, near: float,
) -> ScenarioShares:  # fmt: skip
    loss = -float(pnl[worst]) if 0 <= worst < len(pnl) else 0.0
    if not loss > 0.0:
        return ScenarioShares(*about, 0.0, (), (), tuple((name, 0.0) for name in names), 0.0)
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
    )  # fmt: skip
