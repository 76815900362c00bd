"""What one unit of size of each instrument adds to the charges: one column each, in USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.time import NO_EXPIRY_NS
from seawall.instruments import Kind
from seawall.margining.blocks.liquidation_cost import option_cost
from seawall.margining.blocks.lookups import by_underlying, of_underlying, usd_price
from seawall.margining.models.okx_pm.numbers import by_base
from seawall.market import Exposure
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

QUOTES = ("USDT", "USDC", "USD")
"""Quotes that risk units and stable-coin risk tell apart; what is settled in coin is quoted in USD."""


@dataclass(frozen=True)
class Columns:
    """Per unit of size of N instruments; NaN where the snapshot lacks a price.

    Attributes
    ----------
    pnl
        `(S, N)` profit and loss in USD under the scenarios.
    moves
        `(S,)` price move of each underlying that has scenarios.
    delta, delta_usd
        `(N,)` in coins, and at the mark in USD.
    distance_usd
        `(N,)` value of a dated future less that at the index; zero for all else.
    close_long, close_short
        `(N,)` slippage and fee of closing what is held on that side.
    notional_usd
        `(N,)` value of the contract: at the mark, an option's at the index.
    quote
        `(N,)` which of `QUOTES`.
    option, dated
        `(N,)` flags.
    """

    pnl: FloatArray
    moves: Mapping[str, FloatArray]
    delta: FloatArray
    delta_usd: FloatArray
    distance_usd: FloatArray
    close_long: FloatArray
    close_short: FloatArray
    notional_usd: FloatArray
    quote: IntArray
    option: BoolArray
    dated: BoolArray


def columns_of(policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, leaning: Exposure) -> Columns:
    """Return the columns of a book's instruments.

    A future's or perpetual's profit is its size at the *index* times the move, whereas delta and value are those at
    the mark. An option's is the change of its dollar value, so that a coin-settled one has the profit of one settled
    in dollars.
    """
    snapshot, table = book.snapshot, book.snapshot.table
    option = table.is_kind(Kind.OPTION)
    index = by_underlying(book, lambda base: usd_price(book, base))
    settled = np.array([usd_price(book, asset) for asset in table.settlements], np.float64)[table.settlement_column]
    mark_usd = snapshot.mark * np.where(table.inverse & ~option, 1.0, settled)
    value_usd = leaning.base_size * mark_usd
    delta_usd = np.where(option, leaning.delta * index, value_usd)
    dated = ~option & (table.expiry_ns != NO_EXPIRY_NS)
    slippage, fee = by_base(policy, book, "slippage"), policy.number("general.taker_fee")
    cost = option_cost(
        leaning.delta, mark_usd, index, slippage=by_base(policy, book, "option_slippage"),
        fee=policy.number("general.option_taker_fee"), fee_cap=policy.number("general.option_fee_cap"),
    )  # fmt: skip
    close = value_usd * (slippage + fee)
    quotes = [QUOTES.index(asset if asset in STABLE_ASSETS else "USD") for asset in table.settlements]
    return Columns(
        pnl=book.once_for("pnl at the index", pnl, lambda: _pnl(book, pnl, leaning, option, index, settled)),
        moves={base: pnl.scenarios.spot[:, u] for u, base in enumerate(pnl.scenarios.underlyings)},
        delta=leaning.delta,
        delta_usd=delta_usd,
        distance_usd=np.where(dated, value_usd - leaning.base_size * index, 0.0),
        close_long=np.where(option, cost.long, close),
        close_short=np.where(option, cost.short, close),
        notional_usd=np.where(option, index, value_usd),
        quote=np.where(table.inverse, QUOTES.index("USD"), np.array(quotes, np.int64)[table.settlement_column]),
        option=option,
        dated=dated,
    )


def _pnl(
    book: ResolvedBook, pnl: PnlTensor, leaning: Exposure, option: BoolArray, index: FloatArray, settled: FloatArray
) -> FloatArray:
    table, scenarios = book.snapshot.table, pnl.scenarios
    known = scenarios.underlyings
    columns = np.full((len(scenarios), len(table)), np.nan)
    paid_in, bases = np.array(table.settlements), np.array(table.underlyings)
    in_coin = paid_in[table.settlement_column] == bases[table.underlying_column]
    for base in set(known) & set(table.underlyings):
        mine = of_underlying(book, base)
        moves = scenarios.spot[:, known.index(base), None]
        rest, options = np.flatnonzero(mine & ~option), np.flatnonzero(mine & option)
        columns[:, rest] = (leaning.base_size[rest] * index[rest]) * moves
        gain = np.where(in_coin[options], settled[options], 0.0) * moves  # of one coin
        columns[:, options] = pnl.pnl[:, options] * (settled[options] + gain) + book.snapshot.mark[options] * gain
    return columns
