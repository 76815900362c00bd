from __future__ import annotations

import pytest

from seawall.core.evidence import Grade
from seawall.policy import MarginPolicy, PolicyChange, diff
from seawall.policy.library import Library


@pytest.fixture
def rows(library: Library) -> dict[str, PolicyChange]:
    found = diff(library.at("harbour/pm/2024-01-01"), library.at("harbour/pm/2025-06-01"))
    assert [row.path for row in found[:-1]] == sorted(row.path for row in found[:-1])
    return {row.path: row for row in found}


def test_a_difference_shows_what_was_added_removed_and_changed(rows: dict[str, PolicyChange]) -> None:
    assert {path: row.change for path, row in rows.items()} == {
        "currency.btc.paused": "removed",
        "currency.btc.side": "removed",
        "currency.eth.haircut": "added",
        "grid.moves": "removed",
        "grid.range": "changed",
        "rules.scan": "changed",
    }


def test_a_changed_number_shows_both_sides_with_unit_grade_and_source(rows: dict[str, PolicyChange]) -> None:
    row = rows["grid.range"]
    assert (row.before, row.after, row.unit) == (0.10, 0.12, "ratio")
    assert (row.grade_before, row.grade_after) == (Grade.VERIFIED, Grade.SECOND_HAND)
    assert (row.source_before, row.source_after) == ("The rule book, page 1", "The rule book, page 2")


def test_what_is_absent_on_a_side_is_none_there(rows: dict[str, PolicyChange]) -> None:
    added, removed = rows["currency.eth.haircut"], rows["currency.btc.side"]
    assert (added.before, added.grade_before, added.after) == (None, None, 0.05)
    assert (removed.before, removed.after, removed.grade_after) == ("both", None, None)


def test_a_change_of_evidence_alone_is_shown_when_asked(library: Library) -> None:
    old, new = library.at("harbour/pm/2024-01-01"), library.at("harbour/pm/2025-06-01")
    [row] = [row for row in diff(old, new, regraded=True) if row.change == "regraded"]
    assert (row.path, row.grade_before, row.grade_after) == ("currency.btc.haircut", Grade.DOCUMENTED, Grade.ASSUMED)
    assert row.note == "Carried from the first."


def test_a_policy_does_not_differ_from_itself(library: Library) -> None:
    policy: MarginPolicy = library.at("harbour/pm/2024-01-01")
    assert diff(policy, policy, regraded=True) == []


def test_a_difference_turned_around_swaps_added_and_removed(library: Library) -> None:
    old, new = library.at("harbour/pm/2024-01-01"), library.at("harbour/pm/2025-06-01")
    forth = {(row.path, row.before, row.after) for row in diff(old, new)}
    back = {(row.path, row.after, row.before) for row in diff(new, old)}
    assert forth == back
