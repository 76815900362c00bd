"""VaR and ES of every account by delta-gamma: the screen beside full revaluation, in the same form of report.

The quantile of the quadratic form is exact, so that nothing is left to chance and both ends of an interval are the
figure; how far the form is from the book, no interval says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.core.errors import UnavailableError
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser, resolve
from seawall.risk.book_quadratic import resolved_quadratic
from seawall.risk.delta_gamma import QuadraticPnl
from seawall.risk.exposures import exposures
from seawall.risk.greeks import unit_greeks
from seawall.risk.horizon import horizon_notes
from seawall.risk.sample_tail import TailRisk
from seawall.risk.tail_report import WHOLE_BOOK, AccountTail, TailReport
from seawall.risk.unit_gains import WorkingOn, untold

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS_COUNT = 60
"""Intervals of a distribution that is drawn."""
GONE = 1e-5
"""The figure ends where no more than this lies beyond."""
FURTHER = 1.3


@dataclass(frozen=True)
class FormTail(AccountTail):
    """VaR and ES by a quadratic form, which is kept; None where there is none."""

    form: QuadraticPnl | None = field(default=None, repr=False, compare=False)

    def plot(self) -> Figure:
        """Return the distribution of the form with VaR and ES; what is beyond VaR is hatched.

        Raises
        ------
        UnavailableError
            When the account has no figure, or nothing about it moves.
        """
        from seawall.charts.distribution import distribution

        form, risk = self.form, self.risk
        if form is None or form.standard_deviation == 0.0:
            raise UnavailableError(f"{self.account}: {self.unavailable or 'nothing about it moves'}")
        edges, below = _columns(form, worst=-1.1 * risk.expected_shortfall)
        name = f"{risk.confidence:.4g}"
        return distribution(
            edges, 100.0 * np.diff(below),
            levels={f"VaR {name}": -risk.value_at_risk, f"ES {name}": -risk.expected_shortfall},
            beyond=-risk.value_at_risk, title=f"{self.account}, delta-gamma", x_label="profit and loss, USD",
            y_label="probability, %, logarithmic",
        )  # fmt: skip


def _columns(form: QuadraticPnl, *, worst: float) -> tuple[FloatArray, FloatArray]:
    """Return levels of the form and the probability of what is below each; where that did not settle there is none."""

    def below(level: float) -> float:
        try:
            return form.probability(level)
        except UnavailableError:
            return math.nan

    low, high = -form.standard_deviation, form.standard_deviation
    while below(form.mean + low) > GONE:
        low *= FURTHER
    while below(form.mean + high) < 1.0 - GONE:
        high *= FURTHER
    edges = np.linspace(min(form.mean + low, worst), form.mean + high, COLUMNS_COUNT + 1)
    share = np.array([below(edge) for edge in edges.tolist()])
    known = np.isfinite(share)
    return edges[known], np.maximum.accumulate(share[known])


def quadratic_report(
    book: Book,
    snapshot: MarketSnapshot,
    factors: Sequence[str],
    covariance: npt.ArrayLike,
    *,
    days: float,
    confidence: float = 0.99,
    check_lots: bool = True,
    parse: NameParser | None = None,
    working_on: WorkingOn = untold,
) -> TailReport:
    """Return VaR and ES of every account, and of all together, from their quadratic forms.

    Parameters
    ----------
    book, snapshot, factors, covariance, days, check_lots, parse
        As for `book_quadratic`.
    confidence
        Of both figures.
    working_on
        Is told each step when it is begun, with its name and how many there are.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-25SEP26-62000-C": -10.0, "BTC": 10.0}, snapshot=now)
    >>> found = quadratic_report(book, now, ["BTC"], [[0.03**2]], days=1.0)
    >>> round(found["book"].risk.value_at_risk)
    22527
    """
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    greeks, names = unit_greeks(resolved.snapshot), tuple(factors)
    held = exposures(book, snapshot, check_lots=check_lots, parse=parse).holdings
    reasons: dict[str, dict[str, None]] = {account: {} for account in book.accounts}
    for holding in held:
        if holding.unavailable:
            reasons[holding.account][holding.unavailable] = None
    found = []
    accounts: list[str | None] = [*book.accounts, None] if len(book) > 1 else [*book.accounts]
    for account in accounts:
        working_on(account or WHOLE_BOOK, len(accounts))
        mine = reasons.values() if account is None else [reasons[account]]
        why = "; ".join(dict.fromkeys(reason for some in mine for reason in some))
        var = shortfall = math.nan
        form = None
        if not why:
            try:
                form = resolved_quadratic(resolved, greeks, names, covariance, days=days, account=account)
                var, shortfall = (figure + 0.0 for figure in form.figures(confidence=confidence))  # 0 and not -0
            except UnavailableError as error:
                why = str(error)
        risk = TailRisk(confidence, var, shortfall, (var, var), (shortfall, shortfall), 1.0, math.inf)
        found.append(
            FormTail(WHOLE_BOOK if account is None else account, risk, (), (), why, form=None if why else form)
        )
    elapsed = np.array([days / DAYS_PER_YEAR])
    notes = horizon_notes(resolved.snapshot, resolved.positions.columns, elapsed, settled=False)
    return TailReport(tuple(found), confidence, 0, notes)
