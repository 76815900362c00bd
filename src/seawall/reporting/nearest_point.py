"""The nearest joint move at which the venue acts: how far it is by a stated covariance, and where."""

from __future__ import annotations

import math

from seawall.core.errors import InputError, UnavailableError
from seawall.reporting.blocks import Block, Listing, Prose, Section, Table, number, of_rows, typeset, words
from seawall.reporting.context import Context
from seawall.reporting.sentences import percent_move, price_words
from seawall.risk.daily_moves import at_the_money
from seawall.risk.reverse_stress import SIGMAS_MAX, VOL_PREFIX, ReverseStress

TITLE = "Nearest joint move"


def nearest_point(context: Context, account: str) -> Section:
    """Return the most plausible move of prices and volatilities together that makes the venue act."""
    if not context.coins(account):
        return Section("nearest", TITLE, (Prose("The account depends on no coin's price."),))
    try:
        found = context.nearest(account)
    except (InputError, UnavailableError) as gap:
        return Section("nearest", TITLE, (Prose(f"No joint move is told: {gap}.", "warning"),))
    blocks: list[Block] = [Prose(_meaning(found), "warning" if found.kind == "already" else "note")]
    if found.kind in ("crossing", "jump"):
        blocks.append(_table(context, found))
    blocks.append(Prose(
        f"{found.directions:,} directions were followed, each to its first point by full margins. A day's standard "
        "deviations are by this covariance of logarithmic moves:"
    ))  # fmt: skip
    blocks.append(Listing(tuple(typeset(f"{note}.") for note in found.notes)))
    return Section("nearest", TITLE, tuple(blocks))


def _meaning(found: ReverseStress) -> str:
    if found.kind == "none":
        return (
            f"No joint move of prices and volatilities within {SIGMAS_MAX:.0f} standard deviations of a day makes the "
            "venue act, nor does one of them alone within the reach of the distances above."
        )
    if found.kind == "already":
        return "The venue acts today, without any move."
    return typeset(
        f"Of all joint moves that were followed, the most plausible one that makes the venue act is {found.sigmas:.1f} "
        f"standard deviations of a day away. There the requirement is {found.ratio:.1%} of what it may be."
    )


def _table(context: Context, found: ReverseStress) -> Table:
    rows = []
    for name in sorted(found.factors, key=lambda one: -abs(found.logs[found.factors.index(one)])):
        price = context.market.index.get(name)
        named = f"price of {name}" if price else f"volatilities of {name.removeprefix(VOL_PREFIX)}"
        vol = math.nan if price else _vol(context, name.removeprefix(VOL_PREFIX))
        now, then = (
            f"{price_words(price * x)} USD" if price else f"{vol * x:.1%}" if vol == vol else "–"
            for x in (1.0, 1.0 + found.moves[name])
        )  # fmt: skip
        rows.append([words(named), number(percent_move(found.moves[name])), number(now), number(then)])
    note = "A coin's volatilities all move alike; shown is that of the option nearest to the money and 30 days."
    is_told = any(name.startswith(VOL_PREFIX) for name in found.factors)
    return of_rows("Where it is, the largest move first", ("what moves", ">move", ">from", ">to"), rows,
                   note=note if is_told else "")  # fmt: skip


def _vol(context: Context, coin: str) -> float:
    try:
        return at_the_money(context.market, coin)
    except UnavailableError:
        return math.nan
