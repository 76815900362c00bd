"""`attribute`: who causes an account's margin, what binds, and why it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.api.books import BookSource, load_book
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.margining import evaluate
from seawall.portfolio import Book
from seawall.risk.attribution import Attribution
from seawall.risk.binding_scenarios import scenario_shares
from seawall.risk.margin_change import CAUSES, Situation, margin_change
from seawall.risk.margin_shares import margin_shares
from seawall.risk.margin_variants import account_of
from seawall.risk.marginal_margin import contract_margins, position_margins

NEAR_RATIO = 0.1
"""Share of the loss that a scenario may fall short of the worst by and still be told as near."""


def attribute(
    book: BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    account: str | None = None,
    contracts: bool | Sequence[str] = False,
    since: BookSource | None = None,
    since_snapshot: SnapshotSource | None = None,
    since_policy: PolicySource | None = None,
    order: Sequence[str] = CAUSES,
    average: bool = False,
    near: float = NEAR_RATIO,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> Attribution:
    """Return who causes an account's margin: shares, positions closed and alone, and the scenarios that bind.

    Parameters
    ----------
    book, snapshot, policy, stand_ins, check_lots
        As in `margin`.
    account
        Whose; may be left out where the book has one account.
    contracts
        Also say what one more contract would do, bought and sold: of all that the market lists, or of those named.
    since, since_snapshot, since_policy
        Book, market and policy of before; where one of them is given the change since is taken apart, and what is left
        out was as it is now.
    order, average
        In which causes are switched; or the mean over all orders.
    near
        Share of the loss that a scenario may fall short of the worst by and still be told.

    Raises
    ------
    InputError
        When an input can't be read, no account is named and the book has several, or time runs backwards.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.attribute("demo", "deribit-btc-2026-08-01", account="covered_call")
    >>> [(share.name, round(share.initial)) for share in found.shares.shares]
    [('BTC-25DEC26-80000-C', -6357), ('BTC', 205616)]
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    mine = Book.of([account_of(held, account)], origin=held.origin)
    parse = grammar_of(market)
    change = None
    if since is not None or since_snapshot is not None or since_policy is not None:
        earlier = market if since_snapshot is None else load_snapshot(since_snapshot)
        was = held if since is None else load_book(since, snapshot=earlier, check_lots=check_lots)
        policy_then = chosen if since_policy is None else as_policy(since_policy, time=earlier.time_ns)
        before = Situation(was, earlier, policy_then.with_stand_ins(dict(stand_ins or {})))
        change = margin_change(
            before, Situation(held, market, chosen), account=mine.accounts[0], order=order, average=average, parse=parse
        )
    named = None if isinstance(contracts, bool) else list(contracts)
    return Attribution(
        margin_shares(mine, market, chosen, parse=parse),
        position_margins(mine, market, chosen, parse=parse),
        scenario_shares(evaluate(mine, market, [chosen], check_lots=check_lots, parse=parse)[0], near=near),
        change,
        contract_margins(mine, market, chosen, named, parse=parse) if named or contracts is True else None,
    )
