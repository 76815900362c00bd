"""The readers of risk figures: they find their numbers under several names, and a wrong one fails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vectors import theory_portfolio, theory_tail
from tests.vectors.case import Case, Later

JORION: dict[str, Any] = {
    "id": "jorion", "inputs": {"positions": [2e6, 1e6], "vols": [0.05, 0.12], "corr": 0.0, "z": 1.65},
    "expected": {"VaR": 257_738, "component_VaR": [105_630, 152_108], "marginal": [0.0528, 0.1521]},
}  # fmt: skip
HIGHAM: dict[str, Any] = {
    "id": "higham", "inputs": {"A": [[1, 1, 0], [1, 1, 1], [0, 1, 1]]},
    "expected": {"nearest": [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]], "distance": 0.5278},
    "tolerance": {"abs": 5e-5},
}  # fmt: skip


def cases(document: dict[str, Any], reader: Any = theory_portfolio.read) -> list[Case]:
    return [found for found in reader({"cases": [document]}) if isinstance(found, Case)]


@pytest.mark.parametrize(("document", "count"), [(JORION, 5), (HIGHAM, 10)])
def test_published_figures_are_read_and_met(document: dict[str, Any], count: int) -> None:
    found = cases(document)
    assert len(found) == count
    assert all(case.passes for case in found)


def test_a_wrong_figure_fails() -> None:
    wrong = JORION | {"expected": {"VaR": 257_738, "component_VaR": [105_632, 152_108]}}
    assert [case.passes for case in cases(wrong)] == [True, False, True]


@pytest.mark.parametrize("expected", [{"component_VaR": [1.0], "charm": 3.0}, {}])
def test_what_is_not_understood_fails(expected: dict[str, Any]) -> None:
    assert any("not understood" in case.note for case in cases(JORION | {"expected": expected}))


def test_an_input_that_is_not_understood_fails() -> None:
    found = cases(
        {"id": "q", "inputs": {"delta": 1.0, "gamma": 0.0, "q": 0.01, "skew": 2.0}, "expected": {"VaR99": 2.326347874}},
        theory_tail.read_optimisation,
    )
    assert [case.passes for case in found] == [False, True]


def test_what_an_optimiser_finds_is_for_later() -> None:
    found = list(theory_portfolio.read({"cases": [{"id": "x", "inputs": {}, "expected": {"sharpe": 4.4535}}]}))
    assert found == [Later("case 0 x", 1)]
