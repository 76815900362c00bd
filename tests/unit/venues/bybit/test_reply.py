"""Margin answers made by the textbook and the venue's documented rule: what was hidden is solved, the rest agrees."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seawall as sw
from seawall.core.errors import InputError, SeawallError
from seawall.margining.reconciliation import Reconciliation
from seawall.venues.bybit.reply import read_reply
from tests.unit.venues.bybit.samples import (
    CALL,
    INVERSE,
    MOVES,
    PERP,
    PUT,
    SHAPES,
    T0_MS,
    answer,
    inverse_row,
    linear_row,
    margin_answer,
    option_row,
)
from tests.unit.venues.bybit.test_decode import changed, leaves, places

FORWARD, COIN_USD = 66_200.0, 0.9993
CELL_USD = 1e-6
"""Cells are printed to 1e-8 USD for each of up to some coins."""


def two_options(call_size: float = 2.0, put_size: float = -3.0) -> list[dict[str, Any]]:
    return [
        option_row(CALL, call_size, forward=FORWARD, vol=0.5774, coin_usd=COIN_USD),
        option_row(PUT, put_size, forward=FORWARD, vol=0.6432, coin_usd=COIN_USD),
    ]


def book_answer(**coin: Any) -> dict[str, Any]:
    return margin_answer(two_options(), [linear_row(PERP, -0.5, 66_005.0, COIN_USD)], **coin)


def hedge(size: float, index: float, *, printed: bool = False) -> dict[str, Any]:
    rows = [{"priceScale": str(m), "pnls": [f"{max(size * index * m, 0.0):.8f}"]} for m in MOVES]
    return {"hedgeSpotSize": f"{size:.8f}", "usdIndexPrice": str(index) if printed else "0", "pnlRanges": rows}


def lines_of(found: Reconciliation) -> dict[str, sw.api.Line]:  # type: ignore[name-defined]
    return {line.name: line for line in found.lines}


def problems_of(document: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_reply(document, origin="file")
    return str(caught.value)


def test_forward_volatilities_and_the_coins_price_are_solved() -> None:
    reply = read_reply(book_answer(), origin="file")
    assert reply is not None
    snapshot = reply.snapshot
    rows = [snapshot.table.position(name) for name in (CALL, PUT)]
    assert snapshot.index["USDT"] == pytest.approx(COIN_USD, rel=1e-10)
    assert snapshot.forward[rows] == pytest.approx([FORWARD, FORWARD], rel=1e-8)
    assert snapshot.vol[rows] == pytest.approx([0.5774, 0.6432], rel=1e-7)
    assert len(reply.reconstructed) >= 3


def test_every_cell_of_a_book_is_computed_again() -> None:
    found = sw.reconcile(book_answer())
    cells = [line for line in found.lines if line.name.startswith(("BTC.option", "BTC.expiry", "BTC.perpetual"))]
    assert len(cells) == 3 * 33 + 11
    assert max(abs(line.difference) for line in cells) < CELL_USD


def test_options_alone_tell_the_coins_price_too() -> None:
    reply = read_reply(margin_answer(two_options(20.0, -30.0), []), origin="file")
    assert reply is not None
    assert reply.snapshot.index["USDT"] == pytest.approx(COIN_USD, rel=1e-5)
    assert any("solved with the forward" in sentence for sentence in reply.reconstructed)


@pytest.mark.parametrize("printed", [False, True])
def test_the_index_is_what_is_printed_or_what_the_spot_hedge_tells(printed: bool) -> None:
    document = book_answer(spotHedgeInfo=hedge(-0.4, 66_010.0, printed=printed))
    reply = read_reply(document, origin="file")
    assert reply is not None
    assert reply.snapshot.index["BTC"] == pytest.approx(66_010.0, rel=1e-9)
    assert any("spot hedge" in sentence for sentence in reply.reconstructed) is not printed
    spot = [line for line in sw.reconcile(document).lines if line.name.startswith("BTC.spot")]
    assert len(spot) == len(MOVES)
    assert max(abs(line.difference) for line in spot) < CELL_USD


def test_inverse_contracts_tell_the_index() -> None:
    document = margin_answer([], [inverse_row(INVERSE, -30_000.0, 65_990.0, 66_000.0)])
    found = sw.reconcile(document)
    assert found.margins.snapshot.index["BTC"] == pytest.approx(66_000.0)
    assert max(abs(line.difference) for line in found.lines if "perpetual" in line.name) < CELL_USD


def test_without_a_hedge_the_index_follows_from_the_contingency_of_futures() -> None:
    document = book_answer(contingency={"futureContingency": f"{0.0003 * 0.5 * 66_020.0:.8f}"})
    found = sw.reconcile(document)
    assert found.margins.snapshot.index["BTC"] == pytest.approx(66_020.0, rel=1e-8)
    assert any("agrees by construction" in sentence for sentence in found.reconstructed)


FAR_CALL = "BTC-25SEP26-400000-C-USDT"


def worthless(symbol: str = FAR_CALL, size: float = 3.0, *, last_cell: float = 0.0) -> dict[str, Any]:
    """An option so far out of the money that its mark and its profits are printed as nothing, but perhaps for one."""
    row = option_row(symbol, size, forward=FORWARD, vol=0.05, coin_usd=COIN_USD)
    assert not any(map(float, [row["markPrice"], *(cell for part in row["pnlRanges"] for cell in part["pnls"])]))
    row["pnlRanges"][-1]["pnls"] = [f"{last_cell:.8f}"] * 3
    return row


@pytest.mark.parametrize("size", [3.0, -3.0])
@pytest.mark.parametrize(
    ("options", "futures", "hedged", "whose", "forward"),
    [
        (two_options(), [], False, f"the forward of {CALL}", FORWARD),
        ([], [linear_row(PERP, -0.5, 66_005.0, COIN_USD)], False, f"the mark of {PERP}", 66_005.0),
        ([], [inverse_row(INVERSE, -30_000.0, 65_990.0, 66_000.0)], False, f"the mark of {INVERSE}", 65_990.0),
        ([], [], True, "the index of BTC", 66_010.0),
    ],
)  # fmt: skip
def test_an_option_that_is_worth_nothing_takes_the_forward_of_others(
    size: float, options: list[Any], futures: list[Any], hedged: bool, whose: str, forward: float
) -> None:
    spot = hedge(-0.4, 66_010.0, printed=True) if hedged else {}
    document = margin_answer([*options, worthless(size=size)], futures, spotHedgeInfo=spot)
    found = sw.reconcile(document)
    [said] = [sentence for sentence in found.reconstructed if sentence.startswith(FAR_CALL)]
    assert f"is worth nothing, so that its profits tell no forward: it has {whose}" in said
    snapshot = found.margins.snapshot
    row = snapshot.table.position(FAR_CALL)
    coin_usd = snapshot.index.get("USDT", 1.0)
    in_usdt = forward if whose.endswith((CALL, PERP)) else forward / coin_usd
    assert snapshot.forward[row] == pytest.approx(in_usdt, rel=1e-6)
    cells = [line for line in found.lines if line.name.startswith(("BTC.option", "BTC.expiry", "BTC.perpetual"))]
    assert {line.name.partition(".")[2].partition(".")[2].rpartition(".")[0] for line in cells} >= {FAR_CALL}
    assert max(abs(line.difference) for line in cells) < CELL_USD
    assert np.isfinite([line.ours for line in found.lines]).all()


def test_what_a_worthless_option_may_still_gain_tells_its_volatility() -> None:
    document = margin_answer([*two_options(), worthless(last_cell=0.003)], [])
    found = sw.reconcile(document)
    [cell] = [line for line in found.lines if line.name == f"BTC.option.{FAR_CALL}.{3 * len(MOVES) - 2}"]
    assert cell.ours == pytest.approx(0.003, abs=1e-7)


def test_a_worthless_option_alone_is_read_and_what_needs_a_price_is_unavailable() -> None:
    found = sw.reconcile(margin_answer([worthless()], []))
    said = " ".join(found.reconstructed)
    assert f"{FAR_CALL} is worth nothing, and nothing tells a price of BTC" in said
    assert lines_of(found)["BTC.option." + FAR_CALL + ".0"].theirs == 0.0
    assert math.isnan(lines_of(found)["BTC.option." + FAR_CALL + ".0"].ours)


def test_options_of_two_coins_that_expire_together_have_a_forward_each() -> None:
    ether = option_row("ETH-25SEP26-2000-C-USDT", 5.0, forward=1_950.0, vol=0.7, coin_usd=COIN_USD)
    document = margin_answer(two_options(), [])
    [bitcoin] = document["result"]["assetPnlRange"]
    [other] = margin_answer([ether], [], baseCoin="ETH")["result"]["assetPnlRange"]
    document["result"]["assetPnlRange"] = [bitcoin, other]
    snapshot = sw.reconcile(document).margins.snapshot
    assert snapshot.forward[snapshot.table.position(CALL)] == pytest.approx(FORWARD, rel=1e-4)
    assert snapshot.forward[snapshot.table.position("ETH-25SEP26-2000-C-USDT")] == pytest.approx(1_950.0, rel=1e-4)


def test_the_ranges_that_the_answer_shows_are_the_policys() -> None:
    wide = [row | {"pnlRanges": [part | {"priceScale": str(round(2.0 * float(part["priceScale"]), 2))}
                                 for part in row["pnlRanges"]]}
            for row in [linear_row(PERP, 1.0, 66_005.0, 1.0)]]  # fmt: skip
    reply = read_reply(margin_answer([], wide, maxLossIvShockList=["-0.25"] * 11), origin="file")
    assert reply is not None
    assert reply.policy.number("market.btc.price_range") == 0.2
    assert reply.policy.number("market.btc.volatility_range_down") == 0.25
    assert any("market.btc.price_range" in sentence for sentence in reply.reconstructed)


def test_an_answer_from_before_the_first_policy_is_read_and_says_so() -> None:
    early = margin_answer([], [linear_row(PERP, 1.0, 66_005.0, 1.0)]) | {"time": 1_700_000_000_000}
    reply = read_reply(early, origin="file")
    assert reply is not None
    assert any("none is known of the answer's time" in sentence for sentence in reply.reconstructed)


def test_a_rule_that_is_another_one_is_said_and_its_differences_are_shown() -> None:
    document = book_answer()
    part = document["result"]["assetPnlRange"][0]["optionExpiryDatePnlRanges"][0]["optionPositionPnlRanges"][0]
    for k, row in enumerate(part["pnlRanges"]):
        row["pnls"][1] = f"{float(row['pnls'][1]) + 40.0 * (-1) ** k:.8f}"
    found = sw.reconcile(document)
    assert any("the venue's rule is another one" in sentence for sentence in found.reconstructed)
    assert any(abs(line.difference) > 10.0 for line in found.lines if line.name.startswith("BTC.option"))


def test_equity_is_the_answers_and_open_orders_are_said_to_be_left_out() -> None:
    row = linear_row(PERP, -0.5, 66_005.0, COIN_USD) | {"orderSize": "0.3"}
    found = sw.reconcile(margin_answer(two_options(), [row]))
    assert lines_of(found)["equity"].ours == pytest.approx(50_000.0, abs=1e-9)
    assert any(PERP in sentence and "orders" in sentence for sentence in found.reconstructed)


def test_a_contract_that_is_not_held_is_no_line() -> None:
    found = sw.reconcile(margin_answer([], [linear_row(PERP, 1.0, 66_005.0, 1.0),
                                            linear_row("BTCPERP", 0.0, 66_005.0, 1.0)]))  # fmt: skip
    assert not any("BTCPERP" in line.name for line in found.lines)


def test_the_answer_is_read_with_and_without_its_envelope() -> None:
    document = book_answer()
    bare = document["result"] | {"time": document["time"]}
    assert sw.reconcile(bare).rows() == sw.reconcile(document).rows()


UNEVEN = linear_row(PERP, 1.0, 6e4, 1.0) | {
    "pnlRanges": [{"priceScale": "-0.3", "pnls": ["1"]}, {"priceScale": "0.1", "pnls": ["1"]}]
}


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (margin_answer([], []), "at least one contract"),
        (book_answer() | {"time": None}, "the answer's time is needed"),
        (book_answer() | {"time": 1_795_000_000_000}, "contracts expire after the answer"),
        (book_answer() | {"retCode": 10001, "retMsg": "denied"}, "0 stands for success"),
        (book_answer(baseCoin="ETH"), "on ETH is expected here"),
        (book_answer(futurePositionPnlRanges=[{"symbolName": "BTC-25SEP26"}]), "no position is dropped"),
        (book_answer(totalPnlRanges={"FUTURE": {"pnlRanges": []}}), "no position is dropped"),
        (margin_answer([], [linear_row(PERP, 1.0, 0.0, 1.0)]), "only an option may be worth 0"),
        (margin_answer([], [linear_row("XYZ", 1.0, 1.0, 1.0)]), "Bybit writes"),
        (margin_answer([], [linear_row(PERP, 1.0, 6e4, 1.0)] * 2), "a contract stands once"),
        (margin_answer([], [linear_row(PERP, 1.0, 6e4, 1.0) | {"pnlRanges": []}]), "the profits of a contract"),
        (margin_answer([option_row(CALL, 1.0, forward=FORWARD, vol=0.5, coin_usd=1.0) | {"markPrice": "9999999"}], []),
         "profits at unchanged volatility"),
        (margin_answer([], [UNEVEN]), "evenly around 0"),
        (margin_answer(two_options()[:1], [UNEVEN]), "price moves are those of BTCUSDT"),
    ],
)  # fmt: skip
def test_what_can_not_be_meant_is_refused_with_the_rule(document: Any, rule: str) -> None:
    assert rule in problems_of(document)


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"result": {}}, {"wallet": 1}, answer({"wallet": {}})])
def test_other_documents_are_left_to_others(document: Any) -> None:
    assert read_reply(document, origin="file") is None


WHOLE = book_answer(
    spotHedgeInfo=hedge(0.4, 66_010.0), contingency={"futureContingency": "9.9"}, maxLossIvShockList=["-0.2"] * 11
)
SMALL = [place for place in places(WHOLE) if not any(isinstance(key, int) and key > 1 for key in place)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SMALL), leaves)
def test_any_value_anywhere_is_compared_or_a_clear_error(place: tuple[Any, ...], value: Any) -> None:
    document = changed(WHOLE, place, value)
    try:
        found = sw.reconcile(document) if isinstance(document, dict) else None
    except SeawallError as error:
        assert str(error)
        return
    assert found is None or all(not math.isnan(line.theirs) for line in found.lines)


def test_every_part_may_be_left_out() -> None:
    """What is missing is refused or not compared; nothing else happens."""
    for place in SMALL:
        if not place:
            continue
        document = copy.deepcopy(WHOLE)
        part: Any = document
        for key in place[:-1]:
            part = part[key]
        del part[place[-1]]
        try:
            sw.reconcile(document)
        except SeawallError as error:
            assert str(error)


@pytest.mark.skipif(not SHAPES.is_file(), reason=f"{SHAPES.name} is not in {SHAPES.parent}; set SEAWALL_DATA")
def test_the_documented_answer_is_computed_again() -> None:
    [document] = json.loads(SHAPES.read_bytes())["bybit"]["/v5/asset/portfolio-margin"]
    found = sw.reconcile(document)
    lines = lines_of(found)
    cells = [line for name, line in lines.items() if name.rpartition(".")[2].isdigit()]
    assert len(cells) == 11 + 11 + 33 + 11 + 33 + 33
    assert max(abs(line.difference) for line in cells) < 1e-8
    # What Bybit does not publish: the delta spread, and what the account owes or has on order.
    off = {line.name for line in found.differing(absolute=1e-5, relative=1e-5)}
    assert "BTC.futureDeltaContingency" in off
    assert not any(name.startswith(("BTC.total", "BTC.spot", "BTC.maxLoss", "BTC.futureC")) for name in off)
    assert found.margins.snapshot.time_ns > T0_MS
    assert np.isfinite([line.ours for line in found.lines]).all()
