"""A venue's own margin answer, computed again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seawall as sw

ROOT = Path(__file__).parents[3]
PUBLISHED = next((ROOT / "tests" / "vectors" / "published").glob("cex_deribit_pme_simulate*"))


@pytest.fixture
def answer() -> dict[str, Any]:
    """Deribit's documented simulation, as the API reference prints it."""
    return json.loads(PUBLISHED.read_text())["response"]


def test_the_documented_simulation_agrees_in_every_number(answer: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer))
    for source in (answer, answer["result"], file, str(file), file.read_bytes()):
        found = sw.reconcile(source)
        assert len(found.lines) > 100
        assert found.differing(absolute=1e-12, relative=0.0) == ()
    assert len(found.table("pandas")) == len(found.lines)


def test_a_changed_number_is_found_and_named(answer: dict[str, Any]) -> None:
    answer["result"]["margins"]["btc"]["initial_margin"] += 1e-3
    answer["result"]["aggregated_risk_vectors"]["btc_btc"]["standard"][4] -= 1.0
    found = sw.reconcile(answer).differing(absolute=1e-9, relative=1e-9)
    assert [line.name for line in found] == ["btc_btc.standard.4", "initial_margin"]


def test_a_number_that_we_lack_differs(answer: dict[str, Any]) -> None:
    answer["result"]["aggregated_risk_vectors"]["eth_eth"] = {"standard": [1.0]}
    [line] = sw.reconcile(answer).differing(absolute=1e-9, relative=1e-9)
    assert line.name == "eth_eth.standard.0"
    assert np.isnan(line.ours)


def test_another_policy_shows_what_would_differ(answer: dict[str, Any]) -> None:
    found = sw.reconcile(answer, policy="deribit/s_pm/2026-02-15")
    assert found.margins.policy.id == "deribit/s_pm/2026-02-15"
    names = [line.name for line in found.differing(absolute=1e-9, relative=1e-9)]
    assert "initial.roll_shock" in names or "initial_margin" in names


@pytest.mark.parametrize("source", [{}, {"result": 3}, b"[]", b"{", b'{"result": {"a": 1}}', "/no/such/file.json", 7])
def test_what_is_no_margin_answer_is_refused(source: Any) -> None:
    with pytest.raises(sw.InputError):
        sw.reconcile(source)
