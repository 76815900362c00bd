from __future__ import annotations

import copy
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.market import MarketSnapshot, Origin
from seawall.venues.okx.decode import snapshot_from_native_file
from seawall.venues.okx.venue import OKX
from tests.unit.venues.okx.samples import (
    CALL,
    COIN_SWAP,
    FUTURE,
    LISTED,
    PAIR,
    SWAP,
    T0_MS,
    answer,
    as_bytes,
    listed,
    mark,
    public,
)

SHAPES = (
    Path(os.environ.get("SEAWALL_DATA", Path(__file__).parents[4].parent / "shared" / "data"))
    / "native_shapes_cex.json"
)


def read(file: Any, **options: Any) -> MarketSnapshot:
    return snapshot_from_native_file(as_bytes(file), **options)


def problems_of(file: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(file)
    return str(caught.value)


def test_an_option_has_mark_in_coin_vol_as_a_decimal_and_its_own_forward() -> None:
    snapshot = read(public())
    row = snapshot.table.position(CALL)
    assert (snapshot.mark[row], snapshot.vol[row], snapshot.forward[row]) == (0.0321, 0.58, 63_120.5)
    assert snapshot.vol_origin[row] == Origin.OBSERVED
    assert (snapshot.table.row(row).contract_size, snapshot.table.lot[row]) == (0.01, 0.01)


def test_sizes_are_units_and_no_longer_contracts() -> None:
    snapshot = read(public())
    row = snapshot.table.position(SWAP)
    assert (snapshot.bid_size[row], snapshot.open_interest[row]) == (0.12, 25_000.0)
    coin = snapshot.table.row(snapshot.table.position(COIN_SWAP))
    assert (coin.contract_size, coin.lot) == (100.0, 100.0)


def test_an_empty_side_of_the_book_is_no_price() -> None:
    snapshot = read(public())
    assert math.isnan(snapshot.ask[snapshot.table.position(SWAP)])


def test_funding_is_told_for_eight_hours() -> None:
    snapshot = read(public())
    assert snapshot.funding_8h[snapshot.table.position(SWAP)] == pytest.approx(0.0002)


def test_indices_are_in_dollars_and_a_stable_coin_without_one_is_at_par_and_told() -> None:
    assert read(public()).index == {"BTC": 62_648.5, "USDT": 0.9995}
    indices = answer([{"instId": "BTC-USDT", "idxPx": "62700", "ts": str(T0_MS)}])
    snapshot = read(public(**{"market/index-tickers": indices}))
    assert snapshot.index == {"BTC": 62_700.0, "USDT": 1.0}
    assert set(snapshot.index_origin.values()) == {Origin.DERIVED}
    assert "USDT is taken as 1 USD" in " ".join(snapshot.notes)


def test_what_no_answer_prices_is_kept_without_a_price() -> None:
    snapshot = read(public())
    assert math.isnan(snapshot.mark[snapshot.table.position(PAIR)])
    assert "1 listed instruments have no price" in " ".join(snapshot.notes)


def test_the_instant_is_that_of_the_newest_row_and_names_the_snapshot() -> None:
    snapshot = read(public())
    assert snapshot.time_ns == T0_MS * 1_000_000
    assert snapshot.name == "okx-btc-2026-08-01"
    assert read(public(), time_ns=to_ns("2026-08-02"), name="mine").name == "mine"


def test_the_venue_reads_its_own_files() -> None:
    content = as_bytes(public())
    assert OKX.is_snapshot(content)
    assert len(OKX.read_snapshot(content, name="mine")) == len(LISTED)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"public/instruments": answer([])}, "no row"),
        (public(**{"public/instruments": {"code": "50011", "msg": "Too Many", "data": []}}), "Too Many"),
        (public(**{"public/instruments": answer([LISTED[1], LISTED[1]])}), "it stands once"),
        (public(**{"public/instruments": answer([listed(SWAP, "SWAP", ctVal="")])}), "ctVal times ctMult"),
        (public(**{"public/instruments": answer([listed(SWAP, "FUTURES")])}), "its name says perpetual"),
        (public(**{"public/instruments": answer([listed(SWAP, "SWAP", ctType="inverse")])}), "its name says linear"),
        (public(**{"public/instruments": answer([listed(CALL, "OPTION", stk="71000")])}), "its name says 70000"),
        (public(**{"public/instruments": answer([listed("BTC-PERP", "SWAP")])}), "OKX writes BASE-QUOTE"),
        (public(**{"public/mark-price": answer([mark(SWAP, "0")])}), "only an option may be worth 0"),
        (public(**{"public/mark-price": answer([mark(SWAP, "-1")])}), "prices are finite and >= 0"),
        (public(**{"public/mark-price": answer([mark(SWAP, "1e999")])}), "numbers are finite"),
        (public(**{"public/mark-price": answer([mark(SWAP, "6e4", ts="1")])}), ""),
        (public(**{"public/mark-price": answer([mark(SWAP, "6e4"), mark(SWAP, "6e4")])}), "it stands once"),
        (public(**{"public/mark-price": answer([mark(SWAP, "62,000")])}), "a number, written as a text"),
        (public(**{"public/mark-price": answer([{"instId": SWAP, "markPx": "6e4"}])}), "this field is required"),
        (public(**{"public/mark-price": 7}), "holds its rows as JSON objects"),
        ([public()], "a JSON object of OKX's answers"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_place_value_and_rule(file: Any, said: str) -> None:
    if said:
        assert said in problems_of(file)
    else:
        assert read(file)  # an old row is told by its age


def test_all_problems_are_told_at_once() -> None:
    file = public(**{"public/mark-price": answer([mark(SWAP, "-1"), mark(CALL, "x")])})
    text = problems_of(file)
    assert SWAP in text
    assert CALL in text


@pytest.mark.parametrize(
    "content", [b"", b"{", b"nan", b"[1", b"\xff\xfe", b'{"a": 1, "a": 2}', b"[" * 100_000, b'"x"', b"null"]
)
def test_what_is_no_json_object_is_an_input_error(content: bytes) -> None:
    with pytest.raises(InputError):
        snapshot_from_native_file(content)


def test_a_truncated_file_is_an_input_error() -> None:
    content = as_bytes(public())
    for cut in range(0, len(content) - 1, 97):
        with pytest.raises(InputError):
            snapshot_from_native_file(content[:cut])


def test_the_documented_answers_are_read_or_refused_with_a_reason() -> None:
    if not SHAPES.is_file():
        pytest.skip("the shared recording native_shapes_cex.json is not here (set SEAWALL_DATA)")
    shapes = json.loads(SHAPES.read_bytes())["okx"]
    snapshot = read({key: part for key, part in shapes.items() if "(public)" in key})
    assert snapshot.table.names == ("BTC-USDT",)
    assert snapshot.index["BTC"] == 43_350.0
    assert "are left out" in " ".join(snapshot.notes)


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
    "0",
    "NaN",
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_file_with_any_part_replaced_is_a_snapshot_or_an_input_error(data: st.DataObject) -> None:
    document: Any = copy.deepcopy(public())
    holder = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.integers(0, 5)) == 0:
            break
        holder = holder[key]
    holder[key] = copy.deepcopy(data.draw(st.sampled_from(HOSTILE)))
    try:
        snapshot = read(document)
    except InputError as error:
        str(error).encode()
    else:
        assert len(snapshot) > 0
        assert all(price > 0.0 for price in snapshot.index.values())
        assert FUTURE not in snapshot.table or snapshot.table.row(snapshot.table.position(FUTURE)).contract_size > 0.0
