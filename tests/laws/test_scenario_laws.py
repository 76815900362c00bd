"""Laws of scenario sets, written once for every maker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from seawall.margining.catalogue import MODELS
from seawall.revaluation import revalue
from seawall.scenarios import Absolute, Relative, ScenarioSet, TermScaled, Unchanged, grid, unite
from tests.laws.worlds import ALL_MODELS, market, policy_of

UNDERLYINGS = ("BTC", "ETH")


def _grid() -> ScenarioSet:
    shocks = [Relative(0.5, 0.3), Unchanged(), Absolute(-0.05), TermScaled(-0.25, 0.3, 0.13)]
    return grid({"BTC": [-0.2, 0.0, 0.2], "ETH": [-0.3, 0.0, 0.3]}, dict.fromkeys(UNDERLYINGS, tuple(shocks)),
                vol_names=["up", "same", "points", "down"])  # fmt: skip


def _spot_moves() -> ScenarioSet:
    return ScenarioSet.spot_moves(["down", "still", "apart"], UNDERLYINGS, [[-0.5, -0.6], [0.0, 0.0], [0.2, -0.2]])


def _of_model(policy_id: str) -> Callable[[], ScenarioSet]:
    policy = policy_of(policy_id)
    return lambda: MODELS[policy.model].scenarios(policy, market())


ALL_SCENARIO_MAKERS: Mapping[str, Callable[[], ScenarioSet]] = {
    "grid": _grid, "spot moves": _spot_moves, **{policy_id: _of_model(policy_id) for policy_id in ALL_MODELS},
}  # fmt: skip

pytestmark = pytest.mark.parametrize("make", ALL_SCENARIO_MAKERS.values(), ids=ALL_SCENARIO_MAKERS.keys())


def test_making_a_set_twice_gives_the_same_set(make: Callable[[], ScenarioSet]) -> None:
    one, two = make(), make()
    assert one.labels == two.labels
    assert one.keys == two.keys


def test_no_price_falls_to_zero_and_no_weight_is_negative(make: Callable[[], ScenarioSet]) -> None:
    made = make()
    assert (made.spot > -1.0).all()
    assert np.isfinite(made.spot).all()
    assert (made.weights >= 0.0).all()
    assert (made.elapsed_years >= 0.0).all()
    assert not made.spot.flags.writeable


def test_a_shock_never_makes_a_volatility_negative(make: Callable[[], ScenarioSet]) -> None:
    vol, years = np.array([0.0, 0.3, 1.5, np.nan]), np.array([0.0, 0.01, 0.5, 0.5])
    for shock in make().vol_shocks:
        shocked = shock.apply(vol, years, np.array([0.0, -0.5, 0.5, 0.1]))
        assert (shocked[:3] >= 0.0).all()
        assert np.isnan(shocked[3])


def test_a_set_united_with_itself_is_no_larger(make: Callable[[], ScenarioSet]) -> None:
    made = make()
    union, (first, second) = unite([made, made])
    assert len(union) == len(set(made.keys))
    assert first.tolist() == second.tolist()
    assert union.take(first).keys == made.keys


def test_taking_all_in_order_changes_nothing(make: Callable[[], ScenarioSet]) -> None:
    made = make()
    assert made.take(np.arange(len(made))).keys == made.keys
    assert made.take(np.arange(len(made))).labels == made.labels


def test_a_set_is_revalued_scenario_by_scenario_as_a_whole(make: Callable[[], ScenarioSet]) -> None:
    made = make()
    whole = revalue(market(), made, compiled=False)
    for s in range(0, len(made), 7):
        one = revalue(market(), made.take(np.array([s])), compiled=False)
        assert one.pnl[0].tobytes() == whole.pnl[s].tobytes()
        assert one.asset_prices[0].tobytes() == whole.asset_prices[s].tobytes()


def test_a_set_after_another_is_revalued_as_before(make: Callable[[], ScenarioSet]) -> None:
    made = make()
    other = ScenarioSet.spot_moves(["crash"], made.underlyings, [[-0.4] * len(made.underlyings)])
    both = revalue(market(), other + made, compiled=False)
    assert both.pnl[1:].tobytes() == revalue(market(), made, compiled=False).pnl.tobytes()
