"""`load_history`: daily prices from a CSV file, as the joint changes that historical scenarios are made of."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TypeAlias

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_DAY, iso, to_ns
from seawall.scenarios.factors import factor
from seawall.scenarios.history import History

HistorySource: TypeAlias = History | str | Path
LARGEST_BYTES = 100_000_000
TIME_COLUMNS = ("date", "time", "timestamp")
SHOWN_PROBLEMS_COUNT = 20
FRESH_STEPS = 1.5
"""A history that ends further than this before it is asked for is said to be old."""
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
    text, where = text_of(source, "returns", "a CSV file of daily prices")
    return history_of_csv(text, where=where)


def known_at(history: History, time_ns: int, moment: str) -> tuple[History, tuple[str, ...]]:
    r"""Return the changes up to an instant, which has a name; and notes on those after it, and on how old the last is.

    Raises
    ------
    InputError
        When all are after it.

    Examples
    --------
    >>> history = history_of_csv("date,BTC\n2026-01-01,100\n2026-01-02,90\n2026-01-03,99\n")
    >>> known_at(history, to_ns("2026-01-02T12:00:00Z"), "the snapshot's time")[1]
    ("1 change after 2026-01-02 12:00, the snapshot's time, is left out",)
    """
    when = iso(time_ns)[:16].replace("T", " ")
    if int(history.times_ns[0]) > time_ns:
        rule = f"changes are asked for up to {moment}, {when}"
        raise InputError(Problem("returns", f"from {iso(int(history.times_ns[0]))[:10]} on", rule))
    known, notes = history.between(None, time_ns), []
    if later := len(history) - len(known):
        changes = "1 change" if later == 1 else f"{later:,} changes"
        notes.append(f"{changes} after {when}, {moment}, {'is' if later == 1 else 'are'} left out")
    if is_old(known, time_ns):
        notes.append(f"the returns end {(time_ns - int(known.times_ns[-1])) / NS_PER_DAY:,.1f} days before {moment}")
    return known, tuple(notes)


def is_old(history: History, time_ns: int) -> bool:
    """Say whether a history ends so long before an instant that there its volatility is not today's."""
    return time_ns - int(history.times_ns[-1]) > FRESH_STEPS * history.step_ns


def text_of(source: str | Path, field: str, what: str) -> tuple[str, str]:
    """Return the text of a file and its name, for problems.

    Raises
    ------
    InputError
        When it can't be read, is too large or is no text.
    """
    path = Path(source)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            rule = f"a file of prices has at most {LARGEST_BYTES:,} bytes"
            raise InputError(Problem(field, f"{path.stat().st_size:,} bytes", rule, where=path.name))
        return path.read_text(encoding="utf-8-sig"), path.name
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it, a text that is no UTF-8
        rule = f"it is {what} that can be read: {getattr(error, 'strerror', None) or error}"
        raise InputError(Problem(field, str(source), rule)) from None


def history_of_csv(text: str, *, where: str = "prices") -> History:
    r"""Return the joint changes of a table of prices in CSV.

    Examples
    --------
    >>> history_of_csv("date,BTC\n2026-01-01,100\n2026-01-02,90\n2026-01-03,99\n")
    History(2 steps of BTC, 2026-01-02 to 2026-01-03, 0 dropped)
    """
    table = price_table(text, _FORM, where=where)
    times, problems = [], list(table.problems)
    for number, cell in zip(table.lines, table.times, strict=True):
        try:
            times.append(to_ns(cell))
        except (InputError, ValueError):
            problems.append(Problem("day", cell, "a day is 2026-08-01", where=where, line=number))
    refuse(problems, where=where)
    try:
        return History.of_levels(times, table.levels)
    except InputError as error:
        raise InputError(
            [replace(one, where=f"{where}, {one.where}" if one.where else where) for one in error.problems]
        ) from None


@dataclass(frozen=True)
class PriceTable:
    """A table of prices as it is written: T lines of a time and K levels.

    Attributes
    ----------
    lines
        `T` numbers of the lines.
    times
        `T` first cells.
    levels
        By factor, `T` levels; NaN where a cell is empty, or has a problem.
    problems
        Of lines and levels.
    """

    lines: tuple[int, ...]
    times: tuple[str, ...]
    levels: Mapping[str, list[float]]
    problems: tuple[Problem, ...] = ()


def price_table(text: str, form: str, *, where: str) -> PriceTable:
    """Return the cells of a table of prices in CSV; `form` says what its header is.

    Raises
    ------
    InputError
        When it is empty or its header is none.
    """
    lines = [line for line in enumerate(text.splitlines(), 1) if line[1].strip() and not line[1].startswith("#")]
    if not lines:
        raise InputError(Problem("file", "empty", form, where=where))
    header = [name.strip() for name in next(csv.reader(StringIO(lines[0][1])))]
    names = factors_of(header, form, where=where)
    problems: list[Problem] = []
    numbers: list[int] = []
    times: list[str] = []
    levels: dict[str, list[float]] = {name: [] for name in names}
    for number, line in lines[1:]:
        cells = [cell.strip() for cell in next(csv.reader(StringIO(line)))]
        if len(cells) != len(header):
            rule = f"a line has {len(header)} cells, as its header"
            problems.append(Problem("line", f"{len(cells)} cells", rule, where=where, line=number))
            continue
        numbers.append(number)
        times.append(cells[0])
        for name, cell in zip(names, cells[1:], strict=True):
            level = _level(cell)
            if level is None:
                rule = "a price is a finite number, or empty where it is missing"
                problems.append(Problem(name, cell, rule, where=where, line=number))
            levels[name].append(math.nan if level is None else level)
    return PriceTable(tuple(numbers), tuple(times), levels, tuple(problems))


def refuse(problems: Sequence[Problem], *, where: str) -> None:
    """Raise an error with the first problems of a file, by line, and how many more there are."""
    if problems:
        found = sorted(problems, key=lambda problem: problem.line or 0)
        more = len(found) - SHOWN_PROBLEMS_COUNT
        rest = [Problem("lines", f"{more} more", "they have problems too", where=where)] if more > 0 else []
        raise InputError([*found[:SHOWN_PROBLEMS_COUNT], *rest])


def factors_of(header: Sequence[str], form: str, *, where: str) -> list[str]:
    """Return the factors of a header, or refuse it."""
    if not header or header[0].lower() not in TIME_COLUMNS or len(header) < 2 or len(set(header)) < len(header):
        raise InputError(Problem("header", ",".join(header), form, where=where))
    for name in header[1:]:
        factor(name)  # refuses what is none
    return list(header[1:])


def _level(cell: str) -> float | None:
    """Return a price, NaN where the cell is empty, None where it is no number."""
    if not cell:
        return math.nan
    try:
        level = float(cell)
    except ValueError:
        return None
    return level if math.isfinite(level) else None
