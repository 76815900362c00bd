"""The grid in both twins: equal to one price at a time, to each other, and total."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.arrays import FloatArray, IntArray
from seawall.pricing import black76, compiled, grid
from seawall.pricing.grid import OptionGrid, option_grid

Case = tuple[OptionGrid, FloatArray, FloatArray, IntArray]


@pytest.fixture(params=[grid, compiled], ids=["numpy", "compiled"])
def twin(request: pytest.FixtureRequest) -> ModuleType:
    module: ModuleType = request.param
    return module


def random_case(
    seed: int, *, options: int = 57, scenarios: int = 9, underlyings: int = 3, grouped: bool = True
) -> Case:
    rng = np.random.default_rng(seed)
    underlying = rng.integers(0, underlyings, options)
    if grouped:
        underlying.sort()
    forward = np.array([1e5, 4e3, 0.6])[underlying % 3] * np.exp(rng.normal(0, 0.02, options))
    columns = option_grid(
        forward,
        forward * np.exp(rng.normal(0, 0.5, options)),
        rng.random(options) < 0.5,
        underlying,
        mark=rng.uniform(0, 1, options),
        inverse=rng.random(options) < 0.5,
        contract_size=rng.choice([0.01, 1.0, 10.0], options),
    )
    total_vol = rng.uniform(0.0, 1.5, (4, options))
    total_vol[0, :5] = 0.0
    return (
        columns,
        rng.uniform(-0.9, 1.5, (scenarios, underlyings)),
        total_vol,
        rng.integers(0, 4, (scenarios, underlyings)),
    )


@pytest.mark.parametrize("grouped", [True, False])
def test_every_cell_is_the_black_price_on_its_moved_forward(twin: ModuleType, grouped: bool) -> None:
    case = columns, spot_move, total_vol, vol_row = random_case(1, grouped=grouped)
    prices = twin.price_grid(*case)
    assert prices.shape == (9, 57)
    assert prices.flags.c_contiguous
    for s in range(9):
        u = columns.underlying
        forward = columns.forward * (1.0 + spot_move[s, u])
        vol = total_vol[vol_row[s, u], np.arange(57)]
        expected = black76.price(forward, columns.strike, 1.0, vol, is_call=columns.side > 0)
        assert np.max(np.abs(prices[s] - expected) / np.maximum(forward, columns.strike)) < 1e-15


@pytest.mark.parametrize("grouped", [True, False])
def test_pnl_is_in_quote_for_linear_and_in_coin_for_inverse_options(twin: ModuleType, grouped: bool) -> None:
    case = columns, spot_move, _, _ = random_case(2, grouped=grouped)
    prices = twin.price_grid(*case)
    forward = columns.forward * (1.0 + spot_move[:, columns.underlying])
    worth = np.where(columns.inverse, prices / forward, prices)
    np.testing.assert_allclose(
        twin.pnl_grid(*case), columns.contract_size * (worth - columns.mark), rtol=1e-14, atol=1e-12
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 12), st.integers(1, 5), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_twins_agree(seed: int, options: int, scenarios: int, underlyings: int, grouped: bool) -> None:
    case = columns, spot_move, _, _ = random_case(
        seed, options=options, scenarios=scenarios, underlyings=underlyings, grouped=grouped
    )
    scale = np.maximum(columns.forward * (1.0 + spot_move[:, columns.underlying]), columns.strike)
    assert np.max(np.abs(grid.price_grid(*case) - compiled.price_grid(*case)) / scale) < 1.5e-15


edges = st.sampled_from([0.0, 5e-324, 1e-310, 1e-3, 1.0, 100.0, 1e5, 1e100])


@given(edges, edges, st.floats(-1.0, 10.0), st.sampled_from([0.0, 5e-324, 1e-9, 0.1, 5.0, 1e8, np.inf]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_both_twins_are_total_on_the_edges(
    forward: float, strike: float, move: float, total_vol: float, is_call: bool
) -> None:
    columns = option_grid([forward], [strike], [is_call], [0])
    case = (columns, np.array([[move]]), np.array([[total_vol]]), np.array([[0]]))
    readable, fast = float(grid.price_grid(*case)[0, 0]), float(compiled.price_grid(*case)[0, 0])
    moved = forward * (1.0 + move)
    for price in (readable, fast):
        assert max(moved - strike, 0.0) <= price * (1 + 1e-15) or not is_call
        assert 0.0 <= price <= max(moved, strike) * (1 + 1e-15)
    assert abs(readable - fast) <= 1e-15 * max(moved, strike)
    if total_vol == 0.0:
        assert fast == max(moved - strike if is_call else strike - moved, 0.0)


def test_no_vol_is_exactly_the_intrinsic_price_and_boundless_vol_exactly_the_limit(twin: ModuleType) -> None:
    columns = option_grid([100.0] * 4, [90.0, 110.0, 90.0, 110.0], [True, True, False, False], [0] * 4)
    total_vol = np.array([[0.0] * 4, [1e9] * 4])
    prices = twin.price_grid(columns, np.zeros((2, 1)), total_vol, np.array([[0], [1]]))
    assert prices.tolist() == [[10.0, 0.0, 0.0, 10.0], [100.0, 100.0, 90.0, 110.0]]


def test_a_total_loss_of_the_underlying_is_priced(twin: ModuleType) -> None:
    columns = option_grid(
        [100.0] * 3, [90.0] * 3, [True, False, True], [0] * 3, mark=[0.1] * 3, inverse=[False, False, True]
    )
    case = (columns, np.array([[-1.0]]), np.full((1, 3), 0.5), np.array([[0]]))
    assert twin.price_grid(*case).tolist() == [[0.0, 90.0, 0.0]]
    assert twin.pnl_grid(*case).tolist() == [[-0.1, 89.9, -0.1]]


def test_unavailable_inputs_reach_only_their_own_cells(twin: ModuleType) -> None:
    columns, spot_move, total_vol, vol_row = random_case(3, grouped=True)
    broken = option_grid(
        np.where(np.arange(57) == 7, np.nan, columns.forward),
        columns.strike,
        columns.side > 0,
        columns.underlying,
        mark=np.where(np.arange(57) == 11, np.nan, columns.mark),
    )
    total_vol = np.where(np.arange(57) == 20, np.nan, total_vol)
    prices = twin.price_grid(broken, spot_move, total_vol, vol_row)
    assert np.flatnonzero(np.isnan(prices).all(axis=0)).tolist() == [7, 20]
    assert np.isnan(prices).any(axis=0).sum() == 2
    pnl = twin.pnl_grid(broken, spot_move, total_vol, vol_row)
    assert np.flatnonzero(np.isnan(pnl).all(axis=0)).tolist() == [7, 11, 20]


def test_a_missing_mark_is_no_profit_or_loss_rather_than_zero(twin: ModuleType) -> None:
    columns = option_grid([100.0], [100.0], [True], [0])
    assert np.isnan(twin.pnl_grid(columns, np.zeros((1, 1)), np.full((1, 1), 0.2), np.zeros((1, 1), dtype=np.int64)))


def test_columns_longer_than_a_tile_and_threads_change_nothing() -> None:
    case = random_case(4, options=1800, scenarios=7, underlyings=2)
    once = compiled.price_grid(*case)
    out = np.full_like(once, np.nan)
    assert compiled.price_grid(*case, out=out, threads=2) is out
    np.testing.assert_array_equal(once, out)
    np.testing.assert_array_equal(compiled.pnl_grid(*case), compiled.pnl_grid(*case, threads=3))
    assert np.max(np.abs(once - grid.price_grid(*case)) / np.maximum(once, 1e5)) < 1e-15


def test_some_of_the_options_have_the_prices_they_had_among_all(twin: ModuleType) -> None:
    columns, spot_move, total_vol, vol_row = random_case(8)
    some = np.array([50, 3, 17, 4])
    part = twin.price_grid(columns.take(some), spot_move, total_vol[:, some], vol_row)
    np.testing.assert_allclose(part, twin.price_grid(columns, spot_move, total_vol, vol_row)[:, some], rtol=1e-15)


def test_an_empty_grid_is_empty(twin: ModuleType) -> None:
    columns = option_grid([], [], np.array([], dtype=bool), np.array([], dtype=np.int64))
    assert twin.price_grid(columns, np.zeros((3, 1)), np.zeros((1, 0)), np.zeros((3, 1), dtype=np.int64)).shape == (
        3,
        0,
    )
    case = random_case(5)
    assert twin.price_grid(case[0], case[1][:0], case[2], case[3][:0]).shape == (0, 57)


def test_a_number_out_of_range_is_refused_before_memory_is_read() -> None:
    columns, spot_move, total_vol, vol_row = random_case(6)
    with pytest.raises(ValueError, match="vol_row is up to 4; total_vol has 4 rows"):
        compiled.price_grid(columns, spot_move, total_vol, np.full_like(vol_row, 4))
    with pytest.raises(ValueError, match="underlying is up to 2; spot_move has 2 columns"):
        compiled.price_grid(columns, spot_move[:, :2], total_vol, vol_row[:, :2])
    with pytest.raises(ValueError, match="one column per option"):
        compiled.price_grid(columns, spot_move, total_vol[:, :-1], vol_row)
    with pytest.raises(ValueError, match="results are C-contiguous float64"):
        compiled.price_grid(columns, spot_move, total_vol, vol_row, out=np.empty((57, 9)).T)


def test_unrelated_options_have_the_same_prices_one_by_one() -> None:
    rng = np.random.default_rng(7)
    forward, ratio, total_vol = rng.uniform(1, 1e5, 500), np.exp(rng.normal(0, 1, 500)), rng.uniform(0, 2, 500)
    is_call = rng.random(500) < 0.5
    fast = compiled.price(forward, forward * ratio, total_vol, is_call)
    slow = black76.price(forward, forward * ratio, 1.0, total_vol, is_call=is_call)
    assert np.max(np.abs(fast - slow) / np.maximum(forward, forward * ratio)) < 1e-15
    with pytest.raises(ValueError, match="columns of one length"):
        compiled.price(forward, ratio[:-1], total_vol, is_call)
