"""The report: its numbers are those of the functions, nothing in it comes from outside, and any name is safe in it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import seawall as sw
from seawall.api.outcomes import Outcomes
from seawall.core.amounts import amount, compact
from seawall.core.errors import InputError, SeawallError, UnknownNameError
from seawall.reporting.blocks import column, typeset
from seawall.reporting.context import Context
from seawall.reporting.page import SECTIONS_COUNT
from seawall.reporting.stress_table import stress_table
from seawall.risk.daily_moves import at_the_money
from seawall.risk.margin_shares import margin_shares
from tests.unit.reporting.pages import HOSTILE, MARKET, hostile_page, page_of, section_of, seen, written

ACCOUNT = "short_strangle"
FAMILIES = ["deribit/x_pm", "okx/pm", "derive/pmrm2"]


@pytest.mark.parametrize("policy", FAMILIES)
def test_the_figures_of_the_summary_are_those_of_the_margin(policy: str) -> None:
    [row] = sw.margin("demo", MARKET, policy)[ACCOUNT]
    texts = seen(page_of(ACCOUNT, policy)).texts
    for figure in (row.initial_margin, row.maintenance_margin, row.equity, row.available_funds):
        assert f"{typeset(amount(figure, 'USD'))} USD" in texts
    assert typeset(f"{row.margin_ratio:.1%}") in texts
    assert row.evidence.value in texts
    assert row.policy_digest in texts
    assert row.snapshot_digest in texts


@pytest.mark.parametrize("policy", FAMILIES)
def test_one_cell_is_marked_and_it_is_the_scenario_that_binds(policy: str) -> None:
    detail = sw.margin("demo", MARKET, policy).explain(ACCOUNT).detail
    [grid] = [*detail.matrices, *detail.arrays]
    amounts = [*grid.standard.ravel(), *grid.extended] if detail.matrices else grid.pnl.tolist()
    assert seen(page_of(ACCOUNT, policy)).marked == [f"◀ {typeset(compact(float(amounts[grid.worst_scenario])))}"]


def test_the_liquidation_prices_are_those_of_the_distances() -> None:
    texts = seen(page_of(ACCOUNT)).texts
    found = sw.distance("demo", MARKET, "deribit/x_pm", accounts=[ACCOUNT])
    for way in ("BTC down", "BTC up"):
        one = found.of(ACCOUNT, way)
        assert f"{one.prices['BTC']:,.0f} USD" in texts
        assert typeset(f"{one.move:+.1%}") in texts


def test_shares_and_the_rest_that_stand_below_the_waterfall_sum_to_the_margin() -> None:
    now = sw.load_snapshot(MARKET)
    found = margin_shares(
        sw.load_book("demo", snapshot=now), now, sw.margin("demo", now, "okx/pm").policy, account=ACCOUNT
    )
    note = next(text for text in seen(page_of(ACCOUNT, "okx/pm")).texts if "unallocated rest" in text and ";" in text)
    told = [float(one.replace("−", "-").replace(",", "")) for one in re.findall(r" (−?[\d,.]*\d)(?=[;.] |$)", note)]
    *parts, total = told
    assert len(parts) == len(found.shares) + 1
    assert sum(parts) == pytest.approx(found.initial, abs=len(told))
    assert total == pytest.approx(found.initial, abs=1.0)


def test_stress_tells_of_every_named_scenario() -> None:
    texts = seen(page_of(ACCOUNT)).texts
    found = sw.stress("demo", MARKET, "all", "deribit/x_pm")
    assert len(found.scenarios) >= 5
    for name in found.scenarios:
        one = found.of(ACCOUNT, name)
        [at] = [i for i, text in enumerate(texts) if text.startswith(f"{name}: ")]
        assert typeset(f"{one.pnl:,.0f}") in texts[at : at + 8]  # a column with large amounts has no cents
        assert one.status in texts[at : at + 9]


def test_value_at_risk_with_its_intervals_and_holdings_is_that_of_the_function() -> None:
    part = section_of(page_of(ACCOUNT), "var")
    [one] = sw.value_at_risk("demo", MARKET, account=ACCOUNT).accounts
    risk = one.risk
    bounds = (*risk.value_at_risk_interval, *risk.expected_shortfall_interval)
    held = [(x.value_at_risk, x.expected_shortfall, x.incremental_expected_shortfall) for x in one.parts]
    for figure in (risk.value_at_risk, risk.expected_shortfall, *bounds, *(x for row in held for x in row)):
        assert typeset(f"{figure:,.0f}") in part.texts
    assert "svg" in {name for name, _ in part.tags}
    told = [text for text in part.texts if "seed 1" in text]
    assert told
    assert any("20,000 draws of 1 day, seed 1" in text for text in section_of(page_of(ACCOUNT), "how").texts)


def test_outcomes_that_are_asked_for_are_those_of_the_page_and_what_no_account_uses_is_refused() -> None:
    asked = Outcomes(vols={"BTC": 0.9}, correlation=0.5, count=2_000, seed=7, dof=5)
    small = {"BTC-PERPETUAL": -60_000, "BTC": 1.0}
    page = sw.report(small, MARKET, outcomes=asked, confidence=0.975)
    [one] = sw.value_at_risk(small, MARKET, asked, confidence=0.975).accounts
    nearest = sw.reverse_stress(small, MARKET, vols={"BTC": 0.9}, correlation=0.5)
    texts = section_of(page, "var").texts
    assert typeset(amount(one.risk.expected_shortfall, "USD")) in texts
    assert typeset("ES, 97.5 %") in texts
    assert any(typeset("97.5 % confidence") in text and "seed 7" in text for text in section_of(page, "how").texts)
    told = " ".join(section_of(page, "nearest").texts)
    assert typeset("BTC 90.0 % a year (stated)") in told
    assert f"{nearest.directions} directions" in told
    with pytest.raises(InputError, match="SOL"):
        sw.report(small, MARKET, outcomes=Outcomes(vols={"SOL": 0.9}))


def test_the_nearest_joint_move_is_that_of_the_function_with_its_covariance() -> None:
    texts = section_of(page_of(ACCOUNT), "nearest").texts
    found = sw.reverse_stress("demo", MARKET, "deribit/x_pm", account=ACCOUNT)
    assert found.kind == "crossing"
    assert any(f"{found.sigmas:.1f} standard deviations" in text for text in texts)
    for name in found.factors:
        assert typeset(f"{found.moves[name]:+.1%}") in texts
    assert all(any(typeset(note) in text for text in texts) for note in found.notes) and found.notes
    vol = at_the_money(sw.load_snapshot(MARKET), "BTC")
    row = texts.index("volatilities of BTC")
    move = found.moves["vol BTC"]
    assert texts[row + 1 : row + 4] == [typeset(x) for x in (f"{move:+.1%}", f"{vol:.1%}", f"{vol * (1.0 + move):.1%}")]


def test_greeks_are_those_of_the_exposures_net_gross_and_by_moneyness_in_whole_dollars() -> None:
    texts = section_of(page_of(ACCOUNT), "greeks").texts
    book = sw.load_book("demo")
    found = sw.exposures(book.take([book.row(ACCOUNT)]), MARKET)
    [total] = found.by("asset", "expiry").parts
    first = (total.net["cash_delta_usd"], total.net["cash_gamma_usd"], 0.01 * total.net["vega_usd"],
             total.net["theta_usd_day"])  # fmt: skip
    gross = (total.gross["cash_delta_usd"], total.gross["cash_gamma_usd"], 0.01 * total.gross["vega_usd"])
    second = (0.01 * total.net["rho_usd"], 0.01 * total.net["vanna_usd"], 1e-4 * total.net["volga_usd"])
    ends = [k for k, text in enumerate(texts) if text == "all"]
    assert len(ends) == 3
    whole = [[typeset(f"{figure:,.0f}") for figure in figures] for figures in (first, (*second, *gross))]
    assert texts[ends[0] + 2 : ends[0] + 6] == whole[0]  # delta, in coin, stands before them
    assert texts[ends[1] + 1 : ends[1] + 7] == whole[1]
    assert texts[ends[2] + 1 : ends[2] + 5] == whole[0]
    [asset] = found.by("asset", "moneyness").parts
    for part in asset.parts:
        row = texts.index("no strike" if part.name == "none" else part.name)
        assert texts[row + 1] == typeset(f"{part.net['cash_delta_usd']:,.0f}")
    cents = [text for text in texts[: ends[2] + 5] if re.fullmatch(r"[−0-9,]+\.\d\d", text)]
    assert cents == []


def test_every_section_is_there_once_for_each_account_and_in_the_contents() -> None:
    today = ("summary", "components", "scenarios", "holdings")
    keys = (*today, "price", "surface", "distance", "nearest", "greeks", "var", "attribution", "stress")
    page = page_of(ACCOUNT)
    found = seen(page)
    for address in (*(f"a0-{key}" for key in keys), "basis-evidence", "basis-notes", "basis-how"):
        assert [a.get("id") for a in found.of("section")].count(address) == 1
        assert {"href": f"#{address}"} in found.of("a")


def test_legs_are_told_to_the_accounts_that_they_concern_alone() -> None:
    wings = sw.Account("wings", (sw.Position("BTC-25SEP26-35000-P", -1.0),), {"BTC": 1.0})
    plain = sw.Account("plain", (sw.Position("BTC-PERPETUAL", -10_000.0),), {"BTC": 1.0})
    now = sw.load_snapshot(MARKET)
    ask = np.where(np.array(now.table.names) == "BTC-25SEP26-35000-P", np.nan, now.ask)
    book = sw.Book.of([wings, plain])
    context = Context(book, replace(now, ask=ask), sw.margin(book, now).policy, book.accounts)
    first, other = (" ".join(seen(written(stress_table(context, name))).texts) for name in book.accounts)
    assert "no ask for BTC-25SEP26-35000-P" in first
    assert "BTC-25SEP26-35000-P" not in other
    assert "Not applied" in other  # what holds for everybody is told to everybody


def test_the_points_of_a_column_of_amounts_stand_below_each_other_and_nothing_becomes_zero() -> None:
    large = [cell.text for cell in column([1_234_567.0, -958.11, 0.004, 0.0, float("nan")], "USD")]
    assert large == ["1,234,567", "−958", "0.004", "0", "n/a"]
    assert [cell.text for cell in column([9_999.0, -1.5], "USD")] == ["9,999.00", "−1.50"]
    assert [cell.text for cell in column([20_000.0, 1.0], "BTC")] == ["20,000.000000", "1.000000"]


def test_every_number_and_rule_behind_the_margin_is_listed_the_assumed_ones_first() -> None:
    page = page_of(ACCOUNT)
    texts = "\n".join(seen(page).texts)
    evidence = sw.margin("demo", MARKET, "deribit/x_pm").explain(ACCOUNT).evidence
    for item in evidence:
        assert item.subject in texts
    grades = re.findall(r'<th scope="row" class="t[^"]*">(assumed|second hand|documented|verified)</th>', page)
    order = ["assumed", "second hand", "documented", "verified"]
    assert grades == sorted(grades, key=order.index)
    assert len(set(grades)) > 1


@pytest.mark.parametrize("make", [lambda: page_of(ACCOUNT), hostile_page], ids=["one", "hostile"])
def test_the_page_asks_for_nothing_from_outside_and_runs_nothing(make: object) -> None:
    page = make()  # type: ignore[operator]
    found = seen(page)
    kinds = {name for name, _ in found.tags}
    assert not kinds & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use-external"}
    for name, attributes in found.tags:
        for key, content in attributes.items():
            assert not key.startswith("on"), (name, key)
            assert key not in {"src", "srcset", "action", "data"}, (name, key)
            assert not key.endswith("href") or (content or "").startswith("#"), (name, content)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    policy = next(meta for meta in found.of("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(policy["content"])


@pytest.mark.parametrize("make", [lambda: page_of(ACCOUNT), hostile_page], ids=["one", "hostile"])
def test_the_page_can_be_walked_by_headings_tables_and_links(make: object) -> None:
    page = make()  # type: ignore[operator]
    found = seen(page)
    ids = [attributes["id"] for _, attributes in found.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    targets = {str(a["href"])[1:] for a in found.of("a")}
    targets |= {one for _, a in found.tags for one in (a.get("aria-labelledby") or "").split()}
    assert targets <= set(ids)
    levels = [int(name[1]) for name, _ in found.tags if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(head.get("scope") in ("col", "row") for head in found.of("th"))
    assert len(found.of("caption")) == len(found.of("table")) > 5
    assert all(svg.get("role") == "img" for svg in found.of("svg"))
    [html] = found.of("html")
    assert html["lang"] == "en"


def test_a_name_that_wants_to_be_markup_is_shown_as_it_is() -> None:
    found = seen(hostile_page())
    assert f"Account {HOSTILE}" in found.texts
    assert HOSTILE in found.texts
    assert "49" not in [text.strip() for text in found.texts]


def test_an_account_without_a_margin_says_why_and_gets_no_number_in_its_place() -> None:
    page = hostile_page()
    part = page[page.index('<section class="part" id="a0"') : page.index('<section class="part" id="a1"')]
    assert "has no USD index for DOGE" in part
    texts = seen(part).texts
    assert texts.count("n/a USD") == 4
    assert "What is not shown" in texts
    for missing in ("Over the price", "Liquidation surface", "Stress"):
        assert missing not in texts
    other = page[page.index('<section class="part" id="a1"') :]
    assert "Liquidation surface" in seen(other).texts


def test_a_book_of_many_accounts_has_all_in_its_overview_and_says_which_have_sections() -> None:
    many = [sw.Account(f"desk-{k:02}", (), {"BTC": 1.0 + k}) for k in range(SECTIONS_COUNT + 3)]
    page = sw.report(sw.Book.of(many), MARKET)
    texts = seen(page).texts
    assert all(texts.count(account.id) >= 1 for account in many)
    headed = [text for text in texts if text.startswith("Account desk-")]
    assert len(set(headed)) == SECTIONS_COUNT
    assert any(
        f"The first {SECTIONS_COUNT} accounts have sections" in text and "3 are in this table" in text for text in texts
    )


def test_an_unknown_account_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="nobody"):
        sw.report("demo", MARKET, account="nobody")


def test_without_the_template_engine_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(SeawallError, match=r"pip install 'seawall\[report\]'"):
        sw.report({"BTC": 1.0}, MARKET)


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib, seawall as sw\n"
        f"page = sw.report('demo', {MARKET!r}, 'deribit/x_pm', account={ACCOUNT!r})\n"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    here = hashlib.sha256(page_of(ACCOUNT).encode()).hexdigest()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert done.stdout.strip() == here
