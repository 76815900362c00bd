"""SPAN by hand: sixteen points, spread charges and credits, delivery, the short-option minimum, option value."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.margining.figures import computed
from seawall.margining.models.span_portfolio import PORTFOLIO
from seawall.margining.models.span_portfolio.combined import Combined, spread_credits
from seawall.margining.models.span_portfolio.composite_delta import composite_delta
from seawall.margining.models.span_portfolio.numbers import Pair
from seawall.margining.models.span_portfolio.points import COUNT, PAIRED, cover, price_moves
from seawall.margining.models.span_portfolio.rule import PARTS, Risk, less_option_value, price_risk, scan
from seawall.margining.models.span_portfolio.tiers import TierSpreads, tier_spreads
from seawall.policy import MarginPolicy, at
from tests.unit.margining.markets import BTC, ETH, book, margins, market

POLICY = at("span/portfolio/2026-01-01")
EXACT = 1e-9
RANGE = POLICY.number("market.btc.price_scan_range")
FACTOR = POLICY.number("general.initial_factor")


def with_numbers(**numbers: object) -> MarginPolicy:
    return POLICY.with_numbers({name.replace("__", "."): number for name, number in numbers.items()})


def test_the_sixteen_points_are_spans() -> None:
    scenarios = PORTFOLIO.scenarios(POLICY, market())
    assert len(scenarios) == COUNT == 16
    moves = scenarios.spot[:, scenarios.underlyings.index("BTC")] / RANGE
    assert moves == pytest.approx(np.array([0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3, 6, -6]) / 3.0)
    assert (scenarios.elapsed_years > 0.0).all()
    assert scenarios.weights.tolist() == [1.0] * 14 + [0.35, 0.35]
    assert PAIRED.tolist() == [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 14, 15]


def test_an_outright_future_loses_its_range_and_the_extreme_move_less_than_that() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 2.0}), POLICY)
    assert row.maintenance_margin == pytest.approx(2.0 * BTC * RANGE, rel=EXACT)
    assert row.initial_margin == pytest.approx(FACTOR * 2.0 * BTC * RANGE, rel=EXACT)
    extreme = price_moves(RANGE, 2.0) * cover(0.35)
    assert np.abs(extreme).max() == RANGE


def test_a_short_wing_is_caught_by_the_extreme_move_alone() -> None:
    found = margins(book({"BTC-FAR-CALL": -100.0}), with_numbers(general__extreme_multiple=9.0))
    figures = computed(found)
    assert figures["BTC.active_scenario"] == 15.0
    assert PORTFOLIO.scenarios(with_numbers(general__extreme_multiple=9.0), market()).spot.min() > -1.0


def test_two_expiries_scan_to_nothing_and_pay_a_spread() -> None:
    policy = with_numbers(market__btc__spread_near_far=0.02)
    found = margins(book({"BTC_USDC-PERPETUAL": 1.0, "BTC-FUTURE": -BTC}), policy)
    figures = computed(found)
    assert figures["BTC.scan_risk"] == pytest.approx(0.0, abs=1e-6)
    assert figures["BTC.spread_charge"] == pytest.approx(0.02 * BTC, rel=EXACT)
    same_tier = margins(book({"BTC_USDC-PERPETUAL": 1.0, "BTC-PERPETUAL": -BTC}), policy)
    assert computed(same_tier)["BTC.spread_charge"] == 0.0


def test_spreads_within_a_tier_form_before_those_across() -> None:
    found = tier_spreads(np.array([[3.0, -1.0, -4.0, 1.0]]), np.array([False, False, True, True]))
    assert [float(one[0]) for one in found] == [1.0, 1.0, 2.0]
    assert float(found.total[0]) == 4.0


def test_delta_close_to_delivery_pays_by_whether_a_spread_uses_it() -> None:
    policy = with_numbers(
        general__delivery_days=366.0, market__btc__delivery_outright=0.01, market__btc__delivery_spread=0.005
    )
    outright = computed(margins(book({"BTC-FUTURE": BTC}), policy))["BTC.delivery"]
    hedged = computed(margins(book({"BTC-FUTURE": BTC, "BTC_USDC-PERPETUAL": -1.0}), policy))["BTC.delivery"]
    assert outright == pytest.approx(0.01 * BTC, rel=EXACT)
    assert hedged == pytest.approx(0.005 * BTC, rel=EXACT)
    assert computed(margins(book({"BTC_USDC-PERPETUAL": 1.0}), policy))["BTC.delivery"] == 0.0


def test_two_coins_of_opposite_delta_are_credited_by_price_risk() -> None:
    sizes = {"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -12.0}  # 60,000 and 30,000 USD
    figures = computed(margins(book(sizes), with_numbers(inter__btc_eth__credit_rate=0.4)))
    eth_range = POLICY.number("market.eth.price_scan_range")
    assert figures["BTC.weighted_price_risk"] == pytest.approx(RANGE, rel=EXACT)
    assert figures["BTC.spread_credit"] == pytest.approx(0.4 * RANGE * 12.0 * ETH, rel=EXACT)
    assert figures["ETH.spread_credit"] == pytest.approx(0.4 * eth_range * 12.0 * ETH, rel=EXACT)
    same_side = computed(margins(book({name: abs(size) for name, size in sizes.items()}), POLICY))
    assert same_side["BTC.spread_credit"] == 0.0


def commodity(delta_usd: float, losses: tuple[float, float]) -> Combined:
    """Return a combined commodity that loses so much in its active scenario and in the one paired with it."""
    pnl = np.zeros((1, COUNT))
    pnl[0, 12:14] = -losses[0], -losses[1]
    none = np.zeros(1)
    return Combined(pnl, scan(pnl), np.array([delta_usd]), TierSpreads(none, none, none), none, none, none)


def pair(one: str, other: str, credit_rate: float) -> Pair:
    return Pair(one, other, credit_rate, priority=1, path="inter")


def test_a_spread_uses_its_deltas_up_so_that_the_next_pair_finds_what_is_left() -> None:
    found = {"A": commodity(10.0, (5.0, 5.0)), "B": commodity(-6.0, (3.0, 3.0)), "C": commodity(-8.0, (4.0, 4.0))}
    credited = spread_credits(found, (pair("A", "B", 0.5), pair("A", "C", 0.5)), 1)
    # Each loses half a dollar a dollar of delta; six dollars are spread against B, and four are left for C.
    assert {base: float(credit[0]) for base, credit in credited.items()} == {"A": 2.5, "B": 1.5, "C": 1.0}


def test_a_credit_is_never_more_than_the_scanning_risk() -> None:
    """Where standing still gains, price risk is more than what is lost."""
    gaining = commodity(10.0, (5.0, 5.0))
    gaining.pnl[0, :2] = 20.0
    credited = spread_credits({"A": gaining, "B": commodity(-10.0, (50.0, 50.0))}, (pair("A", "B", 1.0),), 1)
    assert float(credited["A"][0]) == 5.0


def test_a_composite_delta_reaches_to_the_end_of_the_range() -> None:
    """A call a tenth above the forward, next to no volatility: at the money at the upper end, worthless before it."""
    snapshot, call = market(vol={"BTC_USDC-CALL": 0.01}), market().table.position("BTC_USDC-CALL")
    ends = composite_delta(snapshot, {"BTC": 0.1}, (0.0, 0.0, 0.0, 1.0), look_ahead_days=0.0)
    assert ends[call] == pytest.approx(0.25, abs=0.01)  # a half at one of two ends
    before = composite_delta(snapshot, {"BTC": 0.1}, (0.0, 0.0, 1.0, 0.0), look_ahead_days=0.0)
    assert before[call] == pytest.approx(0.0, abs=1e-6)


def test_a_credit_takes_no_more_off_than_the_scan_that_it_is_taken_off() -> None:
    parts = Risk(*np.array([[10.0], [12.0], [5.0], [1.0], [9.0]])).parts()
    assert [float(parts[name][0]) for name in PARTS] == [0.0, 5.0, 1.0, 3.0]


def test_price_risk_leaves_volatility_and_time_out() -> None:
    pnl = np.zeros((1, 16))
    pnl[0, :2] = -40.0, -60.0
    pnl[0, 12:14] = -500.0, -300.0
    active = scan(pnl).active
    assert price_risk(pnl, active).tolist() == [350.0]


@pytest.mark.parametrize(("method", "counted"), [("gross", 5.0), ("max", 3.0)])
def test_the_short_option_minimum_counts_all_or_the_larger_side(method: str, counted: float) -> None:
    policy = with_numbers(general__som_method=method, market__btc__short_option_minimum=0.5)
    figures = computed(margins(book({"BTC-CALL": -3.0, "BTC-PUT": -2.0}), policy))
    assert figures["BTC.short_option_minimum"] == pytest.approx(0.5 * counted * BTC, rel=EXACT)
    assert figures["native.span_risk"] == pytest.approx(0.5 * counted * BTC, rel=EXACT)


def test_long_options_pay_for_the_risk_and_short_ones_owe_their_value() -> None:
    [long] = margins(book({"BTC-CALL": 1.0}), POLICY)
    assert long.maintenance_margin == 0.0
    found = margins(book({"BTC-CALL": -1.0}), POLICY)
    worth = float(market().mark[market().table.position("BTC-CALL")]) * BTC
    risk = float(found.requirement.native["span_risk"][0])
    assert found.maintenance_margin[0] == pytest.approx(risk + worth, rel=EXACT)
    assert found.initial_margin[0] == pytest.approx(FACTOR * risk + worth, rel=EXACT)


def test_option_value_is_taken_off_as_a_whole() -> None:
    parts = dict(zip(PARTS, np.array([[10.0], [4.0], [2.0], [1.0]]), strict=True))
    for value in (-5.0, 0.0, 3.0, 12.0, 16.5, 40.0):
        for factor in (1.0, 1.1):
            left = less_option_value(parts, np.array([value]), factor=factor)
            assert sum(float(one[0]) for one in left.values()) == pytest.approx(max(17.0 * factor - value, 0.0))
            assert all(float(one[0]) >= 0.0 for one in left.values())


def test_a_composite_delta_is_an_average_over_where_the_price_may_be() -> None:
    weights = POLICY.numbers("general.delta_weights")
    snapshot = market()
    still = composite_delta(snapshot, {"BTC": 0.0}, weights, look_ahead_days=0.0)
    assert still == pytest.approx(snapshot.exposure.delta, rel=1e-12)
    call, put = snapshot.table.position("BTC-CALL"), snapshot.table.position("BTC-PUT")
    moved = composite_delta(snapshot, {"BTC": 0.3}, weights, look_ahead_days=1.0)
    assert moved[call] - moved[put] == pytest.approx(1.0)
    assert 0.0 < moved[call] < 1.0
    alone = [composite_delta(snapshot, {"BTC": 0.3}, (w0, 0.0, 0.0, w3), look_ahead_days=0.0)[call]
             for w0, w3 in ((1.0, 0.0), (0.0, 1.0))]  # fmt: skip
    assert alone[0] == pytest.approx(snapshot.exposure.delta[call])
    assert 0.3 < alone[1] < 0.7  # one of the two ends is deep in the money, the other far out of it


def test_an_underlying_without_a_scan_range_is_refused_by_name() -> None:
    [row] = margins(book({"SOL_USDC-PERPETUAL": 1.0}), POLICY)
    assert np.isnan(row.initial_margin)
    assert "SOL_USDC-PERPETUAL" in row.unavailable
