"""VaR and ES of every account by delta-gamma: the screen beside full revaluation, in the same form of report.

The quantile of the quadratic form is exact, so that nothing is left to chance and both ends of an interval are the
figure; how far the form is from the book, no interval says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seawall.core.errors import UnavailableError
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser, resolve
from seawall.risk.book_quadratic import resolved_quadratic
from seawall.risk.exposures import exposures
from seawall.risk.greeks import unit_greeks
from seawall.risk.horizon import horizon_notes
from seawall.risk.sample_tail import TailRisk
from seawall.risk.tail_report import WHOLE_BOOK, AccountTail, TailReport
from seawall.risk.unit_gains import WorkingOn, untold


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
        if not why:
            try:
                form = resolved_quadratic(resolved, greeks, names, covariance, days=days, account=account)
                var, shortfall = (figure + 0.0 for figure in form.figures(confidence=confidence))  # 0 and not -0
            except UnavailableError as error:
                why = str(error)
        risk = TailRisk(confidence, var, shortfall, (var, var), (shortfall, shortfall), 1.0, math.inf)
        found.append(AccountTail(WHOLE_BOOK if account is None else account, risk, (), (), why))
    elapsed = np.array([days / DAYS_PER_YEAR])
    notes = horizon_notes(resolved.snapshot, resolved.positions.columns, elapsed, settled=False)
    return TailReport(tuple(found), confidence, 0, notes)
