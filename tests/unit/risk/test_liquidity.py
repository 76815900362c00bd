"""Liquidity and concentration: closed forms, and what is not known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.portfolio import Account, Book, Position
from seawall.risk.concentration import Liquidity, herfindahl_by, liquidity_report
from seawall.risk.exposures import exposures
from seawall.risk.liquidity import (
    days_to_liquidate,
    horizon_add_on,
    impact_cost,
    liquidity_horizon_shortfall,
    spread_cost,
)
from tests.laws.worlds import NAMES, market

PERPETUAL = "BTC_USDC-PERPETUAL"
BOOK = Book.of([Account("a", (Position(PERPETUAL, 4.0),), {"USDC": 1e5})])


def quoted() -> object:
    now, n = market(), NAMES.index(PERPETUAL)
    bid, ask, interest = (np.full(len(NAMES), np.nan) for _ in range(3))
    bid[n], ask[n], interest[n] = now.mark[n] * 0.999, now.mark[n] * 1.001, 80.0
    return replace(now, bid=bid, ask=ask, open_interest=interest)


def test_horizons_add_up_as_in_the_basel_framework() -> None:
    found = liquidity_horizon_shortfall([100, 60, 40, 20, 10], [10, 20, 40, 60, 120], base_days=10)
    assert found == pytest.approx(134.90737563232042, rel=1e-12)


def test_a_position_in_its_market() -> None:
    assumed = Liquidity({PERPETUAL: 20.0}, participation=0.1, daily_vol={"BTC": 0.04}, spread_deviation_ratio=0.5)
    found = liquidity_report(BOOK, quoted(), assumed)
    [one] = found.positions
    assert (one.open_interest_share, one.days) == (0.05, 2.0)
    assert one.spread_cost_usd == pytest.approx(240_000.0 * 0.002 * 2.5 / 2)  # widened by three times half of it
    worth = 4.0 * market().mark[NAMES.index(PERPETUAL)]
    assert one.impact_cost_usd == pytest.approx(0.04 * math.sqrt(worth / (20.0 * 60_000.0)) * worth)
    assert found.liquidity_adjusted(1_000.0) == 1_000.0 + one.spread_cost_usd + one.impact_cost_usd
    assert found.margin_add_on([1_000.0]) == pytest.approx(1_000.0 * (math.sqrt(2.0) - 1.0))
    assert found.margin_add_on([-1_000.0]) == 0.0


def test_what_is_not_known_is_no_zero() -> None:
    found = liquidity_report(BOOK, market(), Liquidity({}))
    assert all(math.isnan(number) for number in (found.cost_usd, found.longest_days, found.margin_add_on([1.0])))


def test_where_nothing_is_traded_closing_takes_forever_and_costs_without_bound() -> None:
    assert days_to_liquidate(1.0, 0.0, participation=0.1).tolist() == math.inf
    assert impact_cost(1.0, 0.0, daily_vol=0.1, coefficient=1.0).tolist() == math.inf
    assert horizon_add_on(0.0, math.inf, margin_period_days=1.0).tolist() == 0.0


def test_bad_assumptions_are_refused() -> None:
    for call in (
        lambda: days_to_liquidate(1.0, 1.0, participation=0.0),
        lambda: days_to_liquidate(1.0, -1.0, participation=0.5),
        lambda: horizon_add_on(1.0, 1.0, margin_period_days=0.0),
        lambda: spread_cost(1.0, -0.1),
        lambda: impact_cost(1.0, 1.0, daily_vol=-0.1, coefficient=1.0),
        lambda: liquidity_horizon_shortfall([1.0], [5.0], base_days=10.0),
    ):
        with pytest.raises(InputError):
            call()


def test_concentration_is_of_gross_exposure_by_any_level() -> None:
    held = (Position("BTC_USDC-PERPETUAL", 1.0), Position("ETH_USDC-PERPETUAL", -24.0))
    found = exposures(Book.of([Account("a", held)]), market())
    assert herfindahl_by(found, "asset") == pytest.approx(0.5, abs=1e-3)
    assert herfindahl_by(found, "venue") == 1.0
