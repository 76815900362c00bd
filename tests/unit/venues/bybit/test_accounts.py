from __future__ import annotations

import json
import math
import tarfile
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.portfolio import Account
from seawall.venues.bybit.venue import BYBIT
from tests.unit.venues.bybit.samples import (
    CALL,
    INVERSE,
    PERP,
    RECORDED,
    SHAPES,
    answer,
    position,
    positions,
    private,
    wallet,
)
from tests.unit.venues.bybit.test_decode import changed, leaves, places


def read(document: Any, **options: Any) -> Account:
    book = BYBIT.read_account(document, origin="file", account=options.get("account"))
    assert book is not None
    [name] = book.accounts
    return book.account(name)


def problems_of(document: Any) -> str:
    with pytest.raises(InputError) as caught:
        BYBIT.read_account(document, origin="file", account=None)
    return str(caught.value)


def test_sizes_are_signed_by_the_side_and_entries_are_the_venues() -> None:
    account = read(
        private(positions("linear", position(PERP, -0.5)), positions("option", position(CALL, 2.0)), USDT=10)
    )
    assert {(p.instrument, p.size, p.entry_price) for p in account.positions} == {
        (PERP, -0.5, 64_000.0), (CALL, 2.0, 64_000.0),
    }  # fmt: skip
    assert account.balances == {"USDT": 10.0}


def test_coins_that_were_borrowed_to_trade_spot_are_owed() -> None:
    account = read(private(positions("linear", position(PERP, 1.0)), ETH={"walletBalance": "0", "spotBorrow": "0.25"}))
    assert account.balances["ETH"] == -0.25


def test_a_usdc_future_is_unrealised_from_its_session_price() -> None:
    row = position("BTCPERP", 1.0, avgPrice="50000", sessionAvgPrice="65000")
    assert read(private(positions("linear", row), USDC=1)).positions[0].entry_price == 65_000.0
    usdt = position(PERP, 1.0, avgPrice="50000", sessionAvgPrice="65000")
    assert read(private(positions("linear", usdt), USDT=1)).positions[0].entry_price == 50_000.0


def test_an_option_without_an_entry_price_has_none() -> None:
    assert math.isnan(read(private(positions("option", position(CALL, 1.0, avgPrice="0")))).positions[0].entry_price)


@pytest.mark.parametrize(("symbol", "category"), [(PERP, "linear"), (INVERSE, "inverse")])
def test_two_sides_are_one_position_and_what_they_lock_in(symbol: str, category: str) -> None:
    """Equity is what the venue would say, whatever the mark."""
    size = 30_000.0 if category == "inverse" else 0.5
    long, short = position(symbol, 3 * size, avgPrice="60000"), position(symbol, -size, avgPrice="66000")
    account = read(private(positions(category, long, short)))
    [held] = account.positions
    assert held.size == 2 * size
    coin = "BTC" if category == "inverse" else "USDT"
    for mark in (50_000.0, 70_000.0):

        def profit(amount: float, entry: float, mark: float = mark) -> float:
            return amount * (1 / entry - 1 / mark) if coin == "BTC" else amount * (mark - entry)

        venue = profit(3 * size, 60_000.0) + profit(-size, 66_000.0)
        assert account.balances[coin] + profit(held.size, held.entry_price) == pytest.approx(venue)


def test_empty_positions_are_none() -> None:
    empty = position(PERP, 1.0) | {"side": "", "size": "0", "avgPrice": "0"}
    assert read(private(positions("linear", empty), USDT=5)).positions == ()


def test_the_account_is_called_as_asked() -> None:
    book = BYBIT.read_account(private(positions("linear"), USDT=5), origin="file", account="desk")
    assert book is not None
    assert book.accounts == ("desk",)


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (positions("linear", position(PERP, 1.0)), "make a book together"),
        (wallet(USDT=1), "make a book together"),
        ({"position/list": positions("linear")}, "make a book together"),
        (private(positions("linear", position(PERP, 1.0, side="Up"))), "sides are Buy and Sell"),
        (private(positions("linear", position(PERP, 1.0), position(PERP, 2.0))), "it stands once with the side Buy"),
        (private(positions("spot", position(PERP, 1.0))), "spot is held as coins"),
        (private(positions("linear", position(PERP, 1.0, avgPrice=""))), "entry prices of futures are above 0"),
        (private(positions("linear", position("BTC-PERPETUAL", 1.0))), "Bybit writes"),
        (
            private(positions("linear", *(position(f"C{k}USDT", 1.0) for k in range(20)), cursor="next")),
            "the next page",
        ),
        (private(positions("linear"), USDT={"walletBalance": "much"}), "this is a number"),
        (private(positions("linear"), USDT={"walletBalance": "1", "coin": ""}), "a coin has a name"),
        ({"position/list": positions("linear"), "wallet-balance": [wallet(USDT=1)] * 2}, "one answer states"),
        ({"position/list": positions("linear"), "wallet-balance": answer({"list": []})}, "it lists one account"),
        (private(answer({"category": "linear", "list": None})), "a list is needed"),
        (private(answer(None)), "an answer has a result"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_the_rule(document: Any, rule: str) -> None:
    assert rule in problems_of(document)


@pytest.mark.parametrize(
    "document",
    [None, 1, "x", [], {}, {"a": 1}, {"positions": []}, {"position/list": 1, "wallet-balance": 2}, {1: 2}, [[]],
     {"result": 5}, {"result": {"list": [1]}}, {"instrument": "BTCUSDT", "size": 1.0}],
)  # fmt: skip
def test_other_documents_are_left_to_others(document: Any) -> None:
    assert BYBIT.read_account(document, origin="file", account=None) is None


PRIVATE = private(positions("linear", position(PERP, 0.5)), positions("option", position(CALL, -2.0)), USDT=10, BTC=1)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(places(PRIVATE)), leaves)
def test_any_value_anywhere_is_a_book_or_an_input_error(place: tuple[Any, ...], value: Any) -> None:
    try:
        book = BYBIT.read_account(changed(PRIVATE, place, value), origin="file", account=None)
    except InputError as error:
        assert str(error)
        return
    if book is not None:
        assert np.isfinite(book.positions.sizes).all()
        assert np.isfinite(book.balances).all()


@pytest.mark.skipif(not SHAPES.is_file(), reason=f"{SHAPES.name} is not in {SHAPES.parent}; set SEAWALL_DATA")
def test_the_documented_answers_are_a_book() -> None:
    shapes = json.loads(SHAPES.read_bytes())["bybit"]
    account = read({key: shapes[key] for key in ("/v5/position/list", "/v5/account/wallet-balance")})
    [held] = account.positions
    assert (held.instrument, held.size, held.entry_price) == ("BTCUSD", -300.0, 27_464.50441675)


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"{RECORDED.name} is not in {RECORDED.parent}; set SEAWALL_DATA")
def test_recorded_accounts_are_books() -> None:
    with tarfile.open(RECORDED) as archive:

        def recorded(name: str) -> Any:
            file = archive.extractfile(f"bybit/test_data/http_get_{name}.json")
            assert file is not None
            return json.loads(file.read())

        held, owned = recorded("positions"), recorded("wallet_balance_with_spot_borrow")
    account = read({"position/list": held, "wallet-balance": owned})
    assert {p.instrument: p.size for p in account.positions} == {"BTCUSDT": 0.5, "ETHUSDT": -5.0}
    assert account.balances == {"USDT": 1_000.0}  # the venue says equity 1000.00
