"""Simulated makers against closed forms and printed numbers: sampling, GBM, Merton, Heston, Student-t."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.pricing import black76, merton
from seawall.scenarios import (
    Covariance,
    Gbm,
    Heston,
    Jumps,
    MeanReverting,
    MertonJump,
    Sampling,
    StudentT,
    VarianceProcess,
    heston,
    mean_of,
    mean_with_control,
)
from seawall.scenarios.estimate import Estimate, mean_of_replicates
from seawall.scenarios.factors import vol_shocks_of
from seawall.scenarios.gbm import brownian_components
from seawall.scenarios.heston import quadratic_exponential
from seawall.scenarios.marginals import Empirical, WithTails
from seawall.scenarios.streams import Purpose, generator
from seawall.scenarios.student_t import student_cdf, tail_dependence

BTC = Covariance.of({"BTC": 0.6})
CALL = float(black76.price(1.0, 1.05, 0.25, 0.6, is_call=True))


def payoff(model: Gbm) -> np.ndarray:
    return np.maximum(1.0 + model.scenarios().spot[:, 0] - 1.05, 0.0)


def test_streams_of_blocks_and_purposes_differ_and_are_the_same_again() -> None:
    drawn = {
        (block, purpose): generator(1, block, purpose).standard_normal(4).tobytes()
        for block in (0, 1, 2**33)
        for purpose in Purpose
    }
    assert len(set(drawn.values())) == len(drawn)
    assert generator(1, 0, Purpose.NORMALS).standard_normal(4).tobytes() == drawn[0, Purpose.NORMALS]


def test_philox_gives_what_it_gave_when_these_numbers_were_kept() -> None:
    """A seed means numbers; another version of NumPy that changes them would change every margin simulated."""
    found = generator(20_260_801, 3, Purpose.NORMALS).integers(0, 2**32, 4)
    assert found.tolist() == [3_533_447_332, 2_152_670_687, 2_325_733_598, 830_236_205]


@pytest.mark.parametrize("bad", [{"count": 0}, {"workers": 0}, {"seed": -1}, {"seed": 2**64}, {"replicate": -1}])
def test_a_sampling_that_can_not_be_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(bad))):
        Sampling(**({"count": 10, "seed": 1} | bad))  # type: ignore[arg-type]


def test_an_interval_counts_pairs_as_one_draw() -> None:
    draws = np.array([1.0, 3.0, 0.0, 4.0, 2.5])
    assert mean_of(draws, pairs=True).count == 3
    assert mean_of(draws).count == 5
    with pytest.raises(InputError):
        mean_of(np.array([1.0]))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    held = sum(mean_of(rng.standard_normal(200), level=0.9).holds(0.0) for _ in range(2_000))
    assert abs(held / 2_000 - 0.9) < 4.0 * math.sqrt(0.9 * 0.1 / 2_000) + 0.005


@pytest.mark.parametrize("antithetic", [False, True])
def test_a_call_on_gbm_is_black_76_within_its_interval(antithetic: bool) -> None:
    model = Gbm(BTC, 0.25, Sampling(count=200_000, seed=3, antithetic=antithetic))
    found = mean_of(payoff(model), pairs=antithetic, level=0.9999)
    assert found.holds(CALL), found


def test_pairs_and_a_control_cut_the_error_and_stay_right() -> None:
    plain = mean_of(payoff(Gbm(BTC, 0.25, Sampling(count=50_000, seed=3, antithetic=False))))
    model = Gbm(BTC, 0.25, Sampling(count=50_000, seed=3))
    paired = mean_of(payoff(model), pairs=True)
    controlled = mean_with_control(payoff(model), model.scenarios().spot[:, 0], 0.0, pairs=True, level=0.9999)
    assert paired.standard_error < 0.9 * plain.standard_error
    assert controlled.standard_error < 0.7 * plain.standard_error
    assert controlled.holds(CALL)


def test_sobol_nets_cut_the_error_further_and_stay_right() -> None:
    pytest.importorskip("scipy")
    count, nets = 4_096, 8
    plain = mean_of(payoff(Gbm(BTC, 0.25, Sampling(count=count * nets, seed=3, antithetic=False))))
    means = [
        float(payoff(Gbm(BTC, 0.25, sampling)).mean())
        for sampling in Sampling(count=count, seed=3, sobol=True).replicates(nets)
    ]
    found = mean_of_replicates(means, level=0.999)
    assert found.standard_error < 0.05 * plain.standard_error
    assert abs(found.value - CALL) < 8.0 * found.standard_error


def test_sobol_paths_have_the_law_of_brownian_motion() -> None:
    pytest.importorskip("scipy")
    years = np.array([0.1, 0.3, 1.0])
    components = brownian_components(years)
    assert components @ components.T == pytest.approx(np.minimum.outer(years, years))
    logs = np.log1p(Gbm(BTC, 1.0, Sampling(count=8_192, seed=1, sobol=True)).paths(years).spot[:, :, 0])
    assert np.cov(logs.T) == pytest.approx(0.36 * np.minimum.outer(years, years), rel=0.03)


def test_correlations_of_draws_are_those_asked_for() -> None:
    three = Covariance.of({"A": 0.5, "B": 0.7, "C vol": 1.0}, [[1.0, 0.8, -0.5], [0.8, 1.0, -0.2], [-0.5, -0.2, 1.0]])
    changes = Gbm(three, 0.01, Sampling(count=32_768, seed=1)).draw(0, np.array([0.01]))[:, 0]
    assert np.corrcoef(changes.T) == pytest.approx(three.correlation, abs=0.02)
    assert changes.std(axis=0) == pytest.approx(three.vols * 0.1, rel=0.02)


def test_a_correlation_without_inverse_still_has_a_factor() -> None:
    same = Covariance.of({"A": 0.5, "B": 0.5}, 1.0)
    spot = Gbm(same, 0.1, Sampling(count=100, seed=1)).scenarios().spot
    assert spot[:, 0] == pytest.approx(spot[:, 1], abs=1e-12)


def test_a_correlation_that_can_not_be_is_refused_and_told_how_to_repair() -> None:
    with pytest.raises(InputError, match="nearest_correlation"):
        Covariance.of({"A": 1.0, "B": 1.0, "C": 1.0}, [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    with pytest.raises(InputError, match="symmetric"):
        Covariance.of({"A": 1.0, "B": 1.0}, [[1.0, 0.9], [0.8, 1.0]])
    with pytest.raises(InputError, match="vols"):
        Covariance.of({"A": -1.0})


def test_merton_draws_price_a_put_as_the_series_does() -> None:
    jumps = Jumps.of(5.0, means=[-0.1], sds=[0.1])
    model = MertonJump(Covariance.of({"BTC": 0.4}), jumps, 0.1, Sampling(count=400_000, seed=9))
    spot = 1.0 + model.scenarios().spot[:, 0]
    expected = float(
        merton.price(1.0, 0.8, 0.1, 0.4, is_call=False, jumps_per_year=5.0, jump_log_mean=-0.1, jump_log_sd=0.1)
    )
    assert mean_of(np.maximum(0.8 - spot, 0.0), pairs=True, level=0.9999).holds(expected)
    by_steps = 1.0 + model.paths([0.02, 0.05, 0.1]).spot[:, -1, 0]
    assert mean_of(np.maximum(0.8 - by_steps, 0.0), pairs=True, level=0.9999).holds(expected)


def test_jumps_of_all_coins_come_at_once() -> None:
    calm = Covariance.of({"A": 1e-6, "B": 1e-6}, 0.0)
    model = MertonJump(calm, Jumps.of(20.0, means=[-0.2, -0.1], sds=[0.0, 0.0]), 0.1, Sampling(count=2_000, seed=1))
    logs = model.draw(0, np.array([0.1]))[:, 0]
    counts = np.rint((logs - logs.max(axis=0)) / [-0.2, -0.1])
    assert (counts[:, 0] == counts[:, 1]).all()
    assert len(np.unique(counts)) > 3


def test_heston_prices_the_call_of_broadie_and_kaya() -> None:
    """Broadie and Kaya (2006), table 1: S = K = 100, one year, price 6.8061, by their exact method."""
    variance = VarianceProcess.of(start=0.010201, level=0.019, speed=6.21, vol_of_vol=0.61, correlation=-0.70)
    model = Heston(
        ("X",),
        variance,
        np.eye(1),
        1.0,
        Sampling(count=120_000, seed=3),
        drift=np.array([0.0319]),
        step_years=1.0 / 32.0,
    )
    after = 100.0 * (1.0 + model.scenarios().spot[:, 0]) * math.exp(-0.0319)
    found = mean_with_control(
        np.maximum(after - 100.0 * math.exp(-0.0319), 0.0), after, 100.0, pairs=True, level=0.9999
    )
    assert found.holds(6.8061), found
    assert found.half_width < 0.05


@pytest.mark.parametrize("vol_of_vol", [0.5, 6.0])
def test_a_step_from_one_variance_is_the_step_of_each_path_from_it(vol_of_vol: float) -> None:
    """At 6 most variances are drawn from the exponential, at 0.5 none is."""
    process = VarianceProcess.of(
        start=[0.36, 0.5], level=0.3, speed=[5.0, 2.0], vol_of_vol=vol_of_vol, correlation=[-0.3, -0.9]
    )
    z = np.random.default_rng(1).standard_normal((2, 500, 2))
    shared = quadratic_exponential(process, process.start[None], 7.0 / 365.0, z[0], z[1])
    apart = quadratic_exponential(process, np.tile(process.start, (500, 1)), 7.0 / 365.0, z[0], z[1])
    for one, other in zip(shared, apart, strict=True):
        assert one.shape == (500, 2) and np.allclose(one, other, rtol=1e-12, atol=1e-15)
    assert bool((shared[1] == 0.0).any()) is (vol_of_vol == 6.0)  # the point mass at nothing


@pytest.mark.parametrize("together", [1, 7, 1 << 20])
def test_how_many_paths_are_followed_together_changes_nothing(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    process = VarianceProcess.of(start=0.36, level=0.3, speed=5.0, vol_of_vol=3.0, correlation=-0.5)
    model = Heston(("BTC",), process, np.eye(1), 7.0 / 365.0, Sampling(count=301, seed=1))
    expected = model.draw(0, np.array([1.0, 7.0]) / 365.0)
    monkeypatch.setattr(heston, "_CACHED_PATHS_COUNT", together)
    assert np.allclose(model.draw(0, np.array([1.0, 7.0]) / 365.0), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("far", [0.2, 5.0])
def test_rounded_volatilities_are_the_same_shocks_however_far_apart_they_are(far: float) -> None:
    changes, step = np.append(np.linspace(-0.1, 0.1, 999), far), 1e-5
    shocks, index = vol_shocks_of(changes, step=step)
    found = np.array([getattr(shock, "change", 0.0) for shock in shocks])[index]
    assert np.allclose(np.log1p(found), changes, rtol=0.0, atol=0.5000001 * step)
    assert len(shocks) == len(set(np.rint(changes / step).tolist()))


def test_heston_moves_near_volatilities_more_than_far_ones() -> None:
    variance = VarianceProcess.of(start=0.36, level=0.36, speed=5.0, vol_of_vol=1.0, correlation=-0.3)
    made = Heston(("BTC",), variance, np.eye(1), 7.0 / 365.0, Sampling(count=200, seed=1)).scenarios()
    fading = [shock for shock in made.vol_shocks if isinstance(shock, MeanReverting)]
    assert len(fading) > 10
    for shock in fading:
        near, far = shock.apply(np.full(2, 0.6), np.array([0.01, 2.0]), np.zeros(2)) / 0.6 - 1.0
        assert abs(near) >= abs(far)
        assert near * far >= 0.0


@pytest.mark.parametrize("bad", [{"start": 0.0}, {"speed": -1.0}, {"vol_of_vol": 0.0}, {"correlation": 1.0}])
def test_a_variance_process_that_can_not_be_is_refused(bad: dict[str, float]) -> None:
    good = {"start": 0.04, "level": 0.04, "speed": 1.0, "vol_of_vol": 0.5, "correlation": -0.5}
    with pytest.raises(InputError, match=next(iter(bad))):
        VarianceProcess.of(**(good | bad))


def test_students_distribution_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    x = np.linspace(-8.0, 8.0, 101)
    for dof in (1, 2, 3, 4, 5, 8, 31, 200):
        assert student_cdf(x, dof) == pytest.approx(stats.t.cdf(x, dof), abs=1.1e-12)  # it stays inside (0, 1)


def test_large_moves_of_a_student_copula_come_together_as_often_as_the_formula_says() -> None:
    pair = Covariance.of({"A": 0.5, "B": 0.5}, 0.5)
    logs = StudentT(pair, 4, 1.0 / 365.0, Sampling(count=400_000, seed=2)).draw
    drawn = np.concatenate([logs(block, np.array([1.0 / 365.0]))[:, 0] for block in range(12)])
    far = drawn < np.quantile(drawn, 0.001, axis=0)
    together = far.all(axis=1).sum() / far[:, 0].sum()
    assert abs(together - tail_dependence(0.5, 4)) < 0.08
    normal = Gbm(pair, 1.0 / 365.0, Sampling(count=400_000, seed=2)).draw
    drawn = np.concatenate([normal(block, np.array([1.0 / 365.0]))[:, 0] for block in range(12)])
    far = drawn < np.quantile(drawn, 0.001, axis=0)
    assert far.all(axis=1).sum() / far[:, 0].sum() < together - 0.05


def test_a_student_copula_keeps_the_marginals_that_it_is_given() -> None:
    rng = np.random.default_rng(1)
    seen = {"A": rng.normal(0.0, 0.02, 500), "B": rng.exponential(0.03, 500)}
    pair = Covariance.of({"A": 0.5, "B": 0.5}, 0.6)
    model = StudentT(
        pair, 3, 1.0 / 365.0, Sampling(count=30_000, seed=2), marginals={k: Empirical.of(v) for k, v in seen.items()}
    )
    logs = model.draw(0, np.array([1.0 / 365.0]))[:, 0]
    for k, changes in enumerate(seen.values()):
        levels = [0.05, 0.25, 0.5, 0.75, 0.95]
        assert np.quantile(logs[:, k], levels) == pytest.approx(np.quantile(changes, levels), abs=0.003)
        assert changes.min() <= logs[:, k].min() and logs[:, k].max() <= changes.max()


def test_student_volatility_is_that_of_the_covariance() -> None:
    logs = StudentT(BTC, 8, 0.01, Sampling(count=200_000, seed=4)).draw(0, np.array([0.01]))[:, 0, 0]
    assert logs.std() == pytest.approx(0.06, rel=0.02)


def test_a_tailed_marginal_goes_on_beyond_what_was_seen_and_does_not_fall() -> None:
    seen = np.random.default_rng(3).standard_t(3, 3_000) * 0.02
    tailed = WithTails.of(seen)
    u = np.linspace(1e-6, 1.0 - 1e-6, 20_001)
    quantiles = tailed.quantile(u)
    assert (np.diff(quantiles) >= 0.0).all()
    assert quantiles[0] < seen.min() and quantiles[-1] > seen.max()


@pytest.mark.parametrize("dof", [2, 0, 2.5, 201])
def test_degrees_of_freedom_that_have_no_variance_are_refused(dof: float) -> None:
    with pytest.raises(InputError, match="dof"):
        StudentT(BTC, dof, 0.01, Sampling(count=10, seed=1))  # type: ignore[arg-type]


def test_times_that_do_not_rise_are_refused() -> None:
    with pytest.raises(InputError, match="rise"):
        Gbm(BTC, 1.0, Sampling(count=10, seed=1)).paths([0.2, 0.1])
    with pytest.raises(InputError, match="rise"):
        Gbm(BTC, 0.0, Sampling(count=10, seed=1)).scenarios()


def test_an_estimate_says_its_interval() -> None:
    assert repr(Estimate(2.0, 0.5, 10, 0.95)) == "2 ± 0.98 (95 %, 10 draws)"


@pytest.mark.parametrize("count", [0, 10**9])
def test_a_number_of_paths_that_no_memory_holds_is_refused_before_anything_is_drawn(count: int) -> None:
    with pytest.raises(InputError, match=r"count is .*1 to 100,000,000 paths"):
        Sampling(count=count, seed=1)
