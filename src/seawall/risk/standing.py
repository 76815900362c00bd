"""Where accounts stand in states of the market other than today's: a full margin in each, by the true rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.time import NO_EXPIRY_NS
from seawall.margining.catalogue import MODELS
from seawall.margining.columns import margin_ratio
from seawall.margining.evaluate import evaluate
from seawall.margining.result import Margins
from seawall.market import MarketSnapshot
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, NameParser, ResolvedBook
from seawall.revaluation import revalue
from seawall.risk.moved_book import anchored, moved
from seawall.risk.moved_resolved import after, narrowed
from seawall.risk.shift import Move
from seawall.risk.trigger import Trigger, Which, required_and_balance, shortfall, trigger_of

Cost: TypeAlias = Callable[[ResolvedBook], FloatArray]
"""What an account would have to pay to get out of its positions, `(A,)` USD, in a state of the market."""


PARTS_KEPT_COUNT = 256
"""Parts of the book that are kept for the next state: accounts are asked for again and again."""


@dataclass(frozen=True)
class States:
    """T states of the market × R netting sets, amounts in the currency of each.

    Attributes
    ----------
    required, balance
        `(T, R)`; NaN where unavailable.
    trigger
        What the two are held against each other by.
    """

    required: FloatArray
    balance: FloatArray
    trigger: Trigger

    @cached_property
    def short(self) -> FloatArray:
        """By how much each is short, `(T, R)`: at or above zero where the venue acts."""
        return shortfall(self.required, self.balance, self.trigger.liquidation_ratio)

    @cached_property
    def ratio(self) -> FloatArray:
        """Margin ratio, `(T, R)`: 1 is where the venue acts."""
        share = self.trigger.liquidation_ratio
        found = margin_ratio(self.required.ravel(), self.balance.ravel(), liquidation_ratio=share)
        return found.reshape(self.required.shape)


class Probe:
    """Asks one policy about a book in as many states of the market as one likes.

    Names are found and checked once. Each state is a whole market: nothing is interpolated.

    Attributes
    ----------
    sets
        Account row and currency of each of the R netting sets.
    now
        Today's margins.
    dollar
        A dollar that the policy takes as collateral, for payments.
    asked
        States × accounts that a margin was computed for so far.
    """

    def __init__(
        self,
        book: Book,
        snapshot: MarketSnapshot,
        policy: MarginPolicy,
        *,
        which: Which = "maintenance",
        cost: Cost | None = None,
        check_lots: bool = True,
        parse: NameParser | None = None,
    ) -> None:
        self.snapshot, self.policy, self.cost = snapshot, policy, cost
        self.book = anchored(book, snapshot)
        [self.now] = evaluate(self.book, snapshot, [policy], check_lots=check_lots, parse=parse)
        self.trigger = trigger_of(self.now, which)
        need = self.now.requirement
        self.sets = tuple((int(a), need.currencies[c]) for a, c in zip(need.account, need.currency, strict=True))
        whole = self.now.book
        table = whole.snapshot.table
        compact = replace(self.book, instruments=table.names, positions=whole.positions, orders=whole.orders)
        self._resolved = replace(whole, book=compact)
        gone = np.isnan(self.now.maintenance_margin) | np.isnan(self.now.initial_margin)
        self.dollar, self.paid_in = settlement_swaps(whole, policy)
        self.reasons = {r: self.now.availability.reason(r) for r in np.flatnonzero(gone).tolist()}
        self._currencies = {name: c for c, name in enumerate(dict.fromkeys(name for _, name in self.sets))}
        self._parts: dict[bytes, ResolvedBook] = {}
        self._row = np.full((len(self.book), len(self._currencies)), -1, np.int64)
        for r, (a, name) in enumerate(self.sets):
            self._row[a, self._currencies[name]] = r
        self.asked = 0

    @property
    def compact(self) -> Book:
        """The book over what it holds, with every future's entry price."""
        return self._resolved.book

    def under(self, policy: MarginPolicy) -> Probe:
        """Return the same that asks another policy of the same model."""
        other = copy(self)
        other.policy = policy
        return other

    def margins_of(self, book: Book, move: Move) -> tuple[Margins, States]:
        """Return the margins of a book in one state, and where its netting sets stand, `(1, R)`.

        The book is `compact` but for its balances.
        """
        margins = self._margins(after(replace(self._resolved, book=book), move, paid_in=self.paid_in))
        required, balance = self._pair(margins, self.trigger.which)
        self.asked += len(book)
        return margins, States(required[None, :], balance[None, :], self.trigger)

    def usd_rates(self, moves: Sequence[Move]) -> FloatArray:
        """Return USD per unit of each netting set's currency in T states, `(T, R)`; NaN where there is no index."""
        index = self.snapshot.index
        now = [1.0 if name == "USD" else index.get(name, np.nan) for _, name in self.sets]
        moved_by = [[1.0 + move.spot.get(name, 0.0) for _, name in self.sets] for move in moves]
        return np.array(now, dtype=np.float64) * np.array(moved_by, dtype=np.float64).reshape(len(moves), len(now))

    def readable(self, account: int) -> str:
        """Say why an account can't be followed through states; empty where it can."""
        mine = [reason for r, reason in self.reasons.items() if self.sets[r][0] == account]
        return "; ".join(dict.fromkeys(mine))

    def sets_of(self, accounts: Sequence[int] | IntArray) -> IntArray:
        """Return the netting sets of some accounts, as rows of `sets`, account by account."""
        rows = np.sort(self._row[np.asarray(accounts, dtype=np.int64)], axis=1).ravel()
        return np.asarray(rows[rows >= 0], dtype=np.int64)

    def market_of(self, account: int) -> MarketSnapshot:
        """Return the market of no more than an account holds and has orders in."""
        return self._part(np.array([account], dtype=np.int64)).snapshot

    def at(self, moves: Sequence[Move], accounts: Sequence[int] | None = None) -> States:
        """Return where netting sets stand in T states, `(T, R)`; only those of some accounts, where they are named."""
        chosen = None if accounts is None else np.asarray(accounts, dtype=np.int64)
        return self._states(moves, chosen, [self.trigger])[0]

    def at_each(self, moves: Sequence[Move], whiches: Sequence[Which]) -> list[States]:
        """Return the same by several requirements, from one margin a state."""
        return self._states(moves, None, [trigger_of(self.now, which) for which in whiches])

    def _states(self, moves: Sequence[Move], accounts: IntArray | None, triggers: Sequence[Trigger]) -> list[States]:
        part = self._resolved if accounts is None else self._part(accounts)
        found = np.zeros((len(triggers), 2, len(moves), len(self.sets)))
        for t, move in enumerate(moves):
            margins = self._margins(after(part, move, paid_in=self.paid_in))
            there, rows = self._rows_of(margins, accounts)
            for k, trigger in enumerate(triggers):
                found[k, :, t, rows] = np.stack(self._pair(margins, trigger.which), axis=1)[there]
        self.asked += len(moves) * len(part.book)
        if accounts is not None:
            found = found[..., self.sets_of(accounts)]
        return [States(found[k, 0], found[k, 1], trigger) for k, trigger in enumerate(triggers)]

    def _part(self, accounts: IntArray) -> ResolvedBook:
        """Return some accounts before no more of the market than they hold; those asked for last are kept."""
        key = accounts.tobytes()
        if key not in self._parts:
            if len(self._parts) >= PARTS_KEPT_COUNT:
                self._parts.clear()
            self._parts[key] = narrowed(self._resolved.take(accounts))
        return self._parts[key]

    def _rows_of(self, margins: Margins, accounts: IntArray | None) -> tuple[BoolArray, IntArray]:
        """Return which netting sets of some margins are known today, and which of `sets` those are."""
        need = margins.requirement
        account = need.account if accounts is None else accounts[need.account]
        column = np.array([self._currencies.get(name, -1) for name in need.currencies], np.int64)[need.currency]
        rows = np.where(column >= 0, self._row[account, column], -1)
        there = np.asarray(rows >= 0, dtype=np.bool_)
        return there, rows[there]

    def verify(self, move: Move, accounts: Sequence[int]) -> States:
        """Return one state of some accounts from the books' own front door: names, lots and market read anew."""
        chosen = np.array(accounts, dtype=np.int64)
        book, market = moved(self.book.take(chosen), self.snapshot, move, paid_in=self.paid_in)
        [margins] = evaluate(book, market, [self.policy], check_lots=False)
        there, rows = self._rows_of(margins, chosen)
        found = np.zeros((2, 1, len(self.sets)))
        found[:, 0, rows] = np.stack(self._pair(margins, self.trigger.which))[:, there]
        required, balance = found[..., self.sets_of(chosen)]
        return States(required, balance, self.trigger)

    def _pair(self, margins: Margins, which: Which) -> tuple[FloatArray, FloatArray]:
        required, balance = required_and_balance(margins, which)
        if self.cost is None:
            return required, balance
        need = margins.requirement
        index = margins.book.snapshot.index
        price = np.array([1.0 if name == "USD" else index.get(name, np.nan) for name in need.currencies])
        paid = self.cost(margins.book)[need.account] / price[need.currency]
        return required, balance - np.where(_first_of_account(need.account), paid, 0.0)

    def _margins(self, book: ResolvedBook) -> Margins:
        model = MODELS[self.policy.model]
        pnl = revalue(book.snapshot, model.scenarios(self.policy, book.snapshot))
        return Margins(self.policy, model, book.snapshot, book, pnl, model.requirement(self.policy, book, pnl))


def settlement_swaps(book: ResolvedBook, policy: MarginPolicy) -> tuple[str, dict[str, str]]:
    """Return a dollar that a policy takes, and which settlement assets it refuses as collateral are paid in it.

    Such a venue lists the contract in another form, whose profit is in dollars.
    """
    snapshot = book.snapshot
    dated = {snapshot.table.settlement[n] for n in np.flatnonzero(snapshot.table.expiry_ns != NO_EXPIRY_NS).tolist()}
    dollars = ("USD", *STABLE_ASSETS)
    asked = [asset for asset in sorted({*dated, *dollars}) if asset == "USD" or asset in snapshot.index]
    [margins] = evaluate(Book.of([Account(asset, (), {asset: 1.0}) for asset in asked]), snapshot, [policy])
    taken = {row.account for row in margins} - {row.account for row in margins if row.unavailable}
    instead = next((asset for asset in (*STABLE_ASSETS, "USD") if asset in taken), "")
    return instead or "USD", {asset: instead for asset in dated if asset not in taken and instead}


def _first_of_account(account: IntArray) -> FloatArray:
    """Return which netting set of each account comes first, `(R,)`: what is paid once is paid there."""
    first = np.zeros(len(account), np.bool_)
    first[np.unique(account, return_index=True)[1]] = True
    return np.asarray(first, dtype=np.float64)
