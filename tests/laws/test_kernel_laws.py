"""Laws of pricing, written once for every kernel of options: prices from forward, strike, time and volatility."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.arrays import FloatArray
from seawall.pricing import black76, inverse
from seawall.pricing.grid import option_grid, price_grid

Kernel = Callable[[FloatArray, FloatArray, FloatArray, FloatArray, np.ndarray], FloatArray]


def _black76(
    forward: FloatArray, strike: FloatArray, years: FloatArray, vol: FloatArray, call: np.ndarray
) -> FloatArray:
    return black76.price(forward, strike, years, vol, is_call=call)


def _inverse(
    forward: FloatArray, strike: FloatArray, years: FloatArray, vol: FloatArray, call: np.ndarray
) -> FloatArray:
    return inverse.price(forward, strike, years, vol, is_call=call) * forward


def _grid(forward: FloatArray, strike: FloatArray, years: FloatArray, vol: FloatArray, call: np.ndarray) -> FloatArray:
    return _on_grid(price_grid, forward, strike, years, vol, call)


def _compiled(
    forward: FloatArray, strike: FloatArray, years: FloatArray, vol: FloatArray, call: np.ndarray
) -> FloatArray:
    from seawall.pricing import compiled

    return _on_grid(compiled.price_grid, forward, strike, years, vol, call)


def _on_grid(price: Callable[..., FloatArray], forward: FloatArray, strike: FloatArray, years: FloatArray,
             vol: FloatArray, call: np.ndarray) -> FloatArray:  # fmt: skip
    grid = option_grid(forward, strike, call, np.zeros(len(forward), np.int64))
    still, row = np.zeros((1, 1)), np.zeros((1, 1), np.int64)
    return np.asarray(price(grid, still, (vol * np.sqrt(years))[None, :], row)[0], dtype=np.float64)


ALL_KERNELS: Mapping[str, Kernel] = {
    "black76": _black76, "inverse, in quote": _inverse, "grid": _grid, "grid, compiled": _compiled,
}  # fmt: skip

pytestmark = pytest.mark.parametrize("kernel", ALL_KERNELS.values(), ids=ALL_KERNELS.keys())

prices = st.floats(0.01, 1e6)
options = st.lists(
    st.tuples(prices, st.floats(0.05, 20.0), st.one_of(st.just(0.0), st.floats(1e-6, 5.0)),
              st.one_of(st.just(0.0), st.floats(1e-3, 5.0)), st.booleans()),
    min_size=1, max_size=6,
)  # fmt: skip
PART_OF_PRICE = 1e-13
"""Of the larger of forward and strike: a hundred times the error that the kernels state."""

Rows = list[tuple[float, float, float, float, bool]]


def columns(rows: Rows) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, np.ndarray]:
    forward, ratio, years, vol, call = (np.array(column) for column in zip(*rows, strict=True))
    return forward, forward * ratio, years, vol, call.astype(np.bool_)


@settings(max_examples=40)
@given(rows=options)
def test_a_price_lies_between_its_intrinsic_worth_and_its_bound(kernel: Kernel, rows: Rows) -> None:
    forward, strike, years, vol, call = columns(rows)
    found = kernel(forward, strike, years, vol, call)
    slack = PART_OF_PRICE * np.maximum(forward, strike)
    intrinsic = np.maximum(np.where(call, forward - strike, strike - forward), 0.0)
    assert np.isfinite(found).all()
    assert (found >= intrinsic - slack).all()
    assert (found <= np.where(call, forward, strike) + slack).all()
    gone = (years == 0.0) | (vol == 0.0)
    np.testing.assert_allclose(found[gone], intrinsic[gone], atol=slack[gone].max(initial=0.0), rtol=0.0)


@settings(max_examples=40)
@given(rows=options)
def test_calls_less_puts_are_the_forward(kernel: Kernel, rows: Rows) -> None:
    forward, strike, years, vol, call = columns(rows)
    every, none = np.ones_like(call), np.zeros_like(call)
    parity = kernel(forward, strike, years, vol, every) - kernel(forward, strike, years, vol, none)
    np.testing.assert_array_less(
        np.abs(parity - (forward - strike)), PART_OF_PRICE * np.maximum(forward, strike) + 1e-300
    )


@settings(max_examples=40)
@given(rows=options, more=st.floats(1e-3, 2.0))
def test_more_volatility_and_more_time_never_lower_a_price(kernel: Kernel, rows: Rows, more: float) -> None:
    forward, strike, years, vol, call = columns(rows)
    slack = PART_OF_PRICE * np.maximum(forward, strike)
    before = kernel(forward, strike, years, vol, call)
    assert (kernel(forward, strike, years, vol + more, call) >= before - slack).all()
    assert (kernel(forward, strike, years + more, vol, call) >= before - slack).all()


@settings(max_examples=40)
@given(rows=options, by=st.sampled_from([0.25, 2.0, 1024.0]))
def test_prices_scale_with_the_unit_of_the_quote(kernel: Kernel, rows: Rows, by: float) -> None:
    forward, strike, years, vol, call = columns(rows)
    scaled = kernel(forward * by, strike * by, years, vol, call)
    slack = PART_OF_PRICE * np.maximum(forward, strike) * by
    assert (np.abs(scaled - by * kernel(forward, strike, years, vol, call)) <= slack).all()


@settings(max_examples=40)
@given(rows=options, up=st.floats(0.0, 0.5))
def test_calls_rise_and_puts_fall_with_the_forward(kernel: Kernel, rows: Rows, up: float) -> None:
    forward, strike, years, vol, call = columns(rows)
    change = kernel(forward * (1.0 + up), strike, years, vol, call) - kernel(forward, strike, years, vol, call)
    slack = PART_OF_PRICE * np.maximum(forward, strike) * (1.0 + up)
    moved = forward * up
    assert (np.where(call, change, -change) >= -slack).all()
    assert (np.abs(change) <= moved + slack).all()


@pytest.mark.parametrize("gone", ["forward", "vol"])
def test_what_is_unavailable_stays_so_and_touches_nothing_else(kernel: Kernel, gone: str) -> None:
    forward, strike, years, vol = (np.full(3, number) for number in (100.0, 110.0, 0.5, 0.6))
    call = np.array([True, False, True])
    whole = kernel(forward, strike, years, vol, call)
    (forward if gone == "forward" else vol)[1] = np.nan
    found = kernel(forward, strike, years, vol, call)
    assert np.isnan(found[1])
    assert found[[0, 2]].tolist() == whole[[0, 2]].tolist()
