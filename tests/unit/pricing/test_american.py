"""American options: printed prices, limits, and what early exercise is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.pricing import american, black76

LONGSTAFF_SCHWARTZ = [
    (36.0, 0.2, 1.0, 4.478), (36.0, 0.2, 2.0, 4.840), (36.0, 0.4, 1.0, 7.101), (36.0, 0.4, 2.0, 8.508),
    (38.0, 0.2, 1.0, 3.250), (38.0, 0.4, 2.0, 7.670), (40.0, 0.2, 1.0, 2.314), (40.0, 0.4, 2.0, 6.920),
    (42.0, 0.2, 1.0, 1.617), (42.0, 0.4, 1.0, 4.582), (44.0, 0.2, 1.0, 1.110), (44.0, 0.4, 2.0, 5.647),
]  # fmt: skip
"""Table 1 of Longstaff and Schwartz (2001): puts struck at 40 at 6 %, by finite differences."""
FIFTY_DAYS_A_YEAR = 0.01
"""Their puts may be exercised fifty times a year only, which is worth up to a cent less."""

spots, strikes = st.floats(50.0, 200.0), st.floats(50.0, 200.0)
times, vols = st.floats(0.01, 2.0), st.floats(0.05, 1.0)
rates = st.floats(0.0, 0.1)
some = settings(max_examples=40, deadline=None)


@pytest.mark.parametrize(("spot", "vol", "years", "printed"), LONGSTAFF_SCHWARTZ)
def test_puts_agree_with_the_published_table(spot: float, vol: float, years: float, printed: float) -> None:
    found = float(american.price(spot, 40.0, years, vol, is_call=False, rate=0.06))
    assert printed - 0.002 <= found <= printed + FIFTY_DAYS_A_YEAR


@some
@given(spots, strikes, times, vols, rates)
def test_a_call_without_dividends_is_worth_the_european_one(
    spot: float, strike: float, years: float, vol: float, rate: float
) -> None:
    european = black76.price(
        spot * np.exp(rate * years), strike, years, vol, is_call=True, discount=np.exp(-rate * years)
    )
    found = american.price(spot, strike, years, vol, is_call=True, rate=rate)
    assert float(found) == pytest.approx(float(european), abs=1e-4 * strike)


@some
@given(spots, strikes, times, vols, rates, rates, st.booleans())
def test_it_is_worth_no_less_than_exercising_now_and_no_less_than_the_european_one(
    spot: float, strike: float, years: float, vol: float, rate: float, dividend: float, is_call: bool
) -> None:
    found = float(american.price(spot, strike, years, vol, is_call=is_call, rate=rate, dividend_yield=dividend))
    now = max(spot - strike if is_call else strike - spot, 0.0)
    forward, discount = spot * np.exp((rate - dividend) * years), np.exp(-rate * years)
    european = float(black76.price(forward, strike, years, vol, is_call=is_call, discount=discount))
    assert found >= now - 1e-12 * strike
    assert found >= european - 1e-4 * strike


@some
@given(spots, strikes, times, vols, rates, rates)
def test_puts_and_calls_are_each_others_mirror(
    spot: float, strike: float, years: float, vol: float, rate: float, dividend: float
) -> None:
    """A right to change A for B is one to change B for A: spot and strike, rate and yield change places."""
    put = american.price(spot, strike, years, vol, is_call=False, rate=rate, dividend_yield=dividend)
    call = american.price(strike, spot, years, vol, is_call=True, rate=dividend, dividend_yield=rate)
    assert float(put) == pytest.approx(float(call), abs=2e-4 * max(spot, strike))


def test_more_steps_converge() -> None:
    coarse, fine, finest = (
        float(american.price(36.0, 40.0, 1.0, 0.2, is_call=False, rate=0.06, steps_count=n)) for n in (101, 301, 1001)
    )
    assert abs(fine - finest) < abs(coarse - finest)


def test_without_time_or_volatility_the_limits_hold() -> None:
    assert float(american.price(36.0, 40.0, 0.0, 0.2, is_call=False, rate=0.06)) == 4.0
    assert float(american.price(36.0, 40.0, 1.0, 0.0, is_call=False, rate=0.06)) == 4.0
    waited = float(american.price(40.0, 40.0, 1.0, 0.0, is_call=True, rate=0.06))
    assert waited == pytest.approx(40.0 * (1.0 - np.exp(-0.06)))
    assert float(american.price(0.0, 40.0, 1.0, 0.3, is_call=False, rate=0.06)) == 40.0
    assert np.isnan(american.price(np.nan, 40.0, 1.0, 0.3, is_call=False))


def test_deep_in_and_out_of_the_money_stays_finite() -> None:
    spot = np.array([1e-3, 1.0, 1e6])
    found = american.price(spot, 100.0, 0.1, 0.2, is_call=False, rate=0.05)
    assert found == pytest.approx([100.0 - 1e-3, 99.0, 0.0], abs=1e-9)


def test_the_implied_volatility_gives_the_price_back() -> None:
    strikes_, vol = np.array([30.0, 40.0, 50.0]), np.array([0.5, 0.2, 0.35])
    price = american.price(36.0, strikes_, 1.0, vol, is_call=False, rate=0.06)
    found = american.implied_vol(price, 36.0, strikes_, 1.0, is_call=False, rate=0.06)
    assert found == pytest.approx(vol, rel=1e-9)


def test_a_price_below_the_intrinsic_one_has_no_volatility() -> None:
    assert np.isnan(american.implied_vol(3.9, 36.0, 40.0, 1.0, is_call=False, rate=0.06))
