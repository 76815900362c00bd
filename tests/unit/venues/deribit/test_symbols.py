from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError, SeawallError
from seawall.core.time import to_ns
from seawall.instruments import Future, Option, Perpetual, Spot
from seawall.venues.deribit import symbols


def test_an_inverse_option_is_sized_in_coin_and_struck_in_dollars() -> None:
    assert symbols.parse("BTC-25SEP26-100000-C") == Option(
        name="BTC-25SEP26-100000-C", underlying="BTC", quote="USD", settlement="BTC", strike=100_000.0,
        expiry_ns=to_ns("2026-09-25T08:00:00Z"), is_call=True, inverse=True, contract_size=1.0, lot=0.1,
    )  # fmt: skip


def test_a_linear_option_has_an_unknown_lot() -> None:
    assert symbols.parse("ETH_USDC-27MAR26-3000-P") == Option(
        name="ETH_USDC-27MAR26-3000-P", underlying="ETH", quote="USDC", settlement="USDC", strike=3_000.0,
        expiry_ns=to_ns("2026-03-27T08:00:00Z"), is_call=False, inverse=False, contract_size=1.0, lot=0.0,
    )  # fmt: skip


def test_a_small_strike_has_a_d_for_its_point() -> None:
    option = symbols.parse("XRP_USDC-30JUN23-0d625-C")
    assert isinstance(option, Option)
    assert option.strike == 0.625


@pytest.mark.parametrize(("name", "size_usd"), [("BTC-PERPETUAL", 10.0), ("ETH-PERPETUAL", 1.0)])
def test_an_inverse_perpetual_pays_in_coin_and_is_sized_in_dollars(name: str, size_usd: float) -> None:
    coin = name[:3]
    assert symbols.parse(name) == Perpetual(
        name=name, underlying=coin, quote="USD", settlement=coin, inverse=True, contract_size=size_usd, lot=size_usd
    )


def test_a_linear_perpetual_settles_in_its_stable_coin() -> None:
    assert symbols.parse("SOL_USDT-PERPETUAL") == Perpetual(
        name="SOL_USDT-PERPETUAL", underlying="SOL", quote="USDT", settlement="USDT", inverse=False
    )


def test_a_dated_future_expires_at_eight() -> None:
    future = symbols.parse("BTC-28JUN24")
    assert isinstance(future, Future)
    assert future.expiry_ns == to_ns(datetime(2024, 6, 28, 8, tzinfo=UTC))


def test_a_day_below_ten_has_one_digit() -> None:
    future = symbols.parse("BTC-3AUG26")
    assert isinstance(future, Future)
    assert future.expiry_ns == to_ns("2026-08-03T08:00:00Z")


def test_spot_pays_in_what_it_is_quoted_in() -> None:
    assert symbols.parse("ETH_BTC") == Spot(name="ETH_BTC", underlying="ETH", quote="BTC", settlement="BTC")


@pytest.mark.parametrize(
    "name",
    [
        "", "BTC", "BTC-", "-", "btc-perpetual", "BTC-PERP", "BTC-PERPETUAL ", " BTC-PERPETUAL", "BTX-PERPETUAL",
        "BTC-03AUG26", "BTC-31FEB26", "BTC-0AUG26", "BTC-3AUG2026", "BTC-3FOO26", "BTC-3AUG26-100000",
        "BTC-3AUG26-100000-X", "BTC-3AUG26-0-C", "BTC-3AUG26-0100-C", "BTC-3AUG26-1.5-C", "BTC-3AUG26--5-C",
        "BTC_USDC_USDT", "BTC_BTC", "USDC_USDC-PERPETUAL", "BTC_EUR-PERPETUAL", "BTC-3AUG26-1d50-C", "BTC-3AUG26-1d-C",
        "BTC-٣AUG26", "BTC-3AUG26-100000-C\n", "BTC-3AUG26-" + "9" * 400 + "-C", "A" * 10_000,
    ],
)  # fmt: skip
def test_a_name_that_is_none_of_the_venues_is_refused_with_the_grammar(name: str) -> None:
    with pytest.raises(InputError) as caught:
        symbols.parse(name)
    assert caught.value.problems[0].field == "instrument"
    assert len(str(caught.value)) < 500


def test_a_combo_is_refused_as_a_combo() -> None:
    assert symbols.is_combo("BTC-FS-14AUG26_2AUG26")
    assert symbols.is_combo("BTC-IBUT-2AUG26-61500_63000_64500")
    with pytest.raises(InputError, match="name its legs"):
        symbols.parse("BTC-CS-7AUG26-61000_63000")


def test_what_has_expired_is_refused_when_asked() -> None:
    expiry = to_ns("2024-06-28T08:00:00Z")
    assert symbols.parse("BTC-28JUN24", after_ns=expiry - 1) == symbols.parse("BTC-28JUN24")
    with pytest.raises(InputError, match="expired at 2024-06-28T08:00"):
        symbols.parse("BTC-28JUN24", after_ns=expiry)
    assert symbols.parse("BTC-PERPETUAL", after_ns=expiry)


def test_an_expiry_at_another_hour_has_no_name() -> None:
    nine = to_ns("2026-08-03T09:00Z")
    odd = Future(name="x", underlying="BTC", quote="USD", settlement="BTC", expiry_ns=nine, inverse=True)
    with pytest.raises(InputError, match="08:00"):
        symbols.format(odd)


def test_a_pair_that_the_venue_does_not_settle_has_no_name() -> None:
    with pytest.raises(InputError):
        symbols.format(Perpetual(name="x", underlying="DOGE", quote="USD", settlement="DOGE", inverse=True))


_pairs = st.sampled_from(["BTC", "ETH", "SOL", "BTC_USDC", "XRP_USDC", "SOL_USDT"])
_days = st.dates(date(2010, 1, 1), date(2099, 12, 31)).map(lambda day: f"{day.day}{day:%b%y}".upper())
_strikes = st.decimals(min_value="0.00001", max_value="999999", places=5).map(
    lambda strike: f"{strike:f}".rstrip("0").rstrip(".").replace(".", "d")
)


@given(_pairs, _days, _strikes, st.sampled_from("CP"))
def test_every_option_name_comes_back_from_its_facts(pair: str, day: str, strike: str, right: str) -> None:
    name = f"{pair}-{day}-{strike}-{right}"
    assert symbols.format(symbols.parse(name)) == name


_almost_names = st.from_regex(r"[A-Z_]{2,9}-[0-9A-Z]{1,9}(-[0-9d]{1,9}-[CP])?", fullmatch=True)


@given(st.text(max_size=40) | _almost_names)
def test_any_text_is_a_name_or_an_input_error(text: str) -> None:
    with contextlib.suppress(SeawallError):
        assert symbols.format(symbols.parse(text)) == text


@pytest.mark.parametrize(
    "file",
    [
        "options/deribit_btc_native_shape_20260121.json.gz",
        "options/deribit_native_get_instruments_btc_eth_20210722.json.gz",
        "options/deribit_native_raw_responses_btc_20260522.json",
        "options/deribit_native_ws_messages_20210722.jsonl.gz",
        "options/deribit_eth_near_next_chain_20211001_mfiv.json.gz",
        "options/quantflow_deribit_btc_20260801.json.gz",
    ],
)
def test_every_recorded_name_comes_back_from_its_facts(file: str, recorded: Callable[[str], bytes]) -> None:
    names = set(re.findall(rb'"(?:instrument_name|symbol)": *"([^"]+)"', recorded(file)))
    assert names
    plain = {name.decode() for name in names if not symbols.is_combo(name.decode())}
    assert {symbols.format(symbols.parse(name)) for name in plain} == plain
    combos = {name.decode() for name in names} - plain
    assert not combos or "quantflow" in file


@pytest.mark.parametrize(
    "file",
    [
        "options/deribit_btc_eth_chain_daily_20251230_20260822.parquet",
        "options/deribit_btc_option_tickers_fullfields_20260114_23.parquet",
        "options/deribit_btc_future_tickers_fullfields_20260114_23.parquet",
        "funding_vol_basis/deribit_term_futures_marks_20251230_20260415.parquet",
    ],
)
def test_every_archived_name_comes_back_from_its_facts(file: str, recorded_path: Callable[[str], Path]) -> None:
    path = recorded_path(file)
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(path)
    column = next(c for c in ("instrument_name", "futures_instrument_name") if c in frame.columns)
    for name in frame[column].unique():
        assert symbols.format(symbols.parse(name)) == name


def test_the_listed_facts_agree_with_the_names(recorded: Callable[[str], bytes]) -> None:
    file = msgspec.json.decode(recorded("options/deribit_native_get_instruments_btc_eth_20210722.json.gz"))
    rows = [row for answer in file.values() for row in answer["result"]]
    assert len(rows) > 1_000
    for row in rows:
        fact = symbols.parse(row["instrument_name"])
        assert fact.underlying == row["base_currency"]
        if isinstance(fact, Option):
            assert fact.strike == row["strike"]
            assert fact.is_call == (row["option_type"] == "call")
        if isinstance(fact, Option | Future):
            assert fact.expiry_ns == row["expiration_timestamp"] * 1_000_000
        if fact.lot:  # what a name alone says is what the venue lists
            assert fact.lot == row["min_trade_amount"]
            assert fact.contract_size == row["contract_size"]
