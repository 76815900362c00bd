"""Inverse options are linear ones over the forward, and their coin sensitivities follow."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.pricing import black76, inverse

mpmath.mp.dps = 40
POINT = (96_000.0, 100_000.0, 0.1, 0.55)


def coin_price(forward: object, years: object, vol: object, *, is_call: bool) -> mpmath.mpf:
    f, k, t, v = mpmath.mpf(forward), mpmath.mpf(POINT[1]), mpmath.mpf(years), mpmath.mpf(vol)
    s = v * mpmath.sqrt(t)
    d1 = mpmath.log(f / k) / s + s / 2
    side = 1 if is_call else -1
    return side * (mpmath.ncdf(side * d1) - k / f * mpmath.ncdf(side * (d1 - s)))


@given(st.floats(1.0, 1e6), st.floats(0.0, 1e6), st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.booleans())
@settings(deadline=None)
def test_the_coin_price_is_the_quote_price_over_the_forward(
    forward: float, strike: float, years: float, vol: float, is_call: bool
) -> None:
    quote = float(black76.price(forward, strike, years, vol, is_call=is_call))
    assert float(inverse.price(forward, strike, years, vol, is_call=is_call)) == pytest.approx(
        quote / forward, rel=1e-15
    )


@pytest.mark.parametrize("is_call", [True, False])
def test_coin_sensitivities_are_the_derivatives_of_the_coin_price(is_call: bool) -> None:
    forward, _, years, vol = POINT

    def derivative(*orders: int) -> float:
        at = (mpmath.log(forward), years, vol)
        return float(mpmath.diff(lambda x, t, v: coin_price(mpmath.exp(x), t, v, is_call=is_call), at, orders))

    greeks = inverse.greeks(*POINT, is_call=is_call)
    assert float(greeks.price) == pytest.approx(float(coin_price(forward, years, vol, is_call=is_call)), rel=1e-13)
    assert float(greeks.net_delta) == pytest.approx(derivative(1, 0, 0), rel=1e-11)
    assert float(greeks.net_gamma) == pytest.approx(derivative(2, 0, 0), rel=1e-11)
    assert float(greeks.vega_coin) == pytest.approx(derivative(0, 0, 1), rel=1e-11)
    assert float(greeks.theta_coin) == pytest.approx(-derivative(0, 1, 0) / 365, rel=1e-11)


def test_quoted_greeks_are_blacks() -> None:
    quoted, coin = black76.greeks(*POINT, is_call=False), inverse.greeks(*POINT, is_call=False)
    for name in ("delta", "gamma", "vega", "theta"):
        assert getattr(quoted, name) == getattr(coin, name)


def test_call_less_put_is_one_coin_less_the_strike_in_coin() -> None:
    forward, strike = POINT[:2]
    call, put = inverse.greeks(*POINT, is_call=True), inverse.greeks(*POINT, is_call=False)
    assert float(call.price - put.price) == pytest.approx(1.0 - strike / forward, rel=1e-12)
    assert float(call.net_delta - put.net_delta) == pytest.approx(strike / forward, rel=1e-12)


def test_a_worthless_coin_makes_a_put_infinite_and_a_call_nothing() -> None:
    assert float(inverse.price(0.0, 100.0, 1.0, 0.5, is_call=True)) == 0.0
    assert float(inverse.price(0.0, 100.0, 1.0, 0.5, is_call=False)) == np.inf


def test_unavailable_stays_unavailable() -> None:
    assert np.isnan(inverse.price(np.nan, 100.0, 1.0, 0.5, is_call=True))
    assert np.isnan(inverse.greeks(100.0, 100.0, 1.0, np.nan, is_call=True).net_gamma)
