"""`load_path`: a user's own path of prices, from a CSV file or a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from seawall.api.history import PriceTable, factors_of, price_table, refuse, text_of
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_DAY, iso, to_ns
from seawall.market import MarketSnapshot
from seawall.portfolio.frames import is_frame
from seawall.risk.market_path import MarketPath
from seawall.scenarios.factors import LOGARITHMIC, factor

_FORM = (
    "its header is time,BTC,ETH,...: a time, or days since the first row, and a price of each coin then; `BTC vol` is "
    "an implied volatility"
)
_TIME_RULE = "a time is 2026-08-01 or 2026-08-01T12:00:00Z; or days since the first row"
_FIRST_DAY_RULE = "days count from the first row, so that the first is 0"
FARTHEST_DAYS = 36_500.0


@dataclass(frozen=True)
class OwnPath:
    """A path that a user gives.

    Attributes
    ----------
    path
        Its states.
    start_ns
        The first row's own time; None where rows count days, or the market's.
    notes
        What its levels are taken to mean, and what of it moves nothing.
    """

    path: MarketPath
    start_ns: int | None
    notes: tuple[str, ...]


def is_own_path(source: object) -> bool:
    """Return whether a source is a file or a frame of prices, and no name of a scenario.

    Examples
    --------
    >>> is_own_path("crash.csv"), is_own_path("2020-03-12")
    (True, False)
    """
    if isinstance(source, str):
        return source.lower().endswith(".csv")
    return isinstance(source, Path) or is_frame(source)


def load_path(source: Any, snapshot: MarketSnapshot) -> OwnPath:
    """Return a path of prices, whose first row stands for the market as it is.

    Parameters
    ----------
    source
        A CSV file or a frame: a column `time` and one for each factor, as `BTC`, `BTC vol`, `BTC perpetual`. Times are
        ISO 8601, or days since the first row.
    snapshot
        The market that the path starts in.

    Raises
    ------
    InputError
        With every row that can't be read; when times don't rise.
    """
    table, where = _table_of(source)
    problems = list(table.problems)
    times: list[int] = []
    if table.times and np.isfinite(first := _days(table.times[0])) and abs(first) <= FARTHEST_DAYS and first != 0.0:
        raise InputError(Problem("time", table.times[0], _FIRST_DAY_RULE, where=where, line=table.lines[0]))
    in_days = bool(table.times) and _days(table.times[0]) == 0.0
    for number, cell in zip(table.lines, table.times, strict=True):
        moment = _moment(cell, in_days=in_days)
        if moment is None:
            problems.append(Problem("time", cell, _TIME_RULE, where=where, line=number))
        elif times and moment <= times[-1]:
            problems.append(Problem("time", cell, "times rise from row to row", where=where, line=number))
        else:
            times.append(moment)
    wrong = {problem.line for problem in table.problems}
    for name, column in table.levels.items():
        for number, level in zip(table.lines, column, strict=True):
            if not np.isfinite(level) and number not in wrong:
                rule = "a path has a price in every row: leave the row out, or fill it in"
                problems.append(Problem(name, "empty", rule, where=where, line=number))
            elif level <= 0.0 and factor(name).kind in LOGARITHMIC:
                problems.append(Problem(name, level, "prices and volatilities are above 0", where=where, line=number))
    refuse(problems, where=where)
    try:
        labels = _labels(times, in_days=in_days)
        path = MarketPath.of_levels(times, table.levels, snapshot, labels=labels)
    except InputError as error:
        raise InputError([replace(one, where=one.where or where) for one in error.problems]) from None
    return OwnPath(path, None if in_days else times[0], tuple(_notes(table, snapshot, where, labels[0])))


def _notes(table: PriceTable, snapshot: MarketSnapshot, where: str, first: str) -> list[str]:
    coins = [name for name in table.levels if factor(name).kind == "spot"]
    stands = [
        f"{name} {table.levels[name][0]:,.10g} there is {snapshot.index[name]:,.10g} here"
        for name in coins
        if name in snapshot.index
    ]
    notes = [f"{where}: moves are from its first row, {first}, which stands for {snapshot.name}: {', '.join(stands)}"]
    known = {*snapshot.table.underlyings, *snapshot.index}
    strangers = sorted({factor(name).of for name in table.levels if factor(name).kind != "asset"} - known)
    if strangers:
        notes.append(f"{where} tells of {', '.join(strangers)}, which {snapshot.name} does not list: it moves nothing")
    if not any(factor(name).kind == "vol" for name in table.levels):
        notes.append("implied volatilities stay: there is no column for them, such as `BTC vol`")
    return notes


def _table_of(source: Any) -> tuple[PriceTable, str]:
    if isinstance(source, str | Path):
        text, where = text_of(source, "path", "a CSV file of prices")
        return price_table(text, _FORM, where=where), where
    import narwhals as nw

    table = nw.from_native(source)
    eager = table.collect() if isinstance(table, nw.LazyFrame) else table
    names = [str(name) for name in eager.columns]
    factors_of(names, _FORM, where="frame")
    problems: list[Problem] = []
    levels: dict[str, list[float]] = {name: [] for name in names[1:]}
    for name, column in levels.items():
        for number, cell in enumerate(eager[name].to_list()):
            good = isinstance(cell, int | float) and not isinstance(cell, bool)
            if not good and cell is not None:
                problems.append(Problem(name, cell, "a price is a finite number", where="frame", line=number))
            column.append(float(cell) if good else float("nan"))
    times = tuple(_written(cell) for cell in eager[names[0]].to_list())
    return PriceTable(tuple(range(len(times))), times, levels, tuple(problems)), "frame"


def _written(cell: object) -> str:
    """Return a time of a frame as a file would have it."""
    if isinstance(cell, date):
        return iso(to_ns(cell))
    return "" if cell is None else str(cell)


def _days(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _moment(cell: str, *, in_days: bool) -> int | None:
    if in_days:
        days = _days(cell)
        return round(days * NS_PER_DAY) if 0.0 <= days <= FARTHEST_DAYS else None
    try:
        return to_ns(cell)
    except InputError:
        return None


def _labels(times: Sequence[int], *, in_days: bool) -> tuple[str, ...]:
    if in_days:
        return tuple(f"day {time / NS_PER_DAY:.6g}" for time in times)
    whole = all(time % NS_PER_DAY == 0 for time in times)
    return tuple(iso(time)[:10] if whole else iso(time)[:16].replace("T", " ") for time in times)
