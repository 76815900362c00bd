"""Options on two assets and on an asset that jumps: identities, limits, SciPy's bivariate normal."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.pricing import black76, merton
from seawall.pricing.two_asset import better_or_worse, bivariate_normal_cdf, exchange


@pytest.mark.parametrize("rho", [-0.999, -0.9, -0.3, 0.0, 0.4, 0.95, 0.999])
def test_the_bivariate_normal_is_scipys(rho: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    law = stats.multivariate_normal([0.0, 0.0], [[1.0, rho], [rho, 1.0]])
    for h, k in [(0.0, 0.0), (1.0, -0.5), (-2.0, 1.5), (3.0, 3.0), (-1.0, -1.0)]:
        assert float(bivariate_normal_cdf(h, k, rho)) == pytest.approx(float(law.cdf([h, k])), abs=2e-7)


def test_the_bivariate_normal_has_its_limits() -> None:
    assert float(bivariate_normal_cdf(1.0, 2.0, 1.0)) == pytest.approx(0.841344746, abs=1e-9)
    assert float(bivariate_normal_cdf(1.0, -2.0, -1.0)) == 0.0
    assert float(bivariate_normal_cdf(np.inf, 1.0, 0.5)) == pytest.approx(0.841344746, abs=1e-9)
    assert float(bivariate_normal_cdf(0.0, 0.0, 0.6)) == pytest.approx(
        0.25 + math.asin(0.6) / (2.0 * math.pi), abs=1e-14
    )


def test_an_exchange_and_its_reverse_differ_by_the_assets() -> None:
    one = exchange(22.0, 20.0, 0.5, 0.2, 0.3, 0.4, yield1=0.06, yield2=0.02)
    two = exchange(20.0, 22.0, 0.5, 0.3, 0.2, 0.4, yield1=0.02, yield2=0.06)
    assert one.price - two.price == pytest.approx(22.0 * math.exp(-0.03) - 20.0 * math.exp(-0.01), abs=1e-12)


def test_sensitivities_of_an_exchange_are_its_slopes() -> None:
    def value(s1: float, s2: float, years: float = 0.5) -> float:
        return exchange(s1, s2, years, 0.2, 0.3, 0.4, yield1=0.06, yield2=0.02, quantity1=2.0, quantity2=3.0).price

    found = exchange(22.0, 15.0, 0.5, 0.2, 0.3, 0.4, yield1=0.06, yield2=0.02, quantity1=2.0, quantity2=3.0)
    e = 1e-3
    assert found.delta1 == pytest.approx((value(22.0 + e, 15.0) - value(22.0 - e, 15.0)) / (2 * e), rel=1e-7)
    assert found.delta2 == pytest.approx((value(22.0, 15.0 + e) - value(22.0, 15.0 - e)) / (2 * e), rel=1e-7)
    second = (value(22.0 + e, 15.0) - 2.0 * value(22.0, 15.0) + value(22.0 - e, 15.0)) / e**2
    assert found.gamma1 == pytest.approx(second, rel=1e-5)
    assert found.theta == pytest.approx(-(value(22.0, 15.0, 0.501) - value(22.0, 15.0, 0.499)) / 0.002, rel=1e-5)


@pytest.mark.parametrize("is_call", [True, False])
def test_the_better_and_the_worse_of_two_are_the_two(is_call: bool) -> None:
    parts = [
        better_or_worse(100.0, 95.0, 98.0, 0.7, 0.05, 0.2, 0.4, 0.3, is_call=is_call, is_best=best, yield2=0.03)
        for best in (True, False)
    ]
    alone = [
        float(
            black76.price(
                spot * math.exp((0.05 - dividend) * 0.7), 98.0, 0.7, vol, is_call=is_call, discount=math.exp(-0.035)
            )
        )
        for spot, dividend, vol in ((100.0, 0.0, 0.2), (95.0, 0.03, 0.4))
    ]
    assert sum(parts) == pytest.approx(sum(alone), abs=1e-9)
    assert parts[0] > parts[1] if is_call else parts[0] < parts[1]


def test_without_jumps_merton_is_black_76() -> None:
    plain = black76.price(100.0, [90.0, 110.0], 0.5, 0.3, is_call=[True, False])
    for jumps, sd in ((0.0, 0.2), (5.0, 0.0)):
        found = merton.price(
            100.0, [90.0, 110.0], 0.5, 0.3, is_call=[True, False], jumps_per_year=jumps, jump_log_mean=0.0,
            jump_log_sd=sd,
        )  # fmt: skip
        assert found == pytest.approx(plain, rel=1e-13)


def test_puts_less_calls_are_the_forward_with_jumps_too() -> None:
    call, put = (
        float(
            merton.price(100.0, 90.0, 0.5, 0.3, is_call=side, jumps_per_year=8.0, jump_log_mean=-0.2, jump_log_sd=0.1)
        )
        for side in (True, False)
    )
    assert call - put == pytest.approx(10.0, abs=1e-11)


def test_at_expiry_merton_is_the_payoff() -> None:
    found = merton.price(100.0, 90.0, 0.0, 0.3, is_call=True, jumps_per_year=8.0, jump_log_mean=-0.2, jump_log_sd=0.1)
    assert float(found) == pytest.approx(10.0)
