"""What is particular in Derive's portfolio managers, by hand: round prices, and volatility so small that time is worth
nothing, so that an option is worth what it pays at its forward."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.core.time import NS_PER_SECOND, iso, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import Margins, evaluate
from seawall.market import Feeds, MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.venues.derive.accounts import read_account
from tests.unit.venues.derive import samples

NOW_NS = to_ns("2026-03-01T08:00:00Z")
DAY = 86_400
SPOT = 1_000.0
TINY = 1e-6
FIRST, SECOND = at("derive/pmrm/2026-01-21"), at("derive/pmrm2/2026-01-21")
STILL = {"spot_mult": [1.0], "vol": ["none"]}


def option(name: str, strike: float, *, call: bool, seconds: int = 30 * DAY) -> Option:
    return Option(name=name, underlying="ETH", quote="USDC", settlement="USDC", strike=strike, is_call=call,
                  inverse=False, expiry_ns=NOW_NS + seconds * NS_PER_SECOND)  # fmt: skip


PERP = Perpetual(name="ETH-PERP", underlying="ETH", quote="USDC", settlement="USDC", inverse=False)
CALL, PUT = option("CALL", 900.0, call=True), option("PUT", 1_100.0, call=False)
LATER = option("LATER", 900.0, call=True, seconds=60 * DAY)


def market(
    *held: Instrument, vol: float = TINY, stable: float = 1.0, sure: float = 1.0, **feeds: Any
) -> MarketSnapshot:
    """Return a market in which every forward is at the index, and options are at their intrinsic worth."""
    table = InstrumentTable.of(held)
    options = ~np.isnan(table.strike)
    worth = np.where(table.is_call, SPOT - table.strike, table.strike - SPOT)
    return MarketSnapshot.of(
        table, name="m", venue="derive", source="by hand", time_ns=NOW_NS,
        index={"ETH": SPOT, "BTC": 50_000.0, "WEETH": 1_050.0, "USDC": stable},
        mark=np.where(options, np.maximum(worth, 0.0), SPOT), forward=np.where(options, SPOT, np.nan),
        vol=np.where(options, vol, np.nan),
        feeds=Feeds.of(len(table), index_confidence={"ETH": sure}, **feeds),
    )  # fmt: skip


def margins(snapshot: MarketSnapshot, policy: MarginPolicy, sizes: dict[str, float], **owned: float) -> Margins:
    account = Account("a", tuple(Position(name, size) for name, size in sizes.items()), owned)
    [found] = evaluate(Book.of([account]), snapshot, [policy], check_lots=False)
    return found


def only(policy: MarginPolicy, base: str = "eth", **rows: list[Any]) -> MarginPolicy:
    """Return a policy with scenarios of one's own."""
    listed = STILL | rows
    if policy.has(f"market.{base}.scenarios.damp"):
        listed = {"damp": [1.0] * len(listed["vol"])} | listed
    return policy.with_numbers({f"market.{base}.scenarios.{name}": row for name, row in listed.items()})


def numbers(policy: MarginPolicy, **settings: float) -> MarginPolicy:
    return policy.with_numbers({f"market.eth.{name.replace('__', '.')}": x for name, x in settings.items()})


def component(found: Margins, name: str) -> tuple[float, float]:
    return float(found.initial[name][0]), float(found.maintenance[name][0])


def test_the_worst_move_of_a_perpetual_and_its_contingency_are_those_of_the_script() -> None:
    found = margins(market(PERP), SECOND, {"ETH-PERP": -2.0})
    assert component(found, "worst_case") == pytest.approx((2_000 * 0.18, 2_000 * 0.18 * 0.8))
    assert component(found, "perp_contingency") == pytest.approx((2_000 * 0.04, 2_000 * 0.03))
    first = margins(market(PERP), FIRST, {"ETH-PERP": -2.0})
    assert component(first, "worst_case") == pytest.approx((2_000 * 0.20 * 1.25, 2_000 * 0.20))
    assert component(first, "perp_contingency") == pytest.approx((2_000 * 0.03 * 1.25, 2_000 * 0.03))


def test_a_tail_counts_in_part() -> None:
    policy = only(SECOND, spot_mult=[3.0], vol=["up"], damp=[0.1])
    found = margins(market(PERP), policy, {"ETH-PERP": -1.0})
    assert component(found, "worst_case")[0] == pytest.approx(0.1 * 2_000.0)


def test_a_skew_counts_what_each_expiry_gains_as_lost() -> None:
    """One expiry gains by a tilt what the other loses; both count, though together they are nothing."""
    up = option("UP", 1_200.0, call=True, seconds=30 * DAY)
    far = option("FAR", 1_200.0, call=True, seconds=31 * DAY)
    policy = numbers(only(SECOND, vol=["linear"]), basis__add=0.0, basis__mult=0.0, discount_long__base=1.0,
                     discount_long__rate_add=0.0, discount_short__base=1.0, discount_short__rate_add=0.0)  # fmt: skip
    snapshot = market(up, far, vol=0.6)
    apart = [component(margins(snapshot, policy, {name: size}), "worst_case")[0]
             for name, size in (("UP", 1.0), ("FAR", -1.0))]  # fmt: skip
    both = component(margins(snapshot, policy, {"UP": 1.0, "FAR": -1.0}), "worst_case")[0]
    assert min(apart) > 1.0
    assert both == pytest.approx(sum(apart), rel=1e-12)


def test_a_skew_that_moves_the_price_is_refused_by_name() -> None:
    policy = only(SECOND, spot_mult=[1.1], vol=["abs"])
    with pytest.raises(InputError, match=r"scenario 1, vol abs.*spot_mult is 1"):
        margins(market(PERP), policy, {"ETH-PERP": 1.0})


def test_the_discount_goes_by_the_sign_of_a_whole_expiry() -> None:
    """A long call of 100 and a short one of 60: the rest of 40 is discounted, and not each by its own sign."""
    less = option("LESS", 940.0, call=True)
    policy = numbers(
        only(SECOND), discount_long__rate_add=0.0, discount_short__rate_add=0.0, basis__add=0.0, basis__mult=0.0
    )
    found = margins(market(CALL, less, rate=1.0), policy, {"CALL": 1.0, "LESS": -1.0})
    discount = math.exp(-30 / 365)
    assert component(found, "worst_case")[0] == pytest.approx(40.0 * discount * (1.0 - 0.98), rel=1e-9)
    short = margins(market(CALL, less, rate=1.0), policy, {"CALL": -1.0, "LESS": 1.0})
    assert component(short, "worst_case")[0] == pytest.approx(40.0 * discount * 0.02, rel=1e-9)
    apart = margins(market(CALL, LATER, rate=1.0), policy, {"CALL": 1.0, "LATER": -1.0})
    by_expiry = 100.0 * 0.02 * (discount + math.exp(-60 / 365))
    assert component(apart, "worst_case")[0] == pytest.approx(by_expiry, rel=1e-9)


def test_a_negative_value_is_marked_up_no_further_than_undiscounted() -> None:
    policy = numbers(only(SECOND), discount_short__rate_add=0.0, basis__add=0.0, basis__mult=0.0)
    found = margins(market(CALL, rate=0.0), policy, {"CALL": -1.0})
    assert component(found, "worst_case")[0] == pytest.approx(0.0, abs=1e-9)


def test_only_a_rising_volatility_has_a_floor() -> None:
    at_the_money = option("ATM", 1_000.0, call=True)
    worth = SPOT * math.erf(0.4 * math.sqrt(30 / 365) / 2 / math.sqrt(2))
    for word, loss in (("up", worth), ("none", 0.0), ("down", 0.0)):
        policy = numbers(only(SECOND, vol=[word]), discount_short__base=1.0, discount_short__rate_add=0.0,
                         basis__add=0.0, basis__mult=0.0)  # fmt: skip
        found = margins(market(at_the_money), policy, {"ATM": -1.0})
        assert component(found, "worst_case")[0] == pytest.approx(loss, abs=1e-3), word


def test_what_is_settled_of_a_forward_does_not_move() -> None:
    """Fifteen minutes before expiry half of the average is certain: a fall of 10 % is one of 5 %."""
    soon = option("SOON", 500.0, call=True, seconds=900)
    policy = only(FIRST, spot_mult=[0.9])
    policy = numbers(policy, static_discount__base=1.0, static_discount__rate_add=0.0, basis__add=0.0, basis__mult=0.0)
    whole = margins(market(soon), policy, {"SOON": 1.0})
    half = margins(market(soon, settled_forward=500.0), policy, {"SOON": 1.0})
    assert component(whole, "worst_case")[1] == pytest.approx(100.0)
    assert component(half, "worst_case")[1] == pytest.approx(50.0)


def test_naked_shorts_are_counted_strike_by_strike() -> None:
    call, put, other = (option(name, strike, call=is_call) for name, strike, is_call in (
        ("C900", 900.0, True), ("P900", 900.0, False), ("C901", 901.0, True)))  # fmt: skip
    snapshot = market(call, put, other)
    charge = SPOT * 0.003
    for sizes, naked in (
        ({"C900": -1.0}, 1.0), ({"C900": -1.0, "P900": 1.0}, 0.0), ({"C900": -2.0, "P900": 0.5}, 1.5),
        ({"C900": -1.0, "P900": -1.0}, 2.0), ({"C900": -1.0, "C901": 1.0}, 1.0),
    ):  # fmt: skip
        found = margins(snapshot, SECOND, sizes)
        assert component(found, "option_contingency")[1] == pytest.approx(naked * charge), sizes


def test_low_confidence_costs_initial_margin_alone() -> None:
    found = margins(market(PERP, sure=0.25), SECOND, {"ETH-PERP": -2.0})
    assert component(found, "confidence_contingency") == pytest.approx((0.75 * 2_000.0, 0.0))
    at_threshold = margins(market(PERP, sure=0.55), SECOND, {"ETH-PERP": -2.0})
    assert component(at_threshold, "confidence_contingency") == (0.0, 0.0)


@pytest.mark.parametrize("policy", [FIRST, SECOND], ids=["PMRM", "PMRM_2"])
def test_low_confidence_costs_a_debt_as_much_as_what_is_owned(policy: MarginPolicy) -> None:
    for amount in (2.0, -2.0):
        found = margins(market(PERP, sure=0.25), policy, {}, ETH=amount)
        assert component(found, "confidence_contingency") == pytest.approx((0.75 * 2_000.0, 0.0))


def test_a_debt_is_with_the_manager_of_its_own_coin_and_is_stressed_there() -> None:
    """What is owned lies with the manager that trades, and cancels nothing there; a debt stays with its own coin."""
    perp = Perpetual(name="BTC-PERP", underlying="BTC", quote="USDC", settlement="USDC", inverse=False)
    snapshot = replace(market(perp), mark=np.array([50_000.0]))
    alone, indebted, owning = (
        component(margins(snapshot, SECOND, {"BTC-PERP": 0.01}, **owned), "worst_case")[0]
        for owned in ({}, {"ETH": -1.0}, {"ETH": 1.0})
    )
    assert indebted - alone == pytest.approx(0.18 * 1_000.0)
    assert owning == pytest.approx(alone)


def test_the_perpetuals_confidence_does_not_reach_collateral() -> None:
    found = margins(market(PERP, mark_confidence=0.1), SECOND, {"ETH-PERP": 1.0}, ETH=5.0)
    assert component(found, "confidence_contingency")[0] == pytest.approx(0.9 * 1_000.0)


def test_a_cash_coin_below_its_peg_raises_the_factor_of_initial_margin() -> None:
    found = margins(market(PERP, stable=0.89), SECOND, {"ETH-PERP": -1.0})
    assert component(found, "peg_contingency") == pytest.approx((180.0 * 0.1 * 4.0, 0.0))
    first = margins(market(PERP, stable=0.89), FIRST, {"ETH-PERP": -1.0})
    assert component(first, "peg_contingency")[0] == pytest.approx((200.0 + 30.0) * 0.1 * 4.0)


def test_collateral_that_follows_the_underlying_hedges_it_and_other_collateral_does_not() -> None:
    snapshot = market(PERP)
    hedged = margins(snapshot, SECOND, {"ETH-PERP": -1.05}, WEETH=1.0)
    assert component(hedged, "worst_case")[0] == pytest.approx(0.0, abs=1e-9)
    assert component(hedged, "collateral_contingency") == pytest.approx((1_050.0 * 0.17, 1_050.0 * 0.156))
    alone = margins(snapshot, SECOND, {"ETH-PERP": -1.05}, BTC=0.021)
    assert component(alone, "worst_case")[0] == pytest.approx(1_050.0 * 0.18)
    counted = 0.75 * 0.93  # as in the standard manager
    assert component(alone, "collateral_contingency") == pytest.approx((1_050.0 * (1.0 - counted), 1_050.0 * 0.25))


def test_collateral_alone_has_the_margin_of_its_own_manager() -> None:
    found = margins(market(), SECOND, {}, ETH=2.0)
    assert float(found.requirement.equity[0]) == 2_000.0
    assert component(found, "worst_case")[0] == pytest.approx(360.0)


@pytest.mark.parametrize("policy", [FIRST, SECOND], ids=["PMRM", "PMRM_2"])
def test_a_debt_has_no_haircut(policy: MarginPolicy) -> None:
    found = margins(market(PERP), policy, {"ETH-PERP": 1.0}, ETH=-1.0)
    assert component(found, "collateral_contingency") == (0.0, 0.0)
    assert float(found.requirement.equity[0]) == -1_000.0


def test_what_derive_does_not_list_is_refused_by_name() -> None:
    dated = Future(name="ETH-FUT", underlying="ETH", quote="USDC", settlement="USDC", inverse=False,
                   expiry_ns=NOW_NS + DAY * NS_PER_SECOND)  # fmt: skip
    for held in (dated, replace(PERP, name="XYZ-PERP", underlying="XYZ")):
        snapshot = market(held)
        [row] = list(margins(snapshot, SECOND, {held.name: 1.0}))
        assert held.name in row.unavailable
        assert math.isnan(row.initial_margin)


def test_a_book_of_perpetuals_does_not_answer_for_skews_and_volatilities() -> None:
    perp, options = margins(market(PERP), SECOND, {"ETH-PERP": 1.0}), margins(market(CALL), SECOND, {"CALL": -1.0})
    names = {item.subject for use in perp.requirement.uses if use.applies[0] for item in use.items}
    assert "market.eth.scenarios.spot_mult" in names
    assert not [name for name in names if ".vol." in name or ".skew." in name or "discount" in name]
    more = {item.subject for use in options.requirement.uses if use.applies[0] for item in use.items}
    assert {"market.eth.vol.range_up", "market.eth.discount_short.base", "market.eth.contingency.mm_option"} <= more


def test_both_margins_of_a_live_account_of_2026_are_reproduced() -> None:
    book = read_account(samples.LIVE_PM2, origin="live")
    assert book is not None
    [position] = samples.LIVE_PM2["positions"]
    table = InstrumentTable.of([PERP])
    snapshot = MarketSnapshot.of(
        table, name="live", venue="derive", source="live", time_ns=to_ns("2026-11-02T00:00:00Z"),
        index={"ETH": float(position["index_price"]), "USDC": 1.0}, mark=[float(position["mark_price"])],
    )  # fmt: skip
    [found] = evaluate(book, snapshot, [at("derive/pmrm2/2026-11-01")], check_lots=False)
    assert float(found.requirement.equity[0]) == pytest.approx(float(samples.LIVE_PM2["subaccount_value"]), abs=1e-9)
    for ours, theirs in (("initial", "initial_margin"), ("maintenance", "maintenance_margin")):
        net = float(found.requirement.native[f"net_{ours}_margin"][0])
        assert net == pytest.approx(float(samples.LIVE_PM2[theirs]), abs=1e-7), ours
    assert found.policy.parameter("market.eth.contingency.mm_perp").grade is Grade.VERIFIED


def test_an_expiry_is_shown_by_its_instant() -> None:
    figures = margins(market(CALL), SECOND, {"CALL": 1.0}).explain().detail.figures
    assert figures[f"ETH.option_mtm.{iso(CALL.expiry_ns)}"] == pytest.approx(100.0)
