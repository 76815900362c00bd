"""What a margin means, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seawall.core.amounts import amount
from seawall.margining import AccountMargin
from seawall.reporting.blocks import typeset
from seawall.risk.distance import Distance

STATUS_WORDS = {
    "safe": "within its margin",
    "called": "short of initial margin",
    "liquidated": "at liquidation",
    "unavailable": "margin unavailable",
}


def status_of(rows: Sequence[AccountMargin], ways: Sequence[Distance] = ()) -> str:
    """Return where an account stands, by the netting set that is worst off; a key of `STATUS_WORDS`."""
    if any(row.unavailable for row in rows):
        return "unavailable"
    if any(row.margin_ratio >= 1.0 for row in rows) or any(one.kind == "already" for one in ways):
        return "liquidated"
    return "called" if any(row.available_funds < 0.0 for row in rows) else "safe"


def meaning(rows: Sequence[AccountMargin], ways: Sequence[Distance] = ()) -> str:
    """Return what an account's margin says, for people: what it needs, what is left, and what is nearest."""
    told = [_of_one(row, one_of_many=len(rows) > 1) for row in rows]
    near = nearest(ways)
    if near and not any(row.unavailable for row in rows):
        told.append(f"Of the single moves that were followed, the nearest that makes the venue act is {near}.")
    elif ways and all(one.kind == "none" for one in ways):
        told.append("No single move within reach makes the venue act.")
    return typeset(" ".join(told))


def _of_one(row: AccountMargin, *, one_of_many: bool) -> str:
    who = f"In {row.currency} the account" if one_of_many else "The account"
    if row.unavailable:
        return f"{who} has no margin that could be computed: {row.unavailable}."
    need, unit = amount(row.initial_margin, row.currency), row.currency
    if row.margin_ratio >= 1.0:
        kept = amount(row.maintenance_margin, unit)
        held = amount(row.margin_balance, unit)
        return (
            f"{who} is where the venue liquidates: maintenance margin is {kept} {unit}, and its margin balance {held}."
        )
    if row.available_funds < 0.0:
        short = amount(-row.available_funds, unit)
        return (
            f"{who} is short of the {need} {unit} of initial margin by {short} {unit}: it can add no risk and withdraw "
            f"nothing. The venue liquidates at a margin ratio of 100 %; it is {ratio(row.margin_ratio)}."
        )
    left = amount(row.available_funds, unit)
    return (
        f"{who} needs {need} {unit} of initial margin and has {left} {unit} beyond it. The venue liquidates at a "
        f"margin ratio of 100 %; it is {ratio(row.margin_ratio)}."
    )


def nearest(ways: Sequence[Distance]) -> str:
    """Return the nearest price move that makes the venue act, in words; empty where no price does."""
    found = [one for one in ways if one.kind in ("crossing", "jump") and len(one.prices) == 1]
    if not found:
        return ""
    one = min(found, key=lambda way: abs(math.log1p(way.move)))
    [(asset, price)] = one.prices.items()
    return f"{asset} {percent_move(one.move)}, to {price_words(price)} USD"


def percent_move(move: float) -> str:
    """Return a relative move, signed."""
    if move == 0.0:
        return "0 %"
    return f"{move:+.1%}" if abs(move) < 9.995 else f"{move:+,.0%}"


def ratio(number: float) -> str:
    """Return a margin ratio as per cent: 100 % is liquidation."""
    if math.isnan(number):
        return "n/a"
    return "no equity" if math.isinf(number) else f"{number:,.1%}"


def price_words(price: float) -> str:
    """Return a price in as many digits as one reads.

    Examples
    --------
    >>> price_words(48_951.26), price_words(0.01234567)
    ('48,951', '0.01235')
    """
    return f"{price:,.0f}" if price >= 1_000.0 else f"{price:,.4g}"
