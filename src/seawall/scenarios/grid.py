"""The grid maker: every price move with every volatility shock, prices outermost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.vol_shock import VolShock


def grid(
    price_moves: Mapping[str, Sequence[float]],
    vol_shocks: Mapping[str, Sequence[VolShock]],
    *,
    vol_names: Sequence[str],
    price_names: Sequence[str] | None = None,
) -> ScenarioSet:
    """Return the product of price moves and volatility shocks, each underlying with moves and shocks of its own.

    Parameters
    ----------
    price_moves
        Relative moves of each underlying; all of one length P.
    vol_shocks
        Shocks of each underlying; all of one length V.
    vol_names
        V names for the labels.
    price_names
        P names for the labels; the first underlying's moves where left out.

    Returns
    -------
    ScenarioSet
        P x V scenarios; number `p * V + v` has price move p and shock v.

    Examples
    --------
    >>> from seawall.scenarios import Relative, Unchanged
    >>> made = grid({"BTC": [-0.1, 0.1]}, {"BTC": [Relative(0.5), Unchanged()]}, vol_names=["up", "same"])
    >>> made.labels
    ('-10 % vol up', '-10 % vol same', '+10 % vol up', '+10 % vol same')
    """
    underlyings = tuple(sorted(price_moves))
    assert underlyings == tuple(sorted(vol_shocks)), "every underlying has price moves and volatility shocks"
    moves = np.array([price_moves[u] for u in underlyings], dtype=np.float64).T
    prices_count, vols_count = len(moves), len(vol_names)
    names = price_names or [percent(move) for move in moves[:, 0]]
    distinct: list[VolShock] = []
    for u in underlyings:
        distinct += [shock for shock in vol_shocks[u] if shock not in distinct]
    index = np.array([[distinct.index(shock) for shock in vol_shocks[u]] for u in underlyings], dtype=np.int64).T
    return ScenarioSet(
        labels=tuple(f"{price} vol {vol}" for price in names for vol in vol_names),
        underlyings=underlyings,
        spot=np.repeat(moves, vols_count, axis=0),
        vol_shocks=tuple(distinct),
        vol_index=np.tile(index, (prices_count, 1)),
        elapsed_years=np.zeros(prices_count * vols_count),
        weights=np.ones(prices_count * vols_count),
    )


def percent(move: float) -> str:
    """Return a relative move as signed per cent: `-16 %`, `0 %`, `+500 %`."""
    return "0 %" if move == 0.0 else f"{100.0 * move:+.4g} %"
