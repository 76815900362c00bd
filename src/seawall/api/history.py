"""`load_history`: daily prices from a CSV file, as the joint changes that historical scenarios are made of."""

from __future__ import annotations

import csv
import math
from io import StringIO
from pathlib import Path
from typing import TypeAlias

from seawall.core.errors import InputError, Problem
from seawall.core.time import to_ns
from seawall.scenarios.factors import factor
from seawall.scenarios.history import History

HistorySource: TypeAlias = History | str | Path
LARGEST_BYTES = 100_000_000
TIME_COLUMNS = ("date", "time", "timestamp")
SHOWN_PROBLEMS_COUNT = 20
_FORM = "its header is date,BTC,ETH,...: a day, and a price of each coin on it; `BTC vol` is an implied volatility"


def load_history(source: HistorySource) -> History:
    """Return the joint changes of a table of prices.

    Parameters
    ----------
    source
        A history, or a CSV file with a column `date` and one column for each factor: `BTC` is the price of a coin, `BTC
        vol` an implied volatility in any unit. An empty cell is missing: the steps on both sides of it are left out and
        counted.

    Raises
    ------
    InputError
        With every line that can't be read.
    """
    if isinstance(source, History):
        return source
    path = Path(source)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            rule = f"a file of prices has at most {LARGEST_BYTES:,} bytes"
            raise InputError(Problem("returns", f"{path.stat().st_size:,} bytes", rule, where=path.name))
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it, a text that is no UTF-8
        rule = f"it is a CSV file of daily prices that can be read: {getattr(error, 'strerror', None) or error}"
        raise InputError(Problem("returns", str(source), rule)) from None
    return history_of_csv(text, where=path.name)


def history_of_csv(text: str, *, where: str = "prices") -> History:
    r"""Return the joint changes of a table of prices in CSV.

    Examples
    --------
    >>> history_of_csv("date,BTC\n2026-01-01,100\n2026-01-02,90\n2026-01-03,99\n")
    History(2 steps of BTC, 2026-01-02 to 2026-01-03, 0 dropped)
    """
    lines = [line for line in enumerate(text.splitlines(), 1) if line[1].strip() and not line[1].startswith("#")]
    if not lines:
        raise InputError(Problem("file", "empty", _FORM, where=where))
    header = [name.strip() for name in next(csv.reader(StringIO(lines[0][1])))]
    names = _factors(header, where)
    problems: list[Problem] = []
    times: list[int] = []
    columns: list[list[float]] = [[] for _ in names]
    for number, line in lines[1:]:
        cells = [cell.strip() for cell in next(csv.reader(StringIO(line)))]
        if len(cells) != len(header):
            rule = f"a line has {len(header)} cells, as its header"
            problems.append(Problem("line", f"{len(cells)} cells", rule, where=where, line=number))
            continue
        try:
            times.append(to_ns(cells[0]))
        except (InputError, ValueError):
            problems.append(Problem(header[0], cells[0], "a day is 2026-08-01", where=where, line=number))
            continue
        for name, column, cell in zip(names, columns, cells[1:], strict=True):
            level = _level(cell)
            if level is None:
                rule = "a price is a finite number, or empty where it is missing"
                problems.append(Problem(name, cell, rule, where=where, line=number))
            column.append(math.nan if level is None else level)
    if problems:
        more = len(problems) - SHOWN_PROBLEMS_COUNT
        rest = [Problem("lines", f"{more} more", "they have problems too", where=where)] if more > 0 else []
        raise InputError([*problems[:SHOWN_PROBLEMS_COUNT], *rest])
    try:
        return History.of_levels(times, dict(zip(names, columns, strict=True)))
    except InputError as error:
        raise InputError([Problem(one.field, one.value, one.rule, where=where) for one in error.problems]) from None


def _factors(header: list[str], where: str) -> list[str]:
    """Return the factors of a header, or refuse it."""
    if header[0].lower() not in TIME_COLUMNS or len(header) < 2 or len(set(header)) < len(header):
        raise InputError(Problem("header", ",".join(header), _FORM, where=where))
    for name in header[1:]:
        factor(name)  # refuses what is none
    return header[1:]


def _level(cell: str) -> float | None:
    """Return a price, NaN where the cell is empty, None where it is no number."""
    if not cell:
        return math.nan
    try:
        level = float(cell)
    except ValueError:
        return None
    return level if math.isfinite(level) else None
