"""Stress: each row is the margin of the moved book, at the step that is worst, and no leg is dropped unsaid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.margining import evaluate
from seawall.portfolio import Account, Book, Position
from seawall.risk.market_path import MarketPath
from seawall.risk.moved_book import moved
from seawall.risk.slippage import Depth, closing_cost
from seawall.risk.stress import Stress, stress
from seawall.risk.typical_depth import typical_depths
from seawall.scenarios import FlashCrash, LiquidityDrain, MarketGrid, NamedEvent, PathSet, ScenarioSet, event
from seawall.scenarios.stress_library import path_names, stress_names, stress_of
from tests.laws.worlds import INDEX, market, policy_of

POLICY = "deribit/x_pm/2026-02-15"
SHORT = Account("short", (Position("BTC-9D-45000-P", -10.0),), {"USDC": 80_000.0})
LONG = Account("long", (Position("BTC_USDC-PERPETUAL", 2.0),), {"USDC": 30_000.0})
COIN = Account("coin", (), {"ETH": 3.0})
DEPTH = {"BTC": Depth((0.01,), (50e6,), half_spread=1e-4), "ETH": Depth((0.01,), (50e6,))}


def asked(
    scenarios: dict[str, PathSet | ScenarioSet], *accounts: Account, depths: dict[str, Depth] | None = None
) -> Stress:
    return stress(Book.of(accounts or (SHORT, LONG)), market(), policy_of(POLICY), scenarios, depths=depths)


def test_a_row_is_the_margin_of_the_moved_book_at_its_step() -> None:
    crash = FlashCrash({"BTC": -0.3}, vol_points=0.4, assets={"USDC": -0.02}).paths()
    states = MarketPath.of_paths(crash, market())
    for one in asked({"crash": crash}):
        move = states.moves[states.labels.index(one.step)]
        held = Book.of([{"short": SHORT, "long": LONG}[one.account]])
        [margins] = evaluate(*moved(held, market(), move), [policy_of(POLICY)])
        assert one.initial == pytest.approx(margins.initial_margin[0], rel=1e-9)
        assert one.maintenance == pytest.approx(margins.maintenance_margin[0], rel=1e-9)
        assert one.equity == pytest.approx(margins.requirement.equity[0], rel=1e-9)
        assert one.pnl == one.equity - one.equity_before
        assert (one.status == "liquidated") == (one.ratio >= 1.0)


def test_an_account_is_told_at_its_worst_step_and_its_largest_loss_beside() -> None:
    there_and_back = PathSet.of_spot(["down", "up"], ("BTC",), [1.0, 2.0], [[-0.2], [0.25]])
    short_call = Account("call", (Position("BTC-9D-60000-C", -1.0),), {"USDC": 30_000.0})
    found = asked({"both": there_and_back}, SHORT, short_call)
    assert found.of("short", "both").step == "down"
    assert found.of("call", "both").step == "up"
    for one in found:
        assert one.worst_pnl <= one.pnl


def test_steps_that_are_safe_are_told_only_where_all_are() -> None:
    crash = FlashCrash({"BTC": -0.3}).paths()
    found = asked({"crash": crash, "drain": LiquidityDrain(("BTC",)).paths()})
    assert {one.status for one in found if one.scenario == "drain"} == {"safe"}
    assert found.of("short", "crash").status == "liquidated"
    assert found.of("short", "crash").first_acts != ""
    assert found.of("long", "drain").first_acts == ""


def test_a_perpetuals_gap_costs_who_is_long_of_it() -> None:
    with_gap, without = (FlashCrash({"BTC": -0.1}, perpetual_gap=gap).paths() for gap in (-0.1, 0.0))
    found = asked({"gap": with_gap, "none": without}, LONG)
    cost = 2.0 * market().mark[market().table.position("BTC_USDC-PERPETUAL")] * 0.9 * 0.1
    assert found.of("long", "none").worst_pnl - found.of("long", "gap").worst_pnl == pytest.approx(cost, rel=1e-9)


def test_a_stable_coin_that_is_held_is_a_loss_and_one_that_is_unknown_is_named() -> None:
    saver = Account("saver", (), {"USDC": 100_000.0})
    scene = FlashCrash({"BTC": -0.01, "ETH": -0.01}, assets={"USDC": -0.05, "USDE": -0.35}).paths()
    found = asked({"depeg": scene}, saver)
    assert found.of("saver", "depeg").worst_pnl == pytest.approx(-5_000.0)
    notes = {leg.reach: leg.note for leg in found.legs["depeg"] if leg.name == "stable coins"}
    assert notes == {"applied": "USDC -5.0 %", "nothing held": "USDE -35.0 %"}
    silent = asked({"crash": FlashCrash({"BTC": -0.1}).paths()}, saver)
    assert "USDC stays" in silent.not_applied("crash")[0].note
    assert silent.rows()[0]["legs_not_applied"] == "stable coins: USDC stays: the scenario does not tell of it"


def test_a_coin_that_a_scenario_does_not_tell_of_makes_its_holders_unavailable_and_no_others() -> None:
    ether = Account("ether", (Position("ETH_USDC-PERPETUAL", 1.0),), {"USDC": 30_000.0})
    found = asked({"crash": FlashCrash({"BTC": -0.1}).paths()}, LONG, COIN, ether)
    assert found.of("ether", "crash").unavailable == "crash does not tell of ETH"
    assert found.of("long", "crash").status != "unavailable"
    assert found.of("coin", "crash").unavailable == "crash does not tell of ETH"
    assert np.isnan(found.of("coin", "crash").pnl)


def test_an_account_without_a_margin_today_is_unavailable_and_the_others_go_on() -> None:
    lost = Account("lost", (Position("BTC-9D-45000-P", -1.0),), {"USDC": 10.0})
    hole = market()
    vol, mark = hole.vol.copy(), hole.mark.copy()
    row = hole.table.position("BTC-9D-45000-P")
    vol[row] = mark[row] = np.nan
    scene = {"crash": FlashCrash({"BTC": -0.1}).paths()}
    found = stress(Book.of([lost, LONG]), replace(hole, vol=vol, mark=mark), policy_of(POLICY), scene)
    assert "BTC-9D-45000-P" in found.of("lost", "crash").unavailable
    assert found.of("long", "crash").status != "unavailable"


def test_less_depth_and_wider_spreads_cost_more_and_move_no_margin() -> None:
    deep, thin = (FlashCrash({"BTC": -0.3}, depth_factor=share, spread_factor=wide).paths()
                  for share, wide in ((1.0, 1.0), (0.02, 10.0)))  # fmt: skip
    found = asked({"deep": deep, "thin": thin}, LONG, depths=DEPTH)
    plain, worse = found.of("long", "deep"), found.of("long", "thin")
    assert worse.closing_cost > plain.closing_cost > 0.0
    assert (worse.ratio, worse.equity) == (plain.ratio, plain.equity)
    usd = 2.0 * market().mark[market().table.position("BTC_USDC-PERPETUAL")] * 0.7
    assert worse.closing_cost == pytest.approx(usd * (1e-3 + 0.5 * 0.0099 * usd / 1e6), rel=0.02)


def test_the_deficit_is_what_closing_leaves_missing_and_is_unknown_without_depth() -> None:
    scene = {"crash": FlashCrash({"BTC": -0.5}).paths()}
    quoted = replace(market(), bid=market().mark * 0.9, ask=market().mark * 1.1)
    known, unknown = (
        stress(Book.of([SHORT]), quoted, policy_of(POLICY), scene, depths=depths).of("short", "crash")
        for depths in (DEPTH, None)
    )
    assert known.deficit == pytest.approx(known.closing_cost - known.equity)
    assert known.deficit > 0.0
    assert np.isnan(unknown.deficit) and np.isnan(unknown.closing_cost)


def test_a_short_option_without_an_ask_has_no_closing_cost_and_is_named() -> None:
    found = asked({"crash": FlashCrash({"BTC": -0.5}).paths()}, SHORT, LONG, depths=DEPTH)
    assert np.isnan(found.of("short", "crash").closing_cost) and found.of("long", "crash").closing_cost > 0.0
    assert ["BTC-9D-45000-P" in leg.note for leg in found.not_applied("crash") if leg.name == "depth and spread"] == [
        True
    ]


def test_where_no_depth_is_left_closing_has_no_price() -> None:
    empty = replace(FlashCrash({"BTC": -0.5}).paths(), depth_factor=np.zeros((1, 8)))
    found = asked({"empty": empty}, LONG, depths=DEPTH)
    assert found.of("long", "empty").status == "liquidated"
    assert np.isnan(found.of("long", "empty").closing_cost) and np.isnan(found.of("long", "empty").deficit)
    assert any("no depth is left" in leg.note for leg in found.not_applied("empty"))


def test_the_margin_by_a_late_oracle_is_that_of_the_price_before() -> None:
    fall = PathSet.of_spot(["fall", "later"], ("BTC",), [60.0, 120.0], [[-0.3], [-0.3]])
    late = replace(fall, oracle_spot=np.array([[[0.0], [-0.3]]]))
    one = asked({"late": late}, SHORT).of("short", "late")
    assert (one.first_acts, one.first_acts_seen) == ("fall", "later")
    before = asked({"now": PathSet.of_spot(["fall"], ("BTC",), [60.0], [[0.0]])}, SHORT).of("short", "now")
    assert one.ratio_seen in (one.ratio, before.ratio)
    legs = {leg.name: leg for leg in asked({"late": late}, SHORT).legs["late"]}
    assert legs["oracle delay"].note.startswith("shows BTC +42.9 % off the price")


def test_scenarios_of_a_set_are_states_of_their_own_and_time_may_run_backwards_among_them() -> None:
    grid = MarketGrid(("BTC", "ETH"), prices=[-0.3, 0.3], days=[7.0, 0.0]).scenarios()
    one = asked({"grid": grid}, SHORT).of("short", "grid")
    assert one.step == "-30 %" and one.status == "liquidated"


@pytest.mark.parametrize("name", stress_names())
def test_every_named_stress_runs_and_says_of_each_leg_what_becomes_of_it(name: str) -> None:
    found = asked({name: stress_of(name, ("BTC", "ETH"))}, SHORT, LONG, COIN, depths=DEPTH)
    assert {one.status for one in found} <= {"safe", "called", "liquidated"}
    assert {leg.reach for leg in found.legs[name]} <= {"applied", "nothing held", "not applied"}
    made = stress_of(name, ("BTC", "ETH"))
    if isinstance(made, PathSet):
        legs = {leg.name for leg in found.legs[name]}
        assert ("depth and spread" in legs) == bool((made.depth != 1.0).any() or (made.spread != 1.0).any())
        assert ("order delay" in legs) == bool(made.delay.any())
        assert ("oracle delay" in legs) == bool((made.oracle != made.spot).any())
        assert name in path_names()


def test_a_coin_that_an_event_does_not_name_is_left_out_and_none_at_all_is_refused() -> None:
    told = {name: stress_of(name, ("BTC", "DOGE")).underlyings for name in stress_names()}
    assert told["2025-10-10"] == ("BTC", "DOGE")
    coins = event("2022-11-08").coins
    assert set(told["2022-11-08"]) <= {*coins, "DOGE"}
    with pytest.raises(InputError, match="underlying"):
        NamedEvent(event("2022-11-08"), ("",)) if told["2022-11-08"] == ("BTC",) else stress_of("2025-10-10", ())


def test_a_spread_moves_every_band_and_a_long_option_sells_for_zero_at_worst() -> None:
    depth = Depth((0.01,), (1e6,), half_spread=0.001)
    near, far = (float(depth.cost_usd([1e5], spread=wide)[0]) for wide in (1.0, 4.0))
    assert far - near == pytest.approx(1e5 * 0.003)
    now = replace(market(), bid=market().mark * 0.5, ask=market().mark * 1.5)
    book = Book.of([Account("long", (Position("BTC-9D-60000-C", 1.0),), {})])
    from seawall.portfolio import resolve

    held = resolve(book, now)
    worth = now.mark[now.table.position("BTC-9D-60000-C")] * INDEX["BTC"]
    free = float(closing_cost(DEPTH)(held)[0])
    costs = [float(closing_cost(DEPTH, spread=wide, quotes=now)(held)[0]) for wide in (1.0, 2.0, 9.0)]
    assert costs[0] - free == pytest.approx(0.5 * worth)
    assert costs[2] - float(closing_cost(DEPTH, spread=9.0)(held)[0]) == pytest.approx(worth)
    with pytest.raises(InputError, match="spread"):
        closing_cost(DEPTH, spread=-1.0)


def test_typical_depth_is_of_coins_that_were_measured_and_can_be_set() -> None:
    assert set(typical_depths(market())) == {"BTC"}
    assert typical_depths(market(), {"ETH": 5e6})["ETH"].usd == (5e6,)
    with pytest.raises(InputError, match="underlyings are BTC, ETH"):
        typical_depths(market(), {"SOL": 5e6})
