"""Provisions: fees of closing what is open, and the funding that the next eight hours are expected to take."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import by_underlying, usd_price
from seawall.margining.models.paradex.account import mark_usd
from seawall.margining.models.paradex.numbers import Fees
from seawall.portfolio import Holdings, ResolvedBook


def fee_rates(book: ResolvedBook, fees: Fees) -> FloatArray:
    """Return the fee of closing one unit of size in USD, `(N,)`: an option's is a share of spot, capped by premium."""
    table = book.snapshot.table
    mark = mark_usd(book)
    if len(table) == 0:
        return np.zeros(0)
    spot = by_underlying(book, lambda base: usd_price(book, base))
    option = np.minimum(fees.option_taker * spot, fees.option_cap * mark)
    return np.where(table.is_kind(Kind.OPTION), option, fees.perp_taker * mark)


def fee_provision(held: Holdings, rates: FloatArray) -> FloatArray:
    """Return the fees of closing some holdings, `(A,)`."""
    return per_account(held, np.abs(held.sizes) * rates[held.columns])


def funding_rates(book: ResolvedBook, baseline: float) -> FloatArray:
    """Return the funding of eight hours that one unit long pays, USD `(N,)`; the baseline's where none is stated."""
    snapshot, table = book.snapshot, book.snapshot.table
    if len(table) == 0:
        return np.zeros(0)
    rate = np.where(np.isnan(snapshot.funding_8h), baseline, snapshot.funding_8h)
    spot = by_underlying(book, lambda base: usd_price(book, base))
    return np.where(table.is_kind(Kind.PERPETUAL), rate * spot * snapshot.exposure.base_size, 0.0)


def funding_provision(held: Holdings, rates: FloatArray) -> FloatArray:
    """Return the funding that an account pays on balance for one underlying's perpetuals, `(A,)`, never below zero."""
    return np.maximum(per_account(held, held.sizes * rates[held.columns]), 0.0)
