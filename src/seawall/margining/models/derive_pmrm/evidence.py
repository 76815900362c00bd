"""What each account's margin rests on; a rule that did not bear on it is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.derive_pmrm.collateral import Haircuts
from seawall.margining.models.derive_pmrm.numbers import (
    BASIS_NUMBERS,
    CONFIDENCE_NUMBERS,
    DISCOUNT_NUMBERS,
    PEG_NUMBERS,
    SKEW_NUMBERS,
    VOL_NUMBERS,
    FirstNumbers,
    SecondNumbers,
)  # fmt: skip
from seawall.margining.models.derive_pmrm.portfolio import Portfolio
from seawall.margining.models.derive_pmrm.result import MarketMargin
from seawall.margining.models.derive_pmrm.scenario_list import BASIS, VALUED_COUNT
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

SCENARIO_NUMBERS = ("spot_mult", "vol")
HAIRCUT_NUMBERS = ("mm_haircut", "im_haircut_extra")


def uses(
    policy: MarginPolicy,
    book: ResolvedBook,
    numbers: Mapping[str, FirstNumbers | SecondNumbers],
    found: Mapping[str, tuple[Portfolio, MarketMargin]],
    haircuts: Mapping[str, Haircuts],
    order_added: FloatArray,
    *,
    second: bool,
) -> Iterator[Use]:
    """Yield the numbers and rules that each account relied on."""
    table, feeds, count = book.snapshot.table, book.snapshot.feeds, len(book.book)
    option = np.asarray(table.is_kind(Kind.OPTION), dtype=np.bool_)
    anywhere = np.zeros((count, len(found)), np.bool_)
    for b, (base, (portfolio, margin)) in enumerate(found.items()):
        mine = _holders(book, of_underlying(book, base))
        optioned = _holders(book, of_underlying(book, base) & option)
        owned = np.zeros(count, np.bool_)
        for asset in portfolio.collateral:
            owned |= asset.amount_usd != 0.0
        anywhere[:, b] = mine | owned
        yield from _scenario_uses(policy, base, numbers[base], margin, mine | owned, optioned, second=second)
        yield from _contingency_uses(policy, base, portfolio, margin, optioned, second=second)
    yield from _collateral_uses(policy, found, haircuts, count, second=second)
    everyone = np.asarray(anywhere.any(axis=1), dtype=np.bool_)
    yield Use(everyone, policy.evidence([], ["net_margin"]))
    yield Use(anywhere.sum(axis=1) > 1, policy.evidence([], ["managers_add"]))
    yield Use(_holders(book, table.inverse), policy.evidence([], ["other_settlement_form"]))
    unsure = [] if feeds is not None else ["unstated_confidence"]
    yield Use(everyone, policy.evidence([], unsure))
    if second:
        unrated = np.ones(len(table), np.bool_) if feeds is None else np.isnan(feeds.rate)
        yield Use(_holders(book, option & unrated), policy.evidence([], ["unstated_rate"]))
    else:
        yield Use(_holders(book, option), policy.evidence(["general.rate"], []))
    settled = np.zeros(len(table), np.bool_) if feeds is None else feeds.settled_forward > 0.0
    yield Use(_holders(book, option & settled), policy.evidence([], ["settled_forward"]))
    has_orders = np.diff(book.orders.indptr) > 0
    yield Use(has_orders | (order_added != 0.0), policy.evidence([], ["order_margin"]))


def _scenario_uses(
    policy: MarginPolicy,
    base: str,
    numbers: FirstNumbers | SecondNumbers,
    margin: MarketMargin,
    active: BoolArray,
    optioned: BoolArray,
    *,
    second: bool,
) -> Iterator[Use]:
    """Yield what the worst case of one underlying's manager rests on."""
    group = f"market.{base.lower()}"
    listed = [f"{group}.scenarios.{name}" for name in (*SCENARIO_NUMBERS, *(["damp"] if second else []))]
    factors = [f"{group}.{name}" for name in ("im_factor", *(["mm_factor"] if second else []))]
    yield Use(active, policy.evidence([*listed, *factors], ["scenario_pnl"]))
    vols = [f"{group}.vol.{name}" for name in VOL_NUMBERS]
    if second:
        sides = ("discount_long", "discount_short")
        discounts = [f"{group}.{side}.{name}" for side in sides for name in DISCOUNT_NUMBERS]
        rules = ["option_value", "short_discount_cap", "min_vol"]
        yield Use(optioned, policy.evidence([*vols, f"{group}.vol.min_vol_up", *discounts], rules))
        skews = np.append(numbers.common.scenarios.is_skew, False)
        bound = margin.scenario - VALUED_COUNT
        skewed = optioned & (bound >= 0) & skews[np.maximum(bound, -1)]
        yield Use(skewed, policy.evidence([f"{group}.skew.{name}" for name in SKEW_NUMBERS], ["skew_pnl"]))
    else:
        discounts = [f"{group}.static_discount.{name}" for name in DISCOUNT_NUMBERS]
        yield Use(optioned, policy.evidence([*vols, *discounts], ["option_value"]))
    basis = [f"{group}.basis.{name}" for name in BASIS_NUMBERS]
    yield Use(margin.scenario == BASIS, policy.evidence(basis, ["basis_contingency"]))


def _contingency_uses(
    policy: MarginPolicy, base: str, portfolio: Portfolio, margin: MarketMargin, optioned: BoolArray, *, second: bool
) -> Iterator[Use]:
    """Yield what the charges beside the worst case rest on."""
    group = f"market.{base.lower()}.contingency"
    perp = ["mm_perp", "im_perp_extra"] if second else ["perp"]
    option = ["mm_option", "im_option_extra"] if second else ["option"]
    yield Use(portfolio.perp != 0.0, policy.evidence([f"{group}.{name}" for name in perp]))
    yield Use(portfolio.naked != 0.0, policy.evidence([f"{group}.{name}" for name in option], ["naked_shorts"]))
    unsure = [f"{group}.{name}" for name in CONFIDENCE_NUMBERS]
    yield Use(margin.initial["confidence_contingency"] != 0.0, policy.evidence(unsure, ["confidence"]))
    pegged = [f"{group}.{name}" for name in PEG_NUMBERS]
    yield Use(margin.initial["peg_contingency"] != 0.0, policy.evidence(pegged, ["peg"]))


def _collateral_uses(
    policy: MarginPolicy,
    found: Mapping[str, tuple[Portfolio, MarketMargin]],
    haircuts: Mapping[str, Haircuts],
    count: int,
    *,
    second: bool,
) -> Iterator[Use]:
    """Yield what each asset rests on, one asset after the other whoever holds it."""
    for asset, numbers in haircuts.items():
        path = f"collateral.{asset.lower()}"
        home, away, owed = (np.zeros(count, np.bool_) for _ in range(3))
        for portfolio, _margin in found.values():
            for one in portfolio.collateral:
                if one.asset == asset:
                    home |= (one.amount_usd > 0.0) & one.at_home
                    away |= (one.amount_usd > 0.0) & ~one.at_home
                    owed |= one.amount_usd < 0.0
        if not policy.has(f"{path}.follows"):
            continue  # refused, and named so
        follows = [f"{path}.follows"]
        yield Use(owed, policy.evidence(follows, ["debts_whole"]))
        if not second:
            yield Use(home, policy.evidence([*follows, f"market.{numbers.follows.lower()}.contingency.base"]))
            continue
        at_home = [f"{path}.{name}" for name in HAIRCUT_NUMBERS]
        yield Use(home, policy.evidence([*follows, *at_home], ["collateral_contingency"]))
        if numbers.mm_elsewhere is not None:
            elsewhere = [f"collateral_elsewhere.{asset.lower()}.{name}" for name in HAIRCUT_NUMBERS]
            yield Use(away, policy.evidence([*follows, *elsewhere], ["collateral_contingency", "collateral_place"]))


def _holders(book: ResolvedBook, members: BoolArray) -> BoolArray:
    """Return which accounts hold any of some instruments, `(A,)`."""
    return book.positions.owners(members)
