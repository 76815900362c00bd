"""Gate's portfolio margin and its option margin, particular by particular."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76

NOW_NS = to_ns("2026-06-01T08:00:00Z")
PM, OPTIONS = at("gate/pm/2024-02-27"), at("gate/options/2026-05-13")
SPOT, VOL = 100_000.0, 0.5
LINEAR = {"underlying": "BTC", "quote": "USDT", "settlement": "USDT", "inverse": False}
LISTED: tuple[Instrument, ...] = (
    Perpetual(name="PERP", **LINEAR),  # type: ignore[arg-type]
    Future(name="FUTURE", expiry_ns=NOW_NS + 30 * NS_PER_DAY, **LINEAR),  # type: ignore[arg-type]
    *(
        Option(name=f"{strike:.0f}-{days}-{'C' if is_call else 'P'}", strike=strike, is_call=is_call,
               expiry_ns=NOW_NS + days * NS_PER_DAY, **LINEAR)  # type: ignore[arg-type]
        for strike in (90_000.0, 100_000.0, 104_000.0) for days in (10, 60) for is_call in (True, False)
    ),
    Perpetual(name="DOGE", underlying="DOGE", quote="USDT", settlement="USDT", inverse=False),
)  # fmt: skip


def market(usdt: float = 1.0) -> MarketSnapshot:
    table = InstrumentTable.of(LISTED)
    option = ~np.isnan(table.strike)
    forward = np.where([one.underlying == "DOGE" for one in LISTED], 0.2, SPOT)
    years = np.where(option, (table.expiry_ns - NOW_NS) / (365.0 * NS_PER_DAY), 0.0)
    priced = black76.price(forward, np.where(option, table.strike, 1.0), years, VOL, is_call=table.is_call)
    return MarketSnapshot.of(
        table, name="test", venue="gate", source="made for tests", time_ns=NOW_NS,
        mark=np.where(option, priced, forward), index={"BTC": SPOT, "DOGE": 0.2, "USDT": usdt},
        forward=forward, vol=np.where(option, VOL, np.nan),
    )  # fmt: skip


def margins_of(
    policy: MarginPolicy, held: Mapping[str, float], *, orders: Mapping[str, float] | None = None,
    owned: Mapping[str, float] | None = None, changes: Mapping[str, object] | None = None, usdt: float = 1.0,
) -> Margins:  # fmt: skip
    positions, waiting = (tuple(Position(name, size) for name, size in sizes.items()) for sizes in (held, orders or {}))
    account = Account("desk", positions, owned or {}, waiting)
    [margins] = evaluate(Book.of([account]), market(usdt), [policy.with_numbers(changes or {})], check_lots=False)
    return margins


def price(strike: float, days: float, *, move: float = 0.0, vol: float = VOL, is_call: bool = True) -> float:
    return float(black76.price(SPOT * (1.0 + move), strike, days / 365.0, vol, is_call=is_call))


class TestPortfolioMargin:
    def test_a_perpetual_loses_the_edge_of_the_grid(self) -> None:
        margins = margins_of(PM, {"PERP": -2.0})
        assert margins.maintenance_margin[0] == pytest.approx(2.0 * 0.2 * SPOT)
        assert margins.initial_margin[0] == pytest.approx(1.3 * 2.0 * 0.2 * SPOT)

    def test_the_grid_has_eleven_prices_and_three_volatilities(self) -> None:
        [matrix] = margins_of(PM, {"100000-10-C": 1.0}).explain().detail.matrices
        assert matrix.standard.shape == (11, 3)
        assert matrix.price_moves == pytest.approx([step / 25.0 for step in range(-5, 6)])
        down, same, up = (price(100_000.0, 10, vol=VOL * factor) - price(100_000.0, 10) for factor in (0.7, 1.0, 1.3))
        assert matrix.standard[5] == pytest.approx([down, same, up])

    def test_an_option_that_is_sold_pays_for_being_short(self) -> None:
        margins = margins_of(PM, {"100000-10-C": -1.0})
        worst = price(100_000.0, 10, move=0.2, vol=1.3 * VOL) - price(100_000.0, 10)
        assert margins.requirement.maintenance["worst_case"][0] == pytest.approx(worst)
        assert margins.requirement.maintenance["short_options"][0] == pytest.approx(0.01 * SPOT)

    def test_options_bought_back_at_their_strike_and_expiry_are_not_short(self) -> None:
        margins = margins_of(PM, {"100000-10-C": -1.0, "100000-10-P": 1.0})
        assert margins.requirement.maintenance["short_options"][0] == 0.0

    def test_expiries_that_hedge_each_other_pay_for_the_basis(self) -> None:
        figures = margins_of(PM, {"PERP": -0.1, "100000-60-C": 1.0}).explain().detail.figures
        assert figures["BTC.mr2"] == pytest.approx(0.01 * 0.1 * SPOT)
        assert margins_of(PM, {"PERP": 0.1, "100000-60-C": 1.0}).explain().detail.figures["BTC.mr2"] == 0.0

    def test_volatility_sold_against_another_expiry_pays_half_of_what_it_hedges(self) -> None:
        figures = margins_of(PM, {"100000-10-C": -1.0, "100000-60-C": 1.0}).explain().detail.figures
        gained = [abs(price(100_000.0, 10, vol=VOL * factor) - price(100_000.0, 10)) for factor in (0.7, 1.3)]
        assert figures["BTC.mr3"] == pytest.approx(0.5 * max(gained))

    def test_spot_hedges_as_far_as_it_offsets_delta_and_only_where_it_is_on(self) -> None:
        held, owned = {"PERP": -4.0}, {"BTC": 5.0}
        assert margins_of(PM, held, owned=owned).maintenance_margin[0] == pytest.approx(4.0 * 0.2 * SPOT)
        hedged = margins_of(PM, held, owned=owned, changes={"general.spot_hedge": True})
        assert hedged.maintenance_margin[0] == pytest.approx(0.0)
        assert hedged.explain().detail.figures["BTC.spot_in_use"] == 4.0
        alone = margins_of(PM, {"PERP": 4.0}, owned=owned, changes={"general.spot_hedge": True})
        assert alone.maintenance_margin[0] == pytest.approx(4.0 * 0.2 * SPOT)

    def test_orders_fill_by_their_delta_and_not_by_their_side(self) -> None:
        """A bought put and a sold perpetual lean one way; filled with a sold call they need most."""
        orders = {"90000-10-P": 50.0, "PERP": -1.0, "104000-10-C": -1.0}
        together = margins_of(PM, orders)
        margins = margins_of(PM, {}, orders=orders)
        assert margins.initial_margin[0] == pytest.approx(together.initial_margin[0])
        assert margins.maintenance_margin[0] == 0.0


class TestOptionMargin:
    def test_a_sold_call_pays_the_high_rate_less_its_moneyness_and_its_mark(self) -> None:
        margins = margins_of(OPTIONS, {"104000-10-C": -2.0})
        mark = price(104_000.0, 10)
        assert margins.initial_margin[0] == pytest.approx(2.0 * (0.15 * SPOT - 4_000.0 + mark))
        assert margins.maintenance_margin[0] == pytest.approx(2.0 * (0.075 * SPOT + mark))

    def test_initial_margin_covers_maintenance_whatever_the_rates(self) -> None:
        margins = margins_of(OPTIONS, {"104000-10-C": -2.0}, changes={"market.btc.maint_margin_base": 0.2})
        assert margins.maintenance_margin[0] == pytest.approx(2.0 * (0.2 * SPOT + price(104_000.0, 10)))
        assert margins.initial_margin[0] == margins.maintenance_margin[0]

    def test_the_low_rate_of_a_put_is_of_underlying_and_mark(self) -> None:
        margins = margins_of(OPTIONS, {"90000-60-P": -1.0})
        mark = price(90_000.0, 60, is_call=False)
        assert margins.initial_margin[0] == pytest.approx(0.1 * (SPOT + mark) + mark)
        assert margins.maintenance_margin[0] == pytest.approx(0.075 * (SPOT + mark) + mark)

    def test_strikes_and_marks_are_in_the_stable_coin(self) -> None:
        """At 0.98 USD a strike of 104,000 USDT is 101,920 USD."""
        margins = margins_of(OPTIONS, {"104000-10-C": -1.0}, usdt=0.98)
        wanted = 0.15 * SPOT - (0.98 * 104_000.0 - SPOT) + 0.98 * price(104_000.0, 10)
        assert margins.initial_margin[0] == pytest.approx(wanted)

    def test_the_value_of_options_stands_against_nothing(self) -> None:
        margins = margins_of(OPTIONS, {"104000-10-C": 5.0}, owned={"USDT": 1_000.0})
        assert margins.requirement.margin_balance[0] == pytest.approx(1_000.0)
        assert margins.requirement.equity[0] == pytest.approx(1_000.0 + 5.0 * price(104_000.0, 10))

    def test_what_is_bought_needs_nothing(self) -> None:
        assert margins_of(OPTIONS, {"104000-10-C": 5.0}).initial_margin[0] == 0.0

    def test_futures_belong_elsewhere(self) -> None:
        [row] = list(margins_of(OPTIONS, {"PERP": 1.0}))
        assert "use gate/pm for futures" in row.unavailable


@pytest.mark.parametrize("name", ["FUTURE", "DOGE"])
def test_what_has_no_rule_is_refused_by_name(name: str) -> None:
    [row] = list(margins_of(PM, {name: 1.0}))
    assert math.isnan(row.initial_margin)
    assert name in row.unavailable
