"""Search every decoder for inputs that break it: `make fuzz ARGS="--seconds 60"`, or `python -m tests.fuzz`.

Each decoder is searched for a time by atheris in a process of its own. What reaches new code is kept for the next run,
and what is found is kept until somebody deletes it, both in `.fuzz/`. The exit code is 0 where nothing is found, 1
where something is, and 2 where the search can't be made.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.targets import LONGEST_INPUT, Target

FOLDER = Path(__file__).parents[2] / ".fuzz"
MEMORY_MB = 2_048
SILENT_SECONDS = 30
"""What hangs inside one call to C is ended after these; slower than `targets.CPU_SECONDS` is a finding anyway."""
START_SECONDS = 120
"""What a process may take longer than its search, to start and to end."""
SHOWN_LINES = 25

_STATS = re.compile(r"stat::number_of_executed_units: *(\d+)")
_COVERED = re.compile(r"cov: (\d+)")
_FOUND = re.compile(r"Test unit written to (\S+)")


def main(words: Sequence[str] | None = None) -> int:
    """Search, or try one file again."""
    asked = _parser().parse_args(words)
    listed = importlib.import_module(asked.module).targets()
    chosen = [target for target in listed if not asked.only or any(part in target.name for part in asked.only)]
    if not chosen:
        print(f"no decoder is called so; there are {', '.join(target.name for target in listed)}", file=sys.stderr)
        return 2
    if asked.again is not None:
        return _again(chosen, asked.again.read_bytes())
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: `make fuzz` does it, on Linux x86-64, Python < 3.14", file=sys.stderr)
        return 2
    found = [target.name for target in chosen if not _search(target, asked)]
    print(f"something found in {', '.join(found)}" if found else f"nothing found in {len(chosen)} decoders")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Search every decoder for what breaks it."
    )
    parser.add_argument("--seconds", type=int, default=10, help="how long to search each decoder (10)")
    parser.add_argument("--only", action="append", help="decoders whose name holds this, as deribit or deribit/reply")
    parser.add_argument("--again", type=Path, metavar="FILE", help="try one input on the chosen decoders, and no more")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to keep inputs and findings (.fuzz)")
    parser.add_argument("--module", default="tests.fuzz.targets", help="the Python module that lists the decoders")
    return parser


def _again(chosen: Sequence[Target], content: bytes) -> int:
    """Try one input; what is found comes up as it is."""
    for target in chosen:
        print(f"{target.name}: {'taken' if target.attempt(content) else 'refused'}", flush=True)
    return 0


def _search(target: Target, asked: argparse.Namespace) -> bool:
    """Return whether nothing is found; print what is."""
    flat = target.name.replace("/", "-")
    corpus, findings = asked.folder / "corpus" / flat, asked.folder / "found" / flat
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate((*target.seeds, *target.strangers)):
        (corpus / f"seed-{i}").write_bytes(seed)
    command = [
        sys.executable, "-m", "tests.fuzz.search", asked.module, target.name, str(corpus),
        f"-artifact_prefix={findings}/", f"-max_total_time={asked.seconds}", f"-max_len={LONGEST_INPUT}",
        f"-rss_limit_mb={MEMORY_MB}", f"-timeout={SILENT_SECONDS}", "-print_final_stats=1",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=FOLDER.parent, capture_output=True, text=True, errors="replace", check=False,
        timeout=asked.seconds + START_SECONDS,
    )  # fmt: skip
    said = done.stdout + done.stderr
    count, covered = _last(_STATS, said), _last(_COVERED, said)
    print(
        f"{'ok   ' if done.returncode == 0 else 'FOUND'} {target.name}: {count} inputs, {covered} branches", flush=True
    )
    if done.returncode == 0:
        return True
    lines = [line for line in said.splitlines() if not line.startswith(("INFO: Instrumenting", "#"))]
    print("\n".join(f"      {line[:300]}" for line in lines[-SHOWN_LINES:]))
    if (file := _last(_FOUND, said)) != "no":
        print(f"      try it again: python -m tests.fuzz --only {target.name} --again {file}")
    return False


def _last(pattern: re.Pattern[str], said: str) -> str:
    return (pattern.findall(said) or ["no"])[-1]


if __name__ == "__main__":
    sys.exit(main())
