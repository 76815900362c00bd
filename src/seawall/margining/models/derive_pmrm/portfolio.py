"""What many accounts hold with one underlying's manager, arranged as the rules read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.time import iso
from seawall.instruments import Kind
from seawall.margining.blocks.cash_coin import unit_prices
from seawall.margining.blocks.confidence import least_confidence, stated
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.naked_shorts import naked_shorts
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.derive_pmrm.collateral import Collateral
from seawall.margining.models.derive_pmrm.scenario_list import VALUED_COUNT
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor


@dataclass(frozen=True)
class Expiry:
    """Options of one expiry, of the H accounts that hold any.

    Attributes
    ----------
    name
        The instant of expiry.
    years, rate
        Time to expiry; the interest rate to it, never negative.
    accounts
        `(H,)` rows of the book.
    worth
        `(H, 3 + S)` undiscounted value in USD: now, at the two basis moves, in each scenario of the list.
    size
        `(H,)` sum of absolute sizes.
    confidence
        `(H,)` the least of forward, rate and volatility over the options held.
    """

    name: str
    years: float
    rate: float
    accounts: IntArray
    worth: FloatArray
    size: FloatArray
    confidence: FloatArray


@dataclass(frozen=True)
class Portfolio:
    """All of A accounts that one underlying's manager margins.

    Attributes
    ----------
    base
        The underlying.
    spot, stable
        USD per unit of the underlying, and per unit of the stable coin.
    spot_confidence
        Of the former.
    moves
        Relative moves of the price in the scenarios of the list, `(S,)`.
    perp, perp_confidence, perp_pnl
        Net perpetual position in units of the underlying `(A,)`; the confidence of its price, full for those without;
        its profit and loss in each scenario of the list, `(A, S)`.
    expiries
        Options by expiry.
    naked
        `(A,)` size of short options that nothing of their strike covers.
    collateral
        Assets other than cash.
    """

    base: str
    spot: float
    stable: float
    spot_confidence: float
    moves: FloatArray
    perp: FloatArray
    perp_confidence: FloatArray
    perp_pnl: FloatArray
    expiries: tuple[Expiry, ...]
    naked: FloatArray
    collateral: tuple[Collateral, ...]

    @property
    def confidence(self) -> FloatArray:
        """The lesser of spot's and, for those who hold it, the perpetual's, `(A,)`."""
        return np.minimum(self.spot_confidence, self.perp_confidence)

    def in_usd(self, amount: FloatArray) -> FloatArray:
        """Return amounts of the underlying in USD; a price that is missing touches only those who hold something."""
        return np.where(amount == 0.0, 0.0, amount * self.spot)


def base_size(book: ResolvedBook) -> FloatArray:
    """Return units of the underlying that one unit of size stands for, `(N,)`."""
    snapshot = book.snapshot
    sized_in_quote = snapshot.table.inverse & ~snapshot.table.is_kind(Kind.OPTION)
    return np.where(sized_in_quote, 1.0 / np.where(snapshot.mark > 0.0, snapshot.mark, np.nan), 1.0)


def arrange(
    book: ResolvedBook,
    held: Holdings,
    pnl: PnlTensor,
    base: str,
    collateral: Sequence[Collateral],
    *,
    moves: FloatArray,
    stable: float,
    with_rates: bool,
) -> Portfolio:
    """Return the portfolio of one underlying.

    Parameters
    ----------
    book
        Whose instruments the holdings refer to.
    held
        Positions of A accounts, perhaps with orders added.
    pnl
        The tensor of `scenario_list.scenario_set`.
    base, collateral
        The underlying, and what lies with its manager.
    moves
        Of its own list, for a book that has no instrument on it and so no tensor that moves it.
    stable
        Price of the stable coin.
    with_rates
        Read the interest rates of the feeds; they are zero otherwise.
    """
    table, feeds = book.snapshot.table, book.snapshot.feeds
    scenarios_count = len(moves)
    if base in pnl.scenarios.underlyings:
        moves = pnl.scenarios.asset_move(base)[VALUED_COUNT : VALUED_COUNT + scenarios_count]
    mine = held.among(of_underlying(book, base))
    perps = mine.among(table.is_kind(Kind.PERPETUAL))
    options = mine.among(table.is_kind(Kind.OPTION))
    prices = unit_prices(book, pnl)[: VALUED_COUNT + scenarios_count]
    rows = pnl.pnl[: VALUED_COUNT + scenarios_count]
    mark_confidence = stated(np.full(len(table), np.nan) if feeds is None else feeds.mark_confidence)
    spot_confidence = np.nan if feeds is None else feeds.index_confidence.get(base, np.nan)
    return Portfolio(
        base=base,
        spot=usd_price(book, base),
        stable=stable,
        spot_confidence=float(stated(spot_confidence)),
        moves=moves,
        perp=per_account(perps, perps.sizes * base_size(book)[perps.columns]),
        perp_confidence=least_confidence(perps, mark_confidence),
        perp_pnl=_perp_pnl(perps, rows[VALUED_COUNT:] * prices[VALUED_COUNT:], scenarios_count),
        expiries=tuple(_expiries(book, options, (book.snapshot.mark + rows) * prices, with_rates=with_rates)),
        naked=naked_shorts(options, book),
        collateral=tuple(collateral),
    )


def derivatives_of(book: ResolvedBook, held: Holdings, bases: Sequence[str]) -> BoolArray:
    """Return which accounts hold derivatives of each underlying, `(A, B)`."""
    return np.stack([held.owners(of_underlying(book, base)) for base in bases], axis=1)


def rates_of(book: ResolvedBook, *, with_rates: bool) -> FloatArray:
    """Return interest rates, `(N,)`: never negative, and zero where none is stated."""
    feeds = book.snapshot.feeds
    if feeds is None or not with_rates:
        return np.zeros(len(book.snapshot))
    return np.maximum(np.nan_to_num(feeds.rate), 0.0)


def _perp_pnl(perps: Holdings, columns: FloatArray, scenarios_count: int) -> FloatArray:
    """Return profit and loss in each scenario of the list, `(A, S)`; a book without perpetuals may have no tensor."""
    if len(perps) == 0:
        return np.zeros((len(perps.indptr) - 1, scenarios_count))
    return sums_of(perps, columns)


def _pairs(when: IntArray, rates: FloatArray) -> IntArray:
    """Return the place of each instrument's expiry and rate among the distinct pairs, in rising order, `(N,)`."""
    order = np.lexsort((rates, when))
    new = (np.diff(when[order]) != 0) | (np.diff(rates[order]) != 0.0)
    place = np.zeros(len(when), np.int64)
    place[order[1:]] = np.cumsum(new)
    return place


def _expiries(book: ResolvedBook, options: Holdings, worth: FloatArray, *, with_rates: bool) -> list[Expiry]:
    """Return the options by expiry, in order of time; unlike rates of one expiry are kept apart."""
    snapshot, feeds = book.snapshot, book.snapshot.feeds
    rates = rates_of(book, with_rates=with_rates)
    confidence = np.ones(len(snapshot))
    if feeds is not None:
        for column in (feeds.forward_confidence, feeds.rate_confidence, feeds.vol_confidence):
            confidence = np.minimum(confidence, stated(column))
    when = snapshot.table.expiry_ns
    parts, account, group = options.by_group(book.once(("expiries", with_rates), lambda: _pairs(when, rates)))
    worths, sizes = sums_of(parts, worth), per_account(parts, np.abs(parts.sizes))
    confidences = least_confidence(parts, confidence)
    bounds = np.flatnonzero(np.diff(group, prepend=-1, append=-1)).tolist() if len(group) else []
    found = []
    for start, end in pairwise(bounds):
        first = parts.columns[parts.indptr[start]]
        mine = slice(start, end)
        found.append(
            Expiry(
                name=iso(int(when[first])),
                years=float(snapshot.years[first]),
                rate=float(rates[first]),
                accounts=account[mine],
                worth=worths[mine],
                size=sizes[mine],
                confidence=confidences[mine],
            )
        )
    return found
