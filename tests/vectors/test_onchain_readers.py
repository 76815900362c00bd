"""The readers of dYdX and Drift: each number can fail, what they do not know is a failure, odd shapes hide nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import pytest

from tests.vectors import drift, dydx_v4
from tests.vectors.case import Case

CLOSE = {
    "name": "long", "perpetual_id": 0, "usdc": -4501, "positions": [{"perpetual_id": 0, "quantums": 10_000_000}],
    "delta_quantums": -10_000_000,
}  # fmt: skip
FILL = {
    "name": "fee", "perpetual_id": 0, "usdc": -5100, "positions": [{"perpetual_id": 0, "quantums": 10_000_000}],
    "is_buy": False, "fill_quantums": 10_000_000, "subticks": 56_100_000_000, "max_liquidation_fee_ppm": 5_000,
}  # fmt: skip
DYDX: dict[str, list[dict[str, Any]]] = {
    "margin_requirements": [{
        "price": 1_234_560, "exponent": -1, "base_atomic_resolution": -6, "base_quantums": 74_523,
        "initial_margin_ppm": 50_000, "maintenance_fraction_ppm": 600_000, "open_interest_quantums": None,
        "oi_lower_cap": 0, "oi_upper_cap": 0, "expected_imr_quote_quantums": 460_015_575,
        "expected_mmr_quote_quantums": 276_009_345,
    }],
    "adjusted_imf_ppm": [
        {"initial_ppm": 200_000, "lower": 1_000_000, "upper": 2_000_000, "oi": 1_500_000, "expected": 600_000}
    ],
    "bankruptcy_price_quote_quantums": [CLOSE | {"expected": 4_501_000_000}],
    "fillable_price_rational": [
        CLOSE | {"bankruptcy_adjustment_ppm": 1_000_000, "spread_ppm": 100_000, "expected": [49_999, 100]}
    ],
    "insurance_fund_delta": [FILL | {"fill_quote_quantums": 5_610_000_000, "expected": 28_050_000}],
}  # fmt: skip
"""Worked examples of the chain's tests."""
TRANSFER = {
    "fn": "liability_transfer_to_cover_shortage", "shortage_1e6": 10_000_000, "asset_weight_1e4": 8_000,
    "asset_liq_mult_1e6": 1_100_000, "liability_weight_1e4": 12_000, "liability_liq_mult_1e6": 900_000,
    "liability_decimals": 9, "liability_price_1e6": 100_000_000, "if_fee_1e6": 0,
}  # fmt: skip
DRIFT: dict[str, list[dict[str, Any]]] = {
    "weights": [
        {"fn": "asset_weight", "size": 10**9, "decimals": 6, "imf_factor": 10_000, "base_weight": 9_000,
         "expected": 8_357},
        {"fn": "unrealized_pnl_asset_weight", "upnl_1e6": 2_428_278_689_600, "imf_factor": 1_000, "base_weight": 10_000,
         "expected": 4_299},
    ],
    "perp_margin": [
        {"fn": "perp_margin_requirement", "base_1e9": -6_147_540_983, "oracle_price_1e6": 22_050_000_000,
         "imf_factor": 1_000, "margin_ratio_1e4": 1_000, "quote_price_1e6": 1_000_000, "expected": 13_555_327_867},
    ],
    "liquidation": [TRANSFER | {"expected": 449_984_250}],
}  # fmt: skip
READERS = {"dydx": (dydx_v4.read, DYDX), "drift": (drift.read, DRIFT)}
CASES = [(venue, section, i) for venue, (_, document) in READERS.items() for section, rows in document.items()
         for i in range(len(rows))]  # fmt: skip


def failed(findings: Iterable[Any]) -> list[Case]:
    return [found for found in findings if isinstance(found, Case) and not found.passes]


@pytest.mark.parametrize("venue", READERS)
def test_worked_examples_pass(venue: str) -> None:
    read, document = READERS[venue]
    assert not failed(read(document))
    assert sum(isinstance(found, Case) for found in read(document)) >= sum(map(len, document.values()))


@pytest.mark.parametrize(("venue", "section", "i"), CASES)
def test_every_expected_number_can_fail(venue: str, section: str, i: int) -> None:
    read, document = READERS[venue]
    for key in [key for key in document[section][i] if key.startswith("expected")]:
        wrong = copy.deepcopy(document)
        expected = wrong[section][i][key]
        wrong[section][i][key] = [expected[0] + 1, expected[1]] if isinstance(expected, list) else expected + 1
        assert failed(read(wrong)), key


@pytest.mark.parametrize(("venue", "section", "i"), CASES)
def test_a_number_under_a_name_that_is_not_known_is_a_failure(venue: str, section: str, i: int) -> None:
    read, document = READERS[venue]
    odd = copy.deepcopy(document)
    odd[section][i]["a_new_number"] = 3
    assert ["not understood" in case.note for case in failed(read(odd))] == [True]


@pytest.mark.parametrize("venue", READERS)
def test_a_section_or_a_function_that_is_not_known_is_a_failure(venue: str) -> None:
    read, document = READERS[venue]
    assert failed(read({**document, "new_section": [{"expected": 1}]}))
    assert failed(drift.read({"weights": [{"fn": "asset_height", "expected": 1}]}))


@pytest.mark.parametrize("odd", [None, 7, "odd", [], {}])
@pytest.mark.parametrize("venue", READERS)
def test_an_odd_case_fails_and_those_after_it_are_read(venue: str, odd: Any) -> None:
    read, document = READERS[venue]
    for section, rows in document.items():
        findings = list(read({section: [odd, rows[0]]}))
        assert len(failed(findings)) == 1
        assert any(isinstance(found, Case) and found.passes for found in findings)


def test_what_a_fill_is_worth_follows_from_its_subticks_where_it_is_not_given() -> None:
    assert not failed(dydx_v4.read({"insurance_fund_delta": [FILL | {"expected": 28_050_000}]}))


def test_the_perpetuals_of_a_file_are_those_of_its_text() -> None:
    text = "perpetual 0 (BTC, quantum 1e-8) 40000 USD, perpetual 7 (SOL, quantum 1e-7) 100 USD; tier 10% IMF, " \
           "maintenance fraction 60%"  # fmt: skip
    found = dydx_v4.markets_of({"units": text})
    assert (found[0].price, found[7].price, found[7].atomic_resolution) == (40_000, 100, -7)
    assert (found[7].tier.initial_ppm, found[7].tier.maintenance_fraction_ppm) == (100_000, 600_000)
    assert dydx_v4.markets_of({}) == dydx_v4.KNOWN_MARKETS


def test_an_error_that_a_case_expects_has_to_come() -> None:
    too_much = CLOSE | {"delta_quantums": -20_000_000, "expected_error": "invalid delta", "expected": None}
    assert not failed(dydx_v4.read({"bankruptcy_price_quote_quantums": [too_much]}))
    assert failed(dydx_v4.read({"bankruptcy_price_quote_quantums": [CLOSE | {"expected_error": "none is due"}]}))


@pytest.mark.parametrize("unbounded", [None, "u128::MAX", 2**128 - 1, str(2**128 - 1), 2**64 - 1, "infinite"])
def test_no_bound_is_read_in_every_spelling(unbounded: Any) -> None:
    even = TRANSFER | {"asset_weight_1e4": 12_000, "asset_liq_mult_1e6": 10**6, "liability_liq_mult_1e6": 10**6}
    assert not failed(drift.read({"liquidation": [even | {"expected": unbounded}]}))
    assert failed(drift.read({"liquidation": [TRANSFER | {"expected": unbounded}]}))


def test_a_function_of_a_later_room_is_counted() -> None:
    [found] = drift.read({"liquidation": [{"fn": "liquidation_price", "expected": 1}]})
    assert not isinstance(found, Case)


@pytest.mark.parametrize("word", ["error", "Error", "reverts"])
def test_an_error_may_stand_where_a_number_would(word: str) -> None:
    impossible = CLOSE | {
        "delta_quantums": 10_000_000,
        "expected": word,
    }  # a long that is made larger is no liquidation
    assert not failed(dydx_v4.read({"bankruptcy_price_quote_quantums": [impossible]}))
    assert failed(dydx_v4.read({"bankruptcy_price_quote_quantums": [CLOSE | {"expected": word}]}))
