"""Tools against procyclical margin and measures of it: by hand, by law, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.margining.blocks.procyclicality import (
    buffered,
    floored,
    largest_increase,
    peak_to_trough,
    stress_weighted,
)

MARGIN = np.array([100.0, 90.0, 80.0, 120.0, 200.0])
PATH = np.array([100.0, 104.0, 98.0, 130.0, 180.0, 150.0])


def test_a_buffer_is_a_share_of_margin_and_is_released_by_its_own_share() -> None:
    assert buffered(MARGIN, ratio=0.25).tolist() == [125.0, 112.5, 100.0, 150.0, 250.0]
    assert buffered(MARGIN, ratio=0.25, released=0.5).tolist() == [112.5, 101.25, 90.0, 135.0, 225.0]
    assert buffered(MARGIN, ratio=0.25, released=1.0).tolist() == MARGIN.tolist()


def test_a_weight_on_stress_moves_margin_from_the_one_to_the_other() -> None:
    assert stress_weighted(MARGIN, 220.0, weight=0.25).tolist() == [130.0, 122.5, 115.0, 145.0, 205.0]
    assert stress_weighted(MARGIN, 220.0, weight=0.0).tolist() == MARGIN.tolist()
    assert stress_weighted(MARGIN, 220.0, weight=1.0).tolist() == [220.0] * 5
    assert stress_weighted(MARGIN, MARGIN - 40.0, weight=0.25).tolist() == (MARGIN - 10.0).tolist()


def test_a_weight_on_stress_and_a_floor_make_margin_rise_less_from_trough_to_peak() -> None:
    raw = peak_to_trough(MARGIN)
    assert peak_to_trough(stress_weighted(MARGIN, 220.0, weight=0.25)) < raw
    assert peak_to_trough(floored(MARGIN, 95.0)) < raw
    assert peak_to_trough(buffered(MARGIN, ratio=0.25)) == pytest.approx(raw)  # a buffer that nobody releases does not
    calm_to_stress = np.array([0.0, 0.0, 0.0, 0.5, 1.0])
    released = [float(buffered(m, ratio=0.25, released=r)) for m, r in zip(MARGIN, calm_to_stress, strict=True)]
    assert peak_to_trough(np.array(released)) == pytest.approx(raw / 1.25)


def test_a_floor_binds_only_below_itself() -> None:
    assert floored(MARGIN, 95.0).tolist() == [100.0, 95.0, 95.0, 120.0, 200.0]


def test_measures_of_a_path_are_those_by_hand() -> None:
    assert peak_to_trough(PATH) == pytest.approx(180.0 / 98.0, rel=1e-15)
    assert peak_to_trough(PATH[::-1]) == peak_to_trough(PATH)
    assert [largest_increase(PATH, steps=n) for n in range(1, 6)] == [50.0, 82.0, 76.0, 80.0, 50.0]
    assert largest_increase(PATH[::-1], steps=5) == -50.0  # only falls


def test_a_margin_that_is_missing_makes_no_number_of_what_reads_it() -> None:
    missing = np.array([100.0, np.nan, 90.0])
    for found in (buffered(missing, ratio=0.1), stress_weighted(missing, 1.0, weight=0.5), floored(missing, 95.0)):
        assert np.isnan(found).tolist() == [False, True, False]
    assert np.isnan(peak_to_trough(missing)) and np.isnan(largest_increase(missing, steps=1))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: buffered(MARGIN, ratio=-0.1), "ratio is -0.1"),
        (lambda: buffered(MARGIN, ratio=float("nan")), "ratio is nan"),
        (lambda: buffered(MARGIN, ratio=0.25, released=1.5), "released is 1.5"),
        (lambda: stress_weighted(MARGIN, 220.0, weight=-0.25), "weight is -0.25"),
        (lambda: peak_to_trough(np.array([])), "path is 'empty'"),
        (lambda: peak_to_trough(np.array([1.0, 0.0])), "margins above zero"),
        (lambda: largest_increase(PATH, steps=0), "steps is 0"),
        (lambda: largest_increase(PATH, steps=6), "a path of 6 margins has 1 to 5 steps"),
    ],
)
def test_what_is_no_share_no_step_or_no_ratio_is_refused_by_name(call: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()
