from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.portfolio import Book
from seawall.venues.okx.accounts import book_from_document
from seawall.venues.okx.venue import OKX
from tests.unit.venues.okx.samples import CALL, COIN_SWAP, FUTURE, LISTED, PAIR, SWAP, account, answer, owned, position

SHAPES = (
    Path(os.environ.get("SEAWALL_DATA", Path(__file__).parents[4].parent / "shared" / "data"))
    / "native_shapes_cex.json"
)


def read(document: Any, **options: Any) -> Book:
    book = OKX.read_account(document, origin="test", account=options.get("account"))
    assert book is not None
    return book


def of_positions(*rows: dict[str, Any]) -> Book:
    return read(account(**{"account/positions": answer(list(rows))}))


def of_balances(*rows: dict[str, Any]) -> dict[str, float]:
    balances = {"account/positions": answer([]), "account/balance": answer([{"details": list(rows)}])}
    return dict(read(account(**balances)).account("okx").balances)


def test_contracts_become_units_of_size() -> None:
    held = (
        of_positions(position(SWAP, "-10"), position(CALL, "-200"), position(COIN_SWAP, "7")).account("okx").positions
    )
    assert {entry.instrument: entry.size for entry in held} == {SWAP: -0.1, CALL: -2.0, COIN_SWAP: 700.0}


def test_entry_prices_are_the_venues_own_and_balances_are_cash() -> None:
    made = read(account()).account("okx")
    assert {entry.instrument: entry.entry_price for entry in made.positions} == {SWAP: 62_000.0, CALL: 0.03}
    assert made.balances == {"USDT": 1_000.0, "BTC": 0.5}


def test_the_uid_names_the_account_unless_the_caller_does() -> None:
    file = account(**{"account/config": answer([{"uid": "7001", "acctLv": "4"}])})
    assert read(file).accounts == ("7001",)
    assert read(file, account="desk").accounts == ("desk",)


def test_a_long_and_a_short_of_one_contract_are_netted_at_what_they_are_worth() -> None:
    book = of_positions(
        position(SWAP, "30", posSide="long", avgPx="60000"), position(SWAP, "10", posSide="short", avgPx="61000")
    )
    made = book.account("okx")
    assert [(entry.instrument, entry.size, entry.entry_price) for entry in made.positions] == [(SWAP, 0.2, 60_000.0)]
    assert made.balances["USDT"] == 1_000.0 + 0.1 * 1_000.0  # what nets has gained 1,000 a coin


def test_an_isolated_position_is_an_account_of_its_own() -> None:
    isolated = position(SWAP, "5", mgnMode="isolated", posSide="long", margin="44")
    book = of_positions(position(SWAP, "-10"), isolated)
    assert book.accounts == ("okx", f"okx/isolated/{SWAP}/long")
    assert book.account(book.accounts[1]).balances == {"USDT": 44.0}


def test_a_loan_counts_once() -> None:
    assert of_balances(owned(cash="-50", liab="50", eq="-50")) == {"USDT": -50.0}
    assert of_balances(owned(cash="100", liab="150", eq="-50")) == {"USDT": -50.0}
    assert of_balances(owned(cash="-50", liab="50", eq="-20", upl="30")) == {"USDT": -50.0}
    with pytest.raises(InputError, match="eq tells whether cashBal holds the loan"):
        of_balances(owned(cash="100", liab="150", eq=""))


def test_open_orders_are_what_is_not_filled_with_their_side() -> None:
    order = {"instId": SWAP, "instType": "SWAP", "side": "sell", "sz": "10", "accFillSz": "4"}
    book = read(account(**{"trade/orders-pending": answer([order])}))
    assert [(one.instrument, one.size) for one in book.account("okx").orders] == [(SWAP, -0.06)]
    with pytest.raises(InputError, match="orders of pairs are not read"):
        read(account(**{"trade/orders-pending": answer([order | {"instId": PAIR, "instType": "SPOT"}])}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instId": "BTC-PERPETUAL"}, "add the answer of public/instruments"),
        ({"instId": "ETH-USDT-SWAP"}, "how much one contract of it is worth is not known"),
        ({"mgnMode": "cash"}, "margin modes are cross and isolated"),
        ({"posSide": "up"}, "sides are net, long, short"),
        ({"posSide": "long", "pos": "-3"}, "under posSide long it is >= 0"),
        ({"avgPx": "0"}, "an entry price above 0"),
        ({"avgPx": "-1"}, "prices are finite and >= 0"),
        ({"pos": "x"}, "pos is 'x'"),
        ({"pos": "1e18"}, "amounts are between"),
        ({"instType": "MARGIN"}, "it is a pair and no contract"),
        ({"mgnMode": "isolated", "margin": ""}, "an isolated position has a margin of its own"),
        ({"mgnMode": "isolated", "margin": "5", "ccy": "%s%n"}, "a currency is named by letters and digits"),
    ],
)
def test_a_faulty_position_is_refused_with_field_value_and_rule(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        of_positions(position(SWAP, "3", **{k: v for k, v in change.items() if k != "pos"}) | change)
    assert said in str(caught.value)


def test_what_stands_twice_or_is_left_out_is_refused() -> None:
    with pytest.raises(InputError, match="a position of one mode and side stands once"):
        of_positions(position(), position())
    with pytest.raises(InputError, match="a currency stands once"):
        of_balances(owned(), owned())
    for part in ("account/positions", "account/balance"):
        with pytest.raises(InputError, match="make a book together"):
            read(account(**{part: None}))
    with pytest.raises(InputError, match="leave others out"):
        read(account(**{"account/greeks": answer([])}))


def test_one_answer_alone_is_refused_with_the_way_out() -> None:
    for part in ("account/positions", "account/balance"):
        with pytest.raises(InputError, match="make a book together"):
            OKX.read_account(account()[part], origin="test", account=None)


@pytest.mark.parametrize(
    "document",
    [None, 3, "x", [], {}, [1, 2], {"positions": []}, {"BTC-USDT-SWAP": 2.0}, {"result": 1}, {3: 4},
     [{"instrument": SWAP, "size": 1}], {"positions": {"result": []}, "summaries": {"result": []}}],
)  # fmt: skip
def test_what_is_no_answer_of_okx_is_left_to_others(document: Any) -> None:
    assert OKX.read_account(document, origin="test", account=None) is None


def test_the_documented_answers_make_a_book() -> None:
    if not SHAPES.is_file():
        pytest.skip("the shared recording native_shapes_cex.json is not here (set SEAWALL_DATA)")
    shapes = json.loads(SHAPES.read_bytes())["okx"]
    private = {key: part for key, part in shapes.items() if "/balance" in key or "/positions" in key}
    future = dict(LISTED[4]) | {"instId": "ETH-USD-210430", "instType": "FUTURES", "settleCcy": "ETH", "ctVal": "10",
                                "expTime": "1619769600000"}  # fmt: skip
    book = read(private | {"public/instruments": answer([future])})
    [row] = private["GET /api/v5/account/positions (private)"]["data"]
    isolated = book.account("okx/isolated/ETH-USD-210430/long")
    assert [(entry.size, entry.entry_price) for entry in isolated.positions] == [(10.0, float(row["avgPx"]))]
    [details] = private["GET /api/v5/account/balance (private)"]["data"][0]["details"]
    assert book.account("okx").balances == {"USDT": float(details["cashBal"])}


HOSTILE = (
    None,
    True,
    -1,
    1e300,
    10**400,
    "",
    "x",
    "1e999",
    "\ud800",
    [],
    [[]],
    {},
    [None],
    [1],
    {"error": 1},
    b"x",
    1j,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_answer_with_any_part_replaced_is_a_book_or_an_input_error(data: st.DataObject) -> None:
    isolated = position(FUTURE, "5", mgnMode="isolated", posSide="long", margin="44")
    document: Any = copy.deepcopy(
        account(**{"account/positions": answer([position(), position(CALL, "-2"), isolated])})
    )
    holder = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.integers(0, 5)) == 0:
            break
        holder = holder[key]
    holder[key] = copy.deepcopy(data.draw(st.sampled_from(HOSTILE)))
    try:
        book = OKX.read_account(document, origin="test", account=None)
    except InputError as error:
        str(error).encode()
    else:
        assert book is None or np.isfinite(book.balances).all()


def test_book_from_document_is_what_the_venue_reads() -> None:
    assert book_from_document(account(), origin="test").account("okx") == read(account()).account("okx")
