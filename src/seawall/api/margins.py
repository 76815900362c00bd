"""`margin`: one book, one market, one policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.api.books import BookSource, load_book
from seawall.api.policy_files import DEFAULT_POLICY, PolicySource, as_policy
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.core.errors import InputError, Problem
from seawall.margining import Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book

__all__ = ["DEFAULT_POLICY", "PolicySource", "as_policy", "margin", "with_stand_ins"]


def with_stand_ins(
    policies: Sequence[MarginPolicy], stand_ins: Mapping[str, str] | None, book: Book, market: MarketSnapshot
) -> list[MarginPolicy]:
    """Return policies in which some assets take another's numbers, where they have none of their own.

    Raises
    ------
    InputError
        When a stand-in would do nothing: the book holds nothing on the asset, or every policy knows it.
    """
    asked = dict(stand_ins or {})
    table = market.table
    listed = [table.position(name) for name in book.instruments if name in table]
    held = {*book.assets, *(table.underlying[n] for n in listed)}
    problems = [
        Problem("stand-in", f"{asset}={other}", f"the book holds nothing on {asset}")
        for asset, other in asked.items()
        if asset not in held
    ]
    if problems:
        raise InputError(problems)
    chosen = list(policies)
    for asset, other in asked.items():
        found: list[MarginPolicy] = []
        lacking: list[Problem] = []
        for policy in chosen:
            try:
                found.append(policy.with_stand_ins({asset: other}))
            except InputError as error:  # that policy refuses the asset by name; the others may have the numbers
                found.append(policy)
                lacking += error.problems
        if len(lacking) == len(chosen):
            problems += lacking
        elif not lacking and all(new is old for new, old in zip(found, chosen, strict=True)):
            rule = f"the policies have numbers for {asset} of their own, and those are taken"
            problems.append(Problem("stand-in", f"{asset}={other}", rule))
        chosen = found
    if problems:
        raise InputError(problems)
    return chosen


def margin(
    book: Book | BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
    compiled: bool | None = None,
) -> Margins:
    """Return the margin of every account of a book.

    Parameters
    ----------
    book
        A book, or anything that `load_book` reads.
    snapshot
        A snapshot, or anything that `load_snapshot` reads.
    policy
        A policy, or an id: `deribit/x_pm` is the newest set at the snapshot's time, `deribit/x_pm/2026-02-15` is
        that one; or the path of a policy's file, which ends with `.toml`.
    stand_ins
        From an asset that the policy has no numbers for to the one whose numbers it takes: `{"SOL": "ETH"}`. Such
        numbers are graded `assumed`.
    check_lots
        Refuse sizes that are off the instrument's lot.
    compiled
        Use compiled twins; left out, size decides.

    Raises
    ------
    InputError
        When book, snapshot or policy can't be read or don't fit; every problem is listed.

    Examples
    --------
    >>> import seawall as sw
    >>> margins = sw.margin({"BTC-PERPETUAL": -10_000, "BTC": 1.0}, "deribit-btc-2026-08-01", "deribit/s_pm")
    >>> [row.account for row in margins], margins["book"][0].evidence.value
    (['book'], 'assumed')
    """
    market = load_snapshot(snapshot)
    held = book if isinstance(book, Book) else load_book(book, snapshot=market, check_lots=check_lots)
    chosen = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    return evaluate(held, market, chosen, check_lots=check_lots, parse=grammar_of(market), compiled=compiled)[0]
