from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError, Problem
from seawall.portfolio import Book
from tests.unit.portfolio.reading import held_by, read_document, read_json


def problems_of(document: object) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_json(document if isinstance(document, str) else json.dumps(document))
    return caught.value.problems


def test_rows_and_accounts_state_the_same_book():
    rows = [
        {"account": "desk", "instrument": "BTC-PERPETUAL", "size": -1000, "entry_price": 62000},
        {"account": "desk", "instrument": "BTC", "size": "2.5"},
        {"account": "desk", "instrument": "BTC-PERPETUAL", "size": 10, "kind": "order"},
    ]
    accounts = {
        "desk": {
            "positions": {"BTC-PERPETUAL": {"size": -1000, "entry_price": 62000}},
            "balances": {"BTC": 2.5},
            "orders": {"BTC-PERPETUAL": 10},
        }
    }
    assert held_by(read_document(rows)) == held_by(read_document(accounts)) == {
        "desk": (
            ("balance", "BTC", 2.5, ""), ("order", "BTC-PERPETUAL", 10.0, "nan"),
            ("position", "BTC-PERPETUAL", -1000.0, "62000.0"),
        )
    }  # fmt: skip


def test_an_account_that_holds_nothing_is_still_an_account():
    assert read_document({"desk": {}, "other": {"balances": {"BTC": 1}}}).accounts == ("desk", "other")


@pytest.mark.parametrize(
    ("document", "path", "field"),
    [
        ([{"instrument": "BTC-1", "size": 1}, {"instrument": "BTC-2", "size": "x"}], "$[1]", "size"),
        ([{"instrument": "BTC-1", "size": True}], "$[0]", "size"),
        ([{"instrument": "BTC-1"}], "$[0]", "size"),
        ([{"size": 1}], "$[0]", "instrument"),
        ([{"instrument": 7, "size": 1}], "$[0]", "instrument"),
        ([{"instrument": "BTC-1", "size": 1, "colour": "red"}], "$[0]", "field"),
        (["BTC-1"], "$[0]", "row"),
        ({"desk": {"positions": {"BTC-1": "x"}}}, '$.desk.positions["BTC-1"]', "size"),
        ({"desk": {"positions": {"BTC-1": {"amount": 1}}}}, '$.desk.positions["BTC-1"]', "entry"),
        ({"desk": {"positions": {"BTC": 1}}}, "$.desk.positions", "name"),
        ({"desk": {"balances": {"BTC-1": 1}}}, "$.desk.balances", "name"),
        ({"desk": {"balances": 1}}, "$.desk.balances", "balances"),
        ({"desk": {"loans": {}}}, "$.desk", "part"),
        ({"desk": 1}, "$.desk", "account"),
        ({"desk": {"charges": {"rent": {"BTC": 1}}}}, "$.desk.charges", "charge"),
        ({"desk": {"charges": {"spot_margin": {"BTC": -1}}}}, "$.desk.charges.spot_margin.BTC", "size"),
    ],
)
def test_every_refusal_names_its_json_path(document: object, path: str, field: str):
    (problem,) = problems_of(document)
    assert problem.where == f"book.json {path}"
    assert problem.field == field


@pytest.mark.parametrize(
    "text",
    ["", "{", "nul", "[1,]", '{"a": {}, "a": {}}', "[" * 100_000, "[" + "9" * 5000 + "]", "3", "null", "[]", "{}",
     '[{"instrument": "BTC-1", "size": NaN}]', '[{"instrument": "BTC-1", "size": Infinity}]',
     '[{"instrument": "BTC-1", "size": 1' + "0" * 400 + "}]", '[{"instrument": "\\ud800-1", "size": 1}]'],
)  # fmt: skip
def test_text_that_states_no_book_is_refused(text: str):
    assert problems_of(text)


def test_a_key_stated_twice_is_refused_and_named():
    (problem,) = problems_of('{"desk": {"balances": {"BTC": 1, "BTC": 2}}}')
    assert (problem.field, problem.value) == ("key", "BTC")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["BTC", "BTC-1-C"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["account", "instrument", "size", "kind", "entry_price", "positions", "balances", "orders",
                             "charges", "spot_margin", "BTC", "BTC-1-C"]) | st.text(max_size=5),
            inner, max_size=5,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_a_book_or_refused(document: object):
    for read in (lambda: read_document(document), lambda: read_json(json.dumps(document))):
        with suppress(InputError):
            assert isinstance(read(), Book)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_a_book_or_refused(text: str):
    with suppress(InputError):
        assert isinstance(read_json(text), Book)


def test_a_document_states_every_part_of_an_account():
    document = {
        "desk": {
            "positions": {"X-1": {"size": 2, "entry_price": 5}, "X-2": 0},
            "balances": {"BTC": 1.0, "USDC": -3.0},
            "orders": {"X-1": [5, -2]},
            "charges": {"open_orders_margin": {"BTC": 0.1}, "spot_margin": {"USDC": 2.0}},
        },
        "idle": {},
    }
    assert held_by(read_document(document)) == {
        "desk": (
            ("balance", "BTC", 1.0, ""), ("balance", "USDC", -3.0, ""), ("open_orders_margin", "BTC", 0.1, ""),
            ("order", "X-1", -2.0, "nan"), ("order", "X-1", 5.0, "nan"), ("position", "X-1", 2.0, "5.0"),
            ("position", "X-2", 0.0, "nan"), ("spot_margin", "USDC", 2.0, ""),
        ),
        "idle": (),
    }  # fmt: skip
