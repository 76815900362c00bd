"""Margin of futures, position by position: slices of notional at rising rates, and notional over leverage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.brackets import bracketed
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.leverage_brackets import bracket_leverage
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.refusals import sorts_of
from seawall.margining.blocks.short_option_rates import MarginPair, short_option_entries
from seawall.margining.models.binance_pm.numbers import brackets, family_of, option_factors
from seawall.market import Exposure
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


def entry_margins(policy: MarginPolicy, book: ResolvedBook, leaning: Exposure, held: Holdings) -> MarginPair:
    """Return the margin of each entry of some holdings in USD, `(nnz,)`, futures and options alike."""
    futures = future_entries(policy, book, leaning, held)
    options = short_option_entries(book, held, option_factors(policy, book.snapshot.table))
    return MarginPair(futures.initial + options.initial, futures.maintenance + options.maintenance)


def future_entries(policy: MarginPolicy, book: ResolvedBook, leaning: Exposure, held: Holdings) -> MarginPair:
    """Return the margin of each future and perpetual in USD, `(nnz,)`; zero for options.

    NaN where the policy has no table. Notional is in the settlement asset: quote for linear contracts, coin for inverse
    ones, and the venue turns margin to dollars at the asset's index. Initial margin is never below maintenance,
    whatever the tables hold.
    """
    snapshot, table = book.snapshot, book.snapshot.table
    initial, maintenance = np.zeros(len(held)), np.zeros(len(held))
    sorts, which = sorts_of(book)
    unit = np.where(table.inverse, leaning.base_size, snapshot.mark)
    settled_usd = np.array([usd_price(book, asset) for asset in table.settlements])[table.settlement_column]
    for s, sort in enumerate(sorts):
        if sort.kind == Kind.OPTION:
            continue
        at = np.flatnonzero(which[held.columns] == s)
        columns = held.columns[at]
        notional = np.abs(held.sizes[at]) * unit[columns]
        numbers = brackets(policy, sort.underlying, family_of(sort))
        if numbers is None:
            initial[at] = maintenance[at] = np.nan
            continue
        allowed = bracket_leverage(notional, numbers.floor, numbers.leverage)
        leverage = np.minimum(allowed, policy.number("general.leverage"))
        kept = bracketed(notional, numbers.floor, numbers.rate)
        initial[at] = np.maximum(notional / leverage, kept) * settled_usd[columns]
        maintenance[at] = kept * settled_usd[columns]
    return MarginPair(initial, maintenance)


def by_kind(book: ResolvedBook, held: Holdings, margin: MarginPair) -> dict[str, Mapping[str, FloatArray]]:
    """Return `initial` and `maintenance` of futures and of options, `(A,)` each."""
    is_option = book.snapshot.table.is_kind(Kind.OPTION)[held.columns]
    return {
        name: {
            "futures": per_account(held, np.where(is_option, 0.0, amounts)),
            "options": per_account(held, np.where(is_option, amounts, 0.0)),
        }
        for name, amounts in zip(MarginPair._fields, margin, strict=True)
    }
