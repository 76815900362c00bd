"""First passage: closed forms against each other and against integrals, simulation against the closed forms."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from seawall.core.errors import InputError
from seawall.risk.bridge import bridge_leaves
from seawall.risk.exit_simulation import BLOCK_PATHS_COUNT, JumpDiffusion, move_on, simulate_exits
from seawall.risk.first_passage import (
    cash_at_expiry_if_touched,
    cash_at_touch,
    exit_probabilities,
    expected_touch_years,
    normal_cdf,
    touch_probability,
)

STANDARD_ERRORS = 4.0 / 2.576
"""Four standard errors, as a multiple of the half width of an interval of 99 %."""


@pytest.mark.parametrize("x", [-37.0, -20.0, -5.0, -0.3, 0.0, 1.0, 8.0])
def test_the_normal_distribution_keeps_its_digits_in_the_tail(x: float) -> None:
    assert normal_cdf(x) == pytest.approx(stats.norm.cdf(x), rel=1e-12)


@pytest.mark.parametrize(("level", "drift"), [(80.0, 0.0), (80.0, 0.4), (130.0, -0.3), (101.0, 0.1), (99.9, 0.0)])
def test_a_touch_probability_is_the_integral_of_the_density_of_first_passage(level: float, drift: float) -> None:
    vol, years = 0.6, 0.25
    away, sign = abs(np.log(level / 100.0)), 1.0 if level > 100.0 else -1.0
    m = sign * (drift - 0.5 * vol**2)

    def density(t: float) -> float:
        return float(away / (vol * np.sqrt(2.0 * np.pi * t**3)) * np.exp(-((away - m * t) ** 2) / (2.0 * vol**2 * t)))

    area, _ = integrate.quad(density, 0.0, years, epsabs=1e-13, epsrel=1e-11, limit=400)
    assert touch_probability(100.0, level, years, vol=vol, drift=drift) == pytest.approx(area, rel=1e-8)


def test_cash_at_a_touch_is_the_discounted_integral_of_the_same_density() -> None:
    vol, years, rate, away = 0.4, 0.75, 0.12, np.log(100.0 / 85.0)
    m = -(rate - 0.03 - 0.5 * vol**2)

    def worth(t: float) -> float:
        density = away / (vol * np.sqrt(2.0 * np.pi * t**3)) * np.exp(-((away - m * t) ** 2) / (2.0 * vol**2 * t))
        return float(10.0 * np.exp(-rate * t) * density)

    area, _ = integrate.quad(worth, 0.0, years, epsabs=1e-13, epsrel=1e-11, limit=400)
    ours = cash_at_touch(100.0, 85.0, 10.0, years, rate=rate, dividend_yield=0.03, vol=vol)
    assert ours == pytest.approx(area, rel=1e-8)


def test_money_now_is_worth_more_than_the_same_money_at_the_end() -> None:
    late = cash_at_expiry_if_touched(105.0, 100.0, 15.0, 0.5, rate=0.1, vol=0.2)
    assert late < cash_at_touch(105.0, 100.0, 15.0, 0.5, rate=0.1, vol=0.2) < 15.0


HAUG_WITH_YIELD = [(105.0, 12.2715), (95.0, 8.9109)]
"""Cash of 15 at a touch of 100, half a year, r = 0.10, q = 0.20, vol 0.20: QuantLib's test, after Haug."""


@pytest.mark.parametrize(("price", "printed"), HAUG_WITH_YIELD)
def test_the_printed_prices_with_a_yield_are_met(price: float, printed: float) -> None:
    ours = cash_at_touch(price, 100.0, 15.0, 0.5, rate=0.10, dividend_yield=0.20, vol=0.20)
    assert ours == pytest.approx(printed, abs=1e-4)


def test_limits_of_the_touch_probability() -> None:
    assert touch_probability(100.0, 100.0, 0.1, vol=0.5) == 1.0
    assert touch_probability(100.0, 90.0, 0.0, vol=0.5) == 0.0
    assert touch_probability(100.0, 90.0, 1.0, vol=0.0) == 0.0
    assert touch_probability(100.0, 90.0, 1.0, vol=0.0, drift=-0.2) == 1.0
    assert touch_probability(100.0, 90.0, np.inf, vol=0.5) == 1.0
    assert touch_probability(100.0, 110.0, np.inf, vol=0.5) == pytest.approx(100.0 / 110.0)  # a martingale
    assert (
        0.0
        <= touch_probability(100.0, 1e-200, 1.0, vol=0.01, drift=5.0)
        <= touch_probability(100.0, 1e200, 1.0, vol=3.0)
    )
    steps = [touch_probability(100.0, 90.0, 0.1, vol=0.6, step_years=s) for s in (0.0, 1e-4, 1e-3, 1e-2)]
    assert steps == sorted(steps, reverse=True)
    assert expected_touch_years(100.0, 90.0, vol=0.5, drift=0.125) == np.inf


@pytest.mark.parametrize("bad", [(0.0, 90.0, 1.0, 0.5), (100.0, -1.0, 1.0, 0.5), (100.0, 90.0, -1.0, 0.5),
                                 (100.0, 90.0, 1.0, np.nan)])  # fmt: skip
def test_what_can_not_be_is_refused(bad: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError):
        touch_probability(*bad[:3], vol=bad[3])


@pytest.mark.parametrize(
    ("level", "vol", "drift"), [(0.9, 0.8, 0.0), (0.7, 0.6, 0.0), (1.3, 0.7, 0.5), (0.97, 0.5, -0.4)]
)
def test_the_simulation_without_leaps_meets_the_closed_form(level: float, vol: float, drift: float) -> None:
    low, high = (np.log(level), np.inf) if level < 1.0 else (-np.inf, np.log(level))
    found = simulate_exits(JumpDiffusion(vol, drift), low, high, 30 / 365, paths=40_000, seed=11)
    exact = touch_probability(100.0, 100.0 * level, 30 / 365, vol=vol, drift=drift)
    one = found.probability
    assert abs(one.value - exact) <= STANDARD_ERRORS * one.half_width
    early = found.probability_by(float(found.years[3]))
    exact_early = touch_probability(100.0, 100.0 * level, 15 / 365, vol=vol, drift=drift)
    assert abs(early.value - exact_early) <= STANDARD_ERRORS * early.half_width


def test_the_chance_does_not_depend_on_how_time_is_cut() -> None:
    """A simulation that looked step by step would find more with more steps."""
    chances = [
        simulate_exits(JumpDiffusion(0.9), -0.1, 0.15, 0.1, paths=60_000, seed=5, periods=periods).probability
        for periods in (1, 4, 32)
    ]
    for one in chances[1:]:
        assert abs(one.value - chances[0].value) <= STANDARD_ERRORS * (one.half_width + chances[0].half_width)


def test_leaps_alone_are_counted_as_a_poisson_process() -> None:
    """Without diffusion, and with leaps that always go too far, staying is a matter of no leap at all."""
    process = JumpDiffusion(0.0, 0.0, jumps_per_year=3.0, jump_mean=-0.5)
    process = JumpDiffusion(0.0, 3.0 * np.expm1(-0.5), jumps_per_year=3.0, jump_mean=-0.5)  # no drift between leaps
    found = simulate_exits(process, -0.4, 0.4, 0.5, paths=40_000, seed=3)
    exact = -np.expm1(-1.5)
    assert abs(found.probability.value - exact) <= STANDARD_ERRORS * found.probability.half_width
    assert found.leapt.all()
    np.testing.assert_allclose(found.where, -0.5)


def test_leaps_and_diffusion_are_met_by_brute_force() -> None:
    process = JumpDiffusion(0.5, 0.0, jumps_per_year=25.0, jump_mean=-0.03, jump_std=0.07)
    years, count, steps = 30 / 365, 20_000, 600
    found = simulate_exits(process, np.log(0.8), np.log(1.25), years, paths=40_000, seed=9).probability
    random = np.random.Generator(np.random.Philox(key=4))
    step = years / steps
    shift = 0.5825971579390106 * process.vol * np.sqrt(step)
    at, gone = np.zeros(count), np.zeros(count, np.bool_)
    for _ in range(steps):
        jumps = random.poisson(process.jumps_per_year * step, count)
        at += process.log_drift * step + process.vol * np.sqrt(step) * random.standard_normal(count)
        at += process.jump_mean * jumps + process.jump_std * np.sqrt(jumps) * random.standard_normal(count)
        gone |= (at <= np.log(0.8) + shift) | (at >= np.log(1.25) - shift)
    error = np.sqrt(gone.mean() * (1.0 - gone.mean()) / count)
    assert abs(found.value - gone.mean()) <= 4.0 * error + STANDARD_ERRORS * found.half_width + 2e-3


def test_which_side_a_martingale_leaves_by_follows_from_its_mean() -> None:
    """With all of it out in the end, the mean of the price at the exit is today's price."""
    low, high = np.log(0.9), np.log(1.15)
    found = simulate_exits(JumpDiffusion(1.0), low, high, 3.0, paths=20_000, seed=2, periods=64)
    up = found.per_path((found.where > 0.0).astype(np.float64))
    assert found.probability.value > 1.0 - 1e-6
    error = up.std(ddof=1) / np.sqrt(len(up))
    assert abs(up.mean() - (1.0 - 0.9) / (1.15 - 0.9)) <= 4.0 * error


@pytest.mark.parametrize("ends", [(0.0, 0.0), (0.05, -0.08), (-0.09, 0.16)])
def test_a_bridge_leaves_an_interval_as_often_as_a_fine_one_does(ends: tuple[float, float]) -> None:
    start, end = (np.full(1, x) for x in ends)
    spread, count, steps = 0.12, 20_000, 1_500
    down, up = bridge_leaves(start, end, np.full(1, spread), -0.1, 0.15)
    random = np.random.Generator(np.random.Philox(key=8))
    noise = random.standard_normal((count, steps)) * spread / np.sqrt(steps)
    walk = np.cumsum(noise, axis=1)
    when = np.arange(1, steps + 1) / steps
    path = ends[0] + walk + when * (ends[1] - ends[0] - walk[:, -1:])
    shift = 0.5825971579390106 * spread / np.sqrt(steps)
    low, high = path <= -0.1 + shift, path >= 0.15 - shift
    first_low = np.where(low.any(axis=1), low.argmax(axis=1), steps)
    first_high = np.where(high.any(axis=1), high.argmax(axis=1), steps)
    assert float(down[0]) == pytest.approx((first_low < first_high).mean(), abs=0.02)
    assert float(up[0]) == pytest.approx((first_high < first_low).mean(), abs=0.02)


@pytest.mark.parametrize("drift", [0.0, 0.18, 0.9, -1.5])
@pytest.mark.parametrize("years", [0.004, 0.03, 0.0999, 0.101, 0.4, 3.0])
@pytest.mark.parametrize("price", [81.0, 100.0, 124.0])
def test_leaving_an_interval_is_the_integral_of_bridges_over_their_ends(
    drift: float, years: float, price: float
) -> None:
    """0.1 years is about where one series hands over to the other: a quarter of the squared width."""
    vol, low, high = 0.6, np.log(80.0 / price), np.log(125.0 / price)
    spread, middle = vol * np.sqrt(years), (drift - 0.5 * vol**2) * years

    def side(which: int) -> float:
        def density(end: float) -> float:
            ways = bridge_leaves(np.zeros(1), np.full(1, end), np.full(1, spread), low, high)
            return float(ways[which][0]) * float(stats.norm.pdf(end, middle, spread))

        cuts = sorted({middle - 12.0 * spread, low, 0.0, high, middle + 12.0 * spread})
        pieces = pairwise(cuts)
        return sum(integrate.quad(density, *piece, epsabs=1e-13, epsrel=1e-10, limit=200)[0] for piece in pieces)

    found = exit_probabilities(price, 80.0, 125.0, years, vol=vol, drift=drift)
    assert found == pytest.approx((side(0), side(1)), rel=2e-8, abs=1e-11)


def test_rare_exits_keep_their_digits_and_are_those_of_one_level_after_the_other() -> None:
    down, up = exit_probabilities(100.0, 80.0, 125.0, 0.004, vol=0.6, drift=0.1)
    ones = [touch_probability(100.0, level, 0.004, vol=0.6, drift=0.1) for level in (80.0, 125.0)]
    assert max(ones) < 1e-7
    assert (down, up) == pytest.approx(ones, rel=1e-12)
    nothing = exit_probabilities(100.0, 80.0, 125.0, 1e-4, vol=0.6)
    assert 0.0 < max(nothing) < 1e-250


def test_one_level_is_what_two_become_when_the_other_goes_away() -> None:
    one = touch_probability(100.0, 90.0, 0.5, vol=0.6, drift=0.2)
    assert exit_probabilities(100.0, 90.0, np.inf, 0.5, vol=0.6, drift=0.2) == pytest.approx((one, 0.0), rel=1e-14)
    gaps = [
        one - exit_probabilities(100.0, 90.0, far, 0.5, vol=0.6, drift=0.2)[0] for far in (110.0, 150.0, 400.0, 1e6)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.01 > 1e-15 > abs(gaps[-1])
    none = exit_probabilities(100.0, 0.0, np.inf, 9.0, vol=0.6)
    assert none == (0.0, 0.0)


def test_chances_of_two_levels_rise_with_time_to_what_the_mean_of_the_price_says() -> None:
    """In the end a martingale has left, and its mean is today's price."""
    times = np.geomspace(1e-4, 1e3, 400)
    ways = np.array([exit_probabilities(100.0, 80.0, 115.0, t, vol=0.6) for t in times])
    assert (np.diff(ways, axis=0) >= -1e-14).all()
    assert ways[-1].tolist() == pytest.approx([15.0 / 35.0, 20.0 / 35.0], rel=1e-12)
    assert exit_probabilities(100.0, 80.0, 115.0, np.inf, vol=0.6) == pytest.approx(ways[-1].tolist(), rel=1e-12)
    even = exit_probabilities(100.0, 80.0, 125.0, 0.2, vol=0.6, drift=0.18)
    assert even[0] == pytest.approx(even[1], rel=1e-12)


def test_limits_of_leaving_an_interval() -> None:
    assert exit_probabilities(100.0, 90.0, 110.0, 0.0, vol=0.5) == (0.0, 0.0)
    assert exit_probabilities(100.0, 90.0, 110.0, 1.0, vol=0.0, drift=0.2) == (0.0, 1.0)
    assert exit_probabilities(100.0, 90.0, 110.0, 1.0, vol=1e-200, drift=-0.2) == (1.0, 0.0)
    assert exit_probabilities(90.0, 90.0, 110.0, 1.0, vol=0.5) == (1.0, 0.0)
    assert exit_probabilities(111.0, 90.0, 110.0, 1.0, vol=0.5) == (0.0, 1.0)
    for years in (1e-300, 1e-3, 1.0, 1e300):
        for vol, drift in ((1e-150, 0.0), (1e-9, 0.3), (5.0, -40.0), (1e150, 0.0), (0.3, 1e300)):
            ways = exit_probabilities(100.0, 1e-300, 100.00000000000003, years, vol=vol, drift=drift)
            assert 0.0 <= min(ways) <= sum(ways) <= 1.0 + 1e-15
    steps = [sum(exit_probabilities(100.0, 90.0, 110.0, 0.1, vol=0.6, step_years=s)) for s in (0.0, 1e-4, 1e-3)]
    assert steps == sorted(steps, reverse=True)
    for wrong in ((-1.0, 90.0), (110.0, 90.0), (np.nan, 110.0)):
        with pytest.raises(InputError, match="lower"):
            exit_probabilities(100.0, *wrong, 1.0, vol=0.5)


def test_the_simulation_meets_both_sides_of_the_closed_form() -> None:
    found = simulate_exits(JumpDiffusion(0.8, 0.3), np.log(0.85), np.log(1.2), 30 / 365, paths=40_000, seed=12)
    exact = exit_probabilities(1.0, 0.85, 1.2, 30 / 365, vol=0.8, drift=0.3)
    for at, chance in zip((found.where < 0.0, found.where > 0.0), exact, strict=True):
        draws = found.per_path(at.astype(np.float64))
        assert abs(draws.mean() - chance) <= 4.0 * draws.std(ddof=1) / np.sqrt(len(draws))


def test_more_paths_keep_the_ones_there_were() -> None:
    process = JumpDiffusion(0.7, 0.0, 10.0, -0.02, 0.05)
    few = simulate_exits(process, -0.2, 0.2, 0.1, paths=BLOCK_PATHS_COUNT, seed=1).per_path()
    many = simulate_exits(process, -0.2, 0.2, 0.1, paths=2 * BLOCK_PATHS_COUNT + 7, seed=1).per_path()
    assert many[: len(few)].tobytes() == few.tobytes()
    other = simulate_exits(process, -0.2, 0.2, 0.1, paths=BLOCK_PATHS_COUNT, seed=2).per_path()
    assert other.tobytes() != few.tobytes()


def test_a_price_grows_by_its_drift_with_leaps_and_all() -> None:
    process = JumpDiffusion(0.5, 0.3, 12.0, -0.05, 0.1)
    there = np.exp(move_on(process, np.zeros(200_000), 0.5, seed=6))
    error = there.std() / np.sqrt(len(there))
    assert abs(there.mean() - np.exp(0.15)) <= 4.0 * error


def test_processes_and_intervals_that_can_not_be_are_refused() -> None:
    for wrong in ({"vol": -0.1}, {"vol": 0.5, "jumps_per_year": np.inf}, {"vol": 0.5, "drift": np.nan}):
        with pytest.raises(InputError):
            JumpDiffusion(**wrong)
    with pytest.raises(InputError):
        simulate_exits(JumpDiffusion(0.5), 0.1, 0.2, 1.0, paths=100, seed=0)
