"""Hyperliquid against numbers by hand: tiers, portfolio margin, liquidation prices and deleveraging."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.margining.models.hyperliquid.borrowing import Borrow, borrow_rate, borrow_state, health_factor, threshold
from seawall.margining.models.hyperliquid.funding import funding_rate, hourly_payment, premium
from seawall.margining.models.hyperliquid.liquidation import (
    Counterparty,
    Deleveraged,
    LiquidationConfig,
    Stage,
    deleveraged,
    deleveraging_index,
    liquidation_price,
    order_size,
    stage,
)
from seawall.margining.models.hyperliquid.numbers import read_liquidation, read_tiers
from seawall.margining.models.hyperliquid.tiers import Tiers, initial_margin, maintenance_margin
from seawall.policy import at
from tests.unit.margining.markets import BTC, ETH, book, margins, market

CROSS, PM = "hyperliquid/cross/2026-08-01", "hyperliquid/pm/2026-08-01"
TIERS = Tiers((0.0, 150e6), (40.0, 20.0))
CONFIG = LiquidationConfig(2 / 3, 100_000.0, 0.2, 30.0)
BTC_PERP, ETH_PERP = "BTC_USDC-PERPETUAL", "ETH_USDC-PERPETUAL"


def test_each_perpetual_needs_its_notional_over_the_leverage_and_half_of_the_least() -> None:
    [row] = margins(book({BTC_PERP: 2.0, ETH_PERP: -10.0}, {"USDC": 20_000.0}), CROSS)
    assert row.initial_margin == pytest.approx(2.0 * BTC / 20.0 + 10.0 * ETH / 20.0)
    assert row.maintenance_margin == pytest.approx(2.0 * BTC / 80.0 + 10.0 * ETH / 50.0)


def test_a_tier_lowers_the_leverage_of_the_whole_notional_and_raises_maintenance_beyond_it_only() -> None:
    notional = np.array([150e6, 160e6])
    assert initial_margin(notional, TIERS, 30.0).tolist() == [5e6, 8e6]
    assert maintenance_margin(notional, TIERS).tolist() == [1.875e6, 1.875e6 + 0.25e6]


def test_notional_times_rate_less_deduction_is_the_sum_over_slices() -> None:
    tiers = Tiers((0.0, 20_000.0, 50_000.0), (25.0, 10.0, 5.0))
    for notional in (1.0, 20_000.0, 33_333.0, 50_000.0, 1e6):
        k = sum(notional > bound for bound in tiers.lower_bounds) - 1
        stated = notional * tiers.maintenance_rates[k] - tiers.maintenance_deductions[k]
        assert maintenance_margin(np.array([notional]), tiers)[0] == pytest.approx(stated, rel=1e-14)


def test_unrealised_profit_counts_and_a_tenth_of_notional_stays_on_a_withdrawal() -> None:
    found = margins(book({BTC_PERP: 1.0}, {"USDC": 10_000.0}, entry=55_000.0), CROSS)
    native = {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}
    assert native["accountValue"] == 15_000.0
    assert native["totalNtlPos"] == BTC
    assert native["withdrawable"] == 15_000.0 - 0.1 * BTC


def test_nothing_can_be_withdrawn_where_more_has_to_stay_than_is_there() -> None:
    found = margins(book({BTC_PERP: 1.0}, {"USDC": 1_000.0}), CROSS)
    assert float(found.requirement.native["withdrawable"][0]) == 0.0


@pytest.mark.parametrize("name", ["BTC-PERPETUAL", "BTC_USDC-CALL", "BTC-FUTURE"])
@pytest.mark.parametrize("policy", [CROSS, PM])
def test_what_is_no_linear_perpetual_is_refused_by_name(name: str, policy: str) -> None:
    [row] = margins(book({name: 1.0}, {"USDC": 1_000.0}), policy)
    assert math.isnan(row.initial_margin)
    assert math.isnan(row.equity) == (name != "BTC_USDC-CALL")  # what settles in coin is worth no USDC
    assert name in row.unavailable


def test_coins_are_no_collateral_of_cross_margin_and_unknown_coins_none_of_portfolio_margin() -> None:
    [cross] = margins(book({BTC_PERP: 1.0}, {"BTC": 1.0, "USDC": 9_000.0}), CROSS)
    assert "BTC" in cross.unavailable
    assert math.isnan(cross.equity)
    assert math.isnan(cross.margin_balance)
    [portfolio] = margins(book({BTC_PERP: 1.0}, {"ETH": 1.0}), PM)
    assert "ETH" in portfolio.unavailable


def test_at_the_liquidation_price_account_value_is_maintenance_margin_whatever_the_tier_there() -> None:
    """A law over sizes on both sides of a tier's bound, and accounts rich and poor."""
    tiers = read_tiers(at(CROSS), "BTC")
    assert tiers is not None
    found = 0
    for coins, side, share in product((1.0, 2_400.0, 2_600.0, 9_000.0), (1.0, -1.0), (-0.02, 0.02, 0.08, 0.5)):
        size, value = side * coins, share * coins * BTC
        kept = maintenance_margin(np.array([coins * BTC]), tiers)[0]
        price = liquidation_price(size, BTC, value - kept, tiers)
        assert price is not None
        there = value + size * (price - BTC)
        assert there == pytest.approx(maintenance_margin(np.array([coins * price]), tiers)[0], rel=1e-9, abs=1e-6)
        found += (coins * price > 150e6) != (coins * BTC > 150e6)
    assert found >= 3, "some positions change tiers on the way"


def test_the_liquidation_price_is_that_of_the_formula_within_a_tier() -> None:
    available = 7_000.0
    assert liquidation_price(2.0, BTC, available, TIERS) == pytest.approx(BTC - available / 2.0 / (1.0 - 0.0125))
    assert liquidation_price(-2.0, BTC, available, TIERS) == pytest.approx(BTC + available / 2.0 / (1.0 + 0.0125))


def test_a_long_that_its_account_covers_whole_has_no_liquidation_price() -> None:
    assert liquidation_price(1.0, BTC, BTC, TIERS) is None
    explained = margins(book({BTC_PERP: 1.0}, {"USDC": 2.0 * BTC}), CROSS).explain()
    assert not any(name.endswith("liquidation_price") for name in explained.detail.figures)


def test_a_liquidation_price_counts_the_maintenance_margin_of_all_other_positions() -> None:
    held = {BTC_PERP: 1.0, ETH_PERP: -20.0}
    figures = margins(book(held, {"USDC": 5_000.0}), CROSS).explain().detail.figures
    price = figures[f"{BTC_PERP}.liquidation_price"]
    there = market(mark={BTC_PERP: price})
    [row] = margins(book(held, {"USDC": 5_000.0 + price - BTC}), CROSS, there)
    assert row.margin_balance == pytest.approx(row.maintenance_margin, rel=1e-12)


def test_a_liquidation_price_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="size"):
        liquidation_price(0.0, BTC, 1.0, TIERS)


@pytest.mark.parametrize("available", [math.nan, math.inf])
def test_a_liquidation_price_of_what_is_unknown_is_refused_and_no_none(available: float) -> None:
    with pytest.raises(InputError, match=f"available is {available}"):
        liquidation_price(1.0, BTC, available, TIERS)
    with pytest.raises(InputError, match="mark"):
        liquidation_price(1.0, math.nan, 1.0, TIERS)


def test_where_one_position_has_no_number_no_position_has_a_liquidation_price() -> None:
    figures = margins(book({BTC_PERP: 1.0, "BTC-FUTURE": 1.0}, {"USDC": 5_000.0}), CROSS).explain().detail.figures
    assert math.isnan(figures[f"{BTC_PERP}.liquidation_price"])
    figures = margins(book({BTC_PERP: 1.0}, {"USDC": 5_000.0, "ETH": 1.0}), CROSS).explain().detail.figures
    assert math.isnan(figures[f"{BTC_PERP}.liquidation_price"])


def test_tiers_that_can_not_be_are_refused() -> None:
    for bounds, leverages in (((1.0,), (10.0,)), ((0.0, 0.0), (10.0, 5.0)), ((0.0,), (0.5,)), ((0.0, 1.0), (10.0,))):
        with pytest.raises(InputError):
            Tiers(bounds, leverages)


@pytest.mark.parametrize(("value", "expected"), [
    (90.0, Stage.HEALTHY), (89.9, Stage.MARKET), (60.0, Stage.MARKET), (59.9, Stage.BACKSTOP), (-0.1, Stage.UNDERWATER),
])  # fmt: skip
def test_an_account_goes_from_the_book_to_the_vault_to_deleveraging(value: float, expected: Stage) -> None:
    assert stage(value, 90.0, CONFIG) is expected


def test_the_settings_of_liquidation_are_the_policys() -> None:
    assert read_liquidation(at(CROSS)) == CONFIG


@pytest.mark.parametrize(("size", "since", "expected"), [
    (1.0, math.inf, -1.0), (2.0, math.inf, -0.4), (-2.0, 31.0, 0.4), (-2.0, 29.0, 2.0),
])  # fmt: skip
def test_a_fifth_of_a_large_position_is_sent_and_all_of_it_within_the_cooldown(
    size: float, since: float, expected: float
) -> None:
    assert order_size(size, BTC, CONFIG, since_partial_seconds=since) == pytest.approx(expected)


def test_holders_of_the_other_side_are_closed_by_profit_times_leverage() -> None:
    holders = [
        Counterparty("rich", -10.0, 70_000.0, 10e6), Counterparty("keen", -2.0, 70_000.0, 30_000.0),
        Counterparty("losing", -5.0, 50_000.0, 1_000.0), Counterparty("same side", 5.0, 50_000.0, 1_000.0),
    ]  # fmt: skip
    assert deleveraged(holders, 5.0, BTC) == Deleveraged((("keen", 2.0), ("rich", 3.0)), 0.0)
    assert deleveraged(holders, -5.0, BTC) == Deleveraged((("same side", 5.0),), 0.0)
    assert deleveraging_index(holders[1], BTC) == pytest.approx(70_000.0 / BTC * 2.0 * BTC / 30_000.0)


@pytest.mark.parametrize("value", [0.0, -5_000.0])
def test_a_winner_whose_account_is_worth_nothing_is_closed_first(value: float) -> None:
    """Leverage without bound; and it stops nobody else from being ranked."""
    holders = [Counterparty("keen", -2.0, 70_000.0, 1.0), Counterparty("broke", -1.0, 61_000.0, value)]
    assert deleveraging_index(holders[1], BTC) == math.inf
    assert deleveraged(holders, 2.0, BTC).closed == (("broke", 1.0), ("keen", 1.0))


def test_what_nobody_is_left_to_take_is_said_to_the_last_decimal() -> None:
    holders = [Counterparty(name, -0.1, 70_000.0, 1e4) for name in "abc"]
    assert deleveraged(holders, 0.3, BTC) == Deleveraged((("a", 0.1), ("b", 0.1), ("c", 0.1)), 0.0)
    assert deleveraged(holders, 0.7, BTC).left == 0.4
    assert deleveraged([], -2.5, BTC) == Deleveraged((), 2.5)


@pytest.mark.parametrize(("holder", "mark", "field"), [
    (Counterparty("a", -1.0, 70_000.0, math.nan), BTC, "account_value"),
    (Counterparty("a", -1.0, math.nan, 1e4), BTC, "entry"),
    (Counterparty("a", math.nan, 70_000.0, 1e4), BTC, "size"),
    (Counterparty("a", -1.0, 70_000.0, 1e4), math.nan, "mark"),
])  # fmt: skip
def test_a_holder_that_can_not_be_ranked_is_refused_and_not_left_out(
    holder: Counterparty, mark: float, field: str
) -> None:
    with pytest.raises(InputError, match=f"a: {field} is nan"):
        deleveraged([holder, Counterparty("b", -1.0, 70_000.0, 1e4)], 1.0, mark)


@pytest.mark.parametrize("size", [0.0, math.nan, math.inf])
def test_a_position_without_a_size_is_not_deleveraged(size: float) -> None:
    with pytest.raises(InputError, match="size"):
        deleveraged([], size, BTC)


def test_spot_carries_a_short_perpetual_and_its_loss_is_a_loan() -> None:
    """The carry trade of the venue's page, at 100,000 USDC a coin and then at 150,000."""
    for price, loan in ((100_000.0, 0.0), (150_000.0, 50_000.0)):
        there = market(index={"BTC": price}, mark={BTC_PERP: price})
        found = margins(book({BTC_PERP: -1.0}, {"BTC": 1.0}, entry=100_000.0), PM, there)
        [row] = found
        assert row.maintenance["loans"] == loan
        assert row.maintenance["perpetuals"] == pytest.approx(price / 80.0)
        assert row.margin_balance == pytest.approx(0.75 * price)
        assert row.margin_balance - row.haircut == pytest.approx(0.5 * price)
        ratio = (20.0 + price / 80.0 + loan) / (0.75 * price)
        assert found.requirement.native["portfolio_margin_ratio"][0] == pytest.approx(ratio)


def test_collateral_counts_up_to_the_supply_cap_and_the_borrow_cap() -> None:
    [row] = margins(book({}, {"BTC": 500.0}), PM)
    assert row.margin_balance == pytest.approx(0.75 * 200.0 * BTC)
    capped = at(PM).with_numbers({"portfolio.borrow_cap": 1e6})
    [row] = margins(book({}, {"BTC": 500.0}), capped)
    assert row.margin_balance == 1e6


def test_the_offset_counts_where_something_is_needed() -> None:
    [idle] = margins(book({}, {"USDC": 100.0}), PM)
    [owing] = margins(book({}, {"USDC": -100.0, "BTC": 1.0}), PM)
    assert idle.maintenance_margin == 0.0
    assert owing.maintenance_margin == 120.0


def test_an_account_is_up_for_liquidation_above_the_ratio() -> None:
    for owed, expected in ((-42_000.0, 0.0), (-43_000.0, 1.0)):
        detail = margins(book({}, {"USDC": owed, "BTC": 1.0}), PM).explain().detail
        assert detail.figures["is_liquidatable"] == expected


def test_both_ways_that_a_liquidation_can_go_are_shown() -> None:
    """The carry trade at 200,000 USDC a coin: 100,000 are owed of 175,000 that its coin and a half stand for."""
    price, coins, owed = 200_000.0, 1.5, 240_000.0
    there = market(index={"BTC": price}, mark={BTC_PERP: price})
    found = margins(book({BTC_PERP: -1.0}, {"BTC": coins, "USDC": -owed + 1e5}, entry=100_000.0), PM, there)
    figures = found.explain().detail.figures
    assert figures["is_liquidatable"] == 1.0
    assert figures["perpetuals_first.perpetuals"] == 0.0
    assert figures["perpetuals_first.borrowed"] == owed
    assert figures["perpetuals_first.collateral"] == coins * price
    assert figures["perpetuals_first.portfolio_margin_ratio"] == pytest.approx((20.0 + owed) / (0.75 * coins * price))
    assert figures["perpetuals_first.is_liquidatable"] == 1.0
    assert figures["loans_first.perpetuals"] == price
    assert figures["loans_first.borrowed"] == 0.0
    left = coins * price - owed
    assert figures["loans_first.collateral"] == pytest.approx(left)
    assert figures["loans_first.portfolio_margin_ratio"] == pytest.approx((20.0 + price / 80.0) / (0.75 * left))
    assert figures["loans_first.is_liquidatable"] == 0.0


def test_an_account_is_worth_the_same_whichever_goes_first_and_a_debt_beyond_the_coins_stays() -> None:
    for cash in (-43_000.0, -59_000.0, -80_000.0):
        found = margins(book({BTC_PERP: 0.5}, {"USDC": cash, "BTC": 1.0}), PM)
        figures, [row] = found.explain().detail.figures, found
        for first in ("perpetuals", "loans"):
            worth = figures[f"{first}_first.collateral"] - figures[f"{first}_first.borrowed"]
            assert worth == pytest.approx(row.equity)
        assert figures["loans_first.borrowed"] == pytest.approx(max(-cash - BTC, 0.0))


def test_an_account_that_is_not_liquidated_has_no_outcomes_and_one_without_numbers_no_verdict() -> None:
    safe = margins(book({}, {"USDC": -42_000.0, "BTC": 1.0}), PM).explain().detail.figures
    assert set(safe) == {"is_liquidatable"}
    unknown = margins(book({BTC_PERP: 1.0}, {"ETH": 1.0}), PM).explain().detail.figures
    assert math.isnan(unknown["is_liquidatable"])


def test_a_loan_that_just_meets_a_threshold_is_not_over_it() -> None:
    assert threshold(300, 0.5, Fraction(2, 3)) == 250
    assert borrow_state(300, 0.5, 250) is Borrow.PARTIAL
    assert borrow_state(299.99, 0.5, 250) is Borrow.FULL
    assert borrow_state(333.4, 0.5, 250) is Borrow.SAFE


def test_a_health_factor_is_of_a_loan() -> None:
    with pytest.raises(InputError, match="borrowed"):
        health_factor([(1.0, BTC, 0.5)], 0.0)


def test_the_rate_of_loans_rises_beyond_the_kink_only() -> None:
    rates = [borrow_rate(used / 100, base=0.05, slope=4.75, kink=0.8) for used in range(101)]
    assert rates == sorted(rates)
    assert rates[0] == rates[80] < rates[81]
    assert float(rates[100]) == 1.0


def test_funding_is_clamped_about_the_premium_and_capped() -> None:
    settings = {"interest_8h": 0.0001, "clamp": 0.0005, "cap_1h": 0.04}
    assert float(funding_rate(0.0, **settings)) == 0.0001
    assert float(funding_rate(-0.01, **settings)) == -0.0095
    assert float(funding_rate(1.0, **settings)) == 0.32
    assert premium(9_999, 10_001, 10_000) == 0
    assert float(hourly_payment(-10, 10_000, 0.0095)) == 118.75


def test_a_result_says_that_the_leverage_is_assumed() -> None:
    [row] = margins(book({BTC_PERP: 1.0}), CROSS)
    assert row.evidence is Grade.ASSUMED


PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "hyperliquid.md").read_text(encoding="utf-8")


def test_the_tiers_and_loans_on_the_page_are_the_policys() -> None:
    policy, shown = at(PM), set()
    rows = re.findall(r"^\| ([A-Za-z, ]+) \| 0 \| (\d+) \| ([\d,]+) \| (\d+) \|$", PAGE, re.MULTILINE)
    for coins, first, bound, second in rows:
        for coin in coins.lower().split(", "):
            shown.add(coin)
            assert read_tiers(policy, coin) == Tiers(
                (0.0, float(bound.replace(",", ""))), (float(first), float(second))
            )
    assert shown == {name.split(".")[1] for name in policy.parameters if name.startswith("market.")}
    for coin, share, cap in re.findall(r"^\| (BTC|HYPE) \| ([\d.]+) [VD] \| ([\d,]+) A \|$", PAGE, re.MULTILINE):
        held = (policy.number(f"collateral.{coin.lower()}.{name}") for name in ("loan_to_value", "supply_cap"))
        assert tuple(held) == (float(share), float(cap.replace(",", "")))
    assert f"{policy.number('portfolio.borrow_cap'):,.0f} USDC [D]" in PAGE
