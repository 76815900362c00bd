"""`margin_path`: margin, equity, calls and the cash that it takes, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from seawall.api.books import BookSource, load_book
from seawall.api.history import HistorySource
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.own_path import is_own_path, load_path
from seawall.api.path_history import as_filter, history_before, still_vols
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.api.stress import ScenarioSource, as_states, moving_coins
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book
from seawall.risk.margin_path import margin_path as compute
from seawall.risk.market_path import MarketPath
from seawall.risk.path_result import Answer, MarginPath
from seawall.risk.recalibrated import recalibrated
from seawall.risk.stress import coins_behind
from seawall.risk.typical_depth import typical_depths
from seawall.scenarios import PathSet
from seawall.scenarios.volatility import VolatilityFilter

PathSource: TypeAlias = MarketPath | ScenarioSource | Path | Any
"""A name of a scenario, a file or a frame of prices, or states of a market."""


def margin_path(
    book: BookSource,
    snapshot: SnapshotSource,
    path: PathSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    answer: Answer = "pay",
    pay_in: str = "",
    depth_usd: Mapping[str, float] | None = None,
    returns: HistorySource | None = None,
    filter: str | VolatilityFilter | None = None,  # noqa: A002 -- the field's word
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> MarginPath:
    """Return what a book needs at every step of a path, what it is called for, and the cash to get through.

    Parameters
    ----------
    book, snapshot, policy, stand_ins, check_lots
        As in `margin`.
    path
        A name (`seawall path --list`); a CSV file or a frame of prices, with the columns `time,BTC,ETH`, whose first
        row stands for the market as it is; a `MarketPath`; a `PathSet` or what makes one, of which the first path is
        taken.
    answer
        `pay`: every shortfall of initial margin is paid in at once. `ignore`: nothing is paid.
    pay_in
        Asset that is paid in; the netting set's own where left out.
    depth_usd
        As in `stress`.
    returns
        A history or a CSV file of prices, as in `value_at_risk`, for a policy of the model `house_tail`: its current
        outcomes are then past changes at the volatility of each step, made anew along the path from what is known
        there. What the history has after the path's first time is left out.
    filter
        How volatile a step is: `ewma` (where left out), `garch`, or a filter such as `Ewma(0.97)`.

    Raises
    ------
    InputError
        When an input can't be read, or what is given is no path.
    UnavailableError
        When no account has a margin today, the path tells of no account's coins, or no payment lowers what is short.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.margin_path("demo", "deribit-btc-2026-08-01", "2025-10-10", "deribit/x_pm", answer="ignore")
    >>> [(step.label, round(step.ratio, 2)) for step in found.of("short_strangle")][:3]
    [('slide', 0.41), ('threat', 0.47), ('low', 0.71)]
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    if answer not in ("pay", "ignore"):
        raise InputError(Problem("answer", answer, "calls are answered with pay or ignore"))
    own = load_path(path, market) if is_own_path(path) else None
    states = own.path if own else _states(path, held, market)
    gaps = _gaps(states, held, market)
    if len(gaps) == len(held):
        raise UnavailableError("; ".join(f"{name}: {why}" for name, why in gaps.items()) or "the book has no account")
    held = held.take([a for a, name in enumerate(held.accounts) if name not in gaps]) if gaps else held
    notes: tuple[str, ...] = own.notes if own else ()
    policies: tuple[MarginPolicy, ...] = ()
    if returns is not None:
        start_ns = own.start_ns if own and own.start_ns is not None else market.time_ns
        history, told = history_before(returns, start_ns, chosen)
        chosen, policies, fits = recalibrated(chosen, states, market, history, as_filter(filter), source=told[0])
        notes = (*notes, *told, *fits, *still_vols(history, states))
    elif filter is not None:
        raise InputError(Problem("filter", str(filter), "it is of returns, which are left out"))
    found = compute(
        held, market, chosen, states, answer=answer, pay_in=pay_in, depths=typical_depths(market, depth_usd),
        check_lots=check_lots, parse=grammar_of(market), policies=policies,
    )  # fmt: skip
    return replace(found, unavailable={**found.unavailable, **gaps}, notes=notes)


def _states(path: object, held: Book, market: MarketSnapshot) -> MarketPath:
    if isinstance(path, MarketPath):
        return path
    made = as_states("path", path, moving_coins(held, market))
    if not isinstance(made, PathSet):
        given = path if isinstance(path, str) else type(path).__name__
        raise InputError(Problem("path", given, "its scenarios are alternatives and not steps; `stress` takes them"))
    return MarketPath.of_paths(made, market)


def _gaps(path: MarketPath, held: Book, market: MarketSnapshot) -> dict[str, str]:
    """Say which coins a path does not tell of, by the accounts that depend on them."""
    if path.told is None:
        return {}
    missing = {name: coins_behind(held, a, market) - path.told for a, name in enumerate(held.accounts)}
    return {name: f"the path does not tell of {', '.join(sorted(of))}" for name, of in missing.items() if of}
