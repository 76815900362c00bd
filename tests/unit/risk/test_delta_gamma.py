"""The exact quantile of a quadratic form against closed forms and a published number."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from seawall.core.errors import InputError
from seawall.risk.delta_gamma import QuadraticPnl
from seawall.risk.sample_tail import tail_risk


def test_one_factor_has_the_published_quantile() -> None:
    """delta 10, gamma -4, theta 0.3, one standard deviation: 33.78726760260275 by the non-central chi-square."""
    found = QuadraticPnl.of([10.0], [[-4.0]], [[1.0]], theta=0.3).value_at_risk(confidence=0.99)
    assert found == pytest.approx(33.78726760260275, rel=1e-12)


@pytest.mark.parametrize("confidence", [0.05, 0.5, 0.99, 0.9999])
@pytest.mark.parametrize(("slope", "bend"), [(0.0, 2.0), (3.0, 0.5), (-1.0, -2.0), (2.0, -1e-4)])
def test_one_factor_is_a_non_central_chi_square(slope: float, bend: float, confidence: float) -> None:
    form = QuadraticPnl(0.0, np.array([slope]), np.array([bend]))
    law, vertex = stats.ncx2(1, (slope / bend) ** 2), -(slope**2) / (2.0 * bend)
    quantile = law.ppf(1.0 - confidence if bend > 0.0 else confidence)
    assert form.value_at_risk(confidence=confidence) == pytest.approx(
        -(vertex + 0.5 * bend * quantile), rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize("count", [2, 5, 40])
def test_equal_factors_are_a_chi_square(count: int) -> None:
    form = QuadraticPnl(0.0, np.zeros(count), np.full(count, -2.0))
    assert form.value_at_risk(confidence=0.99) == pytest.approx(stats.chi2(count).ppf(0.99), rel=1e-10)
    tail = stats.chi2(count).expect(lambda x: x, lb=stats.chi2(count).ppf(0.99)) / 0.01
    assert form.expected_shortfall(confidence=0.99) == pytest.approx(tail, rel=1e-6)


def test_correlated_factors_agree_with_simulation() -> None:
    random = np.random.default_rng(np.random.SeedSequence(2))
    sigma = np.array([[0.04, 0.03, 0.0], [0.03, 0.09, -0.01], [0.0, -0.01, 0.01]])
    delta, gamma = np.array([1.0, -2.0, 0.5]), np.array([[-4.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    x = random.multivariate_normal(np.zeros(3), sigma, size=400_000)
    pnl = 0.1 + x @ delta + 0.5 * np.einsum("si,ij,sj->s", x, gamma, x)
    found = tail_risk(pnl, confidence=0.99, interval_confidence=0.999)
    form = QuadraticPnl.of(delta, gamma, sigma, theta=0.1)
    assert found.value_at_risk_interval[0] < form.value_at_risk(confidence=0.99) < found.value_at_risk_interval[1]
    low, high = found.expected_shortfall_interval
    assert low < form.expected_shortfall(confidence=0.99) < high
    assert form.mean == pytest.approx(pnl.mean(), abs=0.01)
    assert form.standard_deviation == pytest.approx(pnl.std(), rel=0.01)


def test_a_sure_gain_is_no_risk() -> None:
    sure = QuadraticPnl.of([0.0], [[0.0]], [[1.0]], theta=5.0)
    assert sure.value_at_risk() == sure.expected_shortfall() == -5.0
    assert (sure.probability(4.9), sure.probability(5.0)) == (0.0, 1.0)


def test_a_form_with_an_end_never_passes_it() -> None:
    long_gamma = QuadraticPnl(0.0, np.array([1.0, 0.0]), np.array([2.0, 1.0]))
    assert long_gamma.probability(-0.25) == 0.0  # the vertex: -1/4
    assert long_gamma.value_at_risk(confidence=0.999999) < 0.25


def test_gamma_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="gamma"):
        QuadraticPnl.of([1.0, 2.0], [[1.0]], np.eye(2))
