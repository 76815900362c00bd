"""Profit and loss of every holding in every scenario, in USD: what tail risk, attribution and limits read.

Counted is the change of an account's equity in USD: what contracts gain at each scenario's own prices, what options
that are worth coins gain from the coin's move, and what coins that are owned or owed gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seawall.core.arrays import FloatArray, IntArray, frozen
from seawall.margining.blocks.equity import equity_in
from seawall.margining.blocks.usd_value import usd_value_change
from seawall.market import MarketSnapshot
from seawall.market.checks import refuse_impossible
from seawall.portfolio import Book, NameParser, resolve
from seawall.revaluation import revalue
from seawall.risk.greeks import usd_price
from seawall.scenarios import ScenarioSet
from seawall.scenarios.stress_library import dollar_assets


@dataclass(frozen=True, repr=False)
class PositionPnl:
    """What P holdings of A accounts gain in S scenarios.

    Attributes
    ----------
    accounts
        The A accounts.
    account
        `(P,)` whose each holding is.
    names
        Instruments, and assets for coins.
    sizes
        `(P,)` signed.
    is_cash
        Whether the holding is coins and no contract, by holding.
    pnl
        `(S, P)` USD; a column of NaN is a holding that can't be valued.
    weights
        `(S,)` of the scenarios.
    labels
        The S scenarios in words.
    unavailable
        Why a column is NaN, by holding; empty where it is not.
    """

    accounts: tuple[str, ...]
    account: IntArray
    names: tuple[str, ...]
    sizes: FloatArray
    is_cash: tuple[bool, ...]
    pnl: FloatArray
    weights: FloatArray
    labels: tuple[str, ...]
    unavailable: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.pnl.shape == (len(self.weights), len(self.names)), "pnl is (S, P)"
        for name in ("account", "sizes", "pnl", "weights"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __repr__(self) -> str:
        return (
            f"PositionPnl({len(self.names)} holdings of {len(self.accounts)} accounts, {len(self.weights)} scenarios)"
        )

    def of(self, account: str | None) -> IntArray:
        """Return the holdings of one account, or of all where None is asked for."""
        if account is None:
            return np.arange(len(self.names), dtype=np.int64)
        return np.flatnonzero(self.account == self.accounts.index(account))

    @cached_property
    def by_account(self) -> FloatArray:
        """Profit and loss of each account, `(S, A)`; NaN where a holding is unavailable."""
        total = np.zeros((len(self.weights), len(self.accounts)))
        for i, a in enumerate(self.account.tolist()):  # holding by holding, so that others change no last bit
            total[:, a] += self.pnl[:, i]
        return frozen(total)


def position_pnl(
    book: Book,
    snapshot: MarketSnapshot,
    scenarios: ScenarioSet,
    *,
    with_cash: bool = True,
    check_lots: bool = True,
    parse: NameParser | None = None,
    compiled: bool | None = None,
) -> PositionPnl:
    """Return what every holding of a book gains in every scenario.

    Parameters
    ----------
    book, snapshot, check_lots, parse, compiled
        As for `margining.evaluate`.
    scenarios
        Joint moves, with weights. An underlying or a coin that they do not tell of is unavailable, and not unmoved;
        coins that stand for a dollar stay where they are.
    with_cash
        Count what coins gain that are owned or owed.

    Raises
    ------
    InputError
        When the book does not fit the snapshot.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-PERPETUAL": -60_000, "BTC": 1.0}, snapshot=now)
    >>> fall = ScenarioSet.spot_moves(["fall", "rise"], ("BTC",), [[-0.1], [0.1]])
    >>> position_pnl(book, now, fall).pnl.sum(axis=1).round(1).tolist()
    [-268.8, 268.8]
    """
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    refuse_impossible(resolved.snapshot)
    tensor = revalue(resolved.snapshot, scenarios, compiled=compiled)
    leaning, table, held = resolved.snapshot.exposure, resolved.snapshot.table, resolved.positions
    usd = usd_value_change(resolved, tensor, leaning)
    gone = {**tensor.failures, **resolved.unavailable}
    pnl = [usd[:, held.columns] * held.sizes]
    account, sizes = [held.rows], [held.sizes]
    names = [table.names[n] for n in held.columns.tolist()]
    why = [gone.get(n, "") for n in held.columns.tolist()]
    if with_cash:
        told = {*scenarios.underlyings, *scenarios.asset_moves, *dollar_assets()}
        for asset in sorted({*book.assets, *table.settlements} - {"USD"}):
            part = equity_in(asset, resolved, leaning)
            amounts = part.cash + part.unrealised
            mine = np.flatnonzero(amounts != 0.0)
            price = usd_price(snapshot, asset)
            pnl.append(scenarios.asset_move(asset)[:, None] * (amounts[mine] * price))
            account.append(mine)
            sizes.append(amounts[mine])
            names += [asset] * len(mine)
            reason = "" if price == price else f"snapshot {snapshot.name} has no USD index for {asset}"
            if not reason and asset not in told:
                reason = f"the scenarios do not tell how {asset} moves"
            why += [reason] * len(mine)
    columns = np.concatenate(pnl, axis=1)
    columns[:, [i for i, reason in enumerate(why) if reason]] = np.nan
    return PositionPnl(
        book.accounts, np.concatenate(account), tuple(names), np.concatenate(sizes),
        tuple(i >= len(held) for i in range(len(names))), columns, scenarios.weights, scenarios.labels, tuple(why),
    )  # fmt: skip


def sum_of(columns: FloatArray, chosen: Sequence[int] | IntArray) -> FloatArray:
    """Return the sum of some holdings' columns, `(S,)`, added in their order."""
    total = np.zeros(len(columns))
    for i in np.asarray(chosen, dtype=np.int64).tolist():
        total = total + columns[:, i]
    return total
