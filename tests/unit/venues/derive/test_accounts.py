from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.portfolio import Book
from seawall.venues.derive.accounts import read_account
from seawall.venues.derive.venue import DERIVE
from tests.unit.venues.derive.samples import CALL, LIVE_PM2, LIVE_SM, PERP, answer


def subaccount(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "subaccount_id": 7, "margin_type": "SM", "open_orders": [],
        "collaterals": [{"asset_name": "USDC", "amount": "1000.5", "pending_interest": "-0.5"},
                        {"asset_name": "BTC", "amount": "0.25"}],
        "positions": [{"instrument_name": CALL, "amount": "-2", "average_price": "3000"}],
    }  # fmt: skip
    return made | changes


def read(document: Any, **options: Any) -> Book:
    book = read_account(document, origin="test", **options)
    assert book is not None
    return book


def test_collateral_is_the_balance_with_its_pending_interest() -> None:
    account = read(answer(subaccount())).account("7")
    assert account.balances == {"USDC": 1_000.0, "BTC": 0.25}
    assert [(entry.instrument, entry.size) for entry in account.positions] == [(CALL, -2.0)]


def test_a_live_subaccount_has_the_value_that_the_venue_states() -> None:
    account = read(answer(LIVE_PM2)).account("42")
    [perp], mark = account.positions, 2_568.706708413625
    value = account.balances["USDC"] + perp.size * (mark - perp.entry_price)
    assert value == pytest.approx(float(LIVE_PM2["subaccount_value"]), abs=1e-11)


def test_all_portfolios_are_one_book() -> None:
    book = read(answer([LIVE_PM2, LIVE_SM]))
    assert book.accounts == ("42", "130837")
    assert book.account("130837").balances == {"ETH": 0.1}
    assert read(answer([LIVE_PM2, LIVE_SM]), account="desk").accounts == ("desk 42", "desk 130837")
    assert read(answer(LIVE_PM2), account="desk").accounts == ("desk",)


def test_positions_and_collaterals_may_come_in_two_answers() -> None:
    whole = subaccount()
    parts = {
        "private/get_positions": answer({"subaccount_id": 7, "positions": whole["positions"]}),
        "private/get_collaterals": answer({"subaccount_id": 7, "collaterals": whole["collaterals"]}),
    }
    assert read(parts).account("7") == read(whole).account("7")
    with pytest.raises(InputError, match="give both answers"):
        read({"private/get_positions": parts["private/get_positions"]})


def test_stated_order_margin_is_taken_and_its_orders_are_not_counted_twice() -> None:
    order = {
        "instrument_name": PERP,
        "amount": "2",
        "filled_amount": "0.5",
        "direction": "sell",
        "order_status": "open",
    }
    stated = read(subaccount(open_orders=[order], open_orders_margin="-40"))
    assert stated.account("7").charges == {"open_orders_margin": {"USDC": 40.0}}
    assert len(stated.orders) == 0
    listed = read(subaccount(open_orders=[order, order | {"order_status": "untriggered"}]))
    assert [(one.instrument, one.size) for one in listed.account("7").orders] == [(PERP, -1.5)]


def test_a_position_of_nothing_leaves_its_settlements_behind() -> None:
    position = {"instrument_name": PERP, "amount": "0", "net_settlements": "5", "pending_funding": "2"}
    account = read(subaccount(positions=[position])).account("7")
    assert account.positions == ()
    assert account.balances["USDC"] == pytest.approx(997.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": "x"}, "amount is 'x'; numbers are decimal strings"),
        ({"amount": None}, "amount is 'missing'; this field is required"),
        ({"instrument_name": "BTC-25SEP26-1-C"}, "Derive writes COIN"),
        ({"instrument_name": None}, "instrument_name is 'missing'"),
        ({"instrument_name": "ETH-USDC"}, "held as collateral"),
        ({"instrument_name": PERP, "average_price": "0"}, "entry prices of perpetuals are above 0"),
        ({"average_price": "-1"}, "prices are finite and >= 0"),
    ],
)
def test_a_faulty_position_is_refused_with_field_value_and_rule(change: dict[str, Any], said: str) -> None:
    position = {"instrument_name": CALL, "amount": "-2", "average_price": "3000"} | change
    with pytest.raises(InputError) as caught:
        read(subaccount(positions=[position]))
    assert said in str(caught.value)


def test_what_stands_twice_is_refused() -> None:
    position = {"instrument_name": CALL, "amount": "-2", "average_price": "3000"}
    with pytest.raises(InputError, match="it stands once"):
        read(subaccount(positions=[position, position]))
    with pytest.raises(InputError, match="it is listed once"):
        read(answer([subaccount(), subaccount()]))
    with pytest.raises(InputError, match="it stands once"):
        read(subaccount(collaterals=[{"asset_name": "ETH", "amount": "1"}] * 2))


@pytest.mark.parametrize(
    "document",
    [None, 3, "x", [], {}, [1, 2], {"positions": []}, {"BTC-PERP": 2.0}, {"error": {"message": "no"}}, {"result": 1},
     [{"instrument": "BTC-PERP", "size": 1}], {"result": [{"currency": "BTC"}]}, {3: 4}],
)  # fmt: skip
def test_what_is_no_answer_of_derive_is_left_to_others(document: Any) -> None:
    assert read_account(document, origin="test") is None
    assert DERIVE.read_account(document, origin="test", account=None) is None


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
    document: Any = answer([copy.deepcopy(LIVE_PM2), subaccount()])
    holder = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.integers(0, 5)) == 0:
            break
        holder = holder[key]
    holder[key] = data.draw(st.sampled_from(HOSTILE))
    try:
        book = read_account(document, origin="test")
    except InputError as error:
        str(error).encode()
    else:
        assert book is None or np.isfinite(book.balances).all()
