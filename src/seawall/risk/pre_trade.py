"""Trades checked before they are done, against margin and limits.

A trade passes where both allow it. What stands in the way is said in order of precedence: a margin that can't be
computed, initial margin that would not be covered, a limit that would be broken. A trade that makes a breach smaller is
let through: it must be possible to come back within limits step by step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular
from seawall.margining import evaluate
from seawall.margining.totals import total_usd
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.portfolio.trades import Trade, TradesSource, apply_trades, parse_trades
from seawall.risk.limit_check import RiskInputs, counted_usd, limit_report
from seawall.risk.limits import WHOLE, LimitReport, LimitRow, Limits, Status


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
    row = _row(book, account)
    name = book.accounts[row]
    later = apply_trades(book, name, wanted, snapshot=snapshot, check_lots=check_lots)
    sides = [evaluate(one.take([row]), snapshot, [policy], check_lots=False, parse=parse)[0] for one in (book, later)]
    initial = [float(total_usd(one, "initial")[0]) for one in sides]
    headroom = [float(counted_usd(one)[0]) - need for one, need in zip(sides, initial, strict=True)]
    reports = [
        _about(limit_report(one, snapshot, policy, limits, inputs, check_lots=False, parse=parse), name)
        for one in (book, later)
    ]
    reasons = []
    if math.isnan(initial[1]):
        why = "; ".join(dict.fromkeys(one.unavailable for one in sides[1] if one.unavailable))
        reasons.append(f"margin: it can't be computed: {why}")
    elif headroom[1] < 0.0 and not headroom[1] >= headroom[0]:
        reasons.append(f"margin: initial margin would not be covered by {-headroom[1]:,.2f} USD")
    pairs = zip(reports[0].checks, reports[1].checks, strict=True)
    reasons += [text for one, two in pairs if (text := _objection(one, two))]
    return PreTrade(
        name, tuple(wanted), tuple(reasons), initial[0], initial[1], headroom[0], headroom[1], reports[0], reports[1]
    )


def _objection(before: LimitRow, after: LimitRow) -> str:
    """Say why a limit stands in the way; empty where it does not."""
    limit = after.limit
    if after.status is Status.UNAVAILABLE:
        return f"limit {limit.name}: {limit.measure} can't be computed: {after.reason}"
    if after.status is not Status.BREACH:
        return ""
    past = [max(row.measured - limit.upper, limit.lower - row.measured) for row in (before, after)]
    if before.status is Status.BREACH and past[1] <= past[0]:
        return ""
    over = after.measured > limit.upper
    bound, word = (limit.upper, "most") if over else (limit.lower, "least")
    return f"limit {limit.name}: {limit.measure} would be {after.measured:,.10g}, and the {word} is {bound:,.10g}"


def _about(report: LimitReport, account: str) -> LimitReport:
    return LimitReport(report.title, tuple(row for row in report.checks if row.account in (account, WHOLE)))


def _row(book: Book, account: str | None) -> int:
    if account is not None:
        return book.row(account)
    if len(book) != 1:
        rule = f"the book has {len(book)} accounts; name the one that trades"
        raise InputError(Problem("account", "left out", rule, where=book.origin))
    return 0
