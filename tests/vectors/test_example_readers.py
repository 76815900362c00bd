"""The readers of Derive's auction, Paradex and single examples: printed numbers can fail, unread keys are failures."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.vectors import derive_liquidation, other_examples, paradex
from tests.vectors.case import Case, Finding, Later
from tests.vectors.readers import folder

FILES: dict[str, Callable[[Any], Iterator[Finding]]] = {
    "derive_liquidation": derive_liquidation.read,
    "paradex_docs_examples": paradex.read,
    "cex_other_examples": other_examples.read,
}
SHAPES = {"request_shape", "response_shape", "source", "source_url", "note", "notes", "id", "verified", "residual"}
"""Blocks that describe and whose numbers stand for nothing."""
NOT_BINDING = {
    "mark_vol",  # each market states the volatility
    "stable", "rate", "spot_confidence", "forward_confidence",  # of initial margin, and of options that are bought
    "fee", "max",  # the text's own, which its table contradicts; a cap that nothing reaches
    "buy_orders", "upnl", "spot", "mark", "long_itm",  # of a side, an account or a cap that is not the one that counts
    "auction",  # refused where it is no whole number of seconds
}  # fmt: skip


def numbers(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each number of a document that says something."""
    rows = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, inner in rows:
        if key in SHAPES | NOT_BINDING:
            continue
        if isinstance(inner, int | float) and not isinstance(inner, bool):
            yield (*path, key)
        else:
            yield from numbers(inner, (*path, key))


def failures(found: Iterator[Finding]) -> list[str]:
    return [str(case) for case in found if isinstance(case, Case) and not case.passes]


@pytest.fixture(params=FILES)
def whole(request: pytest.FixtureRequest) -> tuple[Callable[[Any], Iterator[Finding]], dict[str, Any]]:
    file = folder() / f"{request.param}.json"
    if not file.is_file():
        pytest.skip(f"no vectors at {folder()}")
    document = json.loads(file.read_text(encoding="utf-8"))
    if "auction" in document:  # one story with two bids shows what all do
        document["cases"] = [case for case in document["cases"] if len(case["actions"]) > 1][:1]
    return FILES[request.param], document


def test_each_number_bears_on_a_comparison(whole: tuple[Any, dict[str, Any]]) -> None:
    read, document = whole
    assert failures(read(document)) == []
    for path in numbers(document):
        wrong = copy.deepcopy(document)
        block = wrong
        for key in path[:-1]:
            block = block[key]
        stated = block[path[-1]]
        block[path[-1]] = 2 * stated + 3 if isinstance(stated, int) else 1.25 * stated + 0.4375
        assert failures(read(wrong)), path


def test_what_nobody_reads_is_a_failure(whole: tuple[Any, dict[str, Any]]) -> None:
    read, document = whole
    odd = copy.deepcopy(document)
    odd["something_new"] = {"cases": [{"expected": 3.0}]}
    assert any("something_new" in line for line in failures(read(odd)))
    for path in {path[:-1] for path in numbers(document) if isinstance(path[-1], str)}:
        odd = copy.deepcopy(document)
        block = odd
        for key in path:
            block = block[key]
        if not path or not isinstance(block, dict):
            continue
        block["another_new"] = 7.0
        assert failures(read(odd)), path


TWO = {"collateral": 1_000, "target": 0.9, "step": 0.2, "positions": [
    {"size": 0.1, "entry": 60_000, "mark": 54_800, "mmf": 0.01},
    {"size": -1, "entry": 3_000, "mark": 3_400, "mmf": 0.01},
]}  # fmt: skip
"""The page's worked account, without its table."""


@pytest.mark.parametrize(("fee", "share"), [({}, 0.4), ({"fee": 0.7}, 0.4), ({"fee": 0.5}, 0.4), ({"fee": 0.6}, 0.6)])
def test_a_liquidation_without_a_table_is_at_the_policys_fee_or_at_one_of_its_own(fee: Any, share: float) -> None:
    case = TWO | fee | {"expected_share": share}
    assert failures(paradex.read({"partial_liquidation": [case]})) == []
    assert failures(paradex.read({"partial_liquidation": [case | {"expected_share": 0.8}]}))


@pytest.mark.parametrize(
    ("terms", "initial"),
    [({}, 15.0), ({"otm": 3}, 12.0), ({"strike": 103}, 12.0), ({"type": "put", "strike": 92}, 10.0)],
)
def test_a_sold_option_without_strike_or_type_is_a_call_at_the_money(terms: Any, initial: float) -> None:
    case = {"side": "short", "spot": 100, "mark": 5, "imr": initial} | terms
    assert failures(paradex.read({"option_cross_margin": [case]})) == []
    assert failures(paradex.read({"option_cross_margin": [case | {"imr": initial + 1}]}))


def test_an_insolvent_payment_of_an_older_rule_is_not_compared_and_not_forgotten() -> None:
    expected = {"lowerbound": -325.0, "sMPayout": -9.0}
    [later] = derive_liquidation._payment("story", expected, 10**18)
    assert isinstance(later, Later)
    assert later.count == 2
    [case] = derive_liquidation._payment("story", {"sMPayout": -1.0}, 10**18)
    assert isinstance(case, Case)
    assert case.passes


@pytest.mark.parametrize(("received", "passes"), [(0.2, True), (0.25, False)])
def test_a_share_received_is_of_the_original_account(received: float, passes: bool) -> None:
    whole = 10**18
    expected = {"finalPercentageReceived": received}
    [case] = derive_liquidation._bid("story", expected, whole // 4, whole * 4 // 5, 0, derive_liquidation.Phase.SOLVENT)
    assert isinstance(case, Case)
    assert case.passes is passes
