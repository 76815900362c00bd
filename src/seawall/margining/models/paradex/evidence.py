"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.paradex.account import holders
from seawall.margining.models.paradex.numbers import (
    FEE_NUMBERS,
    OPTION_NUMBERS,
    SCAN_LISTS,
    SIDES,
    VOL_NUMBERS,
    read_imf,
    read_option,
)
from seawall.margining.models.paradex.scan import BaseRisk
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


class _Who:
    """Which accounts hold, or have orders in, instruments of some kind."""

    def __init__(self, book: ResolvedBook) -> None:
        self.book, self.table = book, book.snapshot.table
        self.options = self.table.is_kind(Kind.OPTION)
        self.perps = self.table.is_kind(Kind.PERPETUAL)

    def holds(self, members: BoolArray, *, sign: float = 0.0, orders: bool = True) -> BoolArray:
        found = np.zeros(len(self.book.book), np.bool_)
        for held in (self.book.positions, self.book.orders) if orders else (self.book.positions,):
            found |= holders(held, members[held.columns] & ((held.sizes * sign > 0.0) | (sign == 0.0)))
        return found


def _shared(policy: MarginPolicy, who: _Who) -> Iterator[Use]:
    """Yield what both modes rest on."""
    book, table = who.book, who.table
    anything = who.holds(np.ones(len(table), np.bool_))
    yield Use(anything, policy.evidence(["general.mmf_factor"], ["maintenance_half", "account_value"]))
    yield Use(who.holds(who.perps), policy.evidence(["fee.perp_taker"], ["fee_provision"]))
    option_fees = [f"fee.{name}" for name in FEE_NUMBERS if name.startswith("option")]
    yield Use(who.holds(who.options), policy.evidence(option_fees, ["fee_provision"]))
    yield Use(who.holds(table.inverse), policy.evidence([], ["other_settlement_form"]))
    foreign = [c for c, asset in enumerate(book.book.assets) if asset == "USD"]
    yield Use((book.book.balances[:, foreign] != 0.0).any(axis=1), policy.evidence([], ["dollars_as_usdc"]))


def portfolio_uses(policy: MarginPolicy, book: ResolvedBook, risks: Mapping[str, BaseRisk]) -> Iterator[Use]:
    """Yield who relied on what under portfolio margin."""
    who = _Who(book)
    yield from _shared(policy, who)
    for base, risk in risks.items():
        mine, group = of_underlying(book, base), f"scan.{base.lower()}"
        lists = [f"{group}.{name}" for name in SCAN_LISTS]
        yield Use(who.holds(mine), policy.evidence(lists, ["scan_risk"]))
        vols = [*(f"vol.{name}" for name in VOL_NUMBERS), f"{group}.min_vol_up"]
        yield Use(who.holds(mine & who.options), policy.evidence(vols, ["min_vol_level", "option_forward"]))
        lifted = (risk.minimum > risk.scan) | (risk.minimum_open > risk.scan_open)
        by_delta = [f"{group}.unhedged", f"{group}.hedged"]
        yield Use(lifted, policy.evidence(by_delta, ["minimum_delta"]))
    snapshot = book.snapshot
    near = who.options & (snapshot.years * 365.0 * 1_440.0 < policy.number("general.settlement_minutes"))
    yield Use(who.holds(near), policy.evidence(["general.settlement_minutes"], ["settlement_average"]))
    yield Use(who.holds(who.perps, orders=False), policy.evidence([], ["funding_provision"]))
    unstated = who.perps & np.isnan(snapshot.funding_8h)
    yield Use(who.holds(unstated, orders=False), policy.evidence(["general.baseline_funding"], ["unstated_funding"]))
    yield Use(np.diff(book.orders.indptr) > 0, policy.evidence([], ["portfolio_orders"]))


def cross_uses(policy: MarginPolicy, book: ResolvedBook) -> Iterator[Use]:
    """Yield who relied on what under cross margin."""
    who = _Who(book)
    yield from _shared(policy, who)
    for base in who.table.underlyings:
        mine = of_underlying(book, base)
        if read_imf(policy, base) is not None:
            path = f"perp.{base.lower()}.imf"
            yield Use(who.holds(mine & who.perps), policy.evidence([path], ["open_size"]))
        if read_option(policy, base, "im") is not None:
            paths = {name: [f"option.{base.lower()}.{side}_{name}" for side in SIDES] for name in OPTION_NUMBERS}
            long = [*paths["premium_multiplier"], *paths["long_itm"]]
            short = [*paths["short_itm"], *paths["short_otm"]]
            options = mine & who.options
            yield Use(who.holds(options, sign=1.0), policy.evidence(long, ["long_option"]))
            yield Use(who.holds(options, sign=-1.0), policy.evidence(short, ["short_option"]))
            puts = options & ~who.table.is_call
            yield Use(who.holds(puts, sign=-1.0), policy.evidence(paths["short_put_cap"], ["short_put_cap"]))
    optioned = np.zeros(len(book.book), np.bool_)
    optioned |= holders(book.orders, who.options[book.orders.columns])
    yield Use(optioned, policy.evidence([], ["option_orders"]))
