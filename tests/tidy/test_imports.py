"""What an import costs, and what it must not bring along.

One-shot commands answer at once only while nothing heavy is loaded on their way. Each test asks a new process, as
another test may have loaded anything by now.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

HEAVY = {"numba", "llvmlite", "scipy", "pandas", "polars", "pyarrow", "litestar", "rich", "cyclopts"}
MARGIN = """
import seawall as sw
margins = sw.margin({"BTC-PERPETUAL": -10_000, "BTC": 1.0}, "deribit-btc-2026-08-01", "deribit/x_pm")
assert len(margins) == 1
"""
HELP = """
from seawall.cli.main import app
try:
    app(["--help"])
except SystemExit:
    pass
"""
ROUNDS = 7


def loaded_after(code: str) -> set[str]:
    """Return the names of the top-level packages that a new process has loaded after some code."""
    code = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(json.loads(out.splitlines()[-1]))


def fastest_seconds(*codes: str) -> list[float]:
    """Return the least time of a whole process for each code; they take turns, so that a busy machine is fair."""
    least = [float("inf")] * len(codes)
    for _ in range(ROUNDS):
        for i, code in enumerate(codes):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            least[i] = min(least[i], time.perf_counter() - start)
    return least


def test_import_seawall_loads_nothing_heavy_and_not_even_numpy() -> None:
    assert loaded_after("import seawall") & (HEAVY | {"numpy", "msgspec", "narwhals"}) == set()


def test_every_public_name_loads_nothing_heavy() -> None:
    assert loaded_after("import seawall\nfor name in seawall.__all__: getattr(seawall, name)") & HEAVY == set()


def test_a_margin_on_the_numpy_path_loads_no_compiler_and_no_frame_library() -> None:
    assert loaded_after(MARGIN) & HEAVY == set()


def test_help_on_the_command_line_loads_no_compiler_and_no_frame_library() -> None:
    assert loaded_after(HELP) & (HEAVY - {"rich", "cyclopts"}) == set()


def test_import_seawall_is_quicker_than_import_numpy() -> None:
    ours, numpy, bare = fastest_seconds("import seawall", "import numpy", "pass")
    assert ours <= numpy, f"import seawall {ours:.3f} s, numpy {numpy:.3f} s, bare Python {bare:.3f} s"
