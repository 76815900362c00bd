"""What a rule says of one underlying: the margin of A accounts by component, and all that it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.margining.models.derive_pmrm.scenario_list import BASIS, VALUED_COUNT

COMPONENTS_OF_RULE = (
    "worst_case", "perp_contingency", "option_contingency", "collateral_contingency", "confidence_contingency",
    "peg_contingency",
)  # fmt: skip
"""Names that both rules give their components, in this order."""


@dataclass(frozen=True)
class Line:
    """Profit and loss of one part of the portfolio, `(H, S)`, of H accounts by row of the book."""

    name: str
    accounts: IntArray
    pnl: FloatArray


@dataclass(frozen=True)
class MarketMargin:
    """Margin of A accounts with one underlying's manager, USD.

    Attributes
    ----------
    initial, maintenance
        Components by name, `(A,)` each, none negative.
    pnl
        `(A, S)` profit and loss in each scenario of the list.
    loss, scenario
        `(A,)` the worst loss, basis contingency included, and the scenario of the model's set that binds.
    option_value
        `(A,)` value of the options now.
    figures
        The venue's intermediates under its own names and signs, `(A,)` each.
    """

    initial: Mapping[str, FloatArray]
    maintenance: Mapping[str, FloatArray]
    pnl: FloatArray
    loss: FloatArray
    scenario: IntArray
    option_value: FloatArray
    figures: Mapping[str, FloatArray]

    @property
    def initial_total(self) -> FloatArray:
        """All components of initial margin together, `(A,)`."""
        return np.asarray(np.sum(list(self.initial.values()), axis=0), dtype=np.float64)


def add_up(lines: Iterator[Line], shape: tuple[int, int]) -> FloatArray:
    """Return the sum of all lines, `(A, S)`."""
    total = np.zeros(shape)
    for line in lines:
        if len(line.accounts) == len(total):  # all of them, in order
            total += line.pnl
        else:
            total[line.accounts] += line.pnl
    return total


def worst(pnl: FloatArray, basis: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the worst loss and what binds, `(A,)` each: the basis contingency takes part like one scenario more.

    It is never a gain, so that neither is the worst case; -1 binds where nothing is lost.
    """
    lowest = np.argmin(pnl, axis=1)
    low = np.take_along_axis(pnl, lowest[:, None], axis=1)[:, 0]
    loss = 0.0 - np.minimum(basis, low)
    scenario = np.where(low < basis, VALUED_COUNT + lowest, BASIS)
    return loss, np.where(loss > 0.0, scenario, -1).astype(np.int64)
