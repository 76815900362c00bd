"""What each position pays by itself: short options by formula, futures and perpetuals by their risk-limit tiers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.brackets import bracketed
from seawall.margining.blocks.leverage_brackets import bracket_leverage
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.short_option_with_fee import short_option_with_fee
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook

OPTION_NUMBERS = ("option_initial", "option_initial_floor", "option_maintenance", "option_liquidation_fee")
TIER_NUMBERS = ("risk_limits", "maintenance_rates", "max_leverages")
FEE_NUMBER = "general.close_fee_rate"


class EntryMargin(NamedTuple):
    """Margin of each entry of some holdings in USD, `(nnz,)` each; none is negative."""

    initial: FloatArray
    maintenance: FloatArray


def market_path(base: str) -> str:
    """Return where the policy keeps a coin's numbers."""
    return f"market.{base.lower()}"


def knows(policy: MarginPolicy, base: str) -> bool:
    """Whether the policy has numbers for contracts on a coin."""
    return policy.has(f"{market_path(base)}.risk_limits")


def entry_margins(policy: MarginPolicy, book: ResolvedBook, held: Holdings) -> EntryMargin:
    """Return the margin of each entry; NaN where a price is missing or the policy has no numbers for the coin."""
    initial, maintenance = np.full(len(held), np.nan), np.full(len(held), np.nan)
    option = book.snapshot.table.is_kind(Kind.OPTION)[held.columns]
    for base in book.snapshot.table.underlyings:
        if not knows(policy, base):
            continue
        mine = of_underlying(book, base)[held.columns]
        for rows, margin_of in (
            (np.flatnonzero(mine & option), _options),
            (np.flatnonzero(mine & ~option), _futures),
        ):
            found = margin_of(policy, book, held.columns[rows], held.sizes[rows], held.entry_prices[rows], base)
            initial[rows], maintenance[rows] = found
    return EntryMargin(initial, maintenance)


def _prices(book: ResolvedBook, names: tuple[str, ...], columns: np.ndarray) -> FloatArray:
    """Return USD per unit of the asset that each entry's instrument is quoted or settled in."""
    known = {asset: usd_price(book, asset) for asset in {*names}}
    return np.array([known[names[n]] for n in columns], dtype=np.float64)


def _options(
    policy: MarginPolicy, book: ResolvedBook, n: np.ndarray, sizes: FloatArray, entry: FloatArray, base: str
) -> EntryMargin:
    """Return the margin of options in USD; a long one needs nothing, yet one without a mark stays unavailable."""
    table, mark = book.snapshot.table, book.snapshot.mark[n]
    paid_in, quoted_in = _prices(book, table.settlement, n), _prices(book, table.quote, n)
    index = np.full(len(n), usd_price(book, base))
    initial, floor, maintenance, fee = (
        np.full(len(n), policy.number(f"{market_path(base)}.{name}")) for name in OPTION_NUMBERS
    )
    one = short_option_with_fee(
        mark * paid_in, entry * paid_in, index, table.strike[n] * quoted_in, is_call=table.is_call[n],
        initial=initial, initial_floor=floor, maintenance=maintenance, fee=fee,
    )  # fmt: skip
    sold = np.maximum(-sizes, 0.0)
    charged = (sold > 0.0) | np.isnan(mark)
    return EntryMargin(np.where(charged, sold * one.initial, 0.0), np.where(charged, sold * one.maintenance, 0.0))


def _futures(
    policy: MarginPolicy, book: ResolvedBook, n: np.ndarray, sizes: FloatArray, entry: FloatArray, base: str
) -> EntryMargin:
    """Return the margin of futures and perpetuals in USD, at the highest leverage that their worth allows."""
    table, path = book.snapshot.table, market_path(base)
    mark = book.snapshot.mark[n]
    worth = np.abs(sizes) * np.where(table.inverse[n], np.where(np.isnan(mark), np.nan, 1.0), mark)
    limits, rates, leverages = (policy.numbers(f"{path}.{name}") for name in TIER_NUMBERS)
    share = 1.0 / bracket_leverage(worth, limits, leverages)
    # A long position is bankrupt one over its leverage below its price, a short one as much above.
    closing = worth * (1.0 - np.sign(sizes) * share) * policy.number(FEE_NUMBER)
    usd = _prices(book, table.quote, n)
    maintenance = (bracketed(worth, limits, rates) + closing) * usd
    return EntryMargin(np.maximum((worth * share + closing) * usd, maintenance), maintenance)
