"""`distance`, `liquidation_surface` and `reverse_stress`: how far a call is, and which way it is nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.api.books import BookSource, load_book
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.core.arrays import FloatArray
from seawall.core.errors import MISSING, InputError, Problem
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book
from seawall.risk.daily_moves import daily_covariance
from seawall.risk.direction import Direction
from seawall.risk.distance import Distances, distances
from seawall.risk.reverse_stress import ReverseStress
from seawall.risk.reverse_stress import reverse_stress as search_nearest
from seawall.risk.stress import coins_behind
from seawall.risk.surface import PRICE_MOVES, VOL_MOVES, Surface
from seawall.risk.surface import liquidation_surface as compute_surface
from seawall.risk.trigger import Which


def distance(
    book: BookSource,
    snapshot: SnapshotSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    accounts: Sequence[str] | None = None,
    directions: Sequence[Direction] | None = None,
    which: Which = "maintenance",
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

    Raises
    ------
    InputError
        When an input can't be read, or an account is not in the book.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.distance("demo", "deribit-btc-2026-08-01", "deribit/x_pm", accounts=["naked_wing_seller"])
    >>> down, up = (found.of("naked_wing_seller", f"BTC {way}") for way in ("down", "up"))
    >>> round(down.prices["BTC"]), round(up.prices["BTC"])
    (53318, 72096)
    """
    held, market, chosen = _read(book, snapshot, policy, which, stand_ins, check_lots=check_lots)
    return distances(
        held, market, chosen, directions=directions, accounts=accounts, which=which, check_lots=check_lots,
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
    held, market, chosen = _read(book, snapshot, policy, which, stand_ins, check_lots=check_lots)
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
        both are left out: price and volatility of each coin over a day, by `risk.daily_moves`.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.reverse_stress("demo", "deribit-btc-2026-08-01", account="naked_wing_seller")
    >>> found.kind, found.factors, round(found.ratio, 6)
    ('crossing', ('BTC', 'vol BTC'), 1.0)
    """
    held, market, chosen = _read(book, snapshot, policy, which, stand_ins, check_lots=check_lots)
    name = the_account(held, account)
    if (factors is None) != (covariance is None):
        missing = "factors" if factors is None else "covariance"
        raise InputError(Problem(missing, MISSING, "factors and covariance are given together, or neither is"))
    if factors is None or covariance is None:
        factors, covariance = daily_covariance(market, coins_of(held, market, name))
    return search_nearest(
        held, market, chosen, name, factors=factors, covariance=covariance, which=which, check_lots=check_lots,
        parse=grammar_of(market),
    )  # fmt: skip


def the_account(book: Book, account: str | None) -> str:
    """Return the account that is meant: the one that is named, or the only one."""
    if account is not None:
        return book.accounts[book.row(account)]
    if len(book) == 1:
        return book.accounts[0]
    raise InputError(Problem("account", MISSING, f"it is one of {', '.join(book.accounts[:12])}"))


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
    told = ", ".join(coins) or "none"
    raise InputError(Problem("asset", asset or MISSING, f"{account} depends on {told}; one of them is named"))


def _read(
    book: BookSource, snapshot: SnapshotSource, policy: PolicySource, which: str,
    stand_ins: Mapping[str, str] | None, *, check_lots: bool,
) -> tuple[Book, MarketSnapshot, MarginPolicy]:  # fmt: skip
    if which not in ("maintenance", "initial"):
        raise InputError(Problem("which", which, "it is maintenance, for liquidation, or initial, for a call"))
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    return held, market, chosen
