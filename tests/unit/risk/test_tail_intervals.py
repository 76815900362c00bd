"""How often the intervals of VaR, of ES and of their parts hold what is true, and how steady components are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import seawall as sw
from seawall.portfolio import Account, Book, Position
from seawall.risk.sample_tail import risk_and_worst, shares_of, tail_risk
from seawall.risk.tail_report import TailReport, tail_report
from seawall.risk.var_window import VarWindow
from seawall.risk.worst import worst_of
from seawall.scenarios import Bootstrap, Covariance, Draws, Gbm, History, Sampling, ScenarioSet
from tests.laws.worlds import market

SD = 0.01
DAY_YEARS = 1.0 / 365.0
TRIALS = 300
COINS = {"BTC": 3.0, "ETH": -40.0}
"""180,000 USD of one, 100,000 USD owed of the other."""


def gbm(count: int, seed: int, **how: bool) -> ScenarioSet:
    return Gbm(
        Covariance.of({"BTC": SD / math.sqrt(DAY_YEARS)}), DAY_YEARS, Sampling(count=count, seed=seed, **how)
    ).scenarios()


def two_coins(count: int, seed: int, *, pairs: bool) -> ScenarioSet:
    """Return normal moves of two coins that move independently, so that all parts are known."""
    moves = np.random.default_rng(np.random.SeedSequence([23, seed])).normal(0.0, SD, (count, 2))
    if pairs:
        moves[1::2] = -moves[::2]
    made = ScenarioSet.spot_moves([""] * count, ("BTC", "ETH"), moves)
    return replace(made, draws=Draws.PAIRS if pairs else Draws.INDEPENDENT)


def of_coins(made: ScenarioSet, **how: bool) -> TailReport:
    return tail_report(Book.of([Account("a", (), COINS)]), market(), made, **how)  # type: ignore[arg-type]


def straddle(made: ScenarioSet) -> TailReport:
    legs = (Position("BTC-120D-60000-C", -10.0), Position("BTC-120D-60000-P", -10.0))
    return tail_report(Book.of([Account("a", legs)]), market(), made, incremental=False)


def test_intervals_hold_for_antithetic_pairs_where_only_the_size_of_a_move_matters() -> None:
    """A loss of m² is the same for both of a pair: 20,000 rows are 10,000 outcomes."""
    edge, p = 2.5758293035489004, 0.01  # the normal quantile of 0.995
    density = math.exp(-0.5 * edge**2) / math.sqrt(2.0 * math.pi)
    var, shortfall = edge**2, (2.0 * edge * density + p) / p
    hits = hits_es = 0
    for seed in range(TRIALS):
        made = gbm(4_000, seed)
        z = (np.log1p(made.spot[:, 0]) + 0.5 * SD**2) / SD
        found = tail_risk(-(z**2), confidence=1.0 - p, pairs=made.draws is Draws.PAIRS)
        hits += found.value_at_risk_interval[0] <= var <= found.value_at_risk_interval[1]
        hits_es += found.expected_shortfall_interval[0] <= shortfall <= found.expected_shortfall_interval[1]
    assert hits >= 0.92 * TRIALS
    assert hits_es >= 0.88 * TRIALS  # asymptotic, with twenty outcomes in the tail


def test_a_report_counts_pairs_as_one_outcome_each_and_says_so() -> None:
    paired, alone = (straddle(gbm(2_000, 1, antithetic=pairs)) for pairs in (True, False))
    assert paired["a"].risk.effective_count == pytest.approx(1_000.0)
    assert any("pair" in note for note in paired.notes)
    assert alone["a"].risk.effective_count == pytest.approx(2_000.0)
    assert not alone.notes


def test_of_a_sobol_net_a_report_says_that_intervals_do_not_hold() -> None:
    assert any("do not hold" in note for note in straddle(gbm(1_024, 1, sobol=True)).notes)


def test_scenarios_know_how_they_were_drawn_whatever_is_done_with_them() -> None:
    made = gbm(8, 1)
    assert made.draws is Draws.PAIRS
    assert made.take(np.array([0, 1])).draws is Draws.PAIRS
    assert made.spread(("BTC", "ETH")).draws is Draws.PAIRS
    plain = ScenarioSet.spot_moves(["down"], ("BTC",), [[-0.1]])
    assert plain.draws is Draws.INDEPENDENT
    assert (plain + made).draws is (made + plain).draws is Draws.PAIRS
    paths = Gbm(Covariance.of({"BTC": 0.5}), DAY_YEARS, Sampling(count=4, seed=1)).paths([DAY_YEARS, 2 * DAY_YEARS])
    assert paths.step(1).draws is Draws.PAIRS and paths.path(0).draws is Draws.INDEPENDENT
    history = History.of_levels([f"2026-01-{day:02d}" for day in range(1, 8)], {"BTC": np.exp(np.arange(7.0) / 100)})
    assert Bootstrap(history, 3, 2, Sampling(count=4, seed=1)).scenarios().draws is Draws.INDEPENDENT


def test_components_of_var_are_as_steady_as_var_itself() -> None:
    """A short straddle loses on both sides: which leg loses in one outcome is the toss of a coin."""
    now = sw.load_snapshot("deribit-btc-2026-08-01")
    book = sw.load_book({"BTC-28AUG26-63000-C": -10.0, "BTC-28AUG26-63000-P": -10.0}, snapshot=now)
    law = Covariance.of({"BTC": 0.6})
    calls, half_widths, figures = [], [], []
    for seed in range(1, 9):
        made = Gbm(law, DAY_YEARS, Sampling(count=20_000, seed=seed, antithetic=False)).scenarios()
        found = tail_report(book, now, made, incremental=False)["book"]
        call, put = found.parts
        assert call.value_at_risk + put.value_at_risk == pytest.approx(found.risk.value_at_risk, rel=1e-12)
        calls.append(call.value_at_risk)
        half_widths.append(call.value_at_risk_half_width)
        figures.append(found.risk.value_at_risk)
    assert np.ptp(calls) < 1.5 * min(figures)
    assert np.std(calls, ddof=1) < 0.75 * float(np.mean(half_widths))  # half of it, by its law
    assert np.mean(half_widths) < min(figures)


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_components_of_var_sum_to_it_in_samples_of_any_length_and_weight(count: int) -> None:
    made = two_coins(count, 5, pairs=False)
    made = replace(made, weights=0.9 ** np.arange(count))
    found = of_coins(made)["a"]
    assert sum(part.value_at_risk for part in found.parts) == pytest.approx(found.risk.value_at_risk, abs=1e-8)
    assert all(math.isinf(part.value_at_risk_half_width) for part in found.parts)  # VaR has no upper end either


def test_where_an_account_loses_the_same_a_component_is_the_plain_mean_by_weight() -> None:
    losses, share = np.repeat([2.0, -1.0], 20), shares_of(np.tile([1.0, 3.0], 20), 40)
    risk, worst = risk_and_worst(losses, share, confidence=0.8, interval_confidence=0.5)
    assert worst is not None and risk.value_at_risk_interval == (2.0, 2.0)
    found, _half = VarWindow.of(worst, risk).component(np.tile([8.0, 4.0], 20)[worst.index], 2.0)
    assert found == pytest.approx((8.0 + 3.0 * 4.0) / 4.0)


def test_an_account_s_own_loss_has_the_intervals_of_the_account() -> None:
    made = two_coins(2_000, 3, pairs=False)
    [part] = tail_report(Book.of([Account("a", (), {"BTC": 3.0})]), market(), made)["a"].parts
    risk = tail_report(Book.of([Account("a", (), {"BTC": 3.0})]), market(), made)["a"].risk
    low, high = risk.expected_shortfall_interval
    assert part.expected_shortfall_half_width == pytest.approx(0.5 * (high - low))
    assert part.incremental_expected_shortfall_half_width == pytest.approx(0.5 * (high - low))
    assert (part.alone_expected_shortfall_low, part.alone_expected_shortfall_high) == pytest.approx((low, high))
    low, high = risk.value_at_risk_interval
    assert part.value_at_risk_half_width == pytest.approx(0.5 * (high - low))
    assert (part.alone_value_at_risk_low, part.alone_value_at_risk_high) == pytest.approx((low, high))


@pytest.mark.parametrize("pairs", [False, True])
def test_intervals_of_parts_hold_the_true_ones_as_often_as_they_say(pairs: bool) -> None:
    """Of a linear book under normal moves: a part is its covariance with the whole over its deviation."""
    worth = np.array([COINS["BTC"] * 60_000.0, COINS["ETH"] * 2_500.0])
    deviation = SD * float(np.hypot(*worth))
    z, p = 2.3263478740408408, 0.01
    tail = math.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi) / p
    share = (worth * SD) ** 2 / deviation
    without = tail * (deviation - SD * np.abs(worth[::-1]))
    hits = dict.fromkeys(("value_at_risk", "expected_shortfall", "incremental_expected_shortfall"), 0)
    alone = 0
    for seed in range(TRIALS):
        parts = {part.name: part for part in of_coins(two_coins(4_000, seed, pairs=pairs))["a"].parts}
        for k, name in enumerate(COINS):
            part, true = parts[name], dict(zip(hits, (z * share[k], tail * share[k], without[k]), strict=True))
            for figure, there in true.items():
                hits[figure] += abs(getattr(part, figure) - there) <= getattr(part, f"{figure}_half_width")
            there = tail * SD * abs(worth[k])
            alone += part.alone_expected_shortfall_low <= there <= part.alone_expected_shortfall_high
    assert all(found / (2 * TRIALS) >= 0.91 for found in (*hits.values(), alone)), (hits, alone)
    if not pairs:  # of pairs more is known here than half of them say
        assert all(found / (2 * TRIALS) <= 0.98 for found in (*hits.values(), alone)), (hits, alone)


def test_the_worst_of_a_sample_above_a_loss_are_counted_without_those_that_tie() -> None:
    worst = worst_of(np.array([3.0, 1.0, 2.0, 2.0]), np.full(4, 0.25), 0.9)
    assert [worst.beyond_count(loss) for loss in (3.0, 2.5, 2.0, 1.0)] == [0, 1, 1, 3]
