"""`tail_policy`: scenarios of one's choice as a margin policy, whose margin is the tail of that set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Unpack

import numpy as np

from seawall.api.books import BookSource, load_book
from seawall.api.outcomes import Outcomes, Stated
from seawall.api.policy_files import PolicySource, load_policy
from seawall.api.snapshots import SnapshotSource, load_snapshot
from seawall.api.value_at_risk import OutcomeSource, as_scenarios
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.models.house_tail import with_outcomes
from seawall.margining.models.house_tail.paths import listed_coins
from seawall.margining.models.house_tail.stated import SAME_HORIZON
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book
from seawall.scenarios import ScenarioSet
from seawall.scenarios.basis import Basis

BASE = "house/tail"
LATEST = "2100-01-01"
"""Later than every set: the newest is meant."""


def tail_policy(
    scenarios: OutcomeSource,
    base: PolicySource = BASE,
    *,
    stressed: OutcomeSource | None = None,
    long_run: OutcomeSource | None = None,
    snapshot: SnapshotSource | None = None,
    book: BookSource | None = None,
    coins: Sequence[str] | None = None,
    source: str | None = None,
    effective: int | str | date | datetime | None = None,
    **stated: Unpack[Stated],
) -> MarginPolicy:
    """Return a policy whose margin is a multiple of VaR or ES over some scenarios, with floor and add-ons as in `base`.

    Parameters
    ----------
    scenarios
        As for `value_at_risk`: a scenario set, what makes one, or a method's name with what is stated for it.
    base
        A policy of the model `house_tail`, its id or its file: measure, multiplier, floor and add-ons. Its horizon
        becomes that of the scenarios.
    stressed, long_run
        The same for the tools against procyclicality; as in `base` where left out.
    snapshot
        Needed by a method's name: coins, and volatilities where none are stated.
    book, coins
        Which coins a method moves: those that the book depends on, or these; all that `base` has numbers for where both
        are left out. A coin that no outcome moves is refused by the new policy, with its name.
    source
        Where the scenarios come from; what the method says of itself where left out.
    effective
        From when the policy holds: the snapshot's time where left out, or that of `base`.
    **stated
        What a method reads, as for `value_at_risk`: `returns`, `days`, `count`, `seed` and so on.

    Raises
    ------
    InputError
        When scenarios can't be made, or do what a tail policy can't hold; every problem is named.

    Examples
    --------
    >>> import seawall as sw
    >>> mine = sw.tail_policy("monte-carlo", snapshot="deribit-btc-2026-08-01", vols={"BTC": 0.6}, count=2_000, dof=4)
    >>> mine.id
    'house/tail/2026-01-01 on stated current outcomes'
    >>> margins = sw.margin("demo", "deribit-btc-2026-08-01", mine)
    """
    market = None if snapshot is None else load_snapshot(snapshot)
    policy = load_policy(base, time=LATEST if market is None else market.time_ns)
    if policy.model != "house_tail":
        raise InputError(Problem("base", policy.id, f"it is a policy of the model house_tail, such as {BASE}"))
    given = {name: value for name, value in stated.items() if value is not None}
    asked = Outcomes(method=scenarios, **stated) if isinstance(scenarios, str) else scenarios
    if given and asked is scenarios:
        rule = "scenarios that are given hold their own; it goes with the name of a method"
        raise InputError([Problem(name, str(value), rule) for name, value in given.items()])
    if book is not None and coins is not None:
        raise InputError(Problem("coins", ", ".join(coins), "coins are stated, or those of a book"))
    when = effective if effective is not None else policy.effective_ns if market is None else market.time_ns
    parts = {"current": asked, "stressed": stressed, "long_run": long_run}
    for sort, one in parts.items():
        if one is None:
            continue
        made, notes = _made(one, policy, market, book, coins)
        policy = _over(policy, made) if sort == "current" else policy
        told = source or notes[0]
        policy = with_outcomes(policy, made, sort=sort, source=told, effective=when, note="; ".join(notes[1:]))
        _refuse_unread(policy, sort)
    return policy


def _made(
    asked: OutcomeSource, policy: MarginPolicy, market: MarketSnapshot | None, book: BookSource | None,
    coins: Sequence[str] | None,
) -> tuple[ScenarioSet, tuple[str, ...]]:  # fmt: skip
    """Return scenarios and notes on them, those of a method over the coins that are asked for."""
    if not isinstance(asked, str | Outcomes):
        made, notes = as_scenarios(asked, Book.of([]), market)  # type: ignore[arg-type]  # given ones read no market
        name = "" if isinstance(asked, ScenarioSet) else f"{type(asked).__name__}: "
        return made, (name + notes[0], *notes[1:])
    if market is None:
        rule = "a method's name reads coins and volatilities of a market: name one"
        raise InputError(Problem("snapshot", "left out", rule))
    wanted = tuple(coins) if coins is not None else listed_coins(policy)
    owned = Book.of([Account("coins", (), dict.fromkeys(wanted, 1.0))])
    made, notes = as_scenarios(asked, owned if book is None else load_book(book, snapshot=market), market)
    if coins is not None and (lacking := [coin for coin in coins if coin not in made.underlyings]):
        raise InputError([Problem("coins", coin, f"the market {market.name} has no price of it") for coin in lacking])
    kept = [coin for coin in made.underlyings if book is not None or coin in wanted]
    if left := [coin for coin in made.underlyings if coin not in kept]:
        notes = (*notes, f"moves of {', '.join(left)} are left out")
    return _only(made, kept), notes


def _only(made: ScenarioSet, coins: Sequence[str]) -> ScenarioSet:
    """Return scenarios over some of their coins."""
    if tuple(coins) == made.underlyings:
        return made
    columns = [made.underlyings.index(coin) for coin in coins]
    basis = made.basis and Basis(*(leg[:, columns] for leg in made.basis.legs))
    gone = set(made.underlyings) - set(coins)
    assets = {asset: moves for asset, moves in made.asset_moves.items() if asset not in gone}
    return replace(
        made, underlyings=tuple(coins), spot=made.spot[:, columns], vol_index=made.vol_index[:, columns], basis=basis,
        asset_moves=assets,
    )  # fmt: skip


def _over(policy: MarginPolicy, made: ScenarioSet) -> MarginPolicy:
    """Return the policy over the scenarios' horizon; where they have several, they are refused later, by each."""
    days = np.unique(made.elapsed_years) * DAYS_PER_YEAR
    horizon = policy.number("general.horizon_days")
    if len(days) != 1 or abs(days[0] - horizon) <= SAME_HORIZON * horizon:
        return policy
    return policy.with_numbers({"general.horizon_days": float(f"{days[0]:.12g}")})


def _refuse_unread(policy: MarginPolicy, sort: str) -> None:
    """Refuse outcomes that a switch of the policy leaves unread."""
    if sort == "stressed" and policy.number("procyclicality.stress_weight") == 0.0:
        raise InputError(Problem(sort, "given", "procyclicality.stress_weight is 0: the policy does not read them"))
    if sort == "long_run" and not policy.flag("procyclicality.long_run_floor"):
        raise InputError(Problem(sort, "given", "procyclicality.long_run_floor is off: the policy does not read them"))
