"""Derive's StandardManager: the worked examples of its documentation, and what no example shows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY, to_ns
from seawall.instruments import Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import Margins, evaluate
from seawall.market import Feeds, MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position

NOW_NS = to_ns("2026-03-01T08:00:00Z")
POLICY = at("derive/sm/2026-01-21")
ETH, BTC = 2_100.0, 28_000.0
BTC_PERP = Perpetual(name="BTC-PERP", underlying="BTC", quote="USDC", settlement="USDC", inverse=False)
ETH_PERP = Perpetual(name="ETH-PERP", underlying="ETH", quote="USDC", settlement="USDC", inverse=False)


def option(name: str, strike: float, *, call: bool = True, days: int = 14) -> Option:
    return Option(name=name, underlying="ETH", quote="USDC", settlement="USDC", strike=strike, is_call=call,
                  inverse=False, expiry_ns=NOW_NS + days * NS_PER_DAY)  # fmt: skip


def market(*held: Instrument, eth: float = ETH, forward: float = ETH, vol: float = 1e-6, stable: float = 1.0,
           sure: dict[str, float] | None = None, **feeds: Any) -> MarketSnapshot:  # fmt: skip
    table = InstrumentTable.of(held)
    options = ~np.isnan(table.strike)
    index = {"ETH": eth, "BTC": BTC, "USDC": stable}
    prices = np.array([index[base] for base in table.underlying])
    return MarketSnapshot.of(
        table, name="m", venue="derive", source="by hand", time_ns=NOW_NS, index=index,
        mark=np.where(options, 1.0, prices), forward=np.where(options, forward, np.nan),
        vol=np.where(options, vol, np.nan), feeds=Feeds.of(len(table), index_confidence=sure or {}, **feeds),
    )  # fmt: skip


def nets(
    snapshot: MarketSnapshot, sizes: dict[str, float], policy: MarginPolicy = POLICY, **owned: float
) -> list[float]:
    need = margins(snapshot, sizes, policy, **owned).requirement
    return [float(need.native[f"net_{which}_margin"][0]) for which in ("initial", "maintenance")]


def margins(
    snapshot: MarketSnapshot, sizes: dict[str, float], policy: MarginPolicy = POLICY, **owned: float
) -> Margins:
    account = Account("a", tuple(Position(name, size) for name, size in sizes.items()), owned)
    [found] = evaluate(Book.of([account]), snapshot, [policy], check_lots=False)
    return found


def test_example_1_a_short_call() -> None:
    """Three ETH calls of 1800 sold at a spot of 1900; the documentation has a mark of 120, which is the forward's."""
    snapshot = market(option("CALL", 1_800.0), eth=1_900.0, forward=1_920.0)
    assert nets(snapshot, {"CALL": -3.0}, USDC=2_000.0) == pytest.approx([785.0, 1_127.0])


SPREAD = (option("SOLD", 1_700.0), option("BOUGHT", 1_900.0))
HELD = {"SOLD": -8.0, "BOUGHT": 8.0}


def test_example_2_a_spread_needs_its_largest_loss() -> None:
    assert nets(market(*SPREAD, forward=2_105.0), HELD, USDC=2_000.0) == pytest.approx([400.0, 400.0])


def test_example_3_several_markets_add() -> None:
    snapshot = market(*SPREAD, BTC_PERP, forward=2_105.0)
    assert nets(snapshot, HELD | {"BTC-PERP": 7.0}, USDC=25_000.0) == pytest.approx([3_800.0, 10_660.0])


def test_example_4_low_confidence_and_a_lost_peg() -> None:
    snapshot = market(*SPREAD, BTC_PERP, forward=2_105.0, stable=0.7, mark_confidence=[1.0, 1.0, 0.5])
    found = nets(snapshot, HELD | {"BTC-PERP": 7.0}, USDC=25_000.0)
    assert found == pytest.approx([-217_624.0, 10_660.0])


def test_a_short_call_that_no_long_call_pairs_is_charged_by_the_forward() -> None:
    """Sold by themselves two calls need more than largest loss and 120 % of a forward that is far below the index."""
    snapshot = market(option("CALL", 1_000.0), forward=ETH)
    initial, maintenance = nets(snapshot, {"CALL": -1.0})
    assert initial == pytest.approx(-(1_100.0 + 0.15 * ETH))
    assert maintenance == pytest.approx(-(1_100.0 + 0.09 * ETH))
    deep = market(option("CALL", 1.0), forward=ETH)
    assert nets(deep, {"CALL": -1.0}) == pytest.approx([-(ETH - 1.0 + 0.15 * ETH), -(ETH - 1.0 + 0.09 * ETH)])
    cheap = POLICY.with_numbers({"market.eth.option.unpaired_im": 1.0, "market.eth.option.unpaired_mm": 1.0})
    assert nets(deep, {"CALL": -1.0}, cheap) == pytest.approx([-ETH, -ETH])


def test_long_options_add_nothing_and_never_count_against() -> None:
    assert nets(market(option("CALL", 1_000.0)), {"CALL": 5.0}) == [0.0, 0.0]


def test_the_strikes_of_others_do_not_widen_a_loss() -> None:
    """A short call's loss is looked at up to its own strike; a neighbour who holds a higher one changes nothing."""
    low, high = option("LOW", 1_000.0), option("HIGH", 9_000.0)
    one = Account("one", (Position("LOW", -1.0),))
    other = Account("other", (Position("HIGH", 1.0),))
    snapshot = market(low, high)
    [alone] = evaluate(Book.of([one]), snapshot, [POLICY], check_lots=False)
    [among] = evaluate(Book.of([one, other]), snapshot, [POLICY], check_lots=False)
    assert among["one"][0].initial_margin == alone["one"][0].initial_margin


def test_an_out_of_the_money_put_pays_less_and_no_less_than_its_floor() -> None:
    near, far = option("NEAR", 2_058.0, call=False), option("FAR", 500.0, call=False)
    assert nets(market(near), {"NEAR": -1.0})[0] == pytest.approx(-(0.15 * ETH - 42.0), rel=1e-9)
    assert nets(market(far), {"FAR": -1.0})[0] == pytest.approx(-0.13 * ETH, rel=1e-9)


def test_collateral_counts_in_part_and_less_for_initial_margin() -> None:
    assert nets(market(), {}, ETH=1.0) == pytest.approx([ETH * 0.8 * 0.9375, ETH * 0.8])
    assert nets(market(), {}, ETH=-1.0) == pytest.approx([-ETH, -ETH])


def test_an_unsure_price_lowers_what_an_asset_counts_for_initial_margin() -> None:
    found = nets(market(sure={"ETH": 0.5}), {}, ETH=1.0)
    assert found == pytest.approx([ETH * (0.8 * 0.9375 - 0.5), ETH * 0.8])


def test_an_unsure_price_costs_a_debt_as_much_as_what_is_owned() -> None:
    assert nets(market(sure={"ETH": 0.5}), {}, ETH=-1.0) == pytest.approx([-ETH * 1.5, -ETH])


def test_a_debt_is_worth_its_price_over_that_of_the_cash_coin() -> None:
    found = nets(market(stable=0.99), {}, ETH=-1.0)
    assert found == pytest.approx([-ETH / 0.99, -ETH / 0.99])


def test_a_perpetual_has_its_rates_of_version_3_from_their_date_on() -> None:
    snapshot = market(ETH_PERP)
    assert nets(snapshot, {"ETH-PERP": -1.0}) == pytest.approx([-0.1 * ETH, -0.065 * ETH])
    assert nets(snapshot, {"ETH-PERP": -1.0}, at("derive/sm/2026-11-01")) == pytest.approx([-0.066 * ETH, -0.05 * ETH])


def test_an_option_on_a_market_of_perpetuals_alone_is_refused_by_name() -> None:
    held = Option(name="PEPE-CALL", underlying="PEPE", quote="USDC", settlement="USDC", strike=1.0, is_call=True,
                  inverse=False, expiry_ns=NOW_NS + NS_PER_DAY)  # fmt: skip
    table = InstrumentTable.of([held])
    snapshot = MarketSnapshot.of(table, name="m", venue="derive", source="by hand", time_ns=NOW_NS,
                                 index={"PEPE": 1.0}, mark=[0.1], forward=[1.0], vol=[1.0])  # fmt: skip
    [row] = list(margins(snapshot, {"PEPE-CALL": 1.0}))
    assert "PEPE-CALL: derive/sm/2026-01-21 has no numbers for an option on PEPE" in row.unavailable
    assert math.isnan(row.initial_margin)


def test_long_options_do_not_answer_for_the_rates_of_short_ones() -> None:
    def used(size: float) -> set[str]:
        found = margins(market(option("CALL", 2_500.0)), {"CALL": size})
        return {item.subject for use in found.requirement.uses if use.applies[0] for item in use.items}

    assert "market.eth.option.max_spot_req" in used(-1.0)
    assert "market.eth.option.max_spot_req" not in used(1.0)
