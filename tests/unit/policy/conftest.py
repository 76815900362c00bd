"""A small library of policies on disk, which tests break in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.policy import read_library
from seawall.policy.library import Library

SCHEMA = """
[grid.range]
unit = "ratio"
min = 0.0
max = 0.5
description = "Half-width of the grid."

[grid.moves]
kind = "numbers"
unit = "ratio"
min = -0.9
max = 5.0
description = "Far moves."

[currency."*".haircut]
unit = "ratio"
min = 0.0
max = 1.0
description = "Share not counted."

[currency."*".side]
unit = "word"
choices = ["none", "both"]
description = "Which side counts."

[currency."*".paused]
unit = "flag"
kind = "flag"
description = "Whether it is paused."
"""

OLD = """
[policy]
effective = 2024-01-01
title = "first"

[sources]
book = "The rule book, page 1"

[grid]
range = { value = 0.10, grade = "verified", source = "book" }
moves = { value = [-0.5, 1], grade = "documented", source = "book" }

[currency.btc]
haircut = { value = 0, grade = "documented", source = "book" }
side = { value = "both", grade = "documented", source = "book" }
paused = { value = false, grade = "documented", source = "book" }
"""

NEW = """
[policy]
effective = 2025-06-01
title = "second"

[sources]
book = "The rule book, page 2"

[grid]
range = { value = 0.12, grade = "second_hand", source = "book" }

[currency.btc]
haircut = { value = 0.0, grade = "assumed", source = "book", note = "Carried from the first." }

[currency.eth]
haircut = { value = 0.05, grade = "second_hand", source = "book" }

[rules.scan]
statement = "The worst of the grid, doubled."
grade = "assumed"
source = "book"
"""

RULES = """
[sources]
book = "The rule book, page 3"

[rules.scan]
statement = "The worst of the grid."
grade = "verified"
source = "book"
"""

MODEL = """
model = "harbour_pm"
parameters = "harbour/grid"
title = "Harbour portfolio margin"
kind = "exchange"
verified_against = "the harbour's own examples"
notes = "Made up for tests."

[sources]
book = "The rule book, page 4"

[rules.sum]
statement = "Bases add."
grade = "documented"
source = "book"
"""

FILES = {
    "grid/schema.toml": SCHEMA,
    "grid/rules.toml": RULES,
    "grid/2024-01-01.toml": OLD,
    "grid/2025-06-01.toml": NEW,
    "pm/model.toml": MODEL,
}

Build = Callable[[dict[str, str]], Library]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Return a function that lays out the library, with some files replaced or added."""

    def lay(replaced: dict[str, str]) -> Library:
        for name, text in {**FILES, **replaced}.items():
            file = tmp_path / "harbour" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return read_library(tmp_path)

    return lay


@pytest.fixture
def library(build: Build) -> Library:
    return build({})


@pytest.fixture
def old_text() -> str:
    return OLD


@pytest.fixture
def model_text() -> str:
    return MODEL
