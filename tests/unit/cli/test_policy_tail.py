"""`policy tail` as its users type it, and the other commands on the file that it writes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.unit.cli.test_risk_commands import BOOK, seawall

PRICES = "date,BTC,BTC vol\n" + "".join(
    f"2026-0{1 + d // 28}-{1 + d % 28:02d},{100 + (37 * d) % 19},{0.5 + 0.01 * ((23 * d) % 11):.2f}\n"
    for d in range(140)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prices.csv").write_text(PRICES)
    (tmp_path / "book.csv").write_text(BOOK)
    return tmp_path


def test_outcomes_of_ones_choice_make_a_policy_that_margins_a_book(folder: Path) -> None:
    prices, book, out = (str(folder / name) for name in ("prices.csv", "book.csv", "my-tail.toml"))
    made = seawall("policy", "tail", "--method", "filtered", "--returns", prices, "--coin", "BTC", "--multiplier", "1",
                   "--confidence", "0.95", "-o", out)  # fmt: skip
    assert made.returncode == 0, made.stderr
    told = " ".join(made.stdout.split())
    assert "on stated current outcomes +2 changes" in told and "filtered: 136 changes of BTC" in told
    done = seawall("margin", book, "-p", out, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["own_figures"][0]
    risk = seawall("var", book, "--method", "filtered", "--returns", prices, "--confidence", "0.95", "--csv")
    [row] = csv.DictReader(io.StringIO(risk.stdout))
    assert found["expected_shortfall"] == pytest.approx(float(row["expected_shortfall_usd"]), rel=1e-12)
    assert found["value_at_risk"] == pytest.approx(float(row["value_at_risk_usd"]), rel=1e-12)


def test_show_and_diff_tell_of_outcomes_in_short(folder: Path) -> None:
    prices, out = str(folder / "prices.csv"), str(folder / "my-tail.toml")
    words = ("--method", "historical", "--returns", prices, "--coin", "BTC", "--stressed", prices, "--out", out)
    assert seawall("policy", "tail", *words).returncode == 0
    shown = seawall("policy", "show", out, "--csv")
    settings = {row["name"]: row["setting"] for row in csv.DictReader(io.StringIO(shown.stdout))}
    for sort in ("current", "stressed"):
        assert settings[f"outcomes.btc.{sort}_price_moves"].startswith("136 from -0.0099")
        assert ", digest " in settings[f"outcomes.btc.{sort}_price_moves"]
    differs = seawall("policy", "diff", "house/tail", out, columns="200")
    assert differs.returncode == 0, differs.stderr
    assert "outcomes.btc.stressed_vol_moves" in differs.stdout and len(differs.stdout) < 20_000
    assert "No difference" in seawall("policy", "diff", out, out).stdout


def test_every_note_has_a_line_and_every_flag_its_help(folder: Path) -> None:
    words = ("--vol", "BTC=0.5", "--coin", "BTC", "--count", "2000", "-o", str(folder / "my-tail.toml"))
    lines = seawall("policy", "tail", *words, columns="200").stdout.splitlines()
    assert "  BTC 50.0 % a year (stated)" in lines and "  prices and volatilities move independently" in lines
    told = " ".join(seawall("policy", "tail", "--help", columns="200").stdout.split())
    for flag in ("--measure CHOICE What", "--multiplier FLOAT How", "--stressed PATH A", "--long-run PATH The"):
        assert flag in told
    assert "delta-gamma" not in told
    done = seawall("policy", "tail", "--method", "delta-gamma", "-o", str(folder / "none.toml"))
    assert done.returncode == 2 and "limits" not in done.stderr


def test_the_policy_holds_no_outcomes_of_its_future(folder: Path) -> None:
    later = folder / "later.csv"
    later.write_text(
        "date,BTC\n" + "".join(f"2027-{1 + d // 28:02d}-{1 + d % 28:02d},{100 + d % 7}\n" for d in range(99))
    )
    out = folder / "my-tail.toml"
    for words in (("--method", "historical", "--returns", str(later)), ("--stressed", str(later))):
        done = seawall("policy", "tail", *words, "--coin", "BTC", "--out", str(out))
        assert done.returncode == 2 and "up to the snapshot's time" in " ".join(done.stderr.split()), done.stderr
    assert not out.exists()


def test_what_is_wrong_is_told_with_exit_code_two(folder: Path) -> None:
    out = str(folder / "my-tail.toml")
    for words, told in (
        (("--method", "historical", "-o", out), "returns is 'left out'"),
        (("--method", "monte-carlo", "--vol", "BTC=0.5", "-o", str(folder / "my.csv")), "ends with .toml"),
        (("--method", "monte-carlo", "--base", "okx/pm", "--multiplier", "1", "-o", out), "general.multiplier"),
    ):
        done = seawall("policy", "tail", *words)
        assert done.returncode == 2 and told in done.stderr, done.stderr
    assert not (folder / "my-tail.toml").exists()
