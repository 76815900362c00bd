"""OKX portfolio margin against numbers by hand from the published rule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.core.evidence import Grade
from seawall.instruments import Future, InstrumentTable
from seawall.margining import evaluate
from seawall.margining.figures import computed
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, ETH, INSTRUMENTS, VOL, black, book, in_days, margins, market

PM, OLD = "okx/pm/2025-12-04", "okx/pm/2024-06-05"
EDGE, FAR = 0.12, 0.24
FLOOR = 0.002
CLOSE = 0.0045
"""Slippage and fee of closing a BTC perpetual."""
NINE = 1e-9


def charges(held: Book, policy: str | MarginPolicy = PM) -> dict[str, float]:
    return computed(margins(held, policy))


def test_a_perpetual_loses_its_size_at_the_index_times_the_move_and_pays_basis_besides() -> None:
    found = charges(book({"BTC_USDC-PERPETUAL": 2.0}, {"USDC": 100_000.0}))
    assert found["BTC.mr1"] == pytest.approx(EDGE * 2.0 * BTC)
    assert found["BTC.mr6"] == pytest.approx(0.5 * FAR * 2.0 * BTC)
    assert found["BTC.mr4"] == pytest.approx(FLOOR * 2.0 * BTC)
    assert found["BTC.mr7"] == pytest.approx(CLOSE * 2.0 * BTC)
    assert found["BTC.mmr"] == pytest.approx((EDGE + FLOOR) * 2.0 * BTC)


def test_initial_margin_is_the_multiple_of_a_units_maintenance_margin() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 2.0, "ETH_USDC-PERPETUAL": -3.0}, {"USDC": 100_000.0}), PM)
    assert row.maintenance_margin == pytest.approx((EDGE + FLOOR) * (2.0 * BTC + 3.0 * ETH))
    assert row.initial_margin == pytest.approx(1.3 * row.maintenance_margin)


def test_the_move_is_of_the_index_and_delta_is_of_the_mark() -> None:
    moved = market(mark={"BTC_USDC-PERPETUAL": 1.01 * BTC})
    [found] = evaluate(book({"BTC_USDC-PERPETUAL": 2.0}), moved, [at(PM)], check_lots=False)
    numbers = computed(found)
    assert numbers["BTC.mr1"] == pytest.approx(EDGE * 2.0 * BTC)
    assert numbers["BTC.mr4"] == pytest.approx(FLOOR * 2.0 * 1.01 * BTC)


def test_everything_in_dollars_takes_the_stable_coins_price() -> None:
    cheap = market(index={"USDC": 0.99})
    [found] = evaluate(book({"BTC_USDC-PERPETUAL": 2.0}, {"USDC": 1_000.0}), cheap, [at(PM)], check_lots=False)
    assert computed(found)["BTC.delta"] == pytest.approx(0.99 * 2.0 * BTC)
    assert float(found.requirement.margin_balance[0]) == pytest.approx(990.0)


def test_contracts_of_every_settlement_are_one_unit_and_used_to_be_several() -> None:
    held = book({"BTC-PERPETUAL": BTC, "BTC_USDC-PERPETUAL": -1.0}, {"USDC": 10_000.0})
    assert charges(held)["BTC.mr1"] == pytest.approx(0.0, abs=NINE)
    apart = charges(held, OLD)
    assert apart["BTC-USD.mr1"] == pytest.approx(0.15 * BTC)
    assert apart["BTC-USDC.mr1"] == pytest.approx(0.15 * BTC)
    assert apart["BTC-USDC.mr9"] == 0.0


def test_what_offsets_across_coins_pays_for_the_peg_in_tiers() -> None:
    size = 100.0  # six million dollars on each side
    found = charges(book({"BTC-PERPETUAL": size * BTC, "BTC_USDC-PERPETUAL": -size}, {"USDC": 1e6}))
    hedged = size * BTC
    assert found["BTC.mr9"] == pytest.approx(0.005 * 1e6 + 0.01 * 4e6 + 0.02 * (hedged - 5e6))
    assert found["BTC.mmr"] == pytest.approx(max(found["BTC.mr9"] + found["BTC.mr4"], found["BTC.mr7"]))


def test_the_minimum_charge_counts_slice_by_slice_and_is_the_least() -> None:
    size = 500.0  # thirty million dollars on each side: the raw charge is in the second tier
    found = charges(book({"BTC-PERPETUAL": size * BTC, "BTC_USDC-PERPETUAL": -size}, {"USDC": 1e6}), OLD)
    raw = CLOSE * size * BTC
    assert found["BTC-USD.mr7_raw"] == pytest.approx(raw)
    assert raw == pytest.approx(135_000.0)
    assert found["BTC-USD.mr7"] == pytest.approx(10_000.0 + 60_000.0 * 2.0 + 65_000.0 * 4.0)
    newer = at(PM).with_numbers({"general.peg_factors": [0.0] * len(at(PM).numbers("general.peg_factors"))})
    [row] = margins(book({"BTC-PERPETUAL": size * BTC, "BTC_USDC-PERPETUAL": -size}, {"USDC": 1e6}), newer)
    both = 2.0 * raw
    assert row.maintenance_margin == pytest.approx(250_000.0 + (both - 250_000.0) * 2.0)
    assert row.maintenance["minimum_charge"] > 0.0


def test_spot_hedges_as_far_as_it_takes_away_delta_and_both_legs_pay_basis() -> None:
    found = charges(book({"BTC_USDC-PERPETUAL": -2.0}, {"USDC": 10_000.0, "BTC": 3.0}))
    assert found["BTC.spot_in_use"] == 2.0
    assert found["BTC.mr1"] == pytest.approx(0.0, abs=1e-7)
    assert found["BTC.mr4"] == pytest.approx(FLOOR * 2.0 * 2.0 * BTC)
    assert found["BTC.mr7"] == pytest.approx(CLOSE * 2.0 * BTC)  # spot is not closed
    alone = at(PM).with_numbers({"general.spot_offset": "none"})
    assert charges(book({"BTC_USDC-PERPETUAL": -2.0}, {"BTC": 3.0}), alone)["BTC.mr1"] == pytest.approx(
        EDGE * 2.0 * BTC
    )


def test_the_users_setting_says_which_unit_takes_spot_in_the_old_structure() -> None:
    held = book({"BTC_USDC-PERPETUAL": -2.0}, {"BTC": 3.0})
    with_usdc = at(OLD).with_numbers({"general.spot_offset": "usdc"})
    assert charges(held, OLD)["BTC-USDC.spot_in_use"] == 0.0
    assert charges(held, with_usdc)["BTC-USDC.spot_in_use"] == 2.0


def test_a_debt_is_not_discounted_and_pays_for_being_borrowed() -> None:
    [row] = margins(book({}, {"USDC": -10_000.0, "BTC": 1.0}), PM)
    rate = at(PM).numbers("collateral.btc.discount_rates")[0]
    assert row.margin_balance == pytest.approx(rate * BTC - 10_000.0)
    assert (row.initial["borrow"], row.maintenance["borrow"]) == (pytest.approx(1_000.0), pytest.approx(200.0))
    assert row.initial_margin == pytest.approx(1_000.0)


def test_the_margin_ratio_adds_the_fee_of_a_liquidation_to_what_is_required() -> None:
    found = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": -10_000.0, "BTC": 1.0}), PM)
    native = {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}
    fee = 0.001 * (10_000.0 + 200.0)
    assert native["totalMmr"] == pytest.approx((EDGE + FLOOR) * BTC + 200.0)
    assert native["mgnRatio"] == pytest.approx(native["adjEq"] / (native["totalMmr"] + fee))


def test_discounts_are_marginal_by_tier() -> None:
    tiered = at(PM).with_numbers({"collateral.btc.discount_bounds": [0.0, 2.0, 5.0],
                                  "collateral.btc.discount_rates": [0.95, 0.9, 0.5]})  # fmt: skip
    [row] = margins(book({}, {"BTC": 6.0}), tiered)
    assert row.margin_balance == pytest.approx((2.0 * 0.95 + 3.0 * 0.9 + 1.0 * 0.5) * BTC)
    assert row.equity == pytest.approx(6.0 * BTC)


def test_a_dated_future_pays_basis_by_its_time_and_does_not_net_with_the_perpetual() -> None:
    found = charges(book({"BTC-FUTURE": BTC, "BTC_USDC-PERPETUAL": -1.0}, {"USDC": 1e5}))
    assert found["BTC.mr4"] == pytest.approx(BTC * (math.expm1(0.05) + FLOOR), rel=1e-9)


def test_an_option_is_revalued_at_the_worse_of_points_and_per_cent() -> None:
    held = book({"BTC-CALL": -10.0}, {"BTC": 20.0})
    policy = at(PM).with_numbers({"general.spot_offset": "none"})
    days, points, shares = (policy.numbers(f"general.vol_shock_{name}") for name in ("days", "points", "percent"))
    by = max(np.interp(60.0, days, points), VOL * np.interp(60.0, days, shares))
    up = BTC * (1.0 + EDGE)
    now = black(BTC, 60_000.0, 60 / 365, VOL, is_call=True)
    # In coin at the moved index, less coin at the index.
    loss = 10.0 * (black(up, 60_000.0, 60 / 365, VOL + by, is_call=True) - now)
    assert charges(held, policy)["BTC.mr1"] == pytest.approx(loss, rel=1e-9)


def test_a_long_option_loses_by_the_day_that_passes() -> None:
    found = charges(book({"BTC-CALL": 1.0}))
    now, then = (black(BTC, 60_000.0, days / 365, VOL, is_call=True) for days in (60, 59))
    assert found["BTC.mr2"] == pytest.approx(now - then, rel=1e-9)


def test_a_book_of_a_day_that_passes_is_shown_with_it() -> None:
    straddle = {"BTC-FAR-CALL": 5.0}
    still = at(PM).with_numbers({"market.btc.price_moves": [0.0001, 0.0002, 0.0003], "market.btc.extreme_move": 0.0001,
                                 "general.vol_shock_points": [0.0] * 3, "general.vol_shock_percent": [0.0] * 3,
                                 "general.time_decay_days": 1.9})  # fmt: skip
    [matrix] = margins(book(straddle), still).explain().detail.matrices
    assert matrix.worst_label == "a day passes"
    assert matrix.worst == pytest.approx(-matrix.extended[2])


def test_a_hedged_perpetual_that_is_verified_says_so_and_an_option_does_not() -> None:
    verified = at("okx/pm/2025-01-15")
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}, {"USDC": 1e5}), verified)
    assert row.evidence is Grade.ASSUMED  # the discount of USDC is carried from USDT
    [without] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), verified)
    assert without.evidence is Grade.DOCUMENTED
    [optioned] = margins(book({"BTC-CALL": -1.0}), verified)
    assert optioned.evidence is Grade.ASSUMED


def test_an_open_order_adds_initial_margin_alone() -> None:
    orders = (Position("BTC_USDC-PERPETUAL", 3.0),)
    account = Account("desk", (Position("BTC_USDC-PERPETUAL", 1.0),), {"USDC": 1e5}, orders)
    [found] = evaluate(Book.of([account]), market(), [at(PM)], check_lots=False)
    [row] = found
    assert row.initial["open_orders_margin"] == pytest.approx(1.3 * (EDGE + FLOOR) * 3.0 * BTC)
    assert row.maintenance_margin == pytest.approx((EDGE + FLOOR) * BTC)


def test_what_the_policy_does_not_know_is_refused_by_name() -> None:
    strange = at(PM)
    without = MarginPolicy(
        id="mine", model=strange.model, effective_ns=strange.effective_ns, title="", rules=strange.rules,
        parameters={name: p for name, p in strange.parameters.items() if not name.startswith("market.sol")},
        schema=strange.schema,
    )  # fmt: skip
    [row] = margins(book({"SOL_USDC-PERPETUAL": 1.0}), without)
    assert "SOL_USDC-PERPETUAL" in row.unavailable
    found = charges(book({"SOL_USDC-PERPETUAL": 1.0}), without)
    assert math.isnan(found["native.totalMmr"])
    assert math.isnan(found["derivatives.mmr"])


def test_a_debt_in_coin_hedges_a_long_perpetual_and_pays_basis_too() -> None:
    found = charges(book({"BTC_USDC-PERPETUAL": 2.0}, {"BTC": -3.0, "USDC": 500_000.0}))
    assert found["BTC.spot_in_use"] == -2.0
    assert found["BTC.mr1"] == pytest.approx(0.0, abs=1e-7)
    assert found["BTC.mr4"] == pytest.approx(FLOOR * 2.0 * 2.0 * BTC)


def test_an_extreme_move_that_loses_the_same_does_not_bind() -> None:
    """Half of twice the move: a linear book loses alike in MR1 and MR6, and the grid is what is named."""
    [row] = margins(book({"BTC_USDC-PERPETUAL": 2.0}), PM)
    assert row.worst_scenario == "BTC -12 %, vol up, points"


def test_a_short_contract_has_a_notional_as_a_long_one_has() -> None:
    for size in (2.0, -2.0):
        found = charges(book({"BTC_USDC-PERPETUAL": size}))
        assert found["BTC.notional"] == found["native.notionalUsd"] == pytest.approx(2.0 * BTC)


def test_rates_shift_the_options_of_an_expiry_and_not_its_future() -> None:
    shared = Future(name="BTC-60D", underlying="BTC", quote="USD", settlement="BTC", inverse=True,
                    expiry_ns=in_days(60))  # fmt: skip
    calm, rows = market(), [INSTRUMENTS.index(one) for one in INSTRUMENTS if one.name in ("BTC-CALL", "BTC-PERPETUAL")]
    columns = {name: np.append(getattr(calm, name)[rows], price) for name, price in
               (("mark", BTC), ("forward", BTC), ("vol", np.nan))}  # fmt: skip
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([*(INSTRUMENTS[n] for n in rows), shared]), name="one expiry", venue="okx", source="by hand",
        time_ns=calm.time_ns, index=dict(calm.index), **columns,
    )  # fmt: skip
    alone, hedged = (
        computed(margins(book(held), PM, snapshot))["BTC.mr5"]
        for held in ({"BTC-CALL": 5.0}, {"BTC-CALL": 5.0, "BTC-60D": -2.5 * BTC})
    )
    assert alone > 0.0
    assert hedged == alone
