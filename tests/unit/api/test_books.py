from __future__ import annotations

import gzip
import io
import json
import os
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.api.books import bundled_books, load_book
from seawall.core.errors import InputError, UnknownNameError, VenueError
from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable, Perpetual
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.venues.catalogue import VENUES
from seawall.venues.deribit import symbols
from tests.unit.portfolio.reading import held_by

DATA = Path(os.environ.get("SEAWALL_DATA", Path(__file__).parents[4] / "shared" / "data"))
CHAIN = DATA / "options" / "quantflow_deribit_btc_20260801.json.gz"

CSV = "account,instrument,size\ndesk,BTC-PERPETUAL,-1000\ndesk,BTC,2.5\n"
ROWS = [
    {"account": "desk", "instrument": "BTC-PERPETUAL", "size": -1000.0},
    {"account": "desk", "instrument": "BTC", "size": 2.5},
]
DOCUMENT = {"desk": {"positions": {"BTC-PERPETUAL": -1000}, "balances": {"BTC": 2.5}}}
COLUMNS = {field: [row[field] for row in ROWS] for field in ROWS[0]}

SNAPSHOT = MarketSnapshot.of(
    InstrumentTable.of([symbols.parse("BTC-PERPETUAL"), symbols.parse("BTC-25SEP26-70000-C")]),
    name="test", venue="deribit", source="by hand", time_ns=to_ns("2026-08-01"), index={"BTC": 62_600.0},
    mark=[62_600.0, 0.015],
)  # fmt: skip

POSITION = {
    "instrument_name": "BTC-PERPETUAL", "direction": "sell", "size": -1003.0, "average_price": 62_000.0,
    "mark_price": 62_600.0, "floating_profit_loss": 0.0, "kind": "future",
}  # fmt: skip
SUMMARY = {"currency": "BTC", "balance": 2.0, "equity": 2.0, "futures_session_upl": 0.0, "options_value": 0.0}


@pytest.mark.parametrize(
    "source",
    [
        CSV.encode(), io.StringIO(CSV), io.BytesIO(CSV.encode()), b"\xef\xbb\xbf" + CSV.encode(),
        ROWS, DOCUMENT, json.dumps(ROWS).encode(), io.StringIO(json.dumps(DOCUMENT)),
        pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), pa.table(COLUMNS), pl.LazyFrame(COLUMNS),
    ],
)  # fmt: skip
def test_every_kind_of_source_gives_the_same_book(source: object):
    assert held_by(load_book(source)) == held_by(load_book(CSV.encode()))


@pytest.mark.parametrize(
    ("name", "text"), [("b.csv", CSV), ("b.json", json.dumps(DOCUMENT)), ("b.book", json.dumps(ROWS)), ("b", CSV)]
)
def test_files_are_read_by_suffix_or_by_their_first_sign(tmp_path: Path, name: str, text: str):
    path = tmp_path / name
    path.write_text(text)
    for source in (path, str(path)):
        book = load_book(source)
        assert (book.accounts, book.origin) == (("desk",), name)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(CSV.encode())))
    assert load_book("-").accounts == ("desk",)


def test_a_mapping_from_names_to_sizes_is_one_account():
    book = load_book({"BTC-PERPETUAL": -1000, "BTC": 2.5})
    assert book.accounts == ("book",)
    with pytest.raises(InputError, match="book, BTC-PERPETUAL: size is 'x'"):
        load_book({"BTC": 1, "BTC-PERPETUAL": "x"})


def test_a_book_comes_back_as_it_is():
    book = load_book(CSV.encode())
    assert load_book(book) is book


@pytest.mark.parametrize("name", ["BTC-30FEB27", "NONSENSE-1", "BTC-25SEP26-70000-X", "btc-perpetual", "BTC-03AUG26"])
def test_names_that_deribit_could_not_write_are_refused_early(name: str):
    with pytest.raises(InputError) as caught:
        load_book(f"instrument,size\nBTC,1\n{name},1\n".encode())
    (problem,) = caught.value.problems
    assert (problem.field, problem.value, problem.line) == ("instrument", name, 3)


def test_any_name_is_taken_when_no_grammar_is_asked():
    assert load_book({"NONSENSE-1": 1}, name_rule=None).instruments == ("NONSENSE-1",)


def test_with_a_snapshot_the_sources_and_the_snapshots_problems_come_together():
    text = "instrument,size\nBTC-25SEP26-70500-C,1\nBTC-PERPETUAL,ten\nBTC-31JUL26,10\nBTC-25SEP26-70000-C,0.05\n"
    with pytest.raises(InputError) as caught:
        load_book(text.encode(), snapshot=SNAPSHOT)
    found = {problem.line: problem.rule for problem in caught.value.problems}
    assert set(found) == {2, 3, 4, 5}
    assert "near it are BTC-25SEP26-70000-C" in found[2]
    assert "expired at 2026-07-31T08:00:00" in found[4]
    assert "multiples of 0.1" in found[5]
    assert load_book({"BTC-25SEP26-70000-C": 0.05}, snapshot=SNAPSHOT, check_lots=False)


@pytest.mark.parametrize("snapshot", [None, SNAPSHOT])
def test_a_name_is_checked_whatever_its_size_is(snapshot: MarketSnapshot | None):
    text = "instrument,size\nFOO-BAR,nan\nBTC-25SEP26-80001-X,x\nBTC,\n"
    with pytest.raises(InputError) as caught:
        load_book(text.encode(), snapshot=snapshot)
    assert [(problem.line, problem.field) for problem in caught.value.problems] == [
        (2, "size"), (2, "instrument"), (3, "size"), (3, "instrument"), (4, "size"),
    ]  # fmt: skip


def test_an_expired_name_is_told_so_whatever_its_size_is():
    with pytest.raises(InputError, match="expired at 2026-07-31T08:00:00"):
        load_book(b"instrument,size\nBTC-31JUL26,x\n", snapshot=SNAPSHOT)


def test_one_count_covers_the_source_and_the_snapshot():
    rows = "".join(f"a{i},BTC-PERPETUAL,{'x' if i % 2 else 5}\n" for i in range(3_000))
    with pytest.raises(InputError) as caught:
        load_book(f"account,instrument,size\n{rows}".encode(), snapshot=SNAPSHOT)
    assert caught.value.count == 3_000
    assert str(caught.value).startswith("3,000 problems, the first 20:\n")


def test_every_venue_stands_in_the_catalogue_under_its_name():
    for name, venue in VENUES.items():
        assert venue.name == name


@pytest.mark.parametrize("keys", [("positions", "summaries"), ("get_positions", "get_account_summaries")])
@pytest.mark.parametrize("framed", [True, False])
def test_deribits_answers_are_told_by_their_shape(tmp_path: Path, keys: tuple[str, str], framed: bool):
    answers: list[object] = [[POSITION], {"id": 7, "summaries": [SUMMARY]}]
    if framed:
        answers = [{"jsonrpc": "2.0", "result": answer} for answer in answers]
    document = dict(zip(keys, answers, strict=True))
    path = tmp_path / "deribit.json"
    path.write_text(json.dumps(document))
    for source in (document, path, {key: json.dumps(answer).encode() for key, answer in document.items()}):
        book = load_book(source, snapshot=SNAPSHOT)  # its size of 1003 USD is off the lot, and the venue's own
        assert book.accounts == ("7",)
        assert book.positions.sizes.tolist() == [-1003.0]
    assert load_book(document, account="desk").accounts == ("desk",)


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ([POSITION], "summaries"), ({"result": [POSITION]}, "summaries"),
        ({"summaries": [SUMMARY]}, "positions"), ({"result": {"summaries": [SUMMARY]}}, "positions"),
        ([SUMMARY], "positions"), (SUMMARY, "positions"),
    ],
)  # fmt: skip
def test_half_of_deribits_answer_is_no_book(answer: object, missing: str):
    for source in (answer, json.dumps(answer).encode()):
        with pytest.raises(InputError, match=f"{missing} is 'missing'"):
            load_book(source)


def test_an_error_of_the_venue_is_told_as_such():
    with pytest.raises(VenueError):
        load_book({"positions": {"error": {"code": 13009, "message": "unauthorized"}}, "summaries": [SUMMARY]})


@pytest.mark.parametrize(
    "source",
    ["no-such-file.csv", "no-such-book", "", ".", "a\0b", "x" * 5000, b"", b"{", b"[]", {}, [], None, 5, 2.5, object(),
     {1: 2}, {"desk": 1, "other": {}}, [None], pd.DataFrame(), pd.Series([1.0])],
)  # fmt: skip
def test_what_is_no_book_is_refused(source: object):
    with pytest.raises(InputError):
        load_book(source)


def test_an_unknown_name_tells_the_bundled_books():
    with pytest.raises(UnknownNameError, match="demo"):
        load_book("no-such-book")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(), st.text(alphabet='{}[]":,aBTC-1 \n').map(str.encode)))
def test_any_bytes_are_a_book_or_refused(content: bytes):
    with suppress(InputError):
        assert isinstance(load_book(content, snapshot=SNAPSHOT), Book)


@pytest.mark.skipif(not CHAIN.is_file(), reason=f"the chain is not at {CHAIN}; SEAWALL_DATA names another folder")
def test_every_instrument_of_the_demo_book_was_listed_and_quoted_on_both_sides():
    with gzip.open(CHAIN) as file:
        chain = json.load(file)
    quotes = {row["instrument_name"]: row for row in (*chain["options"], *chain["futures"])}
    for name in bundled_books():
        for instrument in load_book(name).instruments:
            assert quotes[instrument]["bid_price"] > 0.0
            assert quotes[instrument]["ask_price"] > 0.0
            assert quotes[instrument]["open_interest"] > 100.0


def test_the_demo_book_has_its_accounts_and_each_owns_collateral():
    book = load_book("demo")
    assert book.accounts == (
        "short_strangle", "covered_call", "calendar", "box", "delta_hedged_short_gamma", "cash_and_carry",
        "naked_wing_seller",
    )  # fmt: skip
    assert (book.balances[:, book.assets.index("BTC")] > 0.0).all()
    assert "demo" in bundled_books()


def test_what_the_market_lists_is_an_instrument_though_it_looks_like_an_asset() -> None:
    table = InstrumentTable.of(
        [Perpetual(name="BTCUSDT", underlying="BTC", quote="USDT", settlement="USDT", inverse=False)]
    )
    market = MarketSnapshot.of(
        table, name="now", venue="binance", source="by hand", time_ns=0, index={"BTC": 60_000.0, "USDT": 1.0},
        mark=[60_000.0],
    )  # fmt: skip
    rows = b"account,instrument,size\ndesk,BTCUSDT,-0.5\ndesk,USDT,1000\n"
    parts = {"desk": {"positions": {"BTCUSDT": -0.5}, "balances": {"USDT": 1000}}}
    for source in (rows, {"BTCUSDT": -0.5, "USDT": 1000}, parts):
        book = load_book(source, snapshot=market)
        assert book.instruments == ("BTCUSDT",)
        assert book.assets == ("USDT",)
