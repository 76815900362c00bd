"""The Python and the commands that README, CONTRIBUTING and docs show: they run, and they print what the page says.

Blocks of one page run in order, in one empty folder:

- a `python` block is executed; one with `>>>` is a doctest. Names live on to the page's next block.
- in a `console` block each line `$ seawall ...` (or `$ python ...`, `$ cat ...`) is run; other commands, such as
  `$ make test`, are not. Lines below a command are what it prints: blanks count as one, and a line `...` stands for any
  number of lines. With nothing below it, only the exit code counts.

A comment on the line above a block changes that:

- `<!-- docs: skip, needs network -->` does not run it; the reason is part of the comment.
- `<!-- docs: file book.csv -->` writes the block, of any language, to a file.
- `<!-- docs: exit 2 -->` expects that exit code of each of its commands.
- `<!-- docs: prints, but not these numbers -->` compares no output; the reason is part of the comment.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
RUNS = ("seawall", "python", "cat", "head")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(
    r"^(?:<!-- docs: (?P<note>[^\n]*?) -->\n)?^```(?P<language>[a-z]+)[^\n]*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
NOTES = re.compile(r"skip, .+|file \S+|exit \d+|prints, .+")
TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    note: str
    line: int
    """Line of the page that the text starts at, from 1."""


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["text"], found["note"] or "", text.count("\n", 0, found.start("text")) + 1)
        for found in FENCE.finditer(text)
    ]


def run_python(block: Block, page: Path, names: dict[str, Any]) -> None:
    if ">>>" in block.text:
        example = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line - 1)
        report: list[str] = []
        # The parser copies the names: what the block defines has to be taken back.
        doctest.DocTestRunner(optionflags=FLAGS).run(example, out=report.append, clear_globs=False)
        names.update(example.globs)
        assert not report, "".join(report)
        return
    # Blank lines above give errors the page's own line numbers.
    exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)


def run_commands(block: Block, page: Path) -> None:
    wanted = int(block.note.split()[1]) if block.note.startswith("exit ") else 0
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = re.sub(r"\\\n\s*", "", part).partition("\n")
        if shlex.split(command, comments=True)[0] not in RUNS:
            continue
        done = subprocess.run(
            command, shell=True, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_SECONDS,
        )  # fmt: skip
        where = f"{page.name}:{block.line}: $ {command}\n{done.stdout}"
        assert done.returncode == wanted, f"exit {done.returncode}, not {wanted}: {where}"
        if shown.strip() and not block.note.startswith("prints, "):
            assert same_print(shown, done.stdout), f"the page shows\n{shown}\nthe command prints: {where}"


def same_print(shown: str, printed: str) -> bool:
    """Compare line by line; blanks count as one, empty lines not at all, and `...` stands for any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*" if (words := line.split()) in (["..."], ["…"]) else r"\s+".join(map(re.escape, words)) + r"\n"
        for line in shown.splitlines()
        if line.strip()
    )
    text = "".join(" ".join(line.split()) + "\n" for line in printed.splitlines() if line.strip())
    return re.fullmatch(pattern, text) is not None


@pytest.fixture
def _seawall_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("_seawall_on_path")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_on_the_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__page__"}
    for block in blocks(page):
        assert not block.note or NOTES.fullmatch(block.note), f"{page.name}:{block.line}: unknown note {block.note!r}"
        if block.note.startswith("skip, "):
            continue
        if block.note.startswith("file "):
            Path(block.note.split()[1]).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            run_python(block, page, names)
        elif block.language == "console":
            run_commands(block, page)


def test_a_page_without_a_fence_for_its_language_is_noticed() -> None:
    """Code in a fence that names no language, or another name for ours, would never be run."""
    for page in PAGES:
        fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        opened = fences[::2]
        assert len(fences) % 2 == 0, page
        assert not {"", "py", "pycon", "shell", "sh-session"} & {fence.strip() for fence in opened}, page


def test_output_that_differs_is_noticed() -> None:
    assert same_print("a  b\n...\nz\n", "a b\nc\n\nd\nz\n")
    assert same_print("a b\n", "  a   b\n")
    assert not same_print("a b\n", "a c\n")
    assert not same_print("a\n", "a\nb\n")
