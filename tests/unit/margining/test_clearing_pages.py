"""Tables of the pages on SPAN, TIMS and Greeks: each cell is what the policy holds, with its grade."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seawall.core.evidence import Grade
from seawall.policy import at, catalogue

PAGES = {"span/portfolio": "span.md", "occ/tims": "tims.md", "house/greeks": "greeks.md"}
FOLDER = Path(__file__).parents[3] / "docs" / "margin"
LETTERS = {"V": Grade.VERIFIED, "D": Grade.DOCUMENTED, "S": Grade.SECOND_HAND, "A": Grade.ASSUMED}


def numbers_of(policy_id: str) -> str:
    text = (FOLDER / PAGES[policy_id]).read_text(encoding="utf-8")
    return text.split("\n## Numbers by date\n", 1)[1].split("\n## ", 1)[0]


def rows_of(policy_id: str) -> list[list[str]]:
    lines = [line for line in numbers_of(policy_id).splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


def number(printed: str) -> float:
    return float(printed.removesuffix(" %")) / 100.0 if printed.endswith(" %") else float(printed)


@pytest.mark.parametrize("policy_id", PAGES)
def test_each_cell_is_the_policys_and_none_is_left_out(policy_id: str) -> None:
    [day] = next(row.dates for row in catalogue() if row.id == policy_id)
    assert day in numbers_of(policy_id)
    policy = at(f"{policy_id}/{day}")
    head, *rows = rows_of(policy_id)
    shown = set()
    for row in rows:
        for base, cell in zip(head[1:], row[1:], strict=True):
            path = f"market.{base.strip('`').lower()}.{row[0].strip('`')}"
            printed, _, letter = cell.rpartition(" ")
            assert policy.number(path) == pytest.approx(number(printed), rel=1e-12), path
            assert policy.parameter(path).grade is LETTERS[letter], path
            shown.add(path)
    words = {name for name in policy.parameters if name.endswith("product_group")}
    assert shown | words == {name for name in policy.parameters if name.startswith("market.")}


@pytest.mark.parametrize("policy_id", PAGES)
def test_general_numbers_are_as_the_sentence_below_the_table_says(policy_id: str) -> None:
    [day] = next(row.dates for row in catalogue() if row.id == policy_id)
    policy = at(f"{policy_id}/{day}")
    stated = re.findall(r"`([a-z_]+)` ([\d.]+(?: %)?|[a-z]+) ([VDSA])\b", numbers_of(policy_id))
    assert stated
    for name, printed, letter in stated:
        parameter = policy.parameter(f"general.{name}")
        held = parameter.value
        assert held == printed if isinstance(held, str) else held == pytest.approx(number(printed)), name
        assert parameter.grade is LETTERS[letter], name


@pytest.mark.parametrize("policy_id", PAGES)
def test_every_source_of_the_rules_is_named_on_the_page(policy_id: str) -> None:
    page = (FOLDER / PAGES[policy_id]).read_text(encoding="utf-8").split("\n## Sources\n", 1)[1]
    sources = Path(__file__).parents[3] / "src" / "seawall" / "policy" / "data" / policy_id / "rules.toml"
    text = sources.read_text(encoding="utf-8").split("[sources]\n", 1)[1].split("\n[", 1)[0]
    for name in re.findall(r"^([a-z]+) = ", text, re.MULTILINE):
        assert f"`{name}`" in page or name in ("own", "taylor"), name
