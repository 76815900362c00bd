"""Rows for machines: JSON and CSV on standard output, every digit, NaN as null."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence

from seawall.core.errors import InputError, Problem


def check_one_format(*, as_json: bool, as_csv: bool) -> None:
    """Refuse two formats at once."""
    if as_json and as_csv:
        raise InputError(Problem("output", "--json --csv", "a command prints one format"))


def print_json(document: object) -> None:
    """Print a document as JSON; numbers that JSON has no word for become null."""
    json.dump(plain(document), sys.stdout, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def print_csv(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows as CSV with a header; an unavailable number is an empty cell."""
    if not rows:
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if plain(cell) is None else cell for name, cell in row.items()} for row in rows)


def plain(document: object) -> object:
    """Return a document of JSON's own types."""
    if isinstance(document, float):
        return document if math.isfinite(document) else None
    if isinstance(document, Mapping):
        return {str(name): plain(part) for name, part in document.items()}
    if isinstance(document, list | tuple):
        return [plain(part) for part in document]
    return document
