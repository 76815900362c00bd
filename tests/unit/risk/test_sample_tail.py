"""VaR and ES of samples: their definitions, weights, ties and intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.risk.parametric import normal_multipliers
from seawall.risk.sample_tail import shares_of, tail_risk, tail_shares


def test_the_edge_of_the_tail_counts_with_the_part_that_lies_in_it() -> None:
    found = tail_risk([-10.0, -4.0, 0.0, 1.0], confidence=0.6)  # the worst 0.4: 0.25 of ten and 0.15 of four
    assert found.value_at_risk == 4.0
    assert found.expected_shortfall == pytest.approx((0.25 * 10.0 + 0.15 * 4.0) / 0.4)


def test_a_sample_of_one_outcome_is_its_own_tail_and_has_no_upper_bound() -> None:
    found = tail_risk([-7.0])
    assert (found.value_at_risk, found.expected_shortfall) == (7.0, 7.0)
    assert found.value_at_risk_interval == (7.0, math.inf)


@pytest.mark.parametrize(("count", "bounded"), [(10, False), (99, False), (100, True)])
def test_fewer_than_ten_outcomes_in_the_tail_do_not_bound_the_shortfall_from_above(count: int, bounded: bool) -> None:
    found = tail_risk(-np.arange(1.0, count + 1.0), confidence=0.9)
    low, high = found.expected_shortfall_interval
    assert math.isfinite(high) == bounded
    assert low < found.expected_shortfall < high
    if not bounded:
        assert low == found.value_at_risk_interval[0]  # the shortfall is never below the quantile


def test_outcomes_that_weigh_nothing_do_not_bound_the_shortfall() -> None:
    weights = np.r_[np.ones(50), np.zeros(150)]
    assert tail_risk(-np.arange(200.0), weights, confidence=0.9).expected_shortfall_interval[1] == math.inf


def test_outcomes_that_tie_share_the_edge() -> None:
    losses, share = np.array([5.0, 2.0, 2.0, 2.0]), np.full(4, 0.25)
    assert tail_shares(losses, share, confidence=0.5).tolist() == pytest.approx([0.5, 1 / 6, 1 / 6, 1 / 6])


def test_an_unavailable_outcome_makes_the_figure_unavailable() -> None:
    found = tail_risk([-1.0, math.nan, 2.0])
    assert math.isnan(found.value_at_risk) and math.isnan(found.expected_shortfall)


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0], [1.0, math.inf]])
def test_weights_that_can_not_be_are_refused(weights: list[float]) -> None:
    with pytest.raises(InputError, match="weight"):
        tail_risk([1.0, 2.0], weights)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.1, math.nan])
def test_a_confidence_out_of_bounds_is_refused(confidence: float) -> None:
    with pytest.raises(InputError, match="confidence is"):
        tail_risk([1.0], confidence=confidence)


def test_no_outcome_is_no_tail() -> None:
    with pytest.raises(InputError, match="at least one outcome"):
        shares_of(None, 0)


@pytest.mark.parametrize("count", [250, 9_000])
def test_intervals_hold_the_true_figures_as_often_as_they_say(count: int) -> None:
    """Of normal samples the truth is known; 300 of them tell 95 % from 90 %."""
    var, shortfall = normal_multipliers(0.95)
    random, hits, hits_es, trials = np.random.default_rng(np.random.SeedSequence(11)), 0, 0, 300
    for _ in range(trials):
        found = tail_risk(random.normal(size=count), confidence=0.95)
        hits += found.value_at_risk_interval[0] <= var <= found.value_at_risk_interval[1]
        hits_es += found.expected_shortfall_interval[0] <= shortfall <= found.expected_shortfall_interval[1]
    assert hits >= 0.92 * trials
    assert hits_es >= (0.90 if count > 1_000 else 0.82) * trials  # asymptotic: short samples see too little of the tail


def test_weighted_outcomes_are_worth_fewer_than_they_are() -> None:
    assert tail_risk([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]).effective_count == pytest.approx(3.0)
    assert tail_risk([1.0, 2.0, 3.0], [1.0, 0.0, 0.0]).effective_count == pytest.approx(1.0)
