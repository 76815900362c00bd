"""One market of the StandardManager: the perpetual by a rate, options by expiry, and what low confidence adds.

Source: `StandardManager.sol` of github.com/derivexyz/v2-core; docs/margin/derive.md gives the rule in words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.confidence import least_confidence, low_confidence_charge, stated
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.models.derive_sm.numbers import General, OptionNumbers, PerpNumbers
from seawall.margining.models.derive_sm.options import INITIAL, MAINTENANCE, ExpiryMargin, expiry_margins
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True)
class Market:
    """One market's numbers; NaN where the policy has none for options or for the perpetual."""

    base: str
    general: General
    options: OptionNumbers
    perp: PerpNumbers
    stable: float


@dataclass(frozen=True)
class MarketMargin:
    """What A accounts need on one market beyond the worth of their positions, USD.

    Attributes
    ----------
    option_value
        `(A,)` what options are worth.
    perp, options
        `(2, A)` initial and maintenance.
    confidence, depeg
        `(A,)` what initial margin adds.
    offset_counts
        `(A,)` who has an expiry whose largest loss counts.
    expiries
        Options by expiry.
    """

    option_value: FloatArray
    perp: FloatArray
    options: FloatArray
    confidence: FloatArray
    depeg: FloatArray
    offset_counts: BoolArray
    expiries: tuple[ExpiryMargin, ...]


def market_margin(book: ResolvedBook, held: Holdings, worth: FloatArray, market: Market) -> MarketMargin:
    """Return the margin of every account on one market.

    Parameters
    ----------
    held
        Positions of A accounts.
    worth
        `(N,)` value in USD of one unit of each option.
    market
        Numbers.
    """
    table, feeds, general = book.snapshot.table, book.snapshot.feeds, market.general
    mine = held.where(of_underlying(book, market.base)[held.columns])
    perps = mine.where(table.is_kind(Kind.PERPETUAL)[mine.columns])
    chain = mine.where(table.is_kind(Kind.OPTION)[mine.columns])
    spot, count = usd_price(book, market.base), len(held.indptr) - 1
    sure = float(stated(np.nan if feeds is None else feeds.index_confidence.get(market.base, np.nan)))

    mark = book.snapshot.mark[perps.columns]
    inverse = table.inverse[perps.columns]
    notional = np.abs(per_account(perps, perps.sizes * np.where(inverse, np.where(np.isnan(mark), mark, 1.0), mark)))
    size = np.abs(per_account(perps, perps.sizes / np.where(inverse, mark, 1.0)))
    confidence = low_confidence_charge(
        np.minimum(least_confidence(perps, _column(book, "mark_confidence")), sure),
        _times(size, spot),
        threshold=general.perp_conf_threshold,
        margin=general.conf_factor,
    )
    value, short, needed = np.zeros(count), np.zeros(count), np.zeros((2, count))
    offset_counts = np.zeros(count, np.bool_)
    of_feeds = np.minimum(_column(book, "forward_confidence"), _column(book, "vol_confidence"))
    expiries = tuple(expiry_margins(book, chain, worth, of_feeds, spot, market.options))
    for one in expiries:
        here = one.accounts
        value[here] += one.value
        short[here] += one.short_size
        needed[:, here] += one.value - one.counted
        offset_counts[here] |= (one.offset > one.isolated).any(axis=0)
        confidence[here] += low_confidence_charge(
            np.minimum(one.confidence, sure),
            _times(one.short_size, spot),
            threshold=general.option_conf_threshold,
            margin=general.conf_factor,
        )
    rates = {INITIAL: market.perp.im, MAINTENANCE: market.perp.mm}
    return MarketMargin(
        option_value=value,
        perp=np.array([_times(notional, rates[which]) for which in (INITIAL, MAINTENANCE)]),
        options=needed,
        confidence=confidence,
        depeg=_times(size + short, spot) * general.depeg_rate(market.stable),
        offset_counts=offset_counts,
        expiries=expiries,
    )


def _column(book: ResolvedBook, name: str) -> FloatArray:
    """Return a feed's confidence in each instrument, full where none is stated, `(N,)`."""
    feeds = book.snapshot.feeds
    return stated(np.full(len(book.snapshot), np.nan) if feeds is None else getattr(feeds, name))


def _times(amount: FloatArray, by: float) -> FloatArray:
    """Return amounts times a number; one that is missing touches only those who hold something."""
    return np.where(amount == 0.0, 0.0, amount * by)
