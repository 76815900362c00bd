"""Path sets: steps as scenario sets, late oracles, and the stories that are paths."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.scenarios import FlashCrash, LiquidityDrain, PathSet, Unchanged
from seawall.scenarios.named_event import late


def two_paths(**more: object) -> PathSet:
    spot = np.array([[[-0.1], [-0.3]], [[0.1], [0.2]]])
    kept: dict[str, object] = {
        "labels": ("a", "b"), "steps": ("noon", "night"), "underlyings": ("BTC",),
        "elapsed_years": np.array([0.0, 1.0 / 730.0]), "spot": spot, "vol_shocks": (Unchanged(),),
        "vol_index": np.zeros(spot.shape, np.int64), "weights": np.array([0.25, 0.75]),
    }  # fmt: skip
    return PathSet(**(kept | more))  # type: ignore[arg-type]


def test_a_step_holds_all_paths_with_their_weights() -> None:
    step = two_paths().at("night")
    assert step.labels == ("a, night", "b, night")
    assert step.spot.tolist() == [[-0.3], [0.2]]
    assert step.weights.tolist() == [0.25, 0.75]
    assert step.elapsed_years.tolist() == [1.0 / 730.0] * 2


def test_all_scenarios_share_the_weights_of_their_paths() -> None:
    made = two_paths().scenarios()
    assert made.labels == ("a, noon", "a, night", "b, noon", "b, night")
    assert made.weights.tolist() == [0.125, 0.125, 0.375, 0.375]
    assert made.spot.ravel().tolist() == [-0.1, -0.3, 0.1, 0.2]


def test_stable_coins_and_paths_are_taken_along() -> None:
    paths = two_paths(asset_moves={"USDE": np.array([[0.0, -0.3], [0.0, 0.0]])}, depth_factor=np.full((2, 2), 0.5))
    taken = paths.take(np.array([1, 0]))
    assert taken.path(1).asset_move("USDE").tolist() == [0.0, -0.3]
    assert taken.labels == ("b", "a")
    assert taken.depth.shape == (2, 2)
    assert taken.spread.tolist() == [[1.0, 1.0]] * 2


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"elapsed_years": np.array([1.0, 0.5])}, "backwards"),
        ({"spot": np.full((2, 2, 1), -1.0)}, "100 %"),
        ({"depth_factor": np.full((2, 2), -0.1)}, "depth"),
        ({"spread_factor": np.full((2, 2), np.nan)}, "spread"),
    ],
)
def test_a_path_that_can_not_be_is_refused(more: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        two_paths(**more)


def test_a_late_oracle_shows_what_was_and_before_the_start_nothing() -> None:
    spot = np.array([[[-0.1], [-0.3], [-0.2]]])
    years = np.array([0.0, 1.0, 2.0])
    assert late(spot, years, 0.0).tolist() == spot.tolist()
    assert late(spot, years, 1.0).ravel().tolist() == [0.0, -0.1, -0.3]
    assert late(spot, years, 5.0).ravel().tolist() == [0.0, 0.0, 0.0]
    assert late(spot, years, np.array([0.0, 0.0, 2.0])).ravel().tolist() == [-0.1, -0.3, -0.1]


def test_between_steps_a_late_oracle_is_as_late_as_it_is_and_not_later() -> None:
    """An hour late in a path whose steps are ten hours apart, it has seen nine tenths of the way."""
    spot, hours = np.array([[[0.0], [-0.1], [-0.4]]]), np.array([0.0, 10.0, 20.0])
    assert late(spot, hours, 1.0).ravel() == pytest.approx([0.0, -0.09, -0.37])


def test_an_oracle_path_moves_late_and_all_else_in_time() -> None:
    crash = FlashCrash({"BTC": -0.2}, oracle_delay_minutes=20.0).paths()
    seen, true = crash.oracle_path(0), crash.path(0)
    assert seen.spot[0, 0] == 0.0 > true.spot[0, 0]
    assert seen.vol_index.tolist() == true.vol_index.tolist()
    assert seen.spot.min() >= true.spot.min()


def test_a_flash_crash_begins_with_a_gap_and_ends_half_way_back() -> None:
    crash = FlashCrash({"BTC": -0.15, "ETH": -0.2}, gap_share=0.3, recovery_share=0.5, perpetual_gap=-0.05)
    paths = crash.paths()
    logs = np.log1p(paths.spot[0]) / np.log1p([-0.15, -0.2])
    assert paths.minutes[0] == 0.0
    assert logs[0].tolist() == pytest.approx([0.3, 0.3])
    assert logs[-1].tolist() == pytest.approx([0.5, 0.5])
    low = paths.worst_step(0)
    assert paths.minutes[low] == pytest.approx(40.0)
    assert paths.depth[0].argmin() == paths.spread[0].argmax() == low
    assert paths.basis is not None
    assert paths.basis.perpetual[0, low].tolist() == pytest.approx([-0.05, -0.05])
    assert (np.diff(paths.spot[0, : low + 1], axis=0) < 0.0).all()
    assert (np.diff(paths.spot[0, low:], axis=0) > 0.0).all()


def test_a_liquidity_drain_takes_depth_and_leaves_prices() -> None:
    drain = LiquidityDrain(("BTC",), minutes=60.0).paths()
    assert (drain.spot == 0.0).all()
    assert drain.depth.min() == pytest.approx(0.02)
    assert drain.spread.max() == pytest.approx(10.0)
    assert drain.delay.max() * 365.0 * 1440.0 == pytest.approx(30.0)
    assert drain.minutes[-1] == pytest.approx(60.0)


@pytest.mark.parametrize(
    "bad",
    [{"lows": {"BTC": -1.0}}, {"lows": {}}, {"gap_share": 1.5}, {"fall_minutes": 0.0}, {"depth_factor": 0.0},
     {"recovery_share": np.nan}, {"perpetual_gap": -1.0}, {"assets": {"USDE": -2.0}}],
)  # fmt: skip
def test_a_crash_that_can_not_be_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        FlashCrash(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [{"minutes": 0.0}, {"depth_factor": 0.0}, {"drift": -1.0}])
def test_a_drain_that_can_not_be_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InputError):
        LiquidityDrain(("BTC",), **bad)  # type: ignore[arg-type]
