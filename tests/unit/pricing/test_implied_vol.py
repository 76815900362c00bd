"""Implied volatility, both twins: exact to rounding, total, and with a reason where there is none."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_lets_be_rational import implied_volatility_from_a_transformed_rational_guess as lets_be_rational

from seawall.core.arrays import FloatArray
from seawall.pricing import black76, compiled_vol, implied_vol
from seawall.pricing.implied_vol import VolStatus

mpmath.mp.dps = 50
TWINS = [implied_vol.from_price, compiled_vol.from_price]
Twin = Callable[..., FloatArray]


@pytest.fixture(params=TWINS, ids=["numpy", "compiled"])
def from_price(request: pytest.FixtureRequest) -> Twin:
    twin: Twin = request.param
    return twin


def out_of_money_cases() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, list[mpmath.mpf]]:
    """Return forward, strike, is_call, price, and the total vol that the *rounded* price implies, at fifty digits."""
    rng = np.random.default_rng(53)
    n = 300
    z = np.concatenate(
        [rng.uniform(-1.5, 1.5, n), 10.0 ** rng.uniform(-6, 1, n) * rng.choice([-1, 1], n), np.zeros(20)]
    )
    s = np.concatenate([rng.uniform(0.01, 1.5, n), 10.0 ** rng.uniform(-4, 0.8, n), np.geomspace(1e-6, 5.0, 20)])
    rows = []
    for moneyness, total_vol in zip(z, s, strict=True):
        f, k, v = mpmath.mpf(1e5), mpmath.mpf(float(1e5 * np.exp(-moneyness))), mpmath.mpf(float(total_vol))
        d1 = mpmath.log(f / k) / v + v / 2
        side = 1 if f <= k else -1
        exact = side * (f * mpmath.ncdf(side * d1) - k * mpmath.ncdf(side * (d1 - v)))
        if exact < 1e-250:
            continue
        rounded = mpmath.mpf(float(exact))
        # One Newton step is exact here: rounding moved the price by 1e-16 of itself.
        truth = v + (rounded - exact) / (f * mpmath.npdf(d1))
        if abs(truth / v - 1) < 1e-12:  # else a double does not hold the vol
            rows.append((float(f), float(k), side > 0, float(rounded), truth))
    f, k, c, p, t = zip(*rows, strict=True)
    return np.array(f), np.array(k), np.array(c), np.array(p), list(t)


def test_vol_is_right_to_a_few_units_in_the_last_place(from_price: Twin) -> None:
    forward, strike, is_call, price, truth = out_of_money_cases()
    assert len(truth) > 400
    vol = from_price(price, forward, strike, 1.0, is_call=is_call)
    error = max(abs(mpmath.mpf(float(v)) / t - 1) for v, t in zip(vol, truth, strict=True))
    assert error < 3e-15


def test_vol_agrees_with_lets_be_rational(from_price: Twin) -> None:
    """P. Jäckel's reference algorithm as ported in py_lets_be_rational 1.1.2."""
    rng = np.random.default_rng(54)
    n = 300
    forward = np.full(n, 100.0)
    strike = 100.0 * np.exp(rng.uniform(-1.0, 1.0, n))
    years, vol = rng.uniform(0.02, 2.0, n), rng.uniform(0.2, 2.0, n)
    is_call = forward <= strike
    price = black76.price(forward, strike, years, vol, is_call=is_call)
    keep = price > 1e-200
    ours = from_price(price, forward, strike, years, is_call=is_call)[keep]
    theirs = [
        lets_be_rational(p, f, k, t, 1.0 if c else -1.0)
        for p, f, k, t, c in zip(price[keep], forward[keep], strike[keep], years[keep], is_call[keep], strict=True)
    ]
    np.testing.assert_allclose(ours, theirs, rtol=5e-15)


@given(st.floats(1e-3, 1e6), st.floats(-2.0, 2.0), st.floats(1e-3, 5.0), st.floats(1e-3, 5.0), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_vol_of_a_price_gives_the_price_back(
    forward: float, moneyness: float, years: float, vol: float, is_call: bool
) -> None:
    strike = forward * np.exp(moneyness)
    price = black76.price(forward, strike, years, vol, is_call=is_call)
    for twin in TWINS:
        if implied_vol.vol_status(price, forward, strike, years, is_call=is_call) == VolStatus.AVAILABLE:
            back = twin(price, forward, strike, years, is_call=is_call)
            again = black76.price(forward, strike, years, back, is_call=is_call)
            assert abs(float(again - price)) <= 2e-15 * max(forward, strike)


@given(
    st.floats(0.0, 1e300),
    st.floats(0.0, 1e300),
    st.floats(0.0, 1e300),
    st.floats(0.0, 100.0),
    st.booleans(),
)
@settings(max_examples=500, deadline=None)
def test_the_status_says_exactly_when_there_is_a_vol(
    price: float, forward: float, strike: float, years: float, is_call: bool
) -> None:
    status = implied_vol.vol_status(price, forward, strike, years, is_call=is_call)
    for twin in TWINS:
        vol = float(twin(price, forward, strike, years, is_call=is_call))
        assert (vol >= 0.0) if status == VolStatus.AVAILABLE else np.isnan(vol)


@given(st.floats(5e-324, 0.999999999), st.floats(0.0, 600.0), st.booleans())
@settings(max_examples=500, deadline=None)
def test_every_share_of_every_moneyness_settles(share: float, moneyness: float, is_call: bool) -> None:
    forward, strike = (1.0, float(np.exp(moneyness))) if is_call else (float(np.exp(moneyness)), 1.0)
    vols = [float(twin(share, forward, strike, 1.0, is_call=is_call)) for twin in TWINS]
    assert all(np.isfinite(vols))
    assert vols[0] == pytest.approx(vols[1], rel=4e-15 / (1.0 - share))


@pytest.mark.parametrize(
    ("price", "forward", "strike", "years", "is_call", "reason"),
    [
        (np.nan, 100.0, 100.0, 1.0, True, VolStatus.INPUT_UNAVAILABLE),
        (5.0, np.nan, 100.0, 1.0, True, VolStatus.INPUT_UNAVAILABLE),
        (5.0, 100.0, 100.0, 0.0, True, VolStatus.NO_TIME),
        (5.0, 100.0, 100.0, -0.1, True, VolStatus.NO_TIME),
        (5.0, 0.0, 100.0, 1.0, True, VolStatus.NO_MONEYNESS),
        (5.0, 100.0, 0.0, 1.0, False, VolStatus.NO_MONEYNESS),
        (5.0, np.inf, 100.0, 1.0, False, VolStatus.NO_MONEYNESS),
        (9.99, 110.0, 100.0, 1.0, True, VolStatus.BELOW_INTRINSIC),
        (-0.01, 90.0, 100.0, 1.0, True, VolStatus.BELOW_INTRINSIC),
        (100.0, 100.0, 90.0, 1.0, True, VolStatus.ABOVE_MAXIMUM),
        (90.0, 100.0, 90.0, 1.0, False, VolStatus.ABOVE_MAXIMUM),
    ],
)
def test_where_there_is_no_vol_the_status_says_why(
    from_price: Twin, price: float, forward: float, strike: float, years: float, is_call: bool, reason: VolStatus
) -> None:
    assert VolStatus(int(implied_vol.vol_status(price, forward, strike, years, is_call=is_call))) is reason
    assert np.isnan(from_price(price, forward, strike, years, is_call=is_call))


def test_the_intrinsic_price_has_vol_zero(from_price: Twin) -> None:
    assert from_price([10.0, 0.0], [110.0, 90.0], 100.0, 1.0, is_call=True).tolist() == [0.0, 0.0]


def test_shapes_broadcast(from_price: Twin) -> None:
    assert from_price(np.full((2, 1), 5.0), 100.0, np.array([95.0, 100.0, 105.0]), 1.0, is_call=False).shape == (2, 3)
    assert from_price(np.empty(0), 100.0, 100.0, 1.0, is_call=False).shape == (0,)
