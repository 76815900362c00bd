"""Filtered margin recalculated along a path: a tail policy made anew at each state, from what was known there.

The path goes on from where the history ends. Its own changes are appended to the history in steps of the history's
length, the filter says how volatile the market is then, and all outcomes are scaled to that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.time import NS_PER_DAY
from seawall.margining.models.house_tail.paths import listed_coins
from seawall.margining.models.house_tail.stated import with_outcomes
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.risk.daily_moves import at_the_money
from seawall.risk.market_path import MarketPath
from seawall.risk.shift import Move
from seawall.scenarios import Relative, Unchanged
from seawall.scenarios.factors import LOGARITHMIC, factor
from seawall.scenarios.filtered_history import FilteredHistory
from seawall.scenarios.garch import Garch
from seawall.scenarios.history import History
from seawall.scenarios.volatility import VolatilityFilter

TAIL_MODEL = "house_tail"


def recalibrated(
    policy: MarginPolicy,
    path: MarketPath,
    snapshot: MarketSnapshot,
    history: History,
    volatility: VolatilityFilter,
    *,
    source: str,
) -> tuple[MarginPolicy, tuple[MarginPolicy, ...], tuple[str, ...]]:
    """Return a tail policy on the filtered outcomes of a history, the same made anew at each of T states, and notes.

    Parameters
    ----------
    policy
        Of the model `house_tail`; only its current outcomes are replaced, so that its buffer, its stressed outcomes and
        its floor do what they are there for.
    path, snapshot
        The states, and the market that they begin in.
    history
        Changes up to the start of the path, of coins that the policy has numbers for.
    volatility
        `Ewma`, `Garch` or another filter. It sees the history and the path up to a state, and nothing later.
    source
        Where the history comes from, for the policies' evidence.

    Raises
    ------
    InputError
        When the policy is of another model, its horizon is no whole number of the history's steps, or the history moves
        what a tail policy has no place for.
    UnavailableError
        When a filter can't be fitted at a state. GARCH(1,1) is taken at an edge of its parameters, and that is noted.

    Examples
    --------
    A fall of a tenth in a day, after a history of moves of 2 % each, raises the outcomes' volatility by EWMA's weights.

    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> from seawall.scenarios import Ewma
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> up_and_down = np.cumsum(np.where(np.arange(100) % 2, 0.02, -0.02))
    >>> history = History.of_levels([d * NS_PER_DAY for d in range(100)], {"BTC": np.exp(up_and_down)})
    >>> way = MarketPath.of_levels([0, NS_PER_DAY], {"BTC": [100.0, 90.0]}, now)
    >>> start, (same, later), _ = recalibrated(at("house/tail/2026-01-01"), way, now, history, Ewma(), source="a test")
    >>> before, after = (one.numbers("outcomes.btc.current_price_moves")[0] for one in (start, later))
    >>> round(float(np.log1p(after) / np.log1p(before)), 6)
    1.61404
    >>> round(float(0.94 + 0.06 * (np.log(0.9) / 0.02) ** 2) ** 0.5, 6)
    1.61404
    """
    _refuse(policy, history)
    steps = _steps_of(policy, history)
    edges: dict[str, list[str]] = {name: [] for name in history.names}
    count = 0

    def made(changes: FloatArray, elapsed_ns: int) -> MarginPolicy:
        nonlocal count
        extended, used = _extended(history, changes), volatility
        if isinstance(volatility, Garch):
            used = volatility.fitted(extended.changes)
            count += 1
            for name, fit in zip(history.names, used.fits, strict=True):
                if fit is not None and fit.edge:
                    edges[name].append(fit.edge)
        try:
            outcomes = FilteredHistory(extended, used, steps).scenarios()
        except UnavailableError as gap:
            raise UnavailableError(f"{elapsed_ns / NS_PER_DAY:.3g} days along the path: {gap}") from None
        told = f"{source}, filtered" + (f", with {len(changes)} steps of the path" if len(changes) else "")
        return with_outcomes(policy, outcomes, source=told, effective=snapshot.time_ns + elapsed_ns)

    start = made(np.empty((0, len(history.names))), 0)
    policies: list[MarginPolicy] = []
    last, latest = start, np.empty((0, len(history.names)))
    for changes, move in zip(path_changes(path, snapshot, history), path.moves, strict=True):
        if not np.array_equal(changes, latest):
            last, latest = made(changes, move.elapsed_ns), changes
        policies.append(last)
    notes = (
        f"GARCH(1,1) of {name}: the likelihood is largest at an edge in {len(found)} of {count} fits: "
        + "; ".join(f"{edge}, {found.count(edge)} times" for edge in dict.fromkeys(found))
        for name, found in edges.items()
        if found
    )
    return start, tuple(policies), tuple(notes)


def path_changes(path: MarketPath, snapshot: MarketSnapshot, history: History) -> list[FloatArray]:
    """Return what a path adds to a history up to each of its states, `(n_t, K)` changes in steps of its length.

    States within one step are one change, from where the step began to where the path is: a step that has begun counts
    as it stands. States that lie L > 1 steps apart are L changes (rounded) of `1 / sqrt(L)` of the move each, which
    have its sum of squares; nothing is known of the way between them.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> history = History.of_levels(["2026-07-01", "2026-07-02"], {"BTC": [1.0, 1.0]})
    >>> times = [round(days * NS_PER_DAY) for days in (0, 0.5, 1, 5)]
    >>> way = MarketPath.of_levels(times, {"BTC": np.exp([0.0, -0.1, -0.3, -0.5])}, now)
    >>> [changes.ravel().round(6).tolist() for changes in path_changes(way, now, history)]
    [[], [-0.1], [-0.3], [-0.3, -0.1, -0.1, -0.1, -0.1]]
    """
    none: FloatArray = np.empty((0, len(history.names)))
    whole, began_ns, began = none, 0, np.zeros(len(history.names))
    found = []
    for move in path.moves:
        level = np.array([_level(name, move, snapshot) for name in history.names])
        passed, change = move.elapsed_ns - began_ns, level - began
        if passed >= history.step_ns:
            length = passed / history.step_ns
            steps = np.repeat(change[None] / np.sqrt(length), round(length), axis=0)
            whole, began_ns, began = np.concatenate([whole, steps]), move.elapsed_ns, level
            found.append(whole)
        elif passed > 0 or change.any():
            found.append(np.concatenate([whole, change[None]]))
        else:
            found.append(whole)
    return found


def _level(name: str, move: Move, snapshot: MarketSnapshot) -> float:
    """Return the logarithm of a factor over what it was before the path."""
    one = factor(name)
    if one.kind != "vol":
        return float(np.log1p(move.spot.get(one.of, 0.0)))
    shock = move.vol.get(one.of, Unchanged())
    if isinstance(shock, Relative) and shock.floor == 0.0:
        return float(np.log1p(shock.change))
    if isinstance(shock, Unchanged):
        return 0.0
    try:  # points, say: as a share of the volatility near the money
        now = np.array([at_the_money(snapshot, one.of)])
    except UnavailableError:
        return 0.0  # no option on the coin has a volatility, so that no margin reads this one
    return float(np.log(shock.apply(now, np.array([30.0 / 365.0]), np.zeros(1))[0] / now[0]))


def _extended(history: History, changes: FloatArray) -> History:
    count = len(changes)
    if not count:
        return history
    ends = history.times_ns[-1] + history.step_ns * np.arange(1, count + 1)
    times = np.concatenate([history.times_ns, ends])
    return replace(history, times_ns=times, changes=np.concatenate([history.changes, changes]))


def _steps_of(policy: MarginPolicy, history: History) -> int:
    """Return how many of the history's steps the policy's horizon is."""
    days, length = policy.number("general.horizon_days"), history.step_ns / NS_PER_DAY
    steps = days / length
    if steps < 1.0 or abs(steps - round(steps)) > 1e-9:
        rule = f"the policy's horizon of {days:g} days is a whole number of the history's steps"
        raise InputError(Problem("returns", f"steps of {length:g} days", rule))
    return round(steps)


def _refuse(policy: MarginPolicy, history: History) -> None:
    if policy.model != TAIL_MODEL:
        rule = "only a tail policy, such as house/tail, is made anew from returns along a path"
        raise InputError(Problem("returns", f"given with {policy.id}", rule))
    known, coins = listed_coins(policy), {name for name in history.names if factor(name).kind == "spot"}
    problems = []
    for name in history.names:
        one = factor(name)
        if one.kind not in LOGARITHMIC or one.kind == "asset":
            problems.append(Problem("returns", name, "a tail policy's outcomes move prices of coins and volatilities"))
        elif one.of not in known:
            problems.append(Problem("returns", name, f"{policy.id} has numbers for {', '.join(known)}"))
        elif one.of not in coins:
            problems.append(Problem("returns", name, f"the price of {one.of} is among them, with its volatility"))
    if problems:
        raise InputError(problems)
