"""A book as user accounts: floats become units here, and nothing is a float after that until the model's last line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.instruments import Kind
from seawall.margining.blocks.fixed_point import to_units, truncated
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.models.drift.margin import (
    BASE,
    PRICE,
    QUOTE_DECIMALS,
    Contribution,
    MarginType,
    PerpMarket,
    SpotMarket,
    counted_profit,
    perp_requirement,
    spot_contribution,
    token_value,
    worst_size,
)
from seawall.margining.models.drift.numbers import DOLLARS, General, read_perp, read_spot
from seawall.margining.models.drift.weights import SIZE_DECIMALS
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class Perp:
    """A position with the open orders on it; in billionths, its cost in quote units. No market, no price: unknown.

    `cost` is what was paid, negative where it was received; where it is unknown nothing is gained or lost yet.
    """

    row: int
    market: PerpMarket | None
    price: int
    quote_price: int
    size: int
    bids: int
    asks: int
    orders_count: int
    cost: int | None

    @property
    def profit(self) -> int:
        """Unrealised profit in quote units."""
        worth = truncated(self.size * self.price, BASE)
        return 0 if self.cost is None else worth - self.cost

    @property
    def worth(self) -> int:
        """What the size is worth with its orders filled, without sign, in quote units."""
        return abs(worst_size(self.size, self.bids, self.asks)) * self.price // BASE * self.quote_price // PRICE

    def contribution(self, kind: MarginType, general: General, *, with_orders: bool = True) -> Contribution | None:
        """Return what it adds to collateral and requirement, None where something of it is unknown."""
        if self.market is None:
            return None
        size = worst_size(self.size, self.bids, self.asks) if with_orders else self.size
        need = perp_requirement(size, self.price, self.market, kind, quote_price=self.quote_price)
        counted = counted_profit(
            self.profit, self.market, kind, quote_price=self.quote_price, initial_cap=general.initial_profit_cap
        )
        orders = self.orders_count * general.open_order if with_orders else 0
        return Contribution(counted, need + orders)


@dataclass(frozen=True, slots=True)
class Token:
    """A balance in token units; no market, no price: unknown."""

    asset: str
    market: SpotMarket | None
    price: int
    amount: int

    def contribution(self, kind: MarginType) -> Contribution | None:
        """Return what it adds to collateral or to the requirement, None where something of it is unknown."""
        return None if self.market is None else spot_contribution(self.amount, self.price, self.market, kind)

    @property
    def worth(self) -> int | None:
        """The whole of it in quote units."""
        return None if self.market is None else token_value(self.amount, self.market.decimals, self.price)


@dataclass(frozen=True, slots=True)
class UserAccount:
    """One account: what it holds, owns and owes."""

    perps: tuple[Perp, ...] = ()
    tokens: tuple[Token, ...] = ()


@dataclass
class _Reader:
    """Prices and numbers of one book, each turned into units once."""

    policy: MarginPolicy
    book: ResolvedBook
    refused: Mapping[int, str]
    perps: dict[int, tuple[PerpMarket | None, int]] = field(default_factory=dict)
    tokens: dict[str, tuple[SpotMarket | None, int]] = field(default_factory=dict)

    def perp(self, n: int) -> tuple[PerpMarket | None, int]:
        if n not in self.perps:
            mark = float(self.book.snapshot.mark[n])
            market = None if n in self.refused else read_perp(self.policy, self.book.snapshot.table.underlying[n])
            known = market is not None and not np.isnan(mark) and not np.isnan(self.quote_price(n))
            self.perps[n] = (market, to_units(mark, QUOTE_DECIMALS)) if known else (None, 0)
        return self.perps[n]

    def quote_price(self, n: int) -> float:
        return usd_price(self.book, self.book.snapshot.table.settlement[n])

    def token(self, asset: str) -> tuple[SpotMarket | None, int]:
        if asset not in self.tokens:
            price = usd_price(self.book, asset)
            market = read_spot(self.policy, asset)
            known = market is not None and not np.isnan(price)
            self.tokens[asset] = (market, to_units(price, QUOTE_DECIMALS)) if known else (None, 0)
        return self.tokens[asset]


def user_accounts(policy: MarginPolicy, book: ResolvedBook) -> list[UserAccount]:
    """Return every account of a book, in its order."""
    reader = _Reader(policy, book, refusals(policy, book))
    return [
        UserAccount(tuple(_perps(reader, a)), tuple(_tokens(reader, book.book.balances[a], book.book.assets)))
        for a in range(len(book.book))
    ]


def _perps(reader: _Reader, a: int) -> Iterator[Perp]:
    held, orders = reader.book.positions, reader.book.orders
    mine = {int(held.columns[i]): i for i in _entries(held, a)}
    resting: dict[int, list[float]] = {}
    for i in _entries(orders, a):
        resting.setdefault(int(orders.columns[i]), []).append(float(orders.sizes[i]))
    for n in sorted({*mine, *resting}):
        market, price = reader.perp(n)
        quote_price = 0 if market is None else to_units(reader.quote_price(n), QUOTE_DECIMALS)
        size, entry = (float(held.sizes[mine[n]]), float(held.entry_prices[mine[n]])) if n in mine else (0.0, np.nan)
        sizes = [to_units(one, SIZE_DECIMALS) for one in resting.get(n, [])]
        yield Perp(
            row=n, market=market, price=price, quote_price=quote_price, size=to_units(size, SIZE_DECIMALS),
            bids=sum(one for one in sizes if one > 0), asks=sum(one for one in sizes if one < 0),
            orders_count=len(sizes), cost=None if np.isnan(entry) else to_units(size, QUOTE_DECIMALS, times=entry),
        )  # fmt: skip


def _entries(held: Holdings, a: int) -> range:
    return range(int(held.indptr[a]), int(held.indptr[a + 1]))


def _tokens(reader: _Reader, balances: np.ndarray, assets: tuple[str, ...]) -> Iterator[Token]:
    for asset, balance in zip(assets, balances.tolist(), strict=True):
        if balance == 0.0:
            continue
        market, price = reader.token(asset)
        yield Token(asset, market, price, 0 if market is None else to_units(balance, market.decimals))


def refusals(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    """Return what the rule can't take, by row of the snapshot's table, each with its name and why."""

    def why(sort: Sort) -> str:
        if sort.kind != Kind.PERPETUAL:
            return f"{policy.id} has no rule for {sort.kind.name.lower()}s; Drift lists perpetuals only"
        if sort.inverse or sort.settlement not in DOLLARS:
            return f"{policy.id} has no rule for what settles in {sort.settlement}; Drift settles in USDC"
        if read_perp(policy, sort.underlying) is None:
            return f"{policy.id} has no numbers for a perpetual on {sort.underlying}"
        return ""

    return refused_rows(book, why)
