"""The tables of docs/margin/bybit.md by date: each cell is what the policy of that date holds, with its grade."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.core.evidence import Grade
from seawall.policy import at, catalogue

PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "bybit.md").read_text(encoding="utf-8")
LETTERS = {"V": Grade.VERIFIED, "D": Grade.DOCUMENTED, "S": Grade.SECOND_HAND, "A": Grade.ASSUMED}
SECTIONS = {"bybit/pm": "### Portfolio margin", "bybit/sm": "### Cross margin"}
TIERS = {"risk_limits", "maintenance_rates", "max_leverages"}
"""Lists of twenty, which the page tells in words."""


def table_of(model: str) -> list[list[str]]:
    section = PAGE.split(f"\n{SECTIONS[model]}\n", 1)[1]
    lines = section[section.index("\n|") :].strip().split("\n\n")[0].splitlines()
    rows = [[cell.strip().strip("`") for cell in line.strip().strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


@pytest.mark.parametrize("model", SECTIONS)
def test_each_cell_is_the_policys(model: str) -> None:
    head, *rows = table_of(model)
    for name, *cells in rows:
        for column, cell in zip(head[1:], cells, strict=True):
            coin, day = column.lower().split()
            held = at(f"{model}/{day}").parameter(f"market.{coin}.{name}")
            number, letter = cell.split()
            assert (held.value, held.grade) == (float(number), LETTERS[letter]), (name, column)


@pytest.mark.parametrize("model", SECTIONS)
def test_the_table_leaves_out_no_number_no_coin_and_no_date(model: str) -> None:
    head, *rows = table_of(model)
    columns = {tuple(column.lower().split()) for column in head[1:]}
    [dates] = [row.dates for row in catalogue() if row.id == model]
    for day in dates:
        policy = at(f"{model}/{day}")
        held = {tuple(name.split(".")[1:]) for name in policy.parameters if name.startswith("market.")}
        assert {coin for coin, _ in held} == {coin for coin, at_day in columns if at_day == day}
        assert {name for _, name in held} - TIERS == {row[0] for row in rows}
