from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError, UnavailableError, UnknownNameError
from seawall.instruments import Future, InstrumentTable, Option, Perpetual, Spot
from seawall.market import MarketSnapshot
from seawall.portfolio import Account, Book, Position
from seawall.portfolio.trades import Trade, apply_trades, parse_trade, parse_trades

CALL, PERP, DATED = "BTC-25SEP26-70000-C", "BTC-PERPETUAL", "BTC-25SEP26"
LINEAR, PAIR = "ETH_USDC-PERPETUAL", "BTC_USDC"
SNAPSHOT = MarketSnapshot.of(
    InstrumentTable.of([
        Option(name=CALL, underlying="BTC", quote="USD", settlement="BTC", strike=70_000.0, expiry_ns=10, is_call=True,
               inverse=True, lot=0.1),
        Perpetual(name=PERP, underlying="BTC", quote="USD", settlement="BTC", inverse=True, lot=10.0),
        Perpetual(name=LINEAR, underlying="ETH", quote="USDC", settlement="USDC", inverse=False),
        Future(name=DATED, underlying="BTC", quote="USD", settlement="BTC", expiry_ns=10, inverse=True),
        Spot(name=PAIR, underlying="BTC", quote="USDC", settlement="USDC"),
        Perpetual(name="NO-MARK", underlying="BTC", quote="USD", settlement="BTC", inverse=True),
    ]),
    name="test", venue="deribit", source="by hand", time_ns=0, index={"BTC": 62_600.0, "ETH": 3_000.0, "USDC": 1.0},
    mark=[0.015, 62_500.0, 3_000.0, 63_000.0, 62_600.0, np.nan], forward=[63_000.0] + [np.nan] * 5,
    vol=[0.45] + [np.nan] * 5,
)  # fmt: skip


def desk(*positions: Position, **balances: float) -> Book:
    return Book.of([Account("desk", positions, balances)])


def after(book: Book, *trades: Trade | str, snapshot: MarketSnapshot = SNAPSHOT) -> Account:
    return apply_trades(book, None, trades, snapshot=snapshot).account("desk")


def equity_usd(book: Book) -> float:
    """Cash, option value and futures profit, written out here from the definitions."""
    total = 0.0
    for name in book.accounts:
        account = book.account(name)
        total += sum(SNAPSHOT.price_usd(asset) * amount for asset, amount in account.balances.items())
        for held in account.positions:
            i = SNAPSHOT.table.position(held.instrument)
            mark, price_usd = float(SNAPSHOT.mark[i]), SNAPSHOT.price_usd(SNAPSHOT.table.settlement[i])
            if held.instrument == CALL:
                total += held.size * mark * price_usd
            elif not np.isnan(held.entry_price):
                inverse = bool(SNAPSHOT.table.inverse[i])
                move = 1.0 / held.entry_price - 1.0 / mark if inverse else mark - held.entry_price
                total += held.size * move * price_usd
    return total


@pytest.mark.parametrize(
    ("source", "trade"),
    [
        (f"{CALL} -10", Trade(CALL, -10.0)),
        (f"  {CALL}   +1e1 @ 0.05 ", Trade(CALL, 10.0, 0.05)),
        (f"{CALL} -.5@0.05", Trade(CALL, -0.5, 0.05)),
        ((CALL, -10), Trade(CALL, -10)),
        ((CALL, np.int64(-10)), Trade(CALL, -10.0)),
        ((CALL, -10, 0.05), Trade(CALL, -10, 0.05)),
        (Trade(CALL, 2.0), Trade(CALL, 2.0)),
    ],
)
def test_a_trade_is_read_from_text_and_from_tuples(source: object, trade: Trade):
    assert parse_trade(source) == trade


@pytest.mark.parametrize(
    "source",
    ["", CALL, f"{CALL} ten", f"{CALL} 1,000", f"{CALL} nan", f"{CALL} 1e999", f"{CALL} 0", f"{CALL} 1 @ -5",
     f"{CALL} 1 2", (CALL,), (CALL, "1"), (CALL, True), (1, 2), (CALL, float("nan")), None, 5, (CALL, 10**400),
     f"{CALL} 1e16", f"{CALL} 1 @ 1e16"],
)  # fmt: skip
def test_what_is_no_trade_is_refused(source: object):
    with pytest.raises(InputError):
        parse_trade(source)


@given(st.text())
def test_any_text_is_a_trade_or_refused(text: str):
    with suppress(InputError):
        assert isinstance(parse_trade(text), Trade)


def test_several_trades_come_in_one_text_or_a_list_and_all_problems_at_once():
    several = [f"{CALL} 1", (PERP, -10.0), Trade(PERP, 20.0)]
    assert parse_trades(f"{CALL} 1; {PERP} -10\n{PERP} 20") == parse_trades(several)
    assert parse_trades((CALL, 1)) == [Trade(CALL, 1)]
    assert parse_trades({CALL: 1, PERP: -10}) == [Trade(CALL, 1.0), Trade(PERP, -10.0)]
    with pytest.raises(InputError) as caught:
        parse_trades("a; b; c 1")
    assert len(caught.value.problems) == 2
    for nothing in ([], {}, None, 5, {CALL: "x"}):
        with pytest.raises(InputError):
            parse_trades(nothing)


def test_premium_leaves_and_enters_the_cash_of_the_settlement_asset():
    assert after(desk(BTC=2.0), f"{CALL} 10 @ 0.02").balances["BTC"] == pytest.approx(1.8)
    assert after(desk(BTC=2.0), f"{CALL} -10").balances["BTC"] == pytest.approx(2.15)


def test_netting_to_zero_removes_the_entry():
    held = after(desk(Position(CALL, 0.3), BTC=1.0), f"{CALL} -0.1", f"{CALL} -0.2")
    assert held.positions == ()


def test_adding_to_an_inverse_future_averages_its_entry_harmonically():
    held = after(desk(Position(PERP, 1_000.0, 50_000.0)), f"{PERP} 3000 @ 60000").positions[0]
    assert held.size == 4_000.0
    assert held.entry_price == pytest.approx(4_000.0 / (1_000.0 / 50_000.0 + 3_000.0 / 60_000.0))


def test_adding_to_a_linear_future_averages_its_entry():
    held = after(desk(Position(LINEAR, -1.0, 2_000.0)), f"{LINEAR} -3 @ 3000").positions[0]
    assert (held.size, held.entry_price) == (-4.0, 2_750.0)


def test_reducing_keeps_the_entry_and_realises_the_rest():
    linear = after(desk(Position(LINEAR, 4.0, 2_000.0), USDC=100.0), f"{LINEAR} -1 @ 2500")
    assert linear.positions[0] == Position(LINEAR, 3.0, 2_000.0)
    assert linear.balances["USDC"] == 600.0
    inverse = after(desk(Position(PERP, -1_000.0, 50_000.0)), f"{PERP} 1000 @ 40000")
    assert inverse.positions == ()
    assert inverse.balances["BTC"] == pytest.approx(-1_000.0 * (1 / 50_000.0 - 1 / 40_000.0))
    assert inverse.balances["BTC"] > 0.0  # short, and the price fell


def test_turning_a_position_round_realises_all_of_it_and_opens_at_the_trades_price():
    held = after(desk(Position(LINEAR, 1.0, 2_000.0)), f"{LINEAR} -3 @ 2600")
    assert held.positions[0] == Position(LINEAR, -2.0, 2_600.0)
    assert held.balances == {"USDC": 600.0}


def test_a_future_of_unknown_entry_stays_unknown_and_settles_against_the_mark():
    held = after(desk(Position(LINEAR, 1.0)), f"{LINEAR} 2 @ 2900")
    assert held.positions[0].size == 3.0
    assert np.isnan(held.positions[0].entry_price)
    assert held.balances == {"USDC": 200.0}


def test_spot_exchanges_one_balance_for_another():
    assert after(desk(USDC=100_000.0), f"{PAIR} 0.5 @ 60000").balances == {"USDC": 70_000.0, "BTC": 0.5}


HELD = st.sampled_from([
    Position(CALL, 2.0, 0.01), Position(CALL, -5.0), Position(PERP, 500.0, 50_000.0), Position(PERP, -700.0),
    Position(LINEAR, -3.0, 3_500.0), Position(DATED, 40.0, 64_000.0), Position(LINEAR, 1.0),
])  # fmt: skip
TRADED = st.tuples(st.sampled_from([CALL, PERP, LINEAR, DATED, PAIR]), st.integers(-100, 100).filter(bool))


@settings(max_examples=100, deadline=None)
@given(st.lists(HELD, unique_by=lambda held: held.instrument), st.lists(TRADED, min_size=1, max_size=5))
def test_trades_at_the_mark_leave_equity_as_it_was(positions: list[Position], traded: list[tuple[str, int]]):
    book = desk(*positions, BTC=3.0, USDC=10_000.0)
    done = apply_trades(book, None, [(name, 10.0 * size) for name, size in traded], snapshot=SNAPSHOT)
    assert equity_usd(done) == pytest.approx(equity_usd(book), rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(HELD, unique_by=lambda held: held.instrument),
    st.sampled_from([CALL, PERP, LINEAR, DATED]), st.integers(-50, 50).filter(bool), st.floats(0.5, 2.0),
)  # fmt: skip
def test_a_trade_off_the_mark_moves_equity_by_size_times_difference(positions, name, lots, ratio):
    book = desk(*positions, BTC=3.0)
    i = SNAPSHOT.table.position(name)
    mark, size = float(SNAPSHOT.mark[i]), 10.0 * lots
    price = mark * ratio
    inverse = SNAPSHOT.table.inverse[i] and name != CALL
    gain = size * (1.0 / price - 1.0 / mark) if inverse else size * (mark - price)
    gain *= SNAPSHOT.price_usd(SNAPSHOT.table.settlement[i])
    done = apply_trades(book, None, [Trade(name, size, price)], snapshot=SNAPSHOT)
    assert equity_usd(done) - equity_usd(book) == pytest.approx(gain, rel=1e-6, abs=1e-6)


def test_only_the_account_that_trades_changes():
    book = Book.of([
        Account("a", (Position(PERP, 10.0),), {"BTC": 1.0}, (Position(CALL, 1.0),), {"spot_margin": {"BTC": 0.1}}),
        Account("b", (Position(PERP, 20.0),), {"BTC": 2.0}),
        Account("c", (Position(DATED, 30.0),), {"USDC": 2.0}),
    ])  # fmt: skip
    done = apply_trades(book, "b", [f"{CALL} 1", f"{LINEAR} 2"], snapshot=SNAPSHOT)
    assert done.accounts == book.accounts
    for name in ("a", "c"):
        assert str(done.account(name)) == str(book.account(name))  # text, because NaN is not NaN
    assert {held.instrument for held in done.account("b").positions} == {PERP, CALL, LINEAR}
    assert {held.instrument for held in book.account("b").positions} == {PERP}


def test_an_account_must_be_named_unless_it_is_the_only_one():
    book = Book.of([Account("a"), Account("b")])
    with pytest.raises(InputError, match="2 accounts"):
        apply_trades(book, None, f"{PERP} 10", snapshot=SNAPSHOT)
    with pytest.raises(UnknownNameError, match="accounts are a, b"):
        apply_trades(book, "c", f"{PERP} 10", snapshot=SNAPSHOT)


@pytest.mark.parametrize(
    ("trade", "rule"),
    [
        ("BTC-25SEP26-71000-C 1", "does not hold it; near it"),
        (f"{PERP} 15", "multiples of 10"),
        (f"{PERP} 10 @ 0", "only an option can cost nothing"),
        ("BTC -5", "a balance is no trade"),
    ],
)
def test_trades_are_refused_as_positions_are(trade: str, rule: str):
    with pytest.raises(InputError, match=rule):
        after(desk(), trade)


def test_a_trade_without_price_and_mark_is_unavailable_and_never_at_zero():
    with pytest.raises(UnavailableError, match="no mark"):
        after(desk(), "NO-MARK 10")
    assert after(desk(), "NO-MARK 10 @ 60000").positions[0].entry_price == 60_000.0


def test_no_trades_leave_the_book_as_it_is():
    book = desk(Position(PERP, 10.0))
    assert apply_trades(book, None, [], snapshot=SNAPSHOT) is book


def test_an_instrument_listed_twice_in_one_account_is_refused():
    with pytest.raises(InputError, match="it is listed once"):
        after(desk(Position(PERP, 10.0), Position(PERP, 20.0)), f"{PERP} 10")


def test_dust_can_be_traded_away_when_lots_are_not_checked():
    done = apply_trades(desk(Position(PERP, 3.0)), None, f"{PERP} -3", snapshot=SNAPSHOT, check_lots=False)
    assert done.account("desk").positions == ()
