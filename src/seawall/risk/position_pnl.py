"""Profit and loss of every holding and of every account in every scenario, in USD: what tail risk and limits read.

Counted is the change of an account's equity in USD: what contracts gain at each scenario's own prices, what options
that are worth coins gain from the coin's move, and what coins that are owned or owed gain.

Things are kept once, per unit of size, however many accounts hold them (`PositionPnl`); or accounts are, where nobody
asks for holdings and accounts are fewer (`AccountPnl`). An account's sum is the same in both to the last bit: its
contracts in the book's order, then its coins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seawall.core.arrays import FloatArray, IntArray, frozen
from seawall.core.memo import Memo
from seawall.core.reasons import grouped
from seawall.margining.blocks.usd import COMPILED_FROM_PRODUCTS_COUNT
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser
from seawall.revaluation.product import scenario_pnl
from seawall.risk.unit_gains import BLOCK_CELLS_COUNT, Held, WorkingOn, held_in, unit_gains, untold
from seawall.scenarios import Draws, ScenarioSet


@dataclass(frozen=True, repr=False)
class AccountPnl(Memo):
    """What A accounts gain in S outcomes.

    Attributes
    ----------
    held
        What they hold.
    gains
        `(A, S)` USD; NaN where a holding is unavailable.
    weights
        `(S,)` of the outcomes.
    labels
        The S outcomes in words.
    draws
        How the S outcomes hang together.
    """

    held: Held
    gains: FloatArray
    weights: FloatArray
    labels: tuple[str, ...]
    draws: Draws = Draws.INDEPENDENT

    def __post_init__(self) -> None:
        assert self.gains.shape == (self._rows_count, len(self.weights)), "one row for each account or thing held"
        for name in ("gains", "weights"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __repr__(self) -> str:
        holdings, accounts = len(self.held.sizes), len(self.accounts)
        return f"{type(self).__name__}({holdings} holdings of {accounts} accounts, {len(self.weights)} scenarios)"

    @property
    def _rows_count(self) -> int:
        return len(self.accounts)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The A accounts."""
        return self.held.accounts

    @cached_property
    def _starts(self) -> IntArray:
        return self.held.indptr

    def of(self, account: str | None) -> range:
        """Return the holdings of one account, or of all where None is asked for."""
        if account is None:
            return range(len(self.held.sizes))
        row = self.held.resolved.book.row(account)
        return range(int(self._starts[row]), int(self._starts[row + 1]))

    def whole(self, account: str | None) -> FloatArray:
        """Return what one account gains, `(S,)`; the sum of accounts in their order where None is asked for."""
        if account is not None:
            return self._whole(account)
        total = np.zeros(len(self.weights))
        for name in self.accounts:
            total += self._whole(name)
        return total

    def _whole(self, account: str) -> FloatArray:
        gained: FloatArray = self.gains[self.held.resolved.book.row(account)]
        return gained

    def why(self, account: str | None) -> str:
        """Return why there is no number; empty where there is one."""
        reasons = (self.held.unavailable[self.held.column[i]] for i in self.of(account))
        return grouped(reasons)


@dataclass(frozen=True, repr=False)
class PositionPnl(AccountPnl):
    """What P holdings of A accounts gain in S outcomes.

    Attributes
    ----------
    held, weights, labels, draws
        As in `AccountPnl`.
    gains
        `(M, S)` USD that one unit of each of the M things held gains; NaN where it can't be valued.
    """

    @property
    def _rows_count(self) -> int:
        return len(self.held.names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Instruments, and assets for coins, by holding."""
        return tuple(self.held.names[n] for n in self.held.column.tolist())

    @cached_property
    def unavailable(self) -> tuple[str, ...]:
        """Why a holding can't be valued, by holding; empty where it can."""
        return tuple(self.held.unavailable[n] for n in self.held.column.tolist())

    @property
    def sizes(self) -> FloatArray:
        """`(P,)` signed."""
        return self.held.sizes

    def gain(self, i: int) -> FloatArray:
        """Return what a holding gains, `(S,)`."""
        gained: FloatArray = self.gains[int(self.held.column[i])] * float(self.sizes[i])
        return gained

    @property
    def pnl(self) -> FloatArray:
        """What every holding gains, `(S, P)` USD: large where holdings are many."""
        found = np.empty((len(self.weights), len(self.sizes)))
        for i in range(len(self.sizes)):
            found[:, i] = self.gain(i)
        return found

    def _whole(self, account: str) -> FloatArray:
        total = np.zeros(len(self.weights))
        for i in self.of(account):
            total += self.gain(i)
        return total


def position_pnl(
    book: Book,
    snapshot: MarketSnapshot,
    scenarios: ScenarioSet,
    *,
    with_cash: bool = True,
    check_lots: bool = True,
    parse: NameParser | None = None,
    compiled: bool | None = None,
    working_on: WorkingOn = untold,
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
    working_on
        Is told each step when it is begun, with its name and how many there are.

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
    held = held_in(book, snapshot, scenarios, with_cash=with_cash, check_lots=check_lots, parse=parse)
    return _by_thing(held, scenarios, compiled=compiled, working_on=working_on)


def account_pnl(
    book: Book,
    snapshot: MarketSnapshot,
    scenarios: ScenarioSet,
    *,
    with_cash: bool = True,
    check_lots: bool = True,
    parse: NameParser | None = None,
    compiled: bool | None = None,
    working_on: WorkingOn = untold,
    cells_count: int = BLOCK_CELLS_COUNT,
) -> AccountPnl:
    """Return what every account of a book gains in every scenario; arguments as for `position_pnl`.

    Memory grows with scenarios times accounts or times things held, whichever are fewer. `cells_count` bounds what is
    valued at once, and changes no number.
    """
    held = held_in(book, snapshot, scenarios, with_cash=with_cash, check_lots=check_lots, parse=parse)
    if len(held.accounts) > len(held.names):
        return _by_thing(held, scenarios, compiled=compiled, working_on=working_on, cells_count=cells_count)
    starts, column, sizes = held.indptr, held.column, held.sizes
    gains = np.empty((len(held.accounts), len(scenarios)))
    fast = len(sizes) * len(scenarios) >= COMPILED_FROM_PRODUCTS_COUNT
    for stretch, units in unit_gains(
        held, scenarios, compiled=compiled, cells_count=cells_count, working_on=working_on
    ):
        gains[:, stretch] = scenario_pnl(starts, column, sizes, units, compiled=fast)
    return AccountPnl(held, gains, scenarios.weights, scenarios.labels, scenarios.draws)


def _by_thing(
    held: Held,
    scenarios: ScenarioSet,
    *,
    compiled: bool | None,
    working_on: WorkingOn,
    cells_count: int = BLOCK_CELLS_COUNT,
) -> PositionPnl:
    gains = np.empty((len(held.names), len(scenarios)))
    for stretch, units in unit_gains(
        held, scenarios, compiled=compiled, cells_count=cells_count, working_on=working_on
    ):
        gains[:, stretch] = units.T
    return PositionPnl(held, gains, scenarios.weights, scenarios.labels, scenarios.draws)
