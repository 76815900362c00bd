"""Binance option margin against numbers by hand."""

from __future__ import annotations

import math

import pytest

from seawall.core.evidence import Grade
from seawall.policy import at
from tests.unit.margining.markets import BTC, VOL, black, book, margins, market

OPTIONS = "binance/options/2025-12-26"


@pytest.mark.parametrize(
    ("strike_share", "initial", "maintenance"),
    [(1.0, 0.15, 0.075), (1.01, 0.14, 0.065), (1.025, 0.125, 0.05), (1.06, 0.10, 0.05), (2.0, 0.10, 0.05)],
)
def test_a_short_call_needs_its_share_of_the_index_less_what_it_is_out_of_the_money(
    strike_share: float, initial: float, maintenance: float
) -> None:
    index = 66_000.0 / strike_share  # the strike of BTC_USDC-CALL
    snapshot = market(index={"BTC": index}, mark={"BTC_USDC-CALL": 1_000.0})
    [row] = margins(book({"BTC_USDC-CALL": -3.0}), OPTIONS, snapshot)
    assert row.initial_margin == pytest.approx(3.0 * (initial * index + 1_000.0))
    assert row.maintenance_margin == pytest.approx(3.0 * (maintenance * index + 1_000.0))


def test_an_option_in_the_money_needs_no_more_than_one_at_the_money_and_its_mark() -> None:
    snapshot = market(index={"BTC": 80_000.0}, mark={"BTC_USDC-CALL": 15_000.0})
    [row] = margins(book({"BTC_USDC-CALL": -1.0}), OPTIONS, snapshot)
    assert row.initial_margin == pytest.approx(0.15 * 80_000.0 + 15_000.0)


def test_a_long_option_needs_nothing_and_offsets_nothing() -> None:
    [long] = margins(book({"BTC_USDC-CALL": 5.0}), OPTIONS)
    assert long.initial_margin == long.maintenance_margin == 0.0
    [short] = margins(book({"BTC-CALL": -1.0}), OPTIONS)
    [both] = margins(book({"BTC-CALL": -1.0, "BTC_USDC-CALL": 5.0}), OPTIONS)
    assert both.initial_margin == pytest.approx(short.initial_margin)


def test_the_balance_is_cash_and_the_equity_has_the_value_of_options() -> None:
    [row] = margins(book({"BTC_USDC-CALL": 2.0}, {"USDC": 1_000.0}), OPTIONS)
    assert row.margin_balance == pytest.approx(1_000.0)
    assert row.equity == pytest.approx(1_000.0 + 2.0 * black(BTC, 66_000.0, 60.0 / 365.0, VOL, is_call=True))


def test_futures_are_refused_by_name() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), OPTIONS)
    assert math.isnan(row.initial_margin)
    assert "BTC_USDC-PERPETUAL" in row.unavailable


def test_initial_margin_covers_maintenance_even_where_the_factors_are_changed() -> None:
    odd = at(OPTIONS).with_numbers({"market.btc.option_maintenance_margin": 0.9})
    [row] = margins(book({"BTC-CALL": -1.0}), odd)
    assert row.initial_margin == row.maintenance_margin > 0.9 * BTC


def test_an_option_without_a_mark_is_unavailable_even_if_it_is_long() -> None:
    snapshot = market(mark={"BTC_USDC-CALL": math.nan})
    [row] = margins(book({"BTC_USDC-CALL": 1.0}), OPTIONS, snapshot)
    assert "BTC_USDC-CALL" in row.unavailable


def test_the_formula_is_a_reading_of_ours_and_says_so() -> None:
    [row] = margins(book({"BTC-CALL": -1.0}), OPTIONS)
    assert row.evidence is Grade.ASSUMED
    assert at(OPTIONS).rule("option_margin").grade is Grade.ASSUMED
    assert at(OPTIONS).parameter("market.btc.option_initial_margin").grade is Grade.DOCUMENTED


def test_an_order_to_sell_rests_on_the_same_reading_and_one_to_buy_does_not() -> None:
    def used(size: float) -> set[str]:
        found = margins(book({}, {"USDC": 1e6}, orders={"BTC_USDC-CALL": size}), OPTIONS)
        return {item.subject for use in found.requirement.uses if use.applies[0] for item in use.items}

    assert {"rules.option_margin", "market.btc.option_initial_margin"} <= used(-1.0)
    assert "rules.option_margin" not in used(1.0)
