"""What a margin path that is recalculated reads of past prices: what was known at its start, and a filter."""

from __future__ import annotations

from collections.abc import Callable

from seawall.api.covariances import span_of
from seawall.api.history import HistorySource, is_old, known_at, load_history
from seawall.core.errors import InputError, Problem
from seawall.margining.models.house_tail.paths import listed_coins
from seawall.policy import MarginPolicy
from seawall.risk.market_path import MarketPath
from seawall.risk.recalibrated import TAIL_MODEL
from seawall.scenarios.factors import factor
from seawall.scenarios.garch import Garch
from seawall.scenarios.history import History
from seawall.scenarios.vol_shock import Unchanged
from seawall.scenarios.volatility import Ewma, VolatilityFilter

FILTERS: dict[str, Callable[[], VolatilityFilter]] = {"ewma": Ewma, "garch": Garch}


def as_filter(given: str | VolatilityFilter | None) -> VolatilityFilter:
    """Return a filter by its name, or as it is.

    Examples
    --------
    >>> as_filter("ewma")
    Ewma(decay=0.94, warm_up_count=30)
    """
    if given is None or isinstance(given, str):
        if (given or "ewma") not in FILTERS:
            raise InputError(Problem("filter", given, f"it is {' or '.join(FILTERS)}, or a filter such as Ewma(0.97)"))
        return FILTERS[given or "ewma"]()
    return given


def history_before(source: HistorySource, start_ns: int, policy: MarginPolicy) -> tuple[History, tuple[str, ...]]:
    """Return changes up to an instant, of the coins that a policy has numbers for; and notes on what was left out.

    Raises
    ------
    InputError
        When the file can't be read, begins after the instant, or tells of none of the coins.
    """
    if policy.model != TAIL_MODEL:
        rule = "only a tail policy, such as house/tail, is made anew from returns along a path"
        raise InputError(Problem("returns", f"given with {policy.id}", rule))
    history, told = known_at(load_history(source), start_ns, "the path's start")
    known = listed_coins(policy)
    kept = [k for k, name in enumerate(history.names) if factor(name).of in known]
    if not kept:
        rule = f"{policy.id} has numbers for {', '.join(known)}"
        raise InputError(Problem("returns", f"of {', '.join(history.names)}", rule))
    notes = list(told)
    if is_old(history, start_ns):
        notes[-1] += ", which is taken to follow them"
    if len(kept) < len(history.names):
        others = ", ".join(name for k, name in enumerate(history.names) if k not in kept)
        notes.append(f"{policy.id} has no numbers for {others}, which the returns tell of: left out")
    names = tuple(history.names[k] for k in kept)
    found = History(names, history.times_ns, history.changes[:, kept], history.step_ns, history.dropped_count)
    return found, (f"returns: {span_of(found)}", *notes)


def still_vols(history: History, path: MarketPath) -> tuple[str, ...]:
    """Return notes where outcomes move no volatilities, and where past ones moved and those of the path stay."""
    vols = [name for name in history.names if factor(name).kind == "vol"]
    if not vols:
        return ("no outcome moves implied volatilities: the returns have no column for them, such as `BTC vol`",)
    stays = Unchanged()
    still = [n for n in vols if all(move.vol.get(factor(n).of, stays) == stays for move in path.moves)]
    return (f"the returns tell of {', '.join(still)}, which stays along the path",) if still else ()
