"""Drift v2 against numbers by hand: weights by size, what counts and what is needed, orders, liquidation sizes."""

from __future__ import annotations

import math
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
from seawall.margining.models.drift.liquidation import (
    FEE,
    base_to_cover_shortage,
    liability_for_asset,
    liability_to_cover_shortage,
    liquidatable_share,
    liquidation_fee,
    margin_shortage,
)
from seawall.margining.models.drift.margin import (
    BASE,
    PRICE,
    MarginType,
    PerpMarket,
    SpotMarket,
    counted_profit,
    perp_requirement,
    spot_contribution,
    token_value,
    worst_size,
)
from seawall.margining.models.drift.numbers import read_fees, read_liquidation
from seawall.margining.models.drift.weights import (
    WEIGHT,
    discounted_asset_weight,
    raised_liability_weight,
    scaled_initial_weight,
    size_of_tokens,
)
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, ETH, book, margins, market

POLICY = "drift/v2/2026-01-01"
WBTC = SpotMarket(8, 8_000, 9_000, 12_000, 11_000, 105_000)
sizes = st.integers(0, 10**21)
factors = st.integers(0, 10**6)
weights = st.integers(0, WEIGHT)


def policy(**settings: object) -> MarginPolicy:
    return at(POLICY).with_numbers({name.replace("__", "."): value for name, value in settings.items()})


def native(found: Margins, name: str) -> float:
    return float(found.requirement.native[name][0])


def test_a_small_position_needs_a_tenth_to_open_and_a_twentieth_to_stay() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": -0.5}, {"USDC": 4_000.0}), POLICY)
    assert (row.initial_margin, row.maintenance_margin) == (0.1 * 0.5 * BTC, 0.05 * 0.5 * BTC)
    assert (row.equity, row.margin_balance, row.haircut) == (4_000.0, 4_000.0, 0.0)


def test_a_large_position_needs_more_by_the_root_of_its_size() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 900.0}), POLICY)
    # Four fifths of the ratio and a thousandth of the root of 900: 11 % to open, 7 % to stay.
    assert (row.initial_margin, row.maintenance_margin) == (0.11 * 54e6, 3_780_000.0)


def test_positions_do_not_offset_each_other() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -24.0}), POLICY)
    assert row.initial_margin == 0.1 * (BTC + 24.0 * ETH)


def test_a_coin_counts_at_its_weight_and_less_of_it_to_open() -> None:
    [row] = margins(book({}, {"BTC": 0.1}), POLICY)
    assert (row.equity, row.margin_balance, row.haircut) == (6_000.0, 5_400.0, 600.0)
    assert row.initial_margin == 0.0


def test_much_of_a_coin_counts_for_less() -> None:
    found = computed(margins(book({}, {"BTC": 100.0}), POLICY))
    assert (
        found["BTC.initial_asset_weight"] == found["BTC.maintenance_asset_weight"] == 0.5365
    )  # 1.1 / (1 + 0.105 * 10)
    assert found["margin_balance"] == 0.5365 * 100.0 * BTC


def test_a_debt_is_part_of_the_requirement_and_not_of_collateral() -> None:
    [row] = margins(book({}, {"USDC": 5_000.0, "ETH": -1.0}), POLICY)
    assert (row.initial["borrow"], row.maintenance["borrow"]) == (1.2 * ETH, 1.1 * ETH)
    assert (row.equity, row.margin_balance) == (5_000.0 - ETH, 5_000.0)


def test_a_debt_in_usdc_needs_itself() -> None:
    [row] = margins(book({}, {"USDC": -100.0, "BTC": 0.1}), POLICY)
    assert (row.initial["borrow"], row.maintenance["borrow"]) == (100.0, 100.0)


def test_deposits_beyond_a_limit_lower_the_initial_weight() -> None:
    tight = policy(spot__btc__scale_initial_asset_weight_start=6e6, spot__btc__deposits=200.0)
    [row] = margins(book({}, {"BTC": 0.1}), tight)  # 12 million of deposits: half of the weight
    assert row.margin_balance - row.haircut == 0.4 * 6_000.0


def test_a_loss_counts_whole_and_a_profit_to_open_up_to_the_cap() -> None:
    lost = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 5_000.0}, entry=61_000.0), POLICY)
    assert native(lost, "initial_collateral") == native(lost, "maintenance_collateral") == 4_000.0
    gained = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 5_000.0}, entry=59_000.0), POLICY)
    assert native(gained, "maintenance_collateral") == 6_000.0
    assert native(gained, "initial_collateral") == 5_100.0
    assert native(gained, "fill_collateral") == 6_000.0


def test_the_price_of_usdc_turns_requirement_and_profit_into_dollars() -> None:
    snapshot = market(index={"USDC": 0.5})
    found = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 10.0}, entry=61_000.0), POLICY, snapshot)
    assert native(found, "maintenance_requirement") == 0.05 * BTC * 0.5
    assert native(found, "maintenance_collateral") == 5.0 - 500.0


def test_a_fill_needs_half_way_between_the_two() -> None:
    found = margins(book({"BTC_USDC-PERPETUAL": 1.0}), POLICY)
    assert native(found, "fill_requirement") == 0.075 * BTC


def test_orders_count_filled_on_their_worse_side_and_a_cent_each_for_both_margins() -> None:
    found = margins(book({"BTC_USDC-PERPETUAL": 1.0}, orders={"BTC_USDC-PERPETUAL": -3.0}), POLICY)
    [row] = found
    assert row.initial["perpetuals"] == 0.1 * BTC
    assert row.initial["open_orders_margin"] == pytest.approx(0.1 * BTC + 0.01)
    assert row.maintenance["open_orders_margin"] == pytest.approx(0.05 * BTC + 0.01)
    [reducing] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, orders={"BTC_USDC-PERPETUAL": -1.0}), POLICY)
    assert reducing.initial["open_orders_margin"] == pytest.approx(0.01)


def test_staying_never_needs_more_than_opening_even_where_numbers_are_changed() -> None:
    odd = policy(perp__btc__margin_ratio_initial=100, spot__btc__initial_asset_weight=10_000,
                 spot__eth__initial_liability_weight=10_000)  # fmt: skip
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"BTC": 1.0, "ETH": -1.0}), odd)
    assert row.initial_margin == row.maintenance_margin
    assert row.haircut == 0.0


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("BTC-CALL", "no rule for options; Drift lists perpetuals only"),
        ("BTC_USDC-CALL", "no rule for options; Drift lists perpetuals only"),
        ("BTC-FUTURE", "no rule for futures; Drift lists perpetuals only"),
        ("BTC-PERPETUAL", "settles in BTC; Drift settles in USDC"),
        ("SOL_USDC-PERPETUAL", "no numbers for a perpetual on SOL"),
    ],
)
def test_what_the_program_does_not_list_is_refused_by_name(name: str, why: str) -> None:
    [row] = margins(book({name: 1.0}), POLICY)
    assert math.isnan(row.initial_margin)
    assert row.unavailable.startswith(f"{name}: ")
    assert why in row.unavailable


def test_a_coin_that_is_no_collateral_makes_its_holder_unavailable() -> None:
    [row] = margins(book({}, {"DOGE": 1.0}), POLICY, market(index={"DOGE": 0.1}))
    assert row.unavailable == f"DOGE: {POLICY} does not take it as collateral"


def test_a_missing_price_touches_its_holders_alone() -> None:
    both = Book.of([
        Account("holder", (), {"BTC": 1.0}), Account("trader", (Position("ETH_USDC-PERPETUAL", 1.0),)),
        Account("dollars", (Position("ETH_USDC-PERPETUAL", 1.0),), {"USDC": 1.0}),
    ])  # fmt: skip
    [found] = evaluate(both, market(index={"BTC": math.nan}), [at(POLICY)], check_lots=False)
    assert np.isnan(found.initial_margin).tolist() == [True, False, False]
    [found] = evaluate(both, market(mark={"ETH_USDC-PERPETUAL": math.nan}), [at(POLICY)], check_lots=False)
    assert np.isnan(found.initial_margin).tolist() == [False, True, True]


def test_a_number_that_did_not_bear_on_an_account_is_not_held_against_it() -> None:
    [cash] = margins(book({}, {"USDC": 1.0}), POLICY)
    [position] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 1.0}), POLICY)
    assert (cash.evidence, position.evidence) == (Grade.DOCUMENTED, Grade.ASSUMED)


def test_an_account_below_its_maintenance_margin_shows_how_much_has_to_go() -> None:
    found = computed(margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 2_900.0}), POLICY))
    # 100 missing, and 2 % of 60,000 as a buffer; a coin frees 5 % less 1 % and 1 % of fees.
    assert (found["is_liquidatable"], found["margin_shortage"]) == (1.0, 1_300.0)
    assert found["BTC_USDC-PERPETUAL.base_to_cover_shortage"] == pytest.approx(1_300.0 / (0.03 * BTC), abs=1e-9)
    safe = computed(margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 4_900.0}), POLICY))
    assert (safe["is_liquidatable"], safe["margin_shortage"]) == (0.0, 0.0)


@given(sizes, sizes, factors, weights)
def test_a_larger_amount_never_counts_at_more_nor_needs_less(one: int, two: int, factor: int, weight: int) -> None:
    small, large = sorted((one, two))
    assert discounted_asset_weight(large, factor, weight) <= discounted_asset_weight(small, factor, weight) <= weight
    assert raised_liability_weight(large, factor, weight) >= raised_liability_weight(small, factor, weight) >= weight


@given(sizes, factors.filter(bool), weights)
def test_weights_are_the_formula_in_real_numbers_but_for_rounding(size: int, factor: int, weight: int) -> None:
    steepness = factor / 1e6 * math.sqrt(size / 1e9)
    assert discounted_asset_weight(size, factor, weight) / WEIGHT == pytest.approx(
        min(weight / WEIGHT, 1.1 / (1.0 + steepness)), abs=2.1e-4
    )
    assert raised_liability_weight(size, factor, weight) / WEIGHT == pytest.approx(
        max(weight / WEIGHT, 0.8 * weight / WEIGHT + steepness), abs=2.1e-4, rel=1e-4
    )


def test_a_size_of_a_token_with_more_than_nine_decimals_is_rounded_down() -> None:
    assert [size_of_tokens(10**10 + 19, decimals) for decimals in (10, 9, 8)] == [10**9 + 1, 10**10 + 19, 10**11 + 190]


def test_a_limit_that_is_reached_exactly_leaves_the_weight() -> None:
    assert [scaled_initial_weight(8_000, worth, 100) for worth in (99, 100, 101, 400)] == [8_000, 8_000, 7_920, 2_000]


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**11))
def test_a_debt_is_rounded_up_and_what_is_owned_down(amount: int, price: int) -> None:
    exact = Fraction(amount * price, 10**8)
    assert 0 <= exact - token_value(amount, 8, price) < 1
    part = spot_contribution(amount, price, WBTC, MarginType.MAINTENANCE)
    assert part.requirement >= max(-exact, 0)
    assert 0 <= part.collateral <= max(exact, 0)
    assert min(part.collateral, part.requirement) == 0


def test_a_price_below_zero_needs_nothing() -> None:
    assert perp_requirement(BASE, -5, PerpMarket(1_000, 500, 0), MarginType.INITIAL) == 0


@given(st.integers(-(10**15), 10**15))
def test_a_profit_never_counts_for_more_than_it_is(profit: int) -> None:
    shared = PerpMarket(1_000, 500, 0, 7_000, 9_000, 1_000)
    opened, kept = (counted_profit(profit, shared, kind) for kind in (MarginType.INITIAL, MarginType.MAINTENANCE))
    assert opened <= kept <= profit if profit > 0 else opened == kept == profit


def test_the_larger_side_of_orders_counts_and_asks_where_both_are_equal() -> None:
    assert [worst_size(0, 5, -5), worst_size(1, 5, -5), worst_size(-1, 5, -5)] == [-5, 6, -6]


def test_a_shortage_counts_the_buffer_on_what_is_owed() -> None:
    assert margin_shortage(1_000, 1_100) == 0
    assert margin_shortage(1_000, 900, liability=10_000, buffer_ratio=200) == 300


@given(
    st.integers(1, 10**12), st.integers(100, 10_000), st.integers(0, 9_999), st.integers(10**6, 10**11)
)  # fmt: skip
def test_a_close_of_that_size_frees_the_shortage(shortage: int, ratio: int, fee: int, price: int) -> None:
    base = base_to_cover_shortage(shortage, margin_ratio=ratio, liquidation_fee=fee, if_fee=0, price=price)
    assert base is not None
    freed = Fraction(base * price * (ratio * 100 - fee), BASE * FEE)
    assert freed >= shortage - Fraction(price, BASE) - 1


def test_no_size_is_enough_where_fees_eat_what_a_close_frees() -> None:
    for fees in ({"liquidation_fee": 100_000, "if_fee": 0}, {"liquidation_fee": 50_000, "if_fee": 50_000}):
        assert base_to_cover_shortage(5, margin_ratio=1_000, price=PRICE, **fees) is None
    swap = {"asset_multiplier": FEE, "liability_multiplier": FEE, "liability_decimals": 6, "liability_price": PRICE}
    assert liability_to_cover_shortage(5, asset_weight=10_000, liability_weight=10_000, **swap) is None
    assert liability_to_cover_shortage(5, asset_weight=9_000, liability_weight=10_000, if_fee=100_000, **swap) is None


def test_a_debt_in_a_token_of_few_decimals_is_rounded_down() -> None:
    whole = {"asset_weight": 8_000, "asset_multiplier": FEE, "liability_weight": 12_000, "liability_multiplier": FEE,
             "liability_price": 100 * PRICE}  # fmt: skip
    assert liability_to_cover_shortage(10 * PRICE, liability_decimals=9, **whole) == 250_000_000
    assert liability_to_cover_shortage(10 * PRICE, liability_decimals=2, **whole) == 25


def test_the_debt_that_an_asset_pays_is_less_by_both_fees() -> None:
    paid = liability_for_asset(
        10**8, asset_multiplier=1_100_000, asset_decimals=8, asset_price=100 * PRICE, liability_multiplier=900_000,
        liability_decimals=6, liability_price=PRICE,
    )  # fmt: skip
    assert paid == 100 * PRICE * 9 // 11


@pytest.mark.parametrize("field", ["liability_price", "asset_multiplier"])
@pytest.mark.parametrize("number", [0, -1])
def test_a_debt_without_a_price_is_refused_and_not_paid_off_by_nothing(field: str, number: int) -> None:
    whole = {"asset_multiplier": FEE, "asset_decimals": 6, "asset_price": PRICE, "liability_multiplier": FEE,
             "liability_decimals": 6, "liability_price": PRICE}  # fmt: skip
    with pytest.raises(InputError, match=f"{field} is {number}; what is divided by is above 0"):
        liability_for_asset(PRICE, **(whole | {field: number}))


def test_a_debt_whose_multiplier_is_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="liability_multiplier is 0"):
        liability_to_cover_shortage(
            PRICE, asset_weight=8_000, asset_multiplier=FEE, liability_weight=12_000, liability_multiplier=0,
            liability_decimals=9, liability_price=PRICE,
        )  # fmt: skip


def test_no_shortage_is_closed_whole_even_where_none_counts_as_small() -> None:
    """The share of nothing is the limit of ever smaller ones, and no division by it."""
    settings = {"initial_share": 1_000, "duration_slots": 150}
    assert [liquidatable_share(short, 0, small_shortage=0, **settings) for short in (-1, 0, 10_000)] == [
        10_000, 10_000, 1_000,
    ]  # fmt: skip
    with pytest.raises(InputError, match="slots_elapsed is -1"):
        liquidatable_share(10, -1, small_shortage=0, **settings)


def test_the_fee_grows_by_the_slot_after_the_grace() -> None:
    numbers = read_liquidation(at(POLICY))
    fees = [
        liquidation_fee(10_000, 12_000, slots, grace_slots=numbers.grace_slots, fee_per_slot=numbers.fee_per_slot)
        for slots in (0, 1_499, 1_500, 5_000)
    ]
    assert fees == [10_000, 10_000, 11_500, 12_000]


def test_the_share_that_may_go_grows_to_the_whole_and_is_the_whole_of_a_small_shortage() -> None:
    numbers = read_liquidation(at(POLICY))

    def share(dollars: int, slots: int, freed: int = 0) -> int:
        return liquidatable_share(
            dollars * PRICE, slots, initial_share=numbers.initial_share, duration_slots=numbers.duration_slots,
            small_shortage=numbers.small_shortage, freed=freed * PRICE,
        )  # fmt: skip

    assert [share(100, slots) for slots in (0, 75, 135, 1_000)] == [1_000, 6_000, 10_000, 10_000]
    assert [share(49, 0), share(50, 0)] == [10_000, 1_000]
    assert share(100, 0, freed=100) == 0
    assert read_fees(at(POLICY), "BTC") == (10_000, 10_000)


PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "drift.md").read_text(encoding="utf-8")
LETTERS = {"D": Grade.DOCUMENTED, "A": Grade.ASSUMED}
TABLES = {
    "spot": ("### 2026-01-01: tokens", (
        "initial_asset_weight", "maintenance_asset_weight", "initial_liability_weight", "maintenance_liability_weight",
        "imf_factor",
    )),
    "perp": ("### 2026-01-01: perpetuals", (
        "margin_ratio_initial", "margin_ratio_maintenance", "imf_factor", "unrealized_pnl_initial_asset_weight",
        "unrealized_pnl_maintenance_asset_weight", "unrealized_pnl_imf_factor", "liquidator_fee", "if_liquidation_fee",
    )),
}  # fmt: skip


@pytest.mark.parametrize("group", TABLES)
def test_the_tables_on_the_page_are_the_policys(group: str) -> None:
    heading, names = TABLES[group]
    section = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = section[section.index("\n|") :].strip().split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    held = {name.split(".")[1] for name in at(POLICY).parameters if name.startswith(f"{group}.")}
    assert {row[0].lower() for row in rows} == held
    for coin, *cells in rows:
        for name, cell in zip(names, cells, strict=True):
            number, letter = cell.split()
            parameter = at(POLICY).parameter(f"{group}.{coin.lower()}.{name}")
            assert parameter.value == float(number.replace(",", "")), parameter.name
            assert parameter.grade is LETTERS[letter], parameter.name


def test_the_words_on_orders_profit_and_liquidation_are_the_policys() -> None:
    numbers = read_liquidation(at(POLICY))
    assert f"each order needs {at(POLICY).number('general.open_order_margin')} USD" in PAGE
    assert (
        f"at most {at(POLICY).number('general.max_positive_upnl_initial'):.0f} USD of each perpetual's profit" in PAGE
    )
    assert f"a buffer of {numbers.buffer_ratio // 100} %" in PAGE
    assert f"after {numbers.grace_slots:,} slots" in PAGE
    assert f"less than {numbers.small_shortage // PRICE} USD" in PAGE
