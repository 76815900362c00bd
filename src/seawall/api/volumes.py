"""Daily volumes from a CSV file: what days to liquidate are counted by, and what no snapshot holds."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TypeAlias

from seawall.core.errors import InputError, Problem

VolumeSource: TypeAlias = Mapping[str, float] | str | Path
LARGEST_BYTES = 50_000_000
_FORM = "its header is instrument,daily_volume: size units that trade in a day"


def load_volumes(source: VolumeSource | None) -> dict[str, float]:
    """Return size units that trade in a day by instrument; none where no source is given.

    Raises
    ------
    InputError
        With every line that can't be read.
    """
    if source is None:
        return {}
    if isinstance(source, Mapping):
        return dict(source)
    path = Path(source)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"it has more than {LARGEST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(Problem("volume", str(source), f"it is a CSV file that can be read: {why}")) from None
    return volumes_of_csv(text, where=path.name)


def volumes_of_csv(text: str, *, where: str = "volumes") -> dict[str, float]:
    r"""Return volumes by instrument from CSV.

    Examples
    --------
    >>> volumes_of_csv("instrument,daily_volume\nBTC-25SEP26-70000-C,250\n")
    {'BTC-25SEP26-70000-C': 250.0}
    """
    rows = [(i, row) for i, row in enumerate(csv.reader(StringIO(text)), 1) if row and not row[0].startswith("#")]
    if not rows or [name.strip().lower() for name in rows[0][1]] != ["instrument", "daily_volume"]:
        raise InputError(Problem("header", ",".join(rows[0][1]) if rows else "empty", _FORM, where=where))
    found: dict[str, float] = {}
    problems = []
    for number, row in rows[1:]:
        name, cell = (row[0].strip(), row[1].strip()) if len(row) == 2 else (row[0], "")
        try:
            volume = float(cell)
        except ValueError:
            volume = math.nan
        if not 0.0 <= volume < math.inf or name in found:
            rule = "a volume is a finite number, not below 0, and stands once for each instrument"
            problems.append(Problem("daily_volume", ",".join(row), rule, where=where, line=number))
        found[name] = volume
    if problems:
        raise InputError(problems)
    return found
