"""Trades checked before they are done, against margin and limits.

A trade passes where both allow it. What stands in the way is said in order of precedence: a margin that can't be
computed, initial margin that would not be covered, a limit that would be broken. It must be possible to come back
within limits step by step: a trade that makes a breach smaller, or larger by no more than rounding, is let through, and
so is one that only makes positions smaller where a number could not be had before it either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seawall.core.html_table import Tabular
from seawall.margining import evaluate
from seawall.margining.totals import total_usd
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, NameParser
from seawall.portfolio.trades import Trade, TradesSource, account_row, apply_trades, parse_trades
from seawall.risk.limit_check import RiskInputs, counted_usd, limit_report
from seawall.risk.limits import WHOLE, LimitReport, LimitRow, Limits, Status

NOT_WORSE_RATIO = 1e-9
"""Amounts that differ by a smaller share than this are the same: sums of floats round."""


@dataclass(frozen=True)
class PreTrade(Tabular):
    """Whether some trades may be done, and what they do.

    Attributes
    ----------
    account, trades
        Who would do what.
    reasons
        What stands in the way, in order of precedence; empty where nothing does.
    initial_before_usd, initial_after_usd, headroom_before_usd, headroom_after_usd
        Initial margin, and counted collateral less it.
    before, after
        Limits of the account and of all accounts together.
    """

    account: str
    trades: tuple[Trade, ...]
    reasons: tuple[str, ...]
    initial_before_usd: float
    initial_after_usd: float
    headroom_before_usd: float
    headroom_after_usd: float
    before: LimitReport
    after: LimitReport

    @property
    def accepted(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.reasons

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a limit: how it stands before and after."""
        return [
            {
                "limit": two.limit.name, "account": two.account, "asset": two.limit.asset,
                "before": one.measured, "after": two.measured, "used_before": one.used, "used_after": two.used,
                "status_before": one.status.value, "status_after": two.status.value,
            }
            for one, two in zip(self.before.checks, self.after.checks, strict=True)
        ]  # fmt: skip


def pre_trade(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    trades: TradesSource,
    limits: Limits,
    inputs: RiskInputs | None = None,
    *,
    account: str | None = None,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> PreTrade:
    r"""Return whether margin and limits allow some trades.

    Parameters
    ----------
    book, snapshot, policy, limits, inputs, check_lots, parse
        As for `limit_report`.
    trades
        As for `what_if`; at the mark unless they name a price.
    account
        Whose; may be left out where the book has one account.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> from seawall.risk.limits import read_limits
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> desk = read_limits('[[limit]]\nname = "delta"\nmeasure = "cash_delta_usd"\nmax = 100_000')
    >>> book = sw.load_book({"BTC": 1.0}, snapshot=now)
    >>> found = pre_trade(book, now, at("deribit/x_pm", now.time_ns), "BTC-PERPETUAL 50000", desk)
    >>> found.accepted, found.reasons
    (False, ('limit delta: cash_delta_usd would be 112,687.75, and the most is 100,000',))
    """
    wanted = parse_trades(trades)
    row = account_row(book, account)
    name = book.accounts[row]
    later = apply_trades(book, name, wanted, snapshot=snapshot, check_lots=check_lots)
    sides = [evaluate(one.take([row]), snapshot, [policy], check_lots=False, parse=parse)[0] for one in (book, later)]
    initial = [float(total_usd(one, "initial")[0]) for one in sides]
    headroom = [float(counted_usd(one)[0]) - need for one, need in zip(sides, initial, strict=True)]
    reports = [
        _about(limit_report(one, snapshot, policy, limits, inputs, check_lots=False, parse=parse), name)
        for one in (book, later)
    ]
    smaller = _only_smaller(book.account(name), later.account(name), wanted)
    reasons = []
    if math.isnan(initial[1]):
        if not (smaller and math.isnan(initial[0])):
            why = "; ".join(dict.fromkeys(one.unavailable for one in sides[1] if one.unavailable))
            reasons.append(f"margin: it can't be computed: {why}{_SO_BEFORE if math.isnan(initial[0]) else ''}")
    elif headroom[1] < 0.0 and _worse(-headroom[0], -headroom[1]):
        was = f" (short of {-headroom[0]:,.2f} before the trade)" if headroom[0] < 0.0 else ""
        reasons.append(f"margin: initial margin would not be covered by {-headroom[1]:,.2f} USD{was}")
    pairs = zip(reports[0].checks, reports[1].checks, strict=True)
    reasons += [text for one, two in pairs if (text := _objection(one, two, smaller=smaller))]
    return PreTrade(
        name, tuple(wanted), tuple(reasons), initial[0], initial[1], headroom[0], headroom[1], reports[0], reports[1]
    )


_SO_BEFORE = " (already so before the trade)"


def _objection(before: LimitRow, after: LimitRow, *, smaller: bool) -> str:
    """Say why a limit stands in the way; empty where it does not."""
    limit = after.limit
    so_before = before.status is after.status
    if after.status is Status.UNAVAILABLE:
        if smaller and so_before:
            return ""
        told = f"limit {limit.name}: {limit.measure} can't be computed: {after.reason}"
        return told + (_SO_BEFORE if so_before else "")
    if after.status is not Status.BREACH:
        return ""
    over = after.measured > limit.upper
    bound, word = (limit.upper, "most") if over else (limit.lower, "least")
    is_now = f"{limit.measure} would be {after.measured:,.10g}, and the {word} is {bound:,.10g}"
    if not so_before:
        return f"limit {limit.name}: {is_now}"
    past = [max(row.measured - limit.upper, limit.lower - row.measured) for row in (before, after)]
    if past[1] <= past[0] or not _worse(before.measured, after.measured, either=True):
        return ""
    return f"limit {limit.name}: {is_now}; it was {before.measured:,.10g} and past it before the trade"


def _worse(before: float, after: float, *, either: bool = False) -> bool:
    """Return whether an amount grew, or moved `either` way, by more than rounding; an unknown one did."""
    moved = abs(after - before) if either else after - before
    return not moved <= NOT_WORSE_RATIO * max(abs(before), abs(after))


def _only_smaller(before: Account, after: Account, trades: Sequence[Trade]) -> bool:
    """Return whether trades are of positions that are there, and none of them grows or changes its side."""
    was = {one.instrument: one.size for one in before.positions}
    sizes = [(was.get(one.instrument, 0.0), one.size) for one in after.positions]
    return all(trade.instrument in was for trade in trades) and all(
        min(old, 0.0) <= new <= max(old, 0.0) for old, new in sizes
    )


def _about(report: LimitReport, account: str) -> LimitReport:
    return LimitReport(report.title, tuple(row for row in report.checks if row.account in (account, WHOLE)))
