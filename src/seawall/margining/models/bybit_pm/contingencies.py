"""The five contingencies of one coin: what the stress test does not see, charged on top of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.blocks.calendar_spread import hedged_amount, hedged_time
from seawall.margining.blocks.equity import per_account, per_group
from seawall.margining.blocks.naked_shorts import naked_shorts
from seawall.margining.models.bybit_pm.numbers import CoinNumbers
from seawall.margining.models.bybit_pm.stress import Market
from seawall.market import Exposure
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class Contingencies:
    """USD of A accounts, `(A,)` each, none negative."""

    short_option: FloatArray
    vega_spread: FloatArray
    stable_spread: FloatArray
    delta_spread: FloatArray
    futures: FloatArray

    @property
    def total(self) -> FloatArray:
        """All five together."""
        return self.short_option + self.delta_spread + self.vega_spread + self.stable_spread + self.futures


def contingencies(
    book: ResolvedBook,
    held: Holdings,
    exposure: Exposure,
    market: Market,
    numbers: CoinNumbers,
    spot: FloatArray,
) -> Contingencies:
    """Return the contingencies of every account on one coin.

    Parameters
    ----------
    book
        Whose instruments the holdings refer to.
    held
        Positions of A accounts, perhaps with orders added.
    exposure
        Deltas per unit of size.
    market, numbers
        The coin's market and its policy numbers.
    spot
        `(A,)` coins that hedge; they count as delta that expires now.
    """
    mine = held.among(market.members)
    options = held.among(market.options)
    futures = held.among(market.futures)
    coins = np.abs(futures.sizes * exposure.base_size[futures.columns])
    years, of_expiry = _expiries(book, market)
    quantities = per_group(options, options.sizes, of_expiry[options.columns], len(years))
    leaning = mine.sizes * exposure.net_delta[mine.columns]
    deltas = per_group(mine, leaning, of_expiry[mine.columns], len(years))
    deltas[:, 0] = deltas[:, 0] + spot
    days, table = years * DAYS_PER_YEAR, book.snapshot.table
    # USDT, USDC, and the coin itself.
    by_settlement = per_group(mine, leaning, table.settlement_column[mine.columns], len(table.settlements))
    return Contingencies(
        short_option=naked_shorts(options, book) * numbers.short_option * market.index,
        vega_spread=hedged_time(quantities, days) * numbers.vega_per_day * market.index,
        stable_spread=hedged_amount(by_settlement) * numbers.stable_spread * market.index,
        delta_spread=hedged_time(deltas, years) * numbers.basis_per_year * market.index,
        futures=per_account(futures, coins) * numbers.future * market.index,
    )


def _expiries(book: ResolvedBook, market: Market) -> tuple[FloatArray, IntArray]:
    """Return years to each expiry of a coin, rising, `(E,)`, and which one each instrument has, `(N,)`.

    What never expires can be closed now: it and the spot hedge come first, at no time.
    """
    left = np.where(np.isfinite(book.snapshot.years), book.snapshot.years, 0.0)
    years = np.unique(np.append(left[market.members], 0.0))
    return years, np.searchsorted(years, left).astype(np.int64)
