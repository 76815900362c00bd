"""Numbers that a page on margin states by date: each cell is what the policy of that date holds, with its grade."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.core.evidence import Grade
from seawall.policy import MarginPolicy, at, catalogue

PAGE = (Path(__file__).parents[2] / "docs" / "margin" / "deribit.md").read_text(encoding="utf-8")
LETTERS = {"V": Grade.VERIFIED, "D": Grade.DOCUMENTED, "S": Grade.SECOND_HAND, "A": Grade.ASSUMED}
UNITS = {"": Decimal(1), "%": Decimal("0.01"), "m": Decimal(1_000_000)}
PRINTED = re.compile(r"(?P<digits>\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)\s?(?P<unit>%|m|)")

ROUNDED_DIGITS_COUNT = 4

PM, SM = ("deribit/s_pm", "deribit/x_pm"), ("deribit/s_sm", "deribit/x_sm")
SM_RATES = ("initial_base", "maintenance_base", "increment_per_coin")
SM_OPTIONS = ("initial_base", "initial_floor", "maintenance_base")


def table_below(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, its head first and the line below the head left out."""
    section = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = section[section.index("\n|") :].strip().split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


ENGINE = table_below("### Engine (S:PM, X:PM)")
STANDARD = table_below("### Standard margin")


def is_as_printed(setting: object, printed: str) -> bool:
    """Compare what is held with what a page prints: exactly, or rounded where the page prints four digits or more."""
    if isinstance(setting, bool):
        return printed == str(setting).lower()
    if isinstance(setting, str):
        return printed == setting
    found = PRINTED.fullmatch(printed)
    if found is None or not isinstance(setting, float):
        return False
    number, unit = Decimal(found["digits"].replace(",", "")), UNITS[found["unit"]]
    digits, exponent = number.as_tuple().digits, int(number.as_tuple().exponent)
    slack = Decimal(5).scaleb(exponent - 1) if len(digits) >= ROUNDED_DIGITS_COUNT else Decimal(0)
    return abs(Decimal(repr(setting)) - number * unit) <= slack * unit


def path_of(name: str, holder: str, policy: MarginPolicy) -> str:
    """Return the path of a table's row: a currency's number, or that of its pair with the dollar."""
    pair, own = f"currency_pair.{holder}_usd.{name}", f"currency.{holder}.{name}"
    return pair if policy.knows(pair) else own


@pytest.mark.parametrize("model", PM)
@pytest.mark.parametrize("row", ENGINE[1:], ids=lambda row: row[0].strip("`"))
def test_each_cell_of_the_engines_table_is_the_policys(row: list[str], model: str) -> None:
    name = re.sub(r"` USD$|`", "", row[0])
    assert len(row) == len(ENGINE[0])
    for column, cell in zip(ENGINE[0][1:], row[1:], strict=True):
        holder, day = re.sub("`", "", column).lower().split()
        policy = at(f"{model}/{day}")
        path = path_of(name, holder, policy)
        if not cell:
            assert not policy.has(path), (path, day)
            continue
        printed, _, letter = cell.rpartition(" ")
        assert is_as_printed(policy.parameter(path).value, printed), (path, day, cell)
        assert policy.parameter(path).grade is LETTERS[letter], (path, day, cell)


def test_the_tables_leave_out_no_number_and_no_date() -> None:
    dates = {row.id: set(row.dates) for row in catalogue()}
    columns = [re.sub("`", "", column).lower().split() for column in ENGINE[0][1:]]
    assert all(dates[model] == {day for _, day in columns} for model in PM)
    shown = {re.sub(r"` USD$|`", "", row[0]) for row in ENGINE[1:]}
    for model in PM:
        for day in dates[model]:
            policy = at(f"{model}/{day}")
            assert {name.rpartition(".")[2] for name in policy.parameters if not name.startswith("general.")} == shown
            held = {name.split(".")[1] for name in policy.parameters if name.endswith(".pnl_offset")}
            assert held == {holder for holder, at_day in columns if at_day == day}
    stated = {day for row in STANDARD[1:] for day in re.findall(r"\d{4}-\d\d-\d\d", row[0])}
    assert all(dates[model] == stated for model in SM)


@pytest.mark.parametrize("model", SM)
@pytest.mark.parametrize("row", STANDARD[1:], ids=lambda row: row[0].split(":")[0].split(",")[0])
def test_each_cell_of_the_standard_table_is_the_policys(row: list[str], model: str) -> None:
    """In a cell a grade belongs to the numbers before it that have none of their own."""
    options = row[0].startswith("options, both dates")
    days = [day for r in catalogue() if r.id == model for day in r.dates] if options else [row[0].split(":")[0]]
    group, names = ("option", SM_OPTIONS) if options else ("future", SM_RATES)
    for column, cell in zip(STANDARD[0][1:], row[1:], strict=True):
        holder = column.split()[0].lower()
        for day in days:
            policy = at(f"{model}/{day}")
            if cell == "none":
                assert not policy.has(f"{group}.{holder}.{names[0]}")
                continue
            printed = re.fullmatch(r"(.+? %)( [VDSA])?, (.+? %)( [VDSA])?, (.+? %) ([VDSA])", cell)
            assert printed, cell
            letter = printed[6]
            for name, number, own in reversed(
                [(n, printed[2 * i + 1], printed[2 * i + 2]) for i, n in enumerate(names)]
            ):
                letter = own.strip() if own else letter
                parameter = policy.parameter(f"{group}.{holder}.{name}")
                assert is_as_printed(parameter.value, number), (parameter.name, day, cell)
                assert parameter.grade is LETTERS[letter], (parameter.name, day, cell)


@pytest.mark.parametrize("model", PM)
def test_what_the_page_says_of_all_dates_is_so_on_each(model: str) -> None:
    [sentence] = re.findall(r"^All dates: .+?(?=\n\n)", PAGE, re.MULTILINE | re.DOTALL)
    policies = [at(f"{model}/{day}") for row in catalogue() if row.id == model for day in row.dates]
    printed = dict(re.findall(r"`(mm_factor|[a-z_]+_count|rounding_decimals)` (\d+(?:\.\d+)?)", sentence))
    assert len(printed) == 4
    for name, number in printed.items():
        assert all(is_as_printed(policy.number(f"general.{name}"), number) for policy in policies), name
    for name in ("mm_factor", "buckets_count", "rounding_decimals"):
        grades = [policy.parameter(f"general.{name}").grade for policy in policies]
        assert grades[:2] == [Grade.VERIFIED, Grade.VERIFIED]
        assert grades[2] in (Grade.SECOND_HAND, Grade.ASSUMED)
    assert all(policy.word("general.extended_dampener_basis") == "settlement" for policy in policies)
    for name, words in (
        ("vol_shock_pivot_days", r"pivot of (\d+) days"),
        ("vol_shock_min_days", r"floor of (\d+) day"),
    ):
        [days] = re.findall(words, sentence)
        assert all(is_as_printed(policy.number(f"general.{name}"), days) for policy in policies), name
    moves = re.findall(r"m \\in \\\{(.+?)\\\}", PAGE)[0].replace("+", "").split(",")
    for policy in policies:
        assert [float(move) / 100.0 for move in moves] == list(policy.numbers("general.extended_moves"))
        for coin, percent in re.findall(r"(stETH|USDe) (\d[\d.]*) %", sentence):
            path = f"currency.{coin.lower()}.haircut"
            assert not policy.has(path) or is_as_printed(policy.number(path), f"{percent} %"), (coin, policy.id)
    [shared] = re.findall(r"USYC and BUIDL (\d) %", sentence)
    newest = policies[-1]
    assert all(is_as_printed(newest.number(f"currency.{coin}.haircut"), f"{shared} %") for coin in ("usyc", "buidl"))


def test_a_cell_that_is_wrong_is_noticed() -> None:
    assert is_as_printed(0.16, "0.16")
    assert not is_as_printed(0.16, "0.15")
    assert not is_as_printed(0.164, "0.16")
    assert is_as_printed(0.02666666666666667, "2.667 %")
    assert not is_as_printed(0.02666666666666667, "2.666 %")
    assert is_as_printed(20e6, "20 m")
    assert is_as_printed(200_000.0, "200,000")
    assert not is_as_printed(200_000.0, "20,000")
    assert is_as_printed(4e-6, "0.0004 %")
    assert is_as_printed("both", "both")
    assert not is_as_printed(False, "both")
    assert not is_as_printed(0.16, "")
