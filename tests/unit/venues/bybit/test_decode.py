from __future__ import annotations

import copy
import json
import math
import tarfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.market import MarketSnapshot, Origin
from seawall.venues.bybit.decode import snapshot_from_native_file
from seawall.venues.bybit.venue import BYBIT
from tests.unit.venues.bybit.samples import (
    CALL,
    EXPIRY_MS,
    INVERSE,
    PERP,
    PUT,
    RECORDED,
    SHAPES,
    T0_MS,
    answer,
    as_bytes,
    listing,
    native,
    ticker,
)


def read(file: Any, **options: Any) -> MarketSnapshot:
    return snapshot_from_native_file(as_bytes(file), **options)


def problems_of(file: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(file)
    return str(caught.value)


def tickers(category: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"/v5/market/tickers": answer({"category": category, "list": list(rows)}, **more)}


def test_an_option_has_mark_vol_and_its_own_forward() -> None:
    snapshot = read(native())
    row = snapshot.table.position(CALL)
    assert (snapshot.mark[row], snapshot.vol[row], snapshot.forward[row]) == (2_608.5, 0.5774, 66_200.0)
    assert (snapshot.ask[row], snapshot.ask_size[row]) == (2_700.0, 3.0)
    assert snapshot.table.lot[row] == 0.01
    assert snapshot.time_ns == T0_MS * 1_000_000


def test_an_empty_side_of_the_book_is_no_price() -> None:
    snapshot = read(native())
    row = snapshot.table.position(CALL)
    assert math.isnan(snapshot.bid[row])
    assert snapshot.bid_size[row] == 0.0


def test_an_option_that_is_worth_nothing_has_a_mark_of_zero_and_a_future_has_none() -> None:
    snapshot = read(tickers("option", ticker(CALL, markPrice="0")))
    assert snapshot.mark[0] == 0.0
    assert math.isnan(read(tickers("linear", ticker(PERP, markPrice="0"))).mark[0])


def test_a_perpetual_is_its_own_forward_and_its_funding_is_for_eight_hours() -> None:
    snapshot = read(tickers("linear", ticker(PERP, fundingIntervalHour="4")))
    assert snapshot.forward[0] == snapshot.mark[0] == 66_005.0
    assert snapshot.funding_8h[0] == pytest.approx(2e-4)


def test_the_price_of_usdt_is_the_coins_index_in_dollars_over_that_in_usdt() -> None:
    snapshot = read(native())
    assert snapshot.index["BTC"] == 66_000.0
    assert snapshot.index["USDT"] == pytest.approx(66_000.0 / 66_010.5)
    assert snapshot.index_origin["USDT"] == Origin.DERIVED


def test_a_stable_coin_without_a_price_is_at_par_and_the_snapshot_says_so() -> None:
    snapshot = read(tickers("linear", ticker(PERP)))
    assert snapshot.index["USDT"] == 1.0
    assert any("USDT" in note for note in snapshot.notes)


def test_a_spot_pair_gives_a_dollar_price_and_no_instrument() -> None:
    pair = {"symbol": "BTCUSDT", "usdIndexPrice": "65990"}
    file = tickers("linear", ticker(PERP)) | {"spot market/tickers": answer({"category": "spot", "list": [pair]})}
    snapshot = read(file)
    assert snapshot.table.names == (PERP,)
    assert snapshot.index["BTC"] == 65_990.0


def test_a_listed_contract_without_a_price_stays_and_has_none() -> None:
    file = native()
    file["/v5/market/tickers"] = file["/v5/market/tickers"][1:]
    snapshot = read(file)
    row = snapshot.table.position(PUT)
    assert math.isnan(snapshot.mark[row])
    assert snapshot.mark_origin[row] == Origin.MISSING


def test_each_fault_is_named_with_its_path_field_and_rule() -> None:
    said = problems_of(tickers("option", ticker(CALL, markIv="-0.2"), ticker(PUT, markPrice="a lot")))
    assert "list[0].markIv" in said
    assert "implied volatilities are >= 0" in said
    assert "list[1].markPrice" in said
    assert CALL in said


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (tickers("option", ticker(PERP)), "its symbol is linear"),
        (tickers("futures", ticker(PERP)), "categories are option"),
        (tickers("linear", ticker(PERP), ticker(PERP)), "it stands once"),
        (tickers("linear", ticker(PERP, bid1Price="0", bid1Size="2")), "a side with a size"),
        (tickers("linear", ticker(PERP, markPrice="1e40")), "at most"),
        (tickers("linear", ticker(PERP), retCode=10001, retMsg="no"), "0 stands for success"),
        (tickers("linear", ticker(PERP), time="yesterday"), "milliseconds since 1970"),
        ({"/v5/market/tickers": {"retCode": 0, "result": {"category": "linear", "list": [ticker(PERP)]}}}, "time"),
        (tickers("linear"), "at least one contract"),
        ({"/v5/market/tickers": []}, "a key that holds"),
        ({"tick": 1}, "a key that holds"),
        ([1, 2], "a native file is a JSON object"),
        (native(**{"/v5/market/instruments-info": answer(
            {"category": "option", "list": [listing(CALL, optionsType="Put")]})}), "its symbol says Call"),
        (native(**{"/v5/market/instruments-info": answer(
            {"category": "option", "list": [listing(CALL, deliveryTime=str(EXPIRY_MS + 1))]})}), "says 2026"),
        (native(**{"/v5/market/instruments-info": answer(
            {"category": "linear", "list": [listing(PERP, settleCoin="USDC")]})}), "its symbol says USDT"),
    ],
)  # fmt: skip
def test_what_can_not_be_meant_is_refused_with_the_rule(file: Any, rule: str) -> None:
    assert rule in problems_of(file)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 5000, b'"\\ud800"', b"1e999"],
)
def test_garbage_is_an_input_error(content: bytes) -> None:
    with pytest.raises(InputError):
        snapshot_from_native_file(content)


def test_every_truncation_is_refused() -> None:
    content = as_bytes(native())
    for end in range(0, len(content), 97):
        with pytest.raises(InputError):
            snapshot_from_native_file(content[:end])


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("1e400"), st.just("-1"),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def changed(tree: Any, place: tuple[Any, ...], value: Any) -> Any:
    tree = copy.deepcopy(tree)
    if not place:
        return value
    part = tree
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return tree


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(places(native())), leaves)
def test_any_value_anywhere_is_a_snapshot_or_an_input_error(place: tuple[Any, ...], value: Any) -> None:
    content = json.dumps(changed(native(), place, value)).encode("utf-8", "surrogatepass")
    try:
        snapshot = snapshot_from_native_file(content)
    except InputError as error:
        assert str(error)
        return
    assert all(price > 0.0 for price in snapshot.index.values())


def test_the_venue_tells_its_file_and_names_the_snapshot() -> None:
    content = as_bytes(native())
    assert BYBIT.is_snapshot(content)
    assert not BYBIT.is_snapshot(b'{"get_instruments": []}')
    assert BYBIT.read_snapshot(content, name="mine").name == "mine"
    assert read(native()).name == "bybit-btc-2026-08-01"


@pytest.mark.skipif(not SHAPES.is_file(), reason=f"{SHAPES.name} is not in {SHAPES.parent}; set SEAWALL_DATA")
def test_the_documented_answers_are_read() -> None:
    shapes = json.loads(SHAPES.read_bytes())["bybit"]
    public = {key: shapes[key] for key in ("/v5/market/tickers", "/v5/market/instruments-info")}
    snapshot = snapshot_from_native_file(as_bytes(public))
    names = {"BTCUSD", "BTC-30DEC22-18000-C", "BTCUSDT", "BIOUSDT", "BTC-27MAR26-70000-P-USDT"}
    assert set(snapshot.table.names) == names
    row = snapshot.table.position("BTC-30DEC22-18000-C")
    assert (snapshot.mark[row], snapshot.vol[row], snapshot.forward[row]) == (9e-8, 0.7567, 16_590.42)
    assert snapshot.index["BTC"] == 20_784.12009279  # of the spot pair, which is in dollars
    assert snapshot.funding_8h[snapshot.table.position("BTCUSD")] == pytest.approx(1e-4)


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"{RECORDED.name} is not in {RECORDED.parent}; set SEAWALL_DATA")
def test_recorded_listings_are_read() -> None:
    with tarfile.open(RECORDED) as archive:
        found = {name: archive.extractfile(f"bybit/test_data/http_get_instruments_{name}.json").read()  # type: ignore[union-attr]
                 for name in ("inverse", "linear")}  # fmt: skip
    for name, content in found.items():
        listed = json.loads(content)
        listed["result"]["category"] = name  # the venue says it, and the recording left it out
        snapshot = read({"instruments-info": listed}, time_ns=to_ns("2026-01-01T00:00:00Z"))
        assert set(snapshot.table.names) == {row["symbol"] for row in listed["result"]["list"]}, name


def test_a_tickers_file_says_where_its_instruments_stand() -> None:
    assert read(native()).table.position(INVERSE) >= 0
