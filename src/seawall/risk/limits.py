"""Limits as data: what is measured, of whom, and where it ends.

A limit file is TOML, written by hand and checked once. Every limit has a name, a measure and at least one bound;
`account` and `asset` narrow it, and left out it holds for each account by itself, and over all assets together.

    title = "Desk limits"

    [[limit]]
    name = "BTC delta"
    measure = "cash_delta_usd"
    asset = "BTC"
    min = -2_000_000
    max = 2_000_000
    warn = 0.8
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WHOLE = "*"
"""Account of a limit on all accounts together."""
BY_ASSET = (
    "delta", "net_delta", "gamma", "cash_delta_usd", "cash_gamma_usd", "vega_usd", "theta_usd_day", "rho_usd",
    "vanna_usd", "volga_usd", "gross_cash_delta_usd", "gross_cash_gamma_usd", "gross_vega_usd",
)  # fmt: skip
"""Measures that can be narrowed to an asset."""
IN_COIN = ("delta", "net_delta", "gamma")
"""Measures that mean nothing summed over assets."""
BY_ACCOUNT = (
    "value_at_risk_usd", "expected_shortfall_usd", "drawdown_ratio", "concentration_hhi", "open_interest_share",
    "days_to_liquidate", "initial_margin_usd", "maintenance_margin_usd", "headroom_usd", "headroom_ratio",
    "margin_ratio",
)  # fmt: skip
MEASURES = (*BY_ASSET, *BY_ACCOUNT)
"""All that can be limited."""
_KEYS = frozenset({"name", "measure", "account", "asset", "min", "max", "warn", "note"})


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes
    ----------
    name, measure
        What it is called, and which of `MEASURES` it bounds.
    account, asset
        Whom and what it is about; empty for every account by itself, and for all assets together. `*` is all accounts
        together.
    lower, upper
        Bounds that are still within; infinite where there is none.
    warn
        Share of a bound from which on it is said to be near.
    note
        What a reader should know.
    """

    name: str
    measure: str
    account: str = ""
    asset: str = ""
    lower: float = -math.inf
    upper: float = math.inf
    warn: float = 0.8
    note: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """A set of limits, under a title."""

    title: str
    limits: tuple[Limit, ...]


class Status(Enum):
    """How a limit stands, worst last."""

    WITHIN = "within"
    WARNING = "warning"
    BREACH = "breach"
    UNAVAILABLE = "unavailable"
    """The measure can't be computed: nothing may be added."""


@dataclass(frozen=True, slots=True)
class LimitRow:
    """How one limit stands for one account.

    Attributes
    ----------
    limit
        Which.
    account
        Whose measure; `*` for all accounts together.
    measured
        NaN where it can't be computed.
    used
        Share of the nearer bound that is used up; 1 is the bound, infinite past a bound of zero.
    status
        How it stands.
    reason
        Why it can't be computed; empty where it can.
    """

    limit: Limit
    account: str
    measured: float
    used: float
    status: Status
    reason: str = ""


@dataclass(frozen=True)
class LimitReport(Tabular):
    """All limits of a book; `notes` say what scenarios VaR and ES are of, where they are limited."""

    title: str
    checks: tuple[LimitRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def breaches(self) -> tuple[LimitRow, ...]:
        """Limits that do not hold, or can't be known to."""
        return tuple(row for row in self.checks if row.status in (Status.BREACH, Status.UNAVAILABLE))

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a limit and account, the worst first."""
        rank = list(Status)
        order = sorted(
            self.checks, key=lambda row: (-rank.index(row.status), -row.used if row.used == row.used else 0.0)
        )
        return [
            {
                "limit": row.limit.name, "measure": row.limit.measure, "account": row.account, "asset": row.limit.asset,
                "measured": row.measured, "min": row.limit.lower, "max": row.limit.upper, "used": row.used,
                "status": row.status.value, "reason": row.reason,
            }
            for row in order
        ]  # fmt: skip

    def plot(self) -> Figure:
        """Return a bar for each limit and account: how much of it is used up, the worst first."""
        from seawall.risk.limit_chart import limit_chart

        return limit_chart(self.rows(), title=self.title)


def read_limits(text: str, *, where: str = "limits") -> Limits:
    r"""Return limits from TOML.

    Raises
    ------
    InputError
        With every problem: no TOML, unknown keys or measures, bounds that are none or cross.

    Examples
    --------
    >>> found = read_limits('''
    ... [[limit]]
    ... name = "vega"
    ... measure = "vega_usd"
    ... max = 500_000
    ... ''')
    >>> found.limits[0].upper, found.limits[0].lower
    (500000.0, -inf)
    >>> read_limits('[[limit]]\nname = "x"\nmeasure = "charm"\nmax = 1')  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: limits, x: measure is 'charm'; it is one of delta, net_delta, ...
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(Problem("limits", "no TOML", str(error), where=where)) from None
    problems = [
        Problem(key, "unknown", "a limit file has a title and limits", where=where)
        for key in sorted(set(document) - {"title", "limit"})
    ]
    rows, title = document.get("limit", []), document.get("title", "")
    if not isinstance(title, str):
        problems.append(Problem("title", title, "a title is a text", where=where))
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        problems.append(Problem("limit", "none", "limits are written as [[limit]], at least one", where=where))
        rows = []
    limits: list[Limit] = []
    for i, row in enumerate(rows):
        name = row.get("name", "")
        place = f"{where}, {name if isinstance(name, str) and name else f'limit {i + 1}'}"
        mine = list(_problems(row, place))
        if not mine and any(one.name == name for one in limits):
            mine.append(Problem("name", name, "names of limits are unique", where=place))
        problems += mine
        if not mine:
            limits.append(Limit(
                name, row["measure"], row.get("account", ""), row.get("asset", ""), float(row.get("min", -math.inf)),
                float(row.get("max", math.inf)), float(row.get("warn", 0.8)), row.get("note", ""),
            ))  # fmt: skip
    if problems:
        raise InputError(problems)
    return Limits(str(title), tuple(limits))


def _problems(row: Mapping[str, Any], place: str) -> list[Problem]:
    """Return what is wrong with one limit."""
    found = [
        Problem(key, "unknown", f"a limit has {', '.join(sorted(_KEYS))}", where=place)
        for key in sorted(set(row) - _KEYS)
    ]
    for key in ("name", "measure", "account", "asset", "note"):
        text = row.get(key, "" if key in ("account", "asset", "note") else None)
        if not isinstance(text, str) or (key in ("name", "measure") and not text):
            found.append(Problem(key, text, f"{key} is a text", where=place))
    measure, asset = row.get("measure"), row.get("asset", "")
    if isinstance(measure, str) and measure not in MEASURES:
        found.append(Problem("measure", measure, f"it is one of {', '.join(MEASURES)}", where=place))
    if measure in IN_COIN and not asset:
        found.append(
            Problem("asset", "left out", f"{measure} counts in coin, and is limited asset by asset", where=place)
        )
    if asset and measure in BY_ACCOUNT:
        found.append(Problem("asset", asset, f"{measure} is of an account and not of an asset", where=place))
    numbers = {key: row[key] for key in ("min", "max", "warn") if key in row}
    for key, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            found.append(Problem(key, number, f"{key} is a finite number", where=place))
            return found
    if "min" not in numbers and "max" not in numbers:
        found.append(Problem("max", "left out", "a limit has a min or a max", where=place))
    if numbers.get("min", -math.inf) > numbers.get("max", math.inf):
        found.append(Problem("min", numbers["min"], "it is not above max", where=place))
    if not 0.0 < numbers.get("warn", 0.8) <= 1.0:
        found.append(Problem("warn", numbers["warn"], "it is a share of the bound, above 0 and at most 1", where=place))
    return found


def used_share(limit: Limit, measured: float) -> float:
    """Return how much of the nearer bound is used up.

    A bound on the measure's own side of zero is used in proportion; a floor above zero is used by falling to it.

    Examples
    --------
    >>> used_share(Limit("d", "vega_usd", lower=-100.0, upper=200.0), -50.0)
    0.5
    >>> used_share(Limit("h", "headroom_usd", lower=100.0), 400.0)
    0.25
    """
    if math.isnan(measured):
        return math.nan
    shares = [0.0]
    if math.isfinite(limit.upper):
        shares.append(_toward(measured, limit.upper))
    if math.isfinite(limit.lower):
        shares.append(_toward(-measured, -limit.lower))
    return max(shares)


def _toward(measured: float, bound: float) -> float:
    """Return the share of an upper bound that is used; 1 at it, above 1 past it."""
    if bound > 0.0:
        return max(measured, 0.0) / bound
    if measured > bound:
        return math.inf if bound == 0.0 or measured >= 0.0 else bound / measured
    if bound == 0.0:
        return 1.0 if measured == 0.0 else 0.0
    return bound / measured if math.isfinite(measured) else 0.0


def stand(limit: Limit, account: str, measured: float, reason: str = "") -> LimitRow:
    """Return how a limit stands.

    Examples
    --------
    >>> stand(Limit("vega", "vega_usd", upper=100.0), "desk", 90.0).status.value
    'warning'
    """
    used = used_share(limit, measured)
    if math.isnan(measured):
        status = Status.UNAVAILABLE
    elif not limit.lower <= measured <= limit.upper:
        status = Status.BREACH
    else:
        status = Status.WARNING if used >= limit.warn else Status.WITHIN
    return LimitRow(limit, account, measured, used, status, reason if math.isnan(measured) else "")


def check_limits(
    limits: Limits, measured: Mapping[tuple[str, str, str], float], reasons: Mapping[tuple[str, str, str], str],
    accounts: Sequence[str],
) -> LimitReport:  # fmt: skip
    """Return how every limit stands.

    Parameters
    ----------
    limits
        What holds.
    measured
        By measure, account (`*` for all together) and asset (empty for all together).
    reasons
        Why a measure is NaN or missing, by the same.
    accounts
        Those that a limit without an account is about.
    """
    rows = []
    for limit in limits.limits:
        for account in [limit.account] if limit.account else list(accounts):
            key = (limit.measure, account, limit.asset)
            why = reasons.get(key, f"{limit.measure} of {account} was not measured")
            rows.append(stand(limit, account, measured.get(key, math.nan), why))
    return LimitReport(limits.title, tuple(rows))
