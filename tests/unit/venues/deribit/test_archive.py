from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seawall.core.errors import InputError, UnavailableError
from seawall.core.time import to_ns
from seawall.market import Origin
from seawall.venues.deribit.archive import snapshots_from_archive, snapshots_from_tickers

CHAIN = "options/deribit_btc_eth_chain_daily_20251230_20260822.parquet"
TICKERS = [f"options/deribit_btc_{kind}_tickers_fullfields_20260114_23.parquet" for kind in ("option", "future")]


def chain() -> dict[str, list[Any]]:
    """Two days of two BTC options, and one of ETH."""
    first, second = datetime(2026, 3, 1, 16, 0, 5, tzinfo=UTC), datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    return {
        "snapshot_ts": [second, first, first, second, first],
        "currency": ["BTC", "BTC", "BTC", "BTC", "ETH"],
        "instrument_name": ["BTC-27MAR26-70000-C", "BTC-27MAR26-70000-C", "BTC-27MAR26-60000-P",
                            "BTC-27MAR26-60000-P", "ETH-27MAR26-2000-C"],
        "mark_price": [0.05, 0.06, 0.0, 0.02, 0.1],
        "mark_iv": [0.5, 0.55, 0.6, 0.65, 0.7],
        "bid_price": [0.049, None, 0.0205, None, 0.09],
        "ask_price": [0.051, 0.062, None, 0.022, 0.11],
        "open_interest": [1.0, 2.0, 3.0, 4.0, 5.0],
        "forward": [68_100.0, 67_000.25, 67_000.25, 68_100.0, 2_010.0],
        "index_price": [68_000.0, 66_900.0, 66_902.0, 68_000.0, 2_000.0],
    }  # fmt: skip


def frames() -> list[str]:
    return ["polars", "pandas", "pyarrow"]


def as_frame(kind: str, columns: dict[str, list[Any]]) -> Any:
    module = pytest.importorskip(kind)
    return module.table(columns) if kind == "pyarrow" else module.DataFrame(columns)


@pytest.mark.parametrize("kind", frames())
def test_a_chain_is_one_snapshot_a_moment_oldest_first(kind: str) -> None:
    first, second = snapshots_from_archive(as_frame(kind, chain()), currency="BTC")
    assert first.time_ns == to_ns("2026-03-01T16:00:05Z")
    assert second.time_ns == to_ns("2026-03-02T16:00:00Z")
    assert first.name == "deribit-btc-2026-03-01"
    assert first.table.names == ("BTC-27MAR26-70000-C", "BTC-27MAR26-60000-P")
    assert first.mark.tolist() == [0.06, 0.0]
    assert first.vol.tolist() == [0.55, 0.6]
    assert np.isnan(first.bid[0])
    assert np.isnan(first.ask[1])
    assert first.mark_origin.tolist() == [Origin.OBSERVED] * 2


def test_the_index_of_rows_that_differ_is_their_median_and_says_so() -> None:
    first, second = snapshots_from_archive(as_frame("polars", chain()), currency="BTC")
    assert first.index == {"BTC": 66_901.0}
    assert first.index_origin["BTC"] == Origin.DERIVED
    assert "median of its rows, which run from 66900 to 66902" in first.notes[0]
    assert second.index_origin["BTC"] == Origin.OBSERVED
    assert not second.notes


@pytest.mark.parametrize("day", ["2026-03-02", date(2026, 3, 2)])
def test_one_day_can_be_picked(day: Any) -> None:
    (only,) = snapshots_from_archive(as_frame("polars", chain()), currency="BTC", day=day)
    assert only.name == "deribit-btc-2026-03-02"


def test_numbers_kept_in_32_bits_are_the_decimals_they_were() -> None:
    polars = pytest.importorskip("polars")
    narrow = as_frame("polars", chain()).with_columns(polars.col(polars.Float64).cast(polars.Float32))
    first, _ = snapshots_from_archive(narrow, currency="BTC")
    assert first.vol.tolist() == [0.55, 0.6]
    assert first.bid[1] == 0.0205


@pytest.mark.parametrize(
    ("column", "row", "wrong", "told"),
    [("mark_iv", 1, -0.5, "mark_iv of BTC-27MAR26-70000-C is -0.5"),
     ("forward", 0, 0.0, "forward of BTC-27MAR26-70000-C"),
     ("index_price", 0, None, "index_price of BTC-27MAR26-70000-C is nan"),
     ("ask_price", 1, float("inf"), "ask_price of BTC-27MAR26-70000-C is inf"),
     ("instrument_name", 1, "BTC-1FOO26-1-C", "instrument is 'BTC-1FOO26-1-C'")],
)  # fmt: skip
def test_rows_that_hold_what_cannot_be_are_refused(column: str, row: int, wrong: Any, told: str) -> None:
    columns = chain()
    columns[column][row] = wrong
    with pytest.raises(InputError, match=told):
        snapshots_from_archive(as_frame("polars", columns), currency="BTC")


def test_missing_columns_days_and_currencies_are_told() -> None:
    frame = as_frame("polars", chain())
    with pytest.raises(InputError, match="column is 'forward'"):
        snapshots_from_archive(frame.drop("forward"), currency="BTC")
    with pytest.raises(InputError, match="SOL"):
        snapshots_from_archive(frame, currency="SOL")
    with pytest.raises(InputError, match="BTC on 2026-03-09"):
        snapshots_from_archive(frame, currency="BTC", day="2026-03-09")
    with pytest.raises(InputError, match="days are dates"):
        snapshots_from_archive(frame, currency="BTC", day="2026-03-01T16:00Z")
    with pytest.raises(InputError, match="polars, pandas or pyarrow"):
        snapshots_from_archive(7, currency="BTC")


def test_an_instrument_twice_in_one_moment_is_refused() -> None:
    columns = chain()
    columns["instrument_name"][2] = columns["instrument_name"][1]
    with pytest.raises(InputError, match="unique"):
        snapshots_from_archive(as_frame("polars", columns), currency="BTC")


def test_a_file_that_is_no_parquet_or_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("polars")
    with pytest.raises(InputError, match="there is a Parquet file at this path"):
        snapshots_from_archive(tmp_path / "none.parquet", currency="BTC")
    (tmp_path / "text.parquet").write_text("instrument,size")
    with pytest.raises(InputError, match="readable Parquet"):
        snapshots_from_archive(tmp_path / "text.parquet", currency="BTC")


def test_without_a_parquet_reader_the_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "any.parquet").write_bytes(b"PAR1")

    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(UnavailableError, match=r"seawall\[frames\]"):
        snapshots_from_archive(tmp_path / "any.parquet", currency="BTC")


def test_the_recorded_archive_has_a_snapshot_for_every_day(recorded_path: Callable[[str], Path]) -> None:
    polars = pytest.importorskip("polars")
    path = recorded_path(CHAIN)
    frame = polars.read_parquet(path)
    eth = frame.filter(frame["currency"] == "ETH")
    made = snapshots_from_archive(path, currency="ETH")
    assert len(made) == eth["snapshot_ts"].n_unique()
    assert sum(len(snapshot) for snapshot in made) == eth.height
    assert sum(int(np.isnan(snapshot.bid).sum()) for snapshot in made) == eth["bid_price"].null_count()
    assert all(np.isfinite(snapshot.vol).all() for snapshot in made)


def test_the_recorded_tickers_are_the_native_file_of_their_day(
    recorded_path: Callable[[str], Path], recorded: Callable[[str], bytes]
) -> None:
    pytest.importorskip("polars")
    from seawall.venues.deribit.decode import snapshot_from_native_file

    options, futures = (recorded_path(name) for name in TICKERS)
    (made,) = snapshots_from_tickers(options, futures, day="2026-01-21")
    native = snapshot_from_native_file(recorded("options/deribit_btc_native_shape_20260121.json.gz"))
    assert set(made.table.names) == set(native.table.names)
    rows = [made.table.position(name) for name in native.table.names]
    assert made.take(rows).digest == native.digest
