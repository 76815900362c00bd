"""What is told of a margin call: its chance, what is short, and whether it can be paid; each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log
from typing import TYPE_CHECKING

from seawall.core.evidence import Grade
from seawall.core.html_table import Tabular
from seawall.core.time import DAYS_PER_YEAR
from seawall.risk.exit_simulation import JumpDiffusion
from seawall.risk.rays import Distance
from seawall.risk.trigger import Which
from seawall.scenarios import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW_CALLS = 30.0
"""Below this many paths that are called, figures and intervals are rough."""
SHARES = ("probability", "by_leap", "can_pay")
AMOUNTS = ("deficit_at_call_usd", "due_at_deadline_usd", "demand_at_call_usd", "unpaid_usd")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Vulnerability(Tabular):
    """How vulnerable an account is to a margin call; every figure with its interval of confidence.

    Attributes
    ----------
    account, asset, which
        Whose; the price that drives it; `maintenance` where the venue liquidates, `initial` where it calls.
    price
        The driver's price today, USD.
    down, up
        The first points of either direction where the venue acts.
    probability
        Of a call within the horizon.
    by_leap
        Of a call that comes with a leap, and finds the account short at once.
    probability_by
        Years, and the probability of a call within them.
    calls
        Paths that are called, by their chance: the number of equal ones that would tell as much.
    deficit_at_call_usd
        Mean shortfall at the call, of those that are called: what a leap went too far.
    due_at_deadline_usd
        Mean of what is owed at the deadline to stand at the requirement, of those that are called.
    demand_at_call_usd
        Mean of what brings the account back to initial margin at the call.
    can_pay
        Share of calls in which what can be there by the deadline covers what is due.
    unpaid_usd
        Mean of what is still due, of those that are called.
    reachable, too_late
        Names of the sources that count, and of those that come too late.
    horizon_days, deadline_hours, process, paths, seed
        What was asked.
    policy_id, snapshot_digest, grade, notes
        What the answer rests on: the weakest grade of evidence of today's margin, and where each default comes from.
    """

    account: str
    asset: str
    which: Which
    price: float
    down: Distance
    up: Distance
    probability: Estimate
    by_leap: Estimate
    probability_by: tuple[tuple[float, Estimate], ...]
    calls: float
    deficit_at_call_usd: Estimate
    due_at_deadline_usd: Estimate
    demand_at_call_usd: Estimate
    can_pay: Estimate
    unpaid_usd: Estimate
    reachable: tuple[str, ...]
    too_late: tuple[str, ...]
    horizon_days: float
    deadline_hours: float
    process: JumpDiffusion
    paths: int
    seed: int
    policy_id: str
    snapshot_digest: str
    grade: Grade
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Vulnerability({self.account!r} within {self.horizon_days:g} days: {self.probability})"

    @property
    def levels(self) -> tuple[float, float]:
        """The driver's prices below and above which the venue acts, USD; 0 and infinity where none is within reach."""
        below, above = (one.prices.get(self.asset) for one in (self.down, self.up))
        ends = [self.price if one.kind == "already" else level
                for one, level in ((self.down, below), (self.up, above))]  # fmt: skip
        return 0.0 if ends[0] is None else ends[0], inf if ends[1] is None else ends[1]

    def interval(self, name: str, years: float | None = None) -> tuple[float, float]:
        """Return the interval of confidence of a figure, within what it can be.

        Where all paths agree or few are called, the rarer outcome may be rarer than they can show: the interval ends no
        sooner than where this many paths would have shown it once, with its confidence. Without leaps the chance of a
        call is exact, and its interval is the number itself.
        """
        one: Estimate = getattr(self, name) if years is None else dict(self.probability_by)[years]
        low, high = max(one.lower, 0.0), one.upper
        if name not in SHARES and years is None:
            return low, high
        high = min(high, 1.0)
        rare = min(-log(1.0 - one.level) / max(self.calls if name == "can_pay" else float(one.count), 1.0), 1.0)
        leaps = self.process.jumps_per_year > 0.0 and "already" not in (self.down.kind, self.up.kind)
        told = one.count * min(one.value, 1.0 - one.value) >= FEW_CALLS
        if (name == "can_pay" and one.standard_error == 0.0) or (name != "can_pay" and leaps and not told):
            low, high = (low, max(high, rare)) if one.value < 0.5 else (min(low, 1.0 - rare), high)
        return low, high

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a figure, each with its interval; then the two levels, as prices."""
        last = len(self.probability_by) - 1  # the whole horizon stands first
        figures = [("probability", None), *(("probability_by", years) for years, _ in self.probability_by[:last])]
        figures += [(name, None) for name in ("by_leap", *AMOUNTS[:3], "can_pay", "unpaid_usd")]
        found: list[dict[str, object]] = []
        for name, years in figures:
            one: Estimate = getattr(self, name) if years is None else dict(self.probability_by)[years]
            low, high = self.interval(name, years)
            days = self.horizon_days if years is None else years * DAYS_PER_YEAR
            found.append({"account": self.account, "figure": name, "days": days, "value": one.value, "low": low,
                          "high": high, "level": one.level, "paths": one.count})  # fmt: skip
        for name, price in zip(("called_below", "called_above"), self.levels, strict=True):
            found.append({"account": self.account, "figure": f"{name}_usd", "days": self.horizon_days, "value": price,
                          "low": price, "high": price, "level": 1.0, "paths": 0})  # fmt: skip
        return found

    def plot(self) -> Figure:
        """Return the probability of a call over time with its interval, and the levels of the price in its title."""
        from seawall.charts import curves

        days = [0.0, *(years * DAYS_PER_YEAR for years, _ in self.probability_by)]
        ends = [self.interval("probability", years) for years, _ in self.probability_by]
        start = 100.0 if "already" in (self.down.kind, self.up.kind) else 0.0
        lines = {
            "probability of a call": [start, *(100.0 * one.value for _, one in self.probability_by)],
            f"{self.probability.level:.0%} interval": [start, *(100.0 * high for _, high in ends)],
            "its lower end": [start, *(100.0 * low for low, _ in ends)],
        }
        return curves(days, lines, title=f"{self.account}: {self.levels_in_words}", x_label="days", y_label="%")

    @property
    def levels_in_words(self) -> str:
        """Where the venue acts, in a few words."""
        below, above = self.levels
        words = []
        if below > 0.0:
            words.append(f"at {_digits(below)} and below")
        if above < inf:
            words.append(f"at {_digits(above)} and above")
        event = "short of initial margin" if self.which == "initial" else "liquidated"
        if "already" in (self.down.kind, self.up.kind):
            return f"{event} today"
        told = f" with {self.asset} " + ", or ".join(words) if words else f" by no price of {self.asset} within reach"
        return event + told


def _digits(price: float) -> str:
    return f"{price:,.0f}" if price >= 100.0 else f"{price:,.4g}"
