"""Synthetix v3 against numbers by hand: skew, rates that rise with size, rewards, discounts, refusals."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.models.synthetix_v3.collateral import Discount
from seawall.margining.models.synthetix_v3.liquidation import (
    KeeperGuards,
    is_liquidatable,
    liquidation_reward,
    withdrawable,
)
from seawall.margining.models.synthetix_v3.market import Market, fill_price, price_pnl
from seawall.margining.models.synthetix_v3.numbers import market_paths, read_market
from seawall.policy import at
from tests.unit.margining.markets import BTC, ETH, book, margins, market

POLICY = "synthetix/v3/2025-03-01"
BTC_PERP, ETH_PERP = "BTC_USDC-PERPETUAL", "ETH_USDC-PERPETUAL"
PLAIN = Market(WEI.of(100), WEI.of(2), WEI.of(0.01), WEI.of(0.5), WEI.of(1_000), WEI.of(0.05))


def btc_margins(coins: float) -> tuple[float, float]:
    """Return both margins by the formula, in floats."""
    ratio = coins / 12_500.0 * 1.54 + 0.02
    return coins * BTC * ratio + 15.0, coins * BTC * ratio * 0.28 + 15.0


@pytest.mark.parametrize("size", [0.5, -0.5, 40.0])
def test_the_ratio_rises_with_size_and_each_position_adds_its_minimum(size: float) -> None:
    found = margins(book({BTC_PERP: size}, {"USDC": 1e6}), POLICY).requirement
    initial, maintenance = btc_margins(abs(size))
    assert found.initial["perpetuals"][0] == pytest.approx(initial, rel=1e-12)
    assert found.maintenance["perpetuals"][0] == pytest.approx(maintenance, rel=1e-12)


def test_the_reward_stands_beside_both_margins_between_its_guards() -> None:
    def reward(coins: float, cash: float) -> float:
        [row] = margins(book({BTC_PERP: coins}, {"USDC": cash}), POLICY)
        assert row.initial["liquidation_reward"] == row.maintenance["liquidation_reward"]
        return row.initial["liquidation_reward"]

    assert reward(0.5, 1e6) == pytest.approx(0.0003 * 0.5 * BTC)
    assert reward(0.01, 1e6) == 1.0, "at least the minimum"
    assert reward(40.0, 1e6) == 30.0, "at most the maximum"
    assert reward(40.0, 10.0) == pytest.approx(3.0), "and no more than a share of the collateral"


def test_what_may_be_withdrawn_is_left_above_initial_margin_and_reward() -> None:
    found = margins(book({BTC_PERP: 0.5, ETH_PERP: -4.0}, {"USDC": 10_000.0}), POLICY)
    native = {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}
    left = native["availableMargin"] - native["requiredInitialMargin"] - native["maxLiquidationReward"]
    assert native["withdrawableMargin"] == pytest.approx(left, rel=1e-12)
    assert native["availableMargin"] == 10_000.0
    assert native["requiredInitialMargin"] == pytest.approx(
        btc_margins(0.5)[0] + 4.0 * ETH * (4.0 / 350_000.0 * 1.16 + 0.02) + 50.0
    )


def test_profit_since_the_fill_counts_and_a_loss_too() -> None:
    [row] = margins(book({BTC_PERP: -2.0}, {"USDC": 1_000.0}, entry=61_000.0), POLICY)
    assert row.margin_balance == row.equity == 3_000.0
    figures = margins(book({BTC_PERP: -2.0}, {"USDC": 1_000.0}, entry=61_000.0), POLICY).explain().detail.figures
    assert figures[f"{BTC_PERP}.pnl"] == 2_000.0


def test_an_account_is_liquidatable_below_maintenance_margin_and_reward() -> None:
    _initial, maintenance = btc_margins(1.0)
    for cash, expected in ((maintenance + 18.0 + 0.01, 0.0), (maintenance + 18.0 - 0.01, 1.0)):
        explained = margins(book({BTC_PERP: 1.0}, {"USDC": cash}), POLICY).explain()
        assert explained.detail.figures["is_liquidatable"] == expected
    assert is_liquidatable(99, 90, 10)
    assert not is_liquidatable(100, 90, 10)
    assert withdrawable(100, 90, 20) == -10


def test_a_coin_counts_less_its_discount_and_a_debt_counts_whole() -> None:
    [owned] = margins(book({}, {"BTC": 1.0}), POLICY)
    assert owned.equity == BTC
    assert owned.margin_balance == pytest.approx(0.925 * BTC)
    [owed] = margins(book({}, {"BTC": -1.0}), POLICY)
    assert owed.margin_balance == -BTC


def test_a_discount_grows_with_the_amount_between_its_limits() -> None:
    rising = Discount(WEI.of(0.01), WEI.of(0.1), WEI.of(2.0), WEI.of(1_000))
    assert [rising.of(WEI.of(coins)) for coins in (1, 25, 900)] == [WEI.of(0.01), WEI.of(0.05), WEI.of(0.1)]
    assert replace(rising, skew_scale=0).of(WEI.of(900)) == 0
    assert rising.counted(WEI.of(25), WEI.of(100)) == WEI.of(25 * 100 * 0.95)


def test_a_trade_fills_at_the_mean_of_the_premium_before_and_after() -> None:
    for skew, size in ((0.0, 20.0), (-30.0, 50.0), (10.0, -4.0)):
        mean = 2_000.0 * (1.0 + (skew + size / 2.0) / 1_000.0)
        assert fill_price(WEI.of(2_000), WEI.of(skew), WEI.of(size), WEI.of(1_000)) / WEI.one == pytest.approx(
            mean, rel=1e-15
        )
    assert fill_price(WEI.of(2_000), WEI.of(50), WEI.of(10), 0) == WEI.of(2_000)


def test_a_trade_and_its_opposite_at_once_cost_nothing() -> None:
    there = fill_price(WEI.of(2_000), WEI.of(30), WEI.of(20), WEI.of(1_000))
    back = fill_price(WEI.of(2_000), WEI.of(50), WEI.of(-20), WEI.of(1_000))
    assert there == back


def test_a_skew_scale_below_zero_is_refused() -> None:
    with pytest.raises(InputError, match="skew_scale"):
        fill_price(WEI.of(1), 0, 0, -1)


def test_whole_units_are_cut_towards_zero() -> None:
    assert price_pnl(1, WEI.one // 2, 0) == price_pnl(-1, WEI.one // 2, 0) == 0
    assert WEI.times(3, WEI.one // 2) == 1
    assert WEI.over(-1, 3 * WEI.one) == 0


def test_a_position_of_nothing_needs_nothing_not_even_its_minimum() -> None:
    assert PLAIN.required_margins(0, WEI.of(BTC)) == (0, 0)
    [row] = margins(book({BTC_PERP: 0.0}, {"USDC": 5.0}), POLICY)
    assert row.initial_margin == row.maintenance_margin == 0.0


def test_a_market_without_skew_scale_charges_its_least_ratio() -> None:
    assert replace(PLAIN, skew_scale=0).required_margins(WEI.of(2), WEI.of(30_000)) == (WEI.of(1_600), WEI.of(1_300))


def test_a_large_position_takes_several_windows_and_each_after_the_first_costs() -> None:
    held = read_market(at(POLICY), "BTC")
    assert held is not None
    assert held.window_size / WEI.one == pytest.approx(0.000501 * 12_500.0 * 1.5 * 30.0)
    assert [held.windows(WEI.of(coins)) for coins in (1.0, 281.0, 282.0, -600.0)] == [1, 1, 2, 3]
    guards = KeeperGuards(WEI.of(1), WEI.of(0.3), WEI.of(30), WEI.of(0.3), WEI.of(2), WEI.of(10))
    once = liquidation_reward([WEI.of(9)], [1], guards, WEI.of(1e6))
    assert once == WEI.of(11)
    assert liquidation_reward([WEI.of(9)], [3], guards, WEI.of(1e6)) == once + 2 * WEI.of(13)


@pytest.mark.parametrize("name", ["BTC-PERPETUAL", "BTC_USDC-CALL", "BTC-FUTURE", "SOL_USDC-PERPETUAL"])
def test_what_the_policy_has_no_rule_for_is_refused_by_name(name: str) -> None:
    [row] = margins(book({name: 1.0}, {"USDC": 1.0}), POLICY)
    assert math.isnan(row.initial_margin)
    assert name in row.unavailable


def test_a_missing_mark_makes_its_holder_unavailable() -> None:
    [row] = margins(book({BTC_PERP: 1.0}), POLICY, market(mark={BTC_PERP: math.nan}))
    assert BTC_PERP in row.unavailable
    assert str(margins(book({BTC_PERP: 1.0}), POLICY, market(mark={BTC_PERP: math.nan})).explain())


def test_gas_is_assumed_and_the_result_says_so() -> None:
    [row] = margins(book({BTC_PERP: 1.0}), POLICY)
    assert row.evidence is Grade.ASSUMED


PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "synthetix.md").read_text(encoding="utf-8")


def test_the_numbers_on_the_page_are_the_policys() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d.,]+) \| ([\d.,]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == len(market_paths("BTC"))
    for name, *printed in rows:
        for coin, number in zip(("btc", "eth"), printed, strict=True):
            parameter = at(POLICY).parameter(f"market.{coin}.{name}")
            assert parameter.value == float(number.replace(",", "")), (coin, name)
            assert parameter.grade is Grade.DOCUMENTED
