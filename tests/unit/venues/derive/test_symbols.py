from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.instruments import Option, Perpetual, Spot
from seawall.venues.derive import symbols


def test_an_option_says_coin_day_strike_and_right() -> None:
    option = symbols.parse("BTC-20260925-100000-C")
    assert isinstance(option, Option)
    assert (option.underlying, option.strike, option.is_call, option.inverse) == ("BTC", 100_000.0, True, False)
    assert option.expiry_ns == to_ns("2026-09-25T08:00:00Z")
    assert option.settlement == "USDC"


def test_the_decimal_point_of_a_strike_is_an_underscore() -> None:
    option = symbols.parse("HYPE-20260904-77_5-P")
    assert isinstance(option, Option)
    assert option.strike == 77.5


def test_perpetuals_and_spot_pairs_are_told_by_their_ending() -> None:
    assert isinstance(symbols.parse("ETH-PERP"), Perpetual)
    spot = symbols.parse("wstETH-USDC")
    assert isinstance(spot, Spot)
    assert (spot.underlying, spot.quote) == ("wstETH", "USDC")


@pytest.mark.parametrize(
    "name",
    [
        "", "BTC", "BTC-PERPETUAL", "BTC-25SEP26-100000-C", "BTC-20260925-100000", "BTC-20260925-100000-X", "USDC-USDC",
        "BTC-20260925-0100-C", "BTC-20260925-1_50-C", "BTC-20260925-1.5-C", "BTC-20261325-1-C", "BTC-20260230-1-C",
        "BTC-20260925-0-C", "BTC-19990101-1-C", "BTC-PERP ", "ВТС-PERP", "BTC-20260925-100000-C" * 9, "\ud800-PERP",
    ],
)  # fmt: skip
def test_what_derive_does_not_write_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InputError) as caught:
        symbols.parse(name)
    assert caught.value.problems[0].field == symbols.FIELD
    assert len(str(caught.value)) < 600


def test_what_has_expired_is_refused_where_that_is_asked() -> None:
    with pytest.raises(InputError, match="it expired at 2026-09-25"):
        symbols.parse("BTC-20260925-100000-C", after_ns=to_ns("2026-09-25T08:00:00Z"))
    symbols.parse("BTC-20260925-100000-C", after_ns=to_ns("2026-09-25T07:59:59Z"))


@given(
    st.sampled_from(["BTC", "ETH", "DOGE"]), st.dates(min_value=__import__("datetime").date(2024, 1, 1)).filter(
        lambda day: day.year < 2100), st.integers(1, 10**9), st.integers(0, 3), st.booleans(),
)  # fmt: skip
def test_names_are_written_as_they_are_read(base: str, day: object, digits: int, places: int, is_call: bool) -> None:
    whole, fraction = divmod(digits, 10**places)
    text = f"{whole}" + (f"_{fraction:0{places}d}".rstrip("0").rstrip("_") if places else "")
    if text == "0":
        return
    name = f"{base}-{day:%Y%m%d}-{text}-{'C' if is_call else 'P'}"
    assert symbols.format(symbols.parse(name)) == name


def test_what_derive_has_no_name_for_is_not_written() -> None:
    from seawall.instruments import Future

    facts = {"name": "x", "underlying": "BTC", "quote": "USDC", "settlement": "USDC"}
    with pytest.raises(InputError, match="dated futures"):
        symbols.format(Future(**facts, expiry_ns=0, inverse=False))
    with pytest.raises(InputError, match="linear"):
        symbols.format(Perpetual(**facts, inverse=True))
    with pytest.raises(InputError, match="08:00"):
        symbols.format(Option(**facts, strike=1.0, expiry_ns=to_ns("2026-09-25T09:00Z"), is_call=True, inverse=False))
