"""Volatilities and correlations of what a book depends on: stated, of past prices, or the market's own.

Where nobody states them, prices move by the volatility of the option nearest to the money and to thirty days; how much
volatilities move, and how coins move together, was measured elsewhere (`risk.daily_moves`) and is assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seawall.api.history import HistorySource, known_at, load_history
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.daily_moves import CORRELATION, VOL_SD, at_the_money
from seawall.risk.greeks import usd_price
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import LOGARITHMIC, factor, underlyings_of
from seawall.scenarios.history import History
from seawall.scenarios.stress_library import dollar_assets


class Moments(Protocol):
    """What is asked for: a file of prices, or volatilities a year by factor and one correlation; None is left open."""

    @property
    def returns(self) -> HistorySource | None:
        """A history, or its file."""
        ...

    @property
    def vols(self) -> Mapping[str, float] | None:
        """By factor: `BTC`, `BTC vol`."""
        ...

    @property
    def correlation(self) -> float | None:
        """Of any two coins, and of their volatilities."""
        ...


def coins_of(book: Book, market: MarketSnapshot) -> tuple[str, ...]:
    """Return what the worth of a book depends on: underlyings of its contracts, coins it owns or owes, no dollars.

    A coin that the market has no price for is left to be unavailable, with its name.
    """
    table = market.table
    owned = {name for name, amounts in zip(book.assets, book.balances.T, strict=True) if np.any(amounts)}
    priced = {name for name in owned - dollar_assets() if usd_price(market, name) == usd_price(market, name)}
    return tuple(sorted(priced | {table.underlying[table.position(n)] for n in book.instruments if n in table}))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedMoments:
    """The same, for those who need nothing else."""

    returns: HistorySource | None = None
    vols: Mapping[str, float] | None = None
    correlation: float | None = None


def covariance_for(
    asked: Moments,
    coins: tuple[str, ...],
    market: MarketSnapshot,
    *,
    price_vol_correlation: float | None = None,
    any_vol: Collection[str] = (),
) -> tuple[Covariance, tuple[str, ...]]:
    """Return a year's covariance of prices and volatilities, and notes on where its numbers come from.

    A price moves with its own volatilities by `price_vol_correlation`, none where left out, and with those of another
    coin by that times the correlation of the two. Coins in `any_vol` need none: the answer is the same by any, and so
    one of 100 % stands in where there is none.
    """
    correlations = {"correlation": asked.correlation, "price_vol_correlation": price_vol_correlation}
    stated_correlations = {name: value for name, value in correlations.items() if value is not None}
    for name, value in stated_correlations.items():
        if not -1.0 <= value <= 1.0:
            raise InputError(Problem(name, value, "a correlation is between -1 and 1"))
    if asked.returns is not None:
        history, told = covering(asked.returns, coins, market)
        found = Covariance.of_changes(history.names, history.changes, history.step_years)
        if stated_correlations or asked.vols:
            rule = "the file of prices gives them; state them, or give the file"
            raise InputError(Problem("vols" if asked.vols else next(iter(stated_correlations)), "stated", rule))
        return found, (f"volatilities and correlations of {span_of(history)}", *told)
    coins = coins or tuple(market.table.underlyings)  # dollars alone lose nothing, whatever the market does
    stated = dict(asked.vols or {})
    options = {market.table.underlying[n] for n in np.flatnonzero(market.table.is_kind(Kind.OPTION)).tolist()}
    factors = (*coins, *(f"{coin} vol" for coin in coins if coin in options))
    problems = [
        Problem("vols", name, f"the book depends on {', '.join(factors) or 'no coin'}")
        for name in sorted(set(stated) - set(factors))
    ]
    vols: dict[str, float] = {}
    for name in factors:
        if name in stated:
            vols[name] = float(stated[name])
        elif name not in coins:
            vols[name] = VOL_SD * DAYS_PER_YEAR**0.5
        else:
            try:
                vols[name] = at_the_money(market, name)
            except UnavailableError:
                if name in any_vol:
                    vols[name] = 1.0
                    continue
                rule = f"no option tells the volatility of {name}: state it, as {name}=0.6 a year (--vol {name}=0.6)"
                problems.append(Problem("vols", "left out", rule))
    if problems:
        raise InputError(problems)
    joint = CORRELATION if asked.correlation is None else asked.correlation
    matrix = np.eye(len(factors))
    for i, one in enumerate(factors):
        for j, other in enumerate(factors):
            of_coins = 1.0 if one.removesuffix(" vol") == other.removesuffix(" vol") else joint
            of_kinds = 1.0 if (one in coins) == (other in coins) else price_vol_correlation or 0.0
            matrix[i, j] = of_coins * of_kinds
    of_use = {name: vol for name, vol in vols.items() if name in stated or name not in any_vol}
    return Covariance.of(vols, matrix), _sources(of_use, stated, coins, asked.correlation, price_vol_correlation)


def _sources(
    vols: dict[str, float], stated: dict[str, float], coins: tuple[str, ...], correlation: float | None,
    price_vol_correlation: float | None,
) -> tuple[str, ...]:  # fmt: skip
    """Say where each number comes from: stated, the market's own, or measured elsewhere and assumed here."""
    measured = "November 2022 to March 2026, assumed now"
    sources = []
    for name, vol in vols.items():
        source = "stated" if name in stated else "the option nearest to the money and to 30 days"
        if name not in coins and name not in stated:
            source = f"{100.0 * VOL_SD:.1f} % a day, measured {measured}"
        sources.append(f"{name} {100.0 * vol:.1f} % a year ({source})")
    if len(coins) > 1:
        source = "stated" if correlation is not None else f"measured {measured}"
        joint = CORRELATION if correlation is None else correlation
        sources.append(f"correlation of coins, and of their volatilities, {joint:g} ({source})")
    if any(name not in coins for name in vols):
        together = "prices and volatilities move independently"
        if price_vol_correlation:
            together = f"correlation of a price with its volatilities {price_vol_correlation:g} (stated)"
        sources.append(together)
    return tuple(sources)


def covering(source: HistorySource, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[History, tuple[str, ...]]:
    """Return what a market's time knows of a history that tells of every coin of a book; and notes on its end."""
    history = load_history(source)
    missing = sorted(set(coins) - set(history.names))
    if missing:
        rule = f"the book depends on it, and the prices are of {', '.join(history.names)}"
        raise InputError([Problem("returns", f"no {coin}", rule) for coin in missing])
    known, notes = known_at(history, market.time_ns, "the snapshot's time")
    return known, (*notes, *_fractions(known, coins))


def _fractions(history: History, coins: tuple[str, ...]) -> Iterator[str]:
    """Say how large carries, gaps and funding are, since a file may hold per cent where fractions are asked for."""
    for k, name in enumerate(history.names):
        one, column = factor(name), history.changes[:, k]
        if one.kind not in LOGARITHMIC and (one.of in coins or not coins):
            low, high = 100.0 * column.min(), 100.0 * column.max()
            what = "% of the notional" if one.kind == "funding" else "points"
            yield f"{name}: {low:+.4g} to {high:+.4g} {what} in a step"


def span_of(history: History) -> str:
    """Say how many changes a history has, of what and of when."""
    first, last = (np.datetime64(int(time), "ns").astype("datetime64[D]") for time in history.times_ns[[0, -1]])
    left_out = f", {history.dropped_count} left out" if history.dropped_count else ""
    names = ", ".join(underlyings_of(history.names))
    return f"{len(history):,} changes of {names}, {first} to {last}{left_out}"
