from __future__ import annotations

import numpy as np
import pytest

from seawall.core.arrays import FloatArray
from seawall.market.svi import Svi, least_calendar_gap, least_durrleman, log_moneyness_grid
from seawall.market.svi_fit import Checked, fit_svi, is_free
from seawall.pricing import black76

# A. Vogt's slice: the usual example of a butterfly arbitrage that hides from Lee's bound and from positive variance
# (Gatheral and Jacquier 2014, example 3.1).
VOGT = Svi(a=-0.0410, b=0.1331, rho=0.3060, m=0.3586, sigma=0.4153)
PLAIN = Svi(a=0.004, b=0.05, rho=-0.3, m=0.01, sigma=0.12)


def vol_of(smile: Svi, k: FloatArray, years: float) -> FloatArray:
    return np.asarray(np.sqrt(smile.total_variance(k) / years))


def test_durrleman_has_the_sign_of_the_density() -> None:
    """`g` is the second derivative of the call in strike, up to a positive factor that is known in closed form."""
    k = np.linspace(-0.8, 1.2, 41)
    for smile in (PLAIN, VOGT):
        strike, bump = np.exp(k), 1e-4

        def call(at: FloatArray, smile: Svi = smile) -> FloatArray:
            return black76.price(1.0, at, 1.0, smile.vol(at, forward=1.0, years=1.0), is_call=True)

        density = (call(strike + bump) - 2.0 * call(strike) + call(strike - bump)) / bump**2
        w = smile.total_variance(k)
        d_minus = -k / np.sqrt(w) - 0.5 * np.sqrt(w)
        expected = smile.durrleman(k) * np.exp(-0.5 * d_minus**2) / np.sqrt(2.0 * np.pi * w) / strike
        assert density == pytest.approx(expected, rel=2e-3, abs=2e-5)


def test_vogts_slice_holds_a_butterfly_where_the_paper_says() -> None:
    """Its figure shows `g` below zero around k = 0.8, with positive variance and wings within Lee's bound."""
    assert VOGT.least_variance > 0.0
    assert VOGT.wing_slope < 2.0
    k = log_moneyness_grid(1.5, count=2_001)
    g = VOGT.durrleman(k)
    assert least_durrleman(VOGT, 1.5) < 0.0
    assert 0.6 < k[np.argmin(g)] < 1.0
    assert not is_free(VOGT, Checked(1.5))
    assert is_free(PLAIN, Checked(1.5))


def test_a_later_expiry_below_an_earlier_one_is_calendar_arbitrage() -> None:
    lower = Svi(a=PLAIN.a - 0.001, b=PLAIN.b, rho=PLAIN.rho, m=PLAIN.m, sigma=PLAIN.sigma)
    assert least_calendar_gap(PLAIN, lower, 1.0) == pytest.approx(-0.001)
    assert not is_free(lower, Checked(1.0, PLAIN, 1.0))
    assert is_free(PLAIN, Checked(1.0, lower, 1.0))


@pytest.mark.parametrize("years", [0.5 / 365.0, 0.1, 1.0])
@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.4])
def test_a_smile_is_recovered_from_its_own_volatilities(years: float, rho: float) -> None:
    scale = np.sqrt(0.5**2 * years)
    smile = Svi(a=-0.9 * scale**2, b=0.8 * scale, rho=rho, m=0.2 * scale, sigma=2.4 * scale)
    k = np.linspace(-4.0, 4.0, 25) * scale
    vol = vol_of(smile, k, years)
    found = fit_svi(k, vol, np.full(25, 1e-5), years, checked=Checked(float(6.0 * scale)))
    assert vol_of(found, k, years) == pytest.approx(vol, abs=1e-5)


def test_quotes_of_a_butterfly_are_fitted_by_a_slice_without_one() -> None:
    k = np.linspace(-1.0, 1.4, 49)
    vol = vol_of(VOGT, k, 1.0)
    found = fit_svi(k, vol, np.full(49, 0.0025), 1.0, checked=Checked(2.1))
    assert least_durrleman(found, 2.1) >= 0.0
    assert np.max(np.abs(vol_of(found, k, 1.0) - vol)) < 0.02, (
        "the violation is small, and so is what it takes to heal it"
    )


def test_quotes_below_the_earlier_expiry_are_lifted_onto_it() -> None:
    k = np.linspace(-0.5, 0.5, 21)
    near = PLAIN
    vol = np.sqrt(0.9 * near.total_variance(k) / 0.2)
    checked = Checked(0.75, near, 0.75)
    found = fit_svi(k, vol, np.full(21, 0.0025), 0.2, checked=checked)
    assert is_free(found, checked)
    assert np.max(np.abs(found.total_variance(k) / near.total_variance(k) - 1.0)) < 0.02


def test_a_wide_quote_bends_the_smile_less_than_a_tight_one() -> None:
    k = np.linspace(-0.3, 0.3, 13)
    vol = vol_of(PLAIN, k, 0.1)
    vol[9] += 0.05
    pulled = []
    for width in (0.002, 0.05):
        half_width = np.full(13, 0.002)
        half_width[9] = width
        found = fit_svi(k, vol, half_width, 0.1, checked=Checked(0.6))
        pulled.append(abs(vol_of(found, k[9:10], 0.1)[0] - vol_of(PLAIN, k[9:10], 0.1)[0]))
    assert pulled[1] < 0.1 * pulled[0]


def test_five_quotes_near_the_money_do_not_send_the_wings_away() -> None:
    """Half a day to expiry, quotes within two deviations: the wings follow the usual shape, not the noise."""
    years = 0.5 / 365.0
    deviation = 0.3 * np.sqrt(years)
    k = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) * deviation
    vol = np.array([0.34, 0.312, 0.30, 0.306, 0.335])
    found = fit_svi(k, vol, np.full(5, 0.02), years, checked=Checked(10.0 * deviation))
    ratio = vol_of(found, np.array([-8.0, 8.0]) * deviation, years) / 0.30
    assert np.all((ratio > 1.2) & (ratio < 4.0))


def test_the_same_quotes_give_the_same_smile_to_the_last_bit() -> None:
    k = np.linspace(-0.4, 0.4, 17)
    vol = vol_of(PLAIN, k, 0.1) + 0.001 * np.cos(40.0 * k)
    fits = {fit_svi(k, vol, np.full(17, 0.003), 0.1, checked=Checked(0.6)) for _ in range(3)}
    assert len(fits) == 1


def test_the_grid_is_symmetric_and_holds_the_money() -> None:
    grid = log_moneyness_grid(0.7, count=101)
    assert grid[0] == pytest.approx(-0.7)
    assert grid[50] == 0.0
    assert np.all(np.diff(grid) > 0.0)
    assert grid == pytest.approx(-grid[::-1])
