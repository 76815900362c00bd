"""Futures and perpetuals: what the two payoffs promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.pricing import delta_one

prices = st.floats(1e-3, 1e6)
moves = st.floats(-0.999, 10.0)


def test_an_inverse_contract_pays_the_difference_of_reciprocals() -> None:
    """10 000 USD from 40 000 to 50 000: a quarter coin at entry, a fifth at exit."""
    assert float(delta_one.inverse_pnl(10_000.0, 40_000.0, 50_000.0)) == pytest.approx(0.05, rel=1e-15)


@given(st.floats(-100.0, 100.0), prices, prices)
def test_turned_to_quote_at_the_new_price_both_payoffs_agree(size: float, before: float, after: float) -> None:
    linear = float(delta_one.linear_pnl(size, before, after))
    inverse = float(delta_one.inverse_pnl(size * before, before, after)) * after
    assert inverse == pytest.approx(linear, rel=1e-12, abs=1e-300)


@given(st.floats(-100.0, 100.0), prices, moves)
def test_a_move_is_a_pair_of_prices(size: float, price: float, move: float) -> None:
    after = price * (1.0 + move)
    assert float(delta_one.linear_pnl_of_move(size, price, move)) == pytest.approx(
        float(delta_one.linear_pnl(size, price, after)), rel=1e-9, abs=1e-12 * price * abs(size)
    )
    assert float(delta_one.inverse_pnl_of_move(size, move)) == pytest.approx(
        float(delta_one.inverse_pnl(size * price, price, after)), rel=1e-9, abs=1e-12 * abs(size)
    )


@given(st.floats(-100.0, 100.0), prices, prices)
def test_long_and_short_cancel(size: float, before: float, after: float) -> None:
    assert float(delta_one.linear_pnl(size, before, after) + delta_one.linear_pnl(-size, before, after)) == 0.0
    assert float(delta_one.inverse_pnl(size, before, after) + delta_one.inverse_pnl(-size, before, after)) == 0.0


def test_a_long_inverse_position_gains_less_than_its_size_and_loses_without_bound() -> None:
    gains = delta_one.inverse_pnl_of_move(1.0, [1e12, -1.0])
    assert gains[0] < 1.0
    assert gains[1] == -np.inf
    assert float(delta_one.inverse_pnl_of_move(0.0, -1.0)) == 0.0


def test_unavailable_stays_unavailable() -> None:
    assert np.isnan(delta_one.linear_pnl(1.0, np.nan, 1.0))
    assert np.isnan(delta_one.inverse_pnl(1.0, 1.0, np.nan))
    assert np.isnan(delta_one.inverse_pnl_of_move(0.0, np.nan))
