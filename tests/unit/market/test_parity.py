from __future__ import annotations

import numpy as np
import pytest

from seawall.core.arrays import FloatArray
from seawall.market.parity import LEAST_PAIR_COUNT, ParityForward, parity_forward
from seawall.pricing import black76

FORWARD = 63_000.0
STRIKE = np.array([50_000.0, 56_000.0, 60_000.0, 63_000.0, 66_000.0, 70_000.0, 80_000.0])
YEARS, VOL = 0.15, 0.45


def quotes(half_width: float | FloatArray, *, inverse: bool) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Quotes around Black-76 prices: call bid, call ask, put bid, put ask; `half_width` in price units."""
    unit = FORWARD if inverse else 1.0
    call, put = (black76.price(FORWARD, STRIKE, YEARS, VOL, is_call=right) / unit for right in (True, False))
    return call - half_width, call + half_width, put - half_width, put + half_width


@pytest.mark.parametrize(("inverse", "half_width"), [(True, 1e-5), (False, 0.6)])
def test_fair_quotes_give_the_forward_back(inverse: bool, half_width: float) -> None:
    found = parity_forward(STRIKE, *quotes(half_width, inverse=inverse), inverse=inverse)
    # The middle of an inverse pair is exactly at parity; a linear one too.
    assert found.forward == pytest.approx(FORWARD, rel=1e-9)
    assert found.low < FORWARD < found.high
    assert found.pair_count == len(STRIKE)


def test_the_interval_is_what_the_tightest_strike_leaves_open() -> None:
    found = parity_forward(STRIKE, *quotes(2.0, inverse=False), inverse=False)
    assert (found.low, found.high) == pytest.approx((FORWARD - 4.0, FORWARD + 4.0))
    assert found.width == pytest.approx(8.0)


def test_an_inverse_interval_is_that_of_a_conversion_paid_in_coin() -> None:
    strike, zero = np.full(1, 60_000.0), np.zeros(1)
    found = parity_forward(strike, zero + 0.06, zero + 0.061, zero + 0.01, zero + 0.0105, inverse=True)
    # Sell the call at 0.06 and buy the put at 0.0105: a short forward at 0.0495 coin, 1 - K/F.
    assert found.low == pytest.approx(60_000.0 / (1.0 - 0.0495))
    assert found.high == pytest.approx(60_000.0 / (1.0 - 0.051))


def test_one_stale_quote_does_not_move_the_forward() -> None:
    call_bid, call_ask, put_bid, put_ask = quotes(1.0, inverse=False)
    call_bid[3] += 500.0
    call_ask[3] += 500.0
    found = parity_forward(STRIKE, call_bid, call_ask, put_bid, put_ask, inverse=False)
    assert found.forward == pytest.approx(FORWARD)
    assert found.width < 0.0, "quotes that contradict each other leave no interval, and say so"


def test_wide_strikes_have_no_say_in_the_middle() -> None:
    width = np.where(np.arange(len(STRIKE)) < 3, 1.0, 50.0)
    call_bid, call_ask, put_bid, put_ask = quotes(width, inverse=False)
    call_ask[3:] += 30.0  # lopsided, but inside of what they leave open
    found = parity_forward(STRIKE, call_bid, call_ask, put_bid, put_ask, inverse=False)
    assert (found.forward, found.used_count, found.pair_count) == (pytest.approx(FORWARD), 3, len(STRIKE))


@pytest.mark.parametrize(
    ("side", "price"),
    [("call_bid", np.nan), ("call_ask", np.nan), ("put_bid", 0.0), ("put_ask", -1.0), ("call_bid", 9e9)],
)
def test_a_strike_with_a_bad_quote_is_left_out(side: str, price: float) -> None:
    named = dict(zip(("call_bid", "call_ask", "put_bid", "put_ask"), quotes(1.0, inverse=False), strict=True))
    named[side][2] = price
    found = parity_forward(STRIKE, **named, inverse=False)
    assert (found.pair_count, found.forward) == (len(STRIKE) - 1, pytest.approx(FORWARD))


@pytest.mark.parametrize("count", range(LEAST_PAIR_COUNT))
def test_too_few_strikes_give_no_forward(count: int) -> None:
    some = [side[:count] for side in quotes(1.0, inverse=False)]
    found = parity_forward(STRIKE[:count], *some, inverse=False)
    assert np.isnan(found.forward)
    assert np.isnan(found.standard_error)
    assert found.pair_count == count


def test_the_standard_error_covers_the_error_about_as_often_as_it_says() -> None:
    """Prices moved at random inside their spread: about two of three within one error, nearly all within three."""
    random = np.random.default_rng(7)
    scores = []
    for _ in range(1_000):
        sides = list(quotes(2.0, inverse=False))
        for call_or_put in (0, 2):
            shift = random.uniform(-2.0, 2.0, len(STRIKE))
            sides[call_or_put] = sides[call_or_put] + shift
            sides[call_or_put + 1] = sides[call_or_put + 1] + shift
        found = parity_forward(STRIKE, *sides, inverse=False)
        scores.append((found.forward - FORWARD) / found.standard_error)
    assert 0.5 < np.mean(np.abs(scores) < 1.0) < 0.95
    assert np.mean(np.abs(scores) < 3.0) > 0.98


def test_the_forward_stays_inside_the_interval() -> None:
    random = np.random.default_rng(11)
    for _ in range(200):
        sides = [side + random.uniform(-1.5, 1.5, len(STRIKE)) for side in quotes(2.0, inverse=False)]
        found: ParityForward = parity_forward(STRIKE, *sides, inverse=False)
        if found.width >= 0.0:
            assert found.low <= found.forward <= found.high


def test_the_order_of_strikes_is_irrelevant() -> None:
    sides = quotes(1e-4, inverse=True)
    turned = parity_forward(STRIKE[::-1], *(side[::-1] for side in sides), inverse=True)
    assert turned.forward == pytest.approx(parity_forward(STRIKE, *sides, inverse=True).forward, rel=1e-12)
