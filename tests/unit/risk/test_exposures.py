"""Exposures: which delta is which, what is unavailable, how drill-down and aggregation add up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.core.time import NS_PER_DAY
from seawall.market import MarketSnapshot
from seawall.portfolio import Account, Book, Position
from seawall.risk.delta_aggregation import aggregate_delta
from seawall.risk.exposures import exposures
from seawall.risk.greeks import unit_greeks
from seawall.risk.margin_change import at_time
from tests.laws.worlds import NAMES, market

CALL = "BTC-120D-60000-C"
BOOK = Book.of([
    Account("a", (Position(CALL, -2.0), Position("BTC-PERPETUAL", 60_000.0, 50_000.0)), {"BTC": 3.0, "USDC": 9.0}),
    Account("b", (Position("ETH_USDC-PERPETUAL", 10.0),), {"ETH": -4.0}),
])  # fmt: skip


def test_the_three_deltas_of_an_inverse_option_are_told_apart() -> None:
    now, n = market(), NAMES.index(CALL)
    found = unit_greeks(now)
    assert found.net_delta[n] == found.delta[n] - now.mark[n]
    assert found.cash_delta_usd[n] == pytest.approx(found.delta[n] * now.index["BTC"], rel=1e-12)


def test_rho_moves_forwards_and_leaves_the_index() -> None:
    now = market()
    future, call = NAMES.index("BTC-120D"), NAMES.index(CALL)
    found = unit_greeks(now)
    assert found.rho_usd[future] == pytest.approx(now.years[future] * found.cash_delta_usd[future])
    # A coin-paid option at a fixed index gains what its coin price gains: the price-adjusted delta.
    assert found.rho_usd[call] == pytest.approx(now.years[call] * now.index["BTC"] * found.net_delta[call])
    assert found.rho_usd[NAMES.index("BTC-PERPETUAL")] == 0.0


def test_theta_is_the_difference_that_a_day_makes() -> None:
    now, n = market(), NAMES.index(CALL)
    later = at_time(now, now.time_ns + NS_PER_DAY // 100)
    per_day = (later.mark[n] - now.mark[n]) * now.index["BTC"] * 100.0
    assert unit_greeks(now).theta_usd_day[n] == pytest.approx(per_day, rel=1e-3)


def test_coins_and_their_gains_are_delta_and_dollars_are_not() -> None:
    found = exposures(BOOK, market())
    cash = {(holding.account, holding.asset): holding.size for holding in found.holdings if holding.kind == "cash"}
    mark = market().mark[NAMES.index("BTC-PERPETUAL")]
    assert cash[("a", "BTC")] == pytest.approx(3.0 + 60_000.0 / 50_000.0 - 60_000.0 / mark)
    assert cash[("b", "ETH")] == -4.0
    assert set(cash) == {("a", "BTC"), ("b", "ETH")}
    assert not any(holding.kind == "cash" for holding in exposures(BOOK, market(), with_cash=False).holdings)


def test_a_way_down_names_every_level() -> None:
    rows = exposures(BOOK, market(), with_cash=False).rows("asset", "venue", "account", "expiry", "instrument")
    assert [row["path"] for row in rows if row["level"] == "instrument"] == [
        f"BTC / deribit / a / 2027-01-29 / {CALL}", "BTC / deribit / a / none / BTC-PERPETUAL",
        "ETH / deribit / b / none / ETH_USDC-PERPETUAL",
    ]  # fmt: skip


def test_strikes_are_grouped_by_moneyness() -> None:
    names = ("BTC-9D-45000-C", CALL, "BTC-9D-90000-P")
    book = Book.of([Account("a", tuple(Position(name, 1.0) for name in names))])
    groups = {holding.instrument: holding.moneyness for holding in exposures(book, market()).holdings}
    assert [groups[name] for name in names] == ["0.50 to 0.80", "0.95 to 1.05", "1.25 to 2.00"]
    with pytest.raises(InputError, match="rise"):
        exposures(book, market(), moneyness_edges=(1.0, 0.9))


def without(now: MarketSnapshot, name: str) -> MarketSnapshot:
    vol = now.vol.copy()
    vol[NAMES.index(name)] = np.nan
    return replace(now, vol=vol)


def test_what_can_not_be_valued_makes_its_totals_unavailable_and_no_others() -> None:
    whole = exposures(BOOK, without(market(), CALL)).total
    bitcoin, ether = whole.parts
    assert math.isnan(whole.net["vega_usd"]) and math.isnan(bitcoin.net["cash_delta_usd"])
    assert "no vol for BTC-120D-60000-C" in whole.unavailable
    assert ether.net["cash_delta_usd"] == pytest.approx(10 * market().mark[NAMES.index("ETH_USDC-PERPETUAL")] - 10_000)
    assert ether.unavailable == ""


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InputError, match="level is 'desk'"):
        exposures(BOOK, market()).by("desk")


def test_deltas_aggregate_by_beta_and_what_is_left_is_stated() -> None:
    """ETH at a beta of 1.2: half a million of it is 600,000 of BTC; perfectly correlated, nothing is left."""
    sigma = np.outer([0.03, 0.036], [0.03, 0.036])
    found = aggregate_delta({"BTC": -600_000.0, "ETH": 500_000.0}, ("BTC", "ETH"), sigma, reference="BTC")
    assert found.total_usd == pytest.approx(0.0, abs=1e-6)
    assert found.residual_usd == pytest.approx(0.0, abs=1e-3)
    sigma[0, 1] = sigma[1, 0] = 0.5 * sigma[0, 1]
    loose = aggregate_delta(exposures(BOOK, market()), ("BTC", "ETH"), sigma, reference="BTC")
    assert loose.total_usd == sum(part.equivalent_usd for part in loose.assets)
    assert 0.0 < loose.residual_usd < loose.deviation_usd


def test_a_delta_without_a_row_in_the_covariance_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="asset is 'ETH'"):
        aggregate_delta({"BTC": 1.0, "ETH": 1.0}, ("BTC",), [[1.0]], reference="BTC")
