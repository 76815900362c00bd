"""`seawall report`: the page, its exit code, and the command that the page names."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.reporting.pages import seen

BOOK = "account,instrument,size\ndesk,BTC-PERPETUAL,50000\ndesk,BTC,10\nodd,DOGE,100\n"


def seawall(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seawall", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my book.csv").write_text(BOOK)
    return tmp_path


def test_the_page_is_written_and_the_command_that_it_names_writes_it_again(folder: Path) -> None:
    drawn = ("--seed", "7", "--count", "2000", "--vol", "BTC=0.6", "--vol", "BTC vol=0.9", "--confidence", "0.975")
    words = ("report", "my book.csv", "--account", "desk", "--title", "Desk & co", *drawn, "-o", "one.html")
    done = seawall(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    page = (folder / "one.html").read_text(encoding="utf-8")
    named = next(text for text in seen(page).texts if text.startswith("seawall report"))
    again = seawall(*shlex.split(named)[1:], cwd=folder)
    assert again.returncode == 0, again.stderr
    assert (folder / "report.html").read_bytes() == (folder / "one.html").read_bytes()


def test_an_unavailable_margin_is_told_and_the_page_is_written_all_the_same(folder: Path) -> None:
    done = seawall("report", "my book.csv", "-o", "all.html", cwd=folder)
    assert done.returncode == 3, done.stderr
    assert "odd is unavailable" in done.stdout
    assert "has no USD index for DOGE" in (folder / "all.html").read_text(encoding="utf-8")


def test_a_page_can_go_to_standard_output(folder: Path) -> None:
    done = seawall("report", "my book.csv", "--account", "desk", "-o", "-", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>")
    assert done.stdout.endswith("</html>\n")


@pytest.mark.parametrize(
    "words", [("report", "my book.csv"), ("snapshot", "convert", "deribit-btc-2026-08-01"), ("snapshot", "deribit")]
)
def test_a_folder_that_is_not_there_is_named_before_anything_is_asked_for(folder: Path, words: tuple[str, ...]) -> None:
    done = seawall(*words, "-o", "nowhere/one.out", cwd=folder)
    assert done.returncode == 2
    assert "there is no folder nowhere" in done.stderr


@pytest.mark.parametrize("words", [("report", "my book.csv"), ("snapshot", "convert", "deribit-btc-2026-08-01")])
def test_a_folder_is_no_file_and_no_trace_of_code_is_shown(folder: Path, words: tuple[str, ...]) -> None:
    for out in (".", "./", "new/"):
        done = seawall(*words, "-o", out, cwd=folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert "it is a folder" in done.stderr
        assert "Traceback" not in done.stderr
    assert [one.name for one in folder.iterdir()] == ["my book.csv"]
