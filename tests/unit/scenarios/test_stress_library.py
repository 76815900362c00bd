"""Stresses by name: one word, one stress."""

from __future__ import annotations

import pytest

from seawall.core.errors import UnknownNameError
from seawall.scenarios.stress_library import stress_called, stress_names


@pytest.mark.parametrize(
    ("word", "name"),
    [("black-thursday", "2020-03-12"), ("Black Thursday", "2020-03-12"), ("ftx", "2022-11-08"), ("yen", "2024-08-05"),
     ("2025-10", "2025-10-10"), ("tariff", "2025-10-10"), ("flash", "flash-crash"), ("grid", "grid")],
)  # fmt: skip
def test_a_part_of_a_name_or_of_a_title_is_enough(word: str, name: str) -> None:
    assert stress_called(word) == name


def test_every_name_means_itself() -> None:
    assert [stress_called(name) for name in stress_names()] == list(stress_names())


def test_a_word_for_two_stresses_names_both() -> None:
    with pytest.raises(UnknownNameError, match=r"it may be 2025-10-10, flash-crash"):
        stress_called("crash")


@pytest.mark.parametrize("word", ["nope", "", " "])
def test_a_word_for_none_lists_all(word: str) -> None:
    with pytest.raises(UnknownNameError, match="the scenarios are 2020-03-12, "):
        stress_called(word)
