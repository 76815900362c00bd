"""Margin along a path: what a book needs step by step, when it is called, and how much cash it takes to get through.

Every step is a whole market and a full margin: what the rule reads from the market (time to expiry, distance of
strikes, volatility) moves along, so that the requirement is that of the day and not of the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from seawall.core.errors import MISSING, InputError, Problem, UnavailableError
from seawall.core.html_table import Tabular
from seawall.core.time import iso
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.account_state import AccountState, account_state
from seawall.risk.legs import Leg, cost_at, legs_of
from seawall.risk.market_path import MarketPath
from seawall.risk.moved_book import settled_between
from seawall.risk.payments import pay
from seawall.risk.shift import Move
from seawall.risk.slippage import Depth
from seawall.risk.standing import Probe
from seawall.risk.trigger import Trigger, Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Answer: TypeAlias = Literal["pay", "ignore"]
"""What the account's owner does when it is called."""


@dataclass(frozen=True, slots=True)
class Step:
    """One account at one state of a path, amounts in USD.

    Attributes
    ----------
    time_ns, account
        When and whose.
    equity, margin_balance
        Before anything is paid at this step.
    initial_margin, maintenance_margin
        What is required.
    ratio
        Margin ratio of the netting set that is worst off, 1 where the venue acts.
    acts
        Whether the venue acts, before anything is paid.
    called
        What is demanded at this step: the shortfall against initial margin.
    paid
        What is paid for it, USD; 0 where calls are ignored.
    label
        The step's name, where the path has names.
    ratio_seen, acts_seen
        The same as `ratio` and `acts` for who reads prices from an oracle that is late; equal to them where none is.
    closing_cost
        What it would cost to close everything there, with the depth and spreads of the step; NaN where no depth is
        known. No venue takes it off a balance before it closes something.
    """

    time_ns: int
    account: str
    equity: float
    margin_balance: float
    initial_margin: float
    maintenance_margin: float
    ratio: float
    acts: bool
    called: float
    paid: float
    label: str = ""
    ratio_seen: float = float("nan")
    acts_seen: bool = False
    closing_cost: float = float("nan")


@dataclass(frozen=True, repr=False)
class MarginPath(Tabular):
    """A book of A accounts along T states.

    Attributes
    ----------
    steps
        State by state, account by account.
    answer
        What is done with calls.
    legs
        What moves along the path besides, and what of it could not be applied.
    unavailable
        Why accounts that have no steps have none.
    path
        The states; None where they are not kept.
    """

    steps: tuple[Step, ...]
    accounts: tuple[str, ...]
    answer: Answer
    trigger: Trigger
    legs: tuple[Leg, ...] = ()
    unavailable: Mapping[str, str] = field(default_factory=dict)
    path: MarketPath | None = None

    def __repr__(self) -> str:
        return f"MarginPath({len(self.accounts)} accounts, {len(self.steps) // max(len(self.accounts), 1)} states)"

    def of(self, account: str) -> tuple[Step, ...]:
        """Return the steps of one account."""
        return tuple(step for step in self.steps if step.account == account)

    @cached_property
    def liquidity_need_usd(self) -> dict[str, float]:
        """Cash that each account brings in up to the end of the path, USD; the largest call where none is paid."""
        return {
            name: sum(s.paid for s in self.of(name))
            if self.answer == "pay"
            else max((s.called for s in self.of(name)), default=0.0)
            for name in self.accounts
        }

    @cached_property
    def peak_initial_margin_usd(self) -> dict[str, float]:
        """Largest initial margin of each account over the path."""
        return {name: max(step.initial_margin for step in self.of(name)) for name in self.accounts}

    @cached_property
    def first_action_ns(self) -> dict[str, int | None]:
        """When the venue first acts on each account; None where it never does."""
        return {name: next((s.time_ns for s in self.of(name) if s.acts), None) for name in self.accounts}

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a state and account."""
        return [
            {
                "time": iso(step.time_ns),
                "step": step.label,
                "account": step.account,
                "equity_usd": step.equity,
                "margin_balance_usd": step.margin_balance,
                "initial_margin_usd": step.initial_margin,
                "maintenance_margin_usd": step.maintenance_margin,
                "margin_ratio": step.ratio,
                "acts": step.acts,
                "called_usd": step.called,
                "paid_usd": step.paid,
                "margin_ratio_seen": step.ratio_seen,
                "acts_seen": step.acts_seen,
                "closing_cost_usd": step.closing_cost,
            }
            for step in self.steps
        ]

    def plot(self, account: str | None = None) -> Figure:
        """Return equity, balance and requirements over time, with the calls; the only account, where none is named.

        Raises
        ------
        InputError
            When the account has no steps here, or one of several has to be named.
        """
        from seawall.risk.path_chart import path_chart

        name = account if account is not None else self.accounts[0] if len(self.accounts) == 1 else None
        steps = self.of(name) if name is not None else ()
        if not steps:
            raise InputError(Problem("account", account or MISSING, f"it is one of {', '.join(self.accounts)}"))
        return path_chart(str(name), steps)


def margin_path(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    path: MarketPath,
    *,
    answer: Answer = "pay",
    pay_in: str = "",
    depths: Mapping[str, Depth] | None = None,
    which: Which = "maintenance",
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> MarginPath:
    """Return margin, equity, calls and need of cash along a path.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As in `evaluate`.
    path
        States of the market, from the snapshot on.
    answer
        `pay`: each shortfall of initial margin is paid in at once, and stays. `ignore`: nothing is done, so that every
        step shows what an account would be short of had nothing been paid before.
    pay_in
        Asset that is paid in; left out, the netting set's own currency (a stable coin, for one in USD).
    depths
        Order books before the path, by instrument or underlying; what closing costs is told where they are given.
    which
        What `acts` looks at.

    Raises
    ------
    UnavailableError
        When no account has a margin today, or what is paid in does not lower what is short.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.core.time import NS_PER_DAY
    >>> from seawall.policy import at
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> path = MarketPath.of_prices([now.time_ns + d * NS_PER_DAY for d in range(4)],
    ...                             {"BTC": [62_000.0, 55_000.0, 46_000.0, 50_000.0]}, now.index,
    ...                             now_ns=now.time_ns)
    >>> found = margin_path(book.take([0]), now, at("deribit/x_pm/2026-02-15"), path)
    >>> [(round(step.ratio, 2), round(step.paid)) for step in found.steps]
    [(0.36, 0), (0.57, 0), (1.67, 250311), (0.56, 0)]
    """
    probe = Probe(book, snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    bad = {name: why for a, name in enumerate(book.accounts) if (why := probe.readable(a))}
    if bad:
        rows = [a for a, name in enumerate(book.accounts) if name not in bad]
        if not rows:
            raise UnavailableError("; ".join(f"{name}: {why}" for name, why in bad.items()))
        probe = Probe(book.take(rows), snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    held, steps, earlier = probe.compact, [], Move()
    for t, move in enumerate(path.moves):
        held = settled_between(held, snapshot, earlier, move, paid_in=probe.paid_in)
        earlier = move
        cost = cost_at(path, t, depths, snapshot)
        here = account_state(probe, held, move, cost=cost)
        seen = account_state(probe, held, path.seen[t]) if path.is_late(t) else here
        paid = np.zeros(len(held))
        if answer == "pay" and (here.called > 0.0).any():
            held, paid = pay(probe, held, move, pay_in)
        steps += [_step(path, t, a, name, here, seen, float(paid[a])) for a, name in enumerate(held.accounts)]
    return MarginPath(tuple(steps), held.accounts, answer, probe.trigger, legs_of(path, probe, depths or {}), bad, path)


def _step(path: MarketPath, t: int, a: int, name: str, here: AccountState, seen: AccountState, paid: float) -> Step:
    return Step(
        int(path.times_ns[t]), name, float(here.equity[a]), float(here.balance[a]), float(here.initial[a]),
        float(here.maintenance[a]), float(here.ratio[a]), bool(here.acts[a]), float(here.called[a]), paid,
        path.label(t), float(seen.ratio[a]), bool(seen.acts[a]), float(here.closing_cost[a]),
    )  # fmt: skip
