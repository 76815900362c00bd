"""The tensor: its shapes, that it is read-only, and that taking scenarios takes every part."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

SCENARIOS = ScenarioSet.spot_moves(["down", "still", "up"], ("BTC",), [[-0.1], [0.0], [0.1]])


def tensor() -> PnlTensor:
    pnl = np.array([[-1.0, np.nan], [0.0, np.nan], [1.0, np.nan]])
    return PnlTensor(SCENARIOS, pnl, ("BTC",), np.array([[0.9], [1.0], [1.1]]), {1: "O: the snapshot has no mark"})


def test_arrays_are_read_only() -> None:
    made = tensor()
    for array in (made.pnl, made.asset_prices):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1.0


def test_taking_scenarios_keeps_labels_prices_and_failures_together() -> None:
    some = tensor().take(np.array([2, 0, 2]))
    assert some.scenarios.labels == ("up", "down", "up")
    assert some.pnl[:, 0].tolist() == [1.0, -1.0, 1.0]
    assert some.asset_prices[:, 0].tolist() == [1.1, 0.9, 1.1]
    assert some.failures == tensor().failures


@pytest.mark.parametrize(
    ("pnl", "prices"),
    [(np.zeros((2, 1)), np.ones((3, 1))), (np.zeros(3), np.ones((3, 1))), (np.zeros((3, 1)), np.ones((3, 2)))],
)
def test_shapes_that_do_not_fit_are_impossible(pnl: np.ndarray, prices: np.ndarray) -> None:
    with pytest.raises(AssertionError, match=r"pnl is|asset_prices is"):
        PnlTensor(SCENARIOS, pnl, ("BTC",), prices, {})
