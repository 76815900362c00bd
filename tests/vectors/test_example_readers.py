"""The readers of Derive's auction, Paradex and single examples: printed numbers can fail, unread keys are failures."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.vectors import derive_liquidation, other_examples, paradex
from tests.vectors.case import Case, Finding
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
