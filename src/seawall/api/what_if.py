"""`what_if`: the margin before and after some trades, and what each trade does to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seawall.api.books import BookSource, load_book
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy
from seawall.api.snapshots import SnapshotSource, load_snapshot
from seawall.margining import AccountMargin, Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.portfolio.trades import Trade, apply_trades, parse_trades
from seawall.venues.deribit import symbols


@dataclass(frozen=True, slots=True)
class TradeEffect:
    """What one trade does to an account's margin, USD; a negative number frees margin.

    Attributes
    ----------
    trade
        The trade.
    initial_alone, maintenance_alone
        Margin of the book with this trade and no other, less the margin before.
    initial_last, maintenance_last
        Margin after all trades, less the margin after all but this one.
    """

    trade: Trade
    initial_alone: float
    maintenance_alone: float
    initial_last: float
    maintenance_last: float


@dataclass(frozen=True)
class WhatIf:
    """An account's margin before and after some trades."""

    account: str
    before: tuple[AccountMargin, ...]
    after: tuple[AccountMargin, ...]
    initial_before_usd: float
    initial_after_usd: float
    maintenance_before_usd: float
    maintenance_after_usd: float
    effects: tuple[TradeEffect, ...]

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a trade."""
        return [
            {
                "instrument": effect.trade.instrument,
                "size": effect.trade.size,
                "initial_alone_usd": effect.initial_alone,
                "maintenance_alone_usd": effect.maintenance_alone,
                "initial_last_usd": effect.initial_last,
                "maintenance_last_usd": effect.maintenance_last,
            }
            for effect in self.effects
        ]


def what_if(
    book: Book | BookSource,
    snapshot: SnapshotSource,
    trades: Sequence[Trade | str | tuple[str, float]] | str,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    account: str | None = None,
    check_lots: bool = True,
) -> WhatIf:
    """Return what some trades would do to the margin of one account.

    Trades happen at the mark unless they name a price, so that they change the requirement and not the equity. Fees
    are left out.

    Parameters
    ----------
    book, snapshot, policy
        As in `margin`.
    trades
        `"BTC-25SEP26-100000-C -10"`, with `@ price` where it is not the mark; or `Trade` values.
    account
        Whose; may be left out where the book has one account.

    Raises
    ------
    InputError
        When a trade can't be read, or names an instrument that the snapshot does not have.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.what_if({"BTC-PERPETUAL": 10_000, "BTC": 1.0}, "deribit-btc-2026-08-01", ["BTC-PERPETUAL -10000"])
    >>> found.initial_after_usd < found.initial_before_usd
    True
    """
    market = load_snapshot(snapshot)
    held = book if isinstance(book, Book) else load_book(book, snapshot=market, check_lots=check_lots)
    wanted = parse_trades(trades)
    chosen = as_policy(policy, time=market.time_ns)
    row = held.row(account) if account is not None else _only_account(held)
    one = held.take([row])
    name = one.accounts[0]

    def after(some: Sequence[Trade]) -> Margins:
        traded = apply_trades(one, name, some, snapshot=market, check_lots=check_lots)
        return evaluate(traded, market, [chosen], check_lots=check_lots, parse=symbols.parse)[0]

    margins = [after([]), after(wanted), *(after([trade]) for trade in wanted)]
    margins += [after([*wanted[:i], *wanted[i + 1 :]]) for i in range(len(wanted))]
    initial = np.array([_usd(result, market, maintenance=False) for result in margins])
    maintenance = np.array([_usd(result, market, maintenance=True) for result in margins])
    n = len(wanted)
    return WhatIf(
        account=name,
        before=tuple(margins[0]),
        after=tuple(margins[1]),
        initial_before_usd=float(initial[0]),
        initial_after_usd=float(initial[1]),
        maintenance_before_usd=float(maintenance[0]),
        maintenance_after_usd=float(maintenance[1]),
        effects=tuple(
            TradeEffect(
                trade,
                float(initial[2 + i] - initial[0]),
                float(maintenance[2 + i] - maintenance[0]),
                float(initial[1] - initial[2 + n + i]),
                float(maintenance[1] - maintenance[2 + n + i]),
            )
            for i, trade in enumerate(wanted)
        ),
    )


def _only_account(book: Book) -> int:
    if len(book) != 1:
        book.row("")
    return 0


def _usd(margins: Margins, market: MarketSnapshot, *, maintenance: bool) -> float:
    """Return the requirement of all netting sets of a book together, in USD; NaN where one is unavailable."""
    need = margins.requirement
    amounts = margins.maintenance_margin if maintenance else margins.initial_margin
    prices = np.array([market.price_usd(currency) for currency in need.currencies])
    return float((amounts * prices[need.currency]).sum())
