"""Value at risk with what closing costs: against the formulas, and with what is not known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.risk.daily_moves import at_the_money
from seawall.risk.liquidity_adjusted import LiquidityAdjusted
from seawall.risk.typical_depth import TYPICAL_USD
from seawall.scenarios import ScenarioSet

MARKET = "deribit-btc-2026-08-01"
NOW = sw.load_snapshot(MARKET)
SHORT = {"BTC-PERPETUAL": -4_000_000.0}
CALL = "BTC-25SEP26-70000-C"


def measured(book: object, **given: object) -> LiquidityAdjusted:
    found = sw.value_at_risk(book, given.pop("market", NOW), count=2000, liquidity=True, **given)
    assert isinstance(found, LiquidityAdjusted)
    return found


def test_a_perpetual_is_closed_by_the_formulas() -> None:
    found = measured(SHORT, volumes={"BTC": 1e7})
    [one] = found.liquidity
    row = NOW.table.position("BTC-PERPETUAL")
    lean = 4e6 / NOW.mark[row] * NOW.index["BTC"]  # one USD of an inverse perpetual is 1 / mark of a coin
    relative = (NOW.ask[row] - NOW.bid[row]) / (0.5 * (NOW.ask[row] + NOW.bid[row]))
    assert one.spread_cost_usd == pytest.approx(0.5 * 2.5 * relative * 4e6, rel=1e-3)
    assert one.days_to_liquidate == pytest.approx(lean / 1e6, rel=1e-3)
    daily = at_the_money(NOW, "BTC") / math.sqrt(365.0)
    assert one.impact_cost_usd == pytest.approx(daily * math.sqrt(lean / 1e7) * lean, rel=1e-3)
    var = found["book"].risk.value_at_risk
    assert one.liquidity_adjusted_value_at_risk_usd == pytest.approx(var + one.spread_cost_usd + one.impact_cost_usd)
    assert one.liquidity_add_on_usd == pytest.approx(var * (math.sqrt(one.days_to_liquidate) - 1.0))


def test_the_horizon_of_var_is_what_closing_is_measured_against() -> None:
    found = measured(SHORT, volumes={"BTC": 1e7}, days=9.0)
    assert found.liquidity[0].liquidity_add_on_usd == 0.0  # it takes four days


def test_a_share_of_the_volume_and_a_stated_volatility_are_used() -> None:
    [usual] = measured(SHORT, volumes={"BTC": 1e7}, vols={"BTC": 0.4}).liquidity
    [half] = measured(SHORT, volumes={"BTC": 1e7}, vols={"BTC": 0.8}, participation=0.05).liquidity
    assert half.days_to_liquidate == pytest.approx(2.0 * usual.days_to_liquidate)
    assert half.impact_cost_usd == pytest.approx(2.0 * usual.impact_cost_usd)


def test_without_a_volume_the_order_book_tells_the_cost_and_no_days_are_told() -> None:
    [one] = measured(SHORT).liquidity
    assert math.isnan(one.days_to_liquidate) and math.isnan(one.liquidity_add_on_usd)
    assert one.gaps == ("no volume of BTC is given, for days to liquidate",)
    row = NOW.table.position("BTC-PERPETUAL")
    lean, half = 4e6 / NOW.mark[row] * NOW.index["BTC"], 0.5 * (NOW.ask[row] - NOW.bid[row]) / NOW.mark[row]
    width = 0.01 - half
    assert one.impact_cost_usd == pytest.approx(0.5 * width * lean**2 / TYPICAL_USD["BTC"], rel=1e-3)
    [thin] = measured(SHORT, depth_usd={"BTC": TYPICAL_USD["BTC"] / 10.0}).liquidity
    assert thin.impact_cost_usd == pytest.approx(10.0 * one.impact_cost_usd)


def test_what_is_not_quoted_has_no_cost_and_says_so() -> None:
    row = NOW.table.position(CALL)
    bid = np.array(NOW.bid)
    bid[row] = np.nan
    found = measured({CALL: -1.0, "BTC": 1.0}, market=replace(NOW, bid=bid), volumes={"BTC": 1e9})
    [one] = found.liquidity
    assert math.isnan(one.closing_cost_usd) and math.isnan(one.liquidity_adjusted_value_at_risk_usd)
    assert one.gaps == (f"{CALL} has no bid or no ask",)
    assert one.days_to_liquidate > 0.0
    assert found.rows()[0]["liquidity_unavailable"] == f"{CALL} has no bid or no ask"


def test_what_hedges_in_one_place_is_closed_with_it_and_in_two_it_is_not() -> None:
    book = {"BTC-PERPETUAL": -4_000_000.0, CALL: 100.0}
    together = measured(book, volumes={"BTC": 1e7})
    parts = [part.value_at_risk for part in together["book"].parts]
    [one] = together.liquidity
    stretch = math.sqrt(one.days_to_liquidate) - 1.0
    assert one.liquidity_add_on_usd == pytest.approx(max(sum(parts), 0.0) * stretch)
    [apart] = measured(book, volumes={"BTC": 1e7, CALL: 500.0}).liquidity
    assert apart.days_to_liquidate == pytest.approx(max(100.0 / 50.0, one.days_to_liquidate - _lean(CALL, 100.0) / 1e6))


def _lean(name: str, size: float) -> float:
    return abs(float(sw.exposures({name: size}, NOW).total.net["cash_delta_usd"]))


def test_all_accounts_together_share_one_volume() -> None:
    book = "account,instrument,size\na,BTC-PERPETUAL,-1000000\nb,BTC-PERPETUAL,-3000000\n"
    rows = [line.split(",") for line in book.splitlines()[1:]]
    held = [sw.Account(name, (sw.Position(instrument, float(size)),)) for name, instrument, size in rows]
    first, second, both = measured(sw.Book.of(held), volumes={"BTC": 1e7}).liquidity
    assert both.account == "all accounts"
    assert both.days_to_liquidate == pytest.approx(first.days_to_liquidate + second.days_to_liquidate)


def test_nothing_traded_is_never_closed() -> None:
    [one] = measured(SHORT, volumes={"BTC": 0.0}).liquidity
    assert math.isinf(one.days_to_liquidate)
    assert one.gaps == ("nothing of BTC is traded",)


def test_delta_gamma_has_no_parts_to_stretch() -> None:
    found = sw.value_at_risk(SHORT, NOW, "delta-gamma", liquidity=True, volumes={"BTC": 1e7})
    assert isinstance(found, LiquidityAdjusted)
    [one] = found.liquidity
    assert math.isnan(one.liquidity_add_on_usd)
    assert "VaR is not taken apart by holding" in one.gaps[0]
    assert one.liquidity_adjusted_value_at_risk_usd > found["book"].risk.value_at_risk


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"volumes": {"DOGE": 1.0}}, "volumes is 'DOGE'"),
        ({"volumes": {"BTC": -1.0}}, "not below 0"),
        ({"volumes": {"BTC": math.nan}}, "not below 0"),
        ({"volumes": {"BTC": 1e9}, "participation": 0.0}, "participation"),
        ({"depth_usd": {"BTC": 0.0}}, "above 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        measured(SHORT, **given)


def test_liquidity_is_asked_for_by_its_name_and_needs_time_to_pass() -> None:
    with pytest.raises(InputError, match="liquidity=True"):
        sw.value_at_risk(SHORT, NOW, volumes={"BTC": 1e9})
    at_once = ScenarioSet.spot_moves(["down", "up"], ("BTC",), [[-0.1], [0.1]])
    with pytest.raises(InputError, match="they let none"):
        sw.value_at_risk(SHORT, NOW, at_once, liquidity=True)
