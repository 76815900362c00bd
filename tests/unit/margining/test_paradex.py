"""Paradex's rules, particular by particular; the documentation's worked examples are read in tests/vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.core.time import NS_PER_DAY, NS_PER_SECOND, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import Margins, evaluate
from seawall.margining.models.paradex.funding import funding_pnl, raw_funding_rate
from seawall.margining.models.paradex.liquidation import (
    LiquidationNumbers,
    after_liquidation,
    liquidation,
    shortfall,
)
from seawall.margining.models.paradex.numbers import read_liquidation
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76

NOW_NS = to_ns("2026-09-01T08:00:00Z")
PM, XM = at("paradex/pm/2026-08-20"), at("paradex/xm/2026-08-20")
FREE = {"fee.perp_taker": 0.0, "fee.option_taker": 0.0}
SPOT = 70_000.0
PERP = "BTC-USD-PERP"


def option(name: str, strike: float, seconds: float, *, is_call: bool) -> Option:
    return Option(
        name=name, underlying="BTC", quote="USDC", settlement="USDC", strike=strike, is_call=is_call, inverse=False,
        expiry_ns=NOW_NS + round(seconds * NS_PER_SECOND),
    )  # fmt: skip


LISTED: tuple[Instrument, ...] = (
    Perpetual(name=PERP, underlying="BTC", quote="USDC", settlement="USDC", inverse=False),
    option("C-10", 72_000.0, 10 * 86_400, is_call=True),
    option("P-10", 66_000.0, 10 * 86_400, is_call=False),
    option("P-DEEP", 12_000.0, 10 * 86_400, is_call=False),
    option("C-90", 90_000.0, 90 * 86_400, is_call=True),
    option("C-SOON", 69_000.0, 900, is_call=True),
    Perpetual(name="SOL-USD-PERP", underlying="SOL", quote="USDC", settlement="USDC", inverse=False),
    Future(name="BTC-FUT", underlying="BTC", quote="USDC", settlement="USDC", inverse=False,
           expiry_ns=NOW_NS + 30 * NS_PER_DAY),
)  # fmt: skip
VOLS = {"C-10": 0.5, "P-10": 0.55, "P-DEEP": 1.2, "C-90": 0.2, "C-SOON": 0.4}


def market(funding: float = math.nan) -> MarketSnapshot:
    table = InstrumentTable.of(LISTED)
    forward = np.where([one.underlying == "SOL" for one in LISTED], 150.0, SPOT)
    vol = np.array([VOLS.get(one.name, np.nan) for one in LISTED])
    years = np.where(np.isnan(vol), 0.0, (table.expiry_ns - NOW_NS) / (365.0 * NS_PER_DAY))
    marks = np.where(
        np.isnan(vol), forward,
        black76.price(forward, np.nan_to_num(table.strike, nan=1.0), years, np.nan_to_num(vol), is_call=table.is_call),
    )  # fmt: skip
    return MarketSnapshot.of(
        table, name="test", venue="paradex", source="made for tests", time_ns=NOW_NS,
        index={"BTC": SPOT, "SOL": 150.0, "USDC": 1.0}, mark=marks, forward=forward, vol=vol,
        funding_8h=[funding if isinstance(one, Perpetual) else np.nan for one in LISTED],
    )  # fmt: skip


def margins_of(
    policy: MarginPolicy, held: Mapping[str, float], *, orders: Mapping[str, float | tuple[float, float]] | None = None,
    changes: Mapping[str, object] | None = None, funding: float = 0.0,
) -> Margins:  # fmt: skip
    made = []
    for name, order in (orders or {}).items():
        size, price = order if isinstance(order, tuple) else (order, math.nan)
        made.append(Position(name, size, price))
    account = Account("desk", tuple(Position(name, size) for name, size in held.items()), {}, tuple(made))
    changed = policy.with_numbers({**FREE, **(changes or {})})
    [margins] = evaluate(Book.of([account]), market(funding), [changed], check_lots=False)
    return margins


def price(name: str, move: float, vol: float) -> float:
    one = next(listed for listed in LISTED if listed.name == name)
    assert isinstance(one, Option)
    years = (one.expiry_ns - NOW_NS) / (365.0 * NS_PER_DAY)
    return float(black76.price(SPOT * (1.0 + move), one.strike, years, vol, is_call=one.is_call))


def mark(name: str) -> float:
    return price(name, 0.0, VOLS[name])


class TestScan:
    def test_a_perpetual_loses_sixteen_percent_and_maintenance_is_half(self) -> None:
        margins = margins_of(PM, {PERP: 1.0})
        assert margins.initial_margin[0] == pytest.approx(0.16 * SPOT)
        assert margins.maintenance_margin[0] == pytest.approx(0.08 * SPOT)
        assert next(iter(margins)).worst_scenario == "BTC -16 %, vol +40 %"

    def test_a_short_call_loses_in_the_largest_weighted_scenario(self) -> None:
        up = VOLS["C-10"] * (1.0 + 0.4 * (30.0 / 10.0) ** 0.3)
        listed = PM.numbers("scan.btc.spot_shock"), PM.numbers("scan.btc.weight"), PM.numbers("scan.btc.vol_shock")
        losses = [
            w * (price("C-10", move, up) - mark("C-10")) for move, w, vol in zip(*listed, strict=True) if vol > 0.0
        ]
        assert margins_of(PM, {"C-10": -1.0}).initial_margin[0] == pytest.approx(max(losses), rel=1e-12)

    def test_the_power_of_a_shock_changes_at_thirty_days(self) -> None:
        down = VOLS["C-90"] * (1.0 - 0.22 * (30.0 / 90.0) ** 0.13)
        arrays = margins_of(PM, {"C-90": 1.0}).explain().detail.arrays
        assert arrays[0].pnl[8] == pytest.approx(price("C-90", 0.0, down) - mark("C-90"), rel=1e-12)

    def test_the_floor_is_of_the_volatility_and_of_shocks_upwards_alone(self) -> None:
        up = VOLS["C-90"] * (1.0 + 0.4 * (30.0 / 90.0) ** 0.13)
        assert up < 0.4
        arrays = margins_of(PM, {"C-90": -1.0}).explain().detail.arrays
        assert arrays[0].pnl[7] == pytest.approx(mark("C-90") - price("C-90", 0.0, 0.4), rel=1e-12)

    def test_tails_count_for_their_weights(self) -> None:
        arrays = margins_of(PM, {PERP: -1.0}).explain().detail.arrays
        assert arrays[0].pnl[-8:].tolist() == pytest.approx(
            [SPOT * w for w in (0.66 * 0.18, 0.33 * 0.36, -0.5 * 0.24, -0.12, -0.12, -0.12, -0.12, -0.12)]
        )

    def test_an_option_in_its_settlement_average_counts_for_what_is_open(self) -> None:
        whole, half = (
            margins_of(PM, {"C-SOON": -1.0}, changes={"general.settlement_minutes": minutes}).explain().detail.arrays[0]
            for minutes in (15.0, 30.0)
        )
        np.testing.assert_allclose(half.pnl, 0.5 * whole.pnl, rtol=1e-9)

    def test_what_is_shown_by_instrument_adds_up(self) -> None:
        [array] = margins_of(PM, {PERP: 1.5, "C-10": -3.0, "P-10": 2.0}).explain().detail.arrays
        np.testing.assert_allclose(array.line_pnl.sum(axis=0), array.pnl, rtol=1e-12, atol=1e-6)
        assert array.lines == (PERP, "C-10", "P-10")


class TestMinimumByDelta:
    def test_a_hedge_pays_for_its_net_and_hedged_delta(self) -> None:
        margins = margins_of(PM, {PERP: 1.0, "C-10": -1.0, "P-10": 1.0})  # a collar, that no scenario hurts as much
        figures = margins.explain().detail.figures
        assert figures["BTC.gross_delta"] - abs(figures["BTC.net_delta"]) == pytest.approx(
            2.0 * figures["BTC.hedged_delta"]
        )
        wanted = (0.02 * abs(figures["BTC.net_delta"]) + 0.01 * figures["BTC.hedged_delta"]) * SPOT
        assert figures["BTC.min_delta_risk"] == pytest.approx(wanted)

    def test_the_larger_of_the_two_counts(self) -> None:
        quiet = {"scan.btc.spot_shock": [0.0] * 24, "scan.btc.vol_shock": [0.0] * 24}
        margins = margins_of(PM, {PERP: 1.0}, changes=quiet)
        assert margins.initial_margin[0] == pytest.approx(0.02 * SPOT)
        assert margins.requirement.initial["scan_risk"][0] == 0.0
        assert margins.requirement.maintenance["minimum_delta"][0] == pytest.approx(0.01 * SPOT)

    def test_numbers_that_would_pay_for_hedging_are_refused(self) -> None:
        with pytest.raises(InputError, match=r"scan.btc.unhedged .*at least hedged"):
            margins_of(PM, {PERP: 1.0}, changes={"scan.btc.unhedged": 0.005})


class TestProvisions:
    def test_both_margins_hold_the_whole_fee_of_closing(self) -> None:
        margins = margins_of(
            PM, {PERP: 2.0, "C-10": -1.0}, changes={"fee.perp_taker": 0.0003, "fee.option_taker": 0.0003}
        )
        wanted = 2.0 * 0.0003 * SPOT + 0.0003 * SPOT
        assert margins.requirement.initial["fee_provision"][0] == pytest.approx(wanted)
        assert margins.requirement.maintenance["fee_provision"][0] == pytest.approx(wanted)

    def test_an_option_pays_no_more_than_a_share_of_its_premium(self) -> None:
        margins = margins_of(XM, {"P-DEEP": 1.0}, changes={"fee.option_taker": 0.0003})
        assert mark("P-DEEP") * 0.125 < 0.0003 * SPOT
        assert margins.requirement.initial["fee_provision"][0] == pytest.approx(0.125 * mark("P-DEEP"))

    @pytest.mark.parametrize(("size", "rate", "paid"), [(2.0, 0.001, 140.0), (2.0, -0.001, 0.0), (-2.0, -0.001, 140.0)])
    def test_only_who_pays_funding_provides_for_it(self, size: float, rate: float, paid: float) -> None:
        margins = margins_of(PM, {PERP: size}, funding=rate)
        assert margins.requirement.initial["funding_provision"][0] == pytest.approx(paid)
        assert margins.requirement.maintenance["funding_provision"][0] == pytest.approx(paid)

    def test_a_funding_rate_that_is_not_stated_is_the_baseline_and_says_so(self) -> None:
        margins = margins_of(PM, {PERP: 1.0}, funding=math.nan)
        assert margins.requirement.initial["funding_provision"][0] == pytest.approx(0.0001 * SPOT)
        reason = PM.rule("unstated_funding").evidence
        assert reason in margins.explain().evidence
        assert reason not in margins_of(PM, {PERP: 1.0}).explain().evidence


class TestOrdersUnderPortfolioMargin:
    def test_orders_fill_in_the_scenarios_in_which_they_lose(self) -> None:
        margins = margins_of(PM, {PERP: 1.0}, orders={PERP: -3.0})
        assert margins.initial_margin[0] == pytest.approx(max(0.16 * 1.0, 3.0 * 0.16 - 0.16) * SPOT)
        assert margins.maintenance_margin[0] == pytest.approx(0.08 * SPOT)

    def test_an_order_above_the_mark_loses_the_difference_in_every_scenario(self) -> None:
        at_mark, above = (margins_of(PM, {}, orders={PERP: (1.0, limit)}) for limit in (SPOT, SPOT + 500.0))
        assert above.initial_margin[0] - at_mark.initial_margin[0] == pytest.approx(500.0)

    def test_a_price_paid_above_the_mark_counts_for_what_is_open_of_a_settlement_average(self) -> None:
        no_minimum = {"scan.btc.unhedged": 0.0, "scan.btc.hedged": 0.0}
        at_mark, above = (
            margins_of(PM, {}, orders={"C-SOON": (1.0, mark("C-SOON") + more)}, changes=no_minimum)
            for more in (0.0, 500.0)
        )  # a quarter of an hour of the half is left
        assert above.initial_margin[0] - at_mark.initial_margin[0] == pytest.approx(250.0)

    def test_an_order_pays_the_fee_of_closing_what_it_fills(self) -> None:
        fee = {"fee.perp_taker": 0.0003}
        free, charged = (margins_of(PM, {}, orders={PERP: 2.0}, changes=changes) for changes in ({}, fee))
        assert charged.initial_margin[0] - free.initial_margin[0] == pytest.approx(2.0 * 0.0003 * SPOT)
        assert charged.maintenance_margin[0] == 0.0

    def test_orders_count_in_the_minimum_by_delta(self) -> None:
        quiet = {"scan.btc.spot_shock": [0.0] * 24, "scan.btc.vol_shock": [0.0] * 24}
        margins = margins_of(PM, {PERP: 1.0}, orders={PERP: 2.0}, changes=quiet)
        assert margins.initial_margin[0] == pytest.approx(0.02 * 3.0 * SPOT)

    def test_an_order_without_a_price_fills_at_the_mark(self) -> None:
        plain, priced = (margins_of(PM, {}, orders={PERP: order}) for order in (1.0, (1.0, SPOT)))
        assert plain.initial_margin[0] == priced.initial_margin[0]


class TestCrossMargin:
    def test_a_bought_option_pays_its_mark_capped_by_a_share_of_spot(self) -> None:
        assert margins_of(XM, {"C-10": 1.0}).initial_margin[0] == pytest.approx(mark("C-10"))
        assert margins_of(XM, {"C-10": 1.0}).maintenance_margin[0] == pytest.approx(0.5 * mark("C-10"))
        capped = margins_of(XM, {"C-10": 1.0}, changes={"option.btc.im_long_itm": 0.001})
        assert capped.initial_margin[0] == pytest.approx(0.001 * SPOT)

    def test_a_sold_option_pays_for_its_moneyness_down_to_a_floor(self) -> None:
        near, far = margins_of(XM, {"C-10": -2.0}), margins_of(XM, {"C-90": -2.0})
        assert near.initial_margin[0] == pytest.approx(2.0 * (0.15 * SPOT - 2_000.0))
        assert near.maintenance_margin[0] == pytest.approx(2.0 * 0.05 * SPOT)
        assert far.initial_margin[0] == pytest.approx(2.0 * 0.1 * SPOT)

    def test_a_sold_put_pays_no_more_than_a_share_of_its_strike(self) -> None:
        margins = margins_of(XM, {"P-DEEP": -1.0})
        assert margins.initial_margin[0] == pytest.approx(0.5 * 12_000.0)
        assert margins.maintenance_margin[0] == pytest.approx(0.25 * 12_000.0)

    def test_orders_count_on_the_side_that_makes_the_position_larger(self) -> None:
        held, orders = {PERP: -1.0}, {PERP: 3.0}
        assert margins_of(XM, held, orders=orders).initial_margin[0] == pytest.approx(2.0 * 0.02 * SPOT)
        assert margins_of(XM, held, orders={PERP: 1.5}).initial_margin[0] == pytest.approx(0.02 * SPOT)

    def test_an_order_that_is_worse_than_the_mark_pays_its_loss_at_once(self) -> None:
        margins = margins_of(XM, {}, orders={PERP: (-0.5, SPOT - 400.0)})
        assert margins.initial_margin[0] == pytest.approx(0.5 * 0.02 * SPOT + 200.0)
        better = margins_of(XM, {}, orders={PERP: (-0.5, SPOT + 400.0)})
        assert better.initial_margin[0] == pytest.approx(0.5 * 0.02 * SPOT)

    def test_fees_follow_the_open_size(self) -> None:
        margins = margins_of(XM, {PERP: -1.0}, orders={PERP: -2.0}, changes={"fee.perp_taker": 0.0003})
        assert margins.initial_margin[0] == pytest.approx(3.0 * (0.02 + 0.0003) * SPOT)
        assert margins.maintenance_margin[0] == pytest.approx((0.01 + 0.0003) * SPOT)

    def test_a_live_account_is_met_to_two_cents(self) -> None:
        """Paradex reported 3.2504 and 1.6339 for it; its fees are not stated, and the marks are not of that instant."""
        listed = (LISTED[0], option("C", 78_000.0, 16 * 86_400, is_call=True))
        snapshot = MarketSnapshot.of(
            InstrumentTable.of(listed), name="sdk", venue="paradex", source="the SDK's own test", time_ns=NOW_NS,
            index={"BTC": 77_939.768, "USDC": 1.0}, mark=[77_888.84, 2_455.661], forward=[77_888.84, 77_939.768],
            vol=[np.nan, 0.42746687],
        )  # fmt: skip
        account = Account("desk", (Position(PERP, -0.0005), Position("C", 0.001)), {"USDC": 10.25})
        [margins] = evaluate(Book.of([account]), snapshot, [XM], check_lots=False)
        assert margins.initial_margin[0] == pytest.approx(3.2504, abs=0.02)
        assert margins.maintenance_margin[0] == pytest.approx(1.6339, abs=0.02)
        assert margins.initial_margin[0] > 3.2345


@pytest.mark.parametrize("policy", [PM, XM], ids=["pm", "xm"])
class TestRefusals:
    def test_what_paradex_does_not_list_is_refused_by_name(self, policy: MarginPolicy) -> None:
        for name, words in (("BTC-FUT", "Paradex lists none"), ("SOL-USD-PERP", "no numbers for a perpetual on SOL")):
            [row] = list(margins_of(policy, {name: 1.0}))
            assert math.isnan(row.initial_margin)
            assert name in row.unavailable
            assert words in row.unavailable

    def test_collateral_other_than_usdc_is_refused_by_name(self, policy: MarginPolicy) -> None:
        [margins] = evaluate(Book.of([Account("desk", (), {"BTC": 1.0})]), market(), [policy], check_lots=False)
        assert "BTC" in next(iter(margins)).unavailable
        assert "takes USDC only" in next(iter(margins)).unavailable


class TestLiquidation:
    NUMBERS = LiquidationNumbers(target_ratio=0.9, step=0.2, fee_rate=0.5)

    def test_a_healthy_account_keeps_all(self) -> None:
        assert liquidation(80.0, 80.0, self.NUMBERS).share == 0.0

    def test_the_smallest_step_below_the_target_is_taken(self) -> None:
        after = liquidation(88.8, 80.0, self.NUMBERS)
        assert after.share == 0.4
        assert after.ratio < 0.9 <= after_liquidation(88.8, 80.0, 0.2, self.NUMBERS).ratio

    def test_with_the_fee_of_the_text_the_example_takes_more(self) -> None:
        assert liquidation(88.8, 80.0, LiquidationNumbers(0.9, 0.2, 0.7)).share == pytest.approx(0.6)

    def test_an_account_that_no_step_saves_is_taken_whole(self) -> None:
        after = liquidation(100.0, -20.0, self.NUMBERS)
        assert after.share == 1.0
        assert after.maintenance == 0.0
        assert math.isinf(after.ratio)

    def test_the_policys_numbers_are_the_worked_tables(self) -> None:
        assert read_liquidation(XM) == self.NUMBERS

    def test_a_share_beyond_all_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"share is 1\.2"):
            after_liquidation(1.0, 1.0, 1.2, self.NUMBERS)

    def test_an_exchange_that_misses_nothing_keeps_nothing(self) -> None:
        short = shortfall(1_000.0, [(1_000.0, -1_500.0), (3_000.0, 0.0)])
        assert (short.bankruptcy, short.factor, short.factor_of_example) == (0.0, 0.0, 0.0)


class TestFunding:
    RATES: ClassVar = {"baseline": 0.0001, "clamp": 0.0005, "largest": 0.02}

    @pytest.mark.parametrize(
        ("basis", "rate"),
        [(0.0001, 0.0001), (0.0005, 0.0001), (-0.0003, 0.0001), (0.0008, 0.0003), (-0.001, -0.0005), (0.5, 0.02)],
    )
    def test_the_basis_is_drawn_to_the_baseline_within_the_clamp(self, basis: float, rate: float) -> None:
        assert raw_funding_rate(basis, **self.RATES) == pytest.approx(rate)

    def test_a_multiplier_scales_before_the_cap(self) -> None:
        assert raw_funding_rate(0.0308, **self.RATES, multiplier=0.5) == pytest.approx(0.01515)
        assert raw_funding_rate(0.5, **self.RATES, multiplier=0.5) == pytest.approx(0.02)

    def test_longs_pay_where_the_index_rises(self) -> None:
        assert funding_pnl(2.0, 3.0) == -6.0
        assert funding_pnl(-2.0, 3.0, 0.5) == 3.0
