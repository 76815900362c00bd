"""History as scenarios: windows, filters, conditional stress; by hand, by law and by published numbers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from seawall.core.errors import InputError, UnavailableError
from seawall.scenarios import (
    Bootstrap,
    ConditionalStress,
    Covariance,
    Ewma,
    FilteredHistory,
    HistoricalWindow,
    History,
    MarketGrid,
    Sampling,
    nearest_correlation,
    stressed_correlation,
)
from seawall.scenarios.conditional_stress import conditional_moves, mahalanobis, worst_on_ellipsoid
from seawall.scenarios.factors import factor, scenario_set_of
from seawall.scenarios.filtered_history import filtered_changes
from seawall.scenarios.garch import Garch, fit_by_arch, fit_garch
from seawall.scenarios.volatility import Constant, ewma_variance, garch_forecast, garch_variance

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-06", "2026-01-07")
DATA = Path(os.environ.get("SEAWALL_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))


def test_all_factors_of_a_day_move_together_in_their_own_units() -> None:
    levels = {
        "BTC": [100.0, 90.0], "BTC vol": [0.5, 0.75], "BTC perpetual": [0.01, -0.02], "BTC carry": [0.05, 0.02],
        "BTC funding": [0.9, -0.001], "USDC asset": [1.0, 0.97],
    }  # fmt: skip
    made = HistoricalWindow(History.of_levels(DAYS[:2], levels)).scenarios()
    assert made.spot.tolist() == [[pytest.approx(-0.1)]]
    assert made.vol_shocks[made.vol_index[0, 0]].apply(*(np.array([x]) for x in (1.0, 0.1, 0.0)))[0] == pytest.approx(
        1.5
    )
    assert made.basis is not None
    assert made.basis.perpetual[0, 0] == pytest.approx(-0.03)
    assert made.basis.carry[0, 0] == pytest.approx(-0.03)
    assert made.basis.funding[0, 0] == -0.001
    assert made.asset_move("USDC").tolist() == [pytest.approx(-0.03)]
    assert made.elapsed_years.tolist() == [1.0 / 365.0]


def test_a_gap_of_the_clock_or_a_missing_level_drops_steps_and_counts_them() -> None:
    history = History.of_levels(DAYS, {"BTC": [1.0, 2.0, np.nan, 8.0, 16.0, 32.0]})
    assert len(history) == 2
    assert history.dropped_count == 3
    assert HistoricalWindow(history).scenarios().labels == ("2026-01-02T00:00:00Z", "2026-01-07T00:00:00Z")


def test_a_window_is_cut_by_the_ends_of_its_steps() -> None:
    history = History.of_levels(DAYS[:4], {"BTC": [1.0, 2.0, 4.0, 8.0]})
    assert len(history.between("2026-01-02", "2026-01-03")) == 1
    with pytest.raises(InputError, match="window"):
        history.between("2027-01-01")


def test_older_days_weigh_less() -> None:
    history = History.of_levels(DAYS[:4], {"BTC": [1.0, 2.0, 4.0, 8.0]})
    weights = HistoricalWindow(history, decay=0.5).scenarios().weights
    assert weights.tolist() == pytest.approx([1.0 / 7.0, 2.0 / 7.0, 4.0 / 7.0])


def test_steps_in_a_row_add_up_and_never_bridge_a_gap() -> None:
    history = History.of_levels(DAYS, {"BTC": [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]})
    over = history.over(2)
    assert np.exp(over.changes).ravel().tolist() == pytest.approx([4.0, 4.0])
    assert over.step_years == pytest.approx(2.0 / 365.0)


@pytest.mark.parametrize(
    ("levels", "word"),
    [({"BTC": [1.0, -1.0]}, "above 0"), ({"BTC": [1.0]}, "2 times"), ({"BTC smile": [1.0, 1.0]}, "factor"),
     ({"BTC": [1.0, np.inf]}, "finite")],
)  # fmt: skip
def test_a_history_that_can_not_be_is_refused(levels: dict[str, list[float]], word: str) -> None:
    with pytest.raises(InputError, match=word):
        History.of_levels(DAYS[:2], levels)


def test_a_factor_says_whose_it_is() -> None:
    assert (factor("BTC").kind, factor("USDT asset").of, factor("ETH vol").kind) == ("spot", "USDT", "vol")
    with pytest.raises(InputError, match="finite"):
        scenario_set_of(["BTC"], np.array([[np.nan]]), labels=["one"])


def test_volatilities_are_rounded_to_their_step_and_no_further() -> None:
    changes = np.linspace(-0.5, 0.5, 1_001)[:, None]
    made = scenario_set_of(["BTC vol"], changes, labels=[str(i) for i in range(1_001)], vol_step=0.01)
    shocked = np.array(
        [made.vol_shocks[v].apply(*(np.array([x]) for x in (1.0, 0.1, 0.0)))[0] for v in made.vol_index[:, 0]]
    )
    assert np.abs(np.log(shocked) - changes[:, 0]).max() <= 0.005 + 1e-12
    assert len(made.vol_shocks) <= 101


def test_filtered_history_with_one_volatility_is_history() -> None:
    rng = np.random.default_rng(1)
    history = History.of_levels(DAYS[:4], {"BTC": np.exp(rng.normal(0.0, 0.1, 4))})
    plain, filtered = HistoricalWindow(history).scenarios(), FilteredHistory(history, Constant()).scenarios()
    assert filtered.spot == pytest.approx(plain.spot, rel=1e-12)


def test_filtered_history_is_as_volatile_as_today() -> None:
    rng = np.random.default_rng(2)
    sd = np.repeat([0.01, 0.04], [300, 300])
    history = History.of_levels(
        [86_400_000_000_000 * (20_000 + day) for day in range(601)],
        {"BTC": np.exp(np.concatenate([[0.0], np.cumsum(sd * rng.standard_normal(600))]))},
    )
    made = FilteredHistory(history, Ewma(0.94)).filtered().changes
    assert made.std() == pytest.approx(0.04, rel=0.25)
    assert history.changes.std() < 0.8 * made.std()


def test_a_filter_sees_no_later_day() -> None:
    rng = np.random.default_rng(3)
    changes = rng.normal(0.0, 0.02, (200, 1))
    changed = changes.copy()
    changed[150:] *= 5.0
    one, two = (Ewma(0.94).variances(sample)[:150] for sample in (changes, changed))
    assert one.tolist() == two.tolist()


def test_a_factor_that_never_moved_stays_and_one_without_variance_is_refused() -> None:
    still = filtered_changes(np.zeros((3, 1)), np.zeros((4, 1)))
    assert still.tolist() == [[0.0]] * 3
    with pytest.raises(InputError, match="variance above 0"):
        filtered_changes(np.array([[0.1]]), np.zeros((2, 1)))


def test_a_bootstrap_keeps_days_together_within_a_block() -> None:
    days = [86_400_000_000_000 * (20_000 + day) for day in range(101)]
    history = History.of_levels(days, {"BTC": np.exp(np.cumsum(np.arange(101) * 1e-4))})
    paths = Bootstrap(history, 6, 3, Sampling(count=50, seed=1)).paths()
    changes = np.diff(np.log1p(paths.spot[:, :, 0]), axis=1, prepend=0.0)
    within = np.diff(changes.reshape(50, 2, 3), axis=2)
    assert within == pytest.approx(np.full_like(within, 1e-4), abs=1e-12)


def test_the_exponential_average_forgets_at_its_decay() -> None:
    path = ewma_variance(np.zeros(10), 0.9, 1.0)
    assert path.tolist() == pytest.approx([0.9**k for k in range(1, 11)])
    with pytest.raises(InputError, match="decay"):
        ewma_variance(np.zeros(2), 1.0, 1.0)


def test_a_garch_forecast_is_the_recursion_in_expectation() -> None:
    ahead = garch_forecast(0.01, 0.1, 0.8, 0.3, 50)
    h = 0.3
    for found in ahead:
        h = 0.01 + 0.9 * h
        assert found == pytest.approx(h, rel=1e-12)
    assert garch_forecast(0.01, 0.1, 0.9, 0.3, 2).tolist() == pytest.approx([0.31, 0.32])
    assert len(garch_variance(np.zeros(5), 0.01, 0.1, 0.8, 0.1)) == 6


def test_garch_of_the_mark_against_the_pound_is_the_benchmark() -> None:
    """Bollerslev and Ghysels (1996), as Fiorentini, Calzolari and Panattoni (1996) print it to six digits."""
    file = DATA / "benchmarks" / "dem2gbp.csv"
    if not file.exists():
        pytest.skip(f"no returns at {file}")
    returns = np.array([float(line) for line in file.read_text().split()])
    fit = fit_garch(returns)
    found = (fit.mu, fit.omega, fit.alpha, fit.beta)
    assert found == pytest.approx((-0.00619041, 0.0107613, 0.153134, 0.805974), rel=2e-5)
    assert fit.errors == pytest.approx((0.00846, 0.00285, 0.0265, 0.0336), rel=2e-3)
    assert fit.log_likelihood == pytest.approx(-1106.608, abs=6e-4)


def test_a_garch_fit_scales_with_its_returns() -> None:
    rng, h, returns = np.random.default_rng(6), 1.0, []
    for _ in range(1_500):
        returns.append(np.sqrt(h) * rng.standard_normal())
        h = 0.05 + 0.1 * returns[-1] ** 2 + 0.85 * h
    one, hundredth = fit_garch(np.array(returns)), fit_garch(0.01 * np.array(returns))
    assert hundredth.alpha == pytest.approx(one.alpha, rel=1e-5)
    assert hundredth.omega == pytest.approx(1e-4 * one.omega, rel=1e-5)
    variances = Garch().variances(np.array(returns)[:, None])
    assert variances.shape == (1_501, 1)
    assert (variances > 0.0).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_likelihood_of_garch_is_nowhere_larger_than_at_the_edge_that_is_taken(seed: int) -> None:
    """Returns that are nearly independent, whose likelihood has no maximum inside."""
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal(250) * np.exp(0.3 * (seed % 3 - 1) * np.linspace(-3.0, 3.0, 250))
    fit = fit_garch(returns)
    for alpha in (0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4):
        for beta in (0.0, 0.3, 0.6, 0.8, 0.9, 0.95):
            for level in (0.25, 0.5, 1.0, 2.0, 4.0):
                if alpha + beta >= 1.0 or (alpha == 0.0 and beta > 0.0):
                    continue  # no volatility of its own, or one that only fades from its start
                residuals, omega = returns - fit.mu, level * fit.start * (1.0 - alpha - beta)
                h = garch_variance(residuals, omega, alpha, beta, fit.start)[:-1]
                likelihood = -0.5 * float((np.log(2.0 * np.pi * h) + residuals**2 / h).sum())
                assert likelihood <= fit.log_likelihood + 1e-6
    h = fit.variances(returns)[:-1]
    own = -0.5 * float((np.log(2.0 * np.pi * h) + (returns - fit.mu) ** 2 / h).sum())
    assert fit.log_likelihood == pytest.approx(own, rel=1e-9)
    assert np.isfinite(fit.errors).all()


def test_garch_of_moves_of_one_size_is_constant_volatility() -> None:
    fit = fit_garch(np.where(np.arange(100) % 2, 0.02, -0.02))
    assert (fit.alpha, fit.beta, fit.omega) == (0.0, 0.0, pytest.approx(4e-4))
    assert "constant volatility" in fit.edge and fit.errors[2:] == (0.0, 0.0)


def test_garch_refuses_what_it_can_not_fit() -> None:
    with pytest.raises(InputError, match="50 finite returns"):
        fit_garch(np.zeros(10))
    with pytest.raises(InputError, match="never move"):
        fit_garch(np.zeros(100))


def test_the_wider_family_needs_arch_and_says_so() -> None:
    try:
        import arch  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
    except ImportError:
        with pytest.raises(UnavailableError, match=r"seawall\[stats\]"):
            fit_by_arch(np.zeros(100))
        return
    returns = np.random.default_rng(1).normal(0.0, 0.02, 500)
    variances, _parameters = fit_by_arch(returns)
    assert len(variances) == 501
    assert np.sqrt(variances.mean()) == pytest.approx(0.02, rel=0.2)


def test_the_others_follow_the_core_as_regression_says() -> None:
    rng = np.random.default_rng(1)
    sample = rng.standard_normal((100_000, 3)) @ rng.standard_normal((3, 3))
    covariance = Covariance.of_changes(("A", "B", "C"), sample, 1.0)
    mean, left = conditional_moves(covariance, {"A": -1.0, "B": 0.5})
    slope, *_ = np.linalg.lstsq(sample[:, :2], sample[:, 2], rcond=None)
    assert mean[2] == pytest.approx(float(slope @ [-1.0, 0.5]), rel=1e-9)
    residual = sample[:, 2] - sample[:, :2] @ slope
    assert left[2, 2] == pytest.approx(float((residual**2).mean()), rel=1e-9)
    assert left[:2].tolist() == [[0.0] * 3] * 2


def test_a_stress_of_all_factors_moves_as_told_and_one_without_names_is_refused() -> None:
    two = Covariance.of({"BTC": 0.5, "ETH": 0.75}, 0.8)
    made = ConditionalStress(two, {"both": {"BTC": np.log(0.7), "ETH": np.log(0.9)}}).scenarios()
    assert made.spot.tolist() == [[pytest.approx(-0.3), pytest.approx(-0.1)]]
    with pytest.raises(InputError, match="DOGE"):
        ConditionalStress(two, {"bad": {"DOGE": -0.1}})
    with pytest.raises(InputError):
        ConditionalStress(two, {})


def test_the_worst_point_of_an_ellipsoid_lies_on_it_and_loses_most() -> None:
    three = Covariance.of({"A": 0.2, "B": 0.5, "C": 0.3}, 0.4)
    weights = np.array([1.0, -2.0, 0.5])
    worst = worst_on_ellipsoid(three, weights, sds=3.0, years=0.25)
    assert mahalanobis(three, worst, 0.25) == pytest.approx(3.0)
    rng = np.random.default_rng(1)
    for _ in range(200):
        point = rng.standard_normal(3) @ three.factor.T * three.vols * 0.5
        point *= 3.0 / mahalanobis(three, point, 0.25)
        assert weights @ worst <= weights @ point + 1e-12


def test_what_can_not_come_about_is_infinitely_far() -> None:
    same = Covariance.of({"A": 0.5, "B": 0.5}, 1.0)
    assert mahalanobis(same, np.array([0.1, -0.1]), 1.0) == np.inf
    assert mahalanobis(same, np.array([0.5, 0.5]), 1.0) == pytest.approx(1.0)


def test_highams_example_is_reproduced() -> None:
    """Higham (2002), section 4: .7607 and .1573, at the distance .5278."""
    start = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    found = nearest_correlation(start)
    assert found[0, 1] == pytest.approx(0.7607, abs=5e-5)
    assert found[0, 2] == pytest.approx(0.1573, abs=5e-5)
    assert float(np.linalg.norm(found - start)) == pytest.approx(0.5278, abs=5e-5)


def test_the_repair_of_a_correlation_is_one_and_leaves_a_good_one_alone() -> None:
    rng = np.random.default_rng(1)
    for size in (2, 5, 9):
        noise = np.clip(rng.normal(0.0, 0.8, (size, size)), -1.0, 1.0)
        broken = np.tril(noise, -1) + np.tril(noise, -1).T + np.eye(size)
        found = nearest_correlation(broken)
        assert np.linalg.eigvalsh(found)[0] > -1e-9
        assert (np.diag(found) == 1.0).all()
        assert nearest_correlation(found) == pytest.approx(found, abs=1e-7)
        Covariance(tuple("ABCDEFGHI"[:size]), np.ones(size), found)
    good = Covariance.of({"A": 1.0, "B": 1.0, "C": 1.0}, 0.5).correlation
    assert nearest_correlation(good) == pytest.approx(good, abs=1e-12)
    assert np.linalg.eigvalsh(nearest_correlation(np.ones((3, 3)), floor=0.1))[0] == pytest.approx(0.1)


def test_a_stress_of_some_correlations_is_repaired() -> None:
    base = np.array([[1.0, 0.5, -0.6], [0.5, 1.0, -0.6], [-0.6, -0.6, 1.0]])
    found = stressed_correlation(base, to=-0.9, weight=1.0, among=[True, True, False])
    assert np.linalg.eigvalsh(found)[0] > -1e-9
    assert found[0, 1] < 0.0
    with pytest.raises(InputError, match="weight"):
        stressed_correlation(base, to=1.0, weight=1.5)


def test_a_grid_has_every_point_once() -> None:
    made = MarketGrid(("BTC", "ETH"), [-0.1, 0.0], [0.0, 0.3], days=[0.0, 1.0], rates=[-0.05, 0.05]).scenarios()
    assert len(made) == 16 == len(set(made.keys))
    assert made.basis is not None
    assert sorted(set(made.basis.carry.ravel().tolist())) == [-0.05, 0.05]
    assert sorted(set(made.elapsed_years.tolist())) == [0.0, 1.0 / 365.0]
    with pytest.raises(InputError, match="vols"):
        MarketGrid(("BTC",), [0.0], [])
