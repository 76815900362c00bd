"""Outcomes by a method's name: past days, draws of several laws, or the quadratic form instead of outcomes.

A method reads what it needs from the market and from what the user states, and refuses what it does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeAlias, TypedDict

from seawall.api.covariances import coins_of
from seawall.api.history import HistorySource
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.scenarios import ScenarioSet
from seawall.scenarios.vol_decay import MeanReverting
from seawall.scenarios.vol_shock import Relative, VolShock

OfCoins: TypeAlias = float | Mapping[str, float]
"""One number for every coin, or one by name."""
_MOMENTS = ("returns", "days", "vols", "correlation")
_DRAWN = ("count", "seed")
_JUMPS = ("jump_rate", "jump_mean", "jump_sd")
READS = {
    "historical": ("returns", "days", "decay"),
    "filtered": ("returns", "days", "filter", "decay"),
    "extreme-value": ("returns", "days", "filter", "decay", "tail_share", "dof", *_DRAWN),
    "monte-carlo": (*_MOMENTS, "price_vol_correlation", "dof", *_DRAWN),
    "merton": (*_MOMENTS, "price_vol_correlation", *_JUMPS, *_DRAWN),
    "heston": (
        *_MOMENTS, "mean_reversion", "long_run_vol", "vol_of_vol", "price_vol_correlation", *_JUMPS, *_DRAWN,
    ),
    "conditional": (*_MOMENTS, "price_vol_correlation", "shocks", "stressed_correlation", *_DRAWN),
    "delta-gamma": (*_MOMENTS, "price_vol_correlation"),
}  # fmt: skip
"""What each method reads."""
METHODS = tuple(READS)
NEEDS = {
    "historical": ("returns",),
    "filtered": ("returns",),
    "extreme-value": ("returns",),
    "merton": _JUMPS,
    "heston": ("mean_reversion",),
    "conditional": ("shocks",),
}
"""What a method has no default for: nothing tells it but the user."""
_ASK = {
    "returns": "a CSV file of daily prices, with the header date,BTC,ETH,...",
    "jump_rate": "jumps a year, as 12 (--jump-rate 12)",
    "jump_mean": "the mean of a jump's logarithm, as -0.03 (--jump-mean -0.03)",
    "jump_sd": "the standard deviation of a jump's logarithm, as 0.05 (--jump-sd 0.05)",
    "mean_reversion": "how fast variance returns to its level, a year, as 4 (--mean-reversion 4)",
    "shocks": "moves of core factors, as BTC=-0.3 (--shock BTC=-0.3)",
}
SHOWN_COINS_COUNT = 3
"""Coins that the name of a scenario tells the moves of."""


class Stated(TypedDict, total=False):
    """What may be stated for a method; `Outcomes` has the same names."""

    returns: HistorySource | None
    days: float | None
    vols: Mapping[str, float] | None
    correlation: float | None
    dof: int | None
    count: int | None
    seed: int | None
    decay: float | None
    filter: str | None
    tail_share: float | None
    jump_rate: float | None
    jump_mean: OfCoins | None
    jump_sd: OfCoins | None
    mean_reversion: OfCoins | None
    long_run_vol: OfCoins | None
    vol_of_vol: OfCoins | None
    price_vol_correlation: float | None
    shocks: Mapping[str, float] | None
    stressed_correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """A method, and what it reads; None is its own default. `value_at_risk` says what each is."""

    method: str = "monte-carlo"
    returns: HistorySource | None = None
    days: float | None = None
    vols: Mapping[str, float] | None = None
    correlation: float | None = None
    dof: int | None = None
    count: int | None = None
    seed: int | None = None
    decay: float | None = None
    filter: str | None = None
    tail_share: float | None = None
    jump_rate: float | None = None
    jump_mean: OfCoins | None = None
    jump_sd: OfCoins | None = None
    mean_reversion: OfCoins | None = None
    long_run_vol: OfCoins | None = None
    vol_of_vol: OfCoins | None = None
    price_vol_correlation: float | None = None
    shocks: Mapping[str, float] | None = None
    stressed_correlation: float | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            rule = f"it is {', '.join(METHODS[:-1])} or {METHODS[-1]}"
            raise InputError(Problem("method", self.method, rule))
        given = [one.name for one in fields(self) if one.name != "method" and getattr(self, one.name) is not None]
        problems = [
            Problem(name, str(getattr(self, name)), f"the method {self.method} does not read it")
            for name in given
            if name not in READS[self.method]
        ]
        needs = NEEDS.get(self.method, ())
        if self.method == "heston" and set(given) & set(_JUMPS):
            needs = (*needs, *_JUMPS)
        problems += [
            Problem(name, "left out", f"the method {self.method} needs {_ASK[name]}")
            for name in needs
            if name not in given
        ]
        if not 0.0 < self.horizon_days <= DAYS_PER_YEAR:
            problems.append(Problem("days", self.days, f"a horizon is above 0 and at most {DAYS_PER_YEAR:g} days"))
        if problems:
            raise InputError(problems)

    @property
    def horizon_days(self) -> float:
        """Days that pass."""
        return 1.0 if self.days is None else self.days


def made_outcomes(asked: Outcomes, book: Book, market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return scenarios for a book, each with its moves as its label, and notes on what they rest on."""
    from seawall.api import outcomes_drawn as drawn
    from seawall.api import outcomes_of_history as past
    from seawall.api.shocks import conditional_draws

    coins = coins_of(book, market)
    if asked.method in ("historical", "filtered"):
        made, notes = past.historical(asked, coins, market)
    elif asked.method == "extreme-value":
        made, notes = past.extreme_value(asked, coins, market)
    elif asked.method == "conditional":
        made, notes = conditional_draws(asked, coins, market)
    else:
        maker = {"monte-carlo": drawn.monte_carlo, "merton": drawn.merton, "heston": drawn.heston}[asked.method]
        made, notes = maker(asked, coins, market)
    return replace(made, labels=_labels(made)), notes


def _labels(made: ScenarioSet) -> tuple[str, ...]:
    """Return each scenario's name with its moves: the number of a draw tells nobody anything."""
    names, columns = [], []
    shocks = [_change(shock) for shock in made.vol_shocks]
    for u, name in enumerate(made.underlyings[:SHOWN_COINS_COUNT]):
        names.append(name)
        columns.append([f"{100.0 * move:+.1f} %" for move in made.spot[:, u].tolist()])
        if any(shocks):
            names.append("vol")
            written = [f"{100.0 * change:+.0f} %" for change in shocks]
            columns.append([written[v] for v in made.vol_index[:, u].tolist()])
    return tuple(
        f"{_short(label)}: {', '.join(f'{n} {m}' for n, m in zip(names, moves, strict=True))}"
        for label, *moves in zip(made.labels, *columns, strict=True)
    )


def _change(shock: VolShock) -> float:
    """Return the relative change of volatility that a shock is named by; of one that fades, the one at its front."""
    return shock.change if isinstance(shock, Relative | MeanReverting) else 0.0


def _short(label: str) -> str:
    """Return a day without its midnight; a draw is a draw, of whatever law."""
    day = label.removesuffix("T00:00:00Z")
    return f"draw {day.rpartition(' ')[2]}" if " " in day else day
