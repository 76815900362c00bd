"""One book under several policies: the same numbers as one by one, and differences that add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.margining import evaluate
from seawall.margining.components import Component
from seawall.margining.stand_alone import positions_only, stacked, stand_alone
from seawall.margining.totals import total_usd
from seawall.policy import at

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


def test_headroom_leaves_out_what_a_haircut_takes_from_initial_margin_alone() -> None:
    """Half of the coin counts for initial margin, and all of it for maintenance margin."""
    policy = at("deribit/x_sm", "2026-08-01").with_numbers({"collateral.btc.haircut": 0.5})
    found = sw.compare("demo", MARKET, [policy, "deribit/x_pm"], netting=False)
    margin = found.margins[0]["covered_call"][0]
    assert margin.haircut > 1_000.0
    assert found.rows("covered_call")[0]["headroom_usd"] == pytest.approx(
        margin.margin_balance - margin.haircut - margin.initial_margin
    )


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


def test_what_a_venue_has_no_rule_for_is_refused_there_and_named() -> None:
    rows = [{"account": "carry", "instrument": "BTC-25DEC26", "size": -10_000}]
    rows += [{"account": "desk", "instrument": "BTC-PERPETUAL", "size": 10_000}]
    found = sw.compare(rows, MARKET, ["deribit/x_pm", "derive/pmrm2"])
    [carry] = [row for row in found.rows("carry") if np.isnan(row["initial_margin_usd"])]
    assert carry["policy"] == "derive/pmrm2/2026-01-21"
    assert "BTC-25DEC26" in str(carry["unavailable"])
    assert all(np.isfinite(row["initial_margin_usd"]) and not row["unavailable"] for row in found.rows("desk"))


def test_a_stand_in_is_used_only_on_request_and_the_policy_says_so() -> None:
    market = replace(sw.load_snapshot(MARKET), index={"BTC": 62_000.0, "XRP": 3.0, "USDC": 1.0, "USDT": 1.0})
    book = {"BTC-PERPETUAL": 10_000, "XRP": 500.0}
    [refused] = sw.compare(book, market, POLICIES[:1]).rows()
    assert "XRP" in str(refused["unavailable"])
    [row] = sw.compare(book, market, POLICIES[:1], stand_ins={"XRP": "BTC"}).rows()
    assert str(row["policy"]).endswith(" XRP as BTC")
    assert row["evidence"] == "assumed"
    assert np.isfinite(row["initial_margin_usd"])


@pytest.mark.parametrize(("asset", "words"), [("SOL", "holds nothing on SOL"), ("BTC", "numbers for BTC of their own")])
def test_a_stand_in_that_would_change_nothing_is_refused(asset: str, words: str) -> None:
    with pytest.raises(sw.InputError, match=words):
        sw.compare("demo", MARKET, POLICIES[:1], stand_ins={asset: "ETH"})


@pytest.mark.parametrize(
    ("policies", "words"),
    [([], "policies is 'none'"), ("deribit/x_pm", "it is a list"), (["deribit/x_pm", "deribit/x_pm"], "named once")],
)
def test_policies_that_make_no_comparison_are_refused(policies: object, words: str) -> None:
    with pytest.raises(sw.InputError, match=words):
        sw.compare("demo", MARKET, policies)  # type: ignore[arg-type]


def test_a_stand_in_that_the_policy_does_not_know_is_refused() -> None:
    with pytest.raises(sw.InputError, match="no number for it"):
        sw.compare("demo", MARKET, POLICIES[:1], stand_ins={"BTC": "NOSUCH"})


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


def test_coin_alone_and_debt_alone_are_compared_too() -> None:
    for amount in (3.0, -3.0):
        found = sw.compare({"BTC": amount}, MARKET)
        assert len(found.rows()) == len(found.policies)
        assert not np.isnan(found.initial_usd).any()


def test_a_ratio_of_one_is_liquidation_at_every_venue() -> None:
    """Binance liquidates at a uniMMR of 1.05: at a ratio of 1, equity is 1.05 times the venue's maintenance margin."""
    [row] = sw.compare({"BTC-PERPETUAL": -10_000, "BTC": 1.0}, MARKET, ["binance/pm"]).rows()
    margins = sw.margin({"BTC-PERPETUAL": -10_000, "BTC": 1.0}, MARKET, "binance/pm")
    assert row["margin_ratio"] == pytest.approx(1.05 / margins.requirement.native["uniMMR"][0], rel=1e-12)
    assert margins["book"][0].margin_ratio == row["margin_ratio"] == margins.rows()[0]["margin_ratio"]


def test_two_dates_of_one_policy_are_told_apart() -> None:
    from seawall.cli.compare import _short_names

    assert _short_names(["deribit/x_pm/2026-02-15", "okx/pm/2025-12-04", "deribit/x_pm/2024-06-17"]) == [
        "deribit/x_pm/2026-02-15", "okx/pm", "deribit/x_pm/2024-06-17",
    ]  # fmt: skip


def early_market() -> sw.MarketSnapshot:
    return replace(sw.load_snapshot(MARKET), time_ns=to_ns("2022-02-01"))


def test_a_policy_without_a_set_so_early_is_unavailable_and_the_others_are_compared() -> None:
    found = sw.compare("demo", early_market(), ["deribit/x_sm", "okx/pm"])
    assert found.policies == ("deribit/x_sm/2022-01-11", "okx/pm")
    assert not np.isnan(found.initial_usd[0]).any()
    assert np.isnan(found.initial_usd[1]).all()
    assert np.isnan(found.netting_benefit[1]).all()
    for row in found.rows()[1::2]:
        assert "no set is known so early" in str(row["unavailable"])
        assert "okx/pm/20" in str(row["unavailable"])  # a dated form to name instead
    alone = sw.margin("demo", early_market(), "deribit/x_sm")
    assert found.initial_usd[0].tolist() == total_usd(alone, "initial").tolist()


def test_where_no_policy_has_a_set_so_early_it_is_an_error() -> None:
    with pytest.raises(InputError, match="no set is known so early"):
        sw.compare("demo", early_market(), ["okx/pm", "bybit/pm"])
