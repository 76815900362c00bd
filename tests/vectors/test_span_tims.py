"""The readers of SPAN's and TIMS's examples: what they have to fail on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.vectors import span, tims
from tests.vectors.case import Case, Document, Finding, Later

FUTURE = [0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10000, 10000, -10000, -10000, 7000, -7000]
CALL = [460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500]
COVERED = {"name": "covered", "positions": {"F": 1, "C": -1}, "scan_risk": 6620, "worst_scenario": 13}
LEG = {"kind": "call", "contracts": -10, "mult": 100, "K": 105, "T": 30 / 365, "r": 0.02, "vol": 0.4}
POINTS = [-0.15, -0.12, -0.09, -0.06, -0.03, 0.03, 0.06, 0.09, 0.12, 0.15]
SHORT_CALL = {"name": "short call", "under": "IBM", "legs": [[-100, "C", 100, 1.68]], "portfolio": 115429}


def failed(read: Callable[[Document], Iterator[Finding]], document: Any) -> list[str]:
    found = list(read(document))
    assert any(isinstance(finding, Case) for finding in found)
    return [str(finding) for finding in found if isinstance(finding, Case) and not finding.passes]


def arrays(**changes: Any) -> dict[str, Any]:
    return {"risk_arrays_long": {"F": FUTURE, "C": CALL}, "cases": [COVERED | changes]}


def example(name: str = "x", expected: dict[str, Any] | None = None, **inputs: Any) -> dict[str, Any]:
    return {"cases": [{"id": name, "inputs": inputs, "expected": expected or {}}]}


def test_published_arrays_are_met_to_the_dollar_and_not_a_dollar_beside() -> None:
    assert not failed(span.read, arrays())
    assert failed(span.read, arrays(scan_risk=6621))
    assert failed(span.read, arrays(worst_scenario=12))
    assert not failed(span.read, arrays(worst_scenario="13/14"))
    combined = (np.array(FUTURE) - np.array(CALL)).tolist()
    assert not failed(span.read, arrays(scenario_pnl=combined))
    assert failed(span.read, arrays(scenario_pnl=[one + (s == 4) for s, one in enumerate(combined)]))


def test_a_table_of_scenarios_has_to_be_spans_own() -> None:
    row = {"n": 1, "price_move_in_scan_ranges": 0, "vol_move_in_scan_ranges": 1, "loss_fraction_counted": 1}
    assert failed(span.read, arrays() | {"scenario_definition": [row]})


def test_positions_are_read_by_size_and_array() -> None:
    expected = {"requirement": 8060, "worst_scenario": 11}
    assert not failed(span.read_examples, example(expected=expected, components=[["-1", CALL]]))
    covered = example(expected={"requirement": 6620}, components=[["1", FUTURE], ["-1", CALL]])
    assert not failed(span.read_examples, covered)
    assert failed(span.read_examples, example(expected={"requirement": 6620}, components=[["1", FUTURE]]))
    assert not failed(span.read_examples, example(expected={"requirement": 10_000}, array=FUTURE))


@pytest.mark.parametrize("label", ["-1", -1, "-1 call", "short 1 call", "short call"])
def test_a_number_of_contracts_may_have_words_beside_it(label: Any) -> None:
    expected = {"scan_risk": 8060, "worst_scenario": 11}
    assert not failed(span.read_examples, example(expected=expected, components=[[label, CALL]]))


@pytest.mark.parametrize("stated", ["13/14", "13 or 14", [13, 14], 13])
def test_scenarios_that_tie_are_named_by_the_first_or_by_all(stated: Any) -> None:
    expected = {"requirement": 10_000, "worst_scenario": stated}
    assert not failed(span.read_examples, example(expected=expected, array=FUTURE))
    assert failed(span.read_examples, example(expected=expected | {"worst_scenario": 14}, array=FUTURE))


def test_a_book_whose_parts_cancel_needs_nothing_whatever_is_left_of_the_sums() -> None:
    parts = [["0.3", CALL], ["-0.1", CALL], ["-0.2", CALL]]
    assert not failed(span.read_examples, example(expected={"requirement": 0, "worst_scenario": 1}, components=parts))
    assert failed(span.read_examples, example(expected={"requirement": 1e-6}, components=parts))


def test_an_example_that_expects_nothing_is_a_failure() -> None:
    assert failed(span.read_examples, example(array=FUTURE))


@pytest.mark.parametrize(
    ("key", "stated"), [("minimum_per_contract", 50.0), ("minimum_per_unit", 0.5), ("minimum", 0.5)]
)
def test_a_minimum_is_of_a_contract_or_of_a_unit(key: str, stated: float) -> None:
    book = {"S": 100, "legs": [LEG], "points": POINTS, key: stated}
    assert not failed(span.read_examples, example("tims_x", {"minimum": 500.0}, **book))
    assert failed(span.read_examples, example("tims_x", {"minimum": 375.0}, **book))


@pytest.mark.parametrize(("stated", "holds"), [(0.15, True), (10, True), (0.12, False), (9, False)])
def test_the_worst_point_is_a_move_or_counted_from_one(stated: float, holds: bool) -> None:
    document = example("tims_x", {"worst_point": stated}, S=100, legs=[LEG], points=POINTS)
    assert bool(failed(span.read_examples, document)) is not holds


def test_an_extreme_move_is_the_policys() -> None:
    assert not failed(span.read_examples, example(expected={"book_example_loss": 7000}, price_scan_range=10_000))
    assert failed(span.read_examples, example(expected={"book_example_loss": 9900}, price_scan_range=10_000))


def test_a_worked_book_is_read_point_by_point() -> None:
    good = example("tims_x", {"minimum": 375.0}, S=100, legs=[LEG], points=POINTS)
    assert not failed(span.read_examples, good)
    assert failed(span.read_examples, example("tims_x", {"minimum": 376.0}, S=100, legs=[LEG], points=POINTS))
    assert failed(span.read_examples, example("tims_x", {"pnl": [0.0] * 10}, S=100, legs=[LEG], points=POINTS))
    uneven = [*POINTS[:-1], 0.2]
    assert failed(span.read_examples, example("tims_x", {"minimum": 375.0}, S=100, legs=[LEG], points=uneven))


def test_stock_is_in_the_class_of_its_options() -> None:
    stock = {"kind": "stock", "contracts": 1000, "mult": 1}
    alone = example("tims_x", {"risk": 15_000.0, "minimum": 0.0}, S=100, legs=[stock], points=POINTS)
    assert not failed(span.read_examples, alone)
    put = LEG | {"kind": "put", "contracts": 10, "K": 100}
    document = example("tims_x", {"risk": 15_000.0}, S=100, legs=[stock, put], points=POINTS)
    assert failed(span.read_examples, document)


def test_several_classes_are_one_product_group() -> None:
    """A gain of 1,500 on one stock takes 90 % of it off a loss of 1,500 on another."""
    long, short = ({"S": 100, "legs": [{"kind": "stock", "shares": size}]} for size in (100, -100))
    expected = {"risk": 150.0, "requirement": 150.0, "minimum": 0.0}
    document = example("tims_x", expected, classes=[long, short], points=POINTS, offset=0.9)
    assert not failed(span.read_examples, document)
    assert failed(span.read_examples, example("tims_x", expected, classes=[long, short], points=POINTS, offset=0.8))


def test_classes_offset_in_part() -> None:
    classes = [[100.0, -50.0], [-80.0, 60.0]]
    expected = {"risk": 0.0, "net": [10.0, 4.0]}
    assert not failed(span.read_examples, example("tims_x", expected, classes=classes, offset=0.9))
    assert failed(span.read_examples, example("tims_x", expected, classes=classes, offset=0.8))


def test_a_sample_position_is_met_within_three_per_cent() -> None:
    assert not failed(tims.read, {"cases": [SHORT_CALL]})
    assert failed(tims.read, {"cases": [SHORT_CALL | {"portfolio": 120_000}]})
    stock = {"name": "stock", "under": "IBM", "stock": 10_000, "legs": [], "portfolio": 146_595}
    assert not failed(tims.read, {"cases": [stock]})


def test_a_protective_put_is_exercised_early() -> None:
    """Without it the put is worth less than its intrinsic value at the lowest point, and the loss is a sixth more."""
    protected = {"name": "put", "under": "IBM", "stock": 10_000, "legs": [[100, "P", 95, 1.02]], "portfolio": 37_500}
    assert not failed(tims.read, {"cases": [protected]})


def test_strategy_margin_is_counted_for_later() -> None:
    found = list(tims.read({"cases": [SHORT_CALL | {"strategy": 172_760}]}))
    assert [finding.count for finding in found if isinstance(finding, Later)] == [1]


@pytest.mark.parametrize(
    ("read", "document"),
    [
        (span.read, arrays(surprise=5)), (span.read, arrays() | {"more": [{"y": 3}]}), (span.read, arrays() | {"y": 3}),
        (span.read, arrays(positions={"X": 1})), (span.read, arrays() | {"scenario_definition": [{"n": 1}]}),
        (span.read_examples, example(surprise=5)), (span.read_examples, example(array=FUTURE, surprise=5)),
        (span.read_examples, example(expected={"surprise": 5}, array=FUTURE)),
        (span.read_examples, example("tims_x", {"y": 1}, S=100, legs=[LEG], points=POINTS)),
        (span.read_examples, example("tims_x", {}, S=100, legs=[LEG | {"kind": "swap"}], points=POINTS)),
        (span.read_examples, example("tims_x", {}, S=100, legs=[LEG | {"surprise": 5}], points=POINTS)),
        (span.read_examples, example("tims_x", {"risk": 1.0})),
        (tims.read, {"cases": [SHORT_CALL | {"surprise": 5}]}), (tims.read, {"cases": [SHORT_CALL | {"under": "XYZ"}]}),
        (tims.read, {"cases": [SHORT_CALL], "surprise": 5}), (tims.read, {"cases": [{"name": "x"}]}),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_a_failure(
    read: Callable[[Document], Iterator[Finding]], document: dict[str, Any]
) -> None:
    assert failed(read, document)
