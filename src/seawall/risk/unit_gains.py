"""What one unit of everything held gains, in USD, a block of outcomes at a time.

Things held are N instruments and then K coins. Accounts share them, so that a thing is valued once however many hold
it, and no more than a block of outcomes is in work at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from seawall.core.arrays import FloatArray, IntArray, frozen
from seawall.instruments import Kind
from seawall.margining.blocks.equity import equity_in
from seawall.margining.blocks.usd_value import usd_value_change
from seawall.market import MarketSnapshot
from seawall.market.checks import refuse_impossible
from seawall.portfolio import Book, NameParser, ResolvedBook, resolve
from seawall.revaluation import revalue
from seawall.revaluation.revalue import COMPILED_FROM_CELLS_COUNT
from seawall.risk.greeks import usd_price
from seawall.scenarios import ScenarioSet
from seawall.scenarios.stress_library import dollar_assets

WorkingOn: TypeAlias = Callable[[str, int], None]
"""Is told each step of long work when it is begun: its name, and how many there are."""

BLOCK_CELLS_COUNT = 1 << 20
"""Outcomes x things held that are valued at once: temporaries take some tens of megabytes."""


def untold(name: str, count: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, repr=False)
class Held:
    """P holdings of A accounts in M things, N instruments first and coins after them.

    Attributes
    ----------
    resolved
        The book, and a snapshot of the N instruments.
    account, column
        `(P,)` whose each holding is, and which of the M things. An account's contracts stand before its coins.
    sizes
        `(P,)` signed.
    names
        The M things.
    coins
        Each coin's price in USD.
    unavailable
        `(M,)` why a thing can't be valued; empty where it can.
    """

    resolved: ResolvedBook
    account: IntArray
    column: IntArray
    sizes: FloatArray
    names: tuple[str, ...]
    coins: dict[str, float]
    unavailable: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("account", "column", "sizes"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def accounts(self) -> tuple[str, ...]:
        """The A accounts."""
        return self.resolved.book.accounts

    @property
    def indptr(self) -> IntArray:
        """Where each account's holdings start, and the last end, `(A + 1,)`."""
        return np.searchsorted(self.account, np.arange(len(self.accounts) + 1)).astype(np.int64)


def held_in(
    book: Book, snapshot: MarketSnapshot, scenarios: ScenarioSet, *, with_cash: bool, check_lots: bool,
    parse: NameParser | None,
) -> Held:  # fmt: skip
    """Return what accounts hold; arguments as for `position_pnl`."""
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    market, held = resolved.snapshot, resolved.positions
    refuse_impossible(market)
    nothing = scenarios.take(np.zeros(0, np.int64))
    gone = {**revalue(market, nothing, compiled=False).failures, **resolved.unavailable}
    account, column, sizes = [held.rows], [held.columns], [held.sizes]
    names, why = list(market.table.names), [gone.get(n, "") for n in range(len(market))]
    coins: dict[str, float] = {}
    told = {*scenarios.underlyings, *scenarios.asset_moves, *dollar_assets()}
    for asset in sorted({*book.assets, *market.table.settlements} - {"USD"}) if with_cash else []:
        part = equity_in(asset, resolved, market.exposure)
        amounts = part.cash + part.unrealised
        mine = np.flatnonzero(amounts != 0.0)
        account.append(mine)
        column.append(np.full(len(mine), len(names)))
        sizes.append(amounts[mine])
        names.append(asset)
        coins[asset] = price = usd_price(snapshot, asset)
        reason = "" if price == price else f"snapshot {snapshot.name} has no USD index for {asset}"
        why.append(reason or ("" if asset in told else f"the scenarios do not tell how {asset} moves"))
    order = np.argsort(np.concatenate(account), kind="stable")
    return Held(
        resolved, np.concatenate(account)[order], np.concatenate(column)[order], np.concatenate(sizes)[order],
        tuple(names), coins, tuple(why),
    )  # fmt: skip


def unit_gains(
    held: Held,
    scenarios: ScenarioSet,
    *,
    compiled: bool | None = None,
    cells_count: int = BLOCK_CELLS_COUNT,
    working_on: WorkingOn = untold,
) -> Iterator[tuple[slice, FloatArray]]:
    """Yield stretches of outcomes with the USD that one unit of each of the M things gains in them, `(s, M)`.

    A thing that can't be valued is a column of NaN. How long the stretches are changes nothing in the numbers.
    """
    market, things = held.resolved.snapshot, len(held.names)
    if compiled is None:  # the whole decides, and not a stretch of it
        options = int(np.count_nonzero(market.table.is_kind(Kind.OPTION)))
        compiled = len(scenarios) * options >= COMPILED_FROM_CELLS_COUNT
    gone = [n for n, reason in enumerate(held.unavailable) if reason]
    unnamed = replace(scenarios, labels=("",) * len(scenarios))  # names are not cut again and again
    step = max(1, cells_count // max(1, things))
    for start in range(0, len(scenarios), step):
        stretch = slice(start, min(start + step, len(scenarios)))
        working_on(f"outcomes {stretch.start + 1:,} to {stretch.stop:,}", -(-len(scenarios) // step))
        part = unnamed if step >= len(scenarios) else unnamed.take(np.arange(stretch.start, stretch.stop))
        gains = np.empty((len(part), things))
        gains[:, : len(market)] = usd_value_change(
            held.resolved, revalue(market, part, compiled=compiled), market.exposure
        )
        for k, (asset, price) in enumerate(held.coins.items(), start=len(market)):
            gains[:, k] = part.asset_move(asset) * price
        gains[:, gone] = np.nan
        yield stretch, gains
