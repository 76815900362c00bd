"""Laws of the margin from Greeks, on every date of its policy: what a Taylor expansion must and must not miss."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.time import NS_PER_DAY
from seawall.instruments import InstrumentTable, Option, Perpetual
from seawall.margining import evaluate
from seawall.margining.blocks.usd_value import usd_value_change
from seawall.margining.models.house_greeks.coin import unit_ladder
from seawall.margining.models.house_greeks.expansion import cash_greeks, expand
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76
from tests.laws.worlds import ALL_MODELS, INDEX, NAMES, NOW_NS, coins_of, market, policy_of, positions_of

pytestmark = pytest.mark.parametrize(
    "policy_id", [policy_id for policy_id in ALL_MODELS if policy_of(policy_id).model == "house_greeks"]
)
law = settings(max_examples=20)
FUTURES = tuple(name for name in NAMES if name[-2:] not in ("-C", "-P"))
OPTIONS = tuple(name for name in NAMES if name[-2:] in ("-C", "-P"))


TENORS_DAYS = (1 / 86_400, 1 / 1_440, 1 / 96, 1 / 24, 0.25, 1.0, 1.04, 1.5, 2.0, 7.0, 30.0, 180.0, 365.0, 1_095.0)
MONEYNESS = (0.6, 0.84, 0.95, 1.0, 1.05, 1.16, 1.6)


def at_all_tenors(mark_factor: float) -> MarketSnapshot:
    """Return a market of options that have a second to three years left, each marked at a factor of Black's price."""
    table = _table()
    options = ~np.isnan(table.strike)
    years = np.where(options, (table.expiry_ns - NOW_NS) / (365.0 * NS_PER_DAY), 0.0)
    forward = np.full(len(table), INDEX["BTC"]) * np.where(options, 1.0003, 1.0)
    vol = np.full(len(table), 0.6)
    price = black76.price(forward, np.where(options, table.strike, 1.0), years, vol, is_call=table.is_call)
    mark = np.where(options, mark_factor * np.where(table.inverse, price / forward, price), forward)
    return MarketSnapshot.of(
        table, name="tenors", venue="deribit", source="made for tests", time_ns=NOW_NS, index=INDEX, mark=mark,
        forward=forward, vol=np.where(options, vol, np.nan),
    )  # fmt: skip


@cache
def _table() -> InstrumentTable:
    coin = {"underlying": "BTC", "quote": "USD", "settlement": "BTC", "inverse": True}
    usdc = {"underlying": "BTC", "quote": "USDC", "settlement": "USDC", "inverse": False}
    made: list[Option | Perpetual] = [Perpetual(name="PERPETUAL", **usdc)]  # type: ignore[arg-type]
    for t, days in enumerate(TENORS_DAYS):
        for k, ratio in enumerate(MONEYNESS):
            facts = {"strike": ratio * INDEX["BTC"], "expiry_ns": NOW_NS + round(days * NS_PER_DAY)}
            made.append(Option(name=f"{t}-{k}-C", is_call=True, **facts, **(coin if t % 2 else usdc)))  # type: ignore[arg-type]
            made.append(Option(name=f"{t}-{k}-P", is_call=False, **facts, **(usdc if t % 2 else coin)))  # type: ignore[arg-type]
    return InstrumentTable.of(made)


EXPIRING = {f"{t}-{k}-{side}": t for t in range(len(TENORS_DAYS)) for k in range(len(MONEYNESS)) for side in "CP"}
"""Which tenor each option has."""


def books_of_all_tenors(most: int) -> st.SearchStrategy[Account]:
    names = st.lists(st.sampled_from(_table().names), min_size=1, max_size=most, unique=True)
    entries = names.flatmap(lambda held: st.tuples(*(st.tuples(st.just(n), st.floats(-20.0, 20.0)) for n in held)))
    return entries.map(lambda held: Account("desk", tuple(Position(n, size) for n, size in held if size)))


def native(account: Account, policy: MarginPolicy, snapshot: MarketSnapshot | None = None) -> dict[str, float]:
    [found] = evaluate(Book.of([account]), snapshot or market(), [policy], check_lots=False)
    return {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}


def narrowed(policy: MarginPolicy, scale: float) -> MarginPolicy:
    """Return a ladder with all its moves times a scale, and no time passing."""
    ranges = {
        name: policy.number(name) * scale
        for name in policy.parameters
        if name.rpartition(".")[2] in ("price_range", "vol_range")
    }
    return policy.with_numbers({**ranges, "general.look_ahead_days": 0.0})


@law
@given(st.data())
def test_a_linear_book_has_no_error(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    coins = data.draw(st.dictionaries(st.sampled_from(coins_of(policy)), st.floats(-3.0, 20.0), max_size=2))
    found = native(Account("desk", data.draw(positions_of(FUTURES)), coins), policy)
    assert found["largest_gap"] <= 1e-9 * max(found["greeks_loss"], 1e6)
    assert found["expansion_error"] == pytest.approx(0.0, abs=1e-9 * max(found["greeks_loss"], 1e6))


@law
@given(st.data())
def test_half_the_moves_have_an_eighth_of_the_error(policy_id: str, data: st.DataObject) -> None:
    """What is left out is of third order."""
    policy = policy_of(policy_id)
    one = Account("desk", (data.draw(positions_of(OPTIONS).filter(bool))[0],))
    wide, narrow = (native(one, narrowed(policy, scale))["largest_gap"] for scale in (0.04, 0.02))
    assert narrow <= wide / 8.0 * 1.25 + 1e-6


@law
@given(st.data())
def test_the_error_is_never_more_than_the_widest_gap(policy_id: str, data: st.DataObject) -> None:
    """Two ladders that are nowhere further apart than the gap have worst losses that are no further apart."""
    policy = policy_of(policy_id)
    found = native(Account("desk", data.draw(positions_of(NAMES))), policy)
    assert abs(found["expansion_error"]) <= found["largest_gap"] * (1.0 + 1e-9) + 1e-6
    assert np.isfinite(list(found.values())).all()


@settings(max_examples=100, deadline=None)
@given(books_of_all_tenors(8), st.floats(0.8, 1.2))
def test_the_charge_is_below_the_full_revaluation_by_no_more_than_the_stated_bound(
    policy_id: str, account: Account, mark_factor: float
) -> None:
    """Options of a second to three years: the bound is known from sizes, strikes, volatilities and time alone."""
    found = native(account, policy_of(policy_id), at_all_tenors(mark_factor))
    rounding = 1e-9 * (1e6 + found["full_revaluation_loss"])
    assert found["greeks_loss"] >= found["full_revaluation_loss"] - found["error_bound"] - rounding
    assert found["largest_gap"] <= found["error_bound"] + rounding
    assert np.isfinite(list(found.values())).all()


@settings(max_examples=50, deadline=None)
@given(books_of_all_tenors(4))
def test_within_the_look_ahead_the_charge_is_the_full_revaluation(policy_id: str, account: Account) -> None:
    """Where the bound is nothing: a perpetual and options that expire while the ladder looks ahead."""
    policy = policy_of(policy_id)
    days = policy.number("general.look_ahead_days")
    late = (p for p in account.positions if p.instrument in EXPIRING and TENORS_DAYS[EXPIRING[p.instrument]] <= days)
    found = native(Account("desk", (*late, Position("PERPETUAL", 1.5))), policy, at_all_tenors(1.0))
    assert found["error_bound"] == 0.0
    assert found["greeks_loss"] == pytest.approx(found["full_revaluation_loss"], rel=1e-9, abs=1e-3)


def test_bounds_make_no_options_error_larger_in_any_cell(policy_id: str) -> None:
    """Full revaluation lies within the bounds, so that moving the expansion to their edge moves it nearer."""
    snapshot = at_all_tenors(1.0)
    accounts = [Account(name, (Position(name, 1.0),)) for name in snapshot.table.names]
    [found] = evaluate(Book.of(accounts), snapshot, [policy_of(policy_id)], check_lots=False)
    greeks = cash_greeks(found.book.snapshot, days=found.policy.number("general.look_ahead_days"))
    unit = unit_ladder(found.policy, found.book, "BTC", greeks)
    full = usd_value_change(found.book, found.pnl, found.book.snapshot.exposure)
    plain, bounded = np.abs(expand(unit.cash.T, unit.terms).T - full), np.abs(unit.pnl - full)
    assert (bounded <= plain + 1e-6).all()
    assert ((bounded < plain - 1.0).any(axis=0).mean()) > 0.25  # they do bite
