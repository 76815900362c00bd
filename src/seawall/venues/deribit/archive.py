"""Snapshots out of recorded Deribit chains: tables with one row per instrument and moment.

Tables come as a polars, pandas or pyarrow frame, or as the path of a Parquet file; the packages that read Parquet are
loaded only then.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.time import NS_PER_DAY, iso, to_ns
from seawall.instruments import InstrumentTable
from seawall.market import MarketSnapshot, Origin
from seawall.venues.deribit import symbols
from seawall.venues.deribit.decode import VENUE, snapshot_from_json

_CHAIN_NUMBERS = ("mark_price", "forward", "mark_iv", "bid_price", "ask_price", "open_interest", "index_price")
_CHAIN_COLUMNS = ("snapshot_ts", "currency", "instrument_name", *_CHAIN_NUMBERS)
_TICKER_COLUMNS = ("file_date", "instrument_name", "kind", "base_currency", "contract_size", "timestamp", "mark_price")
_PARQUET_READERS = ("polars", "pyarrow.parquet")


def snapshots_from_archive(
    frame_or_path: Any, *, currency: str, day: date | str | None = None
) -> tuple[MarketSnapshot, ...]:
    """Return the option chains of one currency from a daily chain table, oldest first.

    Parameters
    ----------
    frame_or_path
        Columns `snapshot_ts`, `currency`, `instrument_name`, `mark_price`, `bid_price`, `ask_price` (coin), `mark_iv`
        (decimal), `forward`, `index_price`, `open_interest`. Numbers kept in 32 bits are read as the decimals they
        were rounded from.
    currency
        Which rows to take, as `BTC`.
    day
        Only this day (UTC), as a date or `2026-03-01`.

    Returns
    -------
    tuple of MarketSnapshot
        One a moment, options only. The rows of a moment were polled one after another, so where their index prices
        differ the median is taken, marked as derived and noted with its range.

    Raises
    ------
    InputError
        When a column is missing, no row is left, or rows hold what can't be.
    UnavailableError
        When a Parquet file is given and neither polars nor pyarrow is installed.
    """
    frame, origin = _frame(frame_or_path)
    _require(frame, _CHAIN_COLUMNS, origin)
    frame = frame.filter(nw.col("currency") == currency)
    moments = _nanoseconds(frame["snapshot_ts"])
    if day is not None:
        start = _day_start(day)
        frame = frame.filter(((moments >= start) & (moments < start + NS_PER_DAY)).tolist())
        moments = _nanoseconds(frame["snapshot_ts"])
    if not len(frame):
        asked = currency if day is None else f"{currency} on {day}"
        raise InputError(Problem("currency", asked, "the table has rows for what is asked", where=origin))
    names = frame["instrument_name"].to_list()
    columns = {column: _decimals(frame[column]) for column in _CHAIN_NUMBERS}
    _check_chain(columns, names, origin)
    made = []
    for moment in np.unique(moments):
        rows = np.flatnonzero(moments == moment)
        made.append(_chain(int(moment), [names[i] for i in rows], columns, rows, currency, origin))
    return tuple(made)


def snapshots_from_tickers(options: Any, futures: Any, *, day: date | str | None = None) -> tuple[MarketSnapshot, ...]:
    """Return snapshots from a pair of tables with every field of `get_instruments` and `ticker`, oldest first.

    Rows with one `file_date` are one snapshot; `day` picks one of them. Both are checked as the venue's own JSON is,
    and errors are those of `snapshots_from_archive`.
    """
    days: dict[str, list[dict[str, Any]]] = {}
    origins = []
    for given in (options, futures):
        frame, origin = _frame(given)
        _require(frame, _TICKER_COLUMNS, origin)
        origins.append(origin)
        if day is not None:
            frame = frame.filter(nw.col("file_date") == iso(_day_start(day))[:10])
        for row in frame.iter_rows(named=True):
            days.setdefault(str(row["file_date"]), []).append(_without_nan(row))
    source = " and ".join(origins)
    if not days:
        raise InputError(Problem("day", str(day), "the tables have rows for what is asked", where=source))
    return tuple(
        snapshot_from_json(rows, [], rows, name=f"{VENUE}-tickers-{file_date}", source=source, time_ns=None, index=None)
        for file_date, rows in sorted(days.items())
    )


def _chain(
    moment: int, names: Sequence[str], columns: dict[str, FloatArray], rows: IntArray, currency: str, origin: str
) -> MarketSnapshot:
    part = {column: numbers[rows] for column, numbers in columns.items()}
    prices = part["index_price"]
    low, middle, high = float(prices.min()), float(np.median(prices)), float(prices.max())
    notes = []
    if low < high:
        notes.append(f"The index of {currency} is the median of its rows, which run from {low:g} to {high:g}.")
    return MarketSnapshot.of(
        InstrumentTable.of(symbols.parse(name) for name in names),
        name=f"{VENUE}-{currency.lower()}-{iso(moment)[:10]}", venue=VENUE, source=origin, time_ns=moment,
        index={currency: middle}, index_origin={currency: Origin.DERIVED if low < high else Origin.OBSERVED},
        notes=notes, mark=part["mark_price"], forward=part["forward"], vol=part["mark_iv"], bid=part["bid_price"],
        ask=part["ask_price"], open_interest=part["open_interest"], observed_ns=np.full(len(names), moment),
    )  # fmt: skip


def _check_chain(columns: dict[str, FloatArray], names: Sequence[str], origin: str) -> None:
    """Refuse numbers below their least value; a forward and an index have to be there and above 0."""
    problems: list[Problem] = []
    for column, numbers in columns.items():
        needed = column in ("forward", "index_price")
        bad: BoolArray = (~(numbers > 0.0) if needed else numbers < 0.0) | np.isinf(numbers)
        rule = "forward and index prices are finite and above 0" if needed else "numbers are finite and >= 0"
        wrong = [(names[int(i)], float(numbers[i])) for i in np.flatnonzero(bad)]
        problems += [Problem(f"{column} of {name}", number, rule, where=origin) for name, number in wrong]
    for name in dict.fromkeys(names):
        try:
            symbols.parse(name)
        except InputError as error:
            problems.extend(Problem(fault.field, fault.value, fault.rule, where=origin) for fault in error.problems)
    if problems:
        raise InputError(problems)


def _frame(given: Any) -> tuple[nw.DataFrame[Any], str]:
    if isinstance(given, str | Path):
        return nw.from_native(_read_parquet(Path(given)), eager_only=True), Path(given).name
    try:
        return nw.from_native(given, eager_only=True), "frame"
    except TypeError:
        rule = "an archive is a polars, pandas or pyarrow frame, or the path of a Parquet file"
        raise InputError(Problem("archive", type(given).__name__, rule)) from None


def _read_parquet(path: Path) -> Any:
    if not path.is_file():
        raise InputError(Problem("path", str(path), "there is a Parquet file at this path"))
    for reader in _PARQUET_READERS:
        try:
            module = importlib.import_module(reader)
        except ImportError:
            continue
        try:
            return module.read_parquet(path) if reader == "polars" else module.read_table(path)
        except Exception as error:  # noqa: BLE001  # the readers' own errors have no common root
            rule = f"it is readable Parquet ({str(error)[:120]})"
            raise InputError(Problem("path", str(path), rule)) from None
    raise UnavailableError("reading Parquet needs polars or pyarrow; install seawall with its extra: seawall[frames]")


def _require(frame: nw.DataFrame[Any], columns: Sequence[str], origin: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            [Problem("column", name, "the table needs this column and has it not", where=origin) for name in missing]
        )


def _decimals(column: nw.Series[Any]) -> FloatArray:
    """Return numbers as float64; those of 32 bits as the shortest decimal that rounds to them, as first published."""
    narrow = column.dtype == nw.Float32
    numbers = column.cast(nw.Float64).to_numpy().astype(np.float64)
    if narrow:
        numbers = numbers.astype(np.float32).astype(np.str_).astype(np.float64)
    return numbers


def _nanoseconds(column: nw.Series[Any]) -> npt.NDArray[np.int64]:
    if not isinstance(column.dtype, nw.Datetime):
        raise InputError(Problem("snapshot_ts", str(column.dtype), "this column holds date-times"))
    if column.null_count():
        raise InputError(Problem("snapshot_ts", f"empty in {column.null_count()} rows", "every row has a moment"))
    return column.dt.timestamp("ms").to_numpy().astype(np.int64) * 1_000_000


def _day_start(day: date | str) -> int:
    moment = to_ns(day)
    if isinstance(day, datetime) or moment % NS_PER_DAY:
        raise InputError(Problem("day", str(day), "days are dates, for example 2026-03-01"))
    return moment


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the empty cells that stand for absent keys."""
    return {key: cell for key, cell in row.items() if cell is not None and cell == cell}
