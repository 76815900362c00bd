"""Each building block against numbers worked out by hand or printed by the venue."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.margining.binding import Binding
from seawall.margining.blocks.delta_shock import delta_shock, uncovered_delta
from seawall.margining.blocks.extended_table import damp, dampener, extended_weights
from seawall.margining.blocks.pnl_offset import offset_gains
from seawall.margining.blocks.roll_shock import roll_rate, roll_shock
from seawall.margining.blocks.scenario_grid import GridSpec, scenario_grid
from seawall.margining.blocks.standard_rates import linear_increment, short_option
from seawall.scenarios import Relative, Unchanged

FAR = np.array([-0.66, -0.33, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0])


def test_far_weights_in_dollars_are_the_list_that_venues_publish() -> None:
    # 16 % over each move; Paradex prints the same eight numbers as its scenario weights.
    weights = extended_weights(FAR, price_range=0.16, factor=1.0, numeraire_moves=False)
    published = [24.24, 48.48, 32.0, 16.0, 8.0, 5.33, 4.0, 3.2]
    assert (100.0 * weights).round(2).tolist() == published


@pytest.mark.parametrize("price_range", [0.14, 0.16, 0.18])
def test_a_linear_exposure_loses_at_every_far_move_what_it_loses_at_the_edge_of_the_grid(price_range: float) -> None:
    edge = np.sign(FAR) * price_range
    coins = FAR / (1.0 + FAR) * extended_weights(FAR, price_range=price_range, factor=1.0, numeraire_moves=True)
    np.testing.assert_allclose(coins, edge / (1.0 + edge), rtol=1e-14)
    dollars = FAR * extended_weights(FAR, price_range=price_range, factor=1.0, numeraire_moves=False)
    np.testing.assert_allclose(dollars, edge, rtol=1e-14)


def test_the_factor_of_the_far_table_multiplies_every_weight() -> None:
    one = extended_weights(FAR, price_range=0.16, factor=1.0, numeraire_moves=True)
    np.testing.assert_allclose(extended_weights(FAR, price_range=0.16, factor=0.5, numeraire_moves=True), one / 2.0)


def test_the_dampener_grows_with_each_range_beyond_the_first() -> None:
    # Deribit, 2024: 100,000 USD at a range of 16 % takes 312,500 USD off at -66 % and 3,025,000 USD at +500 %.
    taken = dampener(FAR, price_range=0.16, dampener_usd=100_000.0, price_usd=1.0, numeraire_moves=False)
    assert taken[[0, -1]].tolist() == pytest.approx([312_500.0, 3_025_000.0])
    coins = dampener(FAR, price_range=0.16, dampener_usd=100_000.0, price_usd=50_000.0, numeraire_moves=True)
    assert coins[[0, -1]].tolist() == pytest.approx([312_500.0 / 42_000.0, 3_025_000.0 / 58_000.0])


def test_a_move_inside_the_range_is_not_damped() -> None:
    taken = dampener(np.array([-0.1, 0.1]), price_range=0.16, dampener_usd=1e5, price_usd=1.0, numeraire_moves=False)
    assert taken.tolist() == [0.0, 0.0]


def test_damping_draws_gains_and_losses_alike_towards_zero_and_never_past_it() -> None:
    assert damp(np.array([-5.0, 5.0, -1.0, 1.0]), np.full(4, 2.0)).tolist() == [-3.0, 3.0, 0.0, 0.0]


def test_gains_count_by_their_share_and_up_to_the_cap_and_losses_whole() -> None:
    assert offset_gains(np.array([-7.0, 0.0, 1.0, 9.0]), share=0.4, cap=2.0).tolist() == [-7.0, 0.0, 0.4, 2.0]
    assert offset_gains(np.array([-7.0, 5.0]), share=0.0, cap=0.0).tolist() == [-7.0, 0.0]


def test_the_roll_shock_of_deribits_examples_is_the_floor_on_every_expiry() -> None:
    # 17 June 2024: 0.314538364 and 0.001187534 BTC of two expiries at 1 %. February 2026: 0.999487053 ETH at 0.5 %.
    rates = roll_rate(np.array([0.0, 10.9 / 365.0]), annualised_move=0.075, min_move=0.01)
    assert rates.tolist() == [0.01, 0.01]
    assert roll_shock(np.array([[0.314538364, -0.001187534]]), rates)[0] == pytest.approx(0.00315725898, abs=1e-17)
    assert roll_shock(np.array([[-0.999487053]]), np.array([0.005]))[0] == pytest.approx(0.004997435265, abs=1e-17)


def test_a_far_expiry_pays_more_than_the_floor() -> None:
    rate = roll_rate(np.array([2.0]), annualised_move=0.075, min_move=0.01)[0]
    assert rate == pytest.approx(2.718281828459045**0.15 - 1.0, rel=1e-12)


def test_expiries_do_not_net_in_the_roll_shock() -> None:
    assert roll_shock(np.array([[5.0, -5.0], [0.0, 0.0]]), np.array([0.01, 0.02])).tolist() == pytest.approx(
        [0.15, 0.0]
    )


@pytest.mark.parametrize("accounts", [2, 7, 64, 1_000])
def test_the_roll_shock_of_one_row_is_bitwise_that_of_many(accounts: int) -> None:
    rng = np.random.default_rng(accounts)
    deltas, rates = rng.normal(size=(accounts, 13)), rng.uniform(0.001, 0.1, 13)
    whole = roll_shock(deltas, rates)
    assert whole.tolist() == [float(roll_shock(deltas[a : a + 1], rates)[0]) for a in range(accounts)]
    widened = np.insert(deltas, [0, 5, 13], 0.0, axis=1)
    assert roll_shock(widened, np.insert(rates, [0, 5, 13], 0.3)).tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("long_options", "rest", "left"),
    [
        (30.0, -100.0, -70.0), (200.0, -100.0, 0.0), (-30.0, -100.0, -100.0),
        (-30.0, 100.0, 70.0), (-200.0, 100.0, 0.0), (30.0, 100.0, 100.0), (50.0, 0.0, 0.0), (-50.0, 0.0, 0.0),
    ],
)  # fmt: skip
def test_long_options_take_delta_away_and_never_add_any(long_options: float, rest: float, left: float) -> None:
    assert uncovered_delta(np.array([long_options]), np.array([rest])).tolist() == [left]


@pytest.mark.parametrize(
    ("delta", "charge"),
    [
        (400.0, 0.0),  # at the threshold
        (1_000.0, 30.0),  # (1000 - 400) * 0.00005 = 3 %
        (-1_000.0, 30.0),
        (2_400.0, 240.0),  # 10 %, the cap, is met exactly
        (5_000.0, 500.0),  # above it
    ],
)
def test_the_delta_shock_rises_with_delta_up_to_its_cap(delta: float, charge: float) -> None:
    found = delta_shock(np.array([delta]), threshold=400.0, increment=5e-5, max_rate=0.1)
    assert found.tolist() == pytest.approx([charge])


@pytest.mark.parametrize(
    ("size", "base", "increment", "rate"),
    [
        # Deribit support, Linear Perpetual: worked examples for BTC and SOL.
        (25.0, 0.02, 5e-5, 0.02125), (25.0, 0.01, 5e-5, 0.01125), (350.0, 0.02, 5e-5, 0.0375),
        (25.0, 0.04, 5e-6, 0.040125), (6_000.0, 0.04, 5e-6, 0.07), (-6_000.0, 0.04, 5e-6, 0.07),
    ],
)  # fmt: skip
def test_the_rate_of_a_future_rises_in_a_line(size: float, base: float, increment: float, rate: float) -> None:
    found = linear_increment(np.array([size]), base_rate=np.array([base]), increment=np.array([increment]))
    assert found.tolist() == pytest.approx([rate], rel=1e-14)


@pytest.mark.parametrize(
    ("is_call", "forward", "strike", "mark", "initial", "maintenance"),
    [
        (True, 90_000.0, 90_000.0, 0.05, 0.20, 0.125),  # at the money: 15 % and the mark
        (True, 90_000.0, 93_600.0, 0.04, 0.15, 0.115),  # 4 % out of the money: 11 % and the mark
        (True, 90_000.0, 100_000.0, 0.03, 0.13, 0.105),  # 11.1 % out: the floor of 10 %
        (True, 90_000.0, 45_000.0, 0.51, 0.66, 0.585),  # in the money is not out of it by a negative amount
        (False, 90_000.0, 90_000.0, 0.05, 0.20, 0.125),
        (False, 90_000.0, 86_400.0, 0.04, 0.15, 0.115),
        (False, 90_000.0, 50_000.0, 0.001, 0.101, 0.076),
        (False, 30_000.0, 75_000.0, 1.5, 1.65, 1.6125),  # maintenance 7.5 % of the mark: 0.1125
        (False, 20_000.0, 80_000.0, 3.0, 3.225, 3.225),  # and 0.225, more than the 15 %: initial is at least that
    ],
)
def test_a_short_option_pays_its_minimum_and_its_mark(
    is_call: bool, forward: float, strike: float, mark: float, initial: float, maintenance: float
) -> None:
    one = np.ones(1)
    found = short_option(
        mark * one, forward * one, strike * one, is_call=one > 0.0 if is_call else one < 0.0,
        initial_base=0.15 * one, initial_floor=0.10 * one, maintenance_base=0.075 * one,
    )  # fmt: skip
    assert found.initial.tolist() == pytest.approx([initial], rel=1e-12)
    assert found.maintenance.tolist() == pytest.approx([maintenance], rel=1e-12)


def test_the_grid_of_two_underlyings_moves_both_in_the_same_bucket_each_by_its_own_range() -> None:
    shocks = {"up": Relative(0.5), "same": Unchanged(), "down": Relative(-0.25)}
    specs = {
        base: GridSpec(price_range, 4, shocks, tuple(FAR.tolist()), "up")
        for base, price_range in (("BTC", 0.16), ("ETH", 0.18))
    }
    made = scenario_grid(specs)
    assert len(made) == 27 + 8
    assert made.underlyings == ("BTC", "ETH")
    assert made.spot[0].tolist() == [-0.16, -0.18]
    assert made.spot[3].tolist() == pytest.approx([-0.12, -0.135])
    assert made.spot[12:15].tolist() == [[0.0, 0.0]] * 3
    assert made.spot[27:, 0].tolist() == FAR.tolist()
    names = {made.vol_shocks[v] for v in made.vol_index[27:].ravel()}
    assert names == {Relative(0.5)}
    assert [made.vol_shocks[v] for v in made.vol_index[:3, 0]] == list(shocks.values())
    assert specs["BTC"].binding(0) == Binding("standard", 1, 1, "left", "-16 %, vol up")
    assert specs["ETH"].binding(26) == Binding("standard", 27, 9, "right", "+18 %, vol down")
    assert specs["ETH"].binding(34) == Binding("extended", 8, 8, "right", "+500 %, vol up")
