"""`risk`, `var`, `attribute` and `what-if --limits` as their users type them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BOOK = "account,instrument,size\ndesk,BTC-25SEP26-80000-C,-10\ndesk,BTC-PERPETUAL,50000\ndesk,BTC,10\n"
LIMITS = """
title = "Desk limits"
[[limit]]
name = "vega"
measure = "vega_usd"
min = -500_000
[[limit]]
name = "tail"
measure = "expected_shortfall_usd"
max = 400_000
"""
TRADE = ("what-if", "demo", "--account", "short_strangle", "--trade")


def seawall(*words: str, columns: str = "120") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seawall", *words]
    env = {**os.environ, "COLUMNS": columns}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)


def on_a_terminal(*words: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import os, pty, sys\n"
        "os.environ['COLUMNS'] = '80'\n"
        "sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))\n"
    )
    command = [sys.executable, "-c", script, sys.executable, "-m", "seawall", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL)


@pytest.fixture
def limits(tmp_path: Path) -> str:
    path = tmp_path / "limits.toml"
    path.write_text(LIMITS)
    return str(path)


def test_risk_sums_exposures_and_exits_with_six_where_a_limit_is_broken(limits: str) -> None:
    done = seawall("risk", "demo", "--limits", limits)
    assert done.returncode == 6, done.stderr
    for part in (
        "all / BTC / deribit",
        "no expiry",
        "concentration",
        "of open",
        "Desk limits: 1 of 14 broken",
        "BREACH",
    ):
        assert part in done.stdout
    assert done.stderr == ""


def test_risk_prints_the_same_digits_as_json_and_csv() -> None:
    document = json.loads(seawall("risk", "demo", "--by", "expiry", "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(seawall("risk", "demo", "--by", "expiry", "--csv").stdout)))
    assert [float(row["vega_usd"]) for row in rows] == [row["vega_usd"] for row in document["exposures"]]
    assert rows[1]["name"] == "2026-08-07"
    assert {row["by"] for row in document["concentration"]} == {"asset", "account", "expiry", "moneyness", "instrument"}


def test_levels_are_named_one_by_one_or_with_commas() -> None:
    one = seawall("risk", "demo", "--by", "account", "--by", "moneyness", "--csv").stdout
    assert one == seawall("risk", "demo", "--by", "account,moneyness", "--csv").stdout
    wrong = seawall("risk", "demo", "--by", "expiri")
    assert wrong.returncode == 2
    assert "moneyness" in wrong.stderr


def test_one_account_is_checked_against_its_limits_and_those_of_all(limits: str) -> None:
    Path(limits).write_text(LIMITS + '[[limit]]\nname = "all"\nmeasure = "vega_usd"\naccount = "*"\nmin = -1e9\n')
    rows = json.loads(seawall("risk", "demo", "--account", "box", "--limits", limits, "--json").stdout)["limits"]
    assert [row["account"] for row in rows].count("box") == 2
    assert {row["account"] for row in rows} == {"box", "*"}


def test_var_shows_intervals_and_each_holding_of_one_account(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(BOOK)
    done = seawall("var", str(path), "--count", "2000")
    assert done.returncode == 0, done.stderr
    for part in (" to ", "2,000 draws of 1 day, seed 1", "incremental", "BTC-PERPETUAL", "assumed now"):
        assert part in done.stdout
    document = json.loads(seawall("var", str(path), "--count", "2000", "--json").stdout)
    [row] = document["value_at_risk"]
    held = [part["expected_shortfall"] for part in document["holdings"]]
    assert sum(held) == pytest.approx(row["expected_shortfall_usd"])


def test_var_reads_prices_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,BTC\n" + "".join(f"2026-01-{day:02d},{100 + day % 3}\n" for day in range(1, 32)))
    done = seawall("var", "demo", "--method", "historical", "--returns", str(path), "--confidence", "0.9", "--csv")
    assert done.returncode == 0, done.stderr
    assert len(list(csv.DictReader(io.StringIO(done.stdout)))) == 8


def test_a_sample_that_bounds_nothing_says_so(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,BTC\n" + "".join(f"2026-01-{day:02d},{100 + day % 3}\n" for day in range(1, 32)))
    assert "to no bound" in seawall("var", "demo", "--method", "historical", "--returns", str(path)).stdout


def test_a_handful_of_draws_does_not_bound_the_shortfall_and_says_so() -> None:
    words = ("var", "demo", "--account", "short_strangle", "--count")
    few, many = seawall(*words, "10").stdout, seawall(*words, "2000").stdout
    assert few.count("to no bound") == 2 and "about 0.1 outcomes make ES, of 10; fewer than 10 can't bound it" in few
    assert "no bound" not in many and "can't bound" not in many


def test_components_carry_half_of_their_interval_on_a_narrow_terminal_too() -> None:
    done = on_a_terminal("var", "demo", "--account", "calendar", "--count", "2000")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.replace("\r", "").splitlines()
    assert sum(bool(re.search(r"± [0-9]", line)) for line in lines) == 2 * 3  # three holdings, of VaR and of ES
    assert all(len(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line)) <= 80 for line in lines)
    parts = list(csv.DictReader(io.StringIO(seawall("var", "demo", "--account", "calendar", "--csv").stdout)))
    assert all(float(part["expected_shortfall_half_width"]) > 0.0 for part in parts)


def test_a_table_of_outcomes_that_are_exact_shows_no_interval() -> None:
    done = seawall("var", "demo", "--method", "delta-gamma")
    assert done.returncode == 0, done.stderr
    assert "where it lies" not in done.stdout
    assert " to " not in done.stdout.split("delta-gamma over")[0].split("confidence")[1]


def test_attribute_tells_shares_scenarios_change_and_contracts() -> None:
    words = ("attribute", "demo", "--account", "calendar", "--policy", "deribit/x_pm", "--since-policy", "okx/pm")
    done = seawall(*words, "--contracts")
    assert done.returncode == 0, done.stderr
    for part in ("unallocated", "netting saves", "binds", "why it changed", "parameters", "one more contract"):
        assert part in done.stdout
    causes = list(csv.DictReader(io.StringIO(seawall(*words, "--csv").stdout)))
    assert [row["cause"] for row in causes][::5] == ["before", "after"]
    assert seawall(*words, "--contracts", "--csv").returncode == 2


def test_trades_are_allowed_or_refused_with_the_limit_that_refuses(limits: str) -> None:
    allowed = seawall(*TRADE, "BTC-25SEP26-70000-C 1", "--limits", limits)
    assert allowed.returncode == 0, allowed.stderr
    assert "ALLOWED" in allowed.stdout
    refused = seawall(*TRADE, "BTC-25SEP26-70000-C -100", "--limits", limits)
    assert refused.returncode == 6
    assert "REFUSED" in refused.stdout
    assert "limit vega" in refused.stdout
    check = json.loads(seawall(*TRADE, "BTC-25SEP26-70000-C -100", "--limits", limits, "--json").stdout)["check"]
    assert check["accepted"] is False
    assert check["limits"][0]["status_after"] == "breach"


def test_what_is_unavailable_exits_with_three_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(BOOK + "other,DOGE,1\n")
    for words in (("risk",), ("var",), ("attribute", "--account", "other")):
        done = seawall(words[0], str(path), *words[1:])
        assert done.returncode == 3, done.stderr
        assert "DOGE" in done.stdout
        assert "unavailable" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("risk", "demo", "--account", "nobody"), "short_strangle"),
        (("risk", "demo", "--limits", "none.toml"), "No such file"),
        (("risk", "demo", "--reference", "ETH"), "depends on BTC"),
        (("var", "nowhere.csv"), "nowhere.csv"),
        (("var", "demo", "--vol", "BTC=x"), "BTC=0.6"),
        (("var", "demo", "--vol", "BTC=1", "--vol", "btc=2"), "names each once"),
        (("var", "demo", "--confidence", "2"), "between 0 and 1"),
        (("var", "demo", "--method", "nonsense"), "monte-carlo"),
        (("path", "demo"), "--scenario is missing; a path is --prices FILE.csv, or a scenario: 2020-03-12"),
        (("stress", "demo"), "--scenario is missing"),
        (("report", "demo", "-o", "no-such-folder/"), "it is a folder"),
        (("report", "demo", "-o", "."), "it is a folder"),
        (("attribute", "demo"), "7 accounts"),
        (("attribute", "demo", "--account", "box", "--average"), "--since"),
        ((*TRADE, "BTC-PERPETUAL 10", "--seed", "2"), "--limits"),
    ],
)
def test_bad_input_exits_with_two_and_says_what_is_right(words: tuple[str, ...], said: str) -> None:
    done = seawall(*words)
    assert done.returncode == 2
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_narrow_terminal_loses_no_figure(limits: str) -> None:
    commands = [
        ("risk", "demo", "--limits", limits),
        ("var", "demo", "--account", "box"),
        ("attribute", "demo", "--account", "box"),
        (*TRADE, "BTC-PERPETUAL 10", "--limits", limits),
    ]
    for words in commands:
        shown = on_a_terminal(*words).stdout
        assert "…" not in shown
        for word in ("digest", "72779535df46e75f"):
            assert word in shown
        lines = [
            line.rpartition("\r")[2] if "\x1b" not in line else "" for line in shown.replace("\r\n", "\n").split("\n")
        ]
        assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("words", [("risk",), ("var",), ("attribute",), ("what-if",)])
def test_help_teaches_by_example(words: tuple[str, ...]) -> None:
    assert f"$ seawall {words[0]} book.csv" in seawall(*words, "--help").stdout


def test_volumes_are_read_by_name_or_from_a_file_and_a_coins_is_refused(tmp_path: Path) -> None:
    book, file = tmp_path / "book.csv", tmp_path / "volumes.csv"
    book.write_text(BOOK)
    file.write_text("instrument,daily_volume\nBTC-PERPETUAL,500000\n")
    by_name, by_file = (
        seawall("risk", str(book), "--volume", volume, "--json") for volume in ("BTC-PERPETUAL=5e5", str(file))
    )
    assert by_name.returncode == 0, by_name.stderr
    assert by_name.stdout == by_file.stdout != seawall("risk", str(book), "--json").stdout
    refused = seawall("risk", str(book), "--volume", "BTC=1e9")
    assert refused.returncode == 2 and "of an instrument, in size units" in " ".join(refused.stderr.split())


def test_deltas_are_named_apart_and_rho_vanna_and_volga_stand_on_the_screen() -> None:
    text = on_a_terminal("risk", "demo", "--by", "asset").stdout
    for part in ("net delta", "rho", "vanna", "volga", "more Greeks", "price-adjusted"):
        assert part in text
    exact = json.loads(seawall("risk", "demo", "--by", "asset", "--json").stdout)["exposures"][0]
    shown = next(line for line in seawall("risk", "demo", "--by", "asset").stdout.splitlines() if "-26.6071" in line)
    assert shown.split()[2:] == [
        f"{exact['net_delta']:+,.4f}", f"{0.01 * exact['rho_usd']:+,.0f}", f"{0.01 * exact['vanna_usd']:+,.0f}",
        f"{1e-4 * exact['volga_usd']:+,.0f}",
    ]  # fmt: skip


def test_a_drawdown_is_given_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text('[[limit]]\nname = "fall"\nmeasure = "drawdown_ratio"\naccount = "box"\nmax = 0.1\n')
    words = ("risk", "demo", "--account", "box", "--limits", str(path))
    bare = seawall(*words)
    assert bare.returncode == 3 and "--drawdown box=0.08" in bare.stdout
    assert seawall(*words, "--drawdown", "box=0.05").returncode == 0
    assert seawall(*words, "--drawdown", "box=0.2").returncode == 6
    assert seawall(*words, "--drawdown", "box").returncode == 2


def test_what_if_ends_with_a_word_on_margin_and_the_exit_code_stays() -> None:
    done = seawall(*TRADE, "BTC-25SEP26-70000-C -1000")
    assert done.returncode == 0
    assert "margin: short of initial margin after it" in done.stdout and "would liquidate" in done.stdout
    told = json.loads(seawall(*TRADE, "BTC-25SEP26-70000-C -1000", "--json").stdout)
    assert (told["initial_covered"], told["would_liquidate"], len(told["verdict"])) == (False, True, 2)


def test_a_margin_that_is_a_charge_has_no_scenario_and_no_signed_zero() -> None:
    text = seawall("attribute", "demo", "--account", "box", "-p", "okx/pm").stdout
    assert "no scenario loses; the largest part of the margin is the minimum charge" in text
    assert "binds" not in text and "-0.0%" not in text and "-0.00" not in text


def test_a_reason_that_contracts_share_is_told_once() -> None:
    text = " ".join(seawall("attribute", "demo", "--account", "box", "-p", "hyperliquid/pm").stdout.split())
    assert text.count("has no rule for options") == 1
    assert all(f"BTC-25DEC26-{which}" in text for which in ("60000-C", "60000-P", "70000-C", "70000-P"))
