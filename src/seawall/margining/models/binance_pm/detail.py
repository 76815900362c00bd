"""What is behind one account's margin: each position's and each loan's own, equity by asset, and the venue's totals."""

from __future__ import annotations

import numpy as np

from seawall.margining.blocks.equity import unrealised
from seawall.margining.model import Detail, Requirement
from seawall.margining.models.binance_pm.collateral import collateral, loan_margin, loans
from seawall.margining.models.binance_pm.ladder import state
from seawall.margining.models.binance_pm.positions import entry_margins
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def detail(policy: MarginPolicy, book: ResolvedBook, need: Requirement) -> Detail:
    """Return the detail of a book of one account, whose requirement is `need`.

    Amounts are in USD; unrealised profit is in the asset that the contract settles in.
    """
    leaning = book.snapshot.exposure
    owned = collateral(policy, book, leaning)
    figures: dict[str, float] = {}
    for asset, part in owned.assets.items():
        figures[f"{asset}.actual_equity"] = float(part.actual[0])
        figures[f"{asset}.counted_equity"] = float(part.counted[0])
    rows = _position_rows(policy, book) + _loan_rows(policy, book)
    where = state(policy, float(need.margin_balance[0]), float(sum(part[0] for part in need.maintenance.values())))
    for row in rows:
        figures[f"{row['instrument']}.initial_margin"] = float(str(row["initial_margin"]))
        figures[f"{row['instrument']}.maintenance_margin"] = float(str(row["maintenance_margin"]))
        row["account_state"] = where
    profit = unrealised(book.positions, book)
    for i, n in enumerate(book.positions.columns):
        figures[f"{book.snapshot.table.names[n]}.unrealised_profit"] = float(profit[i])
    return Detail(positions=tuple(rows), figures=figures | _thresholds(policy, need))


def _position_rows(policy: MarginPolicy, book: ResolvedBook) -> list[dict[str, object]]:
    margin = entry_margins(policy, book, book.snapshot.exposure, book.positions)
    return [
        {
            "instrument": book.snapshot.table.names[n],
            "size": float(book.positions.sizes[i]),
            "currency": "USD",
            "initial_margin": float(margin.initial[i]),
            "maintenance_margin": float(margin.maintenance[i]),
        }
        for i, n in enumerate(book.positions.columns)
    ]


def _loan_rows(policy: MarginPolicy, book: ResolvedBook) -> list[dict[str, object]]:
    owed = loans(book)
    made: list[dict[str, object]] = []
    for c in np.flatnonzero(owed[0]).tolist():
        margin = loan_margin(policy, np.array([owed[0, c] * book.asset_prices[c]]))
        made.append({
            "instrument": f"{book.book.assets[c]} loan",
            "size": -float(owed[0, c]),
            "currency": "USD",
            "initial_margin": float(margin.initial[0]),
            "maintenance_margin": float(margin.maintenance[0]),
        })  # fmt: skip
    return made


def _thresholds(policy: MarginPolicy, need: Requirement) -> dict[str, float]:
    """Return how much adjusted equity may fall before each rung of the ladder, in USD; negative where it has."""
    balance = float(need.margin_balance[0])
    required = float(sum(part[0] for part in need.maintenance.values()))
    return {
        "above_reminder": balance - policy.number("general.free_above") * required,
        "above_reduce_only": balance - policy.number("general.reminder_above") * required,
        "above_liquidation": balance - policy.number("general.liquidation_at") * required,
        "above_claim": balance - policy.number("general.claim_at") * required,
    }
