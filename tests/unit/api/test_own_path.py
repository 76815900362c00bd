"""A user's own path of prices: files, frames, and what is wrong with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import seawall as sw
from seawall.api.history import history_of_csv
from seawall.api.own_path import load_path
from seawall.core.errors import InputError, UnavailableError
from seawall.core.time import NS_PER_DAY, to_ns
from seawall.risk.market_path import MarketPath
from seawall.scenarios import Relative, Unchanged
from tests.laws.worlds import INDEX, NOW_NS, market

BOOK = {"BTC-PERPETUAL": -100_000, "BTC-120D-60000-P": -2.0, "BTC": 5.0}
TEXT = "time,BTC,BTC vol\n0,100,40\n0.5,90,50\n2,80,60\n"


def file_of(folder: Path, text: str) -> Path:
    made = folder / "own.csv"
    made.write_text(text)
    return made


def test_levels_are_moves_from_the_first_row_which_stands_for_the_market(tmp_path: Path) -> None:
    found = load_path(file_of(tmp_path, TEXT), market())
    assert [move.spot["BTC"] for move in found.path.moves] == pytest.approx([0.0, -0.1, -0.2], abs=1e-15)
    assert [move.elapsed_ns for move in found.path.moves] == [0, NS_PER_DAY // 2, 2 * NS_PER_DAY]
    assert found.path.moves[0].vol["BTC"] == Unchanged()
    shock = found.path.moves[2].vol["BTC"]
    assert isinstance(shock, Relative) and shock.change == pytest.approx(0.5)
    assert found.path.labels == ("day 0", "day 0.5", "day 2") and found.start_ns is None
    assert "BTC 100 there is 60,000 here" in found.notes[0]


def test_margins_along_a_file_are_those_along_the_same_prices(tmp_path: Path) -> None:
    path = sw.margin_path(BOOK, market(), str(file_of(tmp_path, TEXT)), "deribit/x_pm")
    times = [NOW_NS, NOW_NS + NS_PER_DAY // 2, NOW_NS + 2 * NS_PER_DAY]
    prices, vols = {"BTC": [60_000.0, 54_000.0, 48_000.0]}, {"BTC": [1.0, 1.25, 1.5]}
    known = MarketPath.of_prices(times, prices, INDEX, now_ns=NOW_NS, vol_ratios=vols)
    for one, other in zip(path.steps, sw.margin_path(BOOK, market(), known, "deribit/x_pm").steps, strict=True):
        assert (one.time_ns, one.initial_margin) == (other.time_ns, pytest.approx(other.initial_margin, rel=1e-9))
        assert one.equity == pytest.approx(other.equity, rel=1e-9)


@pytest.mark.parametrize("library", ["polars", "lazy", "pandas"])
def test_a_frame_is_a_path_as_a_file_is(library: str, tmp_path: Path) -> None:
    days = [date(2020, 3, 12), date(2020, 3, 13), date(2020, 3, 14)]
    columns = {"time": days, "BTC": [100.0, 70.0, 80.0], "BTC vol": [0.8, 1.6, 1.2]}
    frame = pd.DataFrame(columns).assign(time=pd.to_datetime(columns["time"])) if library == "pandas" else (
        pl.LazyFrame(columns) if library == "lazy" else pl.DataFrame(columns)
    )  # fmt: skip
    text = "time,BTC,BTC vol\n2020-03-12,100,80\n2020-03-13,70,160\n2020-03-14,80,120\n"
    one, other = load_path(frame, market()), load_path(file_of(tmp_path, text), market())
    assert one.start_ns == other.start_ns == to_ns("2020-03-12")
    assert one.path.labels == other.path.labels == ("2020-03-12", "2020-03-13", "2020-03-14")
    for a, b in zip(one.path.moves, other.path.moves, strict=True):
        assert a.spot == b.spot and a.elapsed_ns == b.elapsed_ns
    assert sw.margin_path(BOOK, market(), frame, "deribit/x_pm").steps


def test_what_a_perpetual_a_forward_and_a_stable_coin_do_may_be_told_too(tmp_path: Path) -> None:
    header = "time,BTC,BTC carry,BTC perpetual,BTC funding,USDC asset"
    text = f"{header}\n0,9,0.1,0,0.5,1\n1,9,0.3,-0.01,0.001,0.9\n2,9,0.2,0,0.002,1\n"
    moves = load_path(file_of(tmp_path, text), market()).path.moves
    assert [move.carry["BTC"] for move in moves] == pytest.approx([0.0, 0.2, 0.1])
    assert [move.perpetual["BTC"] for move in moves] == pytest.approx([0.0, -0.01, 0.0])
    assert [move.funding["BTC"] for move in moves] == pytest.approx([0.0, 0.001, 0.003])  # what was paid adds up
    assert [move.spot["USDC"] for move in moves] == pytest.approx([0.0, -0.1, 0.0])


def test_an_expiry_at_the_time_of_a_row_is_met_exactly() -> None:
    now = sw.load_snapshot("deribit-btc-2026-08-01")
    expiry = int(now.table.expiry_ns[now.table.position("BTC-7AUG26-61000-P")])
    for late, left in ((-1, 1), (0, 0)):
        way = MarketPath.of_levels([now.time_ns, expiry + late], {"BTC": [1.0, 1.0]}, now)
        steps = sw.margin_path({"BTC-7AUG26-61000-P": -1, "USDC": 5e4}, now, way, "deribit/x_pm").steps
        assert (steps[1].maintenance_margin > 100.0) == bool(left)


def test_an_account_on_a_coin_that_the_path_does_not_tell_of_is_unavailable_by_itself(tmp_path: Path) -> None:
    rows = [
        {"account": "one", "instrument": "BTC", "size": 1.0}, {"account": "two", "instrument": "ETH", "size": 1.0},
    ]  # fmt: skip
    found = sw.margin_path(rows, market(), file_of(tmp_path, TEXT), "deribit/x_pm")
    assert found.accounts == ("one",) and "ETH" in found.unavailable["two"]
    with pytest.raises(UnavailableError, match="does not tell of BTC"):
        sw.margin_path(BOOK, market(), file_of(tmp_path, "time,ETH\n0,1\n1,2\n"), "deribit/x_pm")


def test_a_coin_that_the_market_does_not_list_is_named(tmp_path: Path) -> None:
    found = load_path(file_of(tmp_path, "time,BTC,DOGE\n0,1,1\n1,2,2\n"), market())
    assert any("DOGE" in note and "moves nothing" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("when,BTC\n0,1\n", "header"),
        ("time,BTC\n", "a row or more"),
        ("time,BTC\n0,1\n2,1\n1,1\n", "line 4: time is '1'; times rise"),
        ("time,BTC\n2026-08-01,1\n2026-08-01,1\n", "line 3: time is '2026-08-01'; times rise"),
        ("time,BTC\n1,1\n2,1\n", "line 2: time is '1'; .* the first is 0"),
        ("time,BTC\n0,1\n1,\n", "line 3: BTC is 'empty'"),
        ("time,BTC\n0,1\n1,x\n", "line 3: BTC is 'x'; a price is a finite number"),
        ("time,BTC\n0,1\n1,inf\n", "finite"),
        ("time,BTC\n0,1\n1,0\n", "line 3: BTC is 0.0; prices and volatilities are above 0"),
        ("time,BTC\n0,1\n1\n", "line 3: line is '1 cells'"),
        ("time,BTC vol\n0,1\n1,2\n", "the price of a coin"),
        ("time,BTC skew\n0,1\n1,2\n", "factor"),
    ],
)
def test_what_is_no_path_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        load_path(file_of(tmp_path, text), market())


def test_a_frame_with_what_is_no_number_is_refused_with_its_row() -> None:
    frame = pl.DataFrame({"time": ["0", "1"], "BTC": ["1", "x"]})
    with pytest.raises(InputError, match="frame, line 1: BTC is 'x'"):
        load_path(frame, market())
    with pytest.raises(InputError, match="empty"):
        load_path(pl.DataFrame({"time": [0, 1], "BTC": [1.0, None]}), market())


def test_a_filter_is_asked_for_with_returns_only() -> None:
    with pytest.raises(InputError, match="of returns"):
        sw.margin_path("demo", "deribit-btc-2026-08-01", "2025-10-10", "house/tail", filter="garch")
    times = np.arange(60)
    prices = "date,BTC\n" + "".join(f"{np.datetime64('2026-06-01') + t},{100 + t % 3}\n" for t in times)
    with pytest.raises(InputError, match="ewma or garch"):
        sw.margin_path(
            "demo", "deribit-btc-2026-08-01", "2025-10-10", "house/tail", filter="arch", returns=history_of_csv(prices)
        )
    with pytest.raises(InputError, match="only a tail policy"):
        sw.margin_path(
            "demo", "deribit-btc-2026-08-01", "2025-10-10", "okx/pm", returns=history_of_csv(prices)
        )  # fmt: skip
    way = pl.DataFrame({"time": ["2020-03-12", "2020-03-13"], "BTC": [1.0, 0.6]})
    with pytest.raises(InputError, match="up to the path's start"):
        sw.margin_path("demo", "deribit-btc-2026-08-01", way, "house/tail", returns=history_of_csv(prices))


def test_volatilities_that_outcomes_do_not_move_are_said_to_stay() -> None:
    lines = "".join(f"{np.datetime64('2026-08-01') + d},{100 + d % 3},{50 + d % 5}\n" for d in range(60))
    past = history_of_csv(f"date,BTC,BTC vol\n{lines}")
    for names, said in ((past.names, "which stays along the path"), (("BTC",), "no outcome moves implied")):
        known = replace(past, names=names, changes=past.changes[:, : len(names)])
        way = pl.DataFrame({"time": [0, 1], "BTC": [1.0, 0.9]})
        notes = sw.margin_path({"BTC": 1.0}, market(), way, "house/tail", returns=known).notes
        assert any(said in note for note in notes)
