"""A market of stocks and their options: what is read, what follows, what is refused, and its margin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.market import Origin
from seawall.market.codec import decode, encode
from seawall.pricing import black76
from seawall.venues.listed import read_listed
from tests.unit.venues.listed.samples import CALL, INDEX_CALL, PUT, as_bytes, market, option

POLICY = "occ/tims/2026-01-01"
BOOK = [
    {"account": "short call", "instrument": CALL, "size": -10_000},
    {"account": "protective put", "instrument": "IBM", "size": 10_000},
    {"account": "protective put", "instrument": PUT, "size": 10_000},
    {"account": "stock", "instrument": "IBM", "size": 10_000},
]


def test_what_a_file_says_is_observed_and_what_follows_is_derived() -> None:
    found = sw.load_snapshot(market())
    call, index = found.table.position(CALL), found.table.position(INDEX_CALL)
    assert (found.mark[call], found.mark_origin[call], found.vol_origin[call]) == (
        1.68,
        Origin.OBSERVED,
        Origin.DERIVED,
    )
    assert (found.vol[index], found.vol_origin[index], found.mark_origin[index]) == (
        0.1, Origin.OBSERVED, Origin.DERIVED,
    )  # fmt: skip
    years = 57.0 / 365.0
    forward = 1451.19 * np.exp((0.0525 - 0.017) * years)
    assert found.forward[index] == pytest.approx(forward)
    worth = black76.price(forward, 1450.0, years, 0.1, is_call=True, discount=np.exp(-0.0525 * years))
    assert found.mark[index] == pytest.approx(float(worth))
    assert len(found.notes) == 3


def test_a_file_of_our_own_gives_the_market_back() -> None:
    found = sw.load_snapshot(as_bytes())
    assert decode(encode(found)).digest == found.digest


def test_positions_of_cboes_table_are_met_through_the_front_door() -> None:
    """Published: 115,429 for 100 short calls, 37,500 for the minimum of 100 puts that protect a stock."""
    found = sw.margin(BOOK, market(), POLICY, stand_ins={"IBM": "STOCK"})
    needs = {row.account: row.maintenance_margin for row in found}
    assert needs["short call"] == pytest.approx(115_429.0, rel=0.003)
    assert needs["stock"] == pytest.approx(0.15 * 977_300.0)
    # At the lowest points the put is worth what its exercise pays: the fall to the strike is all that is lost.
    assert needs["protective put"] == pytest.approx(max(10_000 * (97.73 - 95.0 + 1.02), 3_750.0))


def test_without_early_exercise_the_protected_stock_needs_more() -> None:
    european = market()
    european["listed"]["underlyings"]["IBM"]["exercise"] = "european"
    needs = [
        sw.margin(BOOK, given, POLICY, stand_ins={"IBM": "STOCK"})["protective put"][0].maintenance_margin
        for given in (market(), european)
    ]
    assert needs[1] > needs[0] + 1_000.0


def test_stocks_do_not_offset_each_other_and_indices_of_a_group_do() -> None:
    given: dict[str, Any] = market()["listed"]
    given["underlyings"] |= dict.fromkeys(("XYZ", "NDX"), given["underlyings"]["IBM"])
    rows = [{"account": "stocks", "instrument": "IBM", "size": 100},
            {"account": "stocks", "instrument": "XYZ", "size": -100},
            {"account": "indices", "instrument": "SPX", "size": 1},
            {"account": "indices", "instrument": "NDX", "size": -1451.19 / 97.73}]  # fmt: skip
    classes = {"IBM": "STOCK", "XYZ": "STOCK", "SPX": "HIGHCAP", "NDX": "HIGHCAP"}
    found = sw.margin(rows, {"listed": given}, POLICY, stand_ins=classes)
    needs = {row.account: row.maintenance_margin for row in found}
    assert needs["stocks"] == pytest.approx(2 * 0.15 * 9_773.0)
    assert needs["indices"] == pytest.approx((1 - 0.9) * 0.08 * 1451.19)


def test_a_price_that_no_volatility_gives_is_unavailable() -> None:
    options = [option("P", "IBM", 120.0, "put", price=1.0)]  # its exercise pays 22.27
    found = sw.margin({"P": 1.0}, market(options=options), POLICY, stand_ins={"IBM": "STOCK"})
    [row] = found
    assert "no forward" not in row.unavailable
    assert "no vol" in row.unavailable


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"time": "yesterday"}, "time"),
        ({"underlyings": {}}, "at least one"),
        ({"options": [option("A", "XYZ", 100.0, "call", vol=0.2)]}, "underlyings has it"),
        ({"options": [option("A", "IBM", 100.0, "call")]}, "a price or a vol"),
        ({"options": [option("A", "IBM", 100.0, "call", vol=0.2)] * 2}, "a name of its own"),
        ({"options": [option("IBM", "IBM", 100.0, "call", vol=0.2)]}, "a name of its own"),
        ({"options": [option("A", "IBM", -1.0, "call", vol=0.2)]}, "strike"),
        ({"options": [option("A", "IBM", 1.0, "straddle", vol=0.2)]}, "straddle"),
        ({"options": [option("A", "IBM", 1.0, "call", vol=0.2, iv=0.2)]}, "iv"),
        ({"surprise": 1}, "surprise"),
        ({"source": ""}, "source"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_listed(as_bytes(**changes), name="x.json")
