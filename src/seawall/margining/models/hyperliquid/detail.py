"""What is behind one account's margin: its positions, and the marks at which it would be liquidated by each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from seawall.margining.models.hyperliquid.account import EntryMargin
from seawall.margining.models.hyperliquid.liquidation import liquidation_price
from seawall.margining.models.hyperliquid.numbers import read_tiers
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def position_rows(book: ResolvedBook, parts: EntryMargin) -> tuple[Mapping[str, object], ...]:
    """Return one row for each position of a book of one account."""
    names, held = book.snapshot.table.names, book.positions
    return tuple(
        {
            "instrument": names[n],
            "size": float(held.sizes[i]),
            "currency": "USD",
            "initial_margin": float(parts.initial[i]),
            "maintenance_margin": float(parts.maintenance[i]),
        }
        for i, n in enumerate(held.columns)
    )


def closing_prices(policy: MarginPolicy, book: ResolvedBook, available: float) -> dict[str, float]:
    """Return the liquidation price of each position that has one, while all other marks stay; NaN where it is unknown.

    Parameters
    ----------
    available
        Account value less maintenance margin of all positions; NaN where one of them has no number.
    """
    table, held, found = book.snapshot.table, book.positions, {}
    for i, n in enumerate(held.columns):
        tiers, mark = read_tiers(policy, table.underlying[n]), float(book.snapshot.mark[n])
        size = float(held.sizes[i])
        if size == 0.0:
            continue
        price: float | None = math.nan
        if tiers is not None and mark > 0.0 and math.isfinite(available):
            price = liquidation_price(size, mark, available, tiers)
        if price is not None:
            found[f"{table.names[n]}.liquidation_price"] = price
    return found
