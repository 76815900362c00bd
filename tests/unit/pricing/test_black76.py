"""Black-76: printed tables, laws, limits, and Greeks against derivatives taken by mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.pricing import black76

mpmath.mp.dps = 40

# Zero, the smallest subnormal, and magnitudes whose products stay inside the doubles.
amounts = st.one_of(st.sampled_from([0.0, 5e-324, 1e-310]), st.floats(1e-100, 1e100), st.floats(1e3, 2e5))
times = st.one_of(st.sampled_from([0.0, 5e-324, 1e-12]), st.floats(0.0, 100.0))
vols = st.one_of(st.sampled_from([0.0, 5e-324, 1e-12, 1e8]), st.floats(0.0, 50.0))


def exact_price(forward: object, strike: object, years: object, vol: object, *, is_call: bool) -> mpmath.mpf:
    """Return the textbook formula at forty digits."""
    f, k, t, v = (mpmath.mpf(a) for a in (forward, strike, years, vol))
    total_vol = v * mpmath.sqrt(t)
    d1 = mpmath.log(f / k) / total_vol + total_vol / 2
    side = 1 if is_call else -1
    return side * (f * mpmath.ncdf(side * d1) - k * mpmath.ncdf(side * (d1 - total_vol)))


@pytest.mark.parametrize(
    ("is_call", "spot", "strike", "years", "rate", "carry_yield", "vol", "printed"),
    [
        (False, 100.0, 95.0, 0.5, 0.10, 0.05, 0.20, 2.4648),
        (False, 19.0, 19.0, 0.75, 0.10, 0.10, 0.28, 1.7011),
        (True, 1.56, 1.6, 0.5, 0.06, 0.08, 0.12, 0.0291),
        (True, 100.0, 100.0, 0.1, 0.10, 0.10, 0.25, 3.1217),
        (True, 90.0, 100.0, 0.1, 0.10, 0.10, 0.15, 0.0205),
    ],
)
def test_prices_agree_with_haugs_printed_table(
    is_call: bool, spot: float, strike: float, years: float, rate: float, carry_yield: float, vol: float, printed: float
) -> None:
    """E. G. Haug, The Complete Guide to Option Pricing Formulas (1998), pp. 2-8, 24, 27, as carried by QuantLib."""
    forward = spot * np.exp((rate - carry_yield) * years)
    price = black76.price(forward, strike, years, vol, is_call=is_call, discount=np.exp(-rate * years))
    assert float(price) == pytest.approx(printed, abs=5.1e-5)


def test_the_error_is_below_1e_15_of_the_larger_of_forward_and_strike() -> None:
    rng = np.random.default_rng(76)
    n = 400
    forward = 10.0 ** rng.uniform(-4, 5, n)
    strike = forward * np.exp(rng.normal(0.0, 1.0, n))
    years, vol = 10.0 ** rng.uniform(-4, 1, n), 10.0 ** rng.uniform(-2, 0.7, n)
    is_call = rng.random(n) < 0.5
    price = black76.price(forward, strike, years, vol, is_call=is_call)
    for f, k, t, v, c, p in zip(forward, strike, years, vol, is_call, price, strict=True):
        assert abs(exact_price(f, k, t, v, is_call=bool(c)) - mpmath.mpf(float(p))) < 1e-15 * max(f, k)


def test_deep_out_of_the_money_prices_keep_relative_accuracy() -> None:
    strike = np.array([200.0, 400.0, 1000.0, 3000.0])
    price = black76.price(100.0, strike, 0.25, 0.5, is_call=True)
    for k, p in zip(strike, price, strict=True):
        assert abs(mpmath.mpf(float(p)) / exact_price(100.0, k, 0.25, 0.5, is_call=True) - 1) < 1e-13


@given(amounts, amounts, times, vols)
@settings(max_examples=400, deadline=None)
def test_nothing_in_the_domain_gives_nan_and_prices_stay_within_their_bounds(
    forward: float, strike: float, years: float, vol: float
) -> None:
    for is_call, limit in ((True, forward), (False, strike)):
        greeks = black76.greeks(forward, strike, years, vol, is_call=is_call)
        price = float(greeks.price)
        intrinsic = max(forward - strike, 0.0) if is_call else max(strike - forward, 0.0)
        assert intrinsic <= price <= limit * (1 + 1e-15)
        for name in ("price", "delta", "gamma", "vega", "theta", "vanna", "volga"):
            assert not np.isnan(getattr(greeks, name)), name


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
@settings(max_examples=200, deadline=None)
def test_call_less_put_is_forward_less_strike(forward: float, strike: float, years: float, vol: float) -> None:
    call = black76.price(forward, strike, years, vol, is_call=True)
    put = black76.price(forward, strike, years, vol, is_call=False)
    assert abs(float(call - put) - (forward - strike)) <= 5e-16 * max(forward, strike)


@given(st.floats(0.1, 10.0), st.floats(0.01, 3.0), st.floats(0.0, 4.0), st.floats(0.0, 1.0))
@settings(max_examples=200, deadline=None)
def test_price_never_falls_with_vol(ratio: float, years: float, vol: float, more: float) -> None:
    prices = black76.price(100.0, 100.0 * ratio, years, np.array([vol, vol + more]), is_call=True)
    assert prices[1] >= prices[0] - 1e-13


def test_no_time_or_no_vol_is_the_intrinsic_price() -> None:
    forward = np.array([90.0, 100.0, 110.0])
    for years, vol in ((0.0, 0.6), (0.5, 0.0), (0.0, 0.0)):
        assert black76.price(forward, 100.0, years, vol, is_call=True).tolist() == [0.0, 0.0, 10.0]
        assert black76.price(forward, 100.0, years, vol, is_call=False).tolist() == [10.0, 0.0, 0.0]


def test_vol_without_bound_makes_a_call_the_forward_and_a_put_the_strike() -> None:
    for vol in (100.0, 1e6, np.inf):
        assert float(black76.price(100.0, 70.0, 1.0, vol, is_call=True)) == 100.0
        assert float(black76.price(100.0, 70.0, 1.0, vol, is_call=False)) == 70.0


def test_zero_strike_and_zero_forward_are_exact() -> None:
    assert float(black76.price(990.0, 0.0, 1.0, 4.0, is_call=True)) == 990.0
    assert float(black76.price(990.0, 0.0, 1.0, 4.0, is_call=False)) == 0.0
    assert float(black76.price(0.0, 990.0, 1.0, 4.0, is_call=True)) == 0.0
    assert float(black76.price(0.0, 990.0, 1.0, 4.0, is_call=False)) == 990.0
    assert float(black76.greeks(990.0, 0.0, 1.0, 4.0, is_call=True).delta) == 1.0
    assert float(black76.greeks(0.0, 990.0, 1.0, 4.0, is_call=False).delta) == -1.0


@pytest.mark.parametrize("place", range(4))
def test_an_unavailable_input_gives_an_unavailable_price(place: int) -> None:
    arguments = [100.0, 100.0, 0.5, 0.6]
    arguments[place] = np.nan
    greeks = black76.greeks(*arguments, is_call=True)
    assert np.isnan(greeks.price)
    assert np.isnan(greeks.delta)
    assert np.isnan(greeks.vega)


def test_one_unavailable_cell_leaves_the_others_alone() -> None:
    price = black76.price([100.0, np.nan, 100.0], 100.0, 1.0, 0.2, is_call=True)
    assert np.isnan(price).tolist() == [False, True, False]


def test_arguments_broadcast() -> None:
    price = black76.price(np.ones((3, 1)), np.ones(4), 1.0, 0.2, is_call=np.array([True, False, True, False]))
    assert price.shape == (3, 4)


def test_log_moneyness_of_near_numbers_keeps_all_digits() -> None:
    forward, strike = 100.0001, 100.0
    exact = mpmath.log(mpmath.mpf(forward) / mpmath.mpf(strike))
    assert abs(mpmath.mpf(float(black76.log_moneyness(forward, strike))) / exact - 1) < 3e-16
    assert float(black76.log_moneyness(1e300, 1e-300)) == pytest.approx(600 * np.log(10.0), rel=1e-15)
    assert np.isnan(black76.log_moneyness(np.nan, 0.0))


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize(
    ("forward", "strike", "years", "vol"), [(100.0, 100.0, 0.5, 0.6), (8e4, 1.1e5, 0.02, 0.9), (3.0, 1.0, 2.0, 0.4)]
)
def test_greeks_are_the_derivatives_of_the_price(
    forward: float, strike: float, years: float, vol: float, is_call: bool
) -> None:
    point = (forward, years, vol)

    def derivative(*orders: int) -> float:
        return float(mpmath.diff(lambda f, t, v: exact_price(f, strike, t, v, is_call=is_call), point, orders))

    greeks = black76.greeks(forward, strike, years, vol, is_call=is_call)
    assert float(greeks.delta) == pytest.approx(derivative(1, 0, 0), rel=1e-12)
    assert float(greeks.gamma) == pytest.approx(derivative(2, 0, 0), rel=1e-12)
    assert float(greeks.vega) == pytest.approx(derivative(0, 0, 1), rel=1e-12)
    assert float(greeks.theta) == pytest.approx(-derivative(0, 1, 0) / 365, rel=1e-12)
    assert float(greeks.vanna) == pytest.approx(derivative(1, 0, 1), rel=1e-12)
    assert float(greeks.volga) == pytest.approx(derivative(0, 0, 2), rel=1e-11)


def test_discount_is_a_factor_of_every_greek() -> None:
    whole = black76.greeks(100.0, 110.0, 0.5, 0.6, is_call=False)
    part = black76.greeks(100.0, 110.0, 0.5, 0.6, is_call=False, discount=0.9)
    for name in ("price", "delta", "gamma", "vega", "theta", "vanna", "volga"):
        assert float(getattr(part, name)) == pytest.approx(0.9 * float(getattr(whole, name)), rel=1e-15)


def test_greeks_at_the_kink_are_the_limits() -> None:
    expired = black76.greeks(100.0, 100.0, 0.0, 0.6, is_call=True)
    assert (float(expired.delta), float(expired.gamma), float(expired.theta)) == (0.5, np.inf, -np.inf)
    assert (float(expired.vega), float(expired.volga)) == (0.0, 0.0)
    still = black76.greeks(100.0, 100.0, 0.25, 0.0, is_call=True)
    nearly = black76.greeks(100.0, 100.0, 0.25, 1e-9, is_call=True)
    for name in ("delta", "vega", "theta", "vanna", "volga"):
        assert float(getattr(still, name)) == pytest.approx(float(getattr(nearly, name)), abs=1e-7), name
