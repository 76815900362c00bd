"""The readers of first passage and liquidation prices: each number can fail, and what they do not know is a failure."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.vectors import theory_evt, theory_financing_perps, theory_first_passage, theory_garch_vol
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
