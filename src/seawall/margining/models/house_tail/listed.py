"""Outcomes that a policy states: each coin's moves of price and volatility, one number an outcome, and weights."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.models.house_tail.paths import WORDS, listed_coins
from seawall.margining.models.house_tail.vol_moves import Fading, shocks_of
from seawall.policy import MarginPolicy
from seawall.scenarios import ScenarioSet

OUTCOMES = "outcomes"
"""The policy's table of stated outcomes."""
STATED_NAMES = ("price_moves", "vol_moves", "vol_speed", "vol_level", "weights", "horizon_days")
"""What a policy states of one sort of outcomes: of each coin, then of all together."""


def moves_path(base: str, sort: str, what: str) -> str:
    """Return where the policy keeps a coin's moves; `what` is `price` or `vol`."""
    return f"{OUTCOMES}.{base.lower()}.{WORDS[sort]}_{what}_moves"


def weights_path(sort: str) -> str:
    """Return where the policy keeps the weights of one sort of outcomes."""
    return f"{OUTCOMES}.{WORDS[sort]}_weights"


def horizon_path(sort: str) -> str:
    """Return where the policy keeps the time that passes in stated outcomes."""
    return f"{OUTCOMES}.{WORDS[sort]}_horizon_days"


def fading_paths(base: str, sort: str) -> tuple[str, str]:
    """Return where the policy keeps how a coin's moves of volatility fade with expiry: speed and level."""
    start = f"{OUTCOMES}.{base.lower()}.{WORDS[sort]}_vol"
    return f"{start}_speed", f"{start}_level"


def outcome_paths(policy: MarginPolicy, sort: str, base: str | None = None) -> tuple[str, ...]:
    """Return the paths of all that a policy states of one sort of outcomes: of a coin, or of all coins together."""
    group = OUTCOMES if base is None else f"{OUTCOMES}.{base.lower()}"
    return tuple(path for name in STATED_NAMES if policy.has(path := f"{group}.{WORDS[sort]}_{name}"))


def stated_coins(policy: MarginPolicy, sort: str) -> tuple[str, ...]:
    """Return the coins that the stated outcomes of a sort move; none where they are drawn."""
    return tuple(
        base
        for base in listed_coins(policy)
        if any(policy.has(moves_path(base, sort, what)) for what in ("price", "vol"))
    )


def is_stated(policy: MarginPolicy, sort: str) -> bool:
    """Return whether the policy states the outcomes of a sort."""
    return bool(stated_coins(policy, sort))


def outcomes_count(policy: MarginPolicy, sort: str) -> int:
    """Return how many outcomes of a sort there are, stated or drawn.

    Raises
    ------
    InputError
        When the stated moves of coins and the weights are not one for each outcome, or are of another horizon.
    """
    moved = stated_coins(policy, sort)
    if not moved:
        return int(policy.number("general.outcomes_count"))
    paths = [moves_path(base, sort, what) for base in moved for what in ("price", "vol")]
    if policy.has(weights_path(sort)):
        paths.append(weights_path(sort))
    rule = "outcomes that are stated move a coin's price and its volatility; 0 is a move too"
    absent = [Problem(path, "left out", rule, where=policy.id) for path in paths if not policy.has(path)]
    for base in moved:
        one, two = fading_paths(base, sort)
        if policy.has(one) != policy.has(two):
            rule = "a move that fades with expiry has a speed and a level"
            absent.append(Problem(two if policy.has(one) else one, "left out", rule, where=policy.id))
    if absent:
        raise InputError(absent)
    horizon = policy.number(horizon_path(sort))
    if horizon != policy.number("general.horizon_days"):
        rule = f"stated outcomes pass the policy's horizon of {policy.number('general.horizon_days'):g} days"
        raise InputError(Problem(horizon_path(sort), horizon, rule, where=policy.id))
    counts = {path: len(policy.numbers(path)) for path in paths}
    count = counts[paths[0]]
    if odd := [path for path in paths if counts[path] != count]:
        rule = f"it has one number for each of the {count:,} outcomes of {paths[0]}"
        raise InputError([Problem(path, counts[path], rule, where=policy.id) for path in odd])
    return count


def outcome_weights(policy: MarginPolicy, sort: str) -> FloatArray | None:
    """Return the weight of each outcome, `(S,)`; None where all are equally likely."""
    if not is_stated(policy, sort) or not policy.has(weights_path(sort)):
        return None
    found = np.array(policy.numbers(weights_path(sort)), dtype=np.float64)
    if not found.any():
        raise InputError(Problem(weights_path(sort), 0.0, "weights are not all zero", where=policy.id))
    return found


def outcome_labels(sort: str, count: int) -> tuple[str, ...]:
    """Return a name for each outcome."""
    word = WORDS[sort].replace("_", " ")
    return tuple(f"{word} outcome {s + 1}" for s in range(count))


def stated_outcomes(policy: MarginPolicy, sort: str, names: tuple[str, ...]) -> ScenarioSet:
    """Return the stated outcomes of a sort, over some of the coins that they move."""
    count = outcomes_count(policy, sort)

    def moves(what: str) -> FloatArray:
        columns = [policy.numbers(moves_path(base, sort, what)) for base in names]
        return np.array(columns, dtype=np.float64).reshape(len(names), count).T

    shocks, index = shocks_of(moves("vol"), [_fading(policy, base, sort) for base in names])
    return ScenarioSet(
        labels=outcome_labels(sort, count),
        underlyings=names,
        spot=moves("price"),
        vol_shocks=shocks,
        vol_index=index,
        elapsed_years=np.full(count, policy.number("general.horizon_days") / DAYS_PER_YEAR),
        weights=np.ones(count),
    )


def _fading(policy: MarginPolicy, base: str, sort: str) -> Fading | None:
    speed, level = fading_paths(base, sort)
    return Fading(policy.number(speed), policy.number(level)) if policy.has(speed) else None
