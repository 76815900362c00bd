"""Margin of a short option as shares of the index, less what it is out of the money: both margins have a floor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import usd_price
from seawall.portfolio import Holdings, ResolvedBook

FACTORS = ("initial_margin", "min_initial_margin", "maintenance_margin", "min_maintenance_margin")
"""Shares of the index that the rule needs."""


class MarginPair(NamedTuple):
    """Initial and maintenance margin, of the same shape and in the same currency."""

    initial: FloatArray
    maintenance: FloatArray


def short_option_rates(
    mark: FloatArray,
    index: FloatArray,
    strike: FloatArray,
    *,
    is_call: BoolArray,
    initial_margin: FloatArray,
    min_initial_margin: FloatArray,
    maintenance_margin: FloatArray,
    min_maintenance_margin: FloatArray,
) -> MarginPair:
    """Return the margin of one short option: `max(rate * index - OTM, floor * index) + mark` for each of the two.

    Initial margin is never below maintenance, whatever the rates are.

    Parameters
    ----------
    mark, index, strike
        In one currency; OTM is the distance from index to strike out of the money.
    is_call
        Call or put.
    initial_margin, min_initial_margin, maintenance_margin, min_maintenance_margin
        Rate and floor of each margin, shares of the index.

    Examples
    --------
    >>> one = {name: np.array([share]) for name, share in zip(FACTORS, (0.15, 0.1, 0.075, 0.05), strict=True)}
    >>> margin = short_option_rates(np.array([2.0]), np.array([100.0]), np.array([104.0]), is_call=np.array([True]),
    ...                             **one)
    >>> margin.initial.tolist(), margin.maintenance.tolist()
    ([13.0], [7.0])
    """
    out = np.maximum(np.where(is_call, strike - index, index - strike), 0.0)
    initial = np.maximum(initial_margin * index - out, min_initial_margin * index)
    maintenance = np.maximum(maintenance_margin * index - out, min_maintenance_margin * index)
    return MarginPair(np.maximum(initial, maintenance) + mark, maintenance + mark)


def short_option_entries(book: ResolvedBook, held: Holdings, factors: Mapping[str, FloatArray]) -> MarginPair:
    """Return the margin of each entry of some holdings in USD, `(nnz,)`; zero for what is no short option.

    Parameters
    ----------
    book
        Whose instruments the holdings refer to.
    held
        Sizes of A accounts.
    factors
        The four shares by name, `(N,)` each; NaN where the policy has none, and so is the margin of its holders.

    Notes
    -----
    Options of any settlement are counted in dollars: the mark at the price of the asset that it is paid in.
    A long option needs nothing, yet one without a mark stays unavailable.
    """
    snapshot, table = book.snapshot, book.snapshot.table
    option = np.flatnonzero(table.is_kind(Kind.OPTION)[held.columns])
    n = held.columns[option]
    prices = {asset: usd_price(book, asset) for asset in {*table.underlying, *table.quote, *table.settlement}}
    index, quote, paid_in = (
        np.array([prices[asset] for asset in column], dtype=np.float64)
        for column in (table.underlying, table.quote, table.settlement)
    )
    one = short_option_rates(
        snapshot.mark[n] * paid_in[n],
        index[n],
        table.strike[n] * quote[n],
        is_call=table.is_call[n],
        **{name: share[n] for name, share in factors.items()},
    )
    amount = np.maximum(-held.sizes[option], 0.0)
    charged = (amount > 0.0) | np.isnan(snapshot.mark[n])
    initial, maintenance = np.zeros(len(held)), np.zeros(len(held))
    initial[option] = np.where(charged, amount * one.initial, 0.0)
    maintenance[option] = np.where(charged, amount * one.maintenance, 0.0)
    return MarginPair(initial, maintenance)
