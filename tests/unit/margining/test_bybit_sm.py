"""Bybit cross margin against the venue's worked examples and numbers by hand."""

from __future__ import annotations

import math

import pytest

from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable, Option
from seawall.margining.account import AccountMargin
from seawall.market import MarketSnapshot
from seawall.policy import at
from tests.unit.margining.markets import BTC, ETH, book, margins, market

SM = "bybit/sm/2024-10-23"
FEE = 0.00055


def example(
    strike: float, *, index: float, mark: float, entry: float, is_call: bool, usdc: float = 1.0
) -> AccountMargin:
    """One short option in a market of its own."""
    option = Option(name="one", underlying="BTC", quote="USDC", settlement="USDC", strike=strike, inverse=False,
                    expiry_ns=to_ns("2024-12-27T08:00Z"), is_call=is_call)  # fmt: skip
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([option]), name="example", venue="bybit", source="by hand", time_ns=to_ns("2024-10-23"),
        index={"BTC": index, "USDC": usdc}, mark=[mark], forward=[index], vol=[0.5],
    )  # fmt: skip
    [row] = margins(book({"one": -1.0}, entry=entry), SM, snapshot)
    return row


def test_the_worked_example_of_a_short_put_comes_out() -> None:
    """Bybit help centre, Comparison of Spread Strategies, 23 October 2024."""
    row = example(18_500.0, index=20_250.0, mark=290.0, entry=280.0, is_call=False)
    assert (row.initial_margin, row.maintenance_margin) == pytest.approx((2_315.0, 938.0))


def test_the_worked_example_of_a_short_call_comes_out() -> None:
    """Bybit help centre, Initial and Maintenance Margin Calculation (Options), 4 December 2023, example 1."""
    row = example(31_000.0, index=30_000.0, mark=300.0, entry=math.nan, is_call=True)
    assert row.maintenance_margin == pytest.approx(1_260.0)


def test_the_higher_of_entry_price_and_mark_counts() -> None:
    low, high = (
        example(18_500.0, index=20_250.0, mark=290.0, entry=entry, is_call=False).initial_margin
        for entry in (280.0, 390.0)
    )
    assert high - low == pytest.approx(100.0)


def test_initial_margin_is_never_below_maintenance() -> None:
    deep = example(900_000.0, index=20_000.0, mark=880_000.0, entry=math.nan, is_call=False)
    assert deep.maintenance_margin == pytest.approx(0.03 * 880_000.0 + 880_000.0 + 0.002 * 20_000.0)
    assert deep.initial_margin == deep.maintenance_margin


def test_a_long_option_needs_nothing_and_its_value_is_no_margin_balance() -> None:
    [row] = margins(book({"BTC_USDC-CALL": 3.0}, {"USDC": 100.0}), SM)
    mark = float(market().mark[market().table.position("BTC_USDC-CALL")])
    assert row.initial_margin == row.maintenance_margin == 0.0
    assert row.equity == pytest.approx(100.0 + 3.0 * mark)
    assert row.margin_balance == pytest.approx(100.0)


def test_a_small_perpetual_pays_its_first_tier_and_the_fee_of_closing_it() -> None:
    for size in (1.0, -1.0):
        [row] = margins(book({"BTC_USDC-PERPETUAL": size}), SM)
        fee = BTC * (1.0 - size / 100.0) * FEE  # it is bankrupt one over the leverage away
        assert row.initial_margin == pytest.approx(BTC / 100.0 + fee)
        assert row.maintenance_margin == pytest.approx(0.005 * BTC + fee)


def test_maintenance_is_by_slices_and_leverage_by_the_whole() -> None:
    worth = 50.0 * BTC  # 3 million: in the third tier
    [row] = margins(book({"BTC_USDC-PERPETUAL": 50.0}), SM)
    fee = worth * (1.0 - 1.0 / 80.0) * FEE
    assert row.maintenance_margin == pytest.approx(0.005 * 2e6 + 0.0056 * 0.6e6 + 0.0063 * 0.4e6 + fee)
    assert row.initial_margin == pytest.approx(worth / 80.0 + fee)


def test_leverage_never_takes_initial_margin_of_a_perpetual_below_maintenance() -> None:
    highest = at(SM).with_numbers({"market.btc.max_leverages": [500.0] * len(DEDUCTIONS)})
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), highest)
    assert row.maintenance_margin == pytest.approx(BTC * (0.005 + (1.0 - 1.0 / 500.0) * FEE))
    assert row.initial_margin == row.maintenance_margin


def test_a_strike_is_in_the_coin_that_it_is_quoted_in() -> None:
    """At 0.9 USD for a USDC a strike of 20,000 is 18,000 USD: 2,000 out of the money at an index of 20,000."""
    row = example(20_000.0, index=20_000.0, mark=300.0, entry=math.nan, is_call=False, usdc=0.9)
    assert row.initial_margin == pytest.approx(max(0.15 * 20_000.0 - 2_000.0, 0.1 * 20_000.0) + 270.0)
    near = example(22_000.0, index=20_000.0, mark=300.0, entry=math.nan, is_call=False, usdc=0.9)
    assert near.initial_margin == pytest.approx(0.15 * 20_000.0 - 200.0 + 270.0)


DEDUCTIONS = (0, 1_200, 3_020, 4_300, 5_820, 8_460, 15_460, 20_500, 46_000, 66_000, 80_000, 160_000, 300_000, 452_000,
              502_000, 777_000, 837_000, 967_000, 1_107_000, 1_482_000)  # fmt: skip
"""USDT, printed beside the tiers of BTCUSDT (Bybit, Margin Parameters)."""


@pytest.mark.parametrize("tier", range(len(DEDUCTIONS)))
def test_maintenance_is_the_tiers_rate_of_the_whole_less_the_published_deduction(tier: int) -> None:
    limits, rates, leverages = (
        at(SM).numbers(f"market.btc.{name}") for name in ("risk_limits", "maintenance_rates", "max_leverages")
    )
    assert len(limits) == len(DEDUCTIONS)
    worth = limits[tier] + 100_000.0
    [row] = margins(book({"BTC_USDC-PERPETUAL": worth / BTC}), SM)
    fee = worth * (1.0 - 1.0 / leverages[tier]) * FEE
    assert row.maintenance_margin == pytest.approx(worth * rates[tier] - DEDUCTIONS[tier] + fee, abs=1e-6)


def test_an_inverse_contract_is_worth_its_dollars() -> None:
    [row] = margins(book({"BTC-PERPETUAL": -10_000.0}), SM)
    assert row.maintenance_margin == pytest.approx(10_000.0 * (0.005 + 1.01 * FEE))


def test_positions_do_not_offset_each_other() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "BTC-PERPETUAL": -BTC}), SM)
    assert row.maintenance_margin == pytest.approx(2.0 * BTC * (0.005 + FEE))


def test_collateral_counts_at_its_ratio_for_both_margins() -> None:
    found = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"BTC": 2.0}), SM)
    [row] = found
    assert row.margin_balance == pytest.approx(0.85 * 2.0 * BTC)
    assert row.haircut == 0.0
    native = {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}
    assert native["totalMarginBalance"] == pytest.approx(2.0 * BTC)
    assert native["totalAvailableBalance"] == pytest.approx(row.margin_balance - row.initial_margin)
    assert native["accountIMRate"] == math.floor(1e4 * row.initial_margin / row.margin_balance) / 1e4


def test_a_debt_pays_and_is_shown_among_the_positions() -> None:
    found = margins(book({"BTC_USDC-CALL": 1.0}, {"ETH": -4.0}), SM)
    [row] = found
    assert row.initial_margin == row.initial["borrow"] == pytest.approx(0.2 * 4.0 * ETH)
    shown = {entry["instrument"]: entry["initial_margin"] for entry in found.explain("desk").detail.positions}
    assert shown == {"BTC_USDC-CALL": 0.0, "ETH debt": pytest.approx(0.2 * 4.0 * ETH)}


def test_an_order_is_compared_at_marks_alone() -> None:
    """A position's entry price above its mark makes no order cheaper."""
    held, orders = {"BTC_USDC-CALL": -1.0}, {"BTC_USDC-CALL": -1.0}
    added = [
        row.initial["open_orders_margin"]
        for entry in (math.nan, 50_000.0)
        for row in margins(book(held, orders=orders, entry=entry), SM)
    ]
    assert added[0] == pytest.approx(added[1])
    assert added[0] > 0.0


def test_a_coin_without_rates_is_refused_by_name() -> None:
    [row] = margins(book({"SOL_USDC-PERPETUAL": 1.0}), SM)
    assert "SOL_USDC-PERPETUAL: bybit/sm/2024-10-23 has no margin rates for SOL" in row.unavailable
    assert math.isnan(row.initial_margin)
