"""The example scripts run from top to bottom, offline, and what they print is what the library says."""

from __future__ import annotations

import ast
import re
import runpy
import socket
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import seawall as sw
from seawall.risk.tail_report import WHOLE_BOOK

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


class Run(NamedTuple):
    names: dict[str, Any]
    text: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Run:
    def refused(*words: object, **more: object) -> None:
        raise AssertionError("an example asks the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    names = runpy.run_path(str(ROOT / "examples" / f"{request.param}.py"), run_name="__main__")
    return Run(names, capsys.readouterr().out)


def test_every_script_is_run_by_a_test_and_named_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert {path.stem for path in SCRIPTS} == {"market_makers_morning", "stress_and_margin_call", "risk_teams_day"}
    for path in SCRIPTS:
        assert f"../examples/{path.name}" in index


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_has_cells_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n") and ast.get_docstring(ast.parse(text))
    cells = re.split(r"^# %%.*$", text, flags=re.MULTILINE)[1:]
    assert len(cells) >= 6
    for cell in cells:
        ast.parse(cell)  # each can be run alone


@pytest.mark.parametrize("run", ["market_makers_morning"], indirect=True)
def test_a_morning_prints_the_margin_the_distance_and_the_trade(run: Run) -> None:
    margins = sw.margin("demo", "deribit-btc-2026-08-01", "deribit/x_pm")
    for one in margins:
        line = next(line for line in run.text.splitlines() if line.split()[:1] == [one.account])
        assert f"{one.initial_margin:,.0f}" in line and line.endswith("CALLED") is (one.available_funds < 0.0)
    assert run.names["called"] == ["delta_hedged_short_gamma"]
    nearest = run.names["nearest"]
    assert f"{nearest.account}, {nearest.direction}, at {nearest.prices['BTC']:,.0f} USD" in run.text
    at_the_point = sw.distance("demo", "deribit-btc-2026-08-01", "deribit/x_pm", accounts=[nearest.account])
    assert at_the_point.of(nearest.account, nearest.direction).move == nearest.move
    total = sum(part.net["delta"] for part in run.names["by_expiry"].parts)
    assert total == pytest.approx(sum(run.names["exposure"].of(asset, "delta") for asset in ("BTC", "USDC")), rel=1e-12)
    rows = run.names["venues"].rows("short_strangle")
    assert len(rows) == 4 and f"least at {min(rows, key=lambda row: row['initial_margin_usd'])['policy']}" in run.text
    after = sw.what_if("demo", "deribit-btc-2026-08-01", run.names["trades"], account="short_strangle")
    assert f"-> {after.initial_after_usd:,.0f} USD" in run.text


@pytest.mark.parametrize("run", ["stress_and_margin_call"], indirect=True)
def test_a_margin_call_story_adds_up(run: Run) -> None:
    names = run.names
    liquidated = [one for one in names["stress"] if one.status == "liquidated"]
    assert run.text.count("liquidated") == len(liquidated) > 0
    assert all(one.ratio >= 1.0 for one in liquidated)
    path = names["path"]
    for account, usd in names["need"].items():
        assert usd == sum(step.paid for step in path.of(account)) and f"{usd:,.0f}" in run.text
    steps = path.of("short_strangle")
    short = [max(step.initial_margin - step.margin_balance, 0.0) for step in steps]
    assert [step.called for step in steps] == pytest.approx(short, abs=1e-6)
    tight, slow = names["tight"], names["slow"]
    assert tight.probability == slow.probability  # who waits does not change whether there is a call
    assert tight.too_late == ("coin in custody",) and slow.too_late == ()
    assert f"{tight.probability.value:.2%}" in run.text and f"{slow.can_pay.value:.1%}" in run.text


@pytest.mark.parametrize("run", ["risk_teams_day"], indirect=True)
def test_a_risk_team_s_day_adds_up(run: Run) -> None:
    names = run.names
    for one in names["tail"].accounts:
        assert f"{one.risk.value_at_risk:,.0f}" in run.text and f"{one.risk.expected_shortfall:,.0f}" in run.text
        assert one.risk.expected_shortfall >= one.risk.value_at_risk
    assert names["tail"][WHOLE_BOOK].risk.expected_shortfall > 0.0
    breaches = names["report"].breaches
    assert f"{len(breaches)} of {len(names['report'].rows())} limits are breached" in run.text
    tail = {row.account: row for row in breaches if row.limit.name == "tail"}
    assert set(tail) == {"short_strangle", "delta_hedged_short_gamma"}
    assert tail["short_strangle"].measured == names["tail"]["short_strangle"].risk.expected_shortfall
    margin = sw.margin("demo", "deribit-btc-2026-08-01", names["policy"])
    assert names["change"].before["initial"] == pytest.approx(margin["short_strangle"][0].initial_margin)
    again = sw.margin("demo", "deribit-btc-2026-08-01", names["tighter"])
    assert names["impact"].after.initial_margin == pytest.approx(again.initial_margin)
    assert set(names["impact"].newly_called) == {"delta_hedged_short_gamma", "naked_wing_seller"}
