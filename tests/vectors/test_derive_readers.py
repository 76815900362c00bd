"""The readers of Derive's portfolios: each printed number can fail, and what nobody reads is a failure."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.vectors import derive_pmrm, derive_srm
from tests.vectors.case import Case, Finding
from tests.vectors.readers import folder

FILES: dict[str, Callable[[Any], Iterator[Finding]]] = {
    "derive_pmrm2_cases": derive_pmrm.read,
    "derive_pmrm1_scenarios": derive_pmrm.read,
    "derive_pmrm1_portfolios": derive_pmrm.read,
    "derive_srm_cases": derive_srm.read,
    "derive_srm_portfolios": derive_srm.read,
}


@pytest.fixture(params=FILES)
def whole(request: pytest.FixtureRequest) -> tuple[Callable[[Any], Iterator[Finding]], dict[str, Any]]:
    """Return a reader, and its file cut to the case with the fewest options."""
    file = folder() / f"{request.param}.json"
    if not file.is_file():
        pytest.skip(f"no vectors at {folder()}")
    document = json.loads(file.read_text(encoding="utf-8"))
    kept = [case for case in document["cases"] if case["account"].get("options") and "skip" not in case]
    case = min(kept, key=lambda one: len(one["account"]["options"]))
    return FILES[request.param], document | {"cases": [case]}


def failures(found: Iterator[Finding]) -> list[str]:
    return [str(case) for case in found if isinstance(case, Case) and not case.passes]


def test_each_number_that_is_expected_can_fail(whole: tuple[Any, dict[str, Any]]) -> None:
    read, document = whole
    assert failures(read(document)) == []
    expected = document["cases"][0]["expected"]
    for field, stated in expected.items():
        wrong = copy.deepcopy(document)
        block = wrong["cases"][0]["expected"]
        if isinstance(stated, str):
            continue  # which kind of scenario binds has no meaning where nothing is lost
        if isinstance(stated, list):
            inner = block[field]
            while isinstance(inner[0], list):
                inner = inner[0]
            inner[-1] += 1.0
        else:
            block[field] += 1.0
        assert failures(read(wrong)), field


def test_what_nobody_reads_is_a_failure(whole: tuple[Any, dict[str, Any]]) -> None:
    read, document = whole
    for place in ("account", "market", "expected"):
        odd = copy.deepcopy(document)
        odd["cases"][0][place]["something_new"] = 0.0
        assert any("something_new" in line for line in failures(read(odd))), place


def test_other_parameters_and_other_sizes_give_other_numbers(whole: tuple[Any, dict[str, Any]]) -> None:
    read, document = whole
    changed = copy.deepcopy(document)
    for holder in (changed, changed["cases"][0]):
        for group in (holder.get("params") or {}).values():
            if isinstance(group, dict):
                for name in {"max_spot_req", "min_spot_req", "mm_option", "option", "range_up", "base"} & set(group):
                    group[name] = float(group[name]) * 1.5
    case = changed["cases"][0]
    case["account"]["options"][0]["amount"] = -abs(case["account"]["options"][0]["amount"]) * 2.0
    assert failures(read(changed))
