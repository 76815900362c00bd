"""How soon a one-shot command answers, beside what it costs to start Python and to import NumPy.

    python -m benchmarks.startup

Whole processes, timed from outside, in turns; judge by the minimum. A command should answer within 0.7 s.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROUNDS = 15
PEER = "python -c 'import numpy'"
COMMAND = [sys.executable, "-c", "from seawall.cli.main import main; main()"]
"""What the installed script does; timed this way so that a checkout without the script can be timed too."""


def contenders() -> dict[str, list[str]]:
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        PEER: [sys.executable, "-c", "import numpy"],
        "python -c 'import seawall'": [sys.executable, "-c", "import seawall"],
        "seawall --help": [*COMMAND, "--help"],
        "seawall margin demo": [*COMMAND, "margin", "demo"],
        "seawall demo": [*COMMAND, "demo"],
    }


def seconds_of(words: list[str], folder: Path) -> float:
    start = time.perf_counter()
    done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return seconds


def run() -> list[dict[str, Any]]:
    """Return one row a command: its least and median time, and its least time over that of the peer."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders()}
    with tempfile.TemporaryDirectory() as folder:
        for words in contenders().values():
            seconds_of(words, Path(folder))  # files come from disk once
        for _ in range(ROUNDS):
            for name, words in contenders().items():
                seconds[name].append(seconds_of(words, Path(folder)))
    peer = min(seconds[PEER])
    return [
        {
            "name": name,
            "min_ms": min(times) * 1e3,
            "median_ms": statistics.median(times) * 1e3,
            "over_numpy_ratio": min(times) / peer,
        }
        for name, times in seconds.items()
    ]


if __name__ == "__main__":
    for entry in run():
        print(f"{entry['name']:30}{entry['min_ms']:>9.0f} ms{entry['over_numpy_ratio']:>8.2f} x import numpy")
