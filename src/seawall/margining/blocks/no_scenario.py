"""A model that reads no scenario: it asks for none, none binds, and nobody may ask which one did."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import IntArray
from seawall.margining.binding import Binding
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.scenarios import ScenarioSet


class NoneBinds:
    """A model whose requirement is no worst case: no scenario binds."""

    name: str

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return nothing: no scenario binds, so nobody may ask."""
        raise AssertionError(f"no scenario binds under {self.name}")


class NoScenario(NoneBinds):
    """A model that asks for none either."""

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return no scenario: the rule reads none."""
        underlyings = snapshot.table.underlyings
        return ScenarioSet.spot_moves((), underlyings, np.zeros((0, len(underlyings))))


def none_binds(count: int) -> IntArray:
    """Return the worst scenario, or its underlying, of netting sets that have none: -1 each, `(count,)`.

    Examples
    --------
    >>> none_binds(2).tolist()
    [-1, -1]
    """
    return np.full(count, -1, np.int64)
