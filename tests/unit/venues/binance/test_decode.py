from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.time import NS_PER_MS, to_ns
from seawall.market import MarketSnapshot, Origin
from seawall.venues.binance.decode import snapshot_from_json, snapshot_from_native_file
from seawall.venues.binance.messages import method_of
from seawall.venues.binance.venue import BINANCE
from tests.unit.venues.binance.samples import (
    CALL,
    COIN,
    EXPIRY_MS,
    HOSTILE,
    PERP,
    PUT,
    SHAPES,
    T0_MS,
    as_bytes,
    listed,
    marked,
    native,
    places,
    spoiled,
)


def read(file: Any, **options: Any) -> MarketSnapshot:
    return snapshot_from_native_file(as_bytes(file), **options)


def problems_of(file: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(file)
    return str(caught.value)


def test_an_option_has_mark_vol_and_quotes_and_no_forward_of_its_own() -> None:
    snapshot = read(native())
    row = snapshot.table.position(CALL)
    assert (snapshot.mark[row], snapshot.vol[row], snapshot.bid[row]) == (3_100.5, 0.60, 3_050.0)
    assert math.isnan(snapshot.forward[row])
    assert snapshot.table.lot[row] == 0.01
    assert snapshot.table.expiry_ns[row] == EXPIRY_MS * NS_PER_MS
    assert snapshot.vol_origin[row] == Origin.OBSERVED


def test_an_empty_side_of_the_book_is_no_price() -> None:
    snapshot = read(native())
    assert math.isnan(snapshot.ask[snapshot.table.position(CALL)])
    assert math.isnan(snapshot.bid[snapshot.table.position(PUT)])


def test_a_perpetual_is_its_own_forward() -> None:
    snapshot = read(native())
    for name, mark in ((PERP, 62_700.5), (COIN, 62_690.1)):
        row = snapshot.table.position(name)
        assert snapshot.mark[row] == snapshot.forward[row] == mark
        assert math.isnan(snapshot.vol[row])


def test_the_index_in_usd_is_that_of_the_coin_settled_contracts() -> None:
    snapshot = read(native())
    assert snapshot.index["BTC"] == 62_640.0
    assert snapshot.index_origin["BTC"] == Origin.OBSERVED
    assert snapshot.index["USDT"] == 1.0
    assert snapshot.index_origin["USDT"] == Origin.DERIVED


def test_without_them_it_is_derived_from_the_option_index_and_then_from_the_perpetual() -> None:
    snapshot = read(native(**{"/dapi/v1/premiumIndex": None}))
    assert snapshot.index["BTC"] == 62_655.5
    assert snapshot.index_origin["BTC"] == Origin.DERIVED
    assert any("option index" in note for note in snapshot.notes)
    without = read(native(**{"/dapi/v1/premiumIndex": None, "/eapi/v1/index?underlying=BTCUSDT": None}))
    assert without.index["BTC"] == 62_655.25


def test_the_newest_answer_gives_the_time() -> None:
    assert read(native()).time_ns == T0_MS * NS_PER_MS
    assert read(native(), time_ns=7).time_ns == 7
    assert read(native()).name == "binance-btc-2026-08-01"
    with pytest.raises(InputError, match="time_ns"):
        read({"eapi/v1/mark": [marked(CALL, "1", "0.5")]})


def test_what_is_listed_without_a_price_is_there_without_one() -> None:
    snapshot = read(native(**{"GET /eapi/v1/mark": [marked(CALL, "3100.5", "0.60")]}))
    row = snapshot.table.position(PUT)
    assert math.isnan(snapshot.mark[row])
    assert math.isnan(snapshot.vol[row])
    assert any("1 listed instruments have no mark" in note for note in snapshot.notes)


def test_a_mark_of_nothing_is_a_price_of_an_option_and_none_of_a_future() -> None:
    snapshot = read(native(**{
        "GET /eapi/v1/mark": [marked(CALL, "0.0", "0.6"), marked(PUT, "1", "0.6")],
        "/fapi/v1/premiumIndex": [{"symbol": PERP, "markPrice": "0.0", "indexPrice": "", "time": T0_MS}],
    }))  # fmt: skip
    assert snapshot.mark[snapshot.table.position(CALL)] == 0.0
    assert math.isnan(snapshot.mark[snapshot.table.position(PERP)])


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"GET /eapi/v1/mark": [marked(CALL, "dear", "0.6")]}, "markPrice"),
        ({"GET /eapi/v1/mark": [marked(CALL, "-1", "0.6")]}, "prices are finite and >= 0"),
        ({"GET /eapi/v1/mark": [marked(CALL, "1", "-0.1")]}, "implied volatilities are finite and >= 0"),
        ({"GET /eapi/v1/mark": [marked(PERP, "1", "0.1")]}, "it is an option"),
        ({"GET /eapi/v1/mark": [marked(CALL, "1", "0.1")] * 2}, "it stands once in these answers"),
        ({"GET /eapi/v1/mark": 7}, "an answer is an object or a list of them"),
        ({"GET /eapi/v1/mark": [{"markPrice": "1"}]}, "symbol"),
        ({"GET /eapi/v1/mark": {"code": -1121, "msg": "Invalid symbol."}}, "the venue refused the call"),
        ({"/fapi/v1/premiumIndex": [{"symbol": CALL, "markPrice": "1"}]}, "it is a future or perpetual"),
        ({"/fapi/v1/premiumIndex": [{"symbol": "no name"}]}, "Binance writes"),
        ({"/fapi/v1/premiumIndex": [{"symbol": PERP, "time": -5}]}, "times are milliseconds since 1970"),
        ({"/eapi/v1/index?underlying=BTCUSDT": {"indexPrice": "0"}}, "index prices are"),
        ({"/eapi/v1/index": {"indexPrice": "60000"}}, "underlying=BTCUSDT"),
        ({"GET /eapi/v1/exchangeInfo": {"serverTime": T0_MS}}, "optionSymbols"),
        ({"GET /eapi/v1/exchangeInfo": {"optionSymbols": [listed(CALL), listed(CALL)]}}, "it stands once in the list"),
        ({"GET /eapi/v1/exchangeInfo": {"optionSymbols": [listed(CALL, side="PUT")]}}, "its name says CALL"),
        ({"GET /eapi/v1/exchangeInfo": {"optionSymbols": [listed(CALL, strikePrice="1")]}}, "its name says 70000"),
        ({"GET /eapi/v1/exchangeInfo": {"optionSymbols": [listed(CALL, expiryDate=T0_MS)]}}, "its name says"),
        ({"GET /eapi/v1/exchangeInfo": {"optionSymbols": [listed(CALL, quoteAsset="USDC")]}}, "its name says USDT"),
        ({"GET /eapi/v1/exchangeInfo": {"optionSymbols": [listed(CALL, unit=10)]}}, "an option is of one unit"),
        ({"GET /eapi/v1/exchangeInfo": {"optionSymbols": [listed(CALL, filters=[
            {"filterType": "LOT_SIZE", "stepSize": "-1"}])]}}, "steps of sizes"),
    ],
)  # fmt: skip
def test_a_faulty_answer_is_refused_with_field_and_rule(part: dict[str, Any], said: str) -> None:
    assert said in problems_of(native(**part))


def test_all_problems_are_told_at_once_with_their_places() -> None:
    told = problems_of(native(**{
        "GET /eapi/v1/mark": [marked(CALL, "x", "0.6"), marked(PUT, "1", "y")],
        "/fapi/v1/premiumIndex": [{"symbol": PERP, "markPrice": "z"}],
    }))  # fmt: skip
    assert "$[0].markPrice" in told
    assert "$[1].markIV" in told
    assert PERP in told


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b'"x"', b"{}", b'{"a": 1}', b"\xff\xfe", b"NaN", b"[" * 99_999]
)
def test_what_is_no_file_of_answers_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        snapshot_from_native_file(content)


def test_a_file_that_is_cut_off_anywhere_is_refused() -> None:
    whole = as_bytes(native())
    for end in range(0, len(whole), 7):
        with pytest.raises(InputError):
            snapshot_from_native_file(whole[:end])


def test_a_number_that_is_none_is_refused_in_its_row() -> None:
    text = json.dumps(native()).replace('"3100.5"', "NaN")
    with pytest.raises(InputError, match="markPrice"):
        snapshot_from_native_file(text.encode())


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(places(native())) - 1), st.sampled_from(HOSTILE))
def test_a_file_with_any_part_replaced_is_a_snapshot_or_an_input_error(place: int, part: Any) -> None:
    try:
        snapshot = snapshot_from_json(spoiled(native(), place, part), name="spoiled", source="test")
    except InputError as error:
        str(error).encode()
    else:
        assert not (snapshot.mark < 0.0).any()
        assert all(price > 0.0 for price in snapshot.index.values())


def test_the_venue_tells_its_files_by_their_methods() -> None:
    assert BINANCE.is_snapshot(as_bytes(native()))
    assert not BINANCE.is_snapshot(b'{"public/get_instruments": []}')
    assert BINANCE.read_snapshot(as_bytes(native()), name="now").name == "now"
    assert method_of("GET /eapi/v1/mark?symbol=x") == "eapi/v1/mark"
    assert method_of("") == ""


@pytest.mark.skipif(not SHAPES.is_file(), reason=f"{SHAPES.name} is not in {SHAPES.parent}; set SEAWALL_DATA")
def test_the_documented_answers_are_read() -> None:
    shapes = json.loads(SHAPES.read_bytes())["binance"]
    snapshot = snapshot_from_json(shapes, name="documented", source="API reference")
    assert snapshot.time_ns == 1_592_387_337_630 * NS_PER_MS
    row = snapshot.table.position("BTC-200730-9000-C")
    assert (snapshot.mark[row], snapshot.vol[row]) == (1_343.2883, 1.45)
    listed_row = snapshot.table.position("BTC-220815-50000-C")
    assert snapshot.table.expiry_ns[listed_row] == to_ns("2022-08-15T00:00:00Z")  # as the example lists it
    assert math.isnan(snapshot.mark[listed_row])
