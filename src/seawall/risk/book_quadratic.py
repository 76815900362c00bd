"""A book as delta, gamma and theta in the moves of its underlyings: the screen beside full revaluation.

Factors are relative moves of each underlying and, where the covariance has them, relative moves of its volatility. The
quadratic form's quantile is exact (`delta_gamma`); how far the form itself is from the book, only revaluation says.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.instruments import Kind
from seawall.margining.blocks.equity import equity_in
from seawall.market import MarketSnapshot
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.portfolio import Book, NameParser, ResolvedBook, resolve
from seawall.risk.delta_gamma import QuadraticPnl
from seawall.risk.greeks import ONE_PER_CENT, UnitGreeks, theta_over, unit_greeks, usd_price

VOL_FACTOR = " vol"
"""What the name of an underlying's volatility ends in: `BTC vol`."""


def book_quadratic(
    book: Book,
    snapshot: MarketSnapshot,
    factors: Sequence[str],
    covariance: npt.ArrayLike,
    *,
    days: float = 0.0,
    account: str | None = None,
    with_cash: bool = True,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> QuadraticPnl:
    """Return the gain of one account, or of all together, as a quadratic form in USD.

    Parameters
    ----------
    book, snapshot, check_lots, parse
        As for `margining.evaluate`.
    factors
        Names of underlyings (`BTC`: its relative move) and of their volatilities (`BTC vol`: the relative move of every
        volatility of its options).
    covariance : (M, M) float
        Of the factors over the horizon.
    days
        The horizon, which theta is counted over.
    account
        Whose; all accounts where left out.
    with_cash
        Count coins that are owned or owed.

    Raises
    ------
    InputError
        When something held leans on an underlying that is no factor, or something can't be valued.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-25SEP26-62000-C": -10.0, "BTC": 10.0}, snapshot=now)
    >>> form = book_quadratic(book, now, ["BTC"], [[0.03**2]], days=1.0)
    >>> round(form.value_at_risk(confidence=0.99)), round(form.expected_shortfall(confidence=0.99))
    (22527, 26652)
    """
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    greeks = unit_greeks(resolved.snapshot)
    return resolved_quadratic(
        resolved, greeks, tuple(factors), covariance, days=days, account=account, with_cash=with_cash
    )


def resolved_quadratic(
    resolved: ResolvedBook, greeks: UnitGreeks, names: tuple[str, ...], covariance: npt.ArrayLike, *,
    days: float, account: str | None, with_cash: bool = True,
) -> QuadraticPnl:  # fmt: skip
    """Return the same of a book that has met its snapshot, with the Greeks of that: many accounts share both."""
    market, table, held = resolved.snapshot, resolved.snapshot.table, resolved.positions
    mine = slice(None)
    if account is not None:
        row = resolved.book.row(account)
        mine = slice(int(held.indptr[row]), int(held.indptr[row + 1]))
    columns, sizes = held.columns[mine], held.sizes[mine]
    gone = [resolved.unavailable[n] for n in dict.fromkeys(columns.tolist()) if n in resolved.unavailable]
    coins = _coins(resolved, account) if with_cash else {}
    gone += [f"snapshot {market.name} has no USD index for {a}" for a, worth in coins.items() if worth != worth]
    if gone:
        raise InputError([Problem("book", "unavailable", reason) for reason in gone])
    delta, gamma = np.zeros(len(names)), np.zeros((len(names), len(names)))
    vol = np.where(table.is_kind(Kind.OPTION), market.vol, 0.0)

    def summed(unit: FloatArray, members: npt.NDArray[np.bool_]) -> float:
        return float(np.sum(np.where(members, unit[columns] * sizes, 0.0)))

    for base in dict.fromkeys([*(table.underlying[n] for n in columns.tolist()), *coins]):
        if base not in names:
            raise InputError(Problem("factors", ", ".join(names), f"the book leans on {base}, which is no factor"))
        u = names.index(base)
        of_base = np.array([table.underlying[n] == base for n in columns.tolist()], np.bool_)
        delta[u] = summed(greeks.cash_delta_usd, of_base) + coins.get(base, 0.0)
        gamma[u, u] = summed(greeks.cash_gamma_usd, of_base) / ONE_PER_CENT
        if (v_name := f"{base}{VOL_FACTOR}") in names:
            v = names.index(v_name)
            delta[v] = summed(greeks.vega_usd * vol, of_base)
            gamma[v, v] = summed(greeks.volga_usd * vol**2, of_base)
            gamma[u, v] = gamma[v, u] = summed(greeks.vanna_usd * vol, of_base)
    theta = theta_over(greeks.theta_usd_day, market.years, days=days)
    passed = float(np.sum(theta[columns] * sizes))
    return QuadraticPnl.of(delta, gamma, covariance, theta=passed)


def _coins(resolved: ResolvedBook, account: str | None) -> dict[str, float]:
    """Return the worth in USD of coins that are owned or owed; NaN where the coin has no index."""
    market, book = resolved.snapshot, resolved.book
    found: dict[str, float] = {}
    for asset in sorted({*book.assets, *market.table.settlements} - {"USD", *STABLE_ASSETS}):
        part = equity_in(asset, resolved, market.exposure)
        amounts = part.cash + part.unrealised
        amount = float(amounts.sum()) if account is None else float(amounts[book.row(account)])
        if amount != 0.0:
            found[asset] = amount * usd_price(market, asset)
    return found
