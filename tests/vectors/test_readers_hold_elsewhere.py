"""A reader knows its rule and not one file: it reads the same numbers in any order, alone, under another name."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.case import Case
from tests.vectors.readers import PUBLISHED, Reader, folder, matches

FOLDERS = [where for where in (PUBLISHED, folder()) if where.is_dir()]
FILES = [(file, reader) for where in FOLDERS for file, reader in matches(where)]
ONE_WHOLE = {"scenario_definition"}
"""Lists that are one table: a row is no case, and their order says something."""
SAMPLES_COUNT = 12
SLOW = {"derive_pmrm2_cases": 4, "theory_multiasset_mc": 3, "theory_merton_jump": 3}
"""How many cases of a file are read alone where each takes its time."""
parametrised = pytest.mark.parametrize(("file", "reader"), FILES, ids=[f"{f.parent.name}/{f.name}" for f, _ in FILES])


@cache
def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def document_of(file: Path) -> dict[str, Any]:
    document = json.loads(text_of(file))
    return {"cases": document} if isinstance(document, list) else document


def sections(document: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the lists of cases of a file by section."""
    found = {}
    for key, content in document.items():
        rows = content.get("cases") if isinstance(content, dict) else content
        if key not in ONE_WHOLE and isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            found[key] = rows
    return found


def with_rows(document: dict[str, Any], section: str, rows: list[Any]) -> dict[str, Any]:
    content = document[section]
    return {**document, section: {**content, "cases": rows} if isinstance(content, dict) else rows}


def failures(reader: Reader, document: dict[str, Any]) -> list[str]:
    found = list(reader.read(copy.deepcopy(document)))
    assert found, "a file that is read shows something"
    return [str(case) for case in found if isinstance(case, Case) and not case.passes]


def spread(rows: list[Any], count: int) -> list[Any]:
    return rows if len(rows) <= count else [rows[i * (len(rows) - 1) // (count - 1)] for i in range(count)]


def some_of(file: Path) -> Iterator[tuple[dict[str, Any], str, list[Any]]]:
    """Yield a file's document, a section, and cases of it, few where they are slow."""
    document = document_of(file)
    for section, rows in sections(document).items():
        yield document, section, spread(rows, SLOW.get(file.stem, SAMPLES_COUNT))


@parametrised
def test_each_case_is_read_without_the_others(file: Path, reader: Reader) -> None:
    for document, section, rows in some_of(file):
        for row in rows:
            assert failures(reader, with_rows(document, section, [row])) == []


@parametrised
def test_the_order_of_cases_says_nothing(file: Path, reader: Reader) -> None:
    for document, section, rows in some_of(file):
        assert failures(reader, with_rows(document, section, rows[::-1])) == []


@parametrised
def test_a_case_under_another_name_is_the_same_case(file: Path, reader: Reader) -> None:
    for document, section, rows in some_of(file):
        again = [{**row, **{key: f"{row[key]}_b" for key in ("id", "name") if key in row}} for row in rows[-1:]]
        assert failures(reader, with_rows(document, section, again)) == []


@parametrised
def test_a_section_may_be_absent_or_empty(file: Path, reader: Reader) -> None:
    document = document_of(file)
    found = sections(document)
    few = dict(document)
    for section, rows in found.items():
        few = with_rows(few, section, spread(rows, 2))
    for section in found if len(found) > 1 else ():
        assert failures(reader, {key: content for key, content in few.items() if key != section}) == []
        assert failures(reader, with_rows(few, section, [])) == []


@parametrised
def test_a_file_of_another_day_finds_the_same_reader(file: Path, reader: Reader, tmp_path: Path) -> None:
    sibling = tmp_path / f"{file.stem}_b.json"
    sibling.write_text("{}", encoding="utf-8")
    assert matches(tmp_path) == [(sibling, reader)]


def test_most_files_have_cases_that_can_be_taken_apart() -> None:
    """The rest are whole answers of a venue; without cases nothing here would be tried."""
    assert sum(bool(sections(document_of(file))) for file, _ in FILES) > len(FILES) // 2
