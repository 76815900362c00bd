from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError, Problem
from seawall.core.time import to_ns
from seawall.instruments import Future, InstrumentTable, Option, Perpetual, Spot
from seawall.market import MarketSnapshot
from seawall.portfolio import Account, Book, Holdings, Position, resolve
from seawall.portfolio.lots import off_lot
from tests.unit.portfolio.reading import read_csv

NOW = to_ns("2026-08-01T17:58:04Z")
LATER = to_ns("2026-09-25T08:00:00Z")


def option(strike: float, *, expiry_ns: int = LATER, name: str = "") -> Option:
    return Option(
        name=name or f"BTC-25SEP26-{strike:.0f}-C", underlying="BTC", quote="USD", settlement="BTC", strike=strike,
        expiry_ns=expiry_ns, is_call=True, inverse=True, lot=0.1,
    )  # fmt: skip


PERPETUAL = Perpetual(
    name="BTC-PERPETUAL", underlying="BTC", quote="USD", settlement="BTC", inverse=True, contract_size=10.0, lot=10.0
)
LINEAR = Perpetual(name="SOL_USDC-PERPETUAL", underlying="SOL", quote="USDC", settlement="USDC", inverse=False)
SNAPSHOT = MarketSnapshot.of(
    InstrumentTable.of([
        option(60_000.0), option(70_000.0), option(80_000.0), PERPETUAL, LINEAR,
        option(50_000.0, expiry_ns=NOW, name="BTC-1AUG26-50000-C"),
        Future(name="BTC-25SEP26", underlying="BTC", quote="USD", settlement="BTC", expiry_ns=LATER, inverse=True),
        Spot(name="BTC_USDC", underlying="BTC", quote="USDC", settlement="USDC"),
    ]),
    name="test", venue="deribit", source="by hand", time_ns=NOW, index={"BTC": 62_600.0, "USDC": 1.0},
    mark=[0.08, 0.015, np.nan, 62_650.0, 150.0, 0.2, 63_000.0, 62_600.0],
    forward=[63_000.0] * 3 + [np.nan] * 2 + [62_600.0] + [np.nan] * 2,
    vol=[0.45, np.nan, 0.5, np.nan, np.nan, 0.4, np.nan, np.nan],
)  # fmt: skip


def book(*positions: Position, **balances: float) -> Book:
    return Book.of([Account("desk", positions, balances)])


def problems_of(held: Book, snapshot: MarketSnapshot = SNAPSHOT, **options: bool) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        resolve(held, snapshot, **options)
    return caught.value.problems


def test_columns_become_rows_of_a_snapshot_that_holds_only_what_is_held():
    held = Book.of([
        Account("a", (Position("BTC-PERPETUAL", -100.0), Position("BTC-25SEP26-60000-C", 2.0, 0.07))),
        Account("b", (), {"BTC": 1.0}, (Position("BTC-25SEP26", 5.0),)),
    ])  # fmt: skip
    resolved = resolve(held, SNAPSHOT)
    names = resolved.snapshot.table.names
    assert names == ("BTC-25SEP26", "BTC-25SEP26-60000-C", "BTC-PERPETUAL")
    at = dict(zip([names[c] for c in resolved.positions.columns], resolved.positions.sizes, strict=True))
    assert at == {"BTC-PERPETUAL": -100.0, "BTC-25SEP26-60000-C": 2.0}
    assert [names[c] for c in resolved.orders.columns] == ["BTC-25SEP26"]
    assert resolved.snapshot.mark[names.index("BTC-PERPETUAL")] == 62_650.0
    assert not resolved.unavailable


def test_instruments_that_the_book_names_but_no_account_holds_are_left_out():
    held = Book.of([Account("a", (Position("BTC-PERPETUAL", 10.0),)), Account("b", (Position("BTC-25SEP26", 1.0),))])
    assert resolve(held.take([0]), SNAPSHOT).snapshot.table.names == ("BTC-PERPETUAL",)


def test_a_book_of_balances_resolves_to_no_instrument():
    resolved = resolve(book(BTC=1.0, USD=5.0), SNAPSHOT)
    assert len(resolved.snapshot) == 0
    assert dict(zip(resolved.book.assets, resolved.asset_prices, strict=True)) == {"BTC": 62_600.0, "USD": 1.0}


def test_an_unknown_instrument_is_refused_with_names_near_it():
    (problem,) = problems_of(book(Position("BTC-25SEP26-60500-C", 1.0)))
    assert (problem.field, problem.value) == ("instrument", "BTC-25SEP26-60500-C")
    assert "BTC-25SEP26-60000-C" in problem.rule
    assert "test" in problem.rule


def test_what_expired_at_the_snapshots_time_is_refused_and_told_when():
    (problem,) = problems_of(book(Position("BTC-1AUG26-50000-C", 1.0)))
    assert "expired at 2026-08-01T17:58:04" in problem.rule


def test_a_name_that_the_snapshot_lacks_because_it_expired_is_told_so():
    with pytest.raises(InputError, match="expired at 2026-08-01T17:58:04"):
        resolve(book(Position("OLD-X", 1.0)), SNAPSHOT, parse=lambda name: option(1.0, expiry_ns=NOW, name=name))


@pytest.mark.parametrize(("size", "below", "above"), [(10.05, "10", "10.1"), (-0.25, "-0.3", "-0.2")])
def test_a_size_off_the_lot_is_refused_with_the_nearest_sizes(size: float, below: str, above: str):
    (problem,) = problems_of(book(Position("BTC-25SEP26-60000-C", size)))
    assert f"multiples of 0.1; {below} and {above} are the nearest" in problem.rule


def test_lots_are_checked_on_orders_too_and_can_be_left_unchecked():
    held = Book.of([Account("a", (), {}, (Position("BTC-PERPETUAL", 15.0),))])
    assert problems_of(held)[0].value == 15.0
    assert resolve(held, SNAPSHOT, check_lots=False).orders.sizes.tolist() == [15.0]


def test_multiples_of_a_lot_pass_however_their_decimals_round():
    tenths = np.arange(-3000, 3000) / 10.0
    sums = np.cumsum(np.full(3000, 0.1))
    assert not off_lot(tenths, np.full_like(tenths, 0.1)).any()
    assert not off_lot(sums, np.full_like(sums, 0.1)).any()
    assert off_lot(tenths + 0.001, np.full_like(tenths, 0.1)).all()
    assert not off_lot(np.array([1e308, 0.37]), np.array([1e-9, 0.0])).any()


def test_every_problem_names_file_and_line():
    held = read_csv(
        "account,instrument,size\na,BTC-25SEP26-60000-C,0.05\n\nb,NO-SUCH,1\nb,BTC-1AUG26-50000-C,1\n", origin="my.csv"
    )
    assert [(problem.where, problem.line, problem.field) for problem in problems_of(held)] == [
        ("my.csv", 2, "size"), ("my.csv", 4, "instrument"), ("my.csv", 5, "instrument"),
    ]  # fmt: skip


def test_without_lines_a_problem_names_the_account():
    (problem,) = problems_of(book(Position("NO-SUCH", 1.0)))
    assert problem.where == "book, account desk"


def test_a_missing_price_is_no_error_but_a_reason():
    held = book(
        Position("BTC-25SEP26-70000-C", 1.0), Position("BTC-25SEP26-80000-C", 1.0), Position("BTC-PERPETUAL", 10.0),
        Position("SOL_USDC-PERPETUAL", 1.0), BTC=1.0, DOGE=5.0,
    )  # fmt: skip
    resolved = resolve(held, SNAPSHOT)
    reasons = {resolved.snapshot.table.names[row]: reason for row, reason in resolved.unavailable.items()}
    assert reasons == {
        "BTC-25SEP26-70000-C": "snapshot test has no vol for BTC-25SEP26-70000-C",
        "BTC-25SEP26-80000-C": "snapshot test has no mark for BTC-25SEP26-80000-C",
        "SOL_USDC-PERPETUAL": "snapshot test has no USD index of SOL for SOL_USDC-PERPETUAL",
    }
    assets = resolved.book.assets
    assert np.isnan(resolved.asset_prices[assets.index("DOGE")])
    assert resolved.unavailable_assets == {assets.index("DOGE"): "snapshot test has no USD index for DOGE"}


@pytest.mark.parametrize(("column", "price"), [("vol", -0.2), ("mark", -0.1), ("forward", 0.0)])
def test_an_impossible_price_of_something_held_is_refused(column: str, price: float):
    changed = getattr(SNAPSHOT, column).copy()
    changed[0] = price
    snapshot = replace(SNAPSHOT, **{column: changed})
    (problem,) = problems_of(book(Position("BTC-25SEP26-60000-C", 1.0)), snapshot)
    assert f"its {column} is {price:g}" in problem.rule
    assert resolve(book(Position("BTC-PERPETUAL", 10.0)), snapshot)


@pytest.mark.parametrize("size", [np.nan, np.inf])
def test_sizes_that_are_not_finite_are_refused(size: float):
    assert problems_of(book(Position("BTC-PERPETUAL", size)))[0].rule == "sizes are finite numbers"


def test_balances_that_are_not_finite_are_refused():
    assert problems_of(book(BTC=np.nan))[0].field == "balance of BTC"


@pytest.mark.parametrize("much", [1e308, -1e308, 1.1e15])
def test_no_size_and_no_balance_is_larger_than_all_there_is(much: float):
    owned, sized = problems_of(book(Position("BTC-PERPETUAL", much), BTC=much))
    assert (sized.field, sized.rule) == ("size", "sizes are between -1e+15 and 1e+15")
    assert (owned.field, owned.rule) == ("balance of BTC", "amounts are between -1e+15 and 1e+15")
    assert resolve(book(Position("BTC-PERPETUAL", 1e15), BTC=-1e15), SNAPSHOT)


@pytest.mark.parametrize("price", [1e308, np.inf, -5.0])
def test_no_entry_price_is_negative_or_larger_than_all_there_is(price: float):
    (problem,) = problems_of(book(Position("BTC-PERPETUAL", 10.0, price)))
    assert (problem.field, problem.value) == ("entry_price", price)


@pytest.mark.parametrize(("name", "meant"), [
    ("btc-perpetual", "BTC-PERPETUAL"), ("Btc-25sep26", "BTC-25SEP26"), ("btc-25sep26-61000-c", "BTC-25SEP26-60000-C"),
])  # fmt: skip
def test_a_name_in_the_wrong_case_is_near_the_right_one(name: str, meant: str):
    (problem,) = problems_of(book(Position(name, 10.0)))
    assert f"near it are {meant}" in problem.rule


@pytest.mark.parametrize("asset", ["btc", "BTCC"])
def test_an_unknown_asset_has_no_price_and_is_told_the_one_near_it(asset: str):
    resolved = resolve(book(**{asset: 1.0}), SNAPSHOT)
    assert np.isnan(resolved.asset_prices).all()
    assert resolved.unavailable_assets == {0: f"snapshot test has no USD index for {asset}; near it are BTC"}


def test_a_future_cannot_have_cost_nothing_but_an_option_can():
    assert problems_of(book(Position("BTC-PERPETUAL", 10.0, 0.0)))[0].field == "entry_price"
    assert resolve(book(Position("BTC-25SEP26-60000-C", 1.0, 0.0)), SNAPSHOT)


def test_taking_accounts_keeps_the_market_and_their_entries():
    held = Book.of([
        Account("a", (Position("BTC-PERPETUAL", 10.0),)),
        Account("b", (Position("BTC-25SEP26", 20.0),), {"BTC": 3.0}),
    ])  # fmt: skip
    resolved = resolve(held, SNAPSHOT)
    part = resolved.take(np.array([1]))
    assert part.book.accounts == ("b",)
    assert part.snapshot is resolved.snapshot
    assert [part.snapshot.table.names[c] for c in part.positions.columns] == ["BTC-25SEP26"]


def test_a_hundred_thousand_accounts_resolve_without_a_loop_over_them():
    rng = np.random.default_rng(7)
    accounts_count, entries_count = 100_000, 1_000_000
    rows = np.repeat(np.arange(accounts_count), entries_count // accounts_count)
    positions = Holdings.gather(accounts_count, rows, rng.integers(0, 2, entries_count), np.full(entries_count, 10.0))
    held = Book(
        accounts=tuple(map(str, range(accounts_count))), instruments=("BTC-25SEP26-60000-C", "BTC-PERPETUAL"),
        positions=positions, orders=Holdings.empty(accounts_count), assets=("BTC",),
        balances=np.ones((accounts_count, 1)),
    )  # fmt: skip
    resolved = resolve(held, SNAPSHOT)
    assert len(resolved.positions) == entries_count
