from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seawall as sw
from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.instruments import InstrumentTable
from seawall.margining import evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.venues.okx import symbols
from seawall.venues.okx.position_builder import reply_from_document
from seawall.venues.okx.unprinted import tick
from seawall.venues.reply import MarginReply
from tests.unit.venues.okx.samples import (
    CALL,
    COIN_SWAP,
    SWAP,
    T0_MS,
    answer,
    as_bytes,
    builder_answer,
    documented,
    listed,
    public,
)

NEWEST = at("okx/pm", T0_MS * 1_000_000)


def read(document: Any) -> MarginReply:
    reply = reply_from_document(document, origin="test")
    assert reply is not None
    return reply


def test_the_documented_answer_agrees_in_every_number() -> None:
    found = sw.reconcile(documented())
    assert len(found.lines) == 85
    assert found.differing(absolute=1e-11, relative=0.0) == ()
    names = {line.name for line in found.lines}
    assert {f"{unit}.mr{n}" for unit in ("BTC", "LTC") for n in range(1, 10)} <= names
    assert {f"{unit}.standard.{k}" for unit in ("BTC", "LTC") for k in range(21)} <= names


def test_it_is_read_with_and_without_its_envelope_and_beside_public_answers() -> None:
    whole = documented()
    bare = read(whole["data"][0])
    for form in (
        whole,
        whole["data"],
        {"POST /api/v5/account/position-builder": whole},
        {"position_builder": whole["data"]},
    ):
        assert read(form).stated == bare.stated
        assert read(form).book.account("position-builder") == bare.book.account("position-builder")


def test_what_is_not_printed_is_solved_and_said() -> None:
    reply = read(documented())
    assert reply.snapshot.index["USDT"] == 0.99954
    assert reply.snapshot.index["BTC"] == 97_078.9 * 0.99954
    assert reply.snapshot.index["LTC"] == pytest.approx(101.9951 * 0.99954, rel=1e-15)
    sizes = {entry.instrument: entry.size for entry in reply.book.account("position-builder").positions}
    assert sizes == {"BTC-USDT-SWAP": -0.1, "LTC-USDT-SWAP": 10.0}
    assert reply.book.account("position-builder").balances == {"USDT": 100.0}
    said = " ".join(reply.reconstructed)
    for word in ("contract value of BTC-USDT-SWAP", "USD price of USDT", "index of BTC", "index of LTC", "acctLever"):
        assert word in said


def test_a_public_listing_and_indices_beside_it_count_before_what_is_solved() -> None:
    beside = {"account/position-builder": documented(),
              "public/instruments": answer([listed("BTC-USDT-SWAP", "SWAP")]),
              "market/index-tickers": answer([{"instId": "BTC-USDT", "idxPx": "97000", "ts": "1736936801642"},
                                              {"instId": "USDT-USD", "idxPx": "0.9995", "ts": "1736936801642"}]),
    }  # fmt: skip
    reply = read(beside)
    assert reply.snapshot.index["USDT"] == 0.9995
    assert reply.snapshot.index["BTC"] == 97_000.0 * 0.9995
    assert "contract value of BTC-USDT-SWAP" not in " ".join(reply.reconstructed)
    assert "contract value of LTC-USDT-SWAP" in " ".join(reply.reconstructed)


def test_a_changed_number_is_found_and_named() -> None:
    changed = documented()
    unit = changed["data"][0]["riskUnitData"][0]
    unit["mr4"] = "25"
    unit["mr1Scenarios"]["volShockDown"]["-0.08"] = "1"
    found = sw.reconcile(changed).differing(absolute=1e-9, relative=1e-9)
    assert {line.name for line in found} == {"BTC.mr4", "BTC.standard.5"}


def test_another_grid_in_the_answer_is_taken_and_said() -> None:
    changed = documented()
    unit = changed["data"][0]["riskUnitData"][0]
    for column in unit["mr1Scenarios"].values():
        for sign in ("", "-"):
            column[f"{sign}0.15"] = str(float(column.pop(f"{sign}0.12")) * 1.25)
    reply = read(changed)
    assert reply.policy.numbers("market.btc.price_moves") == (0.04, 0.08, 0.15)
    assert reply.policy.parameter("market.btc.price_moves").grade is Grade.DOCUMENTED
    assert any("market.btc.price_moves" in sentence for sentence in reply.reconstructed)
    assert {line.name for line in sw.reconcile(changed).differing(absolute=1e-9, relative=1e-9)} == {
        "BTC.mr1", "BTC.mr1_pnl", "BTC.mr1_move", "BTC.mmr", "BTC.imr", "native.totalMmr", "native.totalImr",
        "native.mgnRatio", "derivatives.mmr",
    }  # fmt: skip


def market(names: dict[str, float], index: dict[str, float]) -> MarketSnapshot:
    sizes = {SWAP: 0.01, COIN_SWAP: 100.0, "ETH-USDC-SWAP": 0.001, "BTC-USDC-SWAP": 0.0001}
    facts = [replace(symbols.parse(name), contract_size=sizes[name]) for name in names]  # type: ignore[type-var]
    marks = list(names.values())
    return MarketSnapshot.of(InstrumentTable.of(facts), name="made", venue="okx", source="by hand",
                             time_ns=T0_MS * 1_000_000, index=index, mark=marks, forward=marks)  # fmt: skip


MADE = market(
    {SWAP: 62_700.5, COIN_SWAP: 62_650.1, "BTC-USDC-SWAP": 62_690.0, "ETH-USDC-SWAP": 2_512.25},
    {"BTC": 62_648.5, "ETH": 2_511.5, "USDT": 0.9995, "USDC": 1.0001},
)


def remade(account: Account, policy: MarginPolicy = NEWEST) -> sw.Reconciliation:
    """Return our own numbers of a book, written as OKX would and computed again from that."""
    [margins] = evaluate(Book.of([account]), MADE, [policy], check_lots=False)
    return sw.reconcile(json.loads(as_bytes(builder_answer(margins))))


@pytest.mark.parametrize(
    "positions",
    [
        (Position(SWAP, -3.0, 60_000.0),),
        (Position(SWAP, -3.0, 60_000.0), Position(COIN_SWAP, 70_000.0, 61_000.0)),
        (Position(SWAP, 2.0, 60_000.0), Position("ETH-USDC-SWAP", -40.0, 2_600.0)),
        (Position(SWAP, 50.0, 60_000.0), Position("BTC-USDC-SWAP", -45.0, 61_000.0)),
    ],
)
@pytest.mark.parametrize("cash", [{"USDT": 100_000.0, "USDC": 50_000.0}, {"USDT": -20_000.0, "BTC": 2.5}])
def test_an_answer_of_our_own_numbers_agrees_in_all_of_them(
    positions: tuple[Position, ...], cash: dict[str, float]
) -> None:
    found = remade(Account("desk", positions, cash))
    assert len(found.lines) > 40
    assert found.differing(absolute=1e-6, relative=1e-8) == ()


def test_stable_coins_that_no_number_tells_apart_are_at_par_and_said() -> None:
    coin_paid = (Position(COIN_SWAP, 70_000.0, 61_000.0),)
    found = remade(Account("desk", coin_paid, {"USDT": 1e5, "USDC": 5e4}))
    assert sum("taken as 1 USD" in sentence for sentence in found.reconstructed) == 2
    names = {line.name for line in found.differing(absolute=1e-6, relative=1e-8)}
    assert names == {"native.adjEq", "native.mgnRatio"}
    assert remade(Account("desk", coin_paid, {"USDT": 1e5})).differing(absolute=1e-6, relative=1e-8) == ()


def test_spot_that_hedges_is_read_from_the_answer_and_where_it_does_not_the_setting_is() -> None:
    short = (Position(SWAP, -3.0, 60_000.0),)
    with_spot = remade(Account("desk", short, {"USDT": 1e5, "BTC": 1.25}))
    assert with_spot.differing(absolute=1e-6, relative=1e-9) == ()
    assert with_spot.margins.explain().detail.figures["BTC.spot_in_use"] == 1.25
    without = remade(
        Account("desk", short, {"USDT": 1e5, "BTC": 1.25}), NEWEST.with_numbers({"general.spot_offset": "none"})
    )
    assert without.margins.policy.word("general.spot_offset") == "none"
    assert without.differing(absolute=1e-6, relative=1e-9) == ()


def test_a_long_and_a_short_of_one_contract_are_one_position() -> None:
    both = documented()
    unit = both["data"][0]["riskUnitData"][0]
    [short] = unit["portfolios"]
    unit["portfolios"] = [
        short | {"amt": "15", "posSide": "short", "floatPnl": "435.945"},
        short | {"amt": "5", "posSide": "long", "floatPnl": "-145.315"},
    ]
    reply = read(both)
    assert {p.instrument: p.size for p in reply.book.account("position-builder").positions}["BTC-USDT-SWAP"] == -0.1
    assert reply.book.account("position-builder").balances["USDT"] == pytest.approx(100.0, abs=1e-9)


def test_options_need_their_public_answers() -> None:
    body = copy.deepcopy(documented())
    row = body["data"][0]
    line = {"instId": CALL, "instType": "OPTION", "amt": "-200", "avgPx": "0.03", "markPx": "0.0321",
            "floatPnl": "-0.0042", "notionalUsd": "1", "delta": "-1", "posSide": "net"}  # fmt: skip
    unit = {"riskUnit": "BTC", "portfolios": [line], "mr7": "1", "imr": "3", "mmr": "2"}
    row |= {"riskUnitData": [unit], "ts": str(T0_MS)}
    with pytest.raises(InputError, match="public/opt-summary"):
        read(body)
    reply = read(public() | {"account/position-builder": body})
    n = reply.snapshot.table.position(CALL)
    assert (reply.snapshot.vol[n], reply.snapshot.forward[n]) == (0.58, 63_120.5)
    assert reply.book.account("position-builder").positions[0].size == -2.0
    found = sw.reconcile(json.loads(as_bytes(public() | {"account/position-builder": body})))
    assert {"BTC.mr7", "BTC.mmr"} <= {line.name for line in found.lines}
    assert all(math.isfinite(line.ours) for line in found.lines)


def test_a_unit_that_the_policy_does_not_know_has_no_numbers_of_ours() -> None:
    strange = json.loads(json.dumps(documented()).replace("LTC", "QQQ"))
    found = sw.reconcile(strange)
    unknown = {line.name for line in found.lines if np.isnan(line.ours)}
    assert {"native.totalMmr", "native.totalImr", "derivatives.mmr", "QQQ.mmr", "QQQ.standard.0"} <= unknown
    assert "BTC.mmr" not in unknown
    assert "QQQ" in next(iter(found.margins)).unavailable


NAMED = (
    "LTC", "BCH", "EOS", "OKB", "DOT", "BSV", "LINK", "FIL", "ADA", "TRX", "UNI", "XRP",
    "SOL", "DOGE", "PEPE", "BNB", "SHIB", "ORDI", "WLD",
)  # fmt: skip
"""Every coin beside BTC and ETH that OKX's notice of 2 January 2025 names, in its list of MR1, then of MR6."""


@pytest.mark.parametrize("coin", NAMED)
def test_every_coin_that_the_venue_names_has_numbers(coin: str) -> None:
    """The documented answer, told of another coin: its charges per USD are LTC's."""
    found = sw.reconcile(json.loads(json.dumps(documented()).replace("LTC", coin)))
    assert len(found.lines) == 85
    assert all(math.isfinite(line.ours) for line in found.lines)
    assert found.differing(absolute=1e-9, relative=1e-12) == ()


@pytest.mark.parametrize(
    ("coin", "moves", "extreme_move", "annualised"),
    [
        ("TRX", (0.06, 0.12, 0.18), 0.5, 0.3),  # in MR1's list only
        ("PEPE", (0.08, 0.16, 0.25), 0.36, 0.15),  # in that of MR6 and MR4 only
        ("XRP", (0.06, 0.12, 0.18), 0.36, 0.15),  # in both
    ],
)
def test_a_coin_has_the_moves_of_the_lists_that_name_it(
    coin: str, moves: tuple[float, ...], extreme_move: float, annualised: float
) -> None:
    policy, path = at("okx/pm/2025-01-15"), f"market.{coin.lower()}"
    assert policy.numbers(f"{path}.price_moves") == moves
    assert policy.number(f"{path}.extreme_move") == extreme_move
    assert policy.number(f"{path}.basis_annualised_move") == annualised
    for name in ("price_moves", "extreme_move", "basis_annualised_move"):
        assert policy.parameter(f"{path}.{name}").grade is Grade.DOCUMENTED
    assert policy.parameter(f"{path}.slippage").grade is Grade.ASSUMED


def test_contract_values_are_powers_of_ten_where_nothing_has_been_gained() -> None:
    flat = documented()
    for unit in flat["data"][0]["riskUnitData"]:
        for line in unit["portfolios"]:
            line |= {"avgPx": line["markPx"], "floatPnl": "0"}
    reply = read(flat)
    sizes = {p.instrument: p.size for p in reply.book.account("position-builder").positions}
    assert sizes == {"BTC-USDT-SWAP": -0.1, "LTC-USDT-SWAP": 10.0}
    assert "power of ten" in " ".join(reply.reconstructed)
    assert reply.snapshot.index["USDT"] == 0.99954  # from the margin of the loan


def _changed(path: list[Any], setting: Any) -> dict[str, Any]:
    body = documented()
    holder: Any = body["data"][0]
    for key in path[:-1]:
        holder = holder[key]
    if setting is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = setting
    return body


BTC_UNIT = ["riskUnitData", 0]
BTC_LINE = [*BTC_UNIT, "portfolios", 0]


@pytest.mark.parametrize(
    ("path", "setting", "said"),
    [
        (["ts"], None, "this field is required"),
        (["ts"], "tomorrow", "a number, written as a text"),
        (["eq"], "", "this field is required"),
        (["eq"], "1e999", "numbers are finite"),
        (["riskUnitData"], {"a": 1}, "a list of objects"),
        ([*BTC_UNIT, "mr4"], "x", "a number, written as a text"),
        ([*BTC_UNIT, "riskUnit"], "LTC", "stands once"),
        ([*BTC_UNIT, "mr1Scenarios", "volSame"], None, "from price moves to profit and loss"),
        ([*BTC_UNIT, "mr1Scenarios", "volSame", "0.04"], None, "the same price moves"),
        ([*BTC_UNIT, "mr1Scenarios", "volSame", "x"], "1", "a number, written as a text"),
        ([*BTC_UNIT, "mr1Scenarios", "volSame", "7"], "1", "a price move above -1"),
        ([*BTC_LINE, "instId"], "BTC-PERP", "OKX writes BASE-QUOTE"),
        ([*BTC_LINE, "instId"], "ETH-USDT-SWAP", "a contract of the risk unit BTC is on it"),
        ([*BTC_LINE, "instId"], "BTC-USDT-240628", "it expired before the answer"),
        ([*BTC_LINE, "posSide"], "up", "sides are net, short, and long"),
        ([*BTC_LINE, "markPx"], "", "a mark above 0"),
        ([*BTC_LINE, "markPx"], "-2", "prices are finite and >= 0"),
        (["assets", 3], {"ccy": "USDC", "availEq": "1"}, "stands once"),
        (["assets", 0, "availEq"], "x", "a number, written as a text"),
        (["assets", 2], {"ccy": "DOGE", "availEq": "5"}, "add the public answer market/index-tickers"),
        (["assets"], [], "is paid in USDT, and the answer has no entry for it"),
    ],
)
def test_a_faulty_answer_is_refused_with_place_value_and_rule(path: list[Any], setting: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(_changed(path, setting))
    assert said in str(caught.value)


def test_an_answer_of_multi_currency_margin_is_told_apart() -> None:
    body = documented()
    body["data"][0] |= {"riskUnitData": [], "positions": [{"instId": SWAP, "imr": "1"}]}
    with pytest.raises(InputError, match="acctLv 4"):
        read(body)


def test_a_refusal_of_the_venue_is_told() -> None:
    with pytest.raises(InputError, match="Parameter error"):
        read({"account/position-builder": {"code": "51000", "msg": "Parameter error", "data": []}})


@pytest.mark.parametrize(
    "document", [None, 3, "x", [], {}, [1], {"result": {}}, {"data": []}, {"data": [{"a": 1}]}, {"riskUnit": 1}, {3: 4}]
)
def test_what_is_no_answer_of_the_position_builder_is_left_to_others(document: Any) -> None:
    assert reply_from_document(document, origin="test") is None


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
    "1e-300",
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_an_answer_with_any_part_replaced_is_a_reply_or_an_input_error(data: st.DataObject) -> None:
    document: Any = documented()
    for _ in range(data.draw(st.integers(1, 3))):
        holder = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.integers(0, 8)) == 0:
                holder[key] = copy.deepcopy(data.draw(st.sampled_from(HOSTILE)))
                break
            holder = holder[key]
    try:
        reply = reply_from_document(document, origin="test")
        found = None if reply is None else sw.reconcile(document)
    except InputError as error:
        str(error).encode()
    else:
        assert found is None or all(math.isfinite(line.theirs) for line in found.lines)


@given(st.integers(1, 10**10 - 1), st.integers(-6, 6))
def test_a_tick_comes_back_from_float_noise(digits: int, exponent: int) -> None:
    price = float(f"{digits}e{exponent}")
    assert tick(price * (1.0 + 2e-16)) == price
