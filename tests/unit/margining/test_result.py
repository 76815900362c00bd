"""Results: rows and tables, one account's margin, and what is behind it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seawall import __version__
from seawall.core.errors import UnknownNameError
from seawall.core.evidence import Grade
from seawall.core.html_table import cell_text
from seawall.margining.columns import margin_ratio
from seawall.margining.model import RiskMatrix
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, book, margins, market

S_PM, X_PM, S_SM = "deribit/s_pm/2026-02-15", "deribit/x_pm/2026-02-15", "deribit/s_sm/2022-01-11"

TWO = Book.of([
    Account("desk", (Position("BTC-PERPETUAL", BTC), Position("BTC_USDC-PERPETUAL", 1.0)), {"BTC": 1.0}),
    Account("other", (Position("BTC-PERPETUAL", -BTC),), {"BTC": 0.5}),
])  # fmt: skip


def test_rows_come_by_account_and_say_what_they_were_made_from() -> None:
    rows = margins(TWO, S_PM).rows()
    assert [(row["account"], row["currency"]) for row in rows] == [("desk", "BTC"), ("desk", "USDC"), ("other", "BTC")]
    for row in rows:
        assert row["policy"] == S_PM
        assert row["policy_digest"] == at(S_PM).digest
        assert row["snapshot_digest"] == market().digest
        assert row["seawall"] == __version__


@pytest.mark.parametrize("policy", [S_PM, X_PM, S_SM])
def test_rows_and_values_of_one_account_agree(policy: str) -> None:
    found = margins(TWO, policy)
    for row, margin in zip(found.rows(), found, strict=True):
        for field in ("account", "currency", "equity", "initial_margin", "maintenance_margin", "margin_ratio",
                      "available_funds", "worst_scenario", "unavailable", "derived_prices"):  # fmt: skip
            assert row[field] == getattr(margin, field), field
        assert row["evidence"] == margin.evidence.value
        assert {f"initial_{name}": amount for name, amount in margin.initial.items()}.items() <= row.items()


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_tables_of_every_library_hold_the_rows(library: str) -> None:
    found = margins(TWO, X_PM)
    table = found.table(library)
    assert type(table).__module__.split(".")[0] == library
    if library == "pandas":
        rows = table.to_dict(orient="records")
    else:
        rows = table.to_dicts() if library == "polars" else table.to_pylist()
    assert rows == found.rows()


def test_the_netting_sets_of_one_account_are_found_by_its_name() -> None:
    found = margins(TWO, S_PM)
    assert [margin.currency for margin in found["desk"]] == ["BTC", "USDC"]
    with pytest.raises(UnknownNameError, match="desks"):
        found["desks"]


def test_the_only_account_need_not_be_named_and_one_of_several_must() -> None:
    assert margins(book({"BTC-PERPETUAL": BTC}), S_PM).explain().margins[0].account == "desk"
    with pytest.raises(UnknownNameError):
        margins(TWO, S_PM).explain()


@pytest.mark.parametrize(
    ("maintenance", "balance", "ratio"),
    [(1.0, 4.0, 0.25), (0.0, 0.0, 0.0), (0.0, 5.0, 0.0), (1.0, 0.0, math.inf), (1.0, -1.0, math.inf),
     (0.0, -1.0, math.inf), (2.0, 1.0, 2.0)],
)  # fmt: skip
def test_the_ratio_is_one_at_liquidation_and_infinite_where_nothing_covers(
    maintenance: float, balance: float, ratio: float
) -> None:
    assert margin_ratio(np.array([maintenance]), np.array([balance])).tolist() == [ratio]


def test_the_ratio_of_what_is_unavailable_is_unavailable() -> None:
    assert np.isnan(margin_ratio(np.array([np.nan, 1.0]), np.array([1.0, np.nan]))).all()


def test_what_is_unavailable_says_why_and_shows_no_number() -> None:
    found = margins(TWO, X_PM, market(mark={"BTC_USDC-PERPETUAL": math.nan}))
    desk, other = found["desk"][0], found["other"][0]
    assert math.isnan(desk.initial_margin)
    assert math.isnan(desk.maintenance_margin)
    assert "BTC_USDC-PERPETUAL" in desk.unavailable
    assert desk.worst_scenario == ""
    assert not other.unavailable
    assert "unavailable" in str(found.explain("desk"))


def test_an_explanation_shows_components_grid_and_evidence() -> None:
    held = book({"BTC-PERPETUAL": -BTC, "BTC-CALL": 2.0}, {"BTC": 1.0})
    explained = margins(held, X_PM).explain()
    [matrix] = explained.detail.matrices
    assert matrix.name == "btc_usd"
    assert set(matrix.lines) == {"BTC-PERPETUAL", "BTC-CALL", "BTC equity"}
    assert matrix.standard.shape == (9, 3)
    assert matrix.contributions.sum() == pytest.approx(-matrix.worst, abs=1e-6)
    words = str(explained)
    for part in ("worst_case", "roll_shock", "BTC equity", "evidence: "):
        assert part in words
    ranks = [item.grade.rank for item in explained.evidence]
    assert ranks == sorted(ranks, reverse=True)
    assert explained.margins[0].evidence is max((item.grade for item in explained.evidence), key=lambda g: g.rank)


def test_an_explanation_in_a_notebook_has_a_table_of_components_for_each_netting_set_and_one_for_each_grid() -> None:
    found = margins(TWO, S_PM).explain("desk")
    page = found._repr_html_()
    assert page.count("<table>") == len(found.margins) + len(found.detail.matrices) > 2
    for margin in found.margins:
        assert f"desk under {S_PM}, {margin.currency}" in page
        assert f">{cell_text(margin.initial_margin)}</td>" in page
    hostile = replace(found, margins=(replace(found.margins[0], account="<b>", unavailable="<i>"),))
    assert "<b>" not in hostile._repr_html_() and "unavailable: &lt;i&gt;" in hostile._repr_html_()


def test_a_result_is_graded_by_what_it_rests_on_and_no_more() -> None:
    found = margins(Book.of([
        Account("linear", (Position("BTC-PERPETUAL", BTC),)),
        Account("optioned", (Position("BTC-CALL", -1.0),)),
        Account("idle"),
    ]), S_PM)  # fmt: skip
    grades = {row.account: row.evidence for row in found}
    assert grades["idle"] is None
    assert grades["optioned"] is Grade.ASSUMED
    exact = margins(book({"BTC-PERPETUAL": BTC}), "deribit/s_pm/2024-06-17")
    assert exact["desk"][0].evidence.rank < Grade.ASSUMED.rank


def test_the_contributions_of_a_far_worst_case_are_the_weighted_far_ones() -> None:
    [matrix] = margins(book({"BTC-FAR-CALL": -1_000.0}), S_PM).explain().detail.matrices
    assert isinstance(matrix, RiskMatrix)
    assert matrix.worst_scenario >= matrix.standard.size
    far = matrix.worst_scenario - matrix.standard.size
    assert matrix.contributions.tolist() == matrix.line_extended[:, far].tolist()
    assert -matrix.contributions.sum() > matrix.worst  # the dampener came off in between
