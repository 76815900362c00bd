"""One combined commodity of A accounts: everything on one underlying, scanned together and charged for what parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.span_portfolio.numbers import Commodity, Pair
from seawall.margining.models.span_portfolio.rule import (
    Risk,
    Scan,
    price_risk,
    scan,
    spreads_between,
    weighted_price_risk,
)
from seawall.margining.models.span_portfolio.tiers import TierSpreads, tier_spreads
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class Market:
    """What the rule reads of the market, whoever holds what.

    Attributes
    ----------
    usd
        `(16, N)` USD gained by one unit of size, after cover fractions.
    delta
        `(N,)` composite delta, base asset per unit of size.
    near_days, delivery_days
        Where the near expiries and the ones close to delivery end.
    som_method
        `gross`: all short options are counted; `max`: the larger of short calls and short puts.
    """

    usd: FloatArray
    delta: FloatArray
    near_days: float
    delivery_days: float
    som_method: str


@dataclass(frozen=True, slots=True)
class Combined:
    """One combined commodity of A accounts, `(A,)` in USD where nothing else is said.

    Attributes
    ----------
    pnl
        `(A, 16)` profit and loss after cover fractions.
    scan
        Scanning risk and the active scenario.
    delta_usd
        Net composite delta at the index.
    spreads
        Spread delta between expiries, base asset.
    spread_charge, delivery, short_options
        Charges.
    """

    pnl: FloatArray
    scan: Scan
    delta_usd: FloatArray
    spreads: TierSpreads
    spread_charge: FloatArray
    delivery: FloatArray
    short_options: FloatArray

    def risk(self, credit: FloatArray) -> Risk:
        """Return the charges together with a spread credit."""
        return Risk(self.scan.risk, credit, self.spread_charge, self.delivery, self.short_options)


def combined(book: ResolvedBook, held: Holdings, market: Market, base: str, numbers: Commodity) -> Combined:
    """Return the charges of one underlying, before credits from others.

    Parameters
    ----------
    book
        Whose instruments the holdings refer to.
    held
        Sizes of A accounts.
    market, base, numbers
        Gains and deltas of every instrument; the underlying, and its numbers.
    """
    table = book.snapshot.table
    members = of_underlying(book, base)
    mine = held.where(members[held.columns])
    index = usd_price(book, base)
    pnl = sums_of(mine, market.usd)
    rows = np.flatnonzero(members)
    expiries, which = np.unique(table.expiry_ns[rows], return_inverse=True)
    by_expiry = np.zeros((len(expiries), len(table)))
    by_expiry[which.ravel(), rows] = market.delta[rows]
    deltas = sums_of(mine, by_expiry)
    left = np.full(len(expiries), np.inf)
    left[which.ravel()] = book.snapshot.years[rows] * DAYS_PER_YEAR
    dated = np.isfinite(left)
    spreads = tier_spreads(deltas, dated & (left > market.near_days))
    charged = (
        _worth(spreads.near, index) * numbers.spread_near
        + _worth(spreads.far, index) * numbers.spread_far
        + _worth(spreads.across, index) * numbers.spread_near_far
    )
    near, net = np.zeros(len(deltas)), np.zeros(len(deltas))
    for delta, closes in zip(deltas.T, dated & (left <= market.delivery_days), strict=True):
        near, net = near + (np.abs(delta) if closes else 0.0), net + delta
    in_spreads = np.minimum(near, spreads.total)
    delivery = (
        _worth(in_spreads, index) * numbers.delivery_spread
        + _worth(near - in_spreads, index) * numbers.delivery_outright
    )
    sold = short_options(book, mine, method=market.som_method)
    return Combined(
        pnl,
        scan(pnl),
        _worth(net, index),
        spreads,
        charged,
        delivery,
        _worth(sold, index) * numbers.short_option_minimum,
    )


def _worth(coins: FloatArray, index: float) -> FloatArray:
    """Return coins in USD; a price that is missing touches only those who have any."""
    return np.where(coins == 0.0, 0.0, coins * index)


def short_options(book: ResolvedBook, held: Holdings, *, method: str) -> FloatArray:
    """Return how many options are short, base asset, `(A,)`: all of them, or the larger of calls and puts."""
    table = book.snapshot.table
    sold = np.where(table.is_kind(Kind.OPTION)[held.columns], np.maximum(-held.sizes, 0.0), 0.0)
    is_call = table.is_call[held.columns]
    calls, puts = (per_account(held, np.where(side, sold, 0.0)) for side in (is_call, ~is_call))
    return np.maximum(calls, puts) if method == "max" else calls + puts


def spread_credits(found: Mapping[str, Combined], pairs: Sequence[Pair], count: int) -> dict[str, FloatArray]:
    """Return what each combined commodity is credited for spreads with others, `(A,)` in USD.

    Deltas are counted in USD, one of one leg against one of the other; a spread uses its deltas up.
    """
    given = {base: np.zeros(count) for base in found}
    left = {base: one.delta_usd for base, one in found.items()}
    weighted = {
        base: weighted_price_risk(price_risk(one.pnl, one.scan.active), one.delta_usd) for base, one in found.items()
    }
    for pair in pairs:
        spreads = spreads_between(left[pair.one], left[pair.other])
        for base in (pair.one, pair.other):
            credit = weighted[base] * spreads * pair.credit_rate
            given[base] = np.minimum(given[base] + credit, found[base].scan.risk)
            left[base] = left[base] - np.sign(left[base]) * spreads
    return given
