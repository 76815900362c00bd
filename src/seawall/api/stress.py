"""`stress`: what happened before, or might, done to a book of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from seawall.api.books import BookSource, load_book
from seawall.api.covariances import coins_of
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.shocks import Shocks, shocked
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.stress import Stress
from seawall.risk.stress import stress as compute
from seawall.risk.typical_depth import typical_depths
from seawall.scenarios import PathSet, ScenarioSet
from seawall.scenarios.maker import PathMaker, ScenarioMaker
from seawall.scenarios.stress_library import dollar_assets, stress_called, stress_names, stress_of

ScenarioSource: TypeAlias = str | PathSet | ScenarioSet | ScenarioMaker | PathMaker | Shocks
ALL = "all"


def stress(
    book: BookSource,
    snapshot: SnapshotSource,
    scenarios: str | Sequence[str] | Shocks | Mapping[str, ScenarioSource] = ALL,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    depth_usd: Mapping[str, float] | None = None,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> Stress:
    """Return what scenarios do to every account of a book: gain and loss, margin before and after, who is liquidated.

    Every scenario is a joint move of prices, volatilities, perpetuals beside the spot, stable coins, depth and spreads;
    one that happens step by step is asked at each step, and an account is told at its worst.

    Parameters
    ----------
    book, snapshot, policy, stand_ins, check_lots
        As in `margin`.
    scenarios
        `"all"`, names (`seawall stress --list`), or scenarios of one's own by name. `Shocks` are moves of some factors,
        with which all others move as is to be expected of them.
    depth_usd
        By underlying, USD that rest within one per cent of the price before the scenario, for what closing costs; one
        that was measured elsewhere, where left out and known.

    Raises
    ------
    InputError
        When an input can't be read or a scenario is unknown.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.stress("demo", "deribit-btc-2026-08-01", "2025-10-10", "deribit/x_pm")
    >>> [one.account for one in found if one.status == "liquidated"]
    ['delta_hedged_short_gamma', 'naked_wing_seller']
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    made, notes = _made(scenarios, held, market)
    found = compute(
        held, market, chosen, made, depths=typical_depths(market, depth_usd), check_lots=check_lots,
        parse=grammar_of(market),
    )  # fmt: skip
    return replace(found, notes=notes)


def moving_coins(book: Book, market: MarketSnapshot) -> tuple[str, ...]:
    """Return the underlyings of a market, and the coins that a book owns beside them."""
    owned = {name for name, amounts in zip(book.assets, book.balances.T, strict=True) if np.any(amounts)}
    return tuple(sorted({*market.table.underlyings, *(owned - dollar_assets())}))


def _made(
    scenarios: str | Sequence[str] | Shocks | Mapping[str, ScenarioSource], held: Book, market: MarketSnapshot
) -> tuple[dict[str, PathSet | ScenarioSet], tuple[str, ...]]:
    """Return scenarios by name, and notes on those that follow from shocks."""
    if isinstance(scenarios, Shocks):
        scenarios = {scenarios.name: scenarios}
    coins = moving_coins(held, market)
    if isinstance(scenarios, Mapping):
        found: dict[str, PathSet | ScenarioSet] = {}
        notes: list[str] = []
        for name, source in scenarios.items():
            if isinstance(source, Shocks):
                found[name], said = shocked(source, coins_of(held, market), market)
                notes += said
            else:
                found[name] = as_states(name, source, coins)
        return found, tuple(dict.fromkeys(notes))
    words = stress_names() if scenarios == ALL else (scenarios,) if isinstance(scenarios, str) else tuple(scenarios)
    if not words:
        raise InputError(Problem("scenarios", "none", "one scenario or more is asked for"))
    names = dict.fromkeys(stress_called(word) for word in words)
    return {name: as_states(name, name, coins) for name in names}, ()


def as_states(name: str, source: object, coins: tuple[str, ...]) -> PathSet | ScenarioSet:
    """Return a scenario given as itself, as its maker or by its name."""
    if isinstance(source, str):
        return stress_of(source, coins)
    if isinstance(source, PathSet | ScenarioSet):
        return source
    for way in ("paths", "scenarios"):
        if hasattr(source, way):
            made = getattr(source, way)()
            assert isinstance(made, PathSet | ScenarioSet)
            return made
    rule = "a scenario is a name, a path set, a scenario set, or what makes one"
    raise InputError(Problem(f"scenario {name}", type(source).__name__, rule))
