"""A book as subaccounts: floats become quantums here, and nothing is a float after that until the model's last line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seawall.instruments import Kind
from seawall.margining.blocks.fixed_point import to_units
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.models.dydx_v4.numbers import ISOLATED, read_market
from seawall.margining.models.dydx_v4.quantums import NOTHING, QUOTE_DECIMALS, Market, Risk
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

CASH = ("USD", "USDC")
"""Counts at par: the chain's collateral is USDC, and dollars of other venues' books are taken for it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One position: row of the snapshot's table, its market, and its size and cost in quantums; no market, no price."""

    row: int
    market: Market | None
    quantums: int
    cost: int | None

    @property
    def risk(self) -> Risk | None:
        """What it is worth and needs; what it cost is part of the quote balance."""
        return None if self.market is None else self.market.risk(self.quantums)


@dataclass(frozen=True, slots=True)
class Subaccount:
    """One account: its quote balance before positions, and what it holds."""

    balance: int
    held: tuple[Held, ...]

    @property
    def total(self) -> Risk | None:
        """Net collateral and both requirements; None where a position has no price."""
        total = NOTHING + Risk(self.balance, 0, 0)
        for position in self.held:
            own = position.risk
            if own is None:
                return None
            # Without a price of entry nothing is gained or lost yet: it cost what it is worth.
            cost = own.collateral if position.cost is None else position.cost
            total = total + own + Risk(-cost, 0, 0)
        return total


def subaccounts(policy: MarginPolicy, book: ResolvedBook) -> list[Subaccount]:
    """Return every account of a book, in its order."""
    markets, held = markets_of(policy, book), book.positions
    resolution = [0 if market is None else market.atomic_resolution for market in markets]
    cash = [c for c, asset in enumerate(book.book.assets) if asset in CASH]
    found = []
    for a in range(len(book.book)):
        positions = []
        for i in range(held.indptr[a], held.indptr[a + 1]):
            n, size, entry = int(held.columns[i]), float(held.sizes[i]), float(held.entry_prices[i])
            cost = None if np.isnan(entry) else to_units(size, QUOTE_DECIMALS, times=entry)
            positions.append(Held(n, markets[n], to_units(size, -resolution[n]), cost))
        balance = sum(to_units(float(book.book.balances[a, c]), QUOTE_DECIMALS) for c in cash)
        found.append(Subaccount(balance, tuple(positions)))
    return found


def markets_of(policy: MarginPolicy, book: ResolvedBook) -> list[Market | None]:
    """Return the market of each instrument, `(N,)`; None where it has no price or the policy has no rule for it."""
    snapshot, table = book.snapshot, book.snapshot.table
    refused = refusals(policy, book)
    found: list[Market | None] = []
    for n, base in enumerate(table.underlying):
        numbers = None if n in refused else read_market(policy, base)
        if numbers is None or np.isnan(snapshot.mark[n]):
            found.append(None)
            continue
        interest = 0.0 if np.isnan(snapshot.open_interest[n]) else float(snapshot.open_interest[n])
        found.append(
            Market(
                numbers.tier,
                numbers.atomic_resolution,
                to_units(float(snapshot.mark[n]), -numbers.price_exponent),
                numbers.price_exponent,
                to_units(interest, -numbers.atomic_resolution),
            )
        )
    return found


def refusals(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    """Return what the rule can't take, by row of the snapshot's table, each with its name and why."""
    refused = refused_rows(book, _why(policy))
    table, interest = book.snapshot.table, book.snapshot.open_interest
    for n in np.flatnonzero(np.isnan(interest)).tolist():
        numbers = None if n in refused else read_market(policy, table.underlying[n])
        if numbers is not None and numbers.tier.upper_cap > 0:
            refused[n] = f"{table.names[n]}: its initial margin depends on open interest, and none is known"
    return refused


def _why(policy: MarginPolicy) -> Callable[[Sort], str]:
    def why(sort: Sort) -> str:
        if sort.kind != Kind.PERPETUAL:
            return f"{policy.id} has no rule for {sort.kind.name.lower()}s; dYdX lists perpetuals only"
        if sort.inverse or sort.settlement not in CASH:
            return f"{policy.id} has no rule for what settles in {sort.settlement}; dYdX settles in USDC"
        numbers = read_market(policy, sort.underlying)
        if numbers is None:
            return f"{policy.id} has no numbers for a market on {sort.underlying}"
        if numbers.tier_name == ISOLATED:
            return f"the market on {sort.underlying} is isolated, and needs a subaccount of its own"
        return ""

    return why
