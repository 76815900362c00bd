from __future__ import annotations

from collections.abc import Callable

import pytest

from seawall.core.errors import InputError
from seawall.policy.library import Library

Build = Callable[[dict[str, str]], Library]


def problems_of(build: Build, file: str, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        build({file: text}).at("harbour/pm/2024-01-01")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("value = 0.10", "value = 0.60", "grid.range is 0.6; it is from 0 to 0.5 (ratio)"),
        ("value = 0.10", 'value = "0.10"', "grid.range is '0.10'; it is a number from 0 to 0.5 (ratio)"),
        ("value = 0.10", "value = nan", "grid.range is nan; it is from 0 to 0.5 (ratio)"),
        ("value = 0.10, ", "", "grid.range.value is None; a parameter has a value"),
        ('range = { value = 0.10, grade = "verified", source = "book" }', "range = 0.10",
         "grid.range is 0.1; a parameter is a table with value, grade and source"),
        ("range =", "rnge =", "grid.rnge is 0.1; schema.toml has no such parameter; nearest: grid.range, grid.moves"),
        ('"verified"', '"certain"',
         "grid.range.grade is 'certain'; it is one of verified, documented, second_hand, assumed"),
        ('grade = "verified", ', "",
         "grid.range.grade is None; it is one of verified, documented, second_hand, assumed"),
        ('"verified", source = "book"', '"verified", source = "web"',
         "grid.range.source is 'web'; it is a key of [sources] in the same file"),
        ('"verified", source = "book"', '"verified"',
         "grid.range.source is None; it is a key of [sources] in the same file"),
        ('"verified"', '"assumed"', "grid.range.note is ''; an assumed value says why in a note"),
        ('"verified"', '"verified", unit = "percent"', "grid.range.unit is 'percent'; its unit is ratio"),
        ('"verified"', '"verified", max = 1',
         "grid.range.max is 1; a parameter has only grade, note, source, unit, value"),
        ('"both"', '"left"', "currency.btc.side is 'left'; it is one of none, both"),
        ("value = false", "value = 0", "currency.btc.paused is 0; a flag is true or false"),
        ("[-0.5, 1]", "[-0.5, 7]", "grid.moves is [-0.5, 7]; it is from -0.9 to 5 (ratio)"),
        ("effective = 2024-01-01", "effective = 2024-01-02",
         "policy.effective is 2024-01-02; it is the date that names the file"),
        ("effective = 2024-01-01", "", "policy.effective is None; it is the date that names the file"),
        ('title = "first"', "", "title is None; it is a text, and not empty"),
    ],
)  # fmt: skip
def test_a_broken_dated_file_is_refused_with_file_field_value_and_rule(
    build: Build, old_text: str, before: str, after: str, message: str
) -> None:
    assert before in old_text
    found = problems_of(build, "grid/2024-01-01.toml", old_text.replace(before, after, 1))
    assert found == [f"harbour/grid/2024-01-01.toml: {message}"]


def test_all_problems_of_a_file_are_told_at_once(build: Build, old_text: str) -> None:
    text = old_text.replace("value = 0.10", "value = 9").replace('"both"', '"left"').replace('title = "first"', "")
    found = problems_of(build, "grid/2024-01-01.toml", text)
    assert [line.split(": ")[1].split(" ")[0] for line in found] == ["title", "grid.range", "currency.btc.side"]


def test_a_file_that_is_not_toml_is_named(build: Build) -> None:
    [message] = problems_of(build, "grid/2024-01-01.toml", "[policy\n")
    assert message.startswith("file is 'harbour/grid/2024-01-01.toml'; it is not TOML")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('statement = "x"\ngrade = "verified"', "rules.scan.source is None; it is a key of [sources] in the same file"),
        ('statement = "x"\nsource = "book"',
         "rules.scan.grade is None; it is one of verified, documented, second_hand, assumed"),
        ('grade = "verified"\nsource = "book"', "rules.scan.statement is None; it is a text, and not empty"),
    ],
)  # fmt: skip
def test_a_rule_has_statement_grade_and_source(build: Build, rule: str, message: str) -> None:
    text = f'[sources]\nbook = "b"\n[rules.scan]\n{rule}\n'
    assert problems_of(build, "grid/rules.toml", text) == [f"harbour/grid/rules.toml: {message}"]


def test_a_model_does_not_restate_a_rule_of_its_family(build: Build) -> None:
    text = """
        model = "harbour_pm"
        parameters = "harbour/grid"
        title = "t"
        kind = "exchange"
        [sources]
        book = "b"
        [rules.scan]
        statement = "another"
        grade = "verified"
        source = "book"
    """
    [message] = problems_of(build, "pm/model.toml", text)
    assert message == "harbour/pm/model.toml: rules.scan is 'harbour/pm'; harbour/grid states it already"


def test_a_model_says_who_set_its_rule(build: Build) -> None:
    text = 'model = "m"\nparameters = "harbour/grid"\ntitle = "t"\nkind = "shop"'
    [message] = problems_of(build, "pm/model.toml", text)
    assert message == "harbour/pm/model.toml: kind is 'shop'; it is one of exchange, on-chain, clearing house, house"


def test_a_model_names_a_family_that_exists(build: Build) -> None:
    text = 'model = "m"\nparameters = "harbour/grids"\ntitle = "t"\nkind = "house"'
    assert problems_of(build, "pm/model.toml", text) == [
        "harbour/pm/model.toml: parameters is 'harbour/grids'; it is a folder with a schema.toml"
    ]


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ('min = 0\nmax = 1\ndescription = "d"', "a unit and a description"),
        ('unit = "ratio"\nmin = 0\nmax = 1', "a unit and a description"),
        ('unit = "ratio"\nmax = 1\ndescription = "d"', "numbers have min <= max"),
        ('unit = "ratio"\nmin = 2\nmax = 1\ndescription = "d"', "numbers have min <= max"),
        ('unit = "word"\nchoices = []\ndescription = "d"', "words have choices"),
        ('unit = "word"\nkind = "sentence"\ndescription = "d"', "flags have kind"),
        ('unit = "ratio"\nmin = 0\nmax = 1\nmaximum = 1\ndescription = "d"', "a schema entry has only"),
    ],
)
def test_a_broken_schema_entry_is_refused(build: Build, entry: str, rule: str) -> None:
    [message] = problems_of(build, "grid/schema.toml", f"[grid.range]\n{entry}\n")
    assert message.startswith("harbour/grid/schema.toml: grid.range is ")
    assert rule in message


def test_a_family_needs_no_rules_file(build: Build, tmp_path: object) -> None:
    library = build({})
    library.root.joinpath("harbour", "grid", "rules.toml").unlink()  # type: ignore[attr-defined]
    assert list(library.at("harbour/pm/2024-01-01").rules) == ["sum"]
