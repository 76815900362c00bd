"""Scenario sets: the grid, concatenation, the union, and volatility shocks by hand."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.scenarios import Absolute, Relative, ScenarioSet, TermScaled, Unchanged, grid, unite


def moves(labels: list[str], spot: list[list[float]], underlyings: tuple[str, ...] = ("BTC",)) -> ScenarioSet:
    return ScenarioSet.spot_moves(labels, underlyings, spot)


def test_a_grid_has_every_price_with_every_volatility_prices_outermost() -> None:
    made = grid(
        {"ETH": [-0.2, 0.2], "BTC": [-0.1, 0.1]},
        {"BTC": [Relative(0.5), Unchanged()], "ETH": [Relative(0.4), Unchanged()]},
        vol_names=["up", "same"],
    )
    assert made.underlyings == ("BTC", "ETH")
    assert made.labels == ("-10 % vol up", "-10 % vol same", "+10 % vol up", "+10 % vol same")
    assert made.spot.tolist() == [[-0.1, -0.2]] * 2 + [[0.1, 0.2]] * 2
    shocks = [[made.vol_shocks[v] for v in row] for row in made.vol_index]
    assert shocks == [[Relative(0.5), Relative(0.4)], [Unchanged(), Unchanged()]] * 2
    assert made.weights.tolist() == [1.0] * 4


def test_prices_of_a_grid_may_have_names() -> None:
    made = grid({"BTC": [0.0]}, {"BTC": [Unchanged()]}, vol_names=["same"], price_names=["middle"])
    assert made.labels == ("middle vol same",)


@pytest.mark.parametrize("move", [-1.0, -1.5, np.nan, np.inf])
def test_a_price_that_falls_to_nothing_or_is_none_is_refused(move: float) -> None:
    with pytest.raises(InputError, match="falls by less than 100 %"):
        moves(["bad"], [[move]])


def test_time_that_runs_backwards_is_refused() -> None:
    made = moves(["one"], [[0.0]])
    with pytest.raises(InputError, match="backwards"):
        ScenarioSet(
            made.labels, made.underlyings, made.spot, made.vol_shocks, made.vol_index, np.array([-0.1]), made.weights
        )


def test_sets_concatenate_and_keep_equal_shocks_once() -> None:
    one = ScenarioSet.spot_moves(["a"], ("BTC",), [[0.1]], vol_shock=Relative(0.5))
    two = grid({"BTC": [0.2]}, {"BTC": [Unchanged(), Relative(0.5)]}, vol_names=["same", "up"])
    both = one + two
    assert both.labels == ("a", "+20 % vol same", "+20 % vol up")
    assert both.vol_shocks == (Relative(0.5), Unchanged())
    assert [both.vol_shocks[v] for v in both.vol_index[:, 0]] == [Relative(0.5), Unchanged(), Relative(0.5)]


def test_sets_over_other_underlyings_do_not_concatenate() -> None:
    with pytest.raises(InputError, match="share their underlyings"):
        moves(["a"], [[0.1]]) + moves(["b"], [[0.1]], ("ETH",))


def test_assets_move_with_their_underlying_unless_a_move_is_named() -> None:
    made = moves(["down", "up"], [[-0.2], [0.3]])
    assert made.asset_move("BTC").tolist() == [-0.2, 0.3]
    assert made.asset_move("USDC").tolist() == [0.0, 0.0]
    depeg = ScenarioSet(
        made.labels, made.underlyings, made.spot, made.vol_shocks, made.vol_index, made.elapsed_years, made.weights,
        {"USDC": np.array([-0.05, 0.0])},
    )  # fmt: skip
    assert depeg.asset_move("USDC").tolist() == [-0.05, 0.0]
    assert (made + depeg).asset_move("USDC").tolist() == [0.0, 0.0, -0.05, 0.0]
    assert depeg.take(np.array([1, 0])).asset_move("USDC").tolist() == [0.0, -0.05]


def test_a_union_has_each_joint_move_once_and_knows_where_each_set_lies() -> None:
    a = moves(["down", "still"], [[-0.1], [0.0]])
    b = moves(["again still", "up", "again down"], [[0.0], [0.1], [-0.1]])
    union, (in_a, in_b) = unite([a, b])
    assert union.labels == ("down", "still", "up")
    assert (in_a.tolist(), in_b.tolist()) == ([0, 1], [1, 2, 0])


def test_moves_that_differ_in_shock_time_or_asset_are_different() -> None:
    still = moves(["still"], [[0.0]])
    shocked = ScenarioSet.spot_moves(["shocked"], ("BTC",), [[0.0]], vol_shock=Relative(0.1))
    parts = (still.labels, still.underlyings, still.spot, still.vol_shocks, still.vol_index)
    later = ScenarioSet(*parts, np.array([0.01]), still.weights)
    depeg = ScenarioSet(*parts, still.elapsed_years, still.weights, {"USDC": np.array([-0.1])})
    union, _ = unite([still, shocked, later, depeg])
    assert len(union) == 4


def test_an_asset_that_is_named_and_stays_is_the_same_as_one_that_is_not_named() -> None:
    still = moves(["still"], [[0.0]])
    parts = (still.labels, still.underlyings, still.spot, still.vol_shocks, still.vol_index)
    named = ScenarioSet(*parts, still.elapsed_years, still.weights, {"USDC": np.array([0.0])})
    union, _ = unite([still, named])
    assert len(union) == 1


def test_a_union_of_nothing_to_revalue_is_empty() -> None:
    empty = ScenarioSet.spot_moves((), ("BTC",), np.zeros((0, 1)))
    union, (where,) = unite([empty])
    assert len(union) == len(where) == 0


@pytest.mark.parametrize(
    ("shock", "days", "vol", "shocked"),
    [
        (Unchanged(), 10.0, 0.7, 0.7),
        (Relative(0.5), 10.0, 0.7, 1.05),
        (Relative(-0.25), 10.0, 0.8, 0.6),
        (Relative(0.1, floor=0.5), 10.0, 0.3, 0.5),
        (Relative(-1.5), 10.0, 0.3, 0.0),
        (Absolute(0.05), 10.0, 0.3, 0.35),
        (Absolute(-0.5), 10.0, 0.3, 0.0),
        (TermScaled(0.4, 0.3, 0.13), 30.0, 0.6, 0.84),  # at the pivot the range applies unscaled
        (TermScaled(0.4, 0.3, 0.13), 15.0, 0.6, 0.6 * (1 + 0.4 * 2**0.3)),
        (TermScaled(0.4, 0.3, 0.13), 60.0, 0.6, 0.6 * (1 + 0.4 * 0.5**0.13)),
        (TermScaled(0.4, 0.3, 0.13), 0.1, 0.6, 0.6 * (1 + 0.4 * 30**0.3)),  # below a day counts as a day
        (TermScaled(0.4, 0.3, 0.13, floor=0.5), 60.0, 0.1, 0.5),
        (TermScaled(-0.25, 0.3, 0.13), 1.0, 0.6, 0.6 * (1 - 0.25 * 30**0.3)),
        (TermScaled(-0.5, 0.3, 0.13), 1.0, 0.6, 0.0),  # 1 - 0.5 * 2.77 is below zero
        (TermScaled(0.24, 0.3, 0.3, whole_days=True), 185.23, 0.6, 0.6 * (1 + 0.24 * (30 / 186) ** 0.3)),
        (TermScaled(0.24, 0.3, 0.3, whole_days=True), 30.0, 0.6, 0.744),  # a whole day is not rounded up to the next
    ],
)
def test_volatility_shocks_by_hand(shock: Relative, days: float, vol: float, shocked: float) -> None:
    found = shock.apply(np.array([vol]), np.array([days / 365.0]), np.zeros(1))
    assert found.tolist() == pytest.approx([shocked], rel=1e-12)


def test_a_missing_volatility_stays_missing() -> None:
    for shock in (Unchanged(), Relative(0.5, 0.3), Absolute(0.1), TermScaled(0.5, 0.3, 0.13, 0.5)):
        assert np.isnan(shock.apply(np.array([np.nan]), np.array([0.1]), np.zeros(1))).all()
