from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.portfolio import Book
from seawall.venues.binance.venue import BINANCE
from tests.unit.venues.binance.samples import (
    CALL,
    COIN,
    HOSTILE,
    PERP,
    PUT,
    SHAPES,
    account,
    options_account,
    places,
    spoiled,
)


def read(document: Any, **options: Any) -> Book:
    book = BINANCE.read_account(document, origin="test", **({"account": None} | options))
    assert book is not None
    return book


def test_a_balance_is_what_is_owned_less_what_is_owed_and_the_futures_wallets() -> None:
    desk = read(account()).account("binance")
    assert desk.balances == {"USDT": 100.5 - 0.5 + 1_200.0, "BTC": pytest.approx(0.1 - 0.04 + 0.5)}
    assert desk.charges == {"borrowed": {"BTC": 0.04}}


def test_coin_settled_contracts_are_counted_in_usd_and_others_in_coin() -> None:
    held = {one.instrument: (one.size, one.entry_price) for one in read(account()).account("binance").positions}
    assert held == {PERP: (-0.25, 62_000.0), COIN: (300.0, 50_000.0)}


def test_the_contract_of_another_coin_is_ten_usd() -> None:
    held = {"symbol": "ETHUSD_PERP", "positionAmt": "-7", "entryPrice": "2500"}
    [one] = (
        read(account(**{"papi/v1/cm/positionRisk": [held], "papi/v1/cm/openOrders": []}))
        .account("binance")
        .positions[1:]
    )
    assert one.size == -70.0


def test_the_stated_profit_is_that_of_the_entry_price() -> None:
    book = read(account()).account("binance")
    size, entry = next((one.size, one.entry_price) for one in book.positions if one.instrument == PERP)
    assert size * (62_700.5 - entry) == pytest.approx(-175.125)


def test_what_of_an_order_is_filled_or_only_reduces_is_left_out() -> None:
    orders = {one.instrument: one.size for one in read(account()).account("binance").orders}
    assert orders == {PERP: pytest.approx(0.6 + 0.5), COIN: -200.0}


def test_options_are_an_account_of_their_own() -> None:
    book = read(account() | options_account(), account="desk")
    assert book.accounts == ("desk", "desk/options")
    options = book.account("desk/options")
    assert options.balances == {"USDT": 1_877.5}
    assert {one.instrument: one.size for one in options.positions} == {CALL: -0.1, PUT: 2.0}
    assert [(one.instrument, one.size) for one in options.orders] == [(PUT, -1.5)]
    assert read(options_account()).accounts == ("binance/options",)


@pytest.mark.parametrize("part", ["papi/v1/balance", "papi/v1/um/positionRisk", "papi/v1/cm/positionRisk"])
def test_an_account_needs_all_of_its_answers(part: str) -> None:
    with pytest.raises(InputError, match=f"{part} is 'missing'"):
        read(account(**{part: None}))
    if part != "papi/v1/balance":
        read(account(**{part: []}))


def test_one_answer_alone_is_refused_with_what_to_give() -> None:
    for document in (account()["papi/v1/balance"], account()["papi/v1/um/positionRisk"],
                     account()["papi/v1/um/positionRisk"][0]):  # fmt: skip
        with pytest.raises(InputError, match="make a book together"):
            read(document)
    with pytest.raises(InputError, match="eapi/v1/position is 'missing'"):
        read(options_account(**{"GET /eapi/v1/position": None}))


def test_both_sides_of_a_contract_are_refused_and_not_netted() -> None:
    long, short = ({"symbol": PERP, "positionAmt": amount, "entryPrice": "1", "positionSide": side}
                   for amount, side in (("2", "LONG"), ("-1", "SHORT")))  # fmt: skip
    with pytest.raises(InputError, match="hedge mode"):
        read(account(**{"papi/v1/um/positionRisk": [long, short]}))
    assert read(account(**{"papi/v1/um/positionRisk": [long]})).account("binance").positions[0].size == 2.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"positionAmt": "x"}, "positionAmt"),
        ({"positionAmt": ""}, "this field is required"),
        ({"positionAmt": "1e300"}, "numbers are at most"),
        ({"positionAmt": "1", "positionSide": "SHORT"}, "its side is SHORT"),
        ({"positionSide": "UP"}, "sides are BOTH, LONG, SHORT"),
        ({"entryPrice": "0"}, "entry prices of futures are above 0"),
        ({"entryPrice": "-1"}, "prices are finite and >= 0"),
        ({"symbol": "BTC-PERPETUAL"}, "Binance writes"),
        ({"symbol": CALL}, "this method speaks of other instruments"),
        ({"symbol": COIN}, "futures settled in a stable coin"),
        ({"symbol": None}, "symbol"),
    ],
)
def test_a_faulty_position_is_refused_with_field_and_rule(change: dict[str, Any], said: str) -> None:
    position = {"symbol": PERP, "positionAmt": "-0.25", "entryPrice": "62000"} | change
    with pytest.raises(InputError) as caught:
        read(account(**{"papi/v1/um/positionRisk": [position]}))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("part", "rows", "said"),
    [
        ("papi/v1/balance", [{"asset": "BTC"}], "crossMarginAsset"),
        ("papi/v1/balance", [{"asset": "BTC", "crossMarginAsset": "1"}] * 2, "an asset has a name and stands once"),
        ("papi/v1/balance", [{"asset": "BTC", "crossMarginAsset": "1", "crossMarginBorrowed": "-1"}], "amounts are"),
        ("papi/v1/um/openOrders", [{"symbol": PERP, "side": "HOLD", "origQty": "1"}], "sides of orders"),
        ("papi/v1/um/openOrders", [{"symbol": PERP, "side": "BUY"}], "origQty"),
        ("papi/v1/um/openOrders", [{"symbol": PERP, "side": "BUY", "origQty": "1", "executedQty": "2"}], "at most"),
        (
            "papi/v1/um/openOrders",
            [{"symbol": PERP, "side": "BUY", "origQty": "1", "reduceOnly": "maybe"}],
            "true or false",
        ),
        ("not a method", [], "keys name methods"),
        ("fapi/v3/positionRisk", [], "is given already"),
    ],
)
def test_a_faulty_answer_is_refused_with_field_and_rule(part: str, rows: list[Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(account(**{part: rows}))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"side": "SHORT", "quantity": "1"}, "its side is SHORT"),
        ({"side": "BOTH"}, "sides of options are LONG and SHORT"),
        ({"symbol": PERP}, "this method speaks of other instruments"),
    ],
)
def test_a_faulty_option_position_is_refused(change: dict[str, Any], said: str) -> None:
    row = {"symbol": CALL, "side": "LONG", "quantity": "1"} | change
    with pytest.raises(InputError, match=said):
        read(options_account(**{"GET /eapi/v1/position": [row]}))
    with pytest.raises(InputError, match="it stands once"):
        read(options_account(**{"GET /eapi/v1/position": [{"symbol": CALL, "side": "LONG", "quantity": "1"}] * 2}))


@pytest.mark.parametrize(
    "document",
    [None, 3, "x", [], {}, [1, 2], {"positions": []}, {"BTCUSDT": 2.0}, {"result": 1}, {3: 4}, {"asset": "BTC"},
     {"eapi/v1/mark": []}, [{"instrument": "BTCUSDT", "size": 1}]],
)  # fmt: skip
def test_what_is_no_private_answer_of_binance_is_left_to_others(document: Any) -> None:
    assert BINANCE.read_account(document, origin="test", account=None) is None


WHOLE = account() | options_account()


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(places(WHOLE)) - 1), st.sampled_from((*HOSTILE, 1j, b"x")))
def test_answers_with_any_part_replaced_are_a_book_or_an_input_error(place: int, part: Any) -> None:
    try:
        book = BINANCE.read_account(spoiled(WHOLE, place, part), origin="test", account=None)
    except InputError as error:
        str(error).encode()
    else:
        assert book is not None
        assert np.isfinite(book.balances).all()
        assert np.isfinite(book.positions.sizes).all()


@pytest.mark.skipif(not SHAPES.is_file(), reason=f"{SHAPES.name} is not in {SHAPES.parent}; set SEAWALL_DATA")
def test_the_documented_option_account_has_its_cash() -> None:
    shapes = json.loads(SHAPES.read_bytes())["binance"]
    book = read({"eapi/v1/marginAccount": shapes["GET /eapi/v1/marginAccount"], "eapi/v1/position": []})
    assert book.account("binance/options").balances == {"USDT": 99_998.87365244}
