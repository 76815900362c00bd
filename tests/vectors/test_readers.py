"""The readers themselves: they take shapes that no file here has, they notice wrong numbers, and they drop nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import deribit_identities, deribit_simulate, deribit_standard, derive_misc, theory_haug
from tests.vectors.__main__ import main
from tests.vectors.case import Case, Later
from tests.vectors.readers import FOLDER_VARIABLE, PUBLISHED, READERS, check, reader_of
from tests.vectors.to_come import PARTS_TO_COME

FAR = (-0.66, -0.33, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
ETH = 2_000.0


def eth_response(coins: float, *, offset: float = 0.6, dampener_usd: int = 200_000) -> dict[str, Any]:
    """Return a response for one ETH perpetual, written from Deribit's published rule and not from our code."""
    price_range = 0.18
    moves = [price_range * k / 4 for k in range(-4, 5)]
    standard = [coins * r / (1 + r) for r in moves for _ in range(3)]
    extended = [coins * m / (1 + m) * price_range / abs(m) * (1 + m) / (1 + math.copysign(price_range, m)) for m in FAR]
    taken_off = [(abs(m) / price_range - 1) * dampener_usd / (ETH * (1 + math.copysign(price_range, m))) for m in FAR]
    damped = [math.copysign(max(abs(x) - d, 0.0), x) for x, d in zip(extended, taken_off, strict=True)]
    counted = [[x * offset if x > 0 else x for x in vector] for vector in (standard, damped)]
    worst = -min(counted[0] + counted[1])
    index = counted[0].index(-worst) + 1
    roll = abs(coins) * 0.005
    shock = min(max(abs(coins) - 20_000_000 / ETH, 0.0) * 4e-6, 0.1) * abs(coins)
    matrix = round(worst, 9) + roll + shock
    return {
        "model_params": {
            "general": {"mm_factor": 0.8, "buckets_count": 4, "vol_scenarios_count": 3, "timestamp": 1771197609587},
            "currency": {"eth": {
                "max_offsetable_pnl": 20_000_000, "annualised_move_risk": 0.05, "extended_dampener": dampener_usd,
                "min_annualised_move": 0.005, "haircut": 0, "equity_side_impact": "both", "pnl_offset": offset,
                "correlation_set": False,
            }},
            "currency_pair": {"eth_usd": {
                "extended_table_factor": 1, "m_inc": 4e-06, "min_volatility_for_shock_up": 0.5, "max_delta_shock": 0.1,
                "delta_total_liq_shock_threshold": 20_000_000, "volatility_range_down": 0.25,
                "volatility_range_up": 0.4, "long_term_vega_power": 0.13, "short_term_vega_power": 0.3,
                "price_range": price_range, "something_new": 7,
            }},
        },
        "portfolio": {"currency": {}, "position": {"ETH-PERPETUAL": coins}},
        "index_price": {"eth_usd": ETH},
        "ticker": {"ETH-PERPETUAL": {"mark_price": 2_001, "index_price": ETH, "funding_8h": 0.0}},
        "initial_risk_vectors": {"ETH-PERPETUAL": {"standard": standard, "extended": extended}},
        "pre_aggregated_risk_vectors": {"eth_eth": {"standard": standard, "extended": extended}},
        "aggregated_risk_vectors": {"eth_eth": {"standard": counted[0], "extended": counted[1]}},
        "margins": {"eth": {
            "initial_margin": round(matrix, 9), "maintenance_margin": 0.8 * matrix,
            "initial_margin_details": {
                "risk_matrix_margin": matrix, "mmp_margin": 0, "open_orders_margin": 0, "spot_margin": 0,
                "risk_matrix_margin_details": {
                    "worst_case": worst, "roll_shock": roll, "delta_shock": shock, "correlation_contingency": 0,
                    "worst_case_bucket": {
                        "index": index, "bucket": math.ceil(index / 3), "source": "standard",
                        "side": "left" if index <= 12 else "right",
                    },
                },
            },
        }},
    }  # fmt: skip


def with_entry(response: dict[str, Any], path: tuple[str, ...], entry: Any) -> dict[str, Any]:
    block = response
    for step in path[:-1]:
        block = block[step]
    block[path[-1]] = entry
    return response


def failures(cases: Any) -> list[str]:
    return [str(case) for case in cases if isinstance(case, Case) and not case.passes]


@pytest.mark.parametrize("coins", [-0.999487053, 3.5, 12_000.0, -50_000])
def test_an_eth_simulation_with_gain_offsets_and_another_dampener_is_reproduced(coins: float) -> None:
    cases = list(deribit_simulate.read({"response": {"result": eth_response(coins)}}))
    assert not failures(cases)
    assert len(cases) > 110


def test_every_published_number_of_a_simulation_can_fail() -> None:
    whole = eth_response(-2.0)
    for path in (
        ("margins", "eth", "initial_margin"),
        ("margins", "eth", "maintenance_margin"),
        ("margins", "eth", "initial_margin_details", "risk_matrix_margin"),
        ("margins", "eth", "initial_margin_details", "risk_matrix_margin_details", "worst_case"),
        ("margins", "eth", "initial_margin_details", "risk_matrix_margin_details", "roll_shock"),
        ("margins", "eth", "initial_margin_details", "risk_matrix_margin_details", "delta_shock"),
        ("margins", "eth", "initial_margin_details", "risk_matrix_margin_details", "correlation_contingency"),
        ("margins", "eth", "initial_margin_details", "risk_matrix_margin_details", "worst_case_bucket", "index"),
        ("margins", "eth", "initial_margin_details", "risk_matrix_margin_details", "worst_case_bucket", "bucket"),
        ("initial_risk_vectors", "ETH-PERPETUAL", "standard", 3),
        ("initial_risk_vectors", "ETH-PERPETUAL", "extended", 7),
        ("pre_aggregated_risk_vectors", "eth_eth", "standard", 26),
        ("aggregated_risk_vectors", "eth_eth", "standard", 0),
        ("aggregated_risk_vectors", "eth_eth", "extended", 1),
    ):
        wrong = json.loads(json.dumps(whole))
        block: Any = wrong
        for step in path[:-1]:
            block = block[step]
        block[path[-1]] += 1e-9
        assert len(failures(deribit_simulate.read({"result": wrong}))) == 1, path


@pytest.mark.parametrize("missing", [{}, None, "absent"])
@pytest.mark.parametrize("part", deribit_simulate.OPTIONAL_PARTS)
def test_a_simulation_without_an_optional_block_is_checked_on_the_rest(part: str, missing: Any) -> None:
    whole = eth_response(-2.0)
    if missing == "absent":
        del whole[part]
    else:
        whole[part] = missing
    cases = list(deribit_simulate.read({"response": whole}))
    assert len(cases) > 40
    assert not failures(cases)


DETAILS = ("margins", "eth", "initial_margin_details")
RISKS = (*DETAILS, "risk_matrix_margin_details")


@pytest.mark.parametrize(
    ("path", "charge"),
    [
        ((*DETAILS, "liquidity_margin"), 5),
        ((*DETAILS, "liquidity_margin"), "5"),
        ((*RISKS, "vega_shock"), 1e-12),
        ((*RISKS, "worst_case_bucket", "depth"), 2),
        (("margins", "eth", "projected_initial_margin"), 99),
        (("margins", "eth", "maintenance_margin_details"), {"roll_shock": {"eth": [0, 1]}}),
        (("margins", "sol"), {"initial_margin": 1}),
        (("margins", "sol"), {"liquidity_margin": 1}),
        (("vega_risk_vectors",), {"eth_eth": {"standard": [0, 0, -1]}}),
        (("aggregated_risk_vectors", "eth_eth", "wings"), [0, 1]),
        (("aggregated_risk_vectors", "sol_sol"), {"standard": [0, 1]}),
        (("initial_risk_vectors", "ETH-PERPETUAL", "wings"), [0, 1]),
    ],
)
def test_a_number_that_a_simulation_has_and_the_reader_does_not_know_is_a_failure(
    path: tuple[str, ...], charge: Any
) -> None:
    whole = with_entry(eth_response(-2.0), path, charge)
    [failure] = failures(deribit_simulate.read({"response": whole}))
    assert path[-1] in failure


@pytest.mark.parametrize("nothing", [0, 0.0, None, False, {}, [], {"eth": [0, 0.0]}])
@pytest.mark.parametrize(
    "path",
    [
        (*DETAILS, "liquidity_margin"), (*RISKS, "vega_shock"), ("margins", "eth", "projected_initial_margin"),
        ("vega_risk_vectors",), ("initial_risk_vectors", "ETH-PERPETUAL", "wings"),
    ],
)  # fmt: skip
def test_a_new_entry_of_a_simulation_that_says_nothing_is_no_failure(path: tuple[str, ...], nothing: Any) -> None:
    assert not failures(deribit_simulate.read({"response": with_entry(eth_response(-2.0), path, nothing)}))


@pytest.mark.parametrize("field", ["mmp_margin", "spot_margin", "open_orders_margin"])
def test_a_charge_of_a_simulation_may_be_null(field: str) -> None:
    assert not failures(deribit_simulate.read(with_entry(eth_response(-2.0), (*DETAILS, field), None)))


@pytest.mark.parametrize("currency", ["btc", "usdc", "USDT"])
def test_a_currency_in_which_nothing_is_margined_is_compared_with_zeros(currency: str) -> None:
    bucket = {"bucket": 1, "side": "left", "source": "standard", "index": 1}
    zeros = {
        "initial_margin": 0, "maintenance_margin": 0.0,
        "initial_margin_details": {"risk_matrix_margin": 0, "risk_matrix_margin_details": {
            "worst_case": 0, "worst_case_bucket": bucket, "delta_shock": None,
        }},
    }  # fmt: skip
    before = len(list(deribit_simulate.read(eth_response(-2.0))))
    cases = list(deribit_simulate.read(with_entry(eth_response(-2.0), ("margins", currency), zeros)))
    assert not failures(cases)
    assert len(cases) == before + 4
    zeros["initial_margin_details"]["risk_matrix_margin"] = 1e-9  # type: ignore[index]
    assert failures(deribit_simulate.read(with_entry(eth_response(-2.0), ("margins", currency), zeros)))


@pytest.mark.parametrize("name", ["SOL-PERPETUAL", "BTC-28MAR25", "ETH-27MAR26-2000-C", "NO_SUCH-THING-1"])
def test_a_size_of_zero_needs_neither_ticker_nor_index(name: str) -> None:
    whole = with_entry(eth_response(-2.0), ("portfolio", "position", name), 0)
    whole["initial_risk_vectors"][name] = {"standard": [0] * 27, "extended": [0] * 8}
    assert not failures(deribit_simulate.read(whole))
    whole["portfolio"]["position"][name] = 1
    assert failures(deribit_simulate.read(whole))


@pytest.mark.parametrize(
    "part", [("model_params", "general", "timestamp"), ("model_params", "general"), ("model_params",), ("portfolio",)]
)
def test_a_simulation_without_what_it_was_made_from_is_a_failure_and_the_others_are_read(part: tuple[str, ...]) -> None:
    broken: Any = eth_response(-2.0)
    block = broken
    for step in part[:-1]:
        block = block[step]
    del block[part[-1]]
    alone = len(list(deribit_simulate.read(eth_response(1.0))))
    cases = list(deribit_simulate.read({"cases": [broken, eth_response(1.0)]}))
    assert len(cases) == alone + 1
    [failure] = failures(cases)
    assert "not understood" in failure
    assert part[-1] in failure


def test_an_odd_vector_hides_no_other_number_of_its_response() -> None:
    whole = eth_response(-2.0)
    before = len(list(deribit_simulate.read(whole)))
    whole["initial_risk_vectors"] = {"ODD": {"standard": [None]}, "ODDER": 5} | whole["initial_risk_vectors"]
    cases = list(deribit_simulate.read(whole))
    assert len(failures(cases)) == 2
    assert len(cases) >= before + 2


def cross_response() -> dict[str, Any]:
    """Return a cross account of 10 ETH, three perpetuals and four calls short, from the published rule."""
    whole = eth_response(-3.0)
    usd = {
        "max_offsetable_pnl": 0, "annualised_move_risk": 0.1, "extended_dampener": 25_000, "min_annualised_move": 0.01,
        "haircut": 0, "equity_side_impact": "none", "pnl_offset": 0, "correlation_set": False,
    }  # fmt: skip
    whole["model_params"]["currency"]["usd"] = usd
    whole["portfolio"]["currency"] = {"eth": {"equity": 10.0}}
    for part in deribit_simulate.VECTORS:
        del whole[part]
    # Coins are stressed like a position: seven are left, less 18% of 2000 USD each. Roll shock counts the perpetual.
    worst, roll = 7 * 0.18 * ETH, 3 * 0.005 * ETH
    risk = {"worst_case": worst, "roll_shock": roll, "delta_shock": 0, "correlation_contingency": 0}
    whole["margins"] = {"cross": {
        "initial_margin": worst + roll, "maintenance_margin": 0.8 * (worst + roll),
        "initial_margin_details": {"risk_matrix_margin": worst + roll, "risk_matrix_margin_details": risk},
    }}  # fmt: skip
    return whole


def test_a_cross_simulation_counts_its_coins_as_a_position_and_is_compared_in_usd() -> None:
    whole = cross_response()
    assert not failures(deribit_simulate.read(whole))
    assert len(list(deribit_simulate.read(whole))) == 7
    for equity in ({"equity": 10.001}, 10.001, {"equity": 0.0}):
        whole["portfolio"]["currency"]["eth"] = equity
        assert failures(deribit_simulate.read(whole))


def test_a_cross_simulation_may_show_its_margin_in_other_currencies_too_or_none_there() -> None:
    whole = cross_response()
    whole["margins"] |= {"eth": {"initial_margin": 2550 / ETH}, "btc": {"initial_margin": 0, "maintenance_margin": 0}}
    assert not failures(deribit_simulate.read(whole))
    whole["margins"]["eth"]["initial_margin"] = 2550
    assert len(failures(deribit_simulate.read(whole))) == 1


def test_the_options_of_a_cross_simulation_are_not_counted_beside_the_equity_that_holds_them() -> None:
    whole = cross_response()
    strike, forward, vol, n, mark = 2_000.0, 2_010.0, 0.665, -4.0, 0.085
    whole["portfolio"]["position"]["ETH-27MAR26-2000-C"] = n
    whole["ticker"]["ETH-27MAR26-2000-C"] = {"mark_price": mark, "mark_iv": 66.5, "underlying_price": forward}
    days = (1774598400000 - 1771197609587) / 86_400_000
    cash = 10.0 - n * mark

    def dollars(r: float, sigma: float) -> float:
        coins = n * black(forward * (1 + r), strike, days / 365, sigma) / (forward * (1 + r))
        return (cash - 3) * ETH * r + coins * ETH * (1 + r) - n * mark * ETH

    moves = [0.18 * k / 4 for k in range(-4, 5)]
    vols = [vol * (1 + 0.4 * (30 / days) ** 0.13), vol, vol * (1 - 0.25 * (30 / days) ** 0.13)]
    summed = [dollars(r, sigma) for r in moves for sigma in vols]
    whole["pre_aggregated_risk_vectors"] = {"eth_usd": {"standard": summed}}
    worst = {"worst_case": -min(summed)}
    whole["margins"] = {"CROSS": {"initial_margin_details": {"risk_matrix_margin_details": worst}}}
    cases = list(deribit_simulate.read(whole))
    assert len(cases) == 29
    assert not failures(cases)


def test_a_response_of_several_settlements_with_options_is_checked_in_each() -> None:
    whole = eth_response(-2.0)
    strike, forward, vol, n = 2_000.0, 2_010.0, 0.665, -4.0
    # Half a coin of a dollar-settled perpetual on another base, and an option that expires in 39 days and 8.35 hours.
    whole["portfolio"]["position"] |= {"ETH_USDC-PERPETUAL": 3, "ETH-27MAR26-2000-C": n}
    whole["ticker"] |= {
        "ETH_USDC-PERPETUAL": {"mark_price": 2_002, "index_price": ETH},
        "ETH-27MAR26-2000-C": {"mark_price": 0.085, "mark_iv": 66.5, "underlying_price": forward, "greeks": {}},
    }
    whole["model_params"]["currency"]["usd"] = {
        "max_offsetable_pnl": 1_000_000, "annualised_move_risk": 0.1, "extended_dampener": 25_000,
        "min_annualised_move": 0.01, "haircut": 0, "equity_side_impact": "none", "pnl_offset": 0.4,
        "correlation_set": False,
    }  # fmt: skip
    dollars = [3 * 2_002 * 0.18 * k / 4 for k in range(-4, 5) for _ in range(3)]
    far = [3 * 2_002 * m * 0.18 / abs(m) for m in FAR]
    days = (1774598400000 - 1771197609587) / 86_400_000
    coins = [
        n * (black(forward * (1 + r), strike, days / 365, v) / (forward * (1 + r)) - 0.085)
        for r in (0.18 * k / 4 for k in range(-4, 5))
        for v in (vol * (1 + 0.4 * (30 / days) ** 0.13), vol, vol * (1 - 0.25 * (30 / days) ** 0.13))
    ]
    whole["initial_risk_vectors"] |= {
        "ETH_USDC-PERPETUAL": {"standard": dollars, "extended": far},
        "ETH-27MAR26-2000-C": {"standard": coins},
    }
    perpetual = whole["initial_risk_vectors"]["ETH-PERPETUAL"]["standard"]
    summed = [a + b for a, b in zip(perpetual, coins, strict=True)]
    whole["pre_aggregated_risk_vectors"] = {
        "eth_eth": {"standard": summed}, "eth_usdc": {"standard": dollars, "extended": far},
    }  # fmt: skip
    whole["aggregated_risk_vectors"] = {
        "eth_eth": {"standard": [x * 0.6 if x > 0 else x for x in summed]},
        "eth_usdc": {"standard": [x * 0.4 if x > 0 else x for x in dollars], "extended": [0] * 8},
    }
    worst = -min(dollars)
    whole["margins"] = {"usdc": {"initial_margin_details": {"risk_matrix_margin_details": {
        "worst_case": worst, "worst_case_bucket": {"index": 1, "bucket": 1, "side": "left", "source": "standard"},
    }}}, "eth": {"initial_margin_details": {"risk_matrix_margin_details": {"worst_case": -min(summed)}}}}  # fmt: skip
    cases = list(deribit_simulate.read({"response": whole}))
    assert not failures(cases)
    assert {case.name.split("[")[0] for case in cases} >= {
        "initial ETH-27MAR26-2000-C standard", "aggregated eth_usdc extended", "margins usdc worst_case",
    }  # fmt: skip


def black(forward: float, strike: float, years: float, vol: float) -> float:
    """Return the textbook's Black-76 price of a call."""
    total = vol * math.sqrt(years)
    d1 = math.log(forward / strike) / total + total / 2
    below = [0.5 * math.erfc(-d / math.sqrt(2)) for d in (d1, d1 - total)]
    return forward * below[0] - strike * below[1]


def test_a_short_vector_is_a_failure() -> None:
    whole = eth_response(-2.0)
    whole["aggregated_risk_vectors"]["eth_eth"]["standard"].pop()
    assert failures(deribit_simulate.read({"response": whole}))


def test_several_responses_of_one_file_are_all_read() -> None:
    once = len(list(deribit_simulate.read({"response": eth_response(-2.0)})))
    both = list(deribit_simulate.read({"cases": [eth_response(-2.0), {"result": eth_response(1.0)}]}))
    assert len(both) == 2 * once
    assert not failures(both)


@pytest.mark.parametrize(
    ("reader", "document"),
    [
        (theory_haug.read, {"cases": [{"id": "odd", "inputs": {"type": "straddle"}, "expected": {"price": 1.0}}]}),
        (theory_haug.read, {"cases": [{"inputs": {"type": "call", "S": 1, "K": 1, "T": 1, "r": 0, "q": 0, "sigma": 1,
                                                  "greek": "charm"}, "expected": {"value": 1.0}}]}),
        (theory_haug.read, {"cases": [], "more_cases": [{"inputs": 1}]}),
        (derive_misc.read, {"black76": [{"fwd": 1.0}]}),
        (derive_misc.read, {"black76": [{"sec": 1, "vol": 1, "fwd": 1, "strike": 1, "call_gamma": 1.0}]}),
        (derive_misc.read, {"svi": [{"a": 1.0}]}),
        (derive_misc.read, {"black76": [], "auctions": [{"a": 1}]}),
        (deribit_simulate.read, {"response": {"nothing": 1}}),
        (deribit_identities.read, {"account": {"margin_model": "segregated_sm", "equity": 1.0}}),
        (deribit_identities.read, {"account": {"margin_model": "segregated_sm", "equity": 1.0, "options_value": 0.0,
                                               "margin_balance": 1.0}, "identities": [{"f": "moon = cheese"}]}),
        (deribit_standard.read, {"cases": [{"instrument": "BTC-PERPETUAL", "price": 1}]}),
        (deribit_standard.read, {"cases": [{"instrument": "BTC-PERPETUAL", "price": 1, "pos": 1, "im_xyz": 1}]}),
        (deribit_standard.read, {"cases": [{"instrument": "DOGE_USDC-PERPETUAL", "price": 1, "pos": 9, "im_usdc": 1}]}),
        (deribit_standard.read, {"cases": [{"instrument": "BTC-PERPETUAL", "price": 9, "pos": 1, "im_usdt": 1}]}),
        (deribit_standard.read, {"cases": [{"instrument": "BTC-PERPETUAL", "pos": 1, "im_btc": 1}]}),
        (deribit_standard.read, {"cases": [{"instrument": "BTC-25SEP26-9-C", "price": 9, "pos": 1, "im_btc": 1}]}),
        (deribit_standard.read, {"cases": {"first": {"instrument": "BTC-PERPETUAL"}}}),
    ],
)  # fmt: skip
def test_a_shape_that_a_reader_does_not_know_is_a_failure(reader: Any, document: dict[str, Any]) -> None:
    assert any("not understood" in line for line in failures(reader(document)))


def test_an_identity_that_does_not_hold_is_a_failure() -> None:
    message = {"margin_model": "cross_pm", "margin_balance": 2.0, "initial_margin": 1, "available_funds": 1}
    assert not failures(deribit_identities.read({"account": message}))
    assert failures(deribit_identities.read({"account": message | {"available_funds": 1.0001}}))


@pytest.mark.parametrize("inverse", [False, True])
def test_a_worked_example_on_the_coin_settled_perpetual_is_read_in_coin(inverse: bool) -> None:
    name = "ETH-PERPETUAL" if inverse else "ETH_USDC-PERPETUAL"
    example = {"instrument": name, "price": 2_500, "pos": -1_000, "im_rate": 0.024, "im_base": 24, "im_usdc": 60_000,
               "mm_rate": 0.014, "mm_base": 14}  # fmt: skip
    cases = list(deribit_standard.read({"cases": [example]}))
    assert len(cases) == 5
    assert not failures(cases)


@pytest.mark.parametrize("prefix", ["im", "mm"])
@pytest.mark.parametrize(
    ("name", "coin_units", "dollar_units"),
    [
        ("ETH-PERPETUAL", ("base", "eth"), ("usd", "usdc")),
        ("ETH_USDC-PERPETUAL", ("base", "eth"), ("usd", "usdc")),
        ("ETH_USDT-PERPETUAL", ("base", "eth"), ("usd", "usdc", "usdt")),
    ],
)
def test_a_worked_example_may_state_its_margin_in_any_unit(
    name: str, coin_units: tuple[str, ...], dollar_units: tuple[str, ...], prefix: str
) -> None:
    # 1000 ETH: 2% or 1%, and 0.0004% more for each coin
    example: dict[str, Any] = {"instrument": name, "price": 2_500, "pos": 1_000}
    coins = 1_000 * ({"im": 0.02, "mm": 0.01}[prefix] + 1_000 * 4e-6)
    for unit in coin_units:
        assert_only(example, f"{prefix}_{unit}", coins)
    for unit in dollar_units:
        assert_only(example, f"{prefix}_{unit}", coins * 2_500)


@pytest.mark.parametrize("price", ["index_price", "mark_price"])
def test_a_coin_settled_size_beside_the_venues_own_price_is_in_usd(price: str) -> None:
    example = {"instrument": "BTC-PERPETUAL", price: 50_000, "pos": -500_000}
    assert_only(example, "im_btc", 10 * (0.02 + 10 * 0.00005))


def assert_only(example: dict[str, Any], field: str, margin: float) -> None:
    [case] = deribit_standard.read({"cases": [example | {field: margin}]})
    assert isinstance(case, Case)
    assert case.passes, str(case)
    assert len(failures(deribit_standard.read({"cases": [example | {field: margin * 1.000001}]}))) == 1


def test_a_worked_example_of_nothing_needs_nothing_at_the_rate_where_the_line_begins() -> None:
    nothing = {"instrument": "BTC-PERPETUAL", "price": 100_000, "pos": 0, "im_btc": 0, "mm_usd": 0.0, "im_rate": 0.02,
               "mm_rate": 0.01}  # fmt: skip
    some = {"instrument": "BTC_USDC-PERPETUAL", "price": 100_000, "pos": 25, "im_usdc": 53_125}
    cases = list(deribit_standard.read({"cases": [nothing, some]}))
    assert len(cases) == 5
    assert not failures(cases)
    assert len(failures(deribit_standard.read({"cases": [nothing | {"im_btc": 1e-9}, some]}))) == 1


ODD_ROWS: list[Any] = [
    None,
    7,
    "odd",
    [],
    {},
    {"instrument": None},
    {"instrument": "BTC-PERPETUAL", "price": "dear", "pos": 1},
]


@pytest.mark.parametrize("odd", ODD_ROWS, ids=repr)
@pytest.mark.parametrize("prefix", ["theory_haug_european", "derive_misc", "cex_deribit_sm_linear_perp"])
def test_an_odd_case_fails_and_the_cases_after_it_are_read(prefix: str, odd: Any, tmp_path: Path) -> None:
    sound: Any = {
        "theory_haug_european": {"inputs": {"type": "call", "S": 1, "K": 1, "T": 1, "r": 0, "q": 0, "sigma": 1},
                                 "expected": {"rho_futures": -0.38292492}},
        "derive_misc": {"sec": 31_536_000, "vol": 1, "fwd": 1, "strike": 1, "call": 0.3829249225480262},
        "cex_deribit_sm_linear_perp": {"instrument": "BTC-PERPETUAL", "price": 1, "pos": 1, "im_base": 0.02005},
    }[prefix]  # fmt: skip
    section = "black76" if prefix == "derive_misc" else "cases"
    file = tmp_path / f"{prefix}_odd.json"
    file.write_text(json.dumps({section: [odd, sound, odd, sound]}), encoding="utf-8")
    [reader] = [reader for reader in READERS if reader.prefix == prefix]
    report = check(file, reader)
    assert [case.passes for case in report.cases] == [False, True, False, True]
    assert all("not understood" in case.note for case in report.failed)


def test_an_odd_section_hides_no_other() -> None:
    smile = {"a": 0.04, "b": 0, "rho": 0, "m": 0, "sigma": 1, "forward": 1, "tau": 1, "strike_vol": [[1, 0.2]]}
    for odd in ({"rows": [1]}, 5, "black76"):
        cases = list(derive_misc.read({"black76": odd, "svi": [smile]}))
        assert [case.passes for case in cases if isinstance(case, Case)] == [False, True]


@pytest.mark.parametrize("model", ["segregated_cube", None, 7])
def test_a_message_of_an_unknown_margin_model_fails_and_the_others_are_read(model: Any) -> None:
    known = {"margin_model": "cross_pm", "margin_balance": 2.0, "initial_margin": 1, "available_funds": 1}
    cases = list(deribit_identities.read({"first": known | {"margin_model": model}, "second": known}))
    assert [case.passes for case in cases if isinstance(case, Case)] == [False, True]
    assert "not understood" in failures(cases)[0]


def test_an_identity_that_the_file_states_in_an_odd_way_fails_and_the_others_are_read() -> None:
    message = {"margin_model": "cross_pm", "margin_balance": 2.0, "initial_margin": 1, "available_funds": 1.001}
    stated = [5, {"formula": "none"}, {"f": "total_pl = x", "residual": math.inf},
              {"f": "available_funds = y", "residual": 0.001}]  # fmt: skip
    cases = list(deribit_identities.read({"account": message, "identities": stated}))
    assert [case.passes for case in cases if isinstance(case, Case)] == [False, False, False, True]


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_no_tolerance_lets_a_number_pass_that_is_not_finite(number: float) -> None:
    whole = with_entry(eth_response(-2.0), ("margins", "eth", "initial_margin"), number)
    assert len(failures(deribit_simulate.read(whole))) == 1
    assert not Case("far", number, math.inf).passes


@pytest.mark.parametrize("kind", ["call", "put"])
def test_spot_greeks_are_the_slopes_of_the_price(kind: str) -> None:
    at = {"type": kind, "S": 105.0, "K": 98.0, "T": 0.7, "r": 0.07, "q": 0.03, "sigma": 0.31}
    ours = theory_haug.spot_greeks(at)

    def price(**moved: float) -> float:
        return theory_haug.spot_greeks(at | moved)["price"]

    def slope(key: str, step: float) -> float:
        return (price(**{key: at[key] + step}) - price(**{key: at[key] - step})) / (2 * step)  # type: ignore[operator]

    together = (price(r=0.07 + 1e-5, q=0.03 + 1e-5) - price(r=0.07 - 1e-5, q=0.03 - 1e-5)) / 2e-5
    expected = {
        "delta": slope("S", 1e-3), "vega": slope("sigma", 1e-5), "theta": -slope("T", 1e-5), "rho": slope("r", 1e-5),
        "dividend_rho": slope("q", 1e-5), "carry_rho": -slope("q", 1e-5), "strike_sensitivity": slope("K", 1e-3),
        "rho_futures": together, "elasticity": slope("S", 1e-3) * 105.0 / price(),
        "theta_per_day": -slope("T", 1e-5) / 365.0,
        "itm_cash_probability": abs(slope("K", 1e-3)) * math.exp(0.07 * 0.7),
        "gamma_percent": 1.05 * (price(S=105.01) - 2 * price() + price(S=104.99)) / 1e-4,
        "gamma": (price(S=105.01) - 2 * price() + price(S=104.99)) / 1e-4,
        "dual_gamma": (price(K=98.01) - 2 * price() + price(K=97.99)) / 1e-4,
        "vanna": (theory_haug.spot_greeks(at | {"sigma": 0.31001})["delta"] - ours["delta"]) / 1e-5,
        "volga": (theory_haug.spot_greeks(at | {"sigma": 0.31001})["vega"] - ours["vega"]) / 1e-5,
    }  # fmt: skip
    for name, number in expected.items():
        assert ours[name] == pytest.approx(number, rel=2e-3, abs=1e-5), name
    assert set(ours) - set(expected) == {"price", "delta_forward", "gamma_forward"}
    assert set(ours) == set(theory_haug.DEFINED)


HAUG_1998 = [
    ("delta", "call", 105, 100, 0.5, 0.10, 0.10, 0.36, 0.5946),
    ("delta", "put", 105, 100, 0.5, 0.10, 0.10, 0.36, -0.3566),
    ("elasticity", "put", 105, 100, 0.5, 0.10, 0.10, 0.36, -4.8775),
    ("gamma", "call", 55, 60, 0.75, 0.10, 0.0, 0.30, 0.0278),
    ("gamma", "put", 55, 60, 0.75, 0.10, 0.0, 0.30, 0.0278),
    ("vega", "call", 55, 60, 0.75, 0.10, 0.0, 0.30, 18.9358),
    ("vega", "put", 55, 60, 0.75, 0.10, 0.0, 0.30, 18.9358),
    ("theta", "put", 430, 405, 1 / 12, 0.07, 0.05, 0.20, -31.1924),
    ("thetaPerDay", "put", 430, 405, 1 / 12, 0.07, 0.05, 0.20, -0.0855),
    ("rho", "call", 72, 75, 1.0, 0.09, 0.0, 0.19, 38.7325),
    ("dividendRho", "put", 500, 490, 0.25, 0.08, 0.05, 0.15, 42.2254),
    ("carry_rho_dividend", "put", 500, 490, 0.25, 0.08, 0.05, 0.15, 42.2254),
    ("carry_rho", "put", 500, 490, 0.25, 0.08, 0.05, 0.15, -42.2254),
]
"""Haug, Option Pricing Formulas, 1998, pages 11 to 16, as QuantLib's europeanoption test has them: type, S, K, T, r, q,
sigma. The last row is the one above it under its other sign."""


@pytest.mark.parametrize("row", HAUG_1998, ids=lambda row: f"{row[0]}-{row[1]}")
def test_the_greeks_of_haugs_book_are_reproduced_under_their_names(row: tuple[Any, ...]) -> None:
    greek, *at, printed = row
    inputs = dict(zip(("type", "S", "K", "T", "r", "q", "sigma"), at, strict=True))
    for case in (
        {"inputs": inputs | {"greek": greek}, "expected": {"value": printed}},
        {"inputs": inputs, "greek": greek, "expected": {"value": printed}},
        {"inputs": inputs, "expected": {greek: printed}},
    ):
        assert not failures(theory_haug.read({"cases": [case]}))
        case["expected"] = {name: number * 1.01 + 3e-4 for name, number in case["expected"].items()}
        assert len(failures(theory_haug.read({"cases": [case]}))) == 1


@pytest.mark.parametrize("kind", ["call", "put"])
@pytest.mark.parametrize("greek", [*theory_haug.DEFINED, *theory_haug.ALIASES])
def test_every_greek_has_a_name_for_calls_and_puts(greek: str, kind: str) -> None:
    at = {"type": kind, "S": 100.0, "K": 110.0, "T": 0.5, "r": 0.05, "q": 0.02, "sigma": 0.3}
    words = greek.split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    for name in (greek, camel, f"{greek}_{kind}", greek.upper().replace("_", " ")):
        assert theory_haug.canonical(name) in theory_haug.spot_greeks(at), name


def test_a_puts_chance_of_ending_in_the_money_is_what_a_calls_leaves() -> None:
    at = {"S": 100.0, "K": 110.0, "T": 0.5, "r": 0.05, "q": 0.02, "sigma": 0.3}
    chances = [theory_haug.spot_greeks(at | {"type": kind})["itm_cash_probability"] for kind in ("call", "put")]
    assert sum(chances) == pytest.approx(1.0, abs=1e-14)
    assert chances[0] < chances[1]


@pytest.mark.parametrize("greek", ["charm", "delta2", "", "zeta"])
def test_a_greek_without_a_definition_is_a_failure_and_never_dropped(greek: str) -> None:
    inputs = {"type": "put", "S": 1, "K": 1, "T": 1, "r": 0, "q": 0, "sigma": 1}
    for case in ({"inputs": inputs | {"greek": greek}, "expected": {"value": 1.0}},
                 {"inputs": inputs, "expected": {"delta": -0.3085, greek: 1.0}}):  # fmt: skip
        assert any("not understood" in line for line in failures(theory_haug.read({"cases": [case]})))


def test_cases_of_a_later_part_are_counted() -> None:
    findings = list(derive_misc.read({"interest_rate": {"params": {}, "cases": [{}, {}]}, "black76": [], "svi": []}))
    assert [finding.count for finding in findings if isinstance(finding, Later)] == [2]


def test_a_file_that_is_no_json_fails_and_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = tmp_path / "derive_misc.json"
    broken.write_text("{", encoding="utf-8")
    [reader] = [reader for reader in READERS if reader.prefix == "derive_misc"]
    assert check(broken, reader).failed


@pytest.mark.parametrize("holds", ["no folder", "nothing", "a file of no reader"])
def test_the_command_says_2_where_the_named_folder_has_nothing_to_check(
    holds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = tmp_path / "vectors"
    if holds != "no folder":
        where.mkdir()
    if holds == "a file of no reader":
        (where / "unheard_of.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(where))
    assert main() == 2
    shown = capsys.readouterr()
    assert FOLDER_VARIABLE in shown.err
    assert str(where) in shown.err
    assert names_every_published_file(shown.out)


def test_the_command_checks_the_published_numbers_in_a_clone_that_has_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr("tests.vectors.readers.DEFAULT_FOLDER", tmp_path / "nowhere")
    assert main() == 0
    shown = capsys.readouterr()
    assert names_every_published_file(shown.out)
    assert "only the numbers that come with the tests" in shown.out
    assert shown.err == ""


def test_a_published_number_that_is_missed_fails_the_command_in_a_bare_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr("tests.vectors.readers.DEFAULT_FOLDER", tmp_path / "nowhere")
    monkeypatch.setattr("tests.vectors.__main__.PUBLISHED", tmp_path)
    spoil(PUBLISHED / "cex_deribit_sm_linear_perp.json", tmp_path)
    assert main() == 1
    assert "FAIL" in capsys.readouterr().out


def test_the_command_says_0_where_all_files_pass_and_1_where_a_case_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    source = PUBLISHED / "cex_deribit_sm_linear_perp.json"
    (tmp_path / "cex_deribit_sm_linear_perp_of_tomorrow.json").write_bytes(source.read_bytes())
    assert main() == 0
    assert "of_tomorrow" in capsys.readouterr().out
    spoil(source, tmp_path)
    assert main() == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["cex_okx_balance_2026-01-01", "cex_bybit_other_examples", "derive_vaults", "drift"])
def test_a_file_of_a_venue_that_has_readers_and_that_none_of_them_takes_fails_the_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    source = PUBLISHED / "cex_deribit_sm_linear_perp.json"
    (tmp_path / source.name).write_bytes(source.read_bytes())
    (tmp_path / f"{name}.json").write_text("{}", encoding="utf-8")
    assert main() == 1
    assert f"FAIL {name}.json: no reader takes it" in capsys.readouterr().out


@pytest.mark.parametrize("name", [*PARTS_TO_COME, "nobody_knows"])
def test_a_file_of_a_part_to_come_is_named_and_fails_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    source = PUBLISHED / "cex_deribit_sm_linear_perp.json"
    (tmp_path / source.name).write_bytes(source.read_bytes())
    (tmp_path / f"{name}.json").write_text("{}", encoding="utf-8")
    assert main() == 0
    assert f"later {name}.json: " in capsys.readouterr().out


def test_a_part_that_has_a_reader_is_none_to_come() -> None:
    for prefix in PARTS_TO_COME:
        assert not any(prefix.startswith(reader.prefix) for reader in READERS), prefix


def names_every_published_file(shown: str) -> bool:
    return all(f"ok   {file.name}: " in shown for file in PUBLISHED.glob("*.json"))


def spoil(source: Path, folder: Path) -> None:
    """Copy a file of worked examples with one number wrong."""
    document = json.loads(source.read_text(encoding="utf-8"))
    document["cases"][-1]["im_usdc"] += 1
    (folder / source.name).write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "name"),
    [("cex_okx_position_builder_2025-01-15", "cex_okx_b"), ("cex_okx_mr_examples", "cex_okx_more"),
     ("cex_bybit_option_sm_examples", "cex_bybit_b"), ("cex_deribit_account_identities", "cex_deribit_b")],
)  # fmt: skip
def test_a_file_with_another_name_of_its_venue_is_read_by_what_is_in_it(source: str, name: str, tmp_path: Path) -> None:
    own = reader_of(PUBLISHED / f"{source}.json")
    (tmp_path / f"{name}.json").write_bytes((PUBLISHED / f"{source}.json").read_bytes())
    assert own is not None
    assert reader_of(tmp_path / f"{name}.json") is own
