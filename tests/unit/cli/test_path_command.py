"""`path` along a user's own prices, and calibrated anew, as its users type it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

BOOK = "account,instrument,size\ndesk,BTC-PERPETUAL,100000\ndesk,USDC,50000\nother,ETH,1\n"
OWN = "time,BTC,BTC vol\n0,100,40\n1,85,60\n2,90,50\n"
PRICES = "date,BTC\n" + "".join(f"{date(2026, 5, 1) + timedelta(d)},{100 + d % 3}\n" for d in range(84))


def seawall(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seawall", *words]
    env = {**os.environ, "COLUMNS": "120"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env, cwd=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("book.csv", BOOK), ("own.csv", OWN), ("prices.csv", PRICES)):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_own_prices_are_followed_and_what_they_mean_is_said(folder: Path) -> None:
    done = seawall(folder, "path", "book.csv", "--prices", "own.csv", "--account", "desk")
    assert done.returncode == 0, done.stderr
    for part in ("own.csv: 3 states", "BTC 100 there is 62,687.75 here", "day 2", "53,285"):
        assert part in done.stdout
    whole = seawall(folder, "path", "book.csv", "--prices", "own.csv")
    assert whole.returncode == 3
    assert "other is unavailable: the path does not tell of ETH" in whole.stdout


def test_a_tail_policy_is_calibrated_anew_and_the_first_calibration_stands_beside(folder: Path) -> None:
    words = ("path", "book.csv", "--prices", "own.csv", "--account", "desk", "-p", "house/tail")
    words = (*words, "--returns", "prices.csv")
    done = seawall(folder, *words)
    assert done.returncode == 0, done.stderr
    for part in ("calibrated once", "returns: 83 changes of BTC", "no outcome moves implied", "in 5 days."):
        assert part in done.stdout
    document = json.loads(seawall(folder, *words, "--json").stdout)
    assert [one["days"] for one in document["procyclicality"]] == [1.0, 5.0]
    assert document["notes"][0].startswith("own.csv: moves are from its first row")
    rows = list(csv.DictReader(io.StringIO(seawall(folder, *words, "--csv").stdout)))
    assert [row["time"][:10] for row in rows] == ["2026-08-01", "2026-08-02", "2026-08-03"]
    assert rows[0]["initial_margin_usd"] == rows[0]["initial_margin_fixed_usd"]
    assert float(rows[1]["initial_margin_usd"]) > 1.2 * float(rows[1]["initial_margin_fixed_usd"])
    faster = list(csv.DictReader(io.StringIO(seawall(folder, *words, "--decay", "0.8", "--csv").stdout)))
    assert float(faster[1]["initial_margin_usd"]) > float(rows[1]["initial_margin_usd"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "a path is --prices FILE.csv, or a scenario: 2020-03-12"),
        (("--prices", "own.csv", "--scenario", "ftx"), "given with --prices"),
        (("--prices", "none.csv"), "it is a CSV file of prices that can be read"),
        (("--prices", "own.csv", "--returns", "prices.csv"), "only a tail policy, such as house/tail"),
        (("--prices", "own.csv", "-p", "house/tail", "--filter", "garch"), "it is of returns"),
        (("--prices", "own.csv", "-p", "house/tail", "--filter", "garch", "--decay", "0.9"), "of --filter ewma"),
    ],
)
def test_what_does_not_go_together_is_refused(words: tuple[str, ...], said: str, folder: Path) -> None:
    done = seawall(folder, "path", "book.csv", "--account", "desk", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_path_of_one_row_has_one_state(folder: Path) -> None:
    (folder / "one.csv").write_text("time,BTC\n0,100\n")
    done = seawall(folder, "path", "book.csv", "--prices", "one.csv")
    assert "one.csv: 1 state\n" in done.stdout, done.stderr
