from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError, SeawallError
from seawall.core.time import to_ns
from seawall.instruments import Future, Option, Perpetual, Spot
from seawall.venues.okx import symbols


def test_an_option_is_struck_in_dollars_and_paid_in_coin() -> None:
    assert symbols.parse("BTC-USD-260925-100000-C") == Option(
        name="BTC-USD-260925-100000-C", underlying="BTC", quote="USD", settlement="BTC", strike=100_000.0,
        expiry_ns=to_ns("2026-09-25T08:00:00Z"), is_call=True, inverse=True, contract_size=1.0, lot=0.0,
    )  # fmt: skip


def test_the_united_family_is_linear_and_paid_in_dollars() -> None:
    swap = symbols.parse("ETH-USD_UM-SWAP")
    assert swap == Perpetual(name="ETH-USD_UM-SWAP", underlying="ETH", quote="USD", settlement="USD", inverse=False)


@pytest.mark.parametrize(("quote", "paid_in", "inverse"), [("USD", "SOL", True), ("USDT", "USDT", False)])
def test_a_perpetual_is_paid_in_coin_or_in_its_stable_coin(quote: str, paid_in: str, inverse: bool) -> None:
    swap = symbols.parse(f"SOL-{quote}-SWAP")
    assert isinstance(swap, Perpetual)
    assert (swap.settlement, swap.inverse) == (paid_in, inverse)


def test_a_future_expires_at_eight_and_a_bare_pair_is_spot() -> None:
    future = symbols.parse("BTC-USDT-260327")
    assert isinstance(future, Future)
    assert future.expiry_ns == to_ns("2026-03-27T08:00:00Z")
    assert symbols.parse("ETH-BTC") == Spot(name="ETH-BTC", underlying="ETH", quote="BTC", settlement="BTC")


@pytest.mark.parametrize(
    "name",
    [
        "", "BTC", "BTC-", "btc-usdt-swap", "BTC-USDT-PERP", "BTC-PERPETUAL", "BTC-USDT-SWAP ", "BTC-EUR-SWAP",
        "BTC-USD-250931", "BTC-USD-2509", "BTC-USD-260925-100000", "BTC-USD-260925-0-C", "BTC-USD-260925-0100-C",
        "BTC-USD-260925-1.50-C", "BTC-USD-260925-100000-X", "BTC-USDT_UM-SWAP", "BTC-BTC", "USDT-USDT-SWAP",
        "BTC-USD_UM", "BTC-FOO", "BTC-USD-٢60925", "BTC-USDT-SWAP\n", "A" * 10_000,
        "BTC-USD-260925-" + "9" * 400 + "-C",
    ],
)  # fmt: skip
def test_a_name_that_is_none_of_the_venues_is_refused_with_the_grammar(name: str) -> None:
    with pytest.raises(InputError) as caught:
        symbols.parse(name)
    assert caught.value.problems[0].field == "instrument"
    assert len(str(caught.value)) < 600


def test_an_x_perp_is_refused_as_what_it_is() -> None:
    with pytest.raises(InputError, match="X-Perp"):
        symbols.parse("BTC-USD_UM_XPERP-310404")


def test_what_has_expired_is_refused_when_asked() -> None:
    expiry = to_ns("2024-06-28T08:00:00Z")
    assert symbols.parse("BTC-USD-240628", after_ns=expiry - 1)
    with pytest.raises(InputError, match="expired at 2024-06-28T08:00"):
        symbols.parse("BTC-USD-240628", after_ns=expiry)


def test_an_expiry_at_another_hour_or_a_foreign_settlement_has_no_name() -> None:
    nine = to_ns("2026-08-03T09:00Z")
    with pytest.raises(InputError, match="08:00"):
        symbols.format(Future(name="x", underlying="BTC", quote="USD", settlement="BTC", expiry_ns=nine, inverse=True))
    with pytest.raises(InputError, match="paid in its underlying"):
        symbols.format(Perpetual(name="x", underlying="BTC", quote="USD", settlement="ETH", inverse=True))
    with pytest.raises(InputError):
        symbols.format(Perpetual(name="x", underlying="btc", quote="USDT", settlement="USDT", inverse=False))


_pairs = st.tuples(st.sampled_from(["BTC", "ETH", "1INCH"]), st.sampled_from(["USD", "USD_UM", "USDT", "USDC"]))
_days = st.dates(date(2010, 1, 1), date(2099, 12, 31)).map(lambda day: f"{day:%y%m%d}")
_strikes = st.decimals(min_value="0.00001", max_value="999999", places=5).map(
    lambda strike: f"{strike:f}".rstrip("0").rstrip(".")
)
_endings = st.one_of(st.just("SWAP"), _days, st.tuples(_days, _strikes, st.sampled_from("CP")).map("-".join))


@given(_pairs, _endings)
def test_every_name_comes_back_from_its_facts(pair: tuple[str, str], ending: str) -> None:
    name = f"{'-'.join(pair)}-{ending}"
    assert symbols.format(symbols.parse(name)) == name


_almost_names = st.from_regex(r"[A-Z0-9]{1,6}-(USD|USDT|USD_UM)(-[0-9SWAP]{4,6})?(-[0-9.]{1,9}-[CP])?", fullmatch=True)


@given(st.text(max_size=40) | _almost_names)
def test_any_text_is_a_name_or_an_input_error(text: str) -> None:
    with contextlib.suppress(SeawallError):
        assert symbols.format(symbols.parse(text)) == text
