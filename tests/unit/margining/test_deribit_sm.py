"""Deribit standard margin against numbers by hand."""

from __future__ import annotations

import math

import pytest

from tests.unit.margining.markets import BTC, ETH, book, margins, market

S_SM, X_SM = "deribit/s_sm/2022-01-11", "deribit/x_sm/2022-01-11"


def test_a_coin_settled_perpetual_pays_in_coin() -> None:
    [row] = margins(book({"BTC-PERPETUAL": -25.0 * BTC}), S_SM)
    assert row.initial_margin == pytest.approx(25.0 * 0.02125)
    assert row.maintenance_margin == pytest.approx(25.0 * 0.01125)
    assert row.currency == "BTC"


def test_positions_do_not_offset_each_other() -> None:
    [row] = margins(book({"BTC-PERPETUAL": BTC, "BTC-FUTURE": -BTC}), S_SM)
    assert row.initial_margin == pytest.approx(2.0 * (0.02 + 5e-5))


def test_a_cross_account_sums_in_dollars() -> None:
    [row] = margins(book({"BTC-PERPETUAL": BTC, "ETH_USDC-PERPETUAL": 10.0}, {"BTC": 0.5, "USDC": 100.0}), X_SM)
    assert row.currency == "USD"
    assert row.initial_margin == pytest.approx(BTC * (0.02 + 5e-5) + 10.0 * ETH * (0.02 + 4e-5))
    assert row.margin_balance == pytest.approx(0.5 * BTC + 100.0)


def test_a_short_coin_settled_option_pays_the_minimum_and_its_mark() -> None:
    snapshot = market(mark={"BTC-CALL": 0.05, "BTC-FAR-CALL": 0.0001})
    [row] = margins(book({"BTC-CALL": -2.0}), S_SM, snapshot)
    assert row.initial_margin == pytest.approx(2.0 * (0.15 + 0.05))
    assert row.maintenance_margin == pytest.approx(2.0 * (0.075 + 0.05))
    [far] = margins(book({"BTC-FAR-CALL": -1.0}), S_SM, snapshot)
    assert far.initial_margin == pytest.approx(0.1001)


def test_a_short_dollar_settled_option_pays_the_same_shares_in_dollars() -> None:
    snapshot = market(mark={"BTC_USDC-CALL": 3_000.0})
    [row] = margins(book({"BTC_USDC-CALL": -0.5}), S_SM, snapshot)  # 10 % out of the money: the floor
    assert row.initial_margin == pytest.approx(0.5 * (0.10 * BTC + 3_000.0))
    assert row.maintenance_margin == pytest.approx(0.5 * (0.075 * BTC + 3_000.0))


def test_a_long_option_needs_nothing_and_its_value_covers_nothing() -> None:
    [row] = margins(book({"BTC-CALL": 3.0}, {"BTC": 1.0}), S_SM)
    mark = float(market().mark[market().table.position("BTC-CALL")])
    assert row.initial_margin == row.maintenance_margin == 0.0
    assert row.equity == pytest.approx(1.0 + 3.0 * mark)
    assert row.margin_balance == pytest.approx(1.0)


def test_the_margin_balance_of_a_short_option_leaves_its_cost_out() -> None:
    # As Deribit's documented account: margin balance is equity less the options' (negative) value.
    [row] = margins(book({"BTC-CALL": -1.0}, {"BTC": 1.0}), S_SM)
    assert row.margin_balance == pytest.approx(1.0)
    assert row.equity < row.margin_balance


def test_an_option_bought_by_an_order_needs_nothing_more_and_one_sold_does() -> None:
    [bought] = margins(book({}, {"BTC": 1.0}, orders={"BTC-CALL": 1.0}), S_SM)
    assert bought.initial["open_orders_margin"] == 0.0
    [sold] = margins(book({}, {"BTC": 1.0}, orders={"BTC-CALL": -1.0}), S_SM)
    [short] = margins(book({"BTC-CALL": -1.0}, {"BTC": 1.0}), S_SM)
    assert sold.initial_margin == pytest.approx(short.initial_margin)
    assert sold.maintenance_margin == 0.0


def test_what_each_position_is_charged_is_shown() -> None:
    explained = margins(book({"BTC-PERPETUAL": BTC, "BTC_USDC-PERPETUAL": 1.0}), X_SM).explain()
    shown = {row["instrument"]: row for row in explained.detail.positions}
    assert shown["BTC-PERPETUAL"]["initial_margin"] == pytest.approx(0.02005)
    assert shown["BTC_USDC-PERPETUAL"]["initial_margin"] == pytest.approx(0.02005 * BTC)
    assert shown["BTC-PERPETUAL"]["currency"] == "BTC"


def test_an_option_on_a_coin_without_rates_is_unavailable() -> None:
    held = book({"SOL_USDC-PERPETUAL": 25.0})
    [row] = margins(held, S_SM)
    assert row.initial_margin == pytest.approx(200.625)  # Deribit's worked example
    [gone] = margins(held, S_SM, market(mark={"SOL_USDC-PERPETUAL": math.nan}))
    assert math.isnan(gone.initial_margin)
    assert "SOL_USDC-PERPETUAL" in gone.unavailable


def test_a_cross_account_has_both_margins_of_a_coin_settled_option_in_dollars() -> None:
    snapshot = market(mark={"BTC-CALL": 0.05})
    [row] = margins(book({"BTC-CALL": -2.0}, {"BTC": 1.0}), X_SM, snapshot)
    assert row.initial_margin == pytest.approx(2.0 * (0.15 + 0.05) * BTC)
    assert row.maintenance_margin == pytest.approx(2.0 * (0.075 + 0.05) * BTC)
