"""VaR and ES of every account by delta-gamma: the screen beside full revaluation, in the same form of report.

The quantile of the quadratic form is exact, so that nothing is left to chance and both ends of an interval are the
figure; how far the form is from the book, no interval says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy.typing as npt

from seawall.core.errors import UnavailableError
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser
from seawall.risk.book_quadratic import book_quadratic
from seawall.risk.exposures import exposures
from seawall.risk.sample_tail import TailRisk
from seawall.risk.tail_report import WHOLE_BOOK, AccountTail, TailReport


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
) -> TailReport:
    """Return VaR and ES of every account, and of all together, from their quadratic forms.

    Parameters
    ----------
    book, snapshot, factors, covariance, days, check_lots, parse
        As for `book_quadratic`.
    confidence
        Of both figures.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-25SEP26-62000-C": -10.0, "BTC": 10.0}, snapshot=now)
    >>> found = quadratic_report(book, now, ["BTC"], [[0.03**2]], days=1.0)
    >>> round(found["book"].risk.value_at_risk)
    22527
    """
    held = exposures(book, snapshot, check_lots=check_lots, parse=parse).holdings
    reasons: dict[str, dict[str, None]] = {account: {} for account in book.accounts}
    for holding in held:
        if holding.unavailable:
            reasons[holding.account][holding.unavailable] = None
    found = []
    for account in [*book.accounts, None] if len(book) > 1 else list(book.accounts):
        mine = reasons.values() if account is None else [reasons[account]]
        why = "; ".join(dict.fromkeys(reason for some in mine for reason in some))
        var = shortfall = math.nan
        if not why:
            try:
                own = book if account is None else book.take([book.row(account)])  # so that little is resolved
                form = book_quadratic(own, snapshot, factors, covariance, days=days, check_lots=check_lots, parse=parse)
                var = form.value_at_risk(confidence=confidence) + 0.0  # what moves by nothing loses 0 and not -0
                shortfall = form.expected_shortfall(confidence=confidence) + 0.0
            except UnavailableError as error:
                why = str(error)
        risk = TailRisk(confidence, var, shortfall, (var, var), (shortfall, shortfall), 1.0, math.inf)
        found.append(AccountTail(WHOLE_BOOK if account is None else account, risk, (), (), why))
    return TailReport(tuple(found), confidence, 0)
