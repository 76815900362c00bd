from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from seawall.core.errors import InputError, UnknownNameError
from seawall.core.evidence import Grade
from seawall.core.time import to_ns
from seawall.policy import at, read_library
from seawall.policy.library import Library


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01"),
        ("2025-05-31T23:59:59.999Z", "2024-01-01"),
        ("2025-06-01T00:00:00Z", "2025-06-01"),
        ("2031-01-01", "2025-06-01"),
        (date(2025, 5, 31), "2024-01-01"),
        (datetime(2025, 6, 1, tzinfo=UTC), "2025-06-01"),
        (to_ns("2025-06-01") - 1, "2024-01-01"),
    ],
)
def test_an_id_without_a_date_takes_the_newest_set_effective_by_then(
    library: Library, time: str | date | int, day: str
) -> None:
    policy = library.at("harbour/pm", time)
    assert policy.id == f"harbour/pm/{day}"
    assert policy.effective_ns == to_ns(day)


def test_an_id_with_a_date_takes_exactly_that_set_whatever_the_time(library: Library) -> None:
    assert library.at("harbour/pm/2025-06-01", "2024-02-01").id == "harbour/pm/2025-06-01"
    assert library.at("harbour/pm/2024-01-01").number("grid.range") == 0.10


def test_a_time_before_the_first_set_is_refused_with_the_dates(library: Library) -> None:
    with pytest.raises(InputError, match=r"2023-12-31.*no set is known so early.*2024-01-01, 2025-06-01"):
        library.at("harbour/pm", "2023-12-31T23:59:59Z")


def test_an_id_without_a_date_needs_a_time(library: Library) -> None:
    with pytest.raises(InputError, match=r"needs a time.*2024-01-01, 2025-06-01"):
        library.at("harbour/pm")


def test_an_unknown_id_is_refused_with_near_and_known_ids(library: Library) -> None:
    with pytest.raises(UnknownNameError, match=r"'harbor/pm'.*nearest: harbour/pm; known: harbour/pm"):
        library.at("harbor/pm", "2025-01-01")


def test_an_unknown_date_is_refused_with_the_dates(library: Library) -> None:
    with pytest.raises(UnknownNameError, match="the dates of harbour/pm are 2024-01-01, 2025-06-01"):
        library.at("harbour/pm/2024-01-02")


def test_a_family_is_not_a_policy(library: Library) -> None:
    with pytest.raises(UnknownNameError):
        library.at("harbour/grid", "2025-01-01")


def test_a_policy_joins_its_model_and_its_dated_set(library: Library) -> None:
    policy = library.at("harbour/pm/2024-01-01")
    assert policy.model == "harbour_pm"
    assert policy.title == "Harbour portfolio margin: first"
    assert policy.notes == "Made up for tests."
    assert policy.rule("sum").source == "The rule book, page 4"
    assert policy.rule("scan").grade is Grade.VERIFIED


def test_a_dated_set_may_restate_a_rule_of_its_family(library: Library) -> None:
    rule = library.at("harbour/pm/2025-06-01").rule("scan")
    assert (rule.statement, rule.grade) == ("The worst of the grid, doubled.", Grade.ASSUMED)


def test_a_set_is_read_once(library: Library) -> None:
    assert library.at("harbour/pm", "2024-05-01") is library.at("harbour/pm/2024-01-01")


def test_a_library_read_again_sees_what_changed_in_its_files(library: Library, tmp_path: Path, old_text: str) -> None:
    assert library.at("harbour/pm/2024-01-01").number("grid.range") == 0.10
    (tmp_path / "harbour/grid/2024-01-01.toml").write_text(old_text.replace("0.10", "0.11"))
    assert read_library(tmp_path).at("harbour/pm/2024-01-01").number("grid.range") == 0.11


def test_the_catalogue_has_a_row_for_each_id_with_dates_and_grades(library: Library) -> None:
    [row] = library.catalogue()
    assert (row.id, row.model, row.dates) == ("harbour/pm", "harbour_pm", ("2024-01-01", "2025-06-01"))
    assert row.weakest == (Grade.DOCUMENTED, Grade.ASSUMED)
    # 1 parameter and the family's rule are verified; 4 parameters and the model's rule are documented.
    assert dict(row.grades[0]) == {
        Grade.VERIFIED: 2,
        Grade.DOCUMENTED: 5,
        Grade.SECOND_HAND: 0,
        Grade.ASSUMED: 0,
    }


def test_the_bundled_policies_are_found_by_package() -> None:
    assert at("deribit/x_sm", "2023-01-01").id == "deribit/x_sm/2022-01-11"


@pytest.mark.parametrize("left", ["currency", "currency.*.haircut", "rules", "rules.sum"])
def test_what_a_model_leaves_to_others_of_its_family_is_not_counted(
    left: str, library: Library, tmp_path: Path, model_text: str
) -> None:
    [whole] = library.catalogue()
    stated = model_text.replace('kind = "exchange"', f'kind = "exchange"\nnot_read = ["{left}"]')
    (tmp_path / "harbour/pm/model.toml").write_text(stated)
    [row] = read_library(tmp_path).catalogue()
    policy = library.at("harbour/pm/2025-06-01")
    names = {**policy.parameters, **{f"rules.{name}": rule for name, rule in policy.rules.items()}}
    start = left.partition(".")[0] if "*" in left else left
    gone = [item.grade for name, item in names.items() if name == start or name.startswith(f"{start}.")]
    assert gone
    for grade in Grade:
        assert row.grades[-1][grade] == whole.grades[-1][grade] - gone.count(grade)


@pytest.mark.parametrize("left", ['"currency"', "[1]", '[""]'])
def test_what_a_model_leaves_is_a_list_of_names(left: str, library: Library, tmp_path: Path, model_text: str) -> None:
    (tmp_path / "harbour/pm/model.toml").write_text(f"not_read = {left}\n{model_text}")
    with pytest.raises(InputError, match="not_read"):
        library.catalogue()
