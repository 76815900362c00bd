"""Tails of losses: the fit against SciPy's and against laws, quantiles, and extreme moves as scenarios."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.scenarios import History, ParetoTail, TailMoves, fit_tail
from seawall.scenarios.tails import hill, mean_excess

DAY_NS = 86_400_000_000_000


def pareto(shape: float, scale: float, count: int, *, seed: int = 1) -> np.ndarray:
    u = np.random.default_rng(seed).random(count)
    return scale * (u**-shape - 1.0) / shape if shape else -scale * np.log(u)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_likelihood_is_as_high_as_scipys(shape: float, seed: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    excess = pareto(shape, 2.0, 400, seed=seed)
    ours = fit_tail(excess, 0.0)
    theirs = stats.genpareto.fit(excess, floc=0.0)
    ours_likelihood = stats.genpareto.logpdf(excess, ours.shape, 0.0, ours.scale).sum()
    theirs_likelihood = stats.genpareto.logpdf(excess, *theirs).sum()
    assert ours_likelihood >= theirs_likelihood - 1e-5
    assert (ours.shape, ours.scale) == pytest.approx((theirs[0], theirs[2]), abs=2e-3)


@pytest.mark.parametrize("shape", [-0.2, 0.1, 0.4])
def test_both_methods_find_the_parameters_within_their_error(shape: float) -> None:
    excess = pareto(shape, 0.02, 20_000)
    fit = fit_tail(excess, 0.0)
    assert abs(fit.shape - shape) < 4.0 * fit.shape_error
    assert abs(fit.scale - 0.02) < 4.0 * fit.scale_error
    moments = fit_tail(excess, 0.0, method="moments")
    assert moments.shape == pytest.approx(shape, abs=0.05)
    assert math.isnan(moments.shape_error)


def test_a_fit_scales_with_its_losses() -> None:
    excess = pareto(0.3, 1.0, 500)
    one, thousand = fit_tail(excess, 0.5), fit_tail(1000.0 * excess, 500.0)
    assert thousand.shape == pytest.approx(one.shape, abs=1e-6)
    assert thousand.scale == pytest.approx(1000.0 * one.scale, rel=1e-6)


def test_the_shortfall_is_the_mean_of_the_quantiles_beyond() -> None:
    tail = ParetoTail(0.05, 0.2, 0.02, 100, 1_000)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    far = 0.5 * (nodes + 1.0)  # x^8 spreads the nodes where the quantile is steep
    share = 0.1 * far**8
    mean = float((tail.at_tail(share) * weights * 0.5 * 8.0 * far**7).sum())
    assert tail.shortfall(0.99) == pytest.approx(mean, rel=1e-9)


def test_the_quantile_is_smooth_where_the_shape_goes_through_nothing() -> None:
    around = [ParetoTail(0.0, shape, 1.0, 100, 1_000).quantile(0.999) for shape in (-1e-7, -1e-9, 0.0, 1e-9, 1e-7)]
    assert around[2] == pytest.approx(math.log(100.0), rel=1e-15)
    assert np.diff(around).min() >= 0.0
    assert np.ptp(around) < 1e-5


def test_a_tail_with_no_mean_has_an_infinite_shortfall() -> None:
    assert ParetoTail(0.0, 1.0, 1.0, 10, 100).shortfall(0.99) == math.inf


@pytest.mark.parametrize("level", [0.5, 0.899, 1.0])
def test_a_level_outside_the_tail_is_refused(level: float) -> None:
    with pytest.raises(InputError, match="level"):
        ParetoTail(0.05, 0.2, 0.02, 100, 1_000).quantile(level)


def test_too_few_losses_or_an_unknown_method_are_refused() -> None:
    with pytest.raises(InputError, match="10 losses"):
        fit_tail(np.arange(100.0), 95.0)
    with pytest.raises(InputError, match="method"):
        fit_tail(np.arange(100.0), 5.0, method="magic")
    with pytest.raises(InputError, match="finite"):
        fit_tail(np.array([1.0, np.nan]), 0.0)


def test_hill_is_the_exponent_of_a_power_law() -> None:
    losses = np.random.default_rng(1).random(100_000) ** (-1.0 / 3.0)
    assert hill(losses, 5_000) == pytest.approx(3.0, rel=0.05)
    with pytest.raises(InputError):
        hill([1.0, 2.0], 2)


def test_the_mean_excess_of_an_exponential_is_flat() -> None:
    losses = pareto(0.0, 2.0, 200_000)
    assert mean_excess(losses, 1.0) == pytest.approx(mean_excess(losses, 4.0), rel=0.03)
    assert math.isnan(mean_excess(losses, 1e9))


def test_extreme_moves_reach_further_at_rarer_levels_and_volatility_stands_against() -> None:
    rng = np.random.default_rng(4)
    spot = 0.03 * rng.standard_t(4, 2_001)
    history = History.of_levels(
        [DAY_NS * (20_000 + day) for day in range(2_001)],
        {
            "BTC": np.exp(np.cumsum(spot)),
            "BTC vol": np.exp(np.cumsum(-0.3 * spot + 0.005 * rng.standard_normal(2_001))),
            "USDC asset": np.ones(2_001),
        },
    )
    made = TailMoves(history, levels=(0.99, 0.999)).scenarios()
    down, up = made.spot[0::2, 0], made.spot[1::2, 0]
    assert down[1] < down[0] < 0.0 < up[0] < up[1]
    assert made.vol_shocks[made.vol_index[0, 0]].apply(*(np.array([x]) for x in (0.5, 0.1, 0.0)))[0] > 0.5
    assert made.vol_shocks[made.vol_index[1, 0]].apply(*(np.array([x]) for x in (0.5, 0.1, 0.0)))[0] < 0.5
    assert (made.asset_move("USDC") == 0.0).all()
    with pytest.raises(InputError, match="levels"):
        TailMoves(history, levels=(0.8,))
