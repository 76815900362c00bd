"""What happens below maintenance margin: at which price, by which means, and who is deleveraged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from seawall.core.errors import InputError, Problem
from seawall.margining.models.hyperliquid.borrowing import exact
from seawall.margining.models.hyperliquid.tiers import Tiers


class Stage(Enum):
    """Where an account stands; its value is the words for people."""

    HEALTHY = "healthy"
    MARKET = "market orders to the book"
    BACKSTOP = "taken over by the liquidator vault"
    UNDERWATER = "counterparties are deleveraged"


@dataclass(frozen=True, slots=True)
class LiquidationConfig:
    """The venue's liquidation settings.

    Attributes
    ----------
    backstop_share
        Share of maintenance margin below which the liquidator vault takes over.
    partial_above
        Notional in USDC above which a market order is for part of a position only.
    partial_share
        That part.
    cooldown_seconds
        How long after a partial liquidation every further one is for the whole position.
    """

    backstop_share: float
    partial_above: float
    partial_share: float
    cooldown_seconds: float


def liquidation_price(size: float, mark: float, available: float, tiers: Tiers) -> float | None:
    """Return the mark at which an account meets its maintenance margin while all else stays; None where there is none.

    The tier is that of the position's notional *at* the liquidation price. Within one tier this is the venue's formula,
    mark - side * available / |size| / (1 - rate * side).

    Parameters
    ----------
    size
        Signed, in coin.
    mark
        USDC a coin.
    available
        Account value less the maintenance margin of *all* positions at their marks (cross), or isolated margin and
        profit less the position's own (isolated).
    tiers
        Of the position's market.

    Raises
    ------
    InputError
        Where there is no position, or a number is missing: None is an answer, and no word for unknown.

    Examples
    --------
    >>> tiers = Tiers((0.0, 150e6), (40.0, 20.0))
    >>> liquidation_price(1.0, 60_000.0, 5_250.0, tiers), liquidation_price(-1.0, 60_000.0, 5_250.0, tiers)
    (54683.54430379747, 65185.18518518518)
    >>> liquidation_price(1.0, 60_000.0, 70_000.0, tiers) is None
    True
    """
    if size == 0.0 or not (math.isfinite(size) and 0.0 < mark < math.inf):
        raise InputError(Problem("size, mark", (size, mark), "a position has a size, and its mark is above 0"))
    if not math.isfinite(available):
        raise InputError(Problem("available", available, "what is left above maintenance margin is a finite number"))
    coins, side = abs(size), 1.0 if size > 0.0 else -1.0
    rates, deductions = tiers.maintenance_rates, tiers.maintenance_deductions
    now = _tier_of(coins * mark, tiers)

    def shifted(k: int) -> float:
        """Return `available` as if the position stood in tier k at today's mark."""
        return available + coins * mark * (rates[now] - rates[k]) - (deductions[now] - deductions[k])

    def left_at(price: float, k: int) -> float:
        """Return what is left above maintenance at a price in tier k: it rises with the price of a long."""
        return shifted(k) + (price - mark) * coins * (side - rates[k])

    # The zero lies above a tier's lower bound where a long is short of margin there, or a short is not.
    above = [side * left_at(lower / coins, k) < 0.0 for k, lower in enumerate(tiers.lower_bounds)]
    k = sum(above[1:])
    price = mark - side * shifted(k) / coins / (1.0 - rates[k] * side)
    return price if price > 0.0 else None


def _tier_of(notional: float, tiers: Tiers) -> int:
    """Return the tier of a notional; one on a bound is in the lower."""
    return max(sum(notional > lower for lower in tiers.lower_bounds) - 1, 0)


def stage(account_value: float, maintenance: float, config: LiquidationConfig) -> Stage:
    """Return where an account stands.

    Examples
    --------
    >>> config = LiquidationConfig(2 / 3, 100_000.0, 0.2, 30.0)
    >>> [stage(value, 90.0, config).name for value in (90.0, 89.0, 59.0, -1.0)]
    ['HEALTHY', 'MARKET', 'BACKSTOP', 'UNDERWATER']
    """
    if account_value < 0.0:
        return Stage.UNDERWATER
    if account_value < config.backstop_share * maintenance:
        return Stage.BACKSTOP
    return Stage.MARKET if account_value < maintenance else Stage.HEALTHY


def order_size(size: float, mark: float, config: LiquidationConfig, *, since_partial_seconds: float) -> float:
    """Return the signed size of the market order that a liquidation sends for a position.

    Parameters
    ----------
    size, mark
        The position, and USDC a coin.
    since_partial_seconds
        Time since a position of the same user was partially liquidated; infinite where none was.

    Examples
    --------
    >>> config = LiquidationConfig(2 / 3, 100_000.0, 0.2, 30.0)
    >>> [order_size(10.0, 60_000.0, config, since_partial_seconds=since) for since in (float("inf"), 12.0)]
    [-2.0, -10.0]
    """
    whole = abs(size) * mark <= config.partial_above or since_partial_seconds < config.cooldown_seconds
    return -size if whole else -size * config.partial_share


@dataclass(frozen=True, slots=True)
class Counterparty:
    """Who holds the other side: signed size, price of entry, and the value of the account that holds it."""

    account: str
    size: float
    entry: float
    account_value: float


def deleveraging_index(holder: Counterparty, mark: float) -> float:
    """Return the number by which holders are ranked for auto-deleveraging: profit times leverage.

    mark over entry for a long and entry over mark for a short, times notional over account value. Who has gained here
    and has lost all elsewhere has leverage without bound, and is first.

    Examples
    --------
    >>> deleveraging_index(Counterparty("a", 2.0, 50_000.0, 40_000.0), 60_000.0)
    3.6
    >>> deleveraging_index(Counterparty("broke", 2.0, 50_000.0, -5_000.0), 60_000.0)
    inf
    """
    _refuse_unknown(holder, mark)
    if holder.account_value <= 0.0:
        return math.inf
    gain = mark / holder.entry if holder.size > 0.0 else holder.entry / mark
    return gain * abs(holder.size) * mark / holder.account_value


@dataclass(frozen=True, slots=True)
class Deleveraged:
    """Who is closed against an underwater position, and what of it nobody is left to take.

    Attributes
    ----------
    closed
        Accounts in their order, and how much of each one's position is closed, in coin without sign.
    left
        Coins of the underwater position for which there is no holder in profit; 0 where all of it is closed.
    """

    closed: tuple[tuple[str, float], ...]
    left: float


def deleveraged(holders: Sequence[Counterparty], size: float, mark: float) -> Deleveraged:
    """Return who is closed against an underwater position, and how much of each; names break ties.

    Only holders of the other side who are in profit are ranked. Each is closed at the previous mark: no debt is left,
    but where they hold less than the position. Sizes count for the decimals that they print as.

    Parameters
    ----------
    holders
        Every holder of the contract.
    size
        The underwater position, signed.
    mark
        The previous mark.

    Examples
    --------
    >>> held = [Counterparty("a", -1.0, 66_000.0, 90_000.0), Counterparty("b", -3.0, 70_000.0, 40_000.0)]
    >>> deleveraged(held, 3.5, 60_000.0)
    Deleveraged(closed=(('b', 3.0), ('a', 0.5)), left=0.0)
    >>> deleveraged(held, 6.0, 60_000.0).left
    2.0
    """
    if size == 0.0 or not math.isfinite(size):
        raise InputError(Problem("size", size, "an underwater position has a size"))
    for holder in holders:
        _refuse_unknown(holder, mark)
    other = [h for h in holders if h.size * size < 0.0 and (mark - h.entry) * h.size > 0.0]
    ranked = sorted(other, key=lambda h: (-deleveraging_index(h, mark), h.account))
    left, closed = exact(abs(size)), []
    for holder in ranked:
        taken = min(left, exact(abs(holder.size)))
        left -= taken
        if taken > Fraction(0):
            closed.append((holder.account, float(taken)))
    return Deleveraged(tuple(closed), float(left))


def _refuse_unknown(holder: Counterparty, mark: float) -> None:
    """Refuse what no rank can be had from: a price or a size that is missing, an account whose value is unknown."""
    problems = [
        Problem(field, value, rule, where=holder.account)
        for field, value, rule, known in (
            ("mark", mark, "marks are above 0", 0.0 < mark < math.inf),
            ("entry", holder.entry, "prices of entry are above 0", 0.0 < holder.entry < math.inf),
            ("size", holder.size, "sizes are finite numbers", math.isfinite(holder.size)),
            ("account_value", holder.account_value, "what an account is worth is a finite number",
             math.isfinite(holder.account_value)),
        )
        if not known
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
