from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import SHOWN_PROBLEMS_COUNT, InputError, Problem, VenueError, printable

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=40)  # control signs and half surrogate pairs too
ANY_VALUE = ANY_TEXT | st.integers() | st.floats() | st.none() | st.booleans() | st.binary() | st.lists(ANY_TEXT)


@given(ANY_TEXT, ANY_VALUE, ANY_TEXT, ANY_TEXT)
def test_a_problem_is_one_printable_line_whatever_the_input_held(
    field: str, value: object, rule: str, where: str
) -> None:
    text = str(Problem(field, value, rule, where=where))
    assert text.isprintable()
    text.encode()


@pytest.mark.parametrize(
    "value",
    ["A" * 10**6, 10**10_000, -(10**5_000), [0] * 10**5, b"\xff" * 10**5, "\x00" * 10**6],
    ids=["text", "integer", "negative", "list", "bytes", "controls"],
)
def test_a_problem_has_a_bounded_length_whatever_the_input_held(value: object) -> None:
    long = "x\n" * 10**5
    assert len(str(Problem(long, value, long, where=long))) < 10_000


def test_a_value_forges_no_line_of_a_message() -> None:
    error = InputError([Problem("size", 1, "sizes are numbers", where=f"BTC\nrow {i}") for i in range(30)])
    assert str(error).count("\n") == SHOWN_PROBLEMS_COUNT
    assert "BTC\\nrow 3: size is 1; sizes are numbers" in str(error)


def test_a_field_without_a_name_is_still_a_field() -> None:
    assert str(Problem("", 1, "keys have names")) == "'' is 1; keys have names"


def test_what_a_venue_says_moves_no_cursor() -> None:
    assert str(VenueError("it said \x1b[2J\ud800")) == "it said \\x1b[2J\\ud800"
    assert len(str(VenueError("no " * 10**6))) == 1_000


@given(ANY_TEXT)
def test_what_can_be_printed_is_left_as_it_is(text: str) -> None:
    shown = printable(text, limit=100)
    assert shown.isprintable()
    assert (shown == text) == text.isprintable()
