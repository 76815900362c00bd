"""The readers of Bybit's numbers: every number of a file can fail, and what is odd is told."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.vectors import bybit_portfolio, bybit_standard
from tests.vectors.case import Case, Later
from tests.vectors.readers import PUBLISHED

RESPONSE = json.loads((PUBLISHED / "cex_bybit_portfolio_margin_2026-03-24.json").read_text(encoding="utf-8"))
EXAMPLES = json.loads((PUBLISHED / "cex_bybit_option_sm_examples.json").read_text(encoding="utf-8"))
COIN = ("response", "result", "assetPnlRange", 0)
SAYS_NOTHING = {
    "sessionAvgPrice", "orderSize", "contractType", "cashBalance", "totalClosePzFee", "walletBalance", "usdIndexPrice",
    "retCode", "time",
}  # fmt: skip
"""Numbers of a response that no margin is made of, and the time, which `fitted_inputs` check."""


def failures(reader: Any, document: dict[str, Any]) -> list[Case]:
    try:
        found = list(reader.read(document))
    except Exception as error:  # noqa: BLE001 - the command counts what breaks a reader as a failure
        return [Case(str(error), float("inf"), 0.0)]
    return [case for case in found if isinstance(case, Case) and not case.passes]


def changed(document: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(document)
    part: Any = made
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return made


def numbers(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], float]]:
    """Yield every number of a document with its place."""
    if isinstance(tree, dict | list):
        for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from numbers(part, (*path, key))
        return
    try:
        yield path, float(tree)
    except (TypeError, ValueError):
        return


PLACES = [place for place, _ in numbers(RESPONSE) if place[-1] not in SAYS_NOTHING]


def test_the_published_numbers_pass() -> None:
    assert not failures(bybit_portfolio, RESPONSE)
    assert not failures(bybit_standard, EXAMPLES)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place[2:])))
def test_every_number_of_the_response_can_fail(place: tuple[Any, ...]) -> None:
    held = dict(numbers(RESPONSE))[place]
    value: Any = held * 1.03 + 0.02
    if place[0] == "response":
        value = f"{value:.8f}"
    assert failures(bybit_portfolio, changed(RESPONSE, place, value))


def test_contingencies_without_a_published_formula_are_counted() -> None:
    found = list(bybit_portfolio.read(RESPONSE))
    assert [entry.count for entry in found if isinstance(entry, Later)] == [1]


def test_several_responses_of_one_file_are_all_read() -> None:
    one = len(list(bybit_portfolio.read(RESPONSE)))
    both = {"cases": [{"response": RESPONSE["response"]}, {"response": RESPONSE["response"]}],
            "fitted_inputs": RESPONSE["fitted_inputs"]}  # fmt: skip
    assert len(list(bybit_portfolio.read(both))) == 2 * one


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((*COIN, "futurePositionPnlRanges"), [{"symbolName": "BTC-25SEP26"}]),
        ((*COIN, "contingency", "gammaContingency"), "1.5"),
        (("response", "result", "wallet", "haircut"), "3.5"),
        (("fitted_inputs", "dividend"), 0.5),
        (("fitted_inputs",), 5),
        (("more_cases",), [{"inputs": 1}]),
        ((*COIN, "perpPositionPnlRanges"), []),
        (("response", "result", "wallet"), None),
        (("response",), {}),
    ],
)
def test_what_the_reader_does_not_know_is_a_failure(place: tuple[Any, ...], value: Any) -> None:
    assert failures(bybit_portfolio, changed(RESPONSE, place, value))


@pytest.mark.parametrize("section", ["short_put_cross_margin", "short_call_cross_margin"])
def test_every_number_of_an_example_can_fail(section: str) -> None:
    for place, held in numbers(EXAMPLES[section]):
        if place[-1] in ("K", "entry"):
            continue  # the put is far out of the money and marked above its entry; of the call maintenance is all
        assert failures(bybit_standard, changed(EXAMPLES, (section, *place), held * 1.03 + 0.02)), place


def test_examples_may_be_a_list_and_deleveraging_is_left_for_later() -> None:
    listed = {"options": [EXAMPLES["short_put_cross_margin"]], "adl": {"cases": [{}, {}]}}
    found = list(bybit_standard.read(listed))
    assert [entry.count for entry in found if isinstance(entry, Later)] == [2]
    assert sum(isinstance(entry, Case) for entry in found) == 2
    assert not failures(bybit_standard, listed)


@pytest.mark.parametrize(
    "document",
    [
        {}, {"adl": {"cases": [{}]}}, {"odd": {"a": 5}, **EXAMPLES}, {"one": {"inputs": {"S": 1}}},
        {"one": EXAMPLES["short_put_cross_margin"] | {"expected_fee": 3}},
        {"one": {"inputs": EXAMPLES["short_put_cross_margin"]["inputs"]}},
        {"one": EXAMPLES["short_put_cross_margin"] | {"inputs": {**EXAMPLES["short_put_cross_margin"]["inputs"],
                                                              "type": "straddle"}}},
        {"one": EXAMPLES["short_put_cross_margin"] | {"inputs": {**EXAMPLES["short_put_cross_margin"]["inputs"],
                                                              "vol": 0.5}}},
    ],
)  # fmt: skip
def test_an_odd_example_is_a_failure(document: dict[str, Any]) -> None:
    assert failures(bybit_standard, document)
