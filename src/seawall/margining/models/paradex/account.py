"""What an account is worth, and what Paradex has no rule for: the same under both margin modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import equity_in
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook

CASH = ("USD", "USDC")
"""What is taken as collateral; dollars of books of other venues count beside it."""


class Worth(NamedTuple):
    """Account value in USD `(A,)`, and assets that count for nothing here, each with why."""

    value: FloatArray
    refused: dict[str, str]


def account_value(policy: MarginPolicy, book: ResolvedBook) -> Worth:
    """Return collateral and unrealised profit, value of options included."""
    leaning, total = book.snapshot.exposure, np.zeros(len(book.book))
    for asset in sorted({*book.snapshot.table.settlements, *book.book.assets}):
        amount = equity_in(asset, book, leaning).total
        total = total + np.where(amount == 0.0, 0.0, amount * usd_price(book, asset))
    return Worth(
        total,
        {
            asset: f"{asset}: {policy.id} does not take it as collateral; Paradex takes USDC only"
            for asset in book.book.assets
            if asset not in CASH
        },
    )


def refusals(policy: MarginPolicy, book: ResolvedBook, has_numbers: Callable[[Kind, str], bool]) -> dict[int, str]:
    """Return what the policy has no rule or no numbers for, by row of the table."""

    def why(sort: Sort) -> str:
        word = sort.kind.name.lower()
        if sort.kind not in (Kind.OPTION, Kind.PERPETUAL):
            return f"{policy.id} has no rule for a {word}; Paradex lists none"
        if has_numbers(sort.kind, sort.underlying):
            return ""
        return (
            f"{policy.id} has no numbers for {'an option' if word == 'option' else 'a perpetual'} on {sort.underlying}"
        )

    return refused_rows(book, why)


def mark_usd(book: ResolvedBook) -> FloatArray:
    """Return the mark of one unit of size in USD, `(N,)`: a dollar for what is sized in dollars."""
    snapshot, table = book.snapshot, book.snapshot.table
    sized_in_quote = table.inverse & ~table.is_kind(Kind.OPTION)
    prices = {asset: usd_price(book, asset) for asset in {*table.quote, *table.settlement}}
    quote = np.array([prices[asset] for asset in table.quote], dtype=np.float64)
    paid_in = np.array([prices[asset] for asset in table.settlement], dtype=np.float64)
    unit = np.where(np.isnan(snapshot.mark), np.nan, 1.0)
    return np.where(sized_in_quote, unit * quote, snapshot.mark * np.where(table.inverse, paid_in, quote))


def holders(held: Holdings, entries: np.ndarray) -> np.ndarray:
    """Return which accounts have one of the given entries, `(A,)`."""
    found = np.zeros(len(held.indptr) - 1, np.bool_)
    found[held.rows[entries]] = True
    return found
