"""`margin_path`: margin, equity, calls and the cash that it takes, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from seawall.api.books import BookSource, load_book
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.api.stress import ScenarioSource, as_states, moving_coins
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.risk.margin_path import Answer, MarginPath
from seawall.risk.margin_path import margin_path as compute
from seawall.risk.market_path import MarketPath
from seawall.risk.stress import coins_behind
from seawall.risk.typical_depth import typical_depths
from seawall.scenarios import PathSet


def margin_path(
    book: BookSource,
    snapshot: SnapshotSource,
    path: MarketPath | ScenarioSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    answer: Answer = "pay",
    pay_in: str = "",
    depth_usd: Mapping[str, float] | None = None,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> MarginPath:
    """Return what a book needs at every step of a path, what it is called for, and the cash to get through.

    Parameters
    ----------
    book, snapshot, policy, stand_ins, check_lots
        As in `margin`.
    path
        A name (`seawall path --list`), a `PathSet` or what makes one, of which the first path is taken, or prices as a
        `MarketPath`.
    answer
        `pay`: every shortfall of initial margin is paid in at once. `ignore`: nothing is paid.
    pay_in
        Asset that is paid in; the netting set's own where left out.
    depth_usd
        As in `stress`.

    Raises
    ------
    InputError
        When an input can't be read, or what is given is no path.
    UnavailableError
        When no account has a margin today, or the path tells of no account's coins.

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
    states = path if isinstance(path, MarketPath) else as_states("path", path, moving_coins(held, market))
    if not isinstance(states, MarketPath | PathSet):
        given = path if isinstance(path, str) else type(path).__name__
        rule = "its scenarios are alternatives and not steps; `stress` takes them"
        raise InputError(Problem("path", given, rule))
    gaps: dict[str, str] = {}
    if isinstance(states, PathSet):
        told = {*states.underlyings, *states.asset_moves}
        missing = {name: coins_behind(held, a, market) - told for a, name in enumerate(held.accounts)}
        gaps = {name: f"the path does not tell of {', '.join(sorted(of))}" for name, of in missing.items() if of}
        states = MarketPath.of_paths(states, market)
    if len(gaps) == len(held):
        raise UnavailableError("; ".join(f"{name}: {why}" for name, why in gaps.items()) or "the book has no account")
    held = held.take([a for a, name in enumerate(held.accounts) if name not in gaps]) if gaps else held
    found = compute(
        held, market, chosen, states, answer=answer, pay_in=pay_in, depths=typical_depths(market, depth_usd),
        check_lots=check_lots, parse=grammar_of(market),
    )  # fmt: skip
    return replace(found, unavailable={**found.unavailable, **gaps}) if gaps else found
