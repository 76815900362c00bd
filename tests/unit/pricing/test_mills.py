"""The tail functions that every price stands on, against mpmath at forty digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from seawall.pricing.mills import mills_slope, normal_cdf, scaled_tail

mpmath.mp.dps = 40
ULP = 2.3e-16


def test_scaled_tail_has_a_relative_error_of_a_few_ulps() -> None:
    x = np.concatenate([np.linspace(0.0, 38.0, 400), np.geomspace(1e-12, 1.0, 50)])
    exact = [
        mpmath.erfc(mpmath.mpf(float(v)) / mpmath.sqrt(2)) * mpmath.exp(mpmath.mpf(float(v)) ** 2 / 2) / 2 for v in x
    ]
    error = max(abs(mpmath.mpf(float(y)) / e - 1) for y, e in zip(scaled_tail(x), exact, strict=True))
    assert error < 5 * ULP


def test_mills_slope_keeps_its_digits_where_the_formula_cancels() -> None:
    x = np.concatenate([np.linspace(-0.5, 38.0, 300), [1e-9]])

    def slope(v: float) -> mpmath.mpf:
        v = mpmath.mpf(v)
        return 1 - v * mpmath.sqrt(mpmath.pi / 2) * mpmath.erfc(v / mpmath.sqrt(2)) * mpmath.exp(v * v / 2)

    error = max(abs(mpmath.mpf(float(y)) / slope(float(v)) - 1) for v, y in zip(x, mills_slope(x), strict=True))
    assert error < 6 * ULP


def test_normal_cdf_meets_the_exact_one_on_both_sides() -> None:
    x = np.linspace(-37.0, 9.0, 300)
    error = max(abs(mpmath.mpf(float(y)) / mpmath.ncdf(float(v)) - 1) for v, y in zip(x, normal_cdf(x), strict=True))
    # exp(-x²/2) carries the rounding of x²: half an ulp of 680 at the far end.
    assert error < 700 * ULP


def test_normal_cdf_is_total() -> None:
    assert normal_cdf(np.array([-np.inf, -1e300, 0.0, 1e300, np.inf])).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert np.isnan(normal_cdf(np.array([np.nan]))).all()


@pytest.mark.parametrize(
    ("x", "printed"),
    [(1.0, 0.84134474606854), (2.0, 0.97724986805182), (3.0, 0.99865010196837)],
)
def test_normal_cdf_gives_the_printed_table(x: float, printed: float) -> None:
    """Abramowitz and Stegun, Handbook of Mathematical Functions (1964), table 26.1."""
    assert float(normal_cdf(np.array(x))) == pytest.approx(printed, abs=5e-15)
