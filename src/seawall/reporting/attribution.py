"""Who causes the margin: Euler shares as a waterfall, and what each position is worth to it."""

from __future__ import annotations

import math

from seawall.charts import to_svg, waterfall
from seawall.reporting.blocks import Block, Chart, Prose, Section, columns, number, of_rows, together, typeset, words
from seawall.reporting.context import Context
from seawall.reporting.price_curves import context_key
from seawall.risk.margin_shares import MarginShares, margin_shares
from seawall.risk.marginal_margin import PositionMargins, position_margins

BARS_COUNT = 16
"""A waterfall has this many holdings; the smaller ones are one bar."""
POSITIONS_COUNT = 40
NEGLIGIBLE = 1e-9


def attribution(context: Context, account: str) -> Section:
    """Return how initial margin is shared among holdings, with what no share reaches."""
    blocks: list[Block] = []
    shares = margin_shares(context.book, context.market, context.policy, account=account, parse=context.parse)
    if shares.unavailable or math.isnan(shares.initial):
        why = shares.unavailable or context.unavailable(account) or "a margin in USD is not available"
        return Section("attribution", "Who causes the margin", (Prose(f"Nothing is shared out: {why}.", "warning"),))
    if not shares.shares:
        return Section("attribution", "Who causes the margin", (Prose("It holds nothing."),))
    blocks.append(_waterfall(shares, context_key(account, context)))
    if shares.at_kink:
        at = [one.name for one in shares.shares if one.at_kink]
        blocks.append(Prose(
            f"Another scenario binds as soon as {', '.join(at[:6])}{' and others' if len(at) > 6 else ''} "
            f"{'is' if len(at) == 1 else 'are'} a little larger or smaller; these shares are a mean of both sides.",
        ))  # fmt: skip
    if len(context.book.account(account).positions) <= POSITIONS_COUNT:
        found = position_margins(context.book, context.market, context.policy, account=account, parse=context.parse)
        if found.positions:
            blocks.append(_positions(found))
    return Section("attribution", "Who causes the margin", tuple(blocks))


def _waterfall(shares: MarginShares, key: str) -> Chart:
    order = sorted(shares.shares, key=lambda one: (-abs(one.initial), one.name))
    kept = sorted(order[:BARS_COUNT], key=lambda one: (-one.initial, one.name))
    rest = sum(one.initial for one in order[BARS_COUNT:])
    labels, parts = [one.name for one in kept], [one.initial for one in kept]
    if order[BARS_COUNT:]:
        labels.append(f"{len(order) - BARS_COUNT} smaller ones")
        parts.append(rest)
    labels.append("unallocated rest")
    unallocated = shares.unallocated_initial
    parts.append(unallocated if abs(unallocated) > NEGLIGIBLE * abs(shares.initial) else 0.0)
    drawn = waterfall(labels, parts, total="initial margin", x_label="USD")
    named, amounts = [*labels, "initial margin"], together([*parts, shares.initial], "USD")
    told = "; ".join(f"{name} {text}" for name, text in zip(named, amounts, strict=True))
    return Chart(
        "Initial margin by holding, USD: what is hatched frees margin",
        to_svg(drawn, title="Initial margin by holding", description=typeset(told), key=f"{key}-shares"),
        note=typeset(f"{told}. A share is the holding times the slope of the margin in it; the rest is what no share "
                   "reaches: charges that look at size, floors, ties."),
    )  # fmt: skip


def _positions(found: PositionMargins) -> Block:
    names = ("initial", "maintenance", "initial_alone")
    usd = zip(*columns([[float(getattr(one, name)) for one in found.positions] for name in names], "USD"), strict=True)
    rows = [
        [words(one.instrument), number(f"{one.size:,.10g}"), *cells]
        for one, cells in zip(found.positions, usd, strict=True)
    ]
    heads = ("position", ">size", ">initial it adds", ">maintenance it adds", ">initial alone")
    note = "What closing the position at the mark would free, and what it needs by itself; below zero it frees margin."
    return of_rows("What each position adds, USD", heads, rows, note=note)
