from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError, SeawallError, VenueError
from seawall.core.time import to_ns
from seawall.instruments import Kind
from seawall.market import MarketSnapshot, Origin
from seawall.venues.deribit import symbols
from seawall.venues.deribit.decode import snapshot_from_native_file, snapshot_from_responses

Rows = list[dict[str, Any]]
Market = tuple[Rows, Rows, Rows]


def read(market: Market, make: Any, **options: Any) -> MarketSnapshot:
    instruments, summaries, tickers = (make.answer(rows) for rows in market)
    return snapshot_from_responses(instruments, summaries, tickers, name="now", source="test", **options)


def problems_of(market: Market, make: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(market, make)
    return str(caught.value)


def test_an_option_has_its_mark_in_coin_its_vol_as_a_decimal_and_its_own_forward(
    small_market: Market, make: Any, option_name: str
) -> None:
    snapshot = read(small_market, make)
    row = snapshot.table.position(option_name)
    assert snapshot.mark[row] == 0.0123
    assert snapshot.vol[row] == 0.586
    assert snapshot.forward[row] == 63_100.5
    assert snapshot.ask[row] == 0.0125
    assert snapshot.open_interest[row] == 88.5
    assert snapshot.vol_origin[row] == Origin.OBSERVED


def test_a_future_is_its_own_forward_and_has_no_vol(small_market: Market, make: Any) -> None:
    snapshot = read(small_market, make)
    row = snapshot.table.position("BTC-25SEP26")
    assert snapshot.forward[row] == snapshot.mark[row] == 63_101.0
    assert np.isnan(snapshot.vol[row])
    assert snapshot.vol_origin[row] == Origin.MISSING
    assert snapshot.open_interest[row] == 8_901_820.0


def test_the_newer_of_summary_and_ticker_counts_and_the_other_fills_what_it_lacks(
    small_market: Market, make: Any
) -> None:
    instruments, summaries, _ = small_market
    newer = [make.ticker("BTC-PERPETUAL", funding_8h=None)]
    snapshot = read((instruments, summaries, newer), make)
    row = snapshot.table.position("BTC-PERPETUAL")
    assert (snapshot.mark[row], snapshot.bid[row], snapshot.bid_size[row]) == (62_701.5, 62_701.0, 385_760.0)
    assert snapshot.funding_8h[row] == 4e-06
    older = [make.ticker("BTC-PERPETUAL", timestamp=make.t0_ns // 1_000_000 - 1)]
    snapshot = read((instruments, summaries, older), make)
    assert (snapshot.mark[row], snapshot.bid[row]) == (62_700.5, 62_700.0)
    assert np.isnan(snapshot.bid_size[row]), "an old size beside a new price is nobody's quote"
    assert snapshot.index["BTC"] == 62_655.5


def test_the_instant_is_that_of_the_newest_row_unless_given(small_market: Market, make: Any) -> None:
    snapshot = read(small_market, make)
    assert snapshot.time_ns == make.t0_ns + 1_500_000_000
    assert sorted(set(snapshot.observed_ns.tolist())) == [make.t0_ns, make.t0_ns + 1_500_000_000]
    assert read(small_market, make, time_ns=5).time_ns == 5


def test_no_bid_is_not_a_bid_of_zero(small_market: Market, make: Any, option_name: str) -> None:
    snapshot = read(small_market, make)
    assert np.isnan(snapshot.bid[snapshot.table.position(option_name)])
    small_market[2].append(
        make.ticker(option_name, mark_price=0.0, mark_iv=58.0, best_bid_price=0.0, best_bid_amount=0.0,
                    best_ask_price=0.0125, best_ask_amount=2.5, underlying_price=63_000.0)
    )  # fmt: skip
    snapshot = read(small_market, make)
    row = snapshot.table.position(option_name)
    assert np.isnan(snapshot.bid[row])
    assert (snapshot.bid_size[row], snapshot.ask[row], snapshot.ask_size[row]) == (0.0, 0.0125, 2.5)
    assert snapshot.mark[row] == 0.0, "a mark that the venue rounds to 0 is observed, not missing"


def test_a_price_that_nobody_offers_an_amount_at_is_no_quote(small_market: Market, make: Any) -> None:
    small_market[2][0]["best_bid_amount"] = 0.0
    snapshot = read(small_market, make)
    row = snapshot.table.position("BTC-PERPETUAL")
    assert np.isnan(snapshot.bid[row])
    assert (snapshot.bid_size[row], snapshot.ask[row]) == (0.0, 62_701.5)


def test_an_instrument_that_nothing_prices_is_kept_and_unavailable(small_market: Market, make: Any) -> None:
    small_market[0].append(make.listed("BTC-25SEP26-90000-P", "option", strike=90_000, option_type="put"))
    snapshot = read(small_market, make)
    row = snapshot.table.position("BTC-25SEP26-90000-P")
    for column in ("mark", "vol", "forward", "bid", "ask", "open_interest"):
        assert np.isnan(getattr(snapshot, column)[row])
    assert snapshot.observed_ns[row] == 0
    assert any("1 listed instruments have no price" in note for note in snapshot.notes)


def test_combos_are_left_out_and_counted(small_market: Market, make: Any) -> None:
    small_market[0].append(make.listed("BTC-FS-25SEP26_PERP", "future_combo"))
    small_market[1].append(make.summary("BTC-FS-25SEP26_PERP", bid_price=400.0))
    small_market[1].append(make.summary("BTC-CS-25SEP26-65000_68000"))
    snapshot = read(small_market, make)
    assert len(snapshot) == 3
    assert any(note.startswith("2 combos") for note in snapshot.notes)


def test_contract_size_and_lot_are_those_listed(small_market: Market, make: Any) -> None:
    small_market[0][2] |= {"min_trade_amount": 0.3, "contract_size": 1.0}
    snapshot = read(small_market, make)
    assert snapshot.table.lot.tolist() == [10.0, 10.0, 0.3]
    assert snapshot.table.contract_size.tolist() == [10.0, 10.0, 1.0]


def test_a_stable_coin_without_index_is_one_dollar_by_a_stated_assumption(make: Any) -> None:
    name = "ETH_USDC-PERPETUAL"
    linear = make.listed(name, "future", base_currency="ETH", quote_currency="USDC", settlement_currency="USDC",
                         contract_size=0.001, min_trade_amount=0.001)  # fmt: skip
    market = [linear], [make.summary(name, mark_price=3_000.0)], [make.ticker(name, index_price=3_001.0)]
    snapshot = read(market, make)
    assert snapshot.index == {"USDC": 1.0, "ETH": 3_001.0}
    assert snapshot.index_origin == {"USDC": Origin.DERIVED, "ETH": Origin.DERIVED}
    assert any("assumption" in note for note in snapshot.notes)
    given_index = read(market, make, index={"USDC": 0.9})
    assert given_index.index["ETH"] == 3_001.0 * 0.9
    assert given_index.index_origin["USDC"] == Origin.OBSERVED
    assert not any("assumption" in note for note in given_index.notes)


def test_without_an_index_price_the_perpetuals_delivery_price_is_the_index(small_market: Market, make: Any) -> None:
    small_market[1][0]["estimated_delivery_price"] = 1.0
    snapshot = read((small_market[0], small_market[1], []), make)
    assert snapshot.index["BTC"] == 62_650.25
    assert any("estimated delivery price of BTC-PERPETUAL" in note for note in snapshot.notes)


def test_a_delivery_price_in_the_settlement_half_hour_is_no_index(make: Any) -> None:
    name, expiry_ms = "BTC-25SEP26", to_ns("2026-09-25T08:00Z") // 1_000_000
    row = make.listed(name, "future", expiration_timestamp=expiry_ms)

    def at(seconds_before: int) -> MarketSnapshot:
        quote = make.summary(name, creation_timestamp=expiry_ms - 1_000 * seconds_before)
        return read(([row], [quote], []), make)

    assert at(1_801).index == {"BTC": 62_650.25}
    assert at(1_799).index == {}


def test_all_problems_of_the_answers_are_told_at_once(small_market: Market, make: Any, option_name: str) -> None:
    small_market[1][0] |= {"mark_iv": -0.2, "bid_price": "0.01", "underlying_price": 0}
    small_market[1][1] |= {"mark_price": -5.0}
    small_market[2][0] |= {"timestamp": 1.5}
    del small_market[0][0]["kind"]
    text = problems_of(small_market, make)
    assert text.startswith("6 problems")
    assert f"book summaries, {option_name}: $.result[0].mark_iv is -0.2; implied volatilities are finite" in text
    assert "$.result[0].bid_price is '0.01'; its type is wrong" in text
    assert "$.result[0].underlying_price is 0; forward and index prices are finite and above 0" in text
    assert "$.result[1].mark_price is -5.0; prices are finite and >= 0" in text
    assert "tickers, BTC-PERPETUAL: $.result[0].timestamp is 1.5" in text
    assert "$.result[0].kind is None; this field is required" in text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_none_is_named_although_it_is_no_json(
    number: str, small_market: Market, make: Any, option_name: str
) -> None:
    instruments, summaries, tickers = (make.answer(rows) for rows in small_market)
    poisoned = summaries.replace(b'"mark_iv":58.6', b'"mark_iv":' + number.encode())
    assert poisoned != summaries
    with pytest.raises(InputError, match=rf"{option_name}: \$\.result\[0\]\.mark_iv is"):
        snapshot_from_responses(instruments, poisoned, tickers, name="now", source="test")


def test_a_price_for_a_stranger_is_refused(small_market: Market, make: Any) -> None:
    small_market[1].append(make.option_summary("BTC-25SEP26-90000-C"))
    assert "every priced instrument is among the instruments" in problems_of(small_market, make)


@pytest.mark.parametrize("document", [0, 1, 2])
def test_an_instrument_that_stands_twice_is_refused(document: int, small_market: Market, make: Any) -> None:
    small_market[document].append(dict(small_market[document][0]))
    assert "it stands once; it is at $.result[0] already" in problems_of(small_market, make)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("strike", 99_000.0), ("option_type", "put"), ("expiration_timestamp", 1_790_323_200_001),
     ("base_currency", "ETH"), ("settlement_currency", "USDC"), ("kind", "future")],
)  # fmt: skip
def test_a_listing_that_contradicts_its_name_is_refused(
    field: str, wrong: object, small_market: Market, make: Any
) -> None:
    small_market[0][2][field] = wrong
    assert f"$.result[2].{field} is" in problems_of(small_market, make)


def test_a_price_of_zero_is_for_options_only(small_market: Market, make: Any) -> None:
    small_market[1][1]["mark_price"] = 0
    assert "only an option may be worth 0" in problems_of(small_market, make)


def test_a_best_price_of_zero_with_an_amount_is_refused(small_market: Market, make: Any) -> None:
    small_market[2][0]["best_bid_price"] = 0.0
    assert "best_bid_price is 0.0; a side with an amount" in problems_of(small_market, make)


def test_an_error_of_the_venue_is_told_with_its_code_and_message(small_market: Market, make: Any) -> None:
    refusal = b'{"jsonrpc":"2.0","error":{"code":10028,"message":"too_many_requests","data":null}}'
    with pytest.raises(VenueError, match="book summaries: Deribit answered with error 10028: too_many_requests"):
        snapshot_from_responses(make.answer(small_market[0]), refusal, name="now", source="test")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"7", b'"x"', b"[1]", b"<html>", b'{"jsonrpc":"2.0"}', b'{"result":null}',
     b'{"result":[null]}', b'{"result":{"a":1}}', b"\xff\xfe", b'[{"instrument_name":"\\ud800","kind":"future"}]',
     b"[" * 5_000, b"[]",
     b'{"error":"x"}', b'{"error":[1]}', b'{"result":[{"contract_size":' + b"9" * 5_000 + b"}]}"],
)  # fmt: skip
def test_nonsense_is_an_error_of_ours(content: bytes, small_market: Market, make: Any) -> None:
    good = make.answer(small_market[1])
    with pytest.raises(SeawallError):
        snapshot_from_responses(content, good, name="now", source="test")
    with pytest.raises(SeawallError):
        snapshot_from_native_file(content)


def test_a_truncated_answer_is_refused(small_market: Market, make: Any) -> None:
    whole = make.answer(small_market[0])
    with pytest.raises(InputError, match="a response is a JSON document"):
        snapshot_from_responses(whole[:-20], make.answer(small_market[1]), name="now", source="test")


@given(st.binary(max_size=200))
def test_garbage_raises_only_errors_of_ours(content: bytes) -> None:
    for read_garbage in (
        lambda: snapshot_from_native_file(content),
        lambda: snapshot_from_responses(content, b"[]", name="now", source="test"),
    ):
        with pytest.raises(SeawallError):
            read_garbage()


_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_json = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(document=st.integers(0, 2), row=st.integers(0, 2), choice=st.integers(0, 40), junk=_json)
def test_one_hostile_field_raises_only_errors_of_ours(
    document: int, row: int, choice: int, junk: Any, small_market: Market, make: Any
) -> None:
    market = [[dict(item) for item in rows] for rows in small_market]
    victim = market[document][row % len(market[document])]
    victim[sorted(victim)[choice % len(victim)]] = junk
    instruments, summaries, tickers = (msgspec.json.encode(rows) for rows in market)
    try:
        snapshot = snapshot_from_responses(instruments, summaries, tickers, name="now", source="test")
    except SeawallError:
        return
    for column in ("mark", "vol", "bid", "ask", "open_interest"):
        numbers = getattr(snapshot, column)
        assert not np.isinf(numbers).any()
        assert not (numbers < 0.0).any()


def test_the_recorded_chain_of_january_is_read_whole(recorded: Callable[[str], bytes]) -> None:
    content = recorded("options/deribit_btc_native_shape_20260121.json.gz")
    file = msgspec.json.decode(content)
    listed, ticked = file["get_instruments"]["result"], {row["instrument_name"]: row for row in file["tickers"]}
    snapshot = snapshot_from_native_file(content)
    table = snapshot.table
    assert table.names == tuple(row["instrument_name"] for row in listed)
    assert int(table.is_kind(Kind.OPTION).sum()) == sum(row["kind"] == "option" for row in listed)
    assert snapshot.name == "deribit-btc-2026-01-21"
    assert snapshot.time_ns == max(row["timestamp"] for row in ticked.values()) * 1_000_000
    assert snapshot.index["BTC"] == ticked["BTC-PERPETUAL"]["index_price"]
    assert snapshot.index_origin["BTC"] == Origin.OBSERVED
    assert int(np.isnan(snapshot.bid).sum()) == sum(row["best_bid_amount"] == 0 for row in ticked.values())
    for i, name in enumerate(table.names):
        row = ticked[name]
        assert snapshot.mark[i] == row["mark_price"]
        assert snapshot.open_interest[i] == row["open_interest"]
        assert snapshot.ask_size[i] == row["best_ask_amount"]
        if "mark_iv" in row:
            assert snapshot.vol[i] == row["mark_iv"] / 100
            assert snapshot.forward[i] == row["underlying_price"]
    assert not snapshot.notes


def test_the_raw_answers_of_may_are_read_although_their_keys_differ(recorded: Callable[[str], bytes]) -> None:
    content = recorded("options/deribit_native_raw_responses_btc_20260522.json")
    file = msgspec.json.decode(content)
    listed = [row for key, reply in file.items() if "get_instruments" in key for row in reply["result"]]
    snapshot = snapshot_from_native_file(content)
    assert set(snapshot.table.names) == {row["instrument_name"] for row in listed}
    assert snapshot.index["BTC"] == file["deribit_ticker_btc_perpetual"]["result"]["index_price"]
    summaries = {row["instrument_name"]: row for row in file["deribit_book_summary_btc_option"]["result"]}
    for name, row in summaries.items():
        i = snapshot.table.position(name)
        assert snapshot.vol[i] == row["mark_iv"] / 100
        assert np.isnan(snapshot.bid[i]) == (row["bid_price"] is None)


def test_listings_of_2021_are_read_without_prices(recorded: Callable[[str], bytes]) -> None:
    content = recorded("options/deribit_native_get_instruments_btc_eth_20210722.json.gz")
    file = msgspec.json.decode(content)
    snapshot = snapshot_from_native_file(content)
    assert len(snapshot) == sum(len(reply["result"]) for reply in file.values())
    assert snapshot.time_ns == max(reply["usOut"] for reply in file.values()) * 1_000
    assert np.isnan(snapshot.mark).all()
    assert snapshot.index == {"USDC": 1.0}
    assert symbols.parse(snapshot.table.names[0]).underlying == snapshot.table.underlying[0]
