"""Margin along a path: what a book needs step by step, when it is called, and how much cash it takes to get through.

Every step is a whole market and a full margin: what the rule reads from the market (time to expiry, distance of
strikes, volatility) moves along, so that the requirement is that of the day and not of the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.account_state import AccountState, account_state
from seawall.risk.legs import cost_at, legs_of
from seawall.risk.market_path import MarketPath
from seawall.risk.moved_book import settled_between
from seawall.risk.path_result import Answer, MarginPath, Step
from seawall.risk.payments import pay
from seawall.risk.shift import Move
from seawall.risk.slippage import Depth
from seawall.risk.standing import Probe
from seawall.risk.trigger import Which


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
    policies: Sequence[MarginPolicy] = (),
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
    policies
        The policy of each state, of the same model as `policy`, where it is made anew along the path (`recalibrated`);
        `policy` is then that of the start, and each step also says what it would require.

    Raises
    ------
    UnavailableError
        When no account has a margin today. One that has none by a later policy, or whose payments do not lower what it
        is short of, is unavailable by itself.

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
    if policies and (len(policies) != len(path) or {one.model for one in policies} != {policy.model}):
        raise InputError(
            Problem("policies", len(policies), f"there is one of {policy.model} for each of {len(path)} states")
        )
    probe = Probe(book, snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    bad = {name: why for a, name in enumerate(book.accounts) if (why := probe.readable(a))}
    if bad:
        rows = [a for a, name in enumerate(book.accounts) if name not in bad]
        if not rows:
            raise UnavailableError("; ".join(f"{name}: {why}" for name, why in bad.items()))
        probe = Probe(book.take(rows), snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    held, steps, earlier = probe.compact, [], Move()
    names, stuck = held.accounts, set[int]()
    for t, move in enumerate(path.moves):
        held = settled_between(held, snapshot, earlier, move, paid_in=probe.paid_in)
        earlier = move
        asked = probe.under(policies[t]) if policies else probe
        here = account_state(asked, held, move, cost=cost_at(path, t, depths, snapshot))
        seen = account_state(asked, held, path.seen[t]) if path.is_late(t) else here
        fixed = account_state(probe, held, move) if policies else here
        paid = np.zeros(len(held))
        if answer == "pay" and (here.called > 0.0).any():
            held, paid, vain = pay(asked, held, move, pay_in, leave=stuck)
            stuck |= set(vain)
            at = path.label(t) or f"state {t + 1}"
            bad |= {names[a]: f"{asset} paid in at {at} does not lower what is short" for a, asset in vain.items()}
        steps += [_step(path, t, a, name, here, seen, fixed, float(paid[a])) for a, name in enumerate(names)]
    going = tuple(name for name in names if name not in bad)
    if not going:
        raise UnavailableError("; ".join(f"{name}: {why}" for name, why in bad.items()))
    told = tuple(step for step in steps if step.account not in bad)
    legs = legs_of(path, probe, depths or {})
    return MarginPath(told, going, answer, probe.trigger, legs, bad, path, tuple(policies))


def _step(
    path: MarketPath,
    t: int,
    a: int,
    name: str,
    here: AccountState,
    seen: AccountState,
    fixed: AccountState,
    paid: float,
) -> Step:
    return Step(
        int(path.times_ns[t]), name, float(here.equity[a]), float(here.balance[a]), float(here.initial[a]),
        float(here.maintenance[a]), float(here.ratio[a]), bool(here.acts[a]), float(here.called[a]), paid,
        path.label(t), float(seen.ratio[a]), bool(seen.acts[a]), float(here.closing_cost[a]),
        float(fixed.initial[a]), float(fixed.maintenance[a]),
    )  # fmt: skip
