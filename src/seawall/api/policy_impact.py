"""`policy_impact`: who a change of parameters touches."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.api.books import BookSource, load_book
from seawall.api.margins import PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.margining.evaluate import evaluate
from seawall.margining.impact import PolicyImpact


def policy_impact(
    before: PolicySource,
    after: PolicySource,
    book: BookSource,
    snapshot: SnapshotSource,
    *,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> PolicyImpact:
    """Return what a change from one policy to another does to every account of a book, at one market.

    Parameters
    ----------
    before, after
        Policies or ids; an id without a date is the newest set at the snapshot's time. A tightening of one's own is a
        policy's `with_numbers`.
    book, snapshot, check_lots
        As in `margin`.
    stand_ins
        As in `compare`.

    Raises
    ------
    InputError
        When something can't be read or does not fit; every problem is listed.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.policy_impact("deribit/x_pm/2026-02-15", "deribit/x_pm/2026-09-23", "demo", "deribit-btc-2026-08-01")
    >>> len(found.rows()), bool((found.initial_change_usd < 0.0).any())
    (7, True)
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    given = [as_policy(policy, time=market.time_ns) for policy in (before, after)]
    chosen = with_stand_ins(given, stand_ins, held, market)
    one, two = evaluate(held, market, chosen, check_lots=check_lots, parse=grammar_of(market))
    return PolicyImpact(one, two)
