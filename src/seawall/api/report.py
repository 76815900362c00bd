"""`report`: one page that says all of it, for people who will not open a notebook."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.api.books import BookSource, load_book
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot


def report(
    book: BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    account: str | None = None,
    title: str = "",
    command: str = "",
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> str:
    """Return a report as one HTML page: margin and what is behind it, distances, Greeks, stress, evidence.

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

    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    return report_page(
        held, market, chosen, account=account, title=title, command=command, check_lots=check_lots,
        parse=grammar_of(market),
    )  # fmt: skip
