"""The readers of first passage and liquidation prices: each number can fail, and what they do not know is a failure."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from seawall.risk.first_passage import touch_probability
from tests.vectors import (
    theory_evt,
    theory_financing_perps,
    theory_first_passage,
    theory_garch_vol,
    theory_portfolio,
    theory_tail,
)
from tests.vectors.case import Case, Later

TOUCH: dict[str, Any] = {
    "id": "first_passage_up", "inputs": {"S": 100, "barrier": 120, "T": 0.25, "drift": 0.0, "sigma": 0.6},
    "expected": {"touch_probability": 0.5174126545}, "tolerance": {"rel": 1e-3},
}  # fmt: skip
AT_HIT: dict[str, Any] = {
    "id": "cash_at_hit_S105_q0.2",
    "inputs": {"S": 105, "barrier": 100, "cash": 15, "T": 0.5, "r": 0.1, "q": 0.2, "sigma": 0.2},
    "expected": {"price": 12.2715}, "tolerance": {"abs": 1e-4},
}  # fmt: skip
PRICE: dict[str, Any] = {
    "id": "liq_price_short_5x",
    "inputs": {"entry": 50_000, "side": "short", "leverage": 5, "mm_rate_on_mark": 0.01},
    "expected": {"linear": 59_405.94059405941, "inverse": 61_875.0}, "tolerance": {"rel": 1e-12},
}  # fmt: skip


def cases_of(read: Any, *cases: Any) -> list[Case]:
    return [one for one in read({"cases": list(cases)}) if isinstance(one, Case)]


@pytest.mark.parametrize(
    ("read", "case"),
    [(theory_first_passage.read, AT_HIT), (theory_financing_perps.read, PRICE)], ids=["touch", "liquidation price"],
)  # fmt: skip
def test_each_number_passes_and_can_fail(read: Any, case: dict[str, Any]) -> None:
    assert all(one.passes for one in cases_of(read, case))
    for key, number in case["expected"].items():
        wrong = copy.deepcopy(case)
        wrong["expected"][key] = number * 1.001
        assert sum(not one.passes for one in cases_of(read, wrong)) == 1


def test_a_touch_probability_follows_the_drift_and_the_side() -> None:
    below = copy.deepcopy(TOUCH)
    below["inputs"] |= {"barrier": 100 / 1.2}
    [up], [down] = (cases_of(theory_first_passage.read, one) for one in (TOUCH, below))
    assert up.note != down.note


@pytest.mark.parametrize(
    ("read", "case", "key"),
    [(theory_first_passage.read, AT_HIT, "inputs"), (theory_first_passage.read, TOUCH, "expected"),
     (theory_financing_perps.read, PRICE, "inputs"), (theory_financing_perps.read, PRICE, "expected")],
)  # fmt: skip
def test_a_key_that_nobody_knows_is_a_failure(read: Any, case: dict[str, Any], key: str) -> None:
    odd = copy.deepcopy(case)
    odd[key]["moon_phase"] = 0.25
    assert any("not understood" in one.note for one in cases_of(read, odd))


ODD: list[Any] = [{}, {"id": "x"}, {"inputs": {}}, {"inputs": {"S": 1}, "expected": {"price": 1}}, 7, None]


@pytest.mark.parametrize("odd", ODD)
def test_odd_shapes_fail_and_hide_nothing(odd: Any) -> None:
    for read, case in ((theory_first_passage.read, AT_HIT), (theory_financing_perps.read, PRICE)):
        found = cases_of(read, odd, case)
        assert any(not one.passes for one in found)
        assert sum(one.passes for one in found) == len(case["expected"])


TWO: dict[str, Any] = {"S": 100, "lower": 80, "upper": 125, "T": 40.0, "drift": 0.18, "sigma": 0.6}
"""The logarithm has no drift, and stands half way between levels that it has left long since."""
SEEN: dict[str, Any] = {"S": 100, "lower": 90, "upper": 1e9, "T": 0.25, "drift": 0.0, "sigma": 0.6, "steps": 90}
SHIFTED = touch_probability(100.0, 90.0 * math.exp(-0.5825971579390106 * 0.6 * math.sqrt(0.25 / 90)), 0.25, vol=0.6)


@pytest.mark.parametrize(("inputs", "expected"), [
    (TWO, {"exit_probability": 1.0, "lower_probability": 0.5, "upper_probability": 0.5, "survival_probability": 0.0}),
    (SEEN, {"touch_probability_discrete": SHIFTED, "lower_probability": SHIFTED}),
])  # fmt: skip
def test_two_levels_are_read_always_and_step_by_step_and_each_number_can_fail(inputs: Any, expected: Any) -> None:
    case = {"id": "two", "inputs": inputs, "expected": expected}
    assert [one.passes for one in cases_of(theory_first_passage.read, case)] == [True] * len(expected)
    for key, number in expected.items():
        [wrong] = cases_of(theory_first_passage.read, case | {"expected": {key: number + 0.001}})
        assert not wrong.passes
    [odd] = cases_of(theory_first_passage.read, case | {"inputs": inputs | {"barrier": 90}})
    assert "one level" in odd.note


def test_a_long_that_nothing_liquidates_may_be_printed_as_its_bare_formula_or_as_nothing() -> None:
    inputs = {"entry": 50_000, "side": "long", "leverage": 0.8, "mm_rate_on_mark": 0.01}
    for number, passes in ((50_000 * -0.25 / 0.99, True), (0.0, True), (-12_000.0, False), (1.0, False)):
        [case] = cases_of(theory_financing_perps.read, {"id": "liq", "inputs": inputs, "expected": {"linear": number}})
        assert case.passes == passes


def test_rates_and_fair_prices_are_counted_for_a_later_part() -> None:
    cases = [
        {"id": "aave_kink", "inputs": {"optimal": 0.8, "slope1": 0.04}, "expected": {"variable_borrow_rate": 0.01}},
        {"id": "aave_compound_7y", "inputs": {"rate": 0.08, "years": 7}, "expected": {"ideal": 1.75}},
        {"id": "perp_inverse", "inputs": {"S": 1e4, "funding_k": 0.01, "iota": 0.005}, "expected": {"price": 9975.1}},
        {"id": "somewhere", "inputs": {"x": 1}, "expected": {"y": 2}},
    ]
    found = list(theory_financing_perps.read({"cases": cases}))
    assert sum(one.count for one in found if isinstance(one, Later)) == 3
    assert [one for one in found if isinstance(one, Case) and not one.passes]


def test_what_nothing_liquidates_may_be_printed_as_nothing_or_as_infinity() -> None:
    inputs = {"entry": 50_000, "side": "Short", "leverage": 1, "mm_rate_on_mark": 0.005}
    for nothing in (None, float("inf")):
        [case] = cases_of(
            theory_financing_perps.read, {"id": "liq", "inputs": inputs, "expected": {"inverse": nothing}}
        )
        assert case.passes
    [case] = cases_of(theory_financing_perps.read, {"id": "liq", "inputs": inputs, "expected": {"linear": None}})
    assert not case.passes


def test_a_forecast_from_the_last_days_return_starts_a_day_later() -> None:
    given = {"omega": 1e-6, "alpha": 0.1, "beta": 0.8, "h_t": 2e-4, "eps_t": 0.02, "horizons": [1, 2]}
    first = 1e-6 + 0.1 * 0.02**2 + 0.8 * 2e-4
    ahead = {"id": "garch", "inputs": given, "expected": {"forecast": [first, 1e-6 + 0.9 * first]}}
    assert all(case.passes for case in cases_of(theory_garch_vol.read, ahead))
    [strange] = cases_of(theory_garch_vol.read, ahead | {"inputs": given | {"moon_phase": 0.5}})
    assert not strange.passes


@pytest.mark.parametrize("inputs", [
    {"q": 0.99, "n": 1000, "n_u": 100, "u": 0.05, "xi": 0.2, "beta": 0.02}, {"losses": [1.0, 2.0, 3.0, 5.0], "k": 2},
])  # fmt: skip
def test_an_input_of_a_tail_that_nobody_reads_is_a_failure(inputs: dict[str, Any]) -> None:
    found = cases_of(theory_evt.read, {"id": "x", "inputs": inputs | {"moon_phase": 0.5}, "expected": {"VaR": 1.0}})
    assert any("moon_phase" in case.name for case in found)


@pytest.mark.parametrize(("inputs", "expected"), [
    (
        {"model_margin": [100, 80], "buffer": 0.2, "stress_weight": 0.5, "stressed_margin": 90, "floor_10y": 95},
        {"buffer20": [120, 96], "stress_weighted": [95, 85], "floor": [100, 95]},
    ),
    ({"margin": [4.0, 2.0, 5.0]}, {"peak_to_trough": 2.5, "max_1step_call": 3.0, "n_step2": 1.0}),
    ({"margin": [4.0, 2.0, 5.0], "n": [1, 2]}, {"n_step": [3.0, 1.0]}),
])  # fmt: skip
def test_every_number_of_a_path_of_margins_is_compared_and_can_fail(inputs: Any, expected: Any) -> None:
    case = {"id": "margins", "inputs": inputs, "expected": expected, "tolerance": {"rel": 1e-12}}
    found = cases_of(theory_garch_vol.read, case)
    count = sum(len(one) if isinstance(one, list) else 1 for one in expected.values())
    assert len(found) == count and all(one.passes for one in found)
    for key, number in expected.items():
        wrong = [1.01 * one for one in number] if isinstance(number, list) else 1.01 * number
        assert not all(one.passes for one in cases_of(theory_garch_vol.read, case | {"expected": {key: wrong}}))
    [strange] = cases_of(theory_garch_vol.read, case | {"inputs": inputs | {"moon_phase": 0.5}})
    assert not strange.passes
    assert not cases_of(theory_garch_vol.read, case | {"expected": {"moon_phase": 1.0}})[0].passes


RETURNS, VOLS = [0.01, -0.02, 0.03, -0.04], [0.01, 0.02, 0.03, 0.02]
SCALED = [0.03, -0.03, 0.03, -0.06]
"""At a volatility of 0.03 now."""


@pytest.mark.parametrize("inputs", [
    {"returns": RETURNS, "sigma_t": VOLS, "sigma_T": 0.03}, {"returns": RETURNS, "sigmas": VOLS, "sigma_T": 0.03},
    {"returns": RETURNS, "sigma": VOLS, "sigma_t": 0.03}, {"r_t": RETURNS, "sigma_t": VOLS, "sigma_now": 0.03},
    {"returns": RETURNS, "sigmas": [*VOLS, 0.03]}, {"returns": RETURNS, "h": [v * v for v in VOLS], "h_T": 9e-4},
])  # fmt: skip
def test_filtered_history_is_read_by_any_names_of_then_and_now(inputs: dict[str, Any]) -> None:
    case = {"id": "fhs", "inputs": inputs | {"alpha": 0.75}, "expected": {"fhs_returns": SCALED, "es": 0.06}}
    found = cases_of(theory_garch_vol.read, case)
    assert len(found) == 5 and all(one.passes for one in found)
    wrong = cases_of(theory_garch_vol.read, case | {"expected": {"ES_75": 0.061}})
    assert [one.passes for one in wrong] == [False]


def test_two_inputs_of_one_name_are_a_failure_and_not_the_last_of_them() -> None:
    inputs = {"returns": RETURNS, "sigmas": VOLS, "sigma_T": 0.03, "sigma_now": 0.04}
    [found] = cases_of(theory_garch_vol.read, {"id": "fhs", "inputs": inputs, "expected": {"scaled": SCALED}})
    assert "two inputs" in found.note


W, A, B, H = 1e-6, 0.1, 0.85, 2e-4
LEVEL = W / (1.0 - A - B)


@pytest.mark.parametrize(("start", "said", "power"), [
    ({"h": H}, "", 0), ({"h0": H}, "", 0), ({"h_next": H}, "", -1), ({"h1": H}, "", -1), ({"h_t1": H}, "", -1),
    ({"h1": H}, "E h = hbar + (a+b)^k (h - hbar)", 0), ({"h": H}, "hbar + (a+b)^(k-1) (h - hbar)", -1),
])  # fmt: skip
def test_a_variance_of_tomorrow_is_the_forecast_of_one_day(start: dict[str, float], said: str, power: int) -> None:
    steps = [1, 5, 10]
    ahead = [LEVEL + (A + B) ** (k + power) * (H - LEVEL) for k in steps]
    inputs = {"w": W, "a": A, "b": B, **start}
    listed = {"id": "garch", "inputs": inputs | {"k": steps}, "expected": {"h_k": ahead, "hbar": LEVEL}, "source": said}
    named = {"id": "garch", "inputs": inputs, "expected": {"forecast": {"1": ahead[0], "10": ahead[2]}}, "note": said}
    found = cases_of(theory_garch_vol.read, listed, named)
    assert len(found) == 6 and all(one.passes for one in found)


def test_levels_of_a_tail_are_read_with_and_without_a_dot() -> None:
    inputs = {"n": 1000, "Nu": 100, "threshold": 0.05, "shape": 0.2, "scale": 0.02}
    value = 0.05 + 0.02 / 0.2 * ((1000 * 0.001 / 100) ** -0.2 - 1.0)
    expected = dict.fromkeys(("VaR_999", "VaR_99.9", "VaR_0.999", "var_99_9"), value)
    found = cases_of(theory_evt.read, {"id": "pot", "inputs": inputs, "expected": expected, "tolerance": {"rel": 1e-9}})
    assert len(found) == 4 and all(one.passes for one in found)


@pytest.mark.parametrize("nothing", ["inf", math.inf, None])
def test_a_tail_without_a_mean_is_infinite_and_only_then(nothing: Any) -> None:
    inputs = {"q": 0.99, "n": 1000, "n_u": 100, "u": 0.05, "beta": 0.02}
    [heavy], [light] = (
        cases_of(theory_evt.read, {"id": "pot", "inputs": inputs | {"xi": xi}, "expected": {"ES": nothing}})
        for xi in (1.2, 0.2)
    )
    assert heavy.passes and not light.passes


def test_a_liquidation_price_of_an_account_is_that_of_its_leverage_and_a_fee_adds_to_the_rate() -> None:
    linear = {"P": 50_000, "Q": 2, "E": 10_000, "side": "buy", "mm_rate": 0.004, "fee": 0.001}
    inverse = {"P": 50_000, "Q": 100_000, "E": 0.2, "side": "long", "mmr": 0.005}
    found = cases_of(
        theory_financing_perps.read, {"id": "cross", "inputs": linear, "expected": {"linear": 45_226.13065326633}},
        {"id": "cross", "inputs": inverse, "expected": {"inverse": 45_681.81818181817}},
    )  # fmt: skip
    assert len(found) == 2 and all(one.passes for one in found)


def test_a_partial_close_is_computed_and_each_of_its_numbers_can_fail() -> None:
    case = {
        "id": "partial_liquidation_linear", "tolerance": {"rel": 1e-12},
        "inputs": {"equity": 900.0, "Q": 1.0, "P": 60_000.0, "mm_rate": 0.02, "fee": 0.005, "target_buffer": 0.1},
        "expected": {"q_to_close": 420.0 / 1020.0, "equity_after": 900.0 - 300.0 * 420.0 / 1020.0,
                     "mm_after": 1200.0 * 600.0 / 1020.0},
    }  # fmt: skip
    for read in (theory_tail.read_optimisation, theory_financing_perps.read):
        assert [one.passes for one in cases_of(read, case)] == [True, True, True]
        for key, number in case["expected"].items():
            wrong = case | {"expected": case["expected"] | {key: number * 1.001}}
            assert sum(not one.passes for one in cases_of(read, wrong)) == 1


@pytest.mark.parametrize("inputs", [
    {"positions": [2e6, 1e6], "vols": [0.05, 0.12], "corr": 0, "z": 1.65},
    {"x": {"CAD": 2e6, "EUR": 1e6}, "cov": [[0.0025, 0], [0, 0.0144]], "alpha": 1.65},
    {"w": [2e6, 1e6], "sigma": [0.05, 0.12], "rho": 0.0, "k": 1.65},
])  # fmt: skip
def test_contributions_are_read_by_any_name_of_the_multiplier(inputs: dict[str, Any]) -> None:
    case = {"id": "euler", "inputs": inputs, "expected": {"VaR": 257_738, "components": [105_630, 152_108]}}
    found = cases_of(theory_portfolio.read, case)
    assert len(found) == 3 and all(one.passes for one in found)


def test_a_touch_looked_at_in_steps_stands_beside_the_one_that_is_always_looked_at() -> None:
    inputs = {"S": 100, "H": 70, "T": 30 / 365, "m": -0.18, "sigma": 0.6}
    always = {"touch_probability": 0.04544000166596411}
    case = {"id": "x", "inputs": inputs | {"n_steps": 30}, "tolerance": {"rel": 1e-10}}
    for odd in (1.0, 1.01):
        expected = {"touch_probability_discrete": 0.035200793042959 * odd, **always}
        found = cases_of(theory_first_passage.read, case | {"expected": expected})
        assert [one.passes for one in found] == [odd == 1.0, True]
