"""Who a change of parameters touches."""

from __future__ import annotations

import numpy as np

import seawall as sw
from seawall.policy import at

MARKET = "deribit-btc-2026-08-01"
BASE = at("deribit/x_pm/2026-02-15")
BOOK = {
    "short": {"positions": {"BTC-25SEP26-70000-C": -50}, "balances": {"BTC": 8.0}},
    "rich": {"positions": {"BTC-25SEP26-70000-C": -1}, "balances": {"BTC": 100.0}},
    "idle": {"balances": {"USDC": 100.0}},
}


def test_a_tightening_touches_those_who_hold_what_it_is_about() -> None:
    wider = BASE.with_numbers({"currency_pair.btc_usd.price_range": 0.30})
    found = sw.policy_impact(BASE, wider, BOOK, MARKET)
    by_account = {row["account"]: row for row in found.rows()}
    assert by_account["short"]["initial_change_usd"] > 0.0
    assert by_account["idle"]["initial_change_usd"] == 0.0
    assert next(row["account"] for row in found.rows()) in ("short", "rich")
    assert found.newly_called == ("short",)
    assert by_account["short"]["standing_before"] == "covered"
    assert by_account["short"]["standing_after"] in ("called", "liquidated")
    assert by_account["rich"]["standing_after"] == "covered"


def test_a_policy_has_no_impact_against_itself() -> None:
    found = sw.policy_impact(BASE, BASE, BOOK, MARKET)
    assert (found.initial_change_usd == 0.0).all()
    assert found.newly_called == ()


def test_what_is_unavailable_is_called_so_and_comes_last() -> None:
    found = sw.policy_impact(BASE, BASE.with_numbers({"general.mm_factor": 0.9}),
                             BOOK | {"odd": {"balances": {"XRP": 1.0}}}, MARKET)  # fmt: skip
    last = found.rows()[-1]
    assert (last["account"], last["standing_after"]) == ("odd", "unavailable")
    assert np.isnan(last["initial_change_usd"])
    assert len(found.table("polars")) == 4


def test_a_call_that_becomes_a_liquidation_is_named_too() -> None:
    found = sw.policy_impact("okx/pm", "derive/pmrm2", "demo", MARKET)
    moved = {row["account"] for row in found.rows()
             if row["standing_before"] == "called" and row["standing_after"] == "liquidated"}  # fmt: skip
    assert moved
    assert moved <= set(found.newly_called)
