"""A partial sort finds what a whole one does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.risk.worst import worst_of

LOSSES = st.lists(st.sampled_from([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 7.0]) | st.floats(-1e6, 1e6), min_size=1)
SHARES = st.lists(st.sampled_from([0.0, 1e-3, 1.0, 30.0]), min_size=1)


def by_whole_sort(losses: np.ndarray, share: np.ndarray, p: float) -> tuple[float, float]:
    """Return VaR and ES by walking down all losses from the largest, in plain steps."""
    order = sorted(range(len(losses)), key=lambda s: -losses[s])
    left, mean = p, 0.0
    for s in order:
        taken = min(left, share[s])
        mean, left = mean + taken * losses[s], left - taken
        if left <= 1e-12:
            break
    gone = 0.0
    for s in order:
        gone += share[s]
        if gone > p + 1e-12:
            return float(losses[s]), mean / (p - max(left, 0.0))
    return float(losses[order[-1]]), mean / (p - max(left, 0.0))


@settings(deadline=None, max_examples=300)
@given(LOSSES, SHARES, st.sampled_from([0.001, 0.01, 0.05, 0.25, 0.5, 0.9]), st.randoms(use_true_random=False))
def test_it_has_the_figures_of_a_walk_down_the_whole_sample(given_losses, given_shares, p, random) -> None:  # type: ignore[no-untyped-def]
    losses = np.array(given_losses)
    weights = np.resize(np.array(given_shares), len(losses))
    share = (weights if weights.any() else np.ones(len(losses))) / (weights.sum() or len(losses))
    var, es = by_whole_sort(losses, share, p)
    found = worst_of(losses, share, p)
    assert found.quantile(p) == var
    assert found.figures(p)[1] == pytest.approx(max(es, var), rel=1e-9, abs=1e-9 * np.abs(losses).max())
    near = np.array(random.sample(range(len(losses)), random.randint(1, len(losses))))
    helped = worst_of(losses, share, p, near)
    assert np.array_equal(helped.index, found.index) and np.array_equal(helped.beyond, found.beyond)


def test_all_that_tie_at_the_edge_belong_to_it() -> None:
    losses = np.array([1.0, 5.0, 5.0, 5.0, 5.0, 0.0, 2.0, 3.0])
    found = worst_of(losses, np.full(8, 0.125), 0.125)
    assert found.index[:4].tolist() == [1, 2, 3, 4]
    assert found.in_tail(0.125)[:4].tolist() == [0.25] * 4


def test_outcomes_that_weigh_little_make_it_look_further() -> None:
    losses, share = np.arange(1000.0), np.full(1000, 1e-9)
    share[0] = 1.0 - share[1:].sum()  # all that count is the least loss
    assert worst_of(losses, share, 0.01).quantile(0.01) == 0.0
