"""A book as accounts of the contract: floats become whole units here, and stay so until the model's last line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seawall.instruments import Kind
from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.models.synthetix_v3.liquidation import KeeperGuards, liquidation_reward
from seawall.margining.models.synthetix_v3.market import Market, price_pnl
from seawall.margining.models.synthetix_v3.numbers import CASH, read_discount, read_market
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


@dataclass(frozen=True, slots=True)
class Held:
    """One position: row of the snapshot's table, its market, and size, price and price of entry in whole units."""

    row: int
    market: Market
    size: int
    price: int
    entry: int

    @property
    def pnl(self) -> int:
        """What it has gained."""
        return price_pnl(self.size, self.price, self.entry)

    @property
    def margins(self) -> tuple[int, int]:
        """Initial and maintenance margin."""
        return self.market.required_margins(self.size, self.price)


@dataclass(frozen=True, slots=True)
class MarginAccount:
    """One account in whole units.

    Attributes
    ----------
    held
        Positions.
    worth, counted
        Collateral at its price, and after discounts; debts count whole in both.
    collateral
        What is owned, at its price and without debts: what bounds a keeper's reward.
    """

    held: tuple[Held, ...]
    worth: int
    counted: int
    collateral: int

    @property
    def pnl(self) -> int:
        """What all positions have gained."""
        return sum(position.pnl for position in self.held)

    @property
    def available(self) -> int:
        """Available margin."""
        return self.counted + self.pnl

    @property
    def margins(self) -> tuple[int, int]:
        """Initial and maintenance margin of all positions, without the reward."""
        each = [position.margins for position in self.held]
        return sum(initial for initial, _ in each), sum(maintenance for _, maintenance in each)

    def reward(self, guards: KeeperGuards) -> int:
        """Return what its liquidation is taken to cost."""
        there = [position for position in self.held if position.size != 0]
        flags = [position.market.flag_reward(position.size, position.price) for position in there]
        return liquidation_reward(flags, [p.market.windows(p.size) for p in there], guards, self.collateral)


def accounts(policy: MarginPolicy, book: ResolvedBook) -> list[MarginAccount | None]:
    """Return every account of a book, in its order; None where something it holds has no price or no rule."""
    markets, held = _markets(policy, book), book.positions
    values = [_asset(policy, book, asset) for asset in book.book.assets]
    found: list[MarginAccount | None] = []
    for a in range(len(book.book)):
        positions: list[Held] = []
        missing = False
        for i in range(held.indptr[a], held.indptr[a + 1]):
            n, size, entry = int(held.columns[i]), WEI.of(float(held.sizes[i])), float(held.entry_prices[i])
            market = markets[n]
            if market is None:
                missing = True
                continue
            price = WEI.of(float(book.snapshot.mark[n]))
            # Without a price of entry nothing is gained or lost yet.
            positions.append(Held(n, market, size, price, price if np.isnan(entry) else WEI.of(entry)))
        money = [value(WEI.of(float(x))) for value, x in zip(values, book.book.balances[a], strict=True) if x]
        if missing or any(part is None for part in money):
            found.append(None)
            continue
        parts = [part for part in money if part is not None]
        found.append(
            MarginAccount(
                tuple(positions),
                worth=sum(worth for worth, _ in parts),
                counted=sum(counted for _, counted in parts),
                collateral=sum(max(worth, 0) for worth, _ in parts),
            )
        )
    return found


def _asset(policy: MarginPolicy, book: ResolvedBook, asset: str) -> Callable[[int], tuple[int, int] | None]:
    """Return what turns an amount of an asset into its worth and what counts of it; None where that is not known."""
    price = 1.0 if asset in CASH else usd_price(book, asset)
    discount = read_discount(policy, asset)

    def value(amount: int) -> tuple[int, int] | None:
        if asset in CASH:
            return amount, amount
        if discount is None or np.isnan(price):
            return None
        worth = WEI.times(amount, WEI.of(price))
        return worth, worth if amount < 0 else discount.counted(amount, WEI.of(price))

    return value


def _markets(policy: MarginPolicy, book: ResolvedBook) -> list[Market | None]:
    """Return the market of each instrument, `(N,)`; None where it has no price or the policy has no rule for it."""
    refused, mark = refusals(policy, book), book.snapshot.mark
    by_base = {base: read_market(policy, base) for base in book.snapshot.table.underlyings}
    return [
        None if n in refused or np.isnan(mark[n]) else by_base[base]
        for n, base in enumerate(book.snapshot.table.underlying)
    ]


def refusals(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    """Return what the rule can't take, by row of the snapshot's table, each with its name and why."""
    return refused_rows(book, _why(policy))


def _why(policy: MarginPolicy) -> Callable[[Sort], str]:
    def why(sort: Sort) -> str:
        if sort.kind != Kind.PERPETUAL:
            return f"{policy.id} has no rule for {sort.kind.name.lower()}s; Synthetix lists perpetuals only"
        if sort.inverse or sort.settlement not in CASH:
            return f"{policy.id} has no rule for what settles in {sort.settlement}; Synthetix settles in its dollar"
        return "" if read_market(policy, sort.underlying) else f"{policy.id} has no numbers for {sort.underlying}"

    return why
