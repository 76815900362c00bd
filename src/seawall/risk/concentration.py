"""Concentration: how much hangs on one thing, what share of the market it is, how long it takes to close.

The Herfindahl-Hirschman index is the sum of squared shares: 1 where all is in one place, 1/n where n share alike.
A position's share of open interest says how much of the market would have to take the other side. Volume is no part of
a snapshot, so that days to liquidate need it stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser, resolve
from seawall.risk.exposures import CASH, LEVELS, Exposures
from seawall.risk.greeks import unit_greeks, usd_price
from seawall.risk.liquidity import days_to_liquidate, horizon_add_on, impact_cost, spread_cost


def herfindahl(amounts: npt.ArrayLike) -> float:
    """Return the Herfindahl-Hirschman index of some amounts, by size without sign; 0 where there is nothing.

    Examples
    --------
    >>> herfindahl([3.0, -1.0]), herfindahl([5.0]), herfindahl([])
    (0.625, 1.0, 0.0)
    """
    sizes = np.abs(np.asarray(amounts, dtype=np.float64))
    largest = float(sizes.max(initial=0.0))
    if largest == 0.0 or not np.isfinite(largest):
        return 0.0 if largest == 0.0 else float("nan")
    shares = sizes / largest
    shares = shares / shares.sum()
    return float(np.sum(shares * shares))


def herfindahl_by(
    found: Exposures, level: str, *, greek: str = "cash_delta_usd", contracts_only: bool = False
) -> float:
    """Return the index of a book's gross exposure over groups, such as `asset`, `expiry` or `instrument`.

    NaN where an exposure is unavailable.

    Raises
    ------
    InputError
        When the level is none of `LEVELS`.
    """
    if level not in LEVELS:
        raise InputError(Problem("level", level, f"it is one of {', '.join(LEVELS)}"))
    kept = [i for i, holding in enumerate(found.holdings) if not (contracts_only and holding.kind == CASH)]
    part = Exposures(tuple(found.holdings[i] for i in kept), found.greeks[kept])
    return herfindahl([group.gross[greek] for group in part.by(level).parts])


@dataclass(frozen=True, slots=True)
class Liquidity:
    """What is assumed of the market beyond the snapshot.

    Attributes
    ----------
    daily_volume
        Size units that trade in a day, by instrument.
    participation
        Share of it that may be ours.
    margin_period_days
        Days that margin is meant to last for.
    daily_vol
        Relative move of the underlying in a day, by underlying; for the impact of closing.
    impact_coefficient
        Y of the square-root law.
    spread_deviation_ratio, widening
        Standard deviation of a spread over the spread, and how many of them it widens by.
    """

    daily_volume: Mapping[str, float]
    participation: float = 0.1
    margin_period_days: float = 1.0
    daily_vol: Mapping[str, float] | None = None
    impact_coefficient: float = 1.0
    spread_deviation_ratio: float = 0.5
    widening: float = 3.0


@dataclass(frozen=True, slots=True)
class PositionLiquidity:
    """One position's place in its market, and what closing it costs, USD.

    Attributes
    ----------
    open_interest_share
        Of the size over the open interest; NaN where that is not known.
    days
        To liquidate; NaN where the volume is not known.
    spread_cost_usd, impact_cost_usd
        Of closing at once; NaN where quotes or volume are not known.
    """

    account: str
    instrument: str
    size: float
    notional_usd: float
    open_interest_share: float
    days: float
    spread_cost_usd: float
    impact_cost_usd: float


@dataclass(frozen=True)
class LiquidityReport(Tabular):
    """The positions of a book in their markets.

    Attributes
    ----------
    positions
        One for each.
    herfindahl_asset, herfindahl_instrument
        Of gross notional.
    margin_period_days
        Of the assumptions.
    """

    positions: tuple[PositionLiquidity, ...]
    herfindahl_asset: float
    herfindahl_instrument: float
    margin_period_days: float

    @property
    def cost_usd(self) -> float:
        """Cost of closing everything; NaN where a part of it is not known."""
        total = 0.0
        for one in self.positions:
            total += one.spread_cost_usd + one.impact_cost_usd
        return total

    @property
    def longest_days(self) -> float:
        """Days until the last position is closed; NaN where one is not known."""
        return float(np.max([one.days for one in self.positions], initial=0.0))

    def liquidity_adjusted(self, value_at_risk_usd: float) -> float:
        """Return VaR with the cost of closing."""
        return value_at_risk_usd + self.cost_usd

    def margin_add_on(self, base: Sequence[float]) -> float:
        """Return what positions that take longer to close than the margin period need on top.

        Parameters
        ----------
        base
            One margin or VaR for each position over the margin period, such as its component; negative ones, of
            positions that hedge, ask for nothing.
        """
        if len(base) != len(self.positions):
            raise InputError(Problem("base", len(base), f"there is one for each of {len(self.positions)} positions"))
        need = np.maximum(np.asarray(base, dtype=np.float64), 0.0)
        days = np.array([one.days for one in self.positions], dtype=np.float64)
        return float(horizon_add_on(need, days, margin_period_days=self.margin_period_days).sum())

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a position."""
        return [{name: getattr(one, name) for name in PositionLiquidity.__slots__} for one in self.positions]


def liquidity_report(
    book: Book,
    snapshot: MarketSnapshot,
    assumed: Liquidity,
    *,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> LiquidityReport:
    """Return every position's share of its market, days to liquidate and cost of closing.

    The spread is that of the snapshot's quotes, on the premium of an option and on the notional of all else; the impact
    is on the cash delta.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-25SEP26-70000-C": -500.0, "BTC": 10.0}, snapshot=now)
    >>> found = liquidity_report(book, now, Liquidity({"BTC-25SEP26-70000-C": 250.0}, participation=0.5))
    >>> found.positions[0].days, found.herfindahl_instrument
    (4.0, 1.0)
    """
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    market, table, held = resolved.snapshot, resolved.snapshot.table, resolved.positions
    usd = np.array([usd_price(market, asset) for asset in table.settlements])[table.settlement_column]
    index = np.array([usd_price(market, base) for base in table.underlyings])[table.underlying_column]
    sizes, n = held.sizes, held.columns
    lean = np.abs(unit_greeks(market).cash_delta_usd[n] * sizes)
    notional = np.abs(sizes) * market.exposure.base_size[n] * index[n]
    middle = 0.5 * (market.bid[n] + market.ask[n])
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(market.ask[n] - market.bid[n], 0.0) / middle
        share = np.abs(sizes) / np.where(market.open_interest[n] > 0.0, market.open_interest[n], np.nan)
    worth = market.exposure.market_value[n]
    quoted = np.where(table.is_kind(Kind.OPTION)[n], np.abs(sizes * worth) * usd[n], notional)
    volume = np.array([assumed.daily_volume.get(table.names[i], np.nan) for i in n.tolist()], dtype=np.float64)
    days = days_to_liquidate(sizes, volume, participation=assumed.participation)
    traded_usd = volume * market.exposure.base_size[n] * index[n]
    known = assumed.daily_vol or {}
    vols = np.array([known.get(table.underlying[i], np.nan if assumed.daily_vol else 0.0) for i in n.tolist()])
    spreads = spread_cost(
        quoted, spread, spread_deviation=spread * assumed.spread_deviation_ratio, widening=assumed.widening
    )
    impacts = np.array([
        float(impact_cost(lean[i], traded_usd[i], daily_vol=float(vols[i]), coefficient=assumed.impact_coefficient))
        for i in range(len(n))
    ]).reshape(len(n))  # fmt: skip
    rows = tuple(
        PositionLiquidity(
            book.accounts[a], table.names[i], float(sizes[k]), float(notional[k]), float(share[k]), float(days[k]),
            float(spreads[k]), float(impacts[k]),
        )
        for k, (a, i) in enumerate(zip(held.rows.tolist(), n.tolist(), strict=True))
    )  # fmt: skip
    by_asset: dict[str, float] = {}
    by_name: dict[str, float] = {}
    for k, i in enumerate(n.tolist()):
        by_asset[table.underlying[i]] = by_asset.get(table.underlying[i], 0.0) + float(notional[k])
        by_name[table.names[i]] = by_name.get(table.names[i], 0.0) + float(notional[k])
    return LiquidityReport(
        rows, herfindahl(list(by_asset.values())), herfindahl(list(by_name.values())), assumed.margin_period_days
    )
