"""What all tests share: how property tests search, and a word on which outside numbers were found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED = Path(__file__).parents[2] / "shared"
SOURCES = {"SEAWALL_VECTORS": SHARED / "vectors", "SEAWALL_DATA": SHARED / "data"}
"""Where numbers from outside are looked for, by the variable that says otherwise."""

# A first call may compile a kernel, so no example has a deadline. In CI the search starts from the same place every
# time, so that a red run is this change's doing; at a desk it goes on from where chance leads it.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_report_header() -> list[str]:
    """Say which outside numbers were found: without them their tests skip."""
    lines = []
    for variable, default in SOURCES.items():
        folder = Path(os.environ.get(variable, default))
        lines.append(f"{variable}: {'found' if folder.is_dir() else 'not found, so tests that need it skip'}")
    return lines


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test the same terminal: no colour, a fixed width, whatever shell it was called from."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
