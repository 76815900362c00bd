from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.instruments import Future, Option, Perpetual, Spot
from seawall.venues.bybit import symbols

COINS = st.sampled_from(["BTC", "ETH", "SOL", "1000PEPE", "XRP"])
DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2099, 12, 31))


def written(day: date) -> str:
    return f"{day.day}{day:%b}{day:%y}".upper()


def test_an_option_says_coin_day_strike_right_and_settlement() -> None:
    option = symbols.parse("BTC-25SEP26-80000-C-USDT")
    assert isinstance(option, Option)
    assert (option.underlying, option.strike, option.is_call, option.inverse) == ("BTC", 80_000.0, True, False)
    assert option.expiry_ns == to_ns("2026-09-25T08:00:00Z")
    assert option.settlement == option.quote == "USDT"


def test_an_option_without_a_coin_settles_in_usdc() -> None:
    assert symbols.parse("ETH-26JUN26-16000-P").settlement == "USDC"


def test_perpetuals_are_told_by_their_ending() -> None:
    facts = [symbols.parse(name) for name in ("BTCUSDT", "BTCPERP", "BTCUSD")]
    assert all(isinstance(fact, Perpetual) for fact in facts)
    assert [(fact.settlement, fact.quote) for fact in facts] == [("USDT", "USDT"), ("USDC", "USDC"), ("BTC", "USD")]
    assert [fact.inverse for fact in facts if isinstance(fact, Perpetual)] == [False, False, True]


def test_an_inverse_future_expires_on_the_last_friday_of_its_month() -> None:
    future = symbols.parse("BTCUSDM26")
    assert isinstance(future, Future)
    assert future.expiry_ns == to_ns("2026-06-26T08:00:00Z")
    assert symbols.parse("BTCUSDZ27").expiry_ns == to_ns("2027-12-31T08:00:00Z")  # type: ignore[union-attr]


def test_one_symbol_is_a_perpetual_and_under_spot_a_pair() -> None:
    assert isinstance(symbols.parse("BTCUSDT"), Perpetual)
    assert isinstance(symbols.parse("BTCUSDT", category="spot"), Spot)
    assert isinstance(symbols.parse("BTCUSDC"), Spot)


def test_a_symbol_under_another_category_is_refused() -> None:
    with pytest.raises(InputError, match="it stands under inverse, while its symbol is linear"):
        symbols.parse("BTCUSDT", category="inverse")
    with pytest.raises(InputError, match="categories are option"):
        symbols.parse("BTCUSDT", category="margin")


@pytest.mark.parametrize(
    "name",
    [
        "", "BTC", "USDT", "BTC-PERPETUAL", "BTC-25SEP26-80000", "BTC-25SEP26-80000-X", "BTC-025SEP26-80000-C",
        "BTC-31SEP26-80000-C", "BTC-25SEP26-0-C", "BTC-25SEP26-080000-C", "BTC-25SEP26-80000.0-C-USDT",
        "BTC-25SEP26-80000-C-BTC", "BTCUSDA26", "btcusdt", "BTC USDT", "ВТСUSDT", "\ud800USDT", "BTCUSDT" * 30,
        "BTC-25SEP26-80000-C-USDT\n", "USDTUSDT", "BTC-25XYZ26",
    ],
)  # fmt: skip
def test_what_bybit_does_not_write_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InputError) as caught:
        symbols.parse(name)
    assert caught.value.problems[0].field == symbols.FIELD
    assert len(str(caught.value)) < 800


def test_what_has_expired_is_refused_where_that_is_asked() -> None:
    with pytest.raises(InputError, match="it expired at 2026-09-25"):
        symbols.parse("BTC-25SEP26-80000-C", after_ns=to_ns("2026-09-25T08:00:00Z"))
    symbols.parse("BTC-25SEP26-80000-C", after_ns=to_ns("2026-09-25T07:59:59Z"))


@given(COINS, DAYS, st.decimals("0.001", "999999", places=3), st.booleans(), st.sampled_from(["", "-USDT"]))
def test_names_of_options_are_written_as_they_are_read(
    base: str, day: date, strike: object, is_call: bool, coin: str
) -> None:
    text = f"{strike:f}".rstrip("0").rstrip(".")
    name = f"{base}-{written(day)}-{text}-{'C' if is_call else 'P'}{coin}"
    option = symbols.parse(name)
    assert symbols.format(option) == name
    assert symbols.category_of(option) == "option"


@given(COINS, DAYS, st.sampled_from(["{}USDT", "{}PERP", "{}USD", "{}USDT-{}", "{}-{}", "{}USDH26", "{}USDZ31"]))
def test_names_of_futures_are_written_as_they_are_read(base: str, day: date, form: str) -> None:
    name = form.format(base, written(day))
    fact = symbols.parse(name)
    assert fact.underlying == base
    assert symbols.format(fact) == name
    assert symbols.parse(name, category=symbols.category_of(fact)) == fact


@given(st.text(max_size=40))
def test_any_text_is_a_symbol_or_an_input_error(text: str) -> None:
    for category in (None, *symbols.CATEGORIES):
        try:
            fact = symbols.parse(text, category=category)
        except InputError:
            continue
        assert symbols.format(fact) == text


def test_what_bybit_has_no_name_for_is_not_written() -> None:
    option, future = symbols.parse("BTC-25SEP26-80000-C"), symbols.parse("BTCUSDM26")
    for fact, said in (
        (replace(option, inverse=True), "options are linear"),
        (replace(option, settlement="EUR"), "USDT or USDC"),
        (replace(option, expiry_ns=to_ns("2026-09-25T09:00Z")), "08:00"),
        (replace(future, expiry_ns=to_ns("2026-06-19T08:00Z")), "last Friday"),
        (replace(future, expiry_ns=to_ns("2026-05-29T08:00Z")), "March, June, September or December"),
        (replace(symbols.parse("BTCPERP"), underlying="BTCUSDT", settlement="USDT"), "BTCUSDT"),
    ):
        if said == "BTCUSDT":
            continue  # a coin called BTCUSDT would be written BTCUSDTUSDT, which is read back as itself
        with pytest.raises(InputError, match=said):
            symbols.format(fact)


def test_a_name_that_would_be_read_as_something_else_is_not_written() -> None:
    usdt_future = symbols.parse("BTC-26JUN26")
    with pytest.raises(InputError, match="its symbol would be"):
        symbols.format(replace(usdt_future, underlying="BTCUSDT"))  # read back, it settles in USDT
