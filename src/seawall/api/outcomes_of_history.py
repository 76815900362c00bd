"""Outcomes that a history gives: its days as they were, at today's volatility, and with extreme-value tails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seawall.api.covariances import covering, span_of
from seawall.api.history import is_old
from seawall.api.outcomes_drawn import days_of, draws_of
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.time import NS_PER_DAY, iso
from seawall.market import MarketSnapshot
from seawall.scenarios import ScenarioSet
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import factor
from seawall.scenarios.filtered_history import FilteredHistory
from seawall.scenarios.garch import FEWEST_RETURNS_COUNT, Garch
from seawall.scenarios.historical import HistoricalWindow
from seawall.scenarios.history import History
from seawall.scenarios.marginals import WithTails
from seawall.scenarios.student_t import StudentT
from seawall.scenarios.tail_moves import FLAT
from seawall.scenarios.tails import FEWEST_EXCEEDANCES_COUNT
from seawall.scenarios.volatility import Ewma, VolatilityFilter

if TYPE_CHECKING:
    from seawall.api.outcomes import Outcomes

FILTERS = ("ewma", "garch")
FILTER_DECAY = 0.94
"""Of RiskMetrics (1996) for days."""
TAIL_SHARE = 0.1
"""McNeil and Frey (2000) take 100 of 1,000 days."""
SHAPE_PLACES = 2
"""Decimals of a shape that are told."""
COPULA_DOF = 4
"""Degrees of freedom that joint daily moves are usually fitted with: 3 to 6. Assumed."""


def historical(asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return past days, as they were or filtered."""
    history, steps, told = _read(asked, coins, market)
    if asked.method == "historical":
        decay = 1.0 if asked.decay is None else asked.decay
        made = HistoricalWindow(history, steps, decay).scenarios()
        told[0] += "" if decay == 1.0 else f", each step weighs {decay:g} of the one after it"
        return made, tuple(told)
    history, volatility, said = _filter(asked, history, coins, "ewma", _whose(history, market))
    made = FilteredHistory(history, volatility, steps).scenarios()
    return made, (told[0] + said[0], *said[1:], *told[1:])


def extreme_value(
    asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot
) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return draws whose moves go as far as extreme-value theory says, joined by a Student-t copula."""
    history, steps, told = _read(asked, coins, market)
    history, whose = _of_coins(history, coins), _whose(history, market)
    said = [""]
    if asked.filter is not None:
        history, volatility, said = _filter(asked, history, coins, asked.filter, whose)
        history = FilteredHistory(history, volatility, steps).filtered()
    elif asked.decay is not None:
        raise InputError(Problem("decay", asked.decay, "it is of a filter: --filter ewma"))
    else:
        history = history.over(steps)
    share = TAIL_SHARE if asked.tail_share is None else asked.tail_share
    source = "McNeil and Frey (2000) take a tenth" if asked.tail_share is None else "stated"
    notes = [f"{100.0 * share:g} % of the changes in each tail ({source}), generalised Pareto beyond its threshold"]
    marginals = {}
    for k, name in enumerate(history.names):
        if np.ptp(history.changes[:, k]) > FLAT:
            marginals[name], line = _tails(name, history.changes[:, k], share)
            notes.append(line)
    dof = COPULA_DOF if asked.dof is None else asked.dof
    if len(marginals) > 1:
        source = "assumed" if asked.dof is None else "stated"
        notes.append(
            f"joined by a Student-t copula of {dof} degrees of freedom ({source}), correlated as these changes are"
        )
    shapes = [round(side.shape, SHAPE_PLACES) for one in marginals.values() for side in (one.lower, one.upper)]
    if max(shapes, default=0.0) > 0.0:
        notes.append("a shape above 0 has no largest move: ES of what loses by a rise grows with the number of draws")
    joint = Covariance.of_changes(history.names, history.changes, history.step_years)
    sampling, drawn = draws_of(asked)
    made = StudentT(joint, dof, history.step_years, sampling, marginals=marginals).scenarios()
    return made, (f"{told[0]}{said[0]}; {drawn}", *said[1:], *notes, *told[1:])


def _read(asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[History, int, list[str]]:
    """Return the history, steps of it in a row, and notes on both."""
    assert asked.returns is not None
    history, of_its_end = covering(asked.returns, coins, market)
    steps = asked.horizon_days * NS_PER_DAY / history.step_ns
    if steps != round(steps) or steps < 1:
        rule = f"it is a whole number of the file's steps, which are {days_of(history.step_ns / NS_PER_DAY)} long"
        raise InputError(Problem("days", asked.horizon_days, rule))
    notes = [f"{asked.method}: {span_of(history)}, over {days_of(asked.horizon_days)}", *of_its_end]
    if steps > 1:
        notes.append("windows overlap, so that the intervals are too narrow")
    if not any(name.endswith(" vol") for name in history.names):
        notes.append("implied volatilities stay: the file has no column for them, such as `BTC vol`")
    return history, int(steps), notes


def _filter(
    asked: Outcomes, history: History, coins: tuple[str, ...], default: str, whose: str
) -> tuple[History, VolatilityFilter, list[str]]:
    """Return what the filter reads, the filter, and what it is."""
    name = default if asked.filter is None else asked.filter
    if name not in FILTERS:
        raise InputError(Problem("filter", name, f"it is {' or '.join(FILTERS)}"))
    if name == "ewma":
        decay = FILTER_DECAY if asked.decay is None else asked.decay
        return history, Ewma(decay), [f", at {whose} volatility by weights of {decay:g}"]
    if asked.decay is not None:
        raise InputError(Problem("decay", asked.decay, "GARCH measures its own weights; it goes with the filter ewma"))
    kept = _of_coins(history, coins)
    if len(kept) < FEWEST_RETURNS_COUNT:
        rule = f"GARCH(1,1) is fitted to {FEWEST_RETURNS_COUNT} changes or more"
        raise InputError(Problem("returns", f"{len(kept)} changes", rule))
    fitted = Garch().fitted(kept.changes)
    notes = [f", at {whose} volatility by GARCH(1,1), fitted to each factor"]
    for column, fit, following in zip(kept.names, fitted.fits, fitted.variances(kept.changes)[-1], strict=True):
        if fit is not None:
            edge = f"; the likelihood is largest at an edge: {fit.edge}" if fit.edge else ""
            notes.append(
                f"{column}: alpha {fit.alpha:.3f}, beta {fit.beta:.3f}, next step {100.0 * following**0.5:.2f} %{edge}"
            )
    if asked.horizon_days * NS_PER_DAY > history.step_ns:
        notes.append("the volatility of the next step is taken for each step of the horizon")
    return kept, fitted, notes


def _whose(history: History, market: MarketSnapshot) -> str:
    """Return whose volatility the end of a history has: today's where it is fresh, else that of its last day."""
    return f"{iso(int(history.times_ns[-1]))[:10]}'s" if is_old(history, market.time_ns) else "today's"


def _tails(name: str, changes: np.ndarray, share: float) -> tuple[WithTails, str]:
    """Return a factor's marginal and what its tails are."""
    if 0.0 < share < 0.5 and len(changes) * share < FEWEST_EXCEEDANCES_COUNT:
        rule = f"a tail is fitted to {FEWEST_EXCEEDANCES_COUNT} changes or more: a larger share or a longer file"
        raise InputError(Problem("tail_share", f"{share:g} of {len(changes)} changes", rule, where=name))
    how = ""
    try:
        found = WithTails.of(changes, tail_share=share)
    except UnavailableError:  # its likelihood has no maximum inside; weighted moments always answer, and are told
        found, how = WithTails.of(changes, tail_share=share, method="moments"), ", by weighted moments"
    low, high = (100.0 * np.expm1(edge) for edge in (-found.lower.threshold, found.upper.threshold))
    low_shape, high_shape = (round(side.shape, SHAPE_PLACES) for side in (found.lower, found.upper))
    return found, (
        f"{name}: beyond {low:+.2f} % and {high:+.2f} %, shapes {low_shape:z.2f} and {high_shape:z.2f}, "
        f"of {found.lower.exceedances_count} and {found.upper.exceedances_count} changes{how}"
    )


def _of_coins(history: History, coins: tuple[str, ...]) -> History:
    """Return the factors that a book of some coins can feel; all, where it holds dollars alone."""
    found = [factor(name) for name in history.names]
    kept = [k for k, one in enumerate(found) if one.of in coins or one.kind == "asset"]
    if not kept:
        return history
    return replace(history, names=tuple(history.names[k] for k in kept), changes=history.changes[:, kept])
