"""`distance`, `liquidation_surface` and `reverse_stress`: how far a call is, and which way it is nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seawall.api.books import BookSource, load_book
from seawall.api.covariances import StatedMoments, covariance_for
from seawall.api.history import HistorySource
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.core.arrays import FloatArray
from seawall.core.errors import MISSING, InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book
from seawall.portfolio.trades import account_row
from seawall.risk.direction import Direction
from seawall.risk.distance import Distances, distances
from seawall.risk.reverse_stress import VOL_PREFIX, ReverseStress
from seawall.risk.reverse_stress import reverse_stress as search_nearest
from seawall.risk.slippage import closing_cost
from seawall.risk.stress import coins_behind
from seawall.risk.surface import PRICE_MOVES, VOL_MOVES, Surface
from seawall.risk.surface import liquidation_surface as compute_surface
from seawall.risk.trigger import Which
from seawall.risk.typical_depth import typical_depths

NO_COIN = "it depends on no coin, so that no move of the market calls it"


def distance(
    book: BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    accounts: Sequence[str] | None = None,
    directions: Sequence[Direction] | None = None,
    which: Which = "maintenance",
    depth_usd: Mapping[str, float] | None = None,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> Distances:
    """Return how far the market has to go until the venue acts, with the price there.

    Parameters
    ----------
    book, snapshot, policy, stand_ins, check_lots
        As in `margin`.
    accounts
        Whose; all where left out.
    directions
        Each price that an account depends on up and down, all volatilities up and down, and time, where left out.
    which
        `maintenance` for liquidation, `initial` for a call.
    depth_usd
        USD within one per cent of the price on one side, by underlying, as in `stress`: distances are then of what is
        left after closing everything through it, options by their net delta. None takes no cost off.

    Raises
    ------
    InputError
        When an input can't be read, or an account is not in the book.
    UnavailableError
        When an underlying that would be closed has no depth.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.distance("demo", "deribit-btc-2026-08-01", "deribit/x_pm", accounts=["naked_wing_seller"])
    >>> down, up = (found.of("naked_wing_seller", f"BTC {way}") for way in ("down", "up"))
    >>> round(down.prices["BTC"]), round(up.prices["BTC"])
    (53318, 72096)
    """
    held, market, chosen = read_for_distance(book, snapshot, policy, which, stand_ins, check_lots=check_lots)
    cost = None if depth_usd is None else closing_cost(typical_depths(market, depth_usd))
    return distances(
        held, market, chosen, directions=directions, accounts=accounts, which=which, cost=cost, check_lots=check_lots,
        parse=grammar_of(market),
    )  # fmt: skip


def liquidation_surface(
    book: BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    account: str | None = None,
    asset: str | None = None,
    price_moves: Sequence[float] = PRICE_MOVES,
    vol_moves: Sequence[float] = VOL_MOVES,
    elapsed_days: float = 0.0,
    which: Which = "maintenance",
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> Surface:
    """Return the margin ratio of an account over price and volatility, and the line on which the venue acts.

    Parameters
    ----------
    book, snapshot, policy, which, stand_ins, check_lots
        As in `distance`.
    account, asset
        Whose, and whose price and volatilities move; may be left out where there is one.
    price_moves, vol_moves
        Relative, rising.
    elapsed_days
        Time that has passed on the whole surface.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.liquidation_surface("demo", "deribit-btc-2026-08-01", account="short_strangle",
    ...                                price_moves=[-0.3, 0.0], vol_moves=[0.0, 0.5])
    >>> found.ratio.round(2).tolist()
    [[3.6, 6.07], [0.34, 0.43]]
    """
    held, market, chosen = read_for_distance(book, snapshot, policy, which, stand_ins, check_lots=check_lots)
    name = the_account(held, account)
    return compute_surface(
        held, market, chosen, name, asset=the_underlying(held, market, name, asset), price_moves=price_moves,
        vol_moves=vol_moves, elapsed_days=elapsed_days, which=which, check_lots=check_lots, parse=grammar_of(market),
    )  # fmt: skip


def reverse_stress(
    book: BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    account: str | None = None,
    factors: Sequence[str] | None = None,
    covariance: FloatArray | Sequence[Sequence[float]] | None = None,
    returns: HistorySource | None = None,
    vols: Mapping[str, float] | None = None,
    correlation: float | None = None,
    price_vol_correlation: float | None = None,
    which: Which = "maintenance",
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> ReverseStress:
    """Return the most plausible joint move that brings an account to liquidation.

    Parameters
    ----------
    book, snapshot, policy, which, stand_ins, check_lots
        As in `distance`.
    account
        Whose; may be left out where there is one.
    factors, covariance
        Names, `BTC` for a price and `vol BTC` for volatilities, and the covariance of their logarithmic moves. Where
        both are left out: price and volatility of each coin over a day, from what follows; the notes of the result say
        where each number comes from.
    returns
        A history or a CSV file of daily prices that gives volatilities and correlations.
    vols
        A year's volatility by factor: `{"BTC": 0.6, "BTC vol": 0.9}`. Where one is left out: that of the option nearest
        to the money and to 30 days; 4.6 % a day for implied volatilities.
    correlation
        Of any two coins, and of their volatilities; 0.75 where left out.
    price_vol_correlation
        Of a price with its volatilities, none where left out.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.reverse_stress("demo", "deribit-btc-2026-08-01", account="naked_wing_seller")
    >>> found.kind, found.factors, round(found.ratio, 6)
    ('crossing', ('BTC', 'vol BTC'), 1.0)
    """
    held, market, chosen = read_for_distance(book, snapshot, policy, which, stand_ins, check_lots=check_lots)
    name = the_account(held, account)
    if (factors is None) != (covariance is None):
        missing = "factors" if factors is None else "covariance"
        raise InputError(Problem(missing, MISSING, "factors and covariance are given together, or neither is"))
    asked = StatedMoments(returns=returns, vols=vols, correlation=correlation)
    notes: tuple[str, ...] = ("standard deviations of the covariance that was given",)
    if factors is None or covariance is None:
        factors, covariance, notes = _daily(asked, name, coins_of(held, market, name), market, price_vol_correlation)
    elif asked != StatedMoments() or price_vol_correlation is not None:
        rule = "it is given in place of returns, vols and correlations"
        raise InputError(Problem("covariance", "beside them", rule))
    found = search_nearest(
        held, market, chosen, name, factors=factors, covariance=covariance, which=which, check_lots=check_lots,
        parse=grammar_of(market),
    )  # fmt: skip
    return replace(found, notes=notes)


def _daily(
    asked: StatedMoments, account: str, coins: tuple[str, ...], market: MarketSnapshot,
    price_vol_correlation: float | None,
) -> tuple[tuple[str, ...], FloatArray, tuple[str, ...]]:  # fmt: skip
    """Return factors as the search names them, the covariance of a day's moves, and notes on its numbers."""
    if not coins:
        raise InputError(Problem("account", account, NO_COIN))
    year, notes = covariance_for(asked, coins, market, price_vol_correlation=price_vol_correlation)
    names = {coin: coin for coin in coins} | {f"{coin} vol": f"{VOL_PREFIX}{coin}" for coin in coins}
    kept = [i for i, name in enumerate(year.names) if name in names]
    if len(kept) == len(coins) and asked.returns is not None:
        notes = (*notes, "volatilities stay: the file has no column for them, such as `BTC vol`")
    matrix = year.matrix[np.ix_(kept, kept)] / DAYS_PER_YEAR
    return tuple(names[year.names[i]] for i in kept), np.asarray(matrix, dtype=np.float64), notes


def the_account(book: Book, account: str | None) -> str:
    """Return the account that is meant: the one that is named, or the only one."""
    return book.accounts[account_row(book, account)]


def coins_of(book: Book, market: MarketSnapshot, account: str) -> tuple[str, ...]:
    """Return the underlyings of a market that an account depends on."""
    behind = coins_behind(book, book.row(account), market)
    return tuple(name for name in market.table.underlyings if name in behind)


def the_underlying(book: Book, market: MarketSnapshot, account: str, asset: str | None) -> str:
    """Return the underlying that is meant: the one that is named, or the only one that the account depends on."""
    coins = coins_of(book, market, account)
    if asset is None and len(coins) == 1:
        return coins[0]
    if asset in coins:
        return asset
    if not coins:
        raise InputError(Problem("account", account, NO_COIN))
    told = ", ".join(coins)
    raise InputError(Problem("asset", asset or MISSING, f"{account} depends on {told}; one of them is named"))


def read_for_distance(
    book: BookSource, snapshot: SnapshotSource, policy: PolicySource, which: str,
    stand_ins: Mapping[str, str] | None, *, check_lots: bool,
) -> tuple[Book, MarketSnapshot, MarginPolicy]:  # fmt: skip
    """Return book, market and the one policy that are meant."""
    if which not in ("maintenance", "initial"):
        raise InputError(Problem("which", which, "it is maintenance, for liquidation, or initial, for a call"))
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    return held, market, chosen
