"""Deribit portfolio margin, segregated and cross, against numbers by hand from the published rule."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, ETH, VOL, black, book, margins, market

S_PM, X_PM = "deribit/s_pm/2026-02-15", "deribit/x_pm/2026-02-15"
RANGE, ETH_RANGE, FLOOR = 0.16, 0.18, 0.005
OFFSET = 0.6
NINE = 1e-9


def test_a_coin_settled_perpetual_loses_at_the_lower_edge_of_the_grid() -> None:
    [row] = margins(book({"BTC-PERPETUAL": BTC}), S_PM)  # one coin
    assert row.initial["worst_case"] == pytest.approx(0.16 / 0.84, abs=NINE)
    assert row.initial["roll_shock"] == pytest.approx(FLOOR)
    assert row.initial_margin == pytest.approx(0.16 / 0.84 + FLOOR, abs=NINE)
    assert row.maintenance_margin == pytest.approx(0.8 * (0.16 / 0.84 + FLOOR), abs=NINE)
    assert (row.currency, row.worst_scenario) == ("BTC", "BTC -16 %, vol up")


def test_a_short_perpetual_loses_at_the_upper_edge() -> None:
    [row] = margins(book({"BTC-PERPETUAL": -BTC}), S_PM)
    assert row.initial["worst_case"] == pytest.approx(0.16 / 1.16, abs=NINE)
    assert row.worst_scenario == "BTC +16 %, vol up"


def test_each_settlement_currency_is_a_portfolio_of_its_own_when_segregated() -> None:
    held = book({"BTC-PERPETUAL": BTC, "BTC_USDC-PERPETUAL": -1.0})
    rows = {row.currency: row for row in margins(held, S_PM)}
    assert set(rows) == {"BTC", "USDC"}
    assert rows["USDC"].initial["worst_case"] == pytest.approx(RANGE * BTC)
    assert rows["USDC"].initial["roll_shock"] == pytest.approx(FLOOR * BTC)


def test_one_account_nets_them_when_cross_margined() -> None:
    [row] = margins(book({"BTC-PERPETUAL": BTC, "BTC_USDC-PERPETUAL": -1.0}), X_PM)
    assert row.currency == "USD"
    assert row.initial["worst_case"] == pytest.approx(0.0, abs=NINE)
    assert row.initial["roll_shock"] == pytest.approx(2.0 * FLOOR * BTC)  # each perpetual by itself


def test_a_cross_account_follows_the_formula_that_a_live_account_showed() -> None:
    # Deribit, X:PM account of 16 February 2026: the range on coin equity, the range on the net exposure to the other
    # coin over both perpetuals and its equity, and the floor on each perpetual; bases add. Numbers of our own.
    held = book({"ETH-PERPETUAL": 2.0 * ETH, "ETH_USDC-PERPETUAL": -5.0}, {"BTC": -1.5, "ETH": 0.5, "USDC": 4_000.0})
    [row] = margins(held, X_PM)
    net_eth = 2.0 - 5.0 + 0.5
    expected = RANGE * 1.5 * BTC + ETH_RANGE * abs(net_eth) * ETH + FLOOR * (2.0 + 5.0) * ETH
    assert row.initial_margin == pytest.approx(expected, rel=1e-12)
    assert row.equity == pytest.approx(-1.5 * BTC + 0.5 * ETH + 4_000.0)


def test_underlyings_add_even_where_they_would_lose_in_opposite_moves() -> None:
    [both] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -1.0}), X_PM)
    assert both.initial["worst_case"] == pytest.approx(RANGE * BTC + ETH_RANGE * ETH)


def test_cash_in_a_stable_coin_is_not_stressed_and_needs_nothing() -> None:
    [row] = margins(book({}, {"USDC": -10_000.0}), X_PM)
    assert row.initial_margin == 0.0
    assert row.margin_balance == -10_000.0
    assert row.margin_ratio == math.inf


@pytest.mark.parametrize("size", [3.0, -3.0])
def test_one_coin_settled_perpetual_is_the_same_loss_in_both_models_at_the_shocked_price(size: float) -> None:
    [coin] = margins(book({"BTC-PERPETUAL": size * BTC}), S_PM)
    [usd] = margins(book({"BTC-PERPETUAL": size * BTC}), X_PM)
    edge = BTC * (1.0 - math.copysign(RANGE, size))
    assert coin.initial["worst_case"] * edge == pytest.approx(usd.initial["worst_case"], abs=BTC * NINE)
    assert coin.initial["roll_shock"] * BTC == pytest.approx(usd.initial["roll_shock"], rel=1e-12)


@pytest.mark.parametrize("held", [{"BTC_USDC-CALL": -2.0}, {"BTC_USDC-PERPETUAL": 3.0, "BTC_USDC-CALL": -2.0}])
def test_a_dollar_settled_portfolio_needs_the_same_in_both_models(held: dict[str, float]) -> None:
    [alone] = margins(book(held), S_PM)
    [cross] = margins(book(held), X_PM)
    for part in ("worst_case", "roll_shock", "delta_shock"):
        assert alone.initial[part] == pytest.approx(cross.initial[part], rel=1e-12, abs=NINE), part


def test_a_short_coin_settled_option_is_repriced_on_the_moved_forward_in_coin() -> None:
    years = 60.0 / 365.0
    up = VOL * (1.0 + 0.4 * (30.0 / 60.0) ** 0.13)  # 30 days and more: the long-term power
    at_edge = black(1.16 * BTC, BTC, years, up, is_call=True) / (1.16 * BTC)
    mark = black(BTC, BTC, years, VOL, is_call=True) / BTC
    [row] = margins(book({"BTC-CALL": -2.0}), S_PM)
    assert row.initial["worst_case"] == pytest.approx(2.0 * (at_edge - mark), abs=2 * NINE)
    total = VOL * math.sqrt(years)
    black_delta = 0.5 * math.erfc(-total / 2.0 / math.sqrt(2.0))
    move = math.exp(0.05 * years) - 1.0
    assert row.initial["roll_shock"] == pytest.approx(2.0 * (black_delta - mark) * max(FLOOR, move), rel=1e-10)
    assert row.worst_scenario == "BTC +16 %, vol up"


def test_a_long_coin_settled_option_loses_where_volatility_falls() -> None:
    years = 60.0 / 365.0
    down = VOL * (1.0 - 0.25 * (30.0 / 60.0) ** 0.13)
    expected = min(
        black((1.0 + RANGE * k / 4) * BTC, BTC, years, down, is_call=True) / ((1.0 + RANGE * k / 4) * BTC)
        for k in range(-4, 5)
    )
    mark = black(BTC, BTC, years, VOL, is_call=True) / BTC
    [row] = margins(book({"BTC-CALL": 1.0}), S_PM)
    assert row.initial["worst_case"] == pytest.approx(mark - expected, abs=NINE)


def test_a_short_dated_option_takes_the_short_term_power_and_the_floor_of_volatility() -> None:
    low = market(vol={"BTC-FAR-CALL": 0.1})
    found = margins(book({"BTC-FAR-CALL": -1.0}), S_PM, low)
    up = max(0.1 * (1.0 + 0.4 * (30.0 / 2.0) ** 0.3), 0.5)
    price = black(6.0 * BTC, 150_000.0, 2.0 / 365.0, up, is_call=True) / (6.0 * BTC)
    [matrix] = found.explain().detail.matrices
    weight = RANGE / 5.0 * 6.0 / 1.16
    mark = float(low.mark[low.table.position("BTC-FAR-CALL")])
    assert matrix.line_extended[0, -1] == pytest.approx(-(price - mark) * weight, rel=1e-10)


def test_far_calls_that_are_safe_inside_the_grid_pay_for_the_far_moves() -> None:
    [row] = margins(book({"BTC-FAR-CALL": -1_000.0}), S_PM)
    intrinsic = {m: 1.0 - 150_000.0 / ((1.0 + m) * BTC) for m in (2.0, 3.0, 4.0, 5.0)}
    losses = {
        m: 1_000.0 * coin * RANGE / m * (1.0 + m) / 1.16 - (m / RANGE - 1.0) * 200_000.0 / (1.16 * BTC)
        for m, coin in intrinsic.items()
    }
    worst = max(losses, key=lambda m: losses[m])
    assert row.initial["worst_case"] == pytest.approx(losses[worst], rel=1e-6)
    assert row.worst_scenario == f"BTC +{100 * worst:.0f} %, vol up"


def test_gains_count_by_their_share_and_never_reduce_a_loss_elsewhere() -> None:
    [matrix] = margins(book({"BTC-PERPETUAL": BTC}), S_PM).explain().detail.matrices
    assert matrix.standard[-1, 0] == pytest.approx(OFFSET * 0.16 / 1.16)
    assert matrix.standard[0, 0] == pytest.approx(-0.16 / 0.84)


def test_a_large_delta_pays_the_delta_shock() -> None:
    [row] = margins(book({"BTC-PERPETUAL": 1_000.0 * BTC}), S_PM)
    free = 20_000_000.0 / BTC
    assert row.initial["delta_shock"] == pytest.approx(1_000.0 * (1_000.0 - free) * 5e-5, rel=1e-12)


def test_the_delta_shock_is_the_same_in_dollars_for_a_cross_account() -> None:
    [coin] = margins(book({"BTC-PERPETUAL": 1_000.0 * BTC}), S_PM)
    [usd] = margins(book({"BTC-PERPETUAL": 1_000.0 * BTC}), X_PM)
    assert usd.initial["delta_shock"] == pytest.approx(coin.initial["delta_shock"] * BTC, rel=1e-12)


def test_a_year_pays_the_exponential_roll_shock() -> None:
    [row] = margins(book({"BTC-FUTURE": 2.0 * BTC}), S_PM)
    assert row.initial["roll_shock"] == pytest.approx(2.0 * (math.exp(0.05) - 1.0), rel=1e-9)


def test_stated_charges_raise_initial_margin_and_leave_maintenance_alone() -> None:
    plain = margins(book({"BTC-PERPETUAL": BTC}), S_PM)
    stated = {"mmp_margin": {"BTC": 0.06}, "open_orders_margin": {"BTC": 0.5}, "spot_margin": {"BTC": 0.25}}
    charged = margins(book({"BTC-PERPETUAL": BTC}, charges=stated), S_PM)
    assert charged.initial_margin[0] - plain.initial_margin[0] == pytest.approx(0.81, abs=NINE)
    assert charged.maintenance_margin.tolist() == plain.maintenance_margin.tolist()
    [usd] = margins(book({}, charges=stated), X_PM)
    assert usd.initial_margin == pytest.approx(0.81 * BTC)


def test_a_haircut_lowers_what_counts_for_initial_margin_only() -> None:
    cut = at(X_PM).with_numbers({"currency.btc.haircut": 0.10})
    held = book({"BTC_USDC-PERPETUAL": -2.0}, {"BTC": 2.0})
    [plain], [less] = margins(held, X_PM), margins(held, cut)
    assert less.haircut == pytest.approx(0.10 * 2.0 * BTC)
    assert less.maintenance_margin == plain.maintenance_margin
    assert less.margin_balance == plain.margin_balance
    assert less.available_funds == pytest.approx(plain.available_funds - 0.20 * BTC)


def test_a_debt_has_no_haircut() -> None:
    cut = at(X_PM).with_numbers({"currency.btc.haircut": 0.10})
    [row] = margins(book({}, {"BTC": -2.0}), cut)
    assert row.haircut == 0.0


def test_open_orders_count_on_their_worse_side_only() -> None:
    one = 0.16 / 0.84 + FLOOR
    [buys] = margins(book({"BTC-PERPETUAL": BTC}, orders={"BTC-PERPETUAL": BTC}), S_PM)
    assert buys.initial_margin == pytest.approx(2.0 * one, abs=3 * NINE)
    assert buys.initial["open_orders_margin"] == pytest.approx(one, abs=2 * NINE)
    [closes] = margins(book({"BTC-PERPETUAL": BTC}, orders={"BTC-PERPETUAL": -BTC}), S_PM)
    assert closes.initial["open_orders_margin"] == 0.0
    two_sided = Book.of([
        Account("desk", (Position("BTC-PERPETUAL", BTC),), {},
                (Position("BTC-PERPETUAL", BTC), Position("BTC-PERPETUAL", -4.0 * BTC))),
    ])  # fmt: skip
    [both] = margins(two_sided, S_PM)
    sold = 3.0 * (0.16 / 1.16 + FLOOR)
    assert both.initial_margin == pytest.approx(max(2.0 * one, sold), abs=3 * NINE)


def test_options_held_long_count_as_equity_and_futures_gain_from_their_entry() -> None:
    snapshot = market()
    call = float(snapshot.mark[snapshot.table.position("BTC-CALL")])
    held = Book.of([Account("desk", (Position("BTC-CALL", 2.0, 0.01), Position("BTC-PERPETUAL", BTC, 50_000.0)),
                            {"BTC": 1.0})])  # fmt: skip
    [row] = margins(held, S_PM)
    assert row.equity == pytest.approx(1.0 + 2.0 * call + BTC * (1.0 / 50_000.0 - 1.0 / BTC), rel=1e-12)
    assert row.margin_balance == row.equity


def test_the_value_of_a_coin_settled_option_is_stressed_once_in_a_cross_account() -> None:
    # In dollars a long call loses what its dollar price loses: the coin value now and the coin gain together.
    years = 60.0 / 365.0
    down = VOL * (1.0 - 0.25 * 0.5**0.13)
    dollars = [black((1.0 + RANGE * k / 4) * BTC, BTC, years, down, is_call=True) for k in range(-4, 5)]
    [row] = margins(book({"BTC-CALL": 1.0}), X_PM)
    assert row.initial["worst_case"] == pytest.approx(
        black(BTC, BTC, years, VOL, is_call=True) - min(dollars), abs=1e-6
    )


def test_collateral_that_the_policy_has_no_numbers_for_is_unavailable_and_says_why() -> None:
    snapshot = market(index={"XRP": 2.0, "STETH": 2_450.0})
    for asset in ("XRP", "STETH"):
        [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {asset: 10.0}), X_PM, snapshot)
        assert math.isnan(row.initial_margin)
        assert asset in row.unavailable


def test_an_underlying_without_a_grid_is_unavailable_and_leaves_others_alone() -> None:
    held = Book.of([Account("sol", (Position("SOL_USDC-PERPETUAL", 5.0),)),
                    Account("btc", (Position("BTC_USDC-PERPETUAL", 1.0),))])  # fmt: skip
    found = margins(held, X_PM)
    assert "SOL_USDC-PERPETUAL" in found["sol"][0].unavailable
    assert found["btc"][0].initial["worst_case"] == pytest.approx(RANGE * BTC)


def test_what_a_policy_lacks_makes_its_holders_unavailable_by_name() -> None:
    policy = at(S_PM)
    pruned = {path: number for path, number in policy.parameters.items() if path != "currency.btc.pnl_offset"}
    held = Book.of([Account("btc", (Position("BTC-PERPETUAL", BTC),)), Account("cash", (), {"USDC": 1.0})])
    rows = {row.account: row for row in margins(held, replace(policy, parameters=pruned))}
    assert np.isnan(rows["btc"].initial_margin)
    assert "currency.btc.pnl_offset" in rows["btc"].unavailable
    assert rows["cash"].initial_margin == 0.0


@pytest.mark.parametrize("policy_id", [S_PM, X_PM])
def test_a_correlation_set_makes_its_underlying_unavailable_and_no_other(policy_id: str) -> None:
    policy = at(policy_id).with_numbers({"currency.btc.correlation_set": True})
    held = Book.of([Account("btc", (Position("BTC-PERPETUAL", BTC),)), Account("eth", (), {"USDC": 1.0})])
    rows = {row.account: row for row in margins(held, policy)}
    assert np.isnan(rows["btc"].initial_margin)
    assert "no source gives the rule" in rows["btc"].unavailable
    assert rows["eth"].initial_margin == 0.0


def test_coin_that_cannot_be_stressed_is_not_counted_as_safe() -> None:
    policy = at(X_PM).with_numbers({"currency.btc.correlation_set": True})
    [row] = margins(Book.of([Account("coin", (), {"BTC": 1.0})]), policy)
    assert np.isnan(row.initial_margin)
    assert "can't be stressed" in row.unavailable


def test_an_idle_account_is_listed_once() -> None:
    held = Book.of([Account("idle"), Account("busy", (Position("BTC-PERPETUAL", BTC),), {"USDC": 1.0})])
    found = margins(held, S_PM)
    assert [row.account for row in found].count("idle") == 1
    assert {row.currency for row in found["busy"]} == {"BTC", "USDC"}
    assert np.isfinite(found.initial_margin).all()


@pytest.mark.parametrize("policy", [S_PM, X_PM, "deribit/s_sm/2022-01-11", "deribit/x_sm/2022-01-11"])
@pytest.mark.parametrize("size", [5.0, -5.0])
def test_an_option_that_is_worth_nothing_is_valued_without_a_warning(policy: str, size: float) -> None:
    for snapshot in (market(mark={"BTC-FAR-CALL": 0.0}), market(vol={"BTC-FAR-CALL": 0.0})):
        [row] = margins(book({"BTC-FAR-CALL": size}, {"BTC": 1.0}), policy, snapshot)
        assert math.isfinite(row.initial_margin)
        assert not row.unavailable
