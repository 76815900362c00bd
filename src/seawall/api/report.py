"""`report`: one page that says all of it, for people who will not open a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from seawall.api.books import BookSource, load_book
from seawall.api.covariances import coins_of
from seawall.api.distance import reverse_stress
from seawall.api.history import load_history
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.outcomes import Outcomes
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.api.value_at_risk import value_at_risk
from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.reverse_stress import ReverseStress
from seawall.risk.tail_report import TailReport


def report(
    book: BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    account: str | None = None,
    title: str = "",
    command: str = "",
    outcomes: Outcomes | None = None,
    confidence: float = 0.99,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
    working_on: Callable[[str, int], None] | None = None,
) -> str:
    """Return a report as one HTML page: margin and what is behind it, distances, Greeks, VaR, stress, evidence.

    The page needs nothing from outside and carries no time of its own: the same input makes the same text.

    Parameters
    ----------
    book, snapshot, policy, stand_ins, check_lots
        As in `margin`.
    account
        Report on this account alone. Of a book of many the first few have sections, and all are in the overview.
    title
        Of the page; made from the book, where left out.
    command
        What makes the same page again, shown at its end.
    outcomes, confidence
        How VaR and ES are found, as in `value_at_risk`; Monte Carlo where left out. Prices, volatilities and the
        correlation that are stated for it also measure the nearest joint move.
    working_on
        Told each account that has sections when they are begun, and how many there are.

    Raises
    ------
    InputError
        When an input can't be read, or the book has no such account.
    SeawallError
        When matplotlib or jinja2 is missing: `pip install 'seawall[report]'`.

    Examples
    --------
    >>> import seawall as sw
    >>> page = sw.report("demo", "deribit-btc-2026-08-01", "deribit/x_pm", account="cash_and_carry")
    >>> "Account cash_and_carry" in page, "http-equiv" in page
    (True, True)
    """
    from seawall.reporting import report_page

    if not 0.0 < confidence < 1.0:
        raise InputError(Problem("confidence", confidence, "it lies between 0 and 1"))
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    asked = _checked(outcomes or Outcomes(), held, market)

    def tail_of(one: Book) -> TailReport:
        return value_at_risk(one, market, _mine(asked, one, market), confidence=confidence, check_lots=check_lots)

    def nearest_of(one: Book) -> ReverseStress:
        mine = _mine(asked, one, market)
        return reverse_stress(
            one, market, chosen, returns=mine.returns, vols=mine.vols, correlation=mine.correlation,
            check_lots=check_lots,
        )  # fmt: skip

    return report_page(
        held, market, chosen, account=account, title=title, command=command, tail_of=tail_of, nearest_of=nearest_of,
        check_lots=check_lots, parse=grammar_of(market), working_on=working_on,
    )  # fmt: skip


def _checked(asked: Outcomes, held: Book, market: MarketSnapshot) -> Outcomes:
    """Return what was asked for with its prices read; what no account could use is refused before anything is drawn."""
    coins = coins_of(held, market)
    named = {*coins, *(f"{coin} vol" for coin in coins)}
    if problems := [
        Problem("vols", name, f"the book depends on {', '.join(coins) or 'no coin'}")
        for name in sorted(set(asked.vols or {}) - named)
    ]:
        raise InputError(problems)
    return asked if asked.returns is None else replace(asked, returns=load_history(asked.returns))


def _mine(asked: Outcomes, one: Book, market: MarketSnapshot) -> Outcomes:
    """Return the same for one account, without volatilities of coins that it does not depend on."""
    if asked.vols is None:
        return asked
    coins = coins_of(one, market)
    return replace(asked, vols={name: vol for name, vol in asked.vols.items() if name.partition(" ")[0] in coins})
