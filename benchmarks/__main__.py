"""Run all benchmarks and keep their figures, with the facts of the machine they were taken on.

    python -m benchmarks                     # all; writes benchmarks/results/<date>-<machine>.{md,json}
    python -m benchmarks startup accounts    # some of them; printed, not kept

A benchmark is a module beside this one with a function `run()` that returns a list of rows, each a mapping with a
`name`; units are the last word of a column's name. Each runs in a process of its own, so that threads and memory of one
don't weigh on the next. A benchmark that fails is named in the table and in the exit code.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PEERS = ("numpy", "numba", "msgspec", "scipy", "quantlib", "py-lets-be-rational")
_ROWS_MARK = "rows: "

Row = dict[str, Any]


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def machine() -> dict[str, Any]:
    """Return what a reader must know to compare figures: processor, system, versions, settings that change speed."""
    return {
        "processor": _processor(),
        "cores_count": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in PEERS if _is_installed(name)},
        "settings": {key: os.environ[key] for key in sorted(os.environ) if re.match(r"(OPENBLAS|OMP|MKL|NUMBA)_", key)},
        "load_average": round(os.getloadavg()[0], 2),
        "commit": _commit(),
    }


def measure(name: str) -> dict[str, Any]:
    """Run one benchmark in a process of its own and return its title, rows and time, or what went wrong."""
    start = time.perf_counter()
    words = [sys.executable, "-m", "benchmarks", "--rows-of", name]
    done = subprocess.run(words, cwd=HERE.parent, capture_output=True, text=True, check=False)
    seconds = round(time.perf_counter() - start, 1)
    last = done.stdout.rstrip().rpartition("\n")[2]
    if done.returncode or not last.startswith(_ROWS_MARK):
        return {"name": name, "failed": done.stderr.strip()[-2000:] or f"exit {done.returncode}", "took_s": seconds}
    return {"name": name, **json.loads(last.removeprefix(_ROWS_MARK)), "took_s": seconds}


def rows_of(name: str) -> dict[str, Any]:
    module = import_module(f"benchmarks.{name}")
    title = (module.__doc__ or name).strip().splitlines()[0]
    return {"title": title, "rows": module.run()}


def as_markdown(facts: dict[str, Any], found: list[dict[str, Any]]) -> str:
    """Return facts and one table a benchmark."""
    lines = ["# Benchmarks", "", "Written by `make bench`; least times of repeated runs. Ratios carry over to other"]
    lines += ["machines better than times do.", ""]
    for key, fact in facts.items():
        text = ", ".join(f"{k} {v}" for k, v in fact.items()) if isinstance(fact, dict) else str(fact)
        lines.append(f"- {_words(key)}: {text or 'none'}")
    for part in found:
        lines += ["", f"## {part['name']}", "", part.get("title", ""), ""]
        lines += ["Failed:", "", "```text", part["failed"], "```"] if "failed" in part else table(part["rows"])
    return "\n".join(lines) + "\n"


def table(rows: list[Row]) -> list[str]:
    """Return the rows of a Markdown table; a column that a row lacks stays empty there."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    body = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(cell) for cell in cells) for cells in zip([_words(c) for c in columns], *body, strict=True)]
    numeric = [all(isinstance(row.get(c), (int, float, type(None))) for row in rows) for c in columns]

    def line(cells: list[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = [("-" * (w - 1) + ":") if right else "-" * w for w, right in zip(widths, numeric, strict=True)]
    return [line([_words(c) for c in columns]), f"| {' | '.join(rule)} |", *map(line, body)]


def _cell(entry: object) -> str:
    if entry is None:
        return ""
    if isinstance(entry, bool) or not isinstance(entry, (int, float)):
        return str(entry).replace("|", "\\|")
    if isinstance(entry, int) or abs(entry) >= 1000:
        return f"{entry:,.0f}"
    return f"{entry:.3g}" if abs(entry) < 100 else f"{entry:.0f}"


def _words(column: str) -> str:
    return column.removesuffix("_count").removesuffix("_ratio").replace("_", " ")


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _commit() -> str:
    words = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all where left out")
    parser.add_argument("--rows-of", metavar="NAME", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rows_of:
        print(_ROWS_MARK + json.dumps(rows_of(asked.rows_of)))
        return 0
    if unknown := set(asked.names) - set(names()):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    facts, found = machine(), []
    for name in asked.names or names():
        print(f"measuring {name} ...", file=sys.stderr)
        found.append(measure(name))
    text = as_markdown(facts, found)
    print(text)
    if not asked.names:
        slug = re.sub(r"[^a-z0-9]+", "-", f"{facts['processor']}-{facts['cores_count']}-cores".lower()).strip("-")
        path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{slug}.md"
        RESULTS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.with_suffix(".json").write_text(json.dumps({"machine": facts, "benchmarks": found}, indent=1) + "\n")
        print(f"kept in {path.relative_to(HERE.parent)} and its .json", file=sys.stderr)
    return 1 if any("failed" in part for part in found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
