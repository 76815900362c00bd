"""The table of docs/margin/okx.md: each cell is what the policy of that date holds, with its grade."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.core.evidence import Grade
from seawall.policy import at, catalogue

PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "okx.md").read_text(encoding="utf-8")
LETTERS = {"V": Grade.VERIFIED, "D": Grade.DOCUMENTED, "S": Grade.SECOND_HAND, "A": Grade.ASSUMED}


def table_below(heading: str) -> list[list[str]]:
    section = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = section[section.index("\n|") :].strip().split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


TABLE = table_below("## Numbers by date")


@pytest.mark.parametrize("row", TABLE[1:], ids=lambda row: row[0].strip("`"))
def test_each_cell_is_the_policys(row: list[str]) -> None:
    assert len(row) == len(TABLE[0])
    for column, cell in zip(TABLE[0][1:], row[1:], strict=True):
        base, day = column.lower().split()
        parameter = at(f"okx/pm/{day}").parameter(f"market.{base}.{row[0].strip('`')}")
        printed, _, letter = cell.rpartition(" ")
        shown = tuple(float(number) / 100.0 for number in printed.removesuffix(" %").split(", "))
        held = parameter.value if isinstance(parameter.value, tuple) else (parameter.value,)
        assert shown == pytest.approx(held, rel=1e-12), (column, row[0])
        assert parameter.grade is LETTERS[letter], (column, row[0])


def test_every_date_of_the_policy_has_a_column() -> None:
    [dates] = [row.dates for row in catalogue() if row.id == "okx/pm"]
    assert set(dates) == {column.split()[1] for column in TABLE[0][1:]}


def test_every_source_of_the_policies_is_named_on_the_page() -> None:
    named = PAGE.split("\n## Sources\n", 1)[1]
    folder = Path(__file__).parents[3] / "src" / "seawall" / "policy" / "data" / "okx" / "pm"
    for file in folder.glob("2*.toml"):
        lines = file.read_text(encoding="utf-8").split("[sources]\n", 1)[1].split("\n\n", 1)[0].splitlines()
        for line in lines:
            assert f"`{line.split(' = ')[0]}`" in named, line[:60]
