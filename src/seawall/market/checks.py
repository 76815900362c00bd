"""Numbers that no market has, refused before anything is computed from them."""

from __future__ import annotations

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.market.snapshot import MarketSnapshot


def refuse_impossible(snapshot: MarketSnapshot) -> None:
    """Refuse infinite or negative prices and volatilities, and an index that is not positive.

    NaN passes: it says that a number is unavailable, and that is for the margin to say.

    Raises
    ------
    InputError
        With every such number.
    """
    problems = []
    for column in ("mark", "forward", "vol"):
        numbers = getattr(snapshot, column)
        problems += [
            Problem(
                column, float(numbers[n]), "it is finite and >= 0", where=f"{snapshot.name}, {snapshot.table.names[n]}"
            )
            for n in np.flatnonzero(np.isinf(numbers) | (numbers < 0.0))
        ]
    problems += [
        Problem(f"index of {asset}", price, "it is finite and > 0", where=snapshot.name)
        for asset, price in snapshot.index.items()
        if price <= 0.0 or np.isinf(price)
    ]
    if problems:
        raise InputError(problems)
