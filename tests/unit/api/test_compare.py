"""One book under several policies: the same numbers as one by one, and differences that add up."""

from __future__ import annotations

import numpy as np
import pytest

import seawall as sw
from seawall.margining import evaluate
from seawall.margining.components import Component
from seawall.margining.stand_alone import positions_only, stacked, stand_alone
from seawall.margining.totals import total_usd

MARKET = "deribit-btc-2026-08-01"
POLICIES = ["deribit/x_pm", "deribit/s_pm", "deribit/x_sm"]


@pytest.fixture(scope="module")
def found() -> sw.Comparison:
    return sw.compare("demo", MARKET, POLICIES)


def test_every_policy_needs_what_it_needs_alone(found: sw.Comparison) -> None:
    for p, policy in enumerate(POLICIES):
        alone = sw.margin("demo", MARKET, policy)
        assert found.initial_usd[p].tolist() == total_usd(alone, "initial").tolist()
        assert found.maintenance_usd[p].tolist() == total_usd(alone, "maintenance").tolist()


def test_headroom_is_counted_collateral_less_initial_margin(found: sw.Comparison) -> None:
    row = found.rows("covered_call")[0]
    margin = found.margins[0]["covered_call"][0]
    assert row["headroom_usd"] == pytest.approx(margin.margin_balance - margin.haircut - margin.initial_margin)
    assert row["margin_ratio"] == margin.margin_ratio


def test_netting_is_the_sum_of_parts_over_the_whole(found: sw.Comparison) -> None:
    market, book = sw.load_snapshot(MARKET), sw.load_book("demo")
    whole, apart = (total_usd(sw.margin(one, market, POLICIES[0]), "initial")
                    for one in (positions_only(book), stand_alone(book)))  # fmt: skip
    summed = np.bincount(book.positions.rows, weights=apart, minlength=len(book))
    np.testing.assert_allclose(found.netting_benefit[0], summed / whole, rtol=1e-12)
    assert (found.netting_benefit[0] > 1.5).any()


def test_netting_can_be_left_out() -> None:
    quick = sw.compare("demo", MARKET, POLICIES[:2], netting=False)
    assert np.isnan(quick.netting_benefit).all()
    assert not np.isnan(quick.initial_usd).any()


def test_classes_of_components_sum_to_the_margin(found: sw.Comparison) -> None:
    np.testing.assert_allclose(sum(found.components_usd.values()), found.initial_usd, rtol=1e-12)


def test_differences_sum_to_the_difference(found: sw.Comparison) -> None:
    one, two = found.policies[0], found.policies[2]
    parts = found.differences("short_strangle", one, two)
    assert sum(part.change for part in parts) == pytest.approx(found.initial_usd[2, 0] - found.initial_usd[0, 0])
    assert [abs(part.change) for part in parts] == sorted((abs(part.change) for part in parts), reverse=True)
    assert {Component.SCENARIO, Component.SHORT_OPTIONS} <= {part.component for part in parts}


def test_the_loss_in_the_binding_scenario_is_the_charge_of_a_rule_without_weights(found: sw.Comparison) -> None:
    """The box owns next to no delta; under X:PM its loss and that of its coin at -16 % are the scenario loss."""
    row = found.rows("box")[0]
    margin = found.margins[0].explain("box")
    [matrix] = margin.detail.matrices
    of_positions = [gain for name, gain in zip(matrix.lines, matrix.contributions, strict=True) if "equity" not in name]
    assert row["binding_loss_usd"] == pytest.approx(-sum(of_positions), rel=1e-9)


def test_what_a_venue_has_no_rule_for_is_refused_there_and_named() -> None:
    rows = [{"account": "carry", "instrument": "BTC-25DEC26", "size": -10_000}]
    rows += [{"account": "desk", "instrument": "BTC-PERPETUAL", "size": 10_000}]
    found = sw.compare(rows, MARKET, ["deribit/x_pm", "derive/pmrm2"])
    [carry] = [row for row in found.rows("carry") if np.isnan(row["initial_margin_usd"])]
    assert carry["policy"] == "derive/pmrm2/2026-01-21"
    assert "BTC-25DEC26" in str(carry["unavailable"])
    assert all(np.isfinite(row["initial_margin_usd"]) and not row["unavailable"] for row in found.rows("desk"))


def test_a_stand_in_is_used_only_on_request_and_the_policy_says_so() -> None:
    policy = sw.compare("demo", MARKET, POLICIES[:1], stand_ins={"SOL": "ETH"}).policies[0]
    assert policy.endswith(" SOL as ETH")


@pytest.mark.parametrize(
    ("policies", "words"),
    [([], "policies is 'none'"), ("deribit/x_pm", "it is a list"), (["deribit/x_pm", "deribit/x_pm"], "named once")],
)
def test_policies_that_make_no_comparison_are_refused(policies: object, words: str) -> None:
    with pytest.raises(sw.InputError, match=words):
        sw.compare("demo", MARKET, policies)  # type: ignore[arg-type]


def test_a_stand_in_that_the_policy_does_not_know_is_refused() -> None:
    with pytest.raises(sw.InputError, match="no number for it"):
        sw.compare("demo", MARKET, POLICIES[:1], stand_ins={"SOL": "NOSUCH"})


def test_a_comparison_is_a_table(found: sw.Comparison) -> None:
    table = found.table("pandas")
    assert len(table) == len(found.accounts) * len(POLICIES)
    assert set(table["policy"]) == set(found.policies)


def test_stacked_books_keep_every_account_as_it_was() -> None:
    book, market = sw.load_book("demo"), sw.load_snapshot(MARKET)
    policy = sw.margin(book, market, "deribit/s_pm").policy
    both = evaluate(stacked(book, positions_only(book)), market, [policy])[0]
    alone = evaluate(book, market, [policy])[0]
    assert total_usd(both, "initial")[: len(book)].tolist() == total_usd(alone, "initial").tolist()
