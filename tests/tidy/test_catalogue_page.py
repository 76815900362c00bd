"""The catalogue's page is what the catalogue says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_catalogue_of_today() -> None:
    words = [sys.executable, "tools/catalogue_page.py", "--check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"make catalogue writes it anew; {done.stderr}"
