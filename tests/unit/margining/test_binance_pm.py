"""Binance portfolio margin against numbers by hand and the venue's published ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.core.evidence import Grade
from seawall.margining import Margins, evaluate
from seawall.margining.figures import computed
from seawall.margining.models.binance_pm.ladder import STATES, rung, state, uni_mmr
from seawall.margining.models.binance_pm.numbers import loan_rate
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, ETH, VOL, black, book, margins, market

PM = "binance/pm/2025-12-26"
RATE, FLOOR = (0.004, 0.005, 0.0065, 0.01), (0.0, 300e3, 800e3, 3e6)
"""The first brackets of BTCUSDT."""


def policy(**settings: object) -> MarginPolicy:
    return at(PM).with_numbers({name.replace("__", "."): value for name, value in settings.items()})


def native(found: Margins, name: str) -> float:
    return float(found.requirement.native[name][0])


def test_a_position_needs_the_rate_of_its_bracket_less_what_lower_brackets_save() -> None:
    size = 20.0  # 1.2 m: the third bracket
    [row] = margins(book({"BTC_USDC-PERPETUAL": size}), PM)
    cum = sum((RATE[i] - RATE[i - 1]) * FLOOR[i] for i in (1, 2))
    assert row.maintenance_margin == pytest.approx(RATE[2] * size * BTC - cum)
    assert row.currency == "USD"


def test_a_coin_settled_position_is_counted_in_coin_and_turned_to_dollars_at_the_index() -> None:
    snapshot = market(mark={"BTC-PERPETUAL": 61_000.0})
    [row] = margins(book({"BTC-PERPETUAL": -7.0 * 61_000.0}), PM, snapshot)
    assert row.maintenance_margin == pytest.approx((5.0 * 0.004 + 2.0 * 0.005) * BTC)


def test_positions_do_not_offset_each_other() -> None:
    [long], [short] = (margins(book({name: size}), PM) for name, size in
                       (("BTC_USDC-PERPETUAL", 1.0), ("BTC-PERPETUAL", -BTC)))  # fmt: skip
    [both] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "BTC-PERPETUAL": -BTC}), PM)
    assert both.maintenance_margin == pytest.approx(long.maintenance_margin + short.maintenance_margin)
    assert both.initial_margin == pytest.approx(long.initial_margin + short.initial_margin)


def test_initial_margin_is_notional_over_the_leverage_that_is_set_or_the_bracket_allows() -> None:
    for size, leverage in ((1.0, 20.0), (1_000.0, 20.0), (2_000.0, 10.0)):  # 60 k, 60 m, 120 m of notional
        [row] = margins(book({"BTC_USDC-PERPETUAL": size}), PM)
        assert row.initial_margin == pytest.approx(size * BTC / leverage)
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), policy(general__leverage=150.0))
    assert row.initial_margin == pytest.approx(BTC / 150.0)


def test_initial_margin_covers_maintenance_even_where_tables_are_changed() -> None:
    tight = policy(market__btc__usdm_floor=[0.0], market__btc__usdm_rate=[0.5], market__btc__usdm_leverage=[125.0])
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), tight)
    assert row.initial_margin == row.maintenance_margin == pytest.approx(0.5 * BTC)


def test_gains_and_cash_of_one_asset_are_one_amount_and_a_negative_one_counts_whole() -> None:
    gained = book({"BTC-PERPETUAL": 60_000.0}, {"BTC": 0.5}, entry=50_000.0)
    profit = 60_000.0 * (1.0 / 50_000.0 - 1.0 / BTC)
    assert native(margins(gained, PM), "accountEquity") == pytest.approx(0.95 * (0.5 + profit) * BTC)
    lost = book({"BTC-PERPETUAL": 60_000.0}, {"BTC": 0.1}, entry=100_000.0)
    loss = 0.1 + 60_000.0 * (1.0 / 100_000.0 - 1.0 / BTC)
    assert loss < 0.0
    found = margins(lost, PM)
    assert native(found, "accountEquity") == pytest.approx(loss * BTC)
    assert native(found, "actualEquity") == pytest.approx(loss * BTC)


def test_a_rate_with_tiers_counts_each_slice_at_its_own() -> None:
    tiered = policy(collateral__btc__floor=[0.0, 60_000.0, 120_000.0], collateral__btc__rate=[1.0, 0.9, 0.0])
    [row] = margins(book({}, {"BTC": 3.0}), tiered)
    assert row.margin_balance == pytest.approx(60_000.0 + 0.9 * 60_000.0)
    assert row.equity == pytest.approx(3.0 * BTC)


@pytest.mark.parametrize(("leverage", "rate"), [(2.0, 0.10), (3.0, 0.10), (4.0, 0.10), (5.0, 0.08), (10.0, 0.05)])
def test_loans_need_less_at_more_leverage_and_the_larger_rate_between_two(leverage: float, rate: float) -> None:
    chosen = policy(general__loan_leverage=leverage)
    assert loan_rate(chosen) == rate
    found = margins(book({}, {"ETH": -15.0, "USDC": 1e6}), chosen)
    [row] = found
    assert row.maintenance == pytest.approx({"loans": rate * 15.0 * ETH} | {
        name: 0.0 for name in row.maintenance if name != "loans"})  # fmt: skip
    assert row.initial["loans"] == pytest.approx(15.0 * ETH / (leverage - 1.0))


def test_a_loan_is_charged_beside_what_is_owned_of_the_same_asset() -> None:
    """The help page's account: 0.1 BTC with a loan of 0.04 needs 0.004 BTC; 20 ETH with 15 need 1.5 ETH."""
    lent = book({}, {"BTC": 0.06, "ETH": 5.0}, charges={"borrowed": {"BTC": 0.04, "ETH": 15.0}})
    found = margins(lent, PM)
    [row] = found
    assert row.maintenance_margin == pytest.approx(0.004 * BTC + 1.5 * ETH)
    shown = computed(found)
    assert shown["BTC loan.maintenance_margin"] == pytest.approx(0.004 * BTC)
    assert shown["BTC.actual_equity"] == pytest.approx(0.06 * BTC)


def test_the_published_account_has_its_ratio() -> None:
    equity, required = np.array([122_607.35137903]), np.array([23.72469206])
    assert uni_mmr(at(PM), equity, required)[0] == pytest.approx(5_167.92171923, abs=5.1e-9)


@pytest.mark.parametrize(
    ("ratio", "where"),
    [
        (1.6, "free"), (1.5, "reminder"), (1.3, "reminder"), (1.2, "reduce-only"), (1.06, "reduce-only"),
        (1.05, "liquidation"), (1.01, "liquidation"), (1.0, "claim for loss"), (-0.1, "claim for loss"),
    ],
)  # fmt: skip
def test_the_ladder_goes_down_where_the_venue_says(ratio: float, where: str) -> None:
    assert state(at(PM), ratio * 1_024.0, 1_024.0) == where


def test_the_ladder_of_an_account_without_margin_asks_only_whether_equity_is_negative() -> None:
    assert state(at(PM), 0.0, 0.0) == "free"
    assert state(at(PM), -1e-9, 0.0) == STATES[-1]
    assert uni_mmr(at(PM), np.array([5.0]), np.array([0.0]))[0] == 99_999_999.0


def test_an_account_whose_numbers_are_unavailable_stands_nowhere() -> None:
    assert state(at(PM), math.nan, 1.0) == state(at(PM), 1.0, math.nan) == "unavailable"
    assert rung(at(PM), np.array([math.nan]), np.array([1.0]))[0] == -1


def test_what_may_be_lost_before_each_rung_is_shown() -> None:
    shown = computed(margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 1_000.0}), PM))
    required = 0.004 * BTC
    for name, ratio in (("above_reminder", 1.5), ("above_reduce_only", 1.2), ("above_liquidation", 1.05),
                        ("above_claim", 1.0)):  # fmt: skip
        assert shown[name] == pytest.approx(1_000.0 - ratio * required)


def test_a_short_option_needs_its_own_and_its_value_is_no_collateral() -> None:
    found = margins(book({"BTC_USDC-CALL": -2.0}, {"USDC": 50_000.0}), PM)
    mark = black(BTC, 66_000.0, 60.0 / 365.0, VOL, is_call=True)
    [row] = found
    assert row.initial["options"] == pytest.approx(2.0 * (0.10 * BTC + mark))  # 10 % out of the money: the floor
    assert row.maintenance["options"] == pytest.approx(2.0 * (0.05 * BTC + mark))
    assert row.margin_balance == pytest.approx(50_000.0)
    assert row.equity == pytest.approx(50_000.0 - 2.0 * mark)
    assert row.evidence is Grade.ASSUMED


def test_a_future_without_a_table_and_collateral_without_a_rate_are_refused_by_name() -> None:
    [row] = margins(book({"SOL_USDC-PERPETUAL": 1.0}), PM)
    assert math.isnan(row.maintenance_margin)
    assert "SOL_USDC-PERPETUAL" in row.unavailable
    [owner] = margins(book({}, {"SOL": 1.0}), PM)
    assert math.isnan(owner.margin_balance)
    assert "no collateral rate" in owner.unavailable


def test_a_linear_contract_that_settles_in_coin_is_refused() -> None:
    from seawall.instruments import InstrumentTable
    from seawall.market import MarketSnapshot
    from seawall.venues.binance import symbols

    snapshot = MarketSnapshot.of(
        InstrumentTable.of([symbols.parse("ETHBTC")]), name="now", venue="binance", source="made for tests",
        time_ns=1_780_000_000_000_000_000, index={"ETH": ETH, "BTC": BTC}, mark=[0.04],
    )  # fmt: skip
    held = Book.of([Account("desk", (Position("ETHBTC", 1.0),))])
    [[row]] = evaluate(held, snapshot, [at(PM)], check_lots=False)
    assert "no margin rate for futures on ETH" in row.unavailable


def test_a_missing_index_takes_the_margin_of_those_who_settle_in_it() -> None:
    held = Book.of([
        Account("coin", (Position("BTC-PERPETUAL", 600.0),)),
        Account("dollars", (Position("ETH_USDC-PERPETUAL", 1.0),)),
    ])  # fmt: skip
    without = market()
    without = type(without).of(
        without.table, name="holed", venue="deribit", source="made for tests", time_ns=without.time_ns,
        index={name: price for name, price in without.index.items() if name != "BTC"}, mark=without.mark,
        forward=without.forward, vol=without.vol,
    )  # fmt: skip
    coin, dollars = margins(held, PM, without)
    assert coin.unavailable
    assert not dollars.unavailable
    assert dollars.maintenance_margin == pytest.approx(0.004 * ETH)


def test_orders_add_what_the_worse_side_needs_to_the_initial_margin_only() -> None:
    [alone] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), PM)
    [resting] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, orders={"BTC_USDC-PERPETUAL": -3.0}), PM)
    assert resting.initial["open_orders_margin"] == pytest.approx(BTC / 20.0)  # short 2 instead of long 1
    assert resting.maintenance_margin == alone.maintenance_margin


@pytest.mark.parametrize(
    ("held", "owned", "grade"),
    [
        ({}, {"USDC": 1.0}, Grade.DOCUMENTED),
        ({}, {"BTC": 1.0}, Grade.DOCUMENTED),
        ({"BTC-PERPETUAL": 600.0}, {}, Grade.ASSUMED),  # rates of coin-settled brackets are not published
        ({}, {"ETH": 1.0}, Grade.ASSUMED),
    ],
)
def test_a_result_carries_the_weakest_grade_that_it_used(
    held: dict[str, float], owned: dict[str, float], grade: Grade
) -> None:
    [row] = margins(book(held, owned), PM)
    assert row.evidence is grade


def test_a_rule_that_did_not_bear_on_an_account_is_not_held_against_it() -> None:
    found = margins(book({}, {"USDC": 10.0}), PM)
    used = {item.subject for use in found.requirement.uses if use.applies[0] for item in use.items}
    assert "rules.adjusted_equity" in used
    other = ("option_margin", "loan_maintenance", "futures_maintenance", "usdc_as_usdt")
    assert not used & {f"rules.{name}" for name in other}
