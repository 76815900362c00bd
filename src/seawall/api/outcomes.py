"""Outcomes by a method's name: historical days, filtered ones, Monte Carlo, or the quadratic form instead of outcomes.

A method reads what it needs from the market and from what the user states, and refuses what it does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from seawall.api.covariances import coins_of, covariance_for, covering, span_of
from seawall.api.history import HistorySource
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR, NS_PER_DAY
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.scenarios import ScenarioSet
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.filtered_history import FilteredHistory
from seawall.scenarios.gbm import Gbm
from seawall.scenarios.historical import HistoricalWindow
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.student_t import StudentT
from seawall.scenarios.vol_shock import Relative
from seawall.scenarios.volatility import Ewma

_MOMENTS = ("returns", "days", "vols", "correlation")
READS = {
    "historical": ("returns", "days", "decay"),
    "filtered": ("returns", "days", "decay"),
    "monte-carlo": (*_MOMENTS, "dof", "count", "seed"),
    "delta-gamma": _MOMENTS,
}
"""What each method reads."""
METHODS = tuple(READS)
COUNT = 20_000
SEED = 1
FILTER_DECAY = 0.94
SHOWN_COINS_COUNT = 3
"""Coins that the name of a scenario tells the moves of."""


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

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            rule = f"it is {', '.join(METHODS[:-1])} or {METHODS[-1]}"
            raise InputError(Problem("method", self.method, rule))
        given = [one.name for one in fields(self) if one.name != "method" and getattr(self, one.name) is not None]
        if problems := [
            Problem(name, str(getattr(self, name)), f"the method {self.method} does not read it")
            for name in given
            if name not in READS[self.method]
        ]:
            raise InputError(problems)
        if self.returns is None and self.method in ("historical", "filtered"):
            rule = f"the method {self.method} needs a CSV file of daily prices, with the header date,BTC,ETH,..."
            raise InputError(Problem("returns", "left out", rule))
        if not 0.0 < self.horizon_days <= DAYS_PER_YEAR:
            raise InputError(Problem("days", self.days, f"a horizon is above 0 and at most {DAYS_PER_YEAR:g} days"))

    @property
    def horizon_days(self) -> float:
        """Days that pass."""
        return 1.0 if self.days is None else self.days


def made_outcomes(asked: Outcomes, book: Book, market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return scenarios for a book, each with its moves as its label, and notes on what they rest on."""
    coins = coins_of(book, market)
    if asked.method in ("historical", "filtered"):
        made, notes = _historical(asked, coins)
    else:
        covariance, notes = covariance_for(asked, coins, market)
        made, told = _simulated(asked, covariance)
        notes = (told, *notes)
    return replace(made, labels=_labels(made)), notes


def _simulated(asked: Outcomes, covariance: Covariance) -> tuple[ScenarioSet, str]:
    """Return draws of Monte Carlo: independent ones, since the intervals take them to be."""
    count, seed = (COUNT if asked.count is None else asked.count), (SEED if asked.seed is None else asked.seed)
    sampling = Sampling(count=count, seed=seed, antithetic=False)
    years = asked.horizon_days / DAYS_PER_YEAR
    law = "lognormal" if asked.dof is None else f"Student-t, {asked.dof} degrees of freedom"
    told = f"Monte Carlo ({law}): {count:,} draws of {_days(asked.horizon_days)}, seed {seed}"
    if asked.dof is None:
        return Gbm(covariance, years, sampling).scenarios(), told
    return StudentT(covariance, asked.dof, years, sampling).scenarios(), told


def _historical(asked: Outcomes, coins: tuple[str, ...]) -> tuple[ScenarioSet, tuple[str, ...]]:
    assert asked.returns is not None
    history = covering(asked.returns, coins)
    steps = asked.horizon_days * NS_PER_DAY / history.step_ns
    if steps != round(steps) or steps < 1:
        rule = f"it is a whole number of the file's steps, which are {_days(history.step_ns / NS_PER_DAY)} long"
        raise InputError(Problem("days", asked.horizon_days, rule))
    notes = [f"{asked.method}: {span_of(history)}, over {_days(asked.horizon_days)}"]
    if asked.method == "historical":
        decay = 1.0 if asked.decay is None else asked.decay
        made = HistoricalWindow(history, int(steps), decay).scenarios()
        notes[0] += "" if decay == 1.0 else f", each step weighs {decay:g} of the one after it"
    else:
        decay = FILTER_DECAY if asked.decay is None else asked.decay
        made = FilteredHistory(history, Ewma(decay), int(steps)).scenarios()
        notes[0] += f", at today's volatility by weights of {decay:g}"
    if steps > 1:
        notes.append("windows overlap, so that the intervals are too narrow")
    if not any(name.endswith(" vol") for name in history.names):
        notes.append("implied volatilities stay: the file has no column for them, such as `BTC vol`")
    return made, tuple(notes)


def _labels(made: ScenarioSet) -> tuple[str, ...]:
    """Return each scenario's name with its moves: the number of a draw tells nobody anything."""
    names, columns = [], []
    shocks = [shock.change if isinstance(shock, Relative) else 0.0 for shock in made.vol_shocks]
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


def _short(label: str) -> str:
    """Return a day without its midnight; a draw is a draw, of whatever law."""
    day = label.removesuffix("T00:00:00Z")
    return f"draw {day.rpartition(' ')[2]}" if " " in day else day


def _days(days: float) -> str:
    return "1 day" if days == 1.0 else f"{days:g} days"
