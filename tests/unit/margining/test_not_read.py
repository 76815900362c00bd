"""What a policy's file says that a model leaves to others of its family, the model does not read."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib.resources import files

import numpy as np
import pytest

from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable, Option, Perpetual
from seawall.margining import evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at, catalogue
from seawall.portfolio import Account, Book, Position

NOW_NS = to_ns("2026-10-01")


def left_by(model_id: str) -> list[str]:
    file = files("seawall.policy") / "data" / model_id / "model.toml"
    return list(tomllib.loads(file.read_text(encoding="utf-8")).get("not_read", []))


SHARING = [row.id for row in catalogue() if left_by(row.id)]


def matched(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*") for pattern in patterns)


def margins_of(policy: MarginPolicy) -> tuple[list[float], list[float]]:
    plain = {"underlying": "BTC", "quote": "USDC", "settlement": "USDC", "inverse": False}
    listed = [Perpetual(name="BTC-PERPETUAL", **plain)]  # type: ignore[arg-type]
    if not policy.model.startswith("hyperliquid"):
        for strike, is_call in ((90_000.0, False), (110_000.0, True)):
            terms = {"strike": strike, "expiry_ns": to_ns("2026-10-01T00:10:00Z"), "is_call": is_call}
            listed.append(Option(name=f"BTC-{strike:g}", **terms, **plain))  # type: ignore[arg-type]
    n = len(listed)
    snapshot = MarketSnapshot.of(
        InstrumentTable.of(listed), name="example", venue="x", source="made up", time_ns=NOW_NS,
        index={"BTC": 100_000.0, "USDC": 1.0}, mark=[100_050.0, 4_000.0, 5_000.0][:n], forward=[100_100.0] * n,
        vol=[float("nan"), 0.6, 0.6][:n], funding_8h=[0.0001, float("nan"), float("nan")][:n],
    )  # fmt: skip
    held = [Position(one.name, size) for one, size in zip(listed, (2.0, -3.0, 1.0), strict=False)]
    book = Book.of([
        Account("one", tuple(held), {"USDC": 50_000.0}, orders=(Position(listed[0].name, -5.0),)),
        Account("other", (Position(listed[-1].name, -1.0),), {"USDC": -10.0}),
    ])  # fmt: skip
    [margins] = evaluate(book, snapshot, [policy], check_lots=False)
    return margins.initial_margin.tolist(), margins.maintenance_margin.tolist()


@pytest.mark.parametrize("model_id", SHARING)
def test_a_model_gives_the_same_margins_without_what_it_leaves(model_id: str) -> None:
    policy, left = at(model_id, NOW_NS), left_by(model_id)
    kept = {name: one for name, one in policy.parameters.items() if not matched(name, left)}
    without = replace(policy, parameters=kept)
    found = margins_of(without)
    assert np.isfinite(found).all()
    assert found == margins_of(policy)


@pytest.mark.parametrize("model_id", SHARING)
def test_each_name_that_a_model_leaves_is_one_of_its_family(model_id: str) -> None:
    policy = at(model_id, NOW_NS)
    names = [*policy.parameters, *(f"rules.{name}" for name in policy.rules)]
    for pattern in left_by(model_id):
        assert any(matched(name, [pattern]) for name in names), pattern


def test_some_models_share_a_family() -> None:
    assert {"paradex/pm", "paradex/xm", "hyperliquid/cross"} <= set(SHARING)
