"""The report as a whole: which sections, in which order, for which accounts."""

from __future__ import annotations

from collections.abc import Callable

from seawall import __version__
from seawall.core.time import iso
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.reporting import sources
from seawall.reporting.attribution import attribution
from seawall.reporting.blocks import Part, Prose, Section
from seawall.reporting.context import Context
from seawall.reporting.greeks import greeks
from seawall.reporting.holdings import holdings
from seawall.reporting.liquidation import distances, surface
from seawall.reporting.nearest_point import nearest_point
from seawall.reporting.price_curves import context_key, price_curves
from seawall.reporting.render import Head, render
from seawall.reporting.scenario_grids import scenario_grids
from seawall.reporting.sentences import STATUS_WORDS, status_of
from seawall.reporting.stress_table import stress_table
from seawall.reporting.summary import components, overview, summary
from seawall.reporting.value_at_risk import value_at_risk
from seawall.risk.reverse_stress import ReverseStress
from seawall.risk.tail_report import TailReport

SECTIONS_COUNT = 8
"""Accounts with sections of their own; a book of more has the rest in its overview, and says so."""
_TODAY = (summary, components, scenario_grids, holdings)
_ELSEWHERE = (
    price_curves, surface, distances, nearest_point, greeks, value_at_risk, attribution, stress_table,
)  # fmt: skip


def report_page(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    *,
    account: str | None = None,
    title: str = "",
    command: str = "",
    tail_of: Callable[[Book], TailReport] | None = None,
    nearest_of: Callable[[Book], ReverseStress] | None = None,
    check_lots: bool = True,
    parse: NameParser | None = None,
    working_on: Callable[[str, int], None] | None = None,
) -> str:
    """Return a report as one HTML page that needs nothing from outside.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As in `evaluate`.
    account
        Report on this account alone.
    title
        Of the page; made from the book, where empty.
    command
        What makes the same page again, for its end.
    tail_of, nearest_of
        What tells VaR and ES, and the nearest joint move, of a book of one account; their sections say where left out.
    working_on
        Told each account that has sections when they are begun, and how many there are.

    Raises
    ------
    UnknownNameError
        When the book has no such account.
    InputError
        When the book does not fit the snapshot.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> page = report_page(sw.load_book("demo", snapshot=now), now, at("deribit/x_pm/2026-02-15"), account="box")
    >>> page.startswith("<!doctype html>"), "<script" in page
    (True, False)
    """
    if account is not None:
        book = book.take([book.row(account)])
    context = Context(book, snapshot, policy, book.accounts[:SECTIONS_COUNT], check_lots, parse, tail_of, nearest_of)
    context.margins  # noqa: B018  what can't be read is said before anything is drawn
    parts = []
    if len(book) > 1:
        parts.append(Part("all", "All accounts", (overview(context),)))
    for name in context.shown:
        if working_on is not None:
            working_on(name, len(context.shown))
        made = _sections(context, name)
        status = status_of(context.by_account[name], context.distances[name])
        parts.append(Part(context_key(name, context), f"Account {name}", made, STATUS_WORDS[status]))
    last = (sources.evidence(context), sources.notes(context), sources.how(context, command or "seawall.report"))
    parts.append(Part("basis", "What it rests on", last))
    return render(_head(context, title), tuple(parts))


def _sections(context: Context, account: str) -> tuple[Section, ...]:
    """Return an account's sections; of one without a margin those that need none, and what is missing for it."""
    if not context.unavailable(account):
        return tuple(section(context, account) for section in (*_TODAY, *_ELSEWHERE))
    some = any(not row.unavailable for row in context.by_account[account])
    told = "Without a margin of the whole account there are no curves, no distance, no shares and no stress."
    gap = Section("missing", "What is not shown", (Prose(told, "note"),))
    today = _TODAY if some else (summary, holdings)
    return (*(section(context, account) for section in (*today, greeks, value_at_risk)), gap)


def _head(context: Context, title: str) -> Head:
    book, market, policy = context.book, context.market, context.policy
    listed = market.table.underlyings
    index = ", ".join(f"{asset} {price:,.2f} USD" for asset, price in market.index.items() if asset in listed)
    count = "1 account" if len(book) == 1 else f"{len(book):,} accounts"
    facts = (
        ("Book", f"{book.origin}: {count}, {len(book.positions):,} positions"),
        ("Market", f"{market.name} at {iso(market.time_ns)}{f'; {index}' if index else ''}"),
        ("Digest of the market", market.digest),
        ("Policy", f"{policy.id}: {policy.title}" if policy.title else policy.id),
        ("Code", f"seawall {__version__}"),
    )
    named = title or f"Margin report: {book.accounts[0] if len(book) == 1 else book.origin}"
    return Head(named, facts)
