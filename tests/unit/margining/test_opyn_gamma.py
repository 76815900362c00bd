"""Opyn Gamma against numbers by hand: naked margin, vaults, refusals and the auction."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.instruments import InstrumentTable, Option
from seawall.margining import evaluate
from seawall.margining.blocks.fixed_point import RAY
from seawall.margining.models.opyn_gamma.auction import auction_price, cash_value, is_liquidatable, starting_price
from seawall.margining.models.opyn_gamma.naked import Product, naked_margin
from seawall.margining.models.opyn_gamma.numbers import on_chain
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, ETH, NOW_NS, book, in_days, margins

POLICY = "opyn/gamma/2021-06-01"
CALL = {"quote": "USD", "is_call": True, "inverse": True}
PUT = {"quote": "USDC", "settlement": "USDC", "is_call": False, "inverse": False}
LISTED = (
    Option(name="BTC-C", underlying="BTC", settlement="BTC", strike=75_000.0, expiry_ns=in_days(7), **CALL),
    Option(name="BTC-DEEP-C", underlying="BTC", settlement="BTC", strike=40_000.0, expiry_ns=in_days(8), **CALL),
    Option(name="ETH-C", underlying="ETH", settlement="ETH", strike=4_000.0, expiry_ns=in_days(1), **CALL),
    Option(name="BTC-P", underlying="BTC", strike=40_000.0, expiry_ns=in_days(20), **PUT),
    Option(name="BTC-DEEP-P", underlying="BTC", strike=60_000.0, expiry_ns=in_days(56), **PUT),
    Option(name="BTC-LATE-P", underlying="BTC", strike=60_000.0, expiry_ns=in_days(57), **PUT),
)  # fmt: skip


def vaults() -> MarketSnapshot:
    table = InstrumentTable.of(LISTED)
    spot = [BTC if option.underlying == "BTC" else ETH for option in LISTED]
    return MarketSnapshot.of(
        table, name="by hand", venue="opyn", source="made for tests", time_ns=NOW_NS,
        index={"BTC": BTC, "ETH": ETH, "USDC": 1.0}, mark=np.full(len(LISTED), 0.1), forward=spot,
        vol=np.full(len(LISTED), 0.6),
    )  # fmt: skip


@pytest.mark.parametrize(("name", "currency", "expected"), [
    ("BTC-C", "BTC", 0.1678 * 0.9375 + 0.0625), ("BTC-DEEP-C", "BTC", 0.237 * 0.5 + 0.5), ("ETH-C", "ETH", 0.1678),
    ("BTC-P", "USDC", 0.3326 * 40_000.0), ("BTC-DEEP-P", "USDC", 0.4603 * 45_000.0 + 15_000.0),
])  # fmt: skip
def test_a_short_option_needs_its_bound_within_the_shock_and_the_whole_beyond(
    name: str, currency: str, expected: float
) -> None:
    [row] = margins(book({name: -2.0}), POLICY, vaults())
    assert row.currency == currency
    assert row.initial_margin == row.maintenance_margin == pytest.approx(2.0 * expected, rel=1e-12)


def test_a_requirement_is_rounded_up_to_a_unit_of_its_collateral() -> None:
    [row] = margins(book({"BTC-C": -1.0 / 3.0}), POLICY, vaults())
    amount = 33_333_333  # options have eight decimals
    assert row.initial_margin == math.ceil(amount * (0.1678 * 0.9375 + 0.0625)) / 1e8


def test_long_options_need_nothing_and_cover_nothing() -> None:
    [long] = margins(book({"BTC-C": 3.0}), POLICY, vaults())
    assert long.initial_margin == 0.0
    [short] = margins(book({"BTC-DEEP-C": -1.0}), POLICY, vaults())
    [both] = margins(book({"BTC-DEEP-C": -1.0, "BTC-C": 3.0}), POLICY, vaults())
    assert both.initial_margin == short.initial_margin
    assert both.margin_balance == 0.0, "the value of options is no collateral"


def test_each_collateral_is_margined_by_itself() -> None:
    held = book({"BTC-C": -1.0, "BTC-P": -1.0}, {"BTC": 1.0, "USDC": 20_000.0})
    rows = {row.currency: row for row in margins(held, POLICY, vaults())}
    assert rows["BTC"].available_funds == pytest.approx(1.0 - 0.1678 * 0.9375 - 0.0625)
    assert rows["USDC"].available_funds == pytest.approx(20_000.0 - 0.3326 * 40_000.0)


def test_an_option_beyond_the_table_is_refused_by_name() -> None:
    [row] = margins(book({"BTC-LATE-P": -1.0}), POLICY, vaults())
    assert math.isnan(row.initial_margin)
    assert "BTC-LATE-P" in row.unavailable
    assert "56 days" in row.unavailable


@pytest.mark.parametrize("name", ["BTC-PERPETUAL", "BTC-PUT", "BTC_USDC-CALL", "SOL_USDC-PERPETUAL"])
def test_what_no_vault_takes_is_refused_by_name(name: str) -> None:
    found = margins(book({name: -1.0}), POLICY)
    assert any(name in row.unavailable for row in found)


def test_a_price_that_is_nothing_at_eight_decimals_is_refused_by_name() -> None:
    tiny = replace(vaults(), index={"BTC": 1e-9, "ETH": ETH, "USDC": 1.0})
    [row] = margins(book({"BTC-C": -1.0}), POLICY, tiny)
    assert "eight decimals" in row.unavailable


def test_the_bound_is_that_of_the_next_larger_time() -> None:
    product = Product(RAY.of(0.75), (10, 20), (1, 2))
    assert [product.upper_bound(left) for left in (1, 10, 11, 20, 21)] == [1, 1, 2, 2, None]


def test_a_put_never_needs_more_than_its_strike_nor_a_call_more_than_a_coin() -> None:
    for spot in np.geomspace(1.0, 1e7, 60).tolist():
        put, call = (
            naked_margin(RAY.one, RAY.of(BTC), on_chain(spot), RAY.of(0.4603), RAY.of(0.75), is_put=is_put)
            for is_put in (True, False)
        )
        assert 0 < put <= RAY.of(BTC)
        assert 0 < call <= RAY.one


def test_margin_covers_what_the_option_would_pay_now() -> None:
    for spot in (30_000.0, 59_000.0, 61_000.0, 200_000.0):
        at_spot = RAY.of(spot)
        put = naked_margin(RAY.one, RAY.of(BTC), at_spot, RAY.of(0.1678), RAY.of(0.75), is_put=True)
        call = naked_margin(RAY.one, RAY.of(BTC), at_spot, RAY.of(0.1678), RAY.of(0.75), is_put=False)
        assert put > cash_value(RAY.of(BTC), at_spot, is_put=True)
        assert call > RAY.over(cash_value(RAY.of(BTC), at_spot, is_put=False), at_spot)


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(InputError, match="amount"):
        naked_margin(-1, RAY.one, RAY.one, RAY.one, RAY.one, is_put=True)


def test_an_auction_rises_from_cash_value_less_deviation_to_all_collateral() -> None:
    start = starting_price(RAY.of(BTC), RAY.of(45_000.0), RAY.of(0.05), is_put=True)
    assert start == RAY.of(15_000.0 - 0.05 * 45_000.0)
    prices = [auction_price(RAY.of(40_000.0), RAY.of(2.0), start, t, decimals=6) for t in range(0, 3_700, 100)]
    assert prices == sorted(prices)
    assert prices[0] == 12_750 * 10**6
    assert prices[-1] == 20_000 * 10**6


def test_an_auction_of_a_vault_with_too_little_pays_what_there_is_from_the_start() -> None:
    assert auction_price(RAY.of(10.0), RAY.of(2.0), RAY.of(9.0), 0, decimals=6) == 5 * 10**6


def test_a_call_is_auctioned_in_its_underlying_and_never_starts_below_nothing() -> None:
    assert starting_price(RAY.of(50_000.0), RAY.of(100_000.0), RAY.of(0.05), is_put=False) == RAY.of(0.45)
    assert starting_price(RAY.of(99_000.0), RAY.of(100_000.0), RAY.of(0.05), is_put=False) == 0


def test_a_debt_of_nothing_is_not_auctioned() -> None:
    with pytest.raises(InputError, match="debt"):
        auction_price(RAY.one, 0, 0, 0, decimals=6)


def test_a_vault_that_just_has_what_it_needs_is_safe() -> None:
    assert not is_liquidatable(5, 5)
    assert is_liquidatable(5, 4)


def test_the_start_of_an_auction_is_shown_for_shorts_only() -> None:
    explained = margins(book({"BTC-DEEP-C": -1.0, "BTC-C": 1.0}), POLICY, vaults()).explain()
    assert explained.detail.figures == {"BTC-DEEP-C.auction_start": pytest.approx((20_000.0 - 3_000.0) / BTC)}


def test_whole_units_are_cut_towards_zero_and_assets_rounded_as_asked() -> None:
    assert RAY.times(-3, RAY.one // 2) == -1
    assert on_chain(1e-9) == 0
    assert (RAY.to_coarser(1, 6, down=True), RAY.to_coarser(1, 6, down=False)) == (0, 1)


def test_accounts_without_options_have_no_margin() -> None:
    [found] = evaluate(Book.of([Account("idle"), Account("short", (Position("BTC-C", -1.0),))]), vaults(), [at(POLICY)])
    assert found["idle"][0].initial_margin == 0.0


def test_bitcoin_takes_the_numbers_of_ether_and_says_so() -> None:
    [row] = margins(book({"BTC-C": -1.0}), POLICY, vaults())
    assert row.evidence is Grade.ASSUMED
    assert at(POLICY).parameter("call.eth.upper_bounds").grade is Grade.DOCUMENTED


PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "opyn.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["call", "put"])
@pytest.mark.parametrize(("coin", "column", "letter"), [("eth", 0, "D"), ("btc", 1, "A")])
def test_the_bounds_on_the_page_are_the_policys(kind: str, coin: str, column: int, letter: str) -> None:
    rows = re.findall(r"^\| (\d+) days \| ([\d.]+) D \| ([\d.]+) A \|$", PAGE, re.MULTILINE)
    policy = at(POLICY)
    assert [float(row[0]) for row in rows] == list(policy.numbers(f"{kind}.{coin}.days"))
    assert [float(row[1 + column]) for row in rows] == list(policy.numbers(f"{kind}.{coin}.upper_bounds"))
    assert policy.parameter(f"{kind}.{coin}.upper_bounds").grade.value.upper().startswith(letter)
