"""What both rules read of a book: notionals and their margin by position, cash with unrealised profit, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account, unrealised
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.models.hyperliquid.numbers import CASH, read_tiers
from seawall.margining.models.hyperliquid.tiers import initial_margin, maintenance_margin
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


class EntryMargin(NamedTuple):
    """Notional and margin of each entry of some holdings, `(nnz,)`, USDC."""

    notional: FloatArray
    initial: FloatArray
    maintenance: FloatArray


def entry_margins(policy: MarginPolicy, book: ResolvedBook, held: Holdings) -> EntryMargin:
    """Return the margin of each perpetual; NaN where it is refused, or the market has no mark."""
    notional = np.abs(held.sizes * book.snapshot.mark[held.columns])
    initial, maintenance = np.full(len(held), np.nan), np.full(len(held), np.nan)
    leverage = policy.number("general.leverage")
    taken = np.ones(len(book.snapshot), np.bool_)
    taken[list(refusals(policy, book))] = False
    for base in book.snapshot.table.underlyings:
        tiers = read_tiers(policy, base)
        if tiers is not None:
            at = np.flatnonzero((taken & of_underlying(book, base))[held.columns])
            initial[at] = initial_margin(notional[at], tiers, leverage)
            maintenance[at] = maintenance_margin(notional[at], tiers)
    return EntryMargin(notional, initial, maintenance)


def balances(book: ResolvedBook) -> dict[str, FloatArray]:
    """Return what accounts have of each asset, `(A,)` in its units; cash and unrealised profit are USDC.

    NaN for who holds what settles in anything else: no profit of it is USDC.
    """
    held, table = book.positions, book.snapshot.table
    settles = np.array([asset in CASH for asset in table.settlements], dtype=np.bool_)[table.settlement_column]
    found = {"USDC": per_account(held, np.where(settles[held.columns], unrealised(held, book), np.nan))}
    for c, asset in enumerate(book.book.assets):
        if asset in CASH:
            found["USDC"] = found["USDC"] + book.book.balances[:, c]
        else:
            found[asset] = book.book.balances[:, c]
    return found


def price_of(book: ResolvedBook, asset: str) -> float:
    """Return USDC for a unit of an asset: cash counts at par."""
    return 1.0 if asset in CASH else usd_price(book, asset)


def refusals(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    """Return what the rules can't take, by row of the snapshot's table, each with its name and why."""
    return refused_rows(book, _why(policy))


def _why(policy: MarginPolicy) -> Callable[[Sort], str]:
    def why(sort: Sort) -> str:
        if sort.kind != Kind.PERPETUAL:
            return f"{policy.id} has no rule for {sort.kind.name.lower()}s; Hyperliquid's margin is of perpetuals"
        if sort.inverse or sort.settlement not in CASH:
            return f"{policy.id} has no rule for what settles in {sort.settlement}; these perpetuals settle in USDC"
        known = read_tiers(policy, sort.underlying) is not None
        return "" if known else f"{policy.id} has no margin tiers for {sort.underlying}"

    return why
