"""Tables of docs/margin/binance.md: each cell is what the policy holds, with its grade."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seawall.core.evidence import Grade
from seawall.policy import at

PAGE = (Path(__file__).parents[3] / "docs" / "margin" / "binance.md").read_text(encoding="utf-8")
PM = at("binance/pm/2025-12-26")
LETTERS = {"V": Grade.VERIFIED, "D": Grade.DOCUMENTED, "S": Grade.SECOND_HAND, "A": Grade.ASSUMED}


def rows_below(heading: str) -> list[list[str]]:
    section = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = section[section.index("\n|") :].strip().split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if "---" not in line]


def number(cell: str) -> float:
    return round(float(cell.replace(",", "").rstrip(" %")) / (100.0 if cell.endswith("%") else 1.0), 12)


@pytest.mark.parametrize("base", ["btc", "eth"])
def test_the_brackets_on_the_page_are_the_policys(base: str) -> None:
    head, *rows = rows_below("### Brackets of USDT-settled perpetuals")
    columns = {"floor": 0 if base == "btc" else 1, "rate": 2, "leverage": 3}
    for name, column in columns.items():
        parameter = PM.parameter(f"market.{base}.usdm_{name}")
        assert tuple(number(row[column]) for row in rows) == parameter.value, name
        assert parameter.grade is LETTERS[head[column].split("[")[1][0]], name


def test_the_collateral_rates_on_the_page_are_the_policys() -> None:
    assets, printed = rows_below("### Collateral rates")
    held = {name.split(".")[1] for name in PM.parameters if name.startswith("collateral.")}
    assert {asset.lower() for asset in assets} == held
    for asset, cell in zip(assets, printed, strict=True):
        rate, letter = cell.split()
        parameter = PM.parameter(f"collateral.{asset.lower()}.rate")
        assert parameter.value == (float(rate),), asset
        assert parameter.grade is LETTERS[letter], asset


def test_the_ladder_on_the_page_is_the_policys() -> None:
    shares = [int(share) / 100.0 for share in re.findall(r"^\| (?:above )?(\d+) %", PAGE, re.MULTILINE)]
    names = ("free_above", "reminder_above", "liquidation_at", "claim_at", "claim_at")
    assert shares == [PM.number(f"general.{name}") for name in names]


def test_the_words_on_loans_and_leverage_are_the_policys() -> None:
    assert PM.numbers("general.loan_leverages") == (3.0, 5.0, 10.0)
    assert PM.numbers("general.loan_maintenance_rates") == (0.10, 0.08, 0.05)
    assert "10 %, 8 %, 5 % at a cross-margin leverage of 3, 5, 10" in PAGE
    for name, setting in (("leverage", 20), ("loan_leverage", 3)):
        assert f"`general.{name}` {setting}" in PAGE
        assert PM.number(f"general.{name}") == setting


@pytest.mark.parametrize("policy_id", ["binance/pm/2025-12-26", "binance/options/2025-12-26"])
def test_the_option_factors_on_the_page_are_the_policys(policy_id: str) -> None:
    printed = [float(share) for share in re.findall(r"(0\.\d+)\\,I", PAGE)]
    names = ("initial_margin", "min_initial_margin", "maintenance_margin", "min_maintenance_margin")
    for base in ("btc", "eth"):
        assert printed == [at(policy_id).number(f"market.{base}.option_{name}") for name in names]


@pytest.mark.parametrize(("base", "kind", "first", "last"), [
    ("btc", "usdm_dated", (0.01, 50.0), (0.5, 40e6)), ("btc", "coinm", (0.004, 125.0), (0.5, 1_500.0)),
    ("eth", "coinm", (0.005, 100.0), (0.25, 10_000.0)),
])  # fmt: skip
def test_what_the_page_says_of_the_other_brackets_is_so(
    base: str, kind: str, first: tuple[float, float], last: tuple[float, float]
) -> None:
    rates, leverages, floors = (PM.numbers(f"market.{base}.{kind}_{name}") for name in ("rate", "leverage", "floor"))
    assert (rates[0], leverages[0]) == first
    assert (rates[-1], floors[-1]) == last
