"""The readers of Hyperliquid, Synthetix and Opyn: every expected number can fail, nothing passes unread."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.vectors import hyperliquid, opyn_gamma, synthetix_v3
from tests.vectors.case import Case, Later

HYPERLIQUID: dict[str, Any] = {
    "maintenance_tiers": [{"tiers": [[0, 25], [20_000, 10], [50_000, 5]], "notional": 60_000, "expected": 2_900.0}],
    "borrowable": [{"balance": 3, "price": 50, "ltv": 0.65, "expected": 97.5}],
    "health_factor": [{"collateral": [[2, 100, 0.5]], "borrowed": 80, "weighted": 100, "expected": 1.25}],
    "min_collateral": [{"borrow": 65, "ltv": 0.65, "price": 50, "expected_tokens": 2}],
    "borrow_liquidation": [
        {"balance": 10, "price": 33, "ltv": 0.5, "borrowed": 250, "partial_threshold": 247.5, "partial": True},
        {"balance": 10, "price": 30, "ltv": 0.5, "borrowed": 250, "docs_full_threshold": 249.9, "full_docs": True},
    ],
    "borrow_rate": [{"utilization": 0.85, "apy": 0.2875}],
    "funding": [{
        "premium": -0.001, "interest_8h": 0.0001, "clamp": 0.0005, "expected_rate_8h": -0.0005,
        "expected_hourly_payment_long_usd_computed": 6.25, "oracle": 10_000, "contracts_btc": 10,
    }],
    "eip712": {"cases": [{"r": "0x1"}], "action_hash": [{"nonce": 1}, {"nonce": 2}]},
}  # fmt: skip
SYNTHETIX: dict[str, Any] = {
    "fill_price_and_margin": {
        "collateral_susd": 5_000,
        "positions": [{"market": "SOL", "size": 50, "entry_oracle_price": 100, "skew_scale": 1_000, "prior_skew": -75}],
        "checks": [
            {"prices": {"SOL": 90}, "pnl": {"SOL": -250}, "available_margin": 4_750, "open_interest_usd": 4_500},
        ],
    },
    "required_margins": {
        "params": {
            "initial_margin_fraction": 2, "minimum_initial_margin_ratio": 0.01, "maintenance_scalar": 0.5,
            "flag_reward_ratio": 0.05,
        },
        "positions": [
            {"market": "SOL", "size": -10, "price": 100, "skew_scale": 1_000, "min_position_margin": 20}
        ],
        "expected": {
            "initial_excl_reward": 50, "maintenance_excl_reward": 35, "flag_rewards": 50,
            "available_margin_with_100k": 99_995, "withdrawable": 99_895,
        },
    },
}  # fmt: skip
OPYN: dict[str, Any] = {
    "upper_bound_by_days": {"28": 0.3326},
    "naked_margin": [
        {"type": "put", "strike": 200, "spot": 200, "upper_bound": 0.2, "spot_shock": 0.8, "amount": 3, "unit": "USDC",
         "expected": 216.0},
        {"type": "call", "strike": 100, "spot": 200, "upper_bound": 0.2, "spot_shock": 0.8, "amount": 2, "unit": "WBTC",
         "expected": 1.36, "independent_ref": 1.36, "ref_rel_tol": 1e-4},
    ],
}  # fmt: skip
ALL = [(hyperliquid.read, HYPERLIQUID), (synthetix_v3.read, SYNTHETIX), (opyn_gamma.read, OPYN)]
EXPECTED = {
    "expected", "weighted", "expected_tokens", "partial_threshold", "partial", "docs_full_threshold", "full_docs",
    "apy", "expected_rate_8h", "expected_hourly_payment_long_usd_computed", "SOL", "available_margin",
    "open_interest_usd", "initial_excl_reward", "maintenance_excl_reward", "flag_rewards", "withdrawable",
    "available_margin_with_100k", "28", "independent_ref",
}  # fmt: skip
each_file = pytest.mark.parametrize(("read", "document"), ALL, ids=["hyperliquid", "synthetix", "opyn"])


def failures(found: Any) -> list[str]:
    return [str(case) for case in found if isinstance(case, Case) and not case.passes]


def leaves(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every expected number and verdict, `prices` aside."""
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, inner in entries:
        if isinstance(inner, dict | list):
            yield from leaves(inner, (*path, key))
        elif key in EXPECTED and "prices" not in path:
            yield (*path, key)


def block_at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@each_file
def test_examples_by_hand_are_reproduced(read: Callable[[Any], Any], document: Any) -> None:
    found = list(read(document))
    assert not failures(found)
    assert len([case for case in found if isinstance(case, Case)]) >= len(list(leaves(document)))


@each_file
def test_every_expected_number_can_fail(read: Callable[[Any], Any], document: Any) -> None:
    for path in leaves(document):
        wrong = copy.deepcopy(document)
        block = block_at(wrong, path[:-1])
        block[path[-1]] = not block[path[-1]] if isinstance(block[path[-1]], bool) else block[path[-1]] * 1.01
        assert failures(read(wrong)), path


@each_file
def test_a_number_that_no_reader_knows_is_a_failure(read: Callable[[Any], Any], document: Any) -> None:
    assert failures(read({**document, "brand_new": [{"number": 3}]}))
    for path in leaves(document):
        if "pnl" in path or path[0] == "upper_bound_by_days":
            continue  # these are named by market and by day
        wrong = copy.deepcopy(document)
        block_at(wrong, path[:-1])["brand_new"] = 3
        assert failures(read(wrong)), path


def test_signatures_are_counted_for_later_and_not_forgotten() -> None:
    later = [found for found in hyperliquid.read(HYPERLIQUID) if isinstance(found, Later)]
    assert sum(found.count for found in later) == 3


def test_a_margin_in_a_token_that_it_can_not_be_in_is_not_understood() -> None:
    wrong = json.loads(json.dumps(OPYN).replace('"WBTC"', '"USDC"'))
    assert failures(opyn_gamma.read(wrong))


LIQUIDATIONS: dict[str, Any] = {
    "liquidation_price": [
        {"side": "long", "size": 1, "mark": 60_000, "account_value": 6_000, "max_leverage": 40,
         "expected": 60_000 - 5_250 / (1 - 1 / 80)},
        {"size": -2, "mark": 100, "available": 41, "tiers": [[0, 10]], "expected": 100 + 41 / 2 / 1.05},
    ],
    "adl": [
        {"side": "long", "size": 2, "entry": 50_000, "mark": 60_000, "account_value": 40_000, "expected": 3.6},
        {"mark": 60_000, "size": 3.5, "expected_order": ["b", "a"], "closed": [["b", 3], ["a", 0.5]], "left": 0,
         "holders": [{"account": "a", "size": -1, "entry": 66_000, "account_value": 90_000},
                     {"account": "b", "size": -3, "entry": 70_000, "account_value": 40_000}]},
    ],
}  # fmt: skip


def broken(read: Callable[[Any], Iterator[Any]], document: Any) -> list[str]:
    return [str(case) for case in read(document) if isinstance(case, Case) and not case.passes]


def test_prices_of_liquidation_and_ranks_of_holders_are_read() -> None:
    assert broken(hyperliquid.read, LIQUIDATIONS) == []
    for section, i, key, wrong in (
        ("liquidation_price", 0, "expected", 54_000), ("liquidation_price", 1, "available", 42),
        ("adl", 0, "expected", 3.7), ("adl", 1, "expected_order", ["a", "b"]), ("adl", 1, "left", 1),
        ("adl", 1, "closed", [["b", 3]]),
    ):  # fmt: skip
        odd = copy.deepcopy(LIQUIDATIONS)
        odd[section][i][key] = wrong
        assert broken(hyperliquid.read, odd), (section, i, key)


def test_an_account_that_nothing_liquidates_has_no_price() -> None:
    rich = {"size": 1, "mark": 60_000, "available": 70_000, "max_leverage": 40}
    assert broken(hyperliquid.read, {"liquidation_price": [rich | {"expected": None}]}) == []
    assert broken(hyperliquid.read, {"liquidation_price": [rich | {"expected": 1.0}]})


SPREADS = [
    {"type": "put", "short_strike": 250, "long_strike": 200, "amount": 3, "expected": 150},
    {
        "type": "call_spread",
        "short_strike": 200,
        "long_strike": 250,
        "short_amount": 2,
        "long_amount": 1,
        "expected": 1,
    },
    {"type": "call", "short_strike": 250, "long_strike": 200, "expected": 0},
    {"type": "put", "short_strike": 250, "expected": 250},
]


@pytest.mark.parametrize("case", SPREADS)
def test_a_spread_needs_the_most_that_it_can_lose(case: dict[str, Any]) -> None:
    assert broken(opyn_gamma.read, {"spread": [case]}) == []
    assert broken(opyn_gamma.read, {"spread": [case | {"expected": case["expected"] + 1}]})
    assert broken(opyn_gamma.read, {"spread": [case | {"surprise": 2}]})


def test_a_naked_option_may_leave_the_table_to_the_policy() -> None:
    case = {"type": "call", "strike": 2_500, "spot": 1_800, "days": 14, "amount": 1, "expected": 0.237}
    assert broken(opyn_gamma.read, {"naked_margin": [case]}) == []
    assert broken(opyn_gamma.read, {"naked_margin": [case | {"days": 15}]})
