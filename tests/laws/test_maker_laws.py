"""Laws of scenario makers, written once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.revaluation import revalue
from seawall.scenarios import (
    MAKERS,
    Bootstrap,
    ConditionalDraws,
    ConditionalStress,
    Covariance,
    Ewma,
    FilteredHistory,
    FlashCrash,
    Gbm,
    Heston,
    HistoricalWindow,
    History,
    Jumps,
    LiquidityDrain,
    MarketGrid,
    MertonJump,
    NamedEvent,
    PathSet,
    Sampling,
    ScenarioMaker,
    ScenarioSet,
    StudentT,
    TailMoves,
    VarianceProcess,
    all_events,
    event,
    mean_of,
    unite,
)
from seawall.scenarios.marginals import WithTails
from seawall.scenarios.simulation import simulated_scenarios
from seawall.scenarios.streams import BLOCK_PATHS_COUNT, block_count, in_blocks
from tests.laws.worlds import market

DAY_NS = 86_400_000_000_000
COUNT = 2_001
SAMPLING = Sampling(count=COUNT, seed=7)
JOINT = Covariance.of(
    {"BTC": 0.6, "ETH": 0.8, "BTC vol": 1.2, "BTC perpetual": 0.02, "USDT asset": 0.01},
    [
        [1.0, 0.8, -0.3, 0.2, 0.1],
        [0.8, 1.0, -0.3, 0.2, 0.1],
        [-0.3, -0.3, 1.0, 0.0, 0.0],
        [0.2, 0.2, 0.0, 1.0, 0.0],
        [0.1, 0.1, 0.0, 0.0, 1.0],
    ],
)
SPOTS = Covariance.of({"BTC": 0.6, "ETH": 0.8}, 0.8)
VARIANCES = VarianceProcess.of(
    start=[0.36, 0.64], level=[0.3, 0.7], speed=[5.0, 4.0], vol_of_vol=[1.0, 1.2], correlation=-0.3
)
CRASHES = Jumps.of(6.0, means=[-0.08, -0.1], sds=[0.05, 0.06], correlation=0.9)
WEEK = 7.0 / 365.0


def _history() -> History:
    rng = np.random.default_rng(3)
    spot = 0.03 * rng.standard_t(4, (401, 1)) * np.array([1.0, 1.2]) + 0.01 * rng.standard_normal((401, 2))
    levels: Mapping[str, np.ndarray] = {
        "BTC": 60_000.0 * np.exp(np.cumsum(spot[:, 0])),
        "ETH": 3_000.0 * np.exp(np.cumsum(spot[:, 1])),
        "BTC vol": 0.6 * np.exp(np.cumsum(-0.2 * spot[:, 0] + 0.01 * rng.standard_normal(401))),
        "BTC perpetual": 0.001 * rng.standard_normal(401),
        "BTC funding": 0.0002 * rng.standard_normal(401),
        "USDT asset": np.exp(0.001 * rng.standard_normal(401)),
    }
    return History.of_levels([DAY_NS * (20_000 + day) for day in range(401)], levels)


HISTORY = _history()


def _student() -> StudentT:
    tails = {"BTC": WithTails.of(HISTORY.changes[:, 0], method="moments")}
    return StudentT(JOINT, 4, 1.0 / 365.0, SAMPLING, marginals=tails)


ALL_MAKERS: Mapping[str, Callable[[], ScenarioMaker]] = {
    "grid": lambda: MarketGrid(("BTC", "ETH"), [-0.2, 0.0, 0.2], [-0.3, 0.0, 0.5], days=[0.0, 7.0], rates=[0.0, 0.1]),
    "historical": lambda: HistoricalWindow(HISTORY, horizon_steps=3, decay=0.99),
    "filtered-history": lambda: FilteredHistory(HISTORY, Ewma(0.94)),
    "bootstrap": lambda: Bootstrap(HISTORY, 5, 2, SAMPLING),
    "gbm": lambda: Gbm(JOINT, WEEK, SAMPLING),
    "merton-jump": lambda: MertonJump(SPOTS, CRASHES, WEEK, SAMPLING),
    "heston": lambda: Heston(("BTC", "ETH"), VARIANCES, SPOTS.correlation, WEEK, SAMPLING, jumps=CRASHES),
    "student-t": _student,
    "conditional-stress": lambda: ConditionalStress(JOINT, {"crash": {"BTC": -0.3}}, residual_sds=(0.1,)),
    "conditional-draws": lambda: ConditionalDraws(JOINT, {"BTC": -0.3}, WEEK, SAMPLING),
    "tail-moves": lambda: TailMoves(HISTORY, levels=(0.95, 0.99), method="moments"),
    "named-event": lambda: NamedEvent(event("2020-03-12"), ("BTC", "ETH")),
    "flash-crash": lambda: FlashCrash(oracle_delay_minutes=15.0, perpetual_gap=-0.02, assets={"USDE": -0.3}),
    "liquidity-drain": lambda: LiquidityDrain(("BTC", "ETH")),
}
SIMULATED: Mapping[str, Callable[[Sampling], Any]] = {
    "bootstrap": lambda sampling: Bootstrap(HISTORY, 5, 2, sampling),
    "gbm": lambda sampling: Gbm(JOINT, WEEK, sampling),
    "merton-jump": lambda sampling: MertonJump(SPOTS, CRASHES, WEEK, sampling),
    "heston": lambda sampling: Heston(("BTC", "ETH"), VARIANCES, SPOTS.correlation, WEEK, sampling, jumps=CRASHES),
    "student-t": lambda sampling: StudentT(JOINT, 4, 1.0 / 365.0, sampling),
    "conditional-draws": lambda sampling: ConditionalDraws(JOINT, {"BTC": -0.3}, WEEK, sampling),
}
FAIR = ("gbm", "merton-jump", "heston")
"""Those whose prices have a mean, which is today's price."""
STORIES = ("grid", "conditional-stress", "tail-moves", "named-event", "flash-crash", "liquidity-drain")

every_maker = pytest.mark.parametrize("name", ALL_MAKERS)
every_simulation = pytest.mark.parametrize("name", SIMULATED)


def _bytes(made: ScenarioSet) -> tuple[object, ...]:
    basis = made.basis
    legs = () if basis is None else (basis.carry.tobytes(), basis.perpetual.tobytes(), basis.funding.tobytes())
    assets = tuple((asset, moves.tobytes()) for asset, moves in sorted(made.asset_moves.items()))
    columns = (made.spot, made.vol_index, made.elapsed_years, made.weights)
    return made.labels, made.vol_shocks, tuple(part.tobytes() for part in columns), legs, assets


def test_every_maker_of_the_catalogue_is_tried() -> None:
    assert set(ALL_MAKERS) == set(MAKERS)
    for name, make in ALL_MAKERS.items():
        assert type(make()) is MAKERS[name]


@every_maker
def test_a_maker_gives_the_same_set_again_to_the_last_bit(name: str) -> None:
    assert _bytes(ALL_MAKERS[name]().scenarios()) == _bytes(ALL_MAKERS[name]().scenarios())


@every_maker
def test_no_price_falls_by_all_and_all_numbers_are_finite(name: str) -> None:
    made = ALL_MAKERS[name]().scenarios()
    assert len(made) > 1 and np.isfinite(made.spot).all() and (made.spot > -1.0).all()
    assert all((moves > -1.0).all() and np.isfinite(moves).all() for moves in made.asset_moves.values())
    assert (made.elapsed_years >= 0.0).all() and np.isfinite(made.elapsed_years).all()
    assert len(made.labels) == len(set(made.labels)) == len(made)


@every_maker
def test_weights_are_probabilities_or_one_each(name: str) -> None:
    weights = ALL_MAKERS[name]().scenarios().weights
    assert (weights > 0.0).all()
    assert (weights == 1.0).all() if name in STORIES else weights.sum() == pytest.approx(1.0, abs=1e-12)


@every_maker
def test_shocks_of_a_maker_never_make_a_volatility_negative(name: str) -> None:
    vol, years = np.array([0.0, 0.3, 1.5, np.nan]), np.array([0.0, 0.01, 0.5, 0.5])
    for shock in ALL_MAKERS[name]().scenarios().vol_shocks:
        shocked = shock.apply(vol, years, np.array([0.0, -0.5, 0.5, 0.1]))
        assert (shocked[:3] >= 0.0).all() and np.isfinite(shocked[:3]).all()
        assert np.isnan(shocked[3])


@every_maker
def test_a_set_is_united_with_itself_and_spread_without_a_change(name: str) -> None:
    made = ALL_MAKERS[name]().scenarios()
    made = made.take(np.arange(min(len(made), 50)))
    union, (first, second) = unite([made, made])
    assert first.tolist() == second.tolist()
    assert union.take(first).keys == made.keys
    wider = made.spread(tuple(sorted({*made.underlyings, "ZZZ"})))
    assert len(set(wider.keys)) == len(set(made.keys))
    assert (wider.spot[:, wider.underlyings.index("ZZZ")] == 0.0).all()


@every_maker
def test_a_set_is_revalued_scenario_by_scenario_as_a_whole(name: str) -> None:
    made = ALL_MAKERS[name]().scenarios()
    made = made.take(np.arange(0, len(made), max(1, len(made) // 5)))
    whole = revalue(market(), made, compiled=False)
    for s in range(len(made)):
        one = revalue(market(), made.take(np.array([s])), compiled=False)
        assert one.pnl[0].tobytes() == whole.pnl[s].tobytes()
        assert one.asset_prices[0].tobytes() == whole.asset_prices[s].tobytes()


@every_simulation
def test_workers_do_not_change_a_draw(name: str) -> None:
    count = 2 * BLOCK_PATHS_COUNT + 5 if name in ("gbm", "merton-jump") else COUNT
    one, three = (SIMULATED[name](Sampling(count=count, seed=7, workers=workers)).scenarios() for workers in (1, 3))
    assert _bytes(one) == _bytes(three)


@every_simulation
def test_blocks_can_be_drawn_in_any_order(name: str) -> None:
    model = SIMULATED[name](Sampling(count=2 * BLOCK_PATHS_COUNT + 4, seed=7))
    years = np.array([1.0 / 365.0]) if name == "student-t" else np.array([WEEK])
    forward = in_blocks(lambda b: model.draw(b, years), model.sampling.count)
    backward = [model.draw(b, years) for b in reversed(range(block_count(model.sampling.count)))][::-1]
    assert np.concatenate(backward).tobytes() == forward.tobytes()


@every_simulation
def test_another_seed_or_replicate_is_another_draw(name: str) -> None:
    others = (Sampling(count=100, seed=8), replace(SAMPLING, count=100, replicate=1))
    first = SIMULATED[name](Sampling(count=100, seed=7)).scenarios()
    for other in others:
        assert not np.array_equal(SIMULATED[name](other).scenarios().spot, first.spot)


@every_simulation
def test_more_paths_continue_fewer(name: str) -> None:
    few, many = (SIMULATED[name](Sampling(count=count, seed=7)).scenarios() for count in (500, 1_500))
    assert few.spot.tobytes() == many.spot[:500].tobytes()


@pytest.mark.parametrize("name", FAIR)
@pytest.mark.parametrize("antithetic", [True, False])
def test_the_mean_price_is_todays_within_its_own_interval(name: str, antithetic: bool) -> None:
    model = SIMULATED[name](Sampling(count=100_000, seed=11, antithetic=antithetic))
    made = model.scenarios()
    for u in range(len(made.underlyings)):
        found = mean_of(made.spot[:, u], pairs=antithetic, level=0.9999)
        assert found.holds(0.0), f"{made.underlyings[u]}: {found}"
        assert found.half_width < 0.01


@pytest.mark.parametrize("name", FAIR)
def test_a_path_ends_where_one_step_ends_in_law(name: str) -> None:
    model = SIMULATED[name](Sampling(count=60_000, seed=5))
    ends = np.log1p(model.paths([WEEK / 4.0, WEEK / 2.0, WEEK]).spot[:, -1])
    direct = np.log1p(simulated_scenarios(model, WEEK, label="x").spot) if name != "heston" else ends
    other = np.log1p(replace(model, sampling=Sampling(count=60_000, seed=6)).scenarios().spot)
    for sample in (direct, other):
        assert np.abs(ends.std(axis=0) / sample.std(axis=0) - 1.0).max() < 0.03
        assert abs(np.corrcoef(ends.T)[0, 1] - np.corrcoef(sample.T)[0, 1]) < 0.03


@pytest.mark.parametrize("name", [name for name in ALL_MAKERS if hasattr(MAKERS[name], "paths")])
def test_each_step_of_a_path_set_is_a_scenario_set(name: str) -> None:
    maker: Any = ALL_MAKERS[name]()
    needs = {"gbm": ([WEEK],), "merton-jump": ([WEEK],), "heston": ([WEEK],), "student-t": (2,)}
    paths: PathSet = maker.paths(*needs.get(name, ()))
    for t, step in enumerate(paths.steps):
        made = paths.step(t)
        assert len(made) == len(paths) and paths.at(step).keys == made.keys
        assert made.spot.tobytes() == np.ascontiguousarray(paths.spot[:, t]).tobytes()
    assert paths.path(0).elapsed_years.tolist() == paths.elapsed_years.tolist()
    assert (paths.depth >= 0.0).all() and (paths.spread >= 0.0).all()


@pytest.mark.parametrize("name", list(all_events()))
def test_every_bundled_event_says_where_each_number_is_from(name: str) -> None:
    found = event(name)
    assert found.name == name and found.story and len(found.steps) >= 4
    assert all(evidence.source for evidence in found.evidence)
    paths = NamedEvent(found).paths()
    assert paths.spot[0].min() < -0.1
    assert paths.depth.min() < 1.0
    assert paths.asset_moves, "a stable coin is told of, if only that it held"
