"""The union of scenario sets: each distinct joint move once, however many models ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np

from seawall.core.arrays import IntArray
from seawall.scenarios.scenario_set import ScenarioSet


def unite(sets: Sequence[ScenarioSet]) -> tuple[ScenarioSet, tuple[IntArray, ...]]:
    """Return the union of some sets over the same underlyings, and where each set's scenarios lie in it.

    Returns
    -------
    union
        Distinct scenarios, in the order of first appearance; a label is the first one's.
    rows
        For each set, `(S_i,)` rows of the union.

    Examples
    --------
    >>> a = ScenarioSet.spot_moves(["down", "still"], ("BTC",), [[-0.1], [0.0]])
    >>> b = ScenarioSet.spot_moves(["still too", "up"], ("BTC",), [[0.0], [0.1]])
    >>> union, rows = unite([a, b])
    >>> union.labels, rows[1].tolist()
    (('down', 'still', 'up'), [1, 2])
    """
    assert sets, "a union needs at least one set"
    whole = reduce(add, sets)
    seen: dict[bytes, int] = {}
    first: list[int] = []
    where = np.empty(len(whole), np.int64)
    for s, key in enumerate(whole.codes):
        if key not in seen:
            seen[key] = len(first)
            first.append(s)
        where[s] = seen[key]
    ends = np.cumsum([len(one) for one in sets])
    return whole.take(np.array(first, dtype=np.int64)), tuple(np.split(where, ends[:-1]))
