from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.market import MarketSnapshot, Origin
from seawall.venues.derive.decode import snapshot_from_native_file
from seawall.venues.derive.venue import DERIVE
from tests.unit.venues.derive.samples import (
    CALL,
    EXPIRY_S,
    PERP,
    PUT,
    SPOT,
    T0_MS,
    answer,
    as_bytes,
    feeds,
    listed,
    native,
    slim,
    ticker,
)


def read(file: Any, **options: Any) -> MarketSnapshot:
    return snapshot_from_native_file(as_bytes(file), **options)


def problems_of(file: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(file)
    return str(caught.value)


def test_an_option_has_mark_vol_and_its_own_forward() -> None:
    snapshot = read(native())
    row = snapshot.table.position(CALL)
    assert (snapshot.mark[row], snapshot.vol[row], snapshot.forward[row]) == (3_100.5, 0.60, 63_400.0)
    assert (snapshot.ask[row], snapshot.ask_size[row], snapshot.open_interest[row]) == (63_010.0, 10.0, 1_000.0)
    assert snapshot.table.lot[row] == 0.01
    assert snapshot.vol_origin[row] == Origin.OBSERVED


def test_an_empty_side_of_the_book_is_no_price() -> None:
    snapshot = read(native())
    row = snapshot.table.position(CALL)
    assert math.isnan(snapshot.bid[row])
    assert snapshot.bid_size[row] == 0.0


def test_a_short_ticker_says_the_same_in_single_letters() -> None:
    snapshot = read(native())
    row = snapshot.table.position(PUT)
    assert (snapshot.mark[row], snapshot.vol[row], snapshot.forward[row]) == (1_400.5, 0.70513, 63_401.0)
    assert (snapshot.bid[row], snapshot.bid_size[row]) == (1_341.0, 0.3)
    assert (snapshot.ask[row], snapshot.ask_size[row], snapshot.open_interest[row]) == (1_420.0, 0.4, 1.3)


def test_a_perpetual_is_its_own_forward_and_its_funding_is_for_eight_hours() -> None:
    snapshot = read(native())
    row = snapshot.table.position(PERP)
    assert snapshot.forward[row] == snapshot.mark[row] == 63_000.25
    assert snapshot.funding_8h[row] == pytest.approx(1e-4)


def test_feeds_say_how_sure_each_price_is() -> None:
    snapshot = read(native())
    assert snapshot.feeds is not None
    call, perp = snapshot.table.position(CALL), snapshot.table.position(PERP)
    told = snapshot.feeds
    assert (told.forward_confidence[call], told.vol_confidence[call], told.rate_confidence[call]) == (0.8, 0.7, 0.6)
    assert told.rate[call] == 0.045
    assert told.mark_confidence[perp] == 0.9
    assert math.isnan(told.mark_confidence[call])
    assert dict(told.index_confidence) == {"BTC": 0.98, "USDC": 1.0}


def test_without_feeds_the_rate_is_that_of_the_discount_factor_and_noted() -> None:
    snapshot = read(native(**{"public/get_latest_signed_feeds": None}))
    assert snapshot.feeds is not None
    call = snapshot.table.position(CALL)
    years = snapshot.years[call]
    assert snapshot.feeds.rate[call] == pytest.approx(-math.log(0.993) / years, rel=1e-12)
    assert math.isnan(snapshot.feeds.forward_confidence[call])
    assert any("discount factors" in note for note in snapshot.notes)


def test_the_index_is_the_perpetuals_and_usdc_is_the_feeds() -> None:
    snapshot = read(native())
    assert snapshot.index["BTC"] == 62_950.5
    assert snapshot.index["USDC"] == 0.9991
    assert snapshot.index_origin["USDC"] == Origin.OBSERVED
    bare = read(native(**{"public/get_latest_signed_feeds": None}))
    assert bare.index["USDC"] == 1.0
    assert bare.index_origin["USDC"] == Origin.DERIVED


def test_the_instant_is_that_of_the_newest_ticker_and_names_the_snapshot() -> None:
    snapshot = read(native())
    assert snapshot.time_ns == (T0_MS + 500) * 1_000_000
    assert snapshot.name == "derive-btc-2026-08-01"
    assert read(native(), name="mine", time_ns=to_ns("2026-08-02")).time_ns == to_ns("2026-08-02")


def test_tickers_alone_are_enough_and_the_newer_of_two_counts() -> None:
    file = {"get_tickers": [answer({"tickers": {PUT: slim()}}), answer({PUT: slim(t=T0_MS + 9, M="1"), SPOT: slim()})]}
    snapshot = read(file)
    assert set(snapshot.table.names) == {PUT, SPOT}
    assert snapshot.mark[snapshot.table.position(PUT)] == 1_400.5


def test_a_listed_instrument_without_ticker_is_kept_without_a_price() -> None:
    snapshot = read(native(**{"public/get_tickers": None}))
    assert math.isnan(snapshot.mark[snapshot.table.position(PUT)])
    assert any("no ticker" in note for note in snapshot.notes)


def test_in_the_last_half_hour_the_averaged_part_of_the_forward_is_settled() -> None:
    aggregates = {"spot_aggregate_latest": str(63_000.0 * 900), "spot_aggregate_start": "0", "confidence": "1"}
    told = feeds(fwd_data={"BTC": {str(EXPIRY_S): aggregates}})
    late_ns = (EXPIRY_S - 900) * 10**9
    snapshot = read(native(**{"public/get_latest_signed_feeds": answer(told)}), time_ns=late_ns)
    assert snapshot.feeds is not None
    assert snapshot.feeds.settled_forward[snapshot.table.position(CALL)] == pytest.approx(31_500.0)
    early = read(native(**{"public/get_latest_signed_feeds": answer(told)}))
    assert early.feeds is not None
    assert early.feeds.settled_forward[early.table.position(CALL)] == 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mark_price": "NaN"}, r"mark_price is 'NaN'; numbers are decimal strings"),
        ({"mark_price": "-1"}, r"mark_price is '-1'; prices are finite and >= 0"),
        ({"mark_price": "0"}, "only an option may be worth 0"),
        ({"index_price": "0"}, "forward and index prices are finite and above 0"),
        ({"best_ask_amount": True}, "best_ask_amount is True; numbers are decimal strings"),
        ({"timestamp": -4}, "timestamps are milliseconds since 1970"),
        ({"stats": []}, "stats is 'a list of 0'; it is a JSON object"),
        ({"amount_step": "0"}, "size steps are finite and above 0"),
        ({"base_currency": "ETH"}, "base_currency is 'ETH'; its name says BTC"),
        ({"instrument_type": "option"}, "instrument_type is 'option'; its name says perpetual"),
        ({"instrument_name": "BTC-PERPETUAL"}, "Derive writes COIN-YYYYMMDD"),
        ({"perp_details": {"funding_rate": "1e9"}}, "funding rates are fractions"),
    ],
)
def test_a_faulty_ticker_is_refused_with_field_value_and_rule(change: dict[str, Any], said: str) -> None:
    assert said in problems_of({"public/get_ticker": answer(ticker(PERP, "perp", **change))})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strike": "70001"}, "its name says 70000"),
        ({"option_type": "P"}, "its name says C"),
        ({"expiry": EXPIRY_S + 1}, f"its name says {EXPIRY_S}"),
    ],
)
def test_a_listing_that_contradicts_its_name_is_refused(change: dict[str, Any], said: str) -> None:
    row = listed(CALL, "option")
    row["option_details"] |= change
    assert said in problems_of(native(**{"public/get_instruments": answer([row])}))


def test_a_confidence_above_one_is_refused() -> None:
    told = feeds(spot_data={"BTC": {"confidence": "1.5", "price": "1"}})
    assert "confidences are from 0 to 1" in problems_of(native(**{"public/get_latest_signed_feeds": answer(told)}))


def test_an_error_answer_is_refused_with_its_words() -> None:
    file = native(**{"public/get_ticker": {"id": 1, "error": {"code": -32602, "message": "Invalid params"}}})
    assert "$.public/get_ticker.error is 'Invalid params'; an answer holds a result" in problems_of(file)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b'{"a": 1}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_file_of_answers_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        snapshot_from_native_file(content)


HOSTILE = (
    None, True, -1, 0, 1e300, 10**400, "", "x", "1e999", "9" * 500, "\ud800", [], [[]], {}, {"result": {}}, [None], [1],
    {"error": 1}, {"tickers": 3}, {"tickers": {"x": 1}}, "\x00",
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_a_file_with_any_part_replaced_is_a_snapshot_or_an_input_error(data: st.DataObject) -> None:
    file = copy.deepcopy(native())
    holder: Any = file
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 5)) == 0:
            break
        holder = inner
    holder[key] = data.draw(st.sampled_from(HOSTILE))
    content = json.dumps(file).encode()
    try:
        snapshot = snapshot_from_native_file(content)
    except InputError as error:
        assert all(len(str(problem)) < 1_000 for problem in error.problems)
        str(error).encode()
    else:
        assert len(snapshot) > 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 5_000))
def test_a_truncated_file_is_an_input_error(length: int) -> None:
    content = as_bytes(native())
    if length < len(content):
        with pytest.raises(InputError):
            snapshot_from_native_file(content[:length])


def test_a_file_of_derive_is_told_from_one_of_deribit() -> None:
    assert DERIVE.is_snapshot(as_bytes(native()))
    assert not DERIVE.is_snapshot(b'{"get_instruments": [{"instrument_name": "BTC-PERPETUAL", "kind": "future"}]}')
    assert DERIVE.read_snapshot(as_bytes(native()), name="mine").name == "mine"
