"""`compare`: one book under several venues' rules at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seawall.api.books import BookSource, load_book
from seawall.api.margins import PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.core.errors import InputError, Problem
from seawall.margining.comparison import Comparison, compare_policies
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, TooEarlyError, at

BIG_VENUES = ("deribit/x_pm", "okx/pm", "bybit/pm", "binance/pm", "derive/pmrm2")
"""Portfolio margin of the venues that most option books are held on."""
NETTED_POSITIONS_COUNT = 100_000
"""Up to this many positions netting is measured unless it is asked for: each is margined once more, by itself."""


def compare(
    book: BookSource,
    snapshot: SnapshotSource,
    policies: Sequence[PolicySource] = BIG_VENUES,
    *,
    stand_ins: Mapping[str, str] | None = None,
    netting: bool | None = None,
    check_lots: bool = True,
    compiled: bool | None = None,
) -> Comparison:
    """Return the margins of a book under several policies, from one revaluation of the market.

    Contracts are counted as they are held: what a venue lists in another form only (an inverse option where options
    settle in dollars) keeps its profit in dollars, and the result says so. What a venue has no rule for is refused
    there, with its name.

    Parameters
    ----------
    book, snapshot
        As in `margin`.
    policies
        Policies or their ids; an id without a date is the newest set at the snapshot's time. One that has no set so
        early is unavailable, with the reason, and the others are compared.
    stand_ins
        From an underlying that a policy has no numbers for to the one whose numbers it takes: `{"SOL": "ETH"}`. Such
        numbers are graded `assumed`.
    netting
        Also margin each position by itself, to say what netting is worth; left out, where there are up to
        `NETTED_POSITIONS_COUNT` positions.
    check_lots, compiled
        As in `margin`.

    Returns
    -------
    Comparison
        Initial and maintenance margin, headroom, netting benefit and binding scenario by account and policy (`table`,
        `rows`), and by class of component what makes the difference (`components_usd`, `differences`).

    Raises
    ------
    InputError
        When book, snapshot or a policy can't be read or don't fit; every problem is listed.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.compare("demo", "deribit-btc-2026-08-01", ["deribit/x_pm", "deribit/x_sm"])
    >>> found.policies
    ('deribit/x_pm/2026-02-15', 'deribit/x_sm/2022-01-11')
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    if isinstance(policies, str) or not policies:
        rule = "it is a list of policies or ids, such as ['deribit/x_pm', 'okx/pm']"
        raise InputError(Problem("policies", policies if isinstance(policies, str) else "none", rule))
    asked, early = _policies(policies, market)
    chosen = with_stand_ins(asked, stand_ins, held, market)
    if len({policy.id for policy in chosen}) < len(chosen):
        raise InputError(Problem("policies", ", ".join(policy.id for policy in chosen), "each is named once"))
    found = compare_policies(
        held, market, chosen,
        netting=len(held.positions) <= NETTED_POSITIONS_COUNT if netting is None else netting,
        check_lots=check_lots, parse=grammar_of(market), compiled=compiled,
    )  # fmt: skip
    return _without(found, early) if early else found


def _policies(asked: Sequence[PolicySource], market: MarketSnapshot) -> tuple[list[MarginPolicy], dict[int, str]]:
    """Return the policies, and by place why one has no set so early: its first stands in, and margins nobody.

    Raises
    ------
    InputError
        When one is none, or when all are without a set.
    """
    found: list[MarginPolicy] = []
    early: dict[int, str] = {}
    for p, policy in enumerate(asked):
        try:
            found.append(as_policy(policy, time=market.time_ns))
        except TooEarlyError as error:
            if len(early) == len(asked) - 1:
                raise
            found.append(replace(at(f"{policy}/{error.first}"), id=str(policy)))
            early[p] = str(error)
    return found, early


def _without(found: Comparison, early: Mapping[int, str]) -> Comparison:
    """Return a comparison in which some policies, by place, are unavailable to all accounts."""
    margins = list(found.margins)
    netted, apart = found.netted_usd.copy(), found.apart_usd.copy()
    for p, why in early.items():
        nobody = replace(
            margins[p].requirement, uses=(), refused={}, refused_assets={}, reads_prices=False,
            refused_accounts=dict.fromkeys(range(len(found.accounts)), why),
        )  # fmt: skip
        margins[p] = replace(margins[p], requirement=nobody)
        netted[p] = apart[p] = np.nan
    return Comparison(tuple(margins), netted, apart)
