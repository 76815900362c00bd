"""Books of listed options and stocks, as published examples give them, put through customer portfolio margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import seawall as sw
from seawall.core.time import NS_PER_YEAR, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option
from seawall.margining.model import Detail, Requirement
from seawall.market import Listed, MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.pricing import american, black76
from seawall.pricing.implied_vol import from_price

POLICY = "occ/tims/2026-01-01"
NOW_NS = to_ns("2007-02-23T21:00:00Z")


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of a book: `kind` is call, put, stock or future, `size` in units of the underlying, prices per unit.

    `underlying` is what its class is named by; an option has its price or its volatility.
    """

    underlying: str
    kind: str
    size: float
    spot: float
    strike: float = np.nan
    years: float = np.nan
    price: float = np.nan
    vol: float = np.nan
    rate: float = 0.0
    dividend_yield: float = 0.0
    early_exercise: bool = False

    @property
    def is_call(self) -> bool:
        return self.kind == "call"

    @property
    def is_option(self) -> bool:
        return self.kind in ("call", "put")

    @property
    def forward(self) -> float:
        return self.spot * float(np.exp((self.rate - self.dividend_yield) * self.years))

    def priced(self) -> tuple[float, float]:
        """Return price and volatility, one of which the example gives."""
        discount = float(np.exp(-self.rate * self.years))
        given = {"is_call": self.is_call, "rate": self.rate, "dividend_yield": self.dividend_yield}
        if np.isnan(self.price):
            if self.early_exercise:
                return float(american.price(self.spot, self.strike, self.years, self.vol, **given)), self.vol
            return (
                float(black76.price(self.forward, self.strike, self.years, self.vol, is_call=self.is_call,
                                    discount=discount)), self.vol
            )  # fmt: skip
        if self.early_exercise:
            return self.price, float(american.implied_vol(self.price, self.spot, self.strike, self.years, **given))
        undiscounted = self.price / discount
        return self.price, float(from_price(undiscounted, self.forward, self.strike, self.years, is_call=self.is_call))


@dataclass(frozen=True, slots=True)
class Found:
    """What the rule says of one book."""

    requirement: Requirement
    detail: Detail

    @property
    def total(self) -> float:
        return float(sum(amounts[0] for amounts in self.requirement.maintenance.values()))

    def native(self, name: str) -> float:
        return float(self.requirement.native[name][0])


def tims(legs: Sequence[Leg], policy: MarginPolicy) -> Found:
    """Return what customer portfolio margin says of a book, as any user's book is margined."""
    index = {leg.underlying: leg.spot for leg in reversed(legs)}
    owned = dict.fromkeys(index, 0.0)
    rows: list[Instrument] = []
    columns: dict[str, list[float]] = {"mark": [], "forward": [], "vol": []}
    for i, leg in enumerate(legs):
        plain = {"underlying": leg.underlying, "quote": "USD", "settlement": "USD"}
        mark, vol, forward = leg.spot, np.nan, leg.spot
        if leg.is_option:
            expiry = NOW_NS + round(leg.years * NS_PER_YEAR)
            rows.append(Option(name=f"{i}", strike=leg.strike, expiry_ns=expiry, is_call=leg.is_call, inverse=False,
                               **plain))  # type: ignore[arg-type]  # fmt: skip
            (mark, vol), forward = leg.priced(), leg.forward
        elif leg.kind == "stock":  # held as a balance, in units of what names the class
            owned[leg.underlying] += leg.size * leg.spot / index[leg.underlying]
            continue
        else:
            rows.append(Future(name=f"{i}", expiry_ns=NOW_NS + NS_PER_YEAR, inverse=False, **plain))  # type: ignore[arg-type]
        for column, number in zip(columns, (mark, forward, vol), strict=True):
            columns[column].append(number)
    priced = [leg for leg in legs if leg.kind != "stock"]
    terms = Listed.of(
        len(priced), rate=[leg.rate if leg.is_option else np.nan for leg in priced],
        dividend_yield=[leg.dividend_yield for leg in priced], early_exercise=[leg.early_exercise for leg in priced],
    )  # fmt: skip
    snapshot = MarketSnapshot.of(
        InstrumentTable.of(rows), name="example", venue="listed", source="published example", time_ns=NOW_NS,
        index=index, listed=terms, **columns,
    )  # fmt: skip
    positions = tuple(Position(f"{i}", leg.size) for i, leg in enumerate(legs) if leg.kind != "stock")
    account = Account("example", positions, {asset: amount for asset, amount in owned.items() if amount})
    found = sw.margin(Book.of([account]), snapshot, policy, check_lots=False)
    [row] = found
    assert not row.unavailable, row.unavailable
    return Found(found.requirement, found.explain("example").detail)


def policy_with(classes: dict[str, dict[str, object]], *, points_count: int, offset: float = 1.0) -> MarginPolicy:
    """Return the rule with an example's classes: `down_move`, `up_move` and `minimum_usd` of each underlying."""
    settings: dict[str, object] = {"general.points_count": points_count, "group.indices.offset": offset}
    for base, numbers in classes.items():
        path = f"market.{base.lower()}"
        settings |= {f"{path}.{name}": number for name, number in numbers.items()}
        settings[f"{path}.product_group"] = "indices"
        settings[f"collateral.{base.lower()}.haircut"] = 0.0
    return MarginPolicy.of("example", settings, like=at(POLICY), source="the example's own numbers")
