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
    words = ("report", "my book.csv", "--account", "desk", "--title", "Desk & co", "-o", "one.html")
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
