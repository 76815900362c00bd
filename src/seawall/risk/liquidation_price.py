"""Liquidation prices: in closed form for one position by itself, and of a whole account with all that it holds.

The closed forms are what a venue's order form shows. They are right for an isolated position with a flat maintenance
rate, and for nothing else: `liquidation_prices` is the number for an account, where every other position's maintenance
counts too, tiers are those that hold at the price, and the requirement need not rise steadily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal, TypeAlias

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.direction import along
from seawall.risk.rays import Distance, default_directions, search
from seawall.risk.standing import Probe
from seawall.risk.trigger import Which

Side: TypeAlias = Literal["long", "short"]


def linear_liquidation_price(entry: float, *, side: Side, leverage: float, maintenance_rate: float) -> float:
    """Return where entry margin plus profit is the maintenance margin, a share of the notional at that price.

    entry / leverage + s (P - entry) = rate P, with s = 1 for a long. Infinite where no price does it.

    Examples
    --------
    >>> linear_liquidation_price(50_000.0, side="long", leverage=10.0, maintenance_rate=0.005)
    45226.13065326633
    """
    s = _sign(entry, side, leverage, maintenance_rate)
    price = entry * (s - 1.0 / leverage) / (s - maintenance_rate)
    return max(price, 0.0)


def inverse_liquidation_price(entry: float, *, side: Side, leverage: float, maintenance_rate: float) -> float:
    """Return the same for a contract that is margined and pays in coin.

    1 / (entry leverage) + s (1/entry - 1/P) = rate / P. Infinite where no price does it, as for a short at leverage 1.

    Examples
    --------
    >>> inverse_liquidation_price(50_000.0, side="long", leverage=10.0, maintenance_rate=0.005)
    45681.81818181817
    """
    s = _sign(entry, side, leverage, maintenance_rate)
    worth = s + 1.0 / leverage
    return float("inf") if s < 0.0 and worth >= 0.0 else entry * (s + maintenance_rate) / worth


def partial_close_size(
    equity: float, *, size: float, price: float, maintenance_rate: float, fee_rate: float = 0.0, buffer: float = 0.0
) -> float:
    """Return the smallest part of a linear position whose closing lifts equity to `1 + buffer` times maintenance.

    equity - fee P q = (1 + buffer) rate P (size - q), with the fee a share of what is closed. 0 where nothing has to be
    closed; infinite where closing does not help: it costs more than it frees, or the fee of all is beyond equity.

    Examples
    --------
    >>> round(partial_close_size(900.0, size=1.0, price=60_000.0, maintenance_rate=0.02, fee_rate=0.005, buffer=0.1), 9)
    0.411764706
    """
    numbers = (equity, size, price, maintenance_rate, fee_rate, buffer)
    if not all(map(isfinite, numbers)) or size < 0.0 or price <= 0.0 or min(maintenance_rate, fee_rate, buffer) < 0.0:
        rule = "all are finite, the price is above 0, and size, rates and buffer are not negative"
        raise InputError(Problem("equity, size, price, maintenance_rate, fee_rate, buffer", numbers, rule))
    wanted = (1.0 + buffer) * maintenance_rate
    lacking = wanted * size * price - equity
    if lacking <= 0.0:
        return 0.0
    freed = (wanted - fee_rate) * price
    closed = lacking / freed if freed > 0.0 else inf
    return closed if closed <= size else inf


def _sign(entry: float, side: Side, leverage: float, rate: float) -> float:
    if side not in ("long", "short"):
        raise InputError(Problem("side", side, "a position is long or short"))
    if not 0.0 < entry < np.inf or not 0.0 < leverage < np.inf or not 0.0 <= rate < 1.0:
        rule = "entry and leverage are above 0, and the rate is at least 0 and below 1"
        raise InputError(Problem("entry, leverage, maintenance_rate", (entry, leverage, rate), rule))
    return 1.0 if side == "long" else -1.0


@dataclass(frozen=True, slots=True)
class LiquidationPrices:
    """Where an account is liquidated if one underlying moves alone: its price now, and the first below and above.

    0 below and infinity above where there is none within reach; NaN where unavailable.
    """

    account: str
    underlying: str
    now: float
    below: float
    above: float
    down: Distance
    up: Distance

    def row(self) -> dict[str, object]:
        """Return the facts by name."""
        return {
            "account": self.account,
            "underlying": self.underlying,
            "price": self.now,
            "liquidation_below": self.below,
            "liquidation_above": self.above,
            "distance_down": self.down.move,
            "distance_up": self.up.move,
            "kind_down": self.down.kind,
            "kind_up": self.up.kind,
            "why": self.down.why or self.up.why,
        }


def liquidation_prices(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    *,
    accounts: Sequence[str] | None = None,
    which: Which = "maintenance",
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> tuple[LiquidationPrices, ...]:
    """Return the liquidation prices of every underlying that an account depends on.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> [one] = liquidation_prices(book, now, at("deribit/x_pm/2026-02-15"), accounts=["naked_wing_seller"])
    >>> round(one.below), round(one.now), round(one.above)
    (53318, 62688, 72096)
    """
    probe = Probe(book, snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    names = book.accounts if accounts is None else tuple(accounts)
    rows = [book.row(name) for name in names]
    moving = {a: [way for way in default_directions(probe, a) if way.spot] for a in rows}
    found = {(one.account, one.direction): one for one in search(probe, moving)}
    made = []
    for a in rows:
        account = book.accounts[a]
        for asset in dict.fromkeys(next(iter(way.spot)) for way in moving[a]):
            down, up = (found[account, along(asset, up=side).label] for side in (False, True))
            gone = "unavailable" in (down.kind, up.kind)
            below, above = down.prices.get(asset, 0.0), up.prices.get(asset, np.inf)
            price = snapshot.index[asset]
            made.append(
                LiquidationPrices(account, asset, price, np.nan if gone else below, np.nan if gone else above, down, up)
            )
    return tuple(made)
