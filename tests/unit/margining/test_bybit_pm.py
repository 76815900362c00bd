"""Bybit portfolio margin against numbers by hand."""

from __future__ import annotations

import math

import pytest

from seawall.core.evidence import Grade
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from tests.unit.margining.markets import BTC, ETH, VOL, black, book, margins, market

PM = "bybit/pm/2026-03-24"
FUTURE_SHARE, FACTOR, RANGE = 0.0003, 1.2, 0.10


def without(*charges: str) -> MarginPolicy:
    return at(PM).with_numbers({f"market.btc.{name}": 0.0 for name in charges})


def figures(positions: dict[str, float], policy: str | MarginPolicy = PM, snapshot: MarketSnapshot | None = None,
            balances: dict[str, float] | None = None) -> dict[str, float]:  # fmt: skip
    return dict(margins(book(positions, balances), policy, snapshot).explain("desk").detail.figures)


def test_a_linear_perpetual_loses_its_worth_times_the_widest_move_and_pays_the_contingency_of_futures() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": -2.0}), PM)
    assert row.maintenance["worst_case"] == pytest.approx(2.0 * BTC * RANGE)
    assert row.maintenance["futures"] == pytest.approx(2.0 * BTC * FUTURE_SHARE)
    assert row.maintenance_margin == pytest.approx(2.0 * BTC * (RANGE + FUTURE_SHARE))
    assert row.initial_margin == pytest.approx(FACTOR * row.maintenance_margin)
    assert row.worst_scenario == "BTC +10 %, vol up"


def test_a_stable_coin_counts_at_its_price() -> None:
    snapshot = market(index={"USDC": 0.98})
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0}), PM, snapshot)
    assert row.maintenance["worst_case"] == pytest.approx(0.98 * BTC * RANGE)


def test_an_inverse_perpetual_is_counted_by_the_worth_of_its_coins_at_the_moved_price() -> None:
    size, mark, index = 30_000.0, 61_000.0, 60_000.0
    [row] = margins(book({"BTC-PERPETUAL": size}), PM, market(mark={"BTC-PERPETUAL": mark}))
    coins = size / mark * (1.0 - 1.0 / (1.0 - RANGE))  # of coin profit at 10 % less
    assert row.maintenance["worst_case"] == pytest.approx(-coins * index * (1.0 - RANGE))
    assert row.maintenance["futures"] == pytest.approx(size / mark * index * FUTURE_SHARE)


@pytest.mark.parametrize(("days", "whole"), [(60.0, 60), (59.2, 60)])
def test_volatility_moves_by_whole_days_and_prices_by_exact_ones(days: float, whole: int) -> None:
    now = market()
    past_ns = round((60.0 - days) * 86_400e9)
    snapshot = MarketSnapshot.of(
        now.table, name="later", venue="deribit", source="made for tests", time_ns=now.time_ns + past_ns,
        index=now.index, mark=now.mark, forward=now.forward, vol=now.vol,
    )  # fmt: skip
    name, strike = "BTC_USDC-CALL", 66_000.0
    found = figures({name: 2.0}, snapshot=snapshot)
    mark = float(snapshot.mark[snapshot.table.position(name)])
    scale = (30.0 / whole) ** 0.3
    for k, move in enumerate((-0.1, -0.08, -0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06, 0.08, 0.1)):
        for v, shock in enumerate((0.24 * scale, 0.0, -0.20 * scale)):
            priced = black(BTC * (1.0 + move), strike, days / 365.0, VOL * (1.0 + shock), is_call=True)
            assert found[f"BTC.option.{name}.{3 * k + v}"] == pytest.approx(2.0 * (priced - mark), abs=1e-6)


def test_at_each_price_the_volatility_that_is_worst_for_all_options_together_counts() -> None:
    """A long and a short option each have a worst volatility of their own; only one can come true."""
    held = {"BTC_USDC-CALL": 1.0, "BTC-CALL": -1.0}
    found = figures(held)
    for k in range(11):
        cells = [sum(found[f"BTC.option.{name}.{3 * k + v}"] for name in held) for v in range(3)]
        assert found[f"BTC.total.OPTION.{k}"] == pytest.approx(min(cells))
        apart = sum(min(found[f"BTC.option.{name}.{3 * k + v}"] for v in range(3)) for name in held)
        assert found[f"BTC.total.OPTION.{k}"] >= apart - 1e-9
        assert found[f"BTC.maxLossIvShock.{k}"] == (0.24, 0.0, -0.20)[cells.index(min(cells))]


def test_coins_add_up_even_where_they_lose_on_opposite_sides() -> None:
    [both] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -20.0}), PM)
    assert both.maintenance["worst_case"] == pytest.approx(RANGE * (BTC + 20.0 * ETH))


def test_contracts_on_one_coin_net_in_the_stress_and_not_in_the_contingency_of_futures() -> None:
    held = {"BTC_USDC-PERPETUAL": 1.0, "BTC-PERPETUAL": -BTC}
    [row] = margins(book(held), without("stable_spread"))
    assert row.maintenance["worst_case"] == pytest.approx(0.0, abs=1e-9)
    assert row.maintenance["futures"] == pytest.approx(2.0 * BTC * FUTURE_SHARE)
    [charged] = margins(book(held), PM)
    share = at(PM).number("market.btc.stable_spread")
    assert charged.maintenance["stable_spread"] == pytest.approx(share * BTC)


def test_coins_hedge_what_is_against_them_where_that_helps_and_no_further() -> None:
    short = {"BTC_USDC-PERPETUAL": -1.0}

    def worst(coins: float, positions: dict[str, float] = short, policy: str | MarginPolicy = PM) -> float:
        [row] = margins(book(positions, {"BTC": coins}), policy)
        return row.maintenance["worst_case"]

    assert worst(0.0) == pytest.approx(RANGE * BTC)
    assert worst(0.4) == pytest.approx(0.6 * RANGE * BTC)
    assert worst(5.0) == pytest.approx(0.0, abs=1e-9)  # and nothing is lost where the price falls
    assert worst(5.0, {"BTC_USDC-PERPETUAL": 1.0}) == pytest.approx(RANGE * BTC)
    assert worst(-0.4, {"BTC_USDC-PERPETUAL": 1.0}) == pytest.approx(0.6 * RANGE * BTC)
    assert worst(0.4, short, at(PM).with_numbers({"general.spot_hedging": False})) == pytest.approx(RANGE * BTC)


def test_what_hedges_is_shown_with_its_profits() -> None:
    found = figures({"BTC_USDC-PERPETUAL": -1.0}, balances={"BTC": 0.4})
    assert found["BTC.hedgeSpotSize"] == 0.4
    assert found["BTC.spot.0"] == 0.0
    assert found["BTC.spot.10"] == pytest.approx(0.4 * BTC * RANGE)


def test_net_short_options_pay_a_share_of_the_index() -> None:
    share = at(PM).number("market.btc.short_option_contingency")
    [row] = margins(book({"BTC-CALL": -2.0, "BTC-FAR-CALL": 5.0}), PM)
    assert row.maintenance["short_option"] == pytest.approx(2.0 * share * BTC)
    [netted] = margins(book({"BTC-CALL": -2.0, "BTC-PUT": 2.0}), PM)
    assert netted.maintenance["short_option"] == 0.0


def test_options_and_delta_that_hedge_another_expiry_pay_for_the_time_between() -> None:
    policy = at(PM)
    [row] = margins(book({"BTC-CALL": -2.0, "BTC-FAR-CALL": 3.0}), PM)  # 60 days and 2 days
    assert row.maintenance["vega_spread"] == pytest.approx(
        2.0 * 58.0 * policy.number("market.btc.vega_spread_per_day") * BTC
    )
    [carry] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "BTC-FUTURE": -BTC}), PM)  # the future has a year left
    assert carry.maintenance["delta_spread"] == pytest.approx(policy.number("market.btc.basis_per_year") * BTC)


def test_all_coins_hedge_where_no_limit_is_set() -> None:
    unlimited = at(PM).with_numbers({"general.spot_hedge_limit": "none"})
    held = {"BTC_USDC-PERPETUAL": -1.0, "BTC-CALL": -1.0}
    found = {limit: figures(held, policy, balances={"BTC": 5.0})["BTC.hedgeSpotSize"] for limit, policy in
             (("delta", at(PM)), ("none", unlimited))}  # fmt: skip
    assert 1.0 < found["delta"] < 2.0
    mark = float(market().mark[market().table.position("BTC-CALL")])
    assert found["none"] == pytest.approx(5.0 - mark)  # equity in the coin, less what the sold option is worth


def test_coins_that_hedge_count_as_delta_that_expires_now() -> None:
    """Two coins against a future with a year left: they hedge it, and pay for the year as a perpetual would."""
    policy = at(PM)
    [row] = margins(book({"BTC-FUTURE": -2.0 * BTC}, {"BTC": 2.0}), policy)
    assert row.maintenance["worst_case"] == pytest.approx(0.0, abs=1e-6)
    assert row.maintenance["delta_spread"] == pytest.approx(2.0 * policy.number("market.btc.basis_per_year") * BTC)


def test_collateral_ratios_lower_what_is_available_and_not_the_rates() -> None:
    found = margins(book({"BTC_USDC-PERPETUAL": -1.0}, {"BTC": 2.0}), PM)
    [row] = found
    native = {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}
    assert row.haircut == pytest.approx(0.15 * 2.0 * BTC)
    assert row.margin_balance == row.equity == pytest.approx(2.0 * BTC)
    assert native["totalAvailableBalance"] == pytest.approx(row.equity - row.haircut - row.initial_margin)
    assert native["accountMMRate"] == math.floor(1e4 * row.maintenance_margin / row.equity) / 1e4


def test_a_debt_pays_margin_of_its_own_without_the_factor() -> None:
    [row] = margins(book({}, {"BTC": 1.0, "ETH": -4.0}), PM)
    assert row.initial["borrow"] == pytest.approx(0.2 * 4.0 * ETH)
    assert row.maintenance["borrow"] == pytest.approx(0.04 * 4.0 * ETH)
    assert row.initial_margin == row.initial["borrow"]


def test_the_matrix_that_is_shown_is_what_the_margin_was_read_from() -> None:
    found = margins(book({"BTC-CALL": -3.0, "BTC_USDC-PERPETUAL": 1.0}, {"BTC": 1.0}), PM)
    [matrix] = found.explain("desk").detail.matrices
    [row] = found
    assert matrix.standard.shape == (11, 3)
    assert matrix.worst == row.maintenance["worst_case"]
    assert matrix.line_standard.sum(axis=0) == pytest.approx(matrix.standard.reshape(-1))


def test_totals_are_shown_cut_to_four_decimals_downwards_and_the_margin_is_not() -> None:
    held = {"BTC_USDC-PERPETUAL": 0.0123456789}
    found = figures(held)
    assert found["BTC.total.ALL.0"] == math.floor(-1e4 * held["BTC_USDC-PERPETUAL"] * BTC * RANGE) / 1e4
    assert found["BTC.maxLoss"] == pytest.approx(held["BTC_USDC-PERPETUAL"] * BTC * RANGE, rel=1e-12)


def test_a_coin_without_a_stress_test_is_refused_by_name() -> None:
    [row] = margins(book({"SOL_USDC-PERPETUAL": 1.0}), PM)
    assert "SOL_USDC-PERPETUAL: bybit/pm/2026-03-24 has no stress test for SOL" in row.unavailable
    assert math.isnan(row.initial_margin)
    [owner] = margins(book({}, {"SOL": 1.0}), PM)
    assert "no collateral ratio" in owner.unavailable


@pytest.mark.parametrize(
    ("positions", "balances", "grade"),
    [
        ({"BTC_USDC-PERPETUAL": 1.0}, {}, Grade.VERIFIED),
        ({"BTC_USDC-CALL": 1.0}, {}, Grade.ASSUMED),  # its value is collateral in USDC, whose ratio is assumed
        ({"ETH_USDC-PERPETUAL": 1.0}, {}, Grade.ASSUMED),
        ({"BTC-PERPETUAL": 1_000.0}, {}, Grade.SECOND_HAND),
        ({"BTC_USDC-PERPETUAL": 1.0}, {"BTC": 1.0}, Grade.DOCUMENTED),
        ({"BTC_USDC-PERPETUAL": -1.0}, {"BTC": 1.0}, Grade.ASSUMED),  # the coins hedge
        ({"BTC_USDC-PERPETUAL": 1.0, "BTC-PERPETUAL": 1_000.0}, {}, Grade.SECOND_HAND),
    ],
)
def test_a_result_carries_the_weakest_grade_that_it_used(
    positions: dict[str, float], balances: dict[str, float], grade: Grade
) -> None:
    [row] = margins(book(positions, balances), PM)
    assert row.evidence is grade
