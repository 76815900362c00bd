"""What Derive's test portfolios have in common: one market with its feeds, and what the account holds in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seawall.core.time import NS_PER_SECOND, to_ns
from seawall.instruments import Instrument, InstrumentTable, Option, Perpetual
from seawall.market import Feeds, MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76
from tests.vectors.case import Case, not_understood

NOW_NS = to_ns("2026-01-21T00:00:00Z")
"""Any instant: the files give seconds to expiry."""
SECONDS_PER_YEAR = 365 * 86_400
SETTLEMENT_SECONDS = 1_800
CASH = "USDC"
SURE = 1.0
NUDGE = 1e-9
"""Whole dollars are cut from exact integers: what is 880 there may be 879.9999999999999 in binary floats."""


@dataclass
class Made:
    """A snapshot and a book in the making."""

    instruments: list[Instrument] = field(default_factory=list)
    rows: list[dict[str, float]] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    index: dict[str, float] = field(default_factory=dict)
    index_confidence: dict[str, float] = field(default_factory=dict)
    balances: dict[str, float] = field(default_factory=dict)

    def add(self, instrument: Instrument, size: float, entry: float = math.nan, **row: float) -> None:
        """List an instrument and hold it."""
        self.instruments.append(instrument)
        self.rows.append(row)
        self.positions.append(Position(instrument.name, size, entry))

    def own(self, asset: str, amount: float) -> None:
        """Put an amount of an asset into the account."""
        self.balances[asset] = self.balances.get(asset, 0.0) + amount

    def column(self, name: str, otherwise: float = math.nan) -> np.ndarray:
        return np.array([row.get(name, otherwise) for row in self.rows], dtype=np.float64)

    def snapshot(self) -> MarketSnapshot:
        """Return the market."""
        table = InstrumentTable.of(self.instruments)
        feeds = Feeds.of(
            len(table),
            rate=self.column("rate"),
            settled_forward=self.column("settled", 0.0),
            mark_confidence=self.column("mark_confidence"),
            forward_confidence=self.column("forward_confidence"),
            rate_confidence=self.column("rate_confidence"),
            vol_confidence=self.column("vol_confidence"),
            index_confidence=self.index_confidence,
        )
        return MarketSnapshot.of(
            table, name="case", venue="derive", source="the contract's tests", time_ns=NOW_NS, index=self.index,
            mark=self.column("mark"), forward=self.column("forward"), vol=self.column("vol"), feeds=feeds,
        )  # fmt: skip

    def book(self) -> Book:
        """Return the account."""
        held = tuple(position for position in self.positions if position.size != 0.0)
        return Book.of([Account("case", held, {asset: size for asset, size in self.balances.items() if size})])


def expiry_ns(seconds: float) -> int:
    """Return the instant of an expiry some seconds away."""
    return NOW_NS + round(seconds * NS_PER_SECOND)


def add_perpetual(made: Made, base: str, size: float, price: float, confidence: float, entry: float = math.nan) -> None:
    """Hold a perpetual; none is listed where none is held."""
    if size != 0.0:
        perp = Perpetual(name=f"{base}-PERP", underlying=base, quote=CASH, settlement=CASH, inverse=False)
        made.add(perp, size, entry, mark=price, mark_confidence=confidence)


def add_option(made: Made, base: str, option: Mapping[str, Any], expiry: Mapping[str, Any]) -> None:
    """Hold an option of an expiry, at the mark that its forward and volatility give."""
    seconds, strike = float(option["sec_to_expiry"]), float(option["strike"])
    is_call = {"call": True, "put": False}[option["type"]]
    settled, live = forward_of(expiry)
    vol = float(option["mark_vol"])
    sure = [float(place[name]) for place in (option, expiry) for name in ("vol_confidence",) if name in place]
    fact = Option(
        name=f"{base}-{len(made.instruments)}-{option['type']}", underlying=base, quote=CASH, settlement=CASH,
        strike=strike, expiry_ns=expiry_ns(seconds), is_call=is_call, inverse=False,
    )  # fmt: skip
    mark = black76.price(settled + live, strike, seconds / SECONDS_PER_YEAR, vol, is_call=is_call)
    made.add(
        fact, float(option["amount"]), mark=float(mark), forward=settled + live, vol=vol, settled=settled,
        rate=float(expiry.get("rate", math.nan)), vol_confidence=min(sure, default=SURE),
        forward_confidence=float(expiry.get("forward_confidence", SURE)),
        rate_confidence=float(expiry.get("rate_confidence", SURE)),
    )  # fmt: skip


def same_expiry(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two entries name one expiry, by seconds or by day, of one underlying where they name any."""
    if one.get("underlying") != other.get("underlying"):
        return False
    shared = [key for key in ("sec_to_expiry", "expiry") if key in one and key in other]
    return bool(shared) and all(one[key] == other[key] for key in shared)


def expiry_of(option: Mapping[str, Any], expiries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the expiry of an option, with the option's seconds where it has none; it may be listed twice."""
    found = [expiry for expiry in expiries if same_expiry(option, expiry)]
    if not found or any(one != found[0] for one in found):
        raise ValueError(f"{len(found)} expiries fit {option}")
    return {"sec_to_expiry": option["sec_to_expiry"]} | found[0]


def forward_of(expiry: Mapping[str, Any]) -> tuple[float, float]:
    """Return the settled and the live part of a forward.

    One that is given whole is live but for the part of the last half hour that has passed: the price settled to is the
    average over that half hour.
    """
    if "forward" not in expiry:
        return float(expiry.get("forward_fixed", 0.0)), float(expiry["forward_variable"])
    total = float(expiry["forward"])
    if "forward_fixed" in expiry:
        return float(expiry["forward_fixed"]), total - float(expiry["forward_fixed"])
    left = min(max(float(expiry["sec_to_expiry"]), 0.0) / SETTLEMENT_SECONDS, 1.0)
    return total * (1.0 - left), total * left


def policy_for(base: MarginPolicy, settings: Mapping[str, object], *, without: Sequence[str] = ()) -> MarginPolicy:
    """Return a dated policy with a case's own numbers, and without those of groups that the case replaces whole."""
    kept = {name: found for name, found in base.parameters.items() if not name.startswith(tuple(without))}
    bare = replace(base, parameters=kept)
    return MarginPolicy.of(f"{base.id} case", settings, like=bare, source="the case's own parameters")


def flat(block: Mapping[str, Any], prefix: str) -> dict[str, object]:
    """Return a nested block of parameters by dotted path; a list of numbers or words is one parameter."""
    found: dict[str, object] = {}
    for key, item in block.items():
        found |= flat(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {f"{prefix}{key}": item}
    return found


def close(name: str, ours: float, theirs: float, tolerance: float) -> Case:
    """Return a comparison relative to the published number or to one dollar, whichever is more."""
    scale = max(1.0, abs(float(theirs)))
    error = abs(float(ours) - float(theirs)) / scale
    return Case(name, error, tolerance, f"ours {float(ours)!r}, theirs {theirs!r}")


def whole(name: str, ours: float, theirs: float) -> Case:
    """Return a comparison of whole dollars, cut towards zero."""
    cut = math.trunc(ours + math.copysign(NUDGE, ours))
    return Case(name, abs(cut - float(theirs)), 0.0, f"ours {ours!r}, theirs {theirs!r}")


def strangers_in(name: str, block: Mapping[str, Any], known: Iterable[str]) -> Iterator[Case]:
    """Yield a failure for each key that is not known, whatever it holds: an unread word may change the rule."""
    for key in sorted(set(block) - set(known)):
        yield not_understood(f"{name} {key}", f"no reader for this key: {str(block[key])[:80]}")
