"""`what_if`: the margin before and after some trades, and what each trade does to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seawall.api.books import BookSource, load_book
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.core.amounts import amount, ratio
from seawall.core.html_table import Tabular
from seawall.margining import AccountMargin, evaluate
from seawall.margining.totals import total_usd
from seawall.portfolio import Book
from seawall.portfolio.trades import Trade, TradesSource, account_row, apply_trades, parse_trades

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seawall.api.limits import LimitSource
    from seawall.api.value_at_risk import OutcomeSource
    from seawall.api.volumes import VolumeSource
    from seawall.market import MarketSnapshot
    from seawall.policy import MarginPolicy
    from seawall.risk.pre_trade import PreTrade


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
class WhatIf(Tabular):
    """An account's margin before and after some trades.

    Attributes
    ----------
    account
        Whose.
    before, after
        Its netting sets.
    initial_before_usd, initial_after_usd, maintenance_before_usd, maintenance_after_usd
        All netting sets together, USD; NaN where one is unavailable.
    effects
        What each trade does.
    check
        Whether margin and limits allow the trades, where limits were given.
    """

    account: str
    before: tuple[AccountMargin, ...]
    after: tuple[AccountMargin, ...]
    initial_before_usd: float
    initial_after_usd: float
    maintenance_before_usd: float
    maintenance_after_usd: float
    effects: tuple[TradeEffect, ...]
    check: PreTrade | None = None

    @property
    def verdict(self) -> tuple[str, ...]:
        """Whether initial margin is covered after the trades, and whether the venue would liquidate; one line each."""
        was = {one.currency: one for one in self.before}
        told = [line for one in self.after for line in _verdict(was.get(one.currency), one)]
        return tuple(told) or ("initial margin is covered after it",)

    def __str__(self) -> str:
        policies = ", ".join(dict.fromkeys(margin.policy_id for margin in self.before))
        margins = {
            "initial margin": (self.initial_before_usd, self.initial_after_usd),
            "maintenance margin": (self.maintenance_before_usd, self.maintenance_after_usd),
        }
        lines = [f"{self.account} under {policies}, in USD", _line("", "before", "after", "change")]
        lines += [_line(name, before, after, after - before) for name, (before, after) in margins.items()]
        lines.append(_line("trade", "initial, alone", "maint., alone", "initial, last", "maint., last"))
        for effect in self.effects:
            name = f"{effect.trade.instrument} {effect.trade.size:+,.10g}"
            alone = (effect.initial_alone, effect.maintenance_alone)
            lines.append(_line(name, *alone, effect.initial_last, effect.maintenance_last))
        if self.check is not None:
            lines += [f"refused by {reason}" for reason in self.check.reasons] or ["margin and limits allow it"]
        lines += self.verdict
        for when, side in (("before", self.before), ("after", self.after)):
            lines += [f"{when}, unavailable: {margin.unavailable}" for margin in side if margin.unavailable]
        return "\n".join(lines)

    def plot(self) -> Figure:
        """Return a bar for each margin before and after the trades; one that is unavailable has none."""
        from seawall.charts import bars

        amounts = {
            "initial, before": self.initial_before_usd, "initial, after": self.initial_after_usd,
            "maintenance, before": self.maintenance_before_usd, "maintenance, after": self.maintenance_after_usd,
        }  # fmt: skip
        trades = ", ".join(f"{one.trade.instrument} {one.trade.size:+,.10g}" for one in self.effects)
        return bars(list(amounts), list(amounts.values()), title=f"{self.account}: {trades}", x_label="margin, USD")

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


def _verdict(was: AccountMargin | None, now: AccountMargin) -> Iterator[str]:
    """Say what one netting set is short of after trades, and whether it was before."""
    if now.unavailable:
        yield f"margin in {now.currency} can't be computed after it"
        return
    if now.available_funds < 0.0:
        needs, there = (amount(x, now.currency) for x in (now.initial_margin, now.margin_balance - now.haircut))
        before = " (short before it too)" if was is not None and was.available_funds < 0.0 else ""
        yield f"short of initial margin after it: {needs} {now.currency} required, {there} there{before}"
    if now.margin_ratio >= 1.0:
        before = " (before it too)" if was is not None and was.margin_ratio >= 1.0 else ""
        share = ratio(now.margin_ratio)
        yield f"the venue would liquidate after it: its margin ratio in {now.currency} is {share}{before}"


def _line(name: str, *cells: str | float) -> str:
    texts = (cell if isinstance(cell, str) else "n/a" if np.isnan(cell) else f"{cell:,.2f}" for cell in cells)
    return f"{name:<36}" + "".join(f"{text:>16}" for text in texts)


def what_if(
    book: Book | BookSource,
    snapshot: SnapshotSource,
    trades: TradesSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    account: str | None = None,
    limits: LimitSource | None = None,
    scenarios: OutcomeSource = "monte-carlo",
    confidence: float = 0.99,
    daily_volume: VolumeSource | None = None,
    drawdowns: Mapping[str, float] | None = None,
    stand_ins: Mapping[str, str] | None = None,
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
        `"BTC-25SEP26-100000-C -10"`, with `@ price` where it is not the mark; a list of those, of tuples or of
        `Trade` values; or a mapping from instruments to sizes.
    account
        Whose; may be left out where the book has one account.
    limits
        A TOML file, or limits that were read: the trades are checked against margin and limits, those of all accounts
        together among them.
    scenarios, confidence
        For limits on value at risk and expected shortfall, as in `value_at_risk`.
    daily_volume
        Size units that trade in a day, by instrument or in a CSV file, for limits on days to liquidate.
    drawdowns
        Fall of equity from its peak by account, for limits on it; trades leave it as it is.
    stand_ins, check_lots
        As in `margin`.

    Raises
    ------
    InputError
        When a trade can't be read, or names an instrument that the snapshot does not have, or no account is named
        and the book has several.

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
    chosen = as_policy(policy, time=market.time_ns).with_stand_ins(stand_ins or {})
    one = held.take([account_row(held, account)])
    name = one.accounts[0]

    # One account for each variant, so that the market is revalued once for all of them.
    some: list[Sequence[Trade]] = [[], wanted, *([trade] for trade in wanted)]
    some += [[*wanted[:i], *wanted[i + 1 :]] for i in range(len(wanted))]
    variants = [
        replace(apply_trades(one, name, trades, snapshot=market, check_lots=check_lots).account(name), id=f"{v}")
        for v, trades in enumerate(some)
    ]
    together = Book.of(variants, origin=one.origin)
    margins = evaluate(together, market, [chosen], check_lots=check_lots, parse=grammar_of(market))[0]
    initial, maintenance = total_usd(margins, "initial"), total_usd(margins, "maintenance")
    n = len(wanted)
    return WhatIf(
        account=name,
        before=tuple(replace(row, account=name) for row in margins["0"]),
        after=tuple(replace(row, account=name) for row in margins["1"]),
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
        check=None
        if limits is None
        else _checked(
            held,
            market,
            chosen,
            wanted,
            name,
            limits,
            scenarios,
            confidence=confidence,
            volume=daily_volume,
            drawdowns=drawdowns,
            lots=check_lots,
        ),
    )


def _checked(
    book: Book, market: MarketSnapshot, policy: MarginPolicy, trades: Sequence[Trade], account: str,
    limits: LimitSource, scenarios: OutcomeSource, *, confidence: float, volume: VolumeSource | None,
    drawdowns: Mapping[str, float] | None, lots: bool,
) -> PreTrade:  # fmt: skip
    """Return whether margin and limits allow the trades: of the whole book, which some limits are of."""
    from seawall.api.limits import as_limits, risk_inputs  # scenarios and risk are only needed here
    from seawall.risk.pre_trade import pre_trade

    wanted = as_limits(limits)
    later = apply_trades(book, account, trades, snapshot=market, check_lots=lots)
    inputs, notes = risk_inputs(
        wanted, later, market, scenarios=scenarios, confidence=confidence, daily_volume=volume, drawdowns=drawdowns
    )
    found = pre_trade(
        book, market, policy, trades, wanted, inputs, account=account, check_lots=lots, parse=grammar_of(market)
    )
    return replace(found, after=replace(found.after, notes=notes))
