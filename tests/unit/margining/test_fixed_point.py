"""Where floats become whole units and back: nearest, exact, and the same whatever the size."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.margining.blocks.fixed_point import from_units, to_units, truncated

floats = st.floats(-1e15, 1e15)


@given(floats, floats, st.integers(-3, 24))
def test_whole_units_are_the_nearest_to_what_the_floats_print_as(amount: float, times: float, decimals: int) -> None:
    exact = Fraction(repr(amount)) * Fraction(repr(times)) * Fraction(10) ** decimals
    assert abs(to_units(amount, decimals, times=times) - exact) <= Fraction(1, 2)


@given(st.integers(-(10**15), 10**15), st.integers(0, 20))
def test_units_of_fifteen_digits_come_back(units: int, decimals: int) -> None:
    assert to_units(from_units(units, decimals), decimals) == units


@given(floats, st.integers(-3, 24))
def test_the_opposite_amount_has_the_opposite_units(amount: float, decimals: int) -> None:
    assert to_units(-amount, decimals) == -to_units(amount, decimals)


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**15))
def test_a_truncated_quotient_is_the_exact_one_cut_towards_zero(top: int, bottom: int) -> None:
    quotient, exact = truncated(top, bottom), Fraction(top, bottom)
    assert abs(quotient) <= abs(exact) < abs(quotient) + 1
    assert quotient * exact >= 0


def test_half_a_unit_goes_to_the_even_one() -> None:
    assert [to_units(amount, 0) for amount in (0.5, 1.5, 2.5, -0.5)] == [0, 2, 2, 0]


def test_what_is_not_finite_has_no_units() -> None:
    with pytest.raises(AssertionError, match="finite"):
        to_units(float("nan"), 6)
