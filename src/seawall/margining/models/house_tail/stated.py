"""A scenario set as a policy's outcomes: what `margin` then measures is the tail of that set."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.evidence import Grade
from seawall.core.time import DAYS_PER_YEAR, iso, to_ns
from seawall.margining.models.house_tail.listed import (
    fading_paths,
    horizon_path,
    is_stated,
    moves_path,
    outcome_paths,
    weights_path,
)
from seawall.margining.models.house_tail.paths import STATED_RULE, WORDS, listed_coins
from seawall.margining.models.house_tail.vol_moves import vol_moves
from seawall.policy import MarginPolicy, Parameter, Rule, Setting
from seawall.scenarios import ScenarioSet

SORTS = {word: sort for sort, word in WORDS.items()}
SAME_HORIZON = 1e-9
"""Share by which a horizon may miss the policy's from rounding: days over days a year."""
SHOWN_COUNT = 3
"""Wrong horizons that are named; each of many thousand outcomes may have its own."""
STATEMENT = (
    "Stated outcomes are joint moves of each coin's price and implied volatilities over the horizon, each with its "
    "weight; all volatilities of a coin move by the same share, or by one that fades with time to expiry."
)
_SUFFIX = re.compile(r"(?P<base>.*?)(?: on stated (?P<words>[a-z, -]+) outcomes)?(?P<changes> \+\d+ changes?)?")


def with_outcomes(
    policy: MarginPolicy,
    outcomes: ScenarioSet,
    *,
    sort: str = "current",
    source: str,
    effective: int | str | date | datetime,
    grade: Grade = Grade.ASSUMED,
    note: str = "",
) -> MarginPolicy:
    """Return a tail policy that measures some scenarios in place of drawn outcomes.

    Parameters
    ----------
    policy
        A policy of the model `house_tail`; its switches stay as they are.
    outcomes
        Joint moves of coins that the policy has numbers for, over the policy's horizon. Coins that they do not move
        are refused by the new policy, with their names.
    sort
        `current`, `stressed` or `long_run`.
    source, grade, note
        Where the outcomes come from, how sure that is, and what a reader should know.
    effective
        From when the new policy holds.

    Raises
    ------
    InputError
        When the policy is of another model or the scenarios do what it can't hold; every problem is listed.

    Examples
    --------
    >>> from seawall.policy import at
    >>> even = ScenarioSet.spot_moves(["down", "up"], ("BTC",), [[-0.1], [0.1]])
    >>> day = replace(even, elapsed_years=np.full(2, 1 / 365))
    >>> made = with_outcomes(at("house/tail/2026-01-01"), day, source="my reading", effective="2026-08-01")
    >>> made.id, made.numbers("outcomes.btc.current_price_moves")
    ('house/tail/2026-01-01 on stated current outcomes', (-0.1, 0.1))
    """
    if policy.model != "house_tail":
        raise InputError(Problem("policy", policy.id, "outcomes are stated in a policy of the model house_tail"))
    if sort not in SORTS:
        raise InputError(Problem("sort", sort, f"it is one of {', '.join(SORTS)}"))
    kind, effective_ns, told = SORTS[sort], to_ns(effective), " ".join(source.split())
    if not told:
        raise InputError(Problem("source", source, "stated outcomes say where they come from"))
    vol, fading, unheld = vol_moves(outcomes)
    problems = [*_not_held(policy, outcomes), *_not_passed(policy, outcomes), *unheld]
    weights = _weights(outcomes, problems)
    if problems:
        raise InputError(problems)
    dated = " ".join(f"{len(outcomes):,} outcomes as of {iso(effective_ns)}; {note}".split()).removesuffix(";")
    settings: dict[str, Setting] = {horizon_path(kind): policy.number("general.horizon_days")}
    notes: dict[str, str] = {}
    if weights is not None:
        settings[weights_path(kind)] = tuple(weights.tolist())
    for u, base in enumerate(outcomes.underlyings):
        settings[moves_path(base, kind, "price")] = tuple(outcomes.spot[:, u].tolist())
        settings[moves_path(base, kind, "vol")] = tuple(vol[:, u].tolist())
        if (law := fading[u]) is not None:
            settings |= dict(zip(fading_paths(base, kind), (law.speed, law.level), strict=True))
        if not vol[:, u].any():
            notes[moves_path(base, kind, "vol")] = f"{dated}; implied volatilities of {base} stay"
    stated = {
        path: _parameter(policy, path, held, told, grade, notes.get(path, dated)) for path, held in settings.items()
    }
    before = {path for base in (None, *listed_coins(policy)) for path in outcome_paths(policy, kind, base)}
    kept = {path: one for path, one in policy.parameters.items() if path not in before}
    new = replace(
        policy,
        effective_ns=effective_ns,
        parameters={**kept, **stated},
        rules={**policy.rules, STATED_RULE: Rule(STATED_RULE, STATEMENT, grade, told)},
    )
    return replace(new, id=_id_of(policy, [word for word, one in SORTS.items() if is_stated(new, one)]))


def _parameter(policy: MarginPolicy, path: str, held: Setting, source: str, grade: Grade, note: str) -> Parameter:
    """Return a parameter, checked by the schema; the number of a list that is out of bounds is named."""
    rules = policy.schema.find(path)
    assert rules is not None and rules.lower is not None and rules.upper is not None, f"the family has {path}"
    try:
        checked = rules.setting(held)
    except ValueError as broken:
        numbers = np.atleast_1d(np.array(held, dtype=np.float64))
        beyond = numbers[~((numbers >= rules.lower) & (numbers <= rules.upper))]
        raise InputError(Problem(path, float(beyond[0]), str(broken), where=policy.id)) from None
    return Parameter(path, checked, rules.unit, rules.lower, rules.upper, rules.choices, source, grade, note)


def _not_held(policy: MarginPolicy, outcomes: ScenarioSet) -> list[Problem]:
    """Return what moves that a tail policy has no place for, by name."""
    if not len(outcomes):
        return [Problem("outcomes", 0, "a tail needs at least one outcome")]
    if not outcomes.underlyings:
        return [Problem("outcomes", "no coin", "they move one coin or more")]
    known = listed_coins(policy)
    problems = [
        Problem("outcomes", base, f"{policy.id} has numbers for {', '.join(known)}")
        for base in outcomes.underlyings
        if base not in known
    ]
    for asset, moves in outcomes.asset_moves.items():
        its_own = outcomes.spot[:, outcomes.underlyings.index(asset)] if asset in outcomes.underlyings else 0.0
        if not np.array_equal(moves, np.broadcast_to(its_own, moves.shape)):
            rule = "a tail policy holds moves of coins' prices; money, and coins beside their price, do not move"
            problems.append(Problem("outcomes", f"{asset} as an asset", rule))
    if outcomes.basis is not None:
        for leg in ("carry", "perpetual", "funding"):
            for u in np.flatnonzero(getattr(outcomes.basis, leg).any(axis=0)).tolist():
                rule = "a tail policy holds moves of prices and volatilities; bases and funding do not move"
                problems.append(Problem("outcomes", f"{outcomes.underlyings[u]} {leg}", rule))
    return problems


def _not_passed(policy: MarginPolicy, outcomes: ScenarioSet) -> list[Problem]:
    """Return the horizons that are not the policy's."""
    horizon = policy.number("general.horizon_days")
    days = np.unique(outcomes.elapsed_years) * DAYS_PER_YEAR
    rule = f"days that pass are the policy's horizon, general.horizon_days, which is {horizon:g}"
    others = days[np.abs(days - horizon) > SAME_HORIZON * horizon]
    return [Problem("elapsed_days", float(f"{d:.9g}"), rule) for d in others[:SHOWN_COUNT]]


def _weights(outcomes: ScenarioSet, problems: list[Problem]) -> FloatArray | None:
    """Return weights over the heaviest one, `(S,)`; None where all are equal."""
    given = outcomes.weights
    if not len(given):
        return None
    if not (np.isfinite(given).all() and (given >= 0.0).all() and given.any()):
        bad = np.flatnonzero(~(np.isfinite(given) & (given >= 0.0)))
        worst = float(given[bad[0]]) if len(bad) else 0.0
        problems.append(Problem("weights", worst, "weights are finite, not negative and not all zero"))
        return None
    return None if (given == given[0]).all() else np.asarray(given / given.max(), dtype=np.float64)


def _id_of(policy: MarginPolicy, words: list[str]) -> str:
    """Return the policy's id with the sorts of outcomes that it states; what counts changes stays at the end."""
    found = _SUFFIX.fullmatch(policy.id)
    base, changes = (found["base"], found["changes"] or "") if found else (policy.id, "")
    named = ", ".join(word.replace("_", "-") for word in words)
    return f"{base} on stated {named} outcomes{changes}"
