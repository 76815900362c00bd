"""`stress`, `margin_path`, `distance` and what goes with them: by name, in agreement, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

import seawall as sw
from seawall.policy import at
from seawall.risk.daily_moves import at_the_money
from seawall.risk.distance import distances
from seawall.risk.liquidation_price import liquidation_prices
from seawall.risk.market_path import MarketPath
from seawall.scenarios import FlashCrash, NamedEvent, event
from seawall.scenarios.stress_library import stress_names
from tests.laws import worlds

MARKET = "deribit-btc-2026-08-01"
POLICIES = ("deribit/x_pm", "okx/pm", "bybit/pm", "binance/pm", "derive/pmrm2")
FALLEN = "delta_hedged_short_gamma"


@pytest.mark.parametrize("policy", POLICIES)
def test_all_stresses_run_on_the_bundled_book_under_each_large_venue(policy: str) -> None:
    found = sw.stress("demo", MARKET, "all", policy)
    assert found.scenarios == stress_names()
    assert len(found) == 7 * len(stress_names())
    gone = {one.account for one in found if one.unavailable}
    assert gone == ({"cash_and_carry"} if policy == "derive/pmrm2" else set())
    for one in found:
        assert bool(one.unavailable) == np.isnan(one.pnl)
    assert not any(
        leg.name in ("price", "depth and spread") for name in found.scenarios for leg in found.not_applied(name)
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_a_path_and_a_stress_agree_at_the_step_that_is_worst(policy: str) -> None:
    for name in ("2020-03-12", "2025-10-10"):
        stress = sw.stress("demo", MARKET, name, policy)
        path = sw.margin_path("demo", MARKET, name, policy, answer="ignore")
        for account in path.accounts:
            one = stress.of(account, name)
            [step] = [step for step in path.of(account) if step.label == one.step]
            assert (step.initial_margin, step.equity, step.ratio) == (one.initial, one.equity, one.ratio)
            assert (step.closing_cost, step.ratio_seen) == (one.closing_cost, one.ratio_seen)
            assert one.worst_pnl == min(step.equity for step in path.of(account)) - one.equity_before


def test_an_account_without_a_margin_is_named_and_does_not_stop_a_path() -> None:
    found = sw.margin_path("demo", MARKET, "2025-10-10", "derive/pmrm2")
    assert set(found.unavailable) == {"cash_and_carry"}
    assert "no rule for a future" in found.unavailable["cash_and_carry"]
    assert len(found.accounts) == 6


def test_a_coin_that_a_path_does_not_tell_of_is_not_taken_to_stand_still() -> None:
    now = worlds.market()
    book = sw.Book.of([
        sw.Account("btc", (sw.Position("BTC_USDC-PERPETUAL", 1.0),), {"USDC": 50_000.0}),
        sw.Account("eth", (sw.Position("ETH_USDC-PERPETUAL", 1.0),), {"USDC": 50_000.0}),
    ])  # fmt: skip
    fall = FlashCrash({"BTC": -0.1}).paths()
    found = sw.margin_path(book, now, fall)
    assert found.unavailable == {"eth": "the path does not tell of ETH"}
    assert found.accounts == ("btc",)
    with pytest.raises(sw.UnavailableError, match="ETH"):
        sw.margin_path(book.take([1]), now, fall)


def test_scenarios_of_ones_own_go_in_as_makers_sets_or_paths() -> None:
    crash = FlashCrash({"BTC": -0.3})
    found = sw.stress("demo", MARKET, {"maker": crash, "path": crash.paths(), "set": crash.scenarios()})
    for account in found.accounts:
        rows = [found.of(account, name) for name in found.scenarios]
        assert len({(one.step, one.ratio, one.pnl) for one in rows}) == 1
    by_name, by_maker = (
        sw.margin_path("demo", MARKET, path, answer="ignore").rows()
        for path in ("2025-10-10", NamedEvent(event("2025-10-10"), ("BTC",)))
    )
    assert by_name == by_maker
    now = sw.load_snapshot(MARKET)
    prices = MarketPath.of_prices([now.time_ns], {"BTC": [50_000.0]}, now.index, now_ns=now.time_ns)
    assert sw.margin_path("demo", MARKET, prices).steps[0].label == ""


def test_depth_of_ones_own_changes_what_closing_costs_and_nothing_else() -> None:
    deep, thin = (sw.stress("demo", MARKET, "2025-10-10", depth_usd={"BTC": usd}) for usd in (1e12, 1e7))
    for one, other in zip(deep, thin, strict=True):
        if one.account == "box":  # a box has no delta to walk a book with
            assert one.closing_cost == pytest.approx(other.closing_cost)
        else:
            assert one.closing_cost < other.closing_cost
        assert (one.ratio, one.status) == (other.ratio, other.status)


@pytest.mark.parametrize(
    ("scenarios", "word"),
    [
        ("2025-10-11", "the scenarios are 2020-03-12"),
        ((), "one scenario or more"),
        ({"mine": 3}, "a scenario is a name"),
    ],
)
def test_what_is_no_scenario_is_refused_by_name(scenarios: object, word: str) -> None:
    with pytest.raises(sw.SeawallError, match=word):
        sw.stress("demo", MARKET, scenarios)  # type: ignore[arg-type]


def test_alternatives_are_no_path() -> None:
    with pytest.raises(sw.InputError, match="alternatives"):
        sw.margin_path("demo", MARKET, "grid")
    with pytest.raises(sw.InputError, match="pay or ignore"):
        sw.margin_path("demo", MARKET, "2025-10-10", answer="wait")  # type: ignore[arg-type]


def test_distances_by_name_are_those_of_the_risk_room_and_hold_the_liquidation_prices() -> None:
    accounts = ["short_strangle", "naked_wing_seller"]
    found = sw.distance("demo", MARKET, "deribit/x_pm", accounts=accounts)
    now, book = sw.load_snapshot(MARKET), sw.load_book("demo")
    policy = at("deribit/x_pm", now.time_ns)
    assert str(found.rows()) == str(distances(book, now, policy, accounts=accounts).rows())
    for one in liquidation_prices(book, now, policy, accounts=accounts):
        assert found.of(one.account, "BTC down").prices["BTC"] == one.below
        assert found.of(one.account, "BTC up").prices["BTC"] == one.above


def test_a_surface_and_the_nearest_point_need_to_know_whose() -> None:
    surface = sw.liquidation_surface("demo", MARKET, account="box", price_moves=[-0.1, 0.0], vol_moves=[0.0, 0.5])
    assert surface.asset == "BTC"
    assert not surface.acts.any()
    one = {"BTC-25SEP26-70000-C": -50, "BTC": 15.0}
    assert sw.liquidation_surface(one, MARKET, price_moves=[0.0, 0.1], vol_moves=[0.0, 0.1]).account == "book"
    for ask in (sw.liquidation_surface, sw.reverse_stress):
        with pytest.raises(sw.InputError, match=r"name one with account=.*short_strangle"):
            ask("demo", MARKET)
    with pytest.raises(sw.InputError, match="box depends on BTC"):
        sw.liquidation_surface("demo", MARKET, account="box", asset="ETH")
    with pytest.raises(sw.InputError, match="together"):
        sw.reverse_stress("demo", MARKET, account="box", factors=["BTC"])
    with pytest.raises(sw.InputError, match="maintenance"):
        sw.distance("demo", MARKET, which="margin")  # type: ignore[arg-type]


def test_a_point_that_distance_finds_is_not_too_far_for_the_nearest() -> None:
    book = {"BTC-25SEP26-80000-C": -10, "BTC-25SEP26-50000-P": -10, "BTC-PERPETUAL": 50_000, "BTC": 10.0}
    down = sw.distance(book, MARKET).of("book", "BTC down")
    found = sw.reverse_stress(book, MARKET)
    a_day = at_the_money(sw.load_snapshot(MARKET), "BTC") / math.sqrt(365.0)
    assert down.kind == found.kind == "crossing"
    assert 30.0 < found.sigmas <= down.travel / a_day * (1.0 + 1e-9)


def test_the_nearest_point_is_as_far_as_its_own_covariance_says() -> None:
    found = sw.reverse_stress("demo", MARKET, account="naked_wing_seller")
    wide = sw.reverse_stress(
        "demo", MARKET, account="naked_wing_seller", factors=["BTC", "vol BTC"], covariance=[[0.01, 0.0], [0.0, 0.01]]
    )
    assert found.ratio == pytest.approx(1.0, abs=1e-6) == wide.ratio
    assert wide.sigmas == pytest.approx(np.hypot(*wide.logs) / 0.1, rel=1e-6)
    assert found.sigmas > wide.sigmas


def test_the_cost_of_closing_brings_the_venue_nearer() -> None:
    one = {"BTC-PERPETUAL": -3_000_000.0, "USDC": 900_000.0}
    bare, thin, deep = (
        sw.distance(one, MARKET, depth_usd=depth).of("book", "BTC up").move
        for depth in (None, {"BTC": 1e6}, {"BTC": 1e9})
    )
    assert 0.0 < thin < deep < bare
    with pytest.raises(sw.InputError, match="depth is 'ETH'"):
        sw.distance(one, MARKET, depth_usd={"ETH": 1e6})
