"""dYdX v4 against numbers by hand: requirements, what is refused, liquidation prices, updates that are allowed."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.margining import Margins, evaluate
from seawall.margining.figures import computed
from seawall.margining.models.dydx_v4.liquidation import (
    bankruptcy_quote,
    fillable_price,
    insurance_fund_delta,
    is_liquidatable,
    is_update_allowed,
    largest_liquidation,
)
from seawall.margining.models.dydx_v4.numbers import read_liquidation, read_market
from seawall.margining.models.dydx_v4.quantums import PPM, Market, Risk, Tier, margin_requirements, scaled_initial_ppm
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, ETH, book, margins, market

POLICY = "dydx/v4/2026-01-01"
CONFIG = read_liquidation(at(POLICY))
HARD = Market(Tier(200_000, 500_000), atomic_resolution=-8, price=50_000, exponent=0)
"""The perpetual of the chain's own liquidation tests: 20 % initial margin, half of it to stay."""
rates = st.integers(0, PPM)
notionals = st.integers(0, 10**24)


def native(found: Margins, name: str) -> float:
    return float(found.requirement.native[name][0])


def test_a_position_needs_two_percent_to_open_and_three_fifths_of_that_to_stay() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": -2.0}, {"USDC": 5_000.0}), POLICY)
    assert (row.initial_margin, row.maintenance_margin) == (0.02 * 2.0 * BTC, 0.012 * 2.0 * BTC)
    assert (row.equity, row.margin_balance, row.currency) == (5_000.0, 5_000.0, "USD")


def test_positions_add_up_without_offset() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -24.0}), POLICY)
    assert row.initial_margin == 0.02 * (BTC + 24.0 * ETH)


def test_profit_is_at_the_mark_and_counts_whole() -> None:
    found = margins(book({"BTC_USDC-PERPETUAL": 0.5}, {"USDC": 100.0}, entry=59_000.0), POLICY)
    assert native(found, "net_collateral") == 600.0
    assert native(found, "free_collateral") == 600.0 - 0.5 * BTC * 0.02


def test_an_entry_price_that_is_not_known_means_no_profit() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 0.5}, {"USDC": 100.0}), POLICY)
    assert row.equity == 100.0


def test_a_requirement_is_rounded_up_to_a_millionth_of_a_dollar() -> None:
    tiny = market(mark={"BTC_USDC-PERPETUAL": 50_000.0})
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1e-9}), POLICY, tiny)  # 50 quanta of notional
    assert (row.initial_margin, row.maintenance_margin) == (1e-6, 1e-6)


def test_the_price_is_rounded_to_the_markets_exponent() -> None:
    snapshot = market(mark={"BTC_USDC-PERPETUAL": 60_000.000004})
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), POLICY, snapshot)
    assert row.initial_margin == 1_200.0


def test_open_interest_scales_initial_margin_alone_and_only_between_the_caps() -> None:
    policy = at(POLICY).with_numbers({"market.btc.liquidity_tier": "mid_cap"})
    for interest, rate in ((500.0, 0.05), (40e6 / BTC, 0.05), (70e6 / BTC, 0.525), (100e6 / BTC, 1.0), (1e6, 1.0)):
        snapshot = market()
        column = np.where(np.array(snapshot.table.names) == "BTC_USDC-PERPETUAL", interest, np.nan)
        [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), policy, replace(snapshot, open_interest=column))
        assert row.initial_margin == pytest.approx(rate * BTC, abs=2e-6 * BTC), interest
        assert row.maintenance_margin == 0.03 * BTC


def test_a_market_that_scales_is_unavailable_where_open_interest_is_unknown() -> None:
    policy = at(POLICY).with_numbers({"market.btc.liquidity_tier": "mid_cap"})
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), policy)
    assert math.isnan(row.initial_margin)
    assert row.unavailable.startswith("BTC_USDC-PERPETUAL: its initial margin depends on open interest")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("BTC-CALL", "no rule for options; dYdX lists perpetuals only"),
        ("BTC_USDC-CALL", "no rule for options; dYdX lists perpetuals only"),
        ("BTC-FUTURE", "no rule for futures; dYdX lists perpetuals only"),
        ("BTC-PERPETUAL", "settles in BTC; dYdX settles in USDC"),
    ],
)
def test_what_the_chain_does_not_list_is_refused_by_name(name: str, why: str) -> None:
    [row] = margins(book({name: 1.0}), POLICY)
    assert math.isnan(row.initial_margin)
    assert row.unavailable.startswith(f"{name}: ")
    assert why in row.unavailable


def test_an_isolated_market_is_refused_for_a_cross_margined_subaccount() -> None:
    [row] = margins(
        book({"ETH_USDC-PERPETUAL": 1.0}), at(POLICY).with_numbers({"market.eth.liquidity_tier": "isolated"})
    )
    assert "isolated" in row.unavailable


def test_coins_are_no_collateral() -> None:
    [row] = margins(book({}, {"BTC": 1.0, "USDC": 5.0}), POLICY)
    assert row.unavailable == f"BTC: {POLICY} does not take it as collateral; dYdX takes USDC only"


def test_a_debt_in_usdc_needs_no_margin_of_its_own() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": -59_000.0}, entry=1e-5), POLICY)
    assert row.equity == pytest.approx(1_000.0)
    assert row.maintenance_margin == 720.0


def test_open_orders_reserve_nothing() -> None:
    bare = margins(book({"BTC_USDC-PERPETUAL": 1.0}), POLICY)
    ordered = margins(book({"BTC_USDC-PERPETUAL": 1.0}, orders={"BTC_USDC-PERPETUAL": 9.0}), POLICY)
    assert ordered.initial_margin.tolist() == bare.initial_margin.tolist()
    assert "rules.orders_reserve_nothing" in {item.subject for item in ordered.explain().evidence}


def test_a_missing_price_touches_its_holders_alone() -> None:
    both = Book.of([
        Account("holder", (Position("BTC_USDC-PERPETUAL", 1.0),)),
        Account("other", (Position("ETH_USDC-PERPETUAL", 1.0),)),
    ])  # fmt: skip
    [found] = evaluate(both, market(mark={"BTC_USDC-PERPETUAL": math.nan}), [at(POLICY)], check_lots=False)
    assert np.isnan(found.initial_margin).tolist() == [True, False]


def test_evidence_of_a_plain_position_is_documented_and_of_dollars_assumed() -> None:
    [plain] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 1.0}), POLICY)
    [dollars] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USD": 1.0}), POLICY)
    assert (plain.evidence, dollars.evidence) == (Grade.DOCUMENTED, Grade.ASSUMED)


def test_the_prices_of_a_liquidation_are_shown_with_the_position() -> None:
    found = computed(margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 360.0}), POLICY))
    assert found["is_liquidatable"] == 1.0
    # Half of the maintenance margin of 720 is gone: the offer is half of 1.5 maintenance margins below the oracle.
    assert found["BTC_USDC-PERPETUAL.fillable_price"] == pytest.approx(BTC - 0.5 * 1.5 * 720.0)
    assert found["BTC_USDC-PERPETUAL.bankruptcy_price"] == pytest.approx(BTC - 360.0)


def test_prices_of_a_coin_with_other_quantums_are_dollars_too() -> None:
    found = computed(margins(book({"ETH_USDC-PERPETUAL": -4.0}, {"USDC": 60.0}), POLICY))
    assert found["ETH_USDC-PERPETUAL.bankruptcy_price"] == pytest.approx(ETH + 15.0)


@given(notionals, rates, rates, st.integers(0, 10**20), st.integers(0, 10**20), st.integers(0, 10**20))
def test_initial_margin_covers_maintenance_and_no_more_than_all(
    notional: int, initial: int, fraction: int, lower: int, width: int, interest: int
) -> None:
    tier = Tier(initial, fraction, lower, lower + width)
    opened, kept = margin_requirements(notional, interest, tier)
    assert 0 <= kept <= opened <= notional
    assert initial <= scaled_initial_ppm(tier, interest) <= PPM


@given(notionals, rates, rates)
def test_both_requirements_lie_within_two_quantums_of_the_exact_share(
    notional: int, initial: int, fraction: int
) -> None:
    opened, kept = margin_requirements(notional, 0, Tier(initial, fraction))
    exact = Fraction(notional * initial, PPM)
    assert 0 <= opened - exact < 1
    assert 0 <= kept - exact * Fraction(fraction, PPM) < 2


def test_caps_that_coincide_scale_at_once() -> None:
    tier = Tier(100_000, 500_000, 5, 5)
    assert [scaled_initial_ppm(tier, interest) for interest in (4, 5, 6)] == [100_000, 100_000, PPM]


@given(st.integers(-(10**12), 10**12).filter(bool), st.integers(-(10**13), 10**13), st.integers(1, 100))
def test_a_close_at_the_bankruptcy_price_takes_the_share_of_collateral_that_it_frees(
    quantums: int, balance: int, percent: int
) -> None:
    own = HARD.risk(quantums)
    total = own + Risk(balance, 0, 0)
    delta = -quantums * percent // 100
    if delta == 0 or abs(delta) > abs(quantums):
        return
    quote = bankruptcy_quote(total, HARD, quantums, delta)
    after = HARD.risk(quantums + delta) + Risk(balance + quote, 0, 0)
    share = Fraction(after.maintenance, total.maintenance)
    assert 0 <= after.collateral - total.collateral * share < 1


@given(st.integers(1, 10**12), st.integers(-(10**12), 10**12))
def test_the_offered_price_stays_between_the_oracle_and_the_widest_spread(quantums: int, balance: int) -> None:
    own = HARD.risk(quantums)
    price = fillable_price(own + Risk(balance, 0, 0), HARD, quantums, -1, CONFIG)
    oracle = Fraction(own.collateral, quantums)
    assert oracle - Fraction(CONFIG.spread_ppm * own.maintenance, PPM * quantums) <= price <= oracle


@pytest.mark.parametrize(("quantums", "delta"), [(5, 5), (5, 0), (5, -6), (-5, 6), (0, 1)])
def test_a_liquidation_that_closes_nothing_or_too_much_is_refused(quantums: int, delta: int) -> None:
    total = Risk(0, 2, 1)
    with pytest.raises(InputError, match="closes some or all of a position"):
        bankruptcy_quote(total, HARD, quantums, delta)
    with pytest.raises(InputError, match="closes some or all of a position"):
        fillable_price(total, HARD, quantums, delta, CONFIG)


def test_what_needs_no_maintenance_margin_has_no_bankruptcy_price() -> None:
    with pytest.raises(InputError, match="maintenance is 0; what is liquidated needs maintenance margin"):
        bankruptcy_quote(Risk(-5, 0, 0), replace(HARD, price=0), 5, -5)


def test_the_fee_is_what_is_left_up_to_a_share_of_the_fill() -> None:
    fee = replace(CONFIG, max_fee_ppm=5_000)
    assert insurance_fund_delta(5_610_000_000, 5_100_000_000, fee) == 28_050_000
    assert insurance_fund_delta(5_101_000_000, 5_100_000_000, fee) == 1_000_000
    assert insurance_fund_delta(5_099_000_000, 5_100_000_000, fee) == -1_000_000
    assert insurance_fund_delta(-5_000_000_000, -5_100_000_000, fee) == 25_000_000  # a short is bought back


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        (Risk(0, 0, 0), Risk(10, 10, 5), True),  # covers initial margin
        (Risk(50, 200, 100), Risk(25, 100, 50), True),  # as risky as before, and smaller
        (Risk(50, 200, 100), Risk(24, 100, 50), False),  # riskier
        (Risk(50, 200, 100), Risk(60, 202, 101), False),  # larger, though better covered
        (Risk(-50, 200, 100), Risk(-25, 100, 50), True),
        (Risk(-5, 0, 0), Risk(-4, 0, 0), True),  # a debt that shrinks
        (Risk(-5, 0, 0), Risk(-5, 0, 0), False),
        (Risk(-5, 200, 100), Risk(-5, 0, 0), False),  # closes everything and leaves a debt
    ],
)
def test_an_update_covers_initial_margin_or_makes_nothing_riskier(before: Risk, after: Risk, allowed: bool) -> None:
    assert is_update_allowed(before, after) is allowed


def test_a_subaccount_without_maintenance_margin_is_not_liquidated() -> None:
    assert not is_liquidatable(Risk(-100, 0, 0))
    assert is_liquidatable(Risk(99, 200, 100))
    assert not is_liquidatable(Risk(100, 200, 100))


def test_a_block_takes_a_tenth_of_a_position_at_least_a_thousand_dollars_and_so_much_of_a_subaccount() -> None:
    def dollars(coins: Fraction, already: int = 0) -> float:
        quantums = int(coins * 10**8)
        return largest_liquidation(HARD, quantums, CONFIG, already_notional=already * 10**6) / 10**6

    assert dollars(Fraction(1)) == 5_000.0
    assert dollars(Fraction(-1, 10)) == 1_000.0
    assert dollars(Fraction(1, 100)) == 500.0
    assert dollars(Fraction(100)) == 100_000.0
    assert dollars(Fraction(100), already=99_000) == 1_000.0
    assert dollars(Fraction(100), already=200_000) == 0.0


def test_a_coin_without_numbers_has_no_market() -> None:
    assert read_market(at(POLICY), "DOGE") is None


PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "dydx.md").read_text(encoding="utf-8")


def rows_below(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    section = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = section[section.index("\n|") :].strip().split("\n\n")[0].splitlines()
    rows = [[cell.strip().strip("`") for cell in line.strip().strip("|").split("|")] for line in lines]
    return rows[2:]


def test_the_tiers_on_the_page_are_the_policys() -> None:
    policy, rows = at(POLICY), rows_below("### 2026-01-01: liquidity tiers [D]")
    assert {row[0] for row in rows} == {name.split(".")[1] for name in policy.parameters if name.startswith("tier.")}
    names = ("initial_margin_ppm", "maintenance_fraction_ppm", "open_interest_lower_cap", "open_interest_upper_cap")
    for tier, *cells in rows:
        for name, cell in zip(names, cells, strict=True):
            parameter = policy.parameter(f"tier.{tier}.{name}")
            assert parameter.value == float(cell.replace(",", "")), (tier, name)
            assert parameter.grade is Grade.DOCUMENTED, (tier, name)


def test_the_markets_on_the_page_are_the_policys() -> None:
    policy, rows = at(POLICY), rows_below("### 2026-01-01: markets [D]")
    assert {row[0].lower() for row in rows} == {
        name.split(".")[1] for name in policy.parameters if name.startswith("market.")
    }
    for coin, tier, resolution, exponent in rows:
        numbers = read_market(policy, coin)
        assert numbers is not None
        assert (numbers.tier_name, numbers.atomic_resolution, numbers.price_exponent) == (
            tier, int(resolution), int(exponent),
        )  # fmt: skip


def test_the_words_on_liquidation_are_the_policys() -> None:
    [sentence] = re.findall(r"^Liquidation \[D\]: .+?(?=\n\n)", PAGE, re.MULTILINE | re.DOTALL)
    printed = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d", sentence)]
    ppm = (CONFIG.max_fee_ppm, CONFIG.bankruptcy_adjustment_ppm, CONFIG.spread_ppm, CONFIG.max_position_ppm)
    usd = (CONFIG.min_position_notional // 10**6, CONFIG.max_subaccount_notional // 10**6)
    assert printed == [*ppm, *usd]
