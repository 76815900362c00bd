from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.instruments import Future, Option, Perpetual, Spot
from seawall.venues.binance import symbols

BASES = st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True)
DAYS = st.dates(min_value=datetime.date(2020, 1, 1), max_value=datetime.date(2099, 12, 31))


def test_an_option_says_coin_day_strike_and_right_and_settles_in_usdt() -> None:
    option = symbols.parse("BTC-260925-100000-C")
    assert isinstance(option, Option)
    assert (option.underlying, option.strike, option.is_call, option.inverse) == ("BTC", 100_000.0, True, False)
    assert option.expiry_ns == to_ns("2026-09-25T08:00:00Z")
    assert option.settlement == "USDT"


def test_a_name_without_separator_is_the_perpetual_of_its_longest_quote() -> None:
    for name, underlying, quote in (
        ("BTCUSDT", "BTC", "USDT"), ("1000SHIBUSDT", "1000SHIB", "USDT"), ("BTCFDUSD", "BTC", "FDUSD"),
        ("ETHBTC", "ETH", "BTC"), ("ETHUSDC", "ETH", "USDC"), ("币安人生USDT", "币安人生", "USDT"),
    ):  # fmt: skip
        fact = symbols.parse(name)
        assert isinstance(fact, Perpetual)
        assert (fact.underlying, fact.quote, fact.settlement, fact.inverse) == (underlying, quote, quote, False)


def test_what_is_quoted_in_usd_settles_in_coin_by_contracts_of_usd() -> None:
    perpetual, dated = symbols.parse("BTCUSD_PERP"), symbols.parse("ETHUSD_260626")
    assert isinstance(perpetual, Perpetual)
    assert isinstance(dated, Future)
    assert (perpetual.settlement, perpetual.inverse, perpetual.lot) == ("BTC", True, 100.0)
    assert (dated.settlement, dated.inverse, dated.lot) == ("ETH", True, 10.0)
    assert dated.expiry_ns == to_ns("2026-06-26T08:00:00Z")


@pytest.mark.parametrize(
    "name",
    [
        "", "BTC", "USDT", "BTCUSD", "btcusdt", "BTC-PERPETUAL", "BTCUSDT_PERP", "BTCUSDT_20260626", "BTCUSD_261326",
        "BTCUSD_260230", "BTC-260925-0-C", "BTC-260925-0100-C", "BTC-260925-100000-X", "BTC-260925-100000",
        "BTC-25SEP26-100000-C", "BTC-260925-1_5-C", "BTCUSDT ", "BTC-260925-100000-C" * 9, "\ud800USDT",
    ],
)  # fmt: skip
def test_what_binance_does_not_write_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InputError) as caught:
        symbols.parse(name)
    assert caught.value.problems[0].field == symbols.FIELD
    assert len(str(caught.value).encode()) < 600


@pytest.mark.parametrize("name", [None, 7, b"BTCUSDT", ["BTCUSDT"], True])
def test_what_is_no_text_is_no_name(name: object) -> None:
    with pytest.raises(InputError):
        symbols.parse(name)  # type: ignore[arg-type]


def test_what_has_expired_is_refused_where_that_is_asked() -> None:
    for name in ("BTC-260925-100000-C", "BTCUSDT_260925", "BTCUSD_260925"):
        with pytest.raises(InputError, match="it expired at 2026-09-25"):
            symbols.parse(name, after_ns=to_ns("2026-09-25T08:00:00Z"))
        symbols.parse(name, after_ns=to_ns("2026-09-25T07:59:59Z"))
    symbols.parse("BTCUSDT", after_ns=to_ns("2090-01-01T00:00:00Z"))


@given(BASES, DAYS, st.integers(1, 10**9), st.integers(0, 3), st.booleans())
def test_options_are_written_as_they_are_read(
    base: str, day: datetime.date, digits: int, places: int, is_call: bool
) -> None:
    whole, fraction = divmod(digits, 10**places)
    text = f"{whole}" + (f".{fraction:0{places}d}".rstrip("0").rstrip(".") if places else "")
    if float(text) == 0.0:
        return
    name = f"{base}-{day:%y%m%d}-{text}-{'C' if is_call else 'P'}"
    assert symbols.format(symbols.parse(name)) == name


@given(BASES, st.sampled_from(symbols.LINEAR_QUOTES), st.none() | DAYS)
def test_linear_futures_are_written_as_they_are_read(base: str, quote: str, day: datetime.date | None) -> None:
    name = f"{base}{quote}" + (f"_{day:%y%m%d}" if day else "")
    try:
        fact = symbols.parse(name)
    except InputError:
        assert base == quote or not base
        return
    assert symbols.format(fact) == name
    assert f"{fact.underlying}{fact.quote}" == f"{base}{quote}"


@given(BASES, st.none() | DAYS)
def test_coin_settled_futures_are_written_as_they_are_read(base: str, day: datetime.date | None) -> None:
    name = f"{base}USD_" + (f"{day:%y%m%d}" if day else "PERP")
    fact = symbols.parse(name)
    assert symbols.format(fact) == name
    assert (fact.underlying, fact.settlement) == (base, base)


@given(st.text(max_size=40))
def test_any_text_is_an_instrument_or_an_input_error(name: str) -> None:
    try:
        fact = symbols.parse(name)
    except InputError as error:
        str(error).encode()
    else:
        assert symbols.format(fact) == name


def test_what_binance_has_no_name_for_is_not_written() -> None:
    facts = {"name": "x", "underlying": "BTC", "quote": "USDT", "settlement": "USDT"}
    option = {"strike": 1.0, "is_call": True}
    expiry_ns = to_ns("2026-09-25T08:00Z")
    with pytest.raises(InputError, match="held as balances"):
        symbols.format(Spot(name="x", underlying="BTC", quote="USDT", settlement="USDT"))
    with pytest.raises(InputError, match="settle in USDT"):
        symbols.format(Option(**(facts | {"settlement": "USDC"}), **option, expiry_ns=expiry_ns, inverse=False))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="08:00"):
        symbols.format(Option(**facts, **option, expiry_ns=expiry_ns + 1, inverse=False))  # type: ignore[arg-type]
    with pytest.raises(InputError):
        symbols.format(Perpetual(**(facts | {"underlying": "btc"}), inverse=False))  # type: ignore[arg-type]
