"""Filtered margin recalculated along a path: laws of it, closed forms, and a crash that happened."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.core.time import NS_PER_DAY
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.risk.margin_path import margin_path
from seawall.risk.market_path import MarketPath
from seawall.risk.path_result import MarginPath
from seawall.risk.path_swing import procyclicality
from seawall.risk.recalibrated import path_changes, recalibrated
from seawall.risk.shift import Move
from seawall.scenarios import Absolute, Ewma, History
from seawall.scenarios.garch import Garch
from seawall.scenarios.volatility import Constant, VolatilityFilter
from tests.laws.worlds import NOW_NS, market

SIGMA, DAYS = 0.02, 200
DECAY = 0.94
DATA = (
    Path(os.environ.get("SEAWALL_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
    / "spot_perp" / "daily_coingecko_btc_eth_xrp_sol_2013_202603.parquet"
)  # fmt: skip
PLAIN = at("house/tail/2026-01-01").with_numbers({
    "procyclicality.stress_weight": 0.0, "procyclicality.long_run_floor": False, "general.stress_share": 0.0,
    "general.impact_coefficient": 0.0, "general.measure": "value_at_risk", "general.confidence": 0.9,
})  # fmt: skip
"""The multiple of a tail measure and a rate on the delta, nothing else."""
LONG = Book.of([Account("desk", (Position("BTC_USDC-PERPETUAL", 1.0),), {"USDC": 1e6})])


def history(*, count: int = DAYS, step_ns: int = NS_PER_DAY, sigma: float = SIGMA, vol: bool = False) -> History:
    """Return changes of `sigma` in turn up and down, which end at the market's time."""
    changes = np.where(np.arange(count) % 2, sigma, -sigma)
    times = NOW_NS - step_ns * np.arange(count)[::-1]
    names = ("BTC", "BTC vol") if vol else ("BTC",)
    return History(names, times, np.stack([changes, -2.0 * changes], axis=1)[:, : len(names)], step_ns)


def path_of(changes: list[float], *, hours: float = 24.0) -> MarketPath:
    times = [round(hours * NS_PER_DAY / 24.0 * k) for k in range(len(changes) + 1)]
    return MarketPath.of_levels(times, {"BTC": 100.0 * np.exp(np.cumsum([0.0, *changes]))}, market())


def along(
    path: MarketPath, *, filter_: VolatilityFilter | None = None, past: History | None = None,
    policy: MarginPolicy = PLAIN, book: Book = LONG,
) -> MarginPath:  # fmt: skip
    start, policies, _ = recalibrated(
        policy, path, market(), past or history(), filter_ or Ewma(DECAY), source="made for tests"
    )
    return margin_path(book, market(), start, path, answer="ignore", policies=policies)


def tail_share(found: MarginPath) -> list[float]:
    """Return the value at risk of each step over the price there."""
    mark = float(market().mark[market().table.position("BTC_USDC-PERPETUAL")])
    assert found.path is not None
    prices = [mark * (1.0 + move.spot["BTC"]) for move in found.path.moves]
    return [(s.maintenance_margin / p - 0.0005) / 1.5 for s, p in zip(found.steps, prices, strict=True)]


def test_where_volatility_stays_the_margin_is_that_of_the_first_calibration() -> None:
    steps = along(path_of([-SIGMA, SIGMA] * 10)).steps
    assert [s.initial_margin for s in steps] == pytest.approx([s.initial_margin_fixed for s in steps], rel=1e-12)
    assert steps[1].initial_margin != steps[0].initial_margin  # the price has moved


def test_a_volatility_that_doubles_raises_margin_by_the_filters_weights_and_doubles_it_at_last() -> None:
    path = path_of([-2.0 * SIGMA, 2.0 * SIGMA] * 30)
    found = along(path, past=history(count=1500))  # in which the path's own changes are few
    variance = np.array([DECAY**k + 4.0 * (1.0 - DECAY**k) for k in range(61)])
    assert tail_share(found) == pytest.approx(-np.expm1(-SIGMA * np.sqrt(variance)), rel=1e-9)
    last = found.steps[-1]
    assert last.initial_margin / last.initial_margin_fixed == pytest.approx(2.0, rel=0.04)


def test_what_happens_later_changes_no_margin_of_a_step_before() -> None:
    same = [-0.03, 0.05, -0.08]
    for filter_ in (Ewma(DECAY), Garch()):
        past = noisy_history()
        one, other = (along(path_of([*same, later]), filter_=filter_, past=past).steps for later in (0.3, -0.3))
        known = [
            [(s.initial_margin, s.maintenance_margin, s.equity, s.ratio) for s in steps[:4]] for steps in (one, other)
        ]
        assert known[0] == known[1]
        assert one[4].initial_margin != other[4].initial_margin


def noisy_history() -> History:
    rng, level, changes = np.random.default_rng(5), 1.0, []
    for _ in range(800):
        changes.append(SIGMA * np.sqrt(level) * rng.standard_normal())
        level = 0.05 + 0.85 * level + 0.1 * (changes[-1] / SIGMA) ** 2
    return History(("BTC",), NOW_NS - NS_PER_DAY * np.arange(800)[::-1], np.array(changes)[:, None], NS_PER_DAY)


def test_garch_at_its_edge_goes_on_and_is_noted_once() -> None:
    found = sw.margin_path(LONG, market(), path_of([-SIGMA, SIGMA, -SIGMA]), PLAIN, returns=history(), filter="garch")
    assert len(found.steps) == 4 and not found.unavailable
    [told] = [note for note in found.notes if "GARCH" in note]
    assert told.startswith("GARCH(1,1) of BTC: ") and "an edge in 4 of 4 fits" in told and "constant vol" in told


def test_returns_after_the_paths_first_time_are_left_out_and_said_to_be() -> None:
    past = noisy_history()
    later = History(
        ("BTC",), np.append(past.times_ns, NOW_NS + NS_PER_DAY), np.vstack([past.changes, [[0.5]]]), NS_PER_DAY
    )
    one, other = (sw.margin_path(LONG, market(), path_of([-0.1]), PLAIN, returns=known) for known in (past, later))
    assert one.steps == other.steps
    assert any(note.startswith("1 change after") for note in other.notes) and len(other.notes) == len(one.notes) + 1


def test_states_within_a_step_of_the_history_are_one_change_that_counts_as_it_stands() -> None:
    hourly = path_of([-0.01] * 48, hours=1.0)
    daily = path_of([-0.24, -0.24])
    found = path_changes(hourly, market(), history())
    assert [len(changes) for changes in found] == [0] + [1] * 24 + [2] * 24
    assert found[7].ravel() == pytest.approx([-0.07]) and found[36].ravel() == pytest.approx([-0.24, -0.12])
    by_hour, by_day = along(hourly).steps, along(daily).steps
    assert [by_hour[t].initial_margin for t in (0, 24, 48)] == pytest.approx(
        [s.initial_margin for s in by_day], rel=1e-9
    )


def test_states_further_apart_than_a_step_keep_the_sum_of_squares() -> None:
    found = path_changes(path_of([-0.4], hours=96.0), market(), history())
    assert found[1].ravel() == pytest.approx([-0.2] * 4)
    assert (found[1] ** 2).sum() == pytest.approx(0.4**2)


def test_hours_are_calibrated_in_hours() -> None:
    changes = 0.004 * np.random.default_rng(1).standard_normal((600, 1))
    hour = NS_PER_DAY // 24
    hourly = History(("BTC",), NOW_NS - hour * np.arange(600)[::-1], changes, hour)
    fall = along(path_of([-0.1, 0.0, 0.0], hours=1.0), past=hourly).steps
    assert fall[1].initial_margin > 2.0 * fall[1].initial_margin_fixed
    assert fall[1].initial_margin > fall[2].initial_margin > fall[3].initial_margin  # the filter forgets


def test_volatilities_are_calibrated_with_prices_points_as_a_share_of_the_market() -> None:
    times = np.array([NOW_NS, NOW_NS + NS_PER_DAY])
    path = MarketPath(times, (Move(), Move({"BTC": -0.1}, {"BTC": Absolute(0.2)}, NS_PER_DAY)))
    [_, changes] = path_changes(path, market(), history(vol=True))
    near = 0.55 * (1.0 + 0.3 * np.exp(-4.0 * 30.0 / 365.0))  # the world's, of thirty days
    assert changes.tolist() == [pytest.approx([np.log(0.9), np.log1p(0.2 / near)])]
    short = Book.of([Account("desk", (Position("BTC-120D-60000-P", -10.0),), {"USDC": 1e6})])
    steps = along(path, past=history(vol=True), book=short).steps
    assert steps[1].initial_margin > 1.2 * steps[1].initial_margin_fixed


def test_a_filter_that_knows_one_volatility_for_all_time_only_adds_outcomes() -> None:
    steps = along(path_of([-SIGMA] * 3), filter_=Constant()).steps
    assert [s.initial_margin for s in steps] == pytest.approx([s.initial_margin_fixed for s in steps], rel=1e-12)


def test_the_tools_against_procyclicality_still_bear_on_what_is_recalculated() -> None:
    floor = PLAIN.with_numbers({"procyclicality.long_run_floor": True})
    path = path_of([-0.1, 0.1, 0.0, 0.0, 0.0])
    bare, floored = along(path), along(path, policy=floor)
    for one, other in zip(bare.steps, floored.steps, strict=True):
        assert other.initial_margin >= one.initial_margin
    swings = [found.procyclicality()["desk"].peak_to_trough for found in (bare, floored)]
    assert None not in swings and swings[0] > swings[1] > 1.0  # type: ignore[operator]


def test_what_can_not_be_recalculated_is_refused_by_name() -> None:
    way = path_of([0.1])
    usual = {"source": "made for tests"}
    with pytest.raises(InputError, match="only a tail policy"):
        recalibrated(at("deribit/x_pm/2026-02-15"), way, market(), history(), Ewma(), **usual)
    others = History(("BTC", "SOL"), history().times_ns, np.repeat(history().changes, 2, axis=1), NS_PER_DAY)
    with pytest.raises(InputError, match="SOL"):
        recalibrated(PLAIN, way, market(), others, Ewma(), **usual)
    two_days = history(step_ns=2 * NS_PER_DAY)
    with pytest.raises(InputError, match="horizon of 1 days"):
        recalibrated(PLAIN, way, market(), two_days, Ewma(), **usual)
    alone = History(("BTC vol",), history().times_ns, history().changes, NS_PER_DAY)
    with pytest.raises(InputError, match="the price of BTC"):
        recalibrated(PLAIN, way, market(), alone, Ewma(), **usual)
    with pytest.raises(InputError, match="policies"):
        margin_path(LONG, market(), PLAIN, way, policies=[PLAIN])


def test_swings_are_measured_over_time_and_not_over_rows() -> None:
    hours = np.array([0, 6, 24, 72]) * (NS_PER_DAY // 24)
    margin, still = np.array([100.0, 140.0, 90.0, 180.0]), np.full(4, 50.0)
    day = procyclicality(hours, margin, still)
    assert (day.peak_to_trough, day.largest_increase) == (2.0, 40.0)
    assert (day.peak_to_trough_fixed, day.largest_increase_fixed) == (1.0, 0.0)
    assert procyclicality(hours, margin, still, days=2.0).largest_increase == 90.0
    assert procyclicality(hours, np.array([0.0, 1.0, 1.0, 1.0]), still).peak_to_trough is None
    with pytest.raises(InputError, match="days"):
        procyclicality(hours, margin, still, days=0.0)


@pytest.mark.skipif(not DATA.exists(), reason="the daily prices are not here")
def test_march_2020_raises_margin_while_the_price_falls() -> None:
    """On 12 March 2020 BTC fell by more than a third; a margin that is calibrated once falls with the price."""
    import polars as pl

    daily = pl.read_parquet(DATA).filter(pl.col("symbol") == "BTC").sort("date")
    dates, prices = daily["date"].to_list(), daily["price"].to_list()
    first, end = dates.index("2020-03-06"), dates.index("2020-03-20") + 1
    way = pl.DataFrame({"time": dates[first:end], "BTC": prices[first:end]})
    past = History.of_levels(dates, {"BTC": prices})
    found = sw.margin_path(LONG, market(), way, PLAIN, returns=past, answer="ignore")
    steps = {step.label: step for step in found.steps}
    eve, after = steps["2020-03-12"], steps["2020-03-13"]
    assert after.initial_margin_fixed < 0.7 * eve.initial_margin_fixed
    assert after.initial_margin > 1.3 * eve.initial_margin
    swing = found.procyclicality()["desk"]
    assert swing.largest_increase > 5.0 * swing.largest_increase_fixed
    change = np.log(prices[first + 7] / prices[first + 6])
    known = np.diff(np.log(prices[: first + 7]))
    variance = np.mean(known[:30] ** 2)
    for square in known**2:
        variance = DECAY * variance + (1.0 - DECAY) * square
    raised = np.sqrt(DECAY + (1.0 - DECAY) * change**2 / variance)  # of every scaled change
    ratio = np.log1p(-np.array(tail_share(found))[[6, 7]])
    assert ratio[1] / ratio[0] == pytest.approx(raised, rel=0.02)  # one outcome more in a thousand and a half
