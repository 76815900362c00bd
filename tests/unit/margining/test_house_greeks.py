"""Margin from Greeks: exact for linear books, right for small moves, and honest about the rest."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.margining.figures import computed
from seawall.margining.models.house_greeks.expansion import TERMS, cash_greeks, expand, ladder_terms
from seawall.market import Feeds, MarketSnapshot
from seawall.policy import MarginPolicy, at
from tests.unit.margining.markets import BTC, VOL, black, book, margins, market

POLICY = at("house/greeks/2026-01-01")
FUTURES = ("BTC-PERPETUAL", "BTC-FUTURE", "BTC_USDC-PERPETUAL")
OPTIONS = ("BTC-CALL", "BTC-PUT", "BTC_USDC-CALL")
EXACT = 1e-9
few = settings(max_examples=25, deadline=None)


def with_ranges(scale: float, *, days: float = 0.0) -> MarginPolicy:
    """Return the ladder made narrow: all its moves times a scale."""
    return POLICY.with_numbers(
        {
            "market.btc.price_range": 0.16 * scale,
            "market.btc.vol_range": 0.30 * scale,
            "general.look_ahead_days": days,
        }
    )


def native(positions: dict[str, float], policy: MarginPolicy, coins: float = 0.0) -> dict[str, float]:
    found = margins(book(positions, {"BTC": coins} if coins else {}), policy)
    return {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}


@few
@given(st.tuples(st.integers(-500_000, 500_000), st.integers(-500_000, 500_000), st.integers(-9, 9)), st.floats(-5, 5))
def test_a_linear_book_has_no_error(sizes: tuple[int, int, int], coins: float) -> None:
    held = {name: float(size) for name, size in zip(FUTURES, sizes, strict=True) if size}
    found = native(held, POLICY, coins)
    assert found["largest_gap"] <= 1e-9 * (BTC * 20.0)
    assert found["greeks_loss"] == pytest.approx(found["full_revaluation_loss"], rel=EXACT, abs=1e-6)


@pytest.mark.parametrize("held", [{name: size} for name in OPTIONS for size in (-3.0, 3.0)])
def test_the_error_vanishes_faster_than_the_square_of_the_moves(held: dict[str, float]) -> None:
    gaps = [native(held, with_ranges(scale))["largest_gap"] for scale in (0.1, 0.05, 0.025)]
    assert gaps[0] > 0.0
    for wide, narrow in itertools.pairwise(gaps):
        assert wide / narrow == pytest.approx(8.0, rel=0.15)  # of third order: half the moves, an eighth of the error


def test_time_is_in_it_to_first_order() -> None:
    gaps = [native({"BTC_USDC-CALL": -1.0}, with_ranges(1e-9, days=days))["largest_gap"] for days in (2.0, 1.0)]
    assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.05)


def test_the_error_is_that_of_the_ladder_revalued_in_full() -> None:
    found = margins(book({"BTC-CALL": -3.0, "BTC_USDC-PERPETUAL": 1.5}), POLICY)
    figures = computed(found)
    tensor, held = found.pnl, found.book.positions
    table = found.book.snapshot.table
    full = np.zeros(len(tensor.scenarios))
    for n, size in zip(held.columns, held.sizes, strict=True):
        later = tensor.asset_prices[:, table.settlement_column[n]]
        premium = found.book.snapshot.mark[n] if table.names[n] in OPTIONS else 0.0
        now = BTC if table.inverse[n] else 1.0
        full += size * ((premium + tensor.pnl[:, n]) * later - premium * now)
    assert figures["native.full_revaluation_loss"] == pytest.approx(-full.min(), rel=EXACT)
    assert figures["BTC.expansion_error"] == pytest.approx(figures["native.greeks_loss"] + full.min(), rel=1e-6)
    assert figures["BTC.largest_gap"] > 0.0


def test_the_margin_is_the_worst_of_the_net_greeks() -> None:
    held = {"BTC-CALL": -3.0, "BTC_USDC-CALL": 2.0, "BTC-PERPETUAL": 30_000.0}
    found = margins(book(held), POLICY)
    figures = computed(found)
    greeks = np.array([[figures[f"BTC.{name}"] for name in TERMS]])
    moves, vols = 0.16 * np.arange(-4, 5) / 4.0, np.array([-0.3, 0.0, 0.3])
    by_hand = expand(greeks, ladder_terms(moves, vols))
    assert found.maintenance_margin[0] == pytest.approx(-by_hand.min(), rel=EXACT)
    assert found.initial_margin[0] == pytest.approx(1.25 * found.maintenance_margin[0], rel=EXACT)


def test_options_of_either_settlement_have_the_same_greeks_in_dollars() -> None:
    snapshot = market()
    greeks = cash_greeks(snapshot, days=1.0)
    call, put = (snapshot.table.position(name) for name in ("BTC-CALL", "BTC-PUT"))
    assert greeks[0, call] - greeks[0, put] == pytest.approx(BTC)  # a call less a put is the forward
    assert greeks[1:, call] == pytest.approx(greeks[1:, put], rel=1e-9)


def test_coin_is_counted_at_the_index_and_a_stable_coin_at_its_price() -> None:
    """An option paid in coin is worth a share of the coin, wherever its forward is; a linear one is worth USDC."""
    forwards = dict.fromkeys(("BTC-CALL", "BTC-PUT", "BTC_USDC-CALL"), 1.1 * BTC)
    snapshot = market(forward=forwards, index={"USDC": 0.9})
    greeks = cash_greeks(snapshot, days=1.0)[TERMS.index("delta")]
    call, put, perpetual = (snapshot.table.position(name) for name in ("BTC-CALL", "BTC-PUT", "BTC_USDC-PERPETUAL"))
    assert greeks[call] - greeks[put] == pytest.approx(BTC)
    assert greeks[perpetual] == pytest.approx(0.9 * BTC)


def test_coin_hedges_the_short_future_on_it() -> None:
    assert native({"BTC-PERPETUAL": -BTC}, POLICY, coins=1.0)["greeks_loss"] == pytest.approx(0.0, abs=1e-6)


def before_expiry(minutes: float) -> MarketSnapshot:
    """Return the market so many minutes before the calls at the money expire, marked at Black's price."""
    late = market()
    years = minutes / 60.0 / 24.0 / 365.0
    call, linear = (late.table.position(name) for name in ("BTC-CALL", "BTC_USDC-CALL"))
    mark = late.mark.copy()
    mark[call] = black(BTC, 60_000.0, years, VOL, is_call=True) / BTC
    mark[linear] = black(BTC, 66_000.0, years, VOL, is_call=True)
    time_ns = int(late.table.expiry_ns[call]) - round(minutes * 60e9)
    return MarketSnapshot.of(
        late.table, name="late", venue="deribit", source="made for tests", time_ns=time_ns, index=dict(late.index),
        mark=mark, forward=late.forward, vol=late.vol,
    )  # fmt: skip


def late_native(held: dict[str, float], minutes: float) -> dict[str, float]:
    found = margins(book(held), POLICY, before_expiry(minutes))
    return {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}


@pytest.mark.parametrize("minutes", [0.001, 15.0, 60.0, 1_440.0])
@pytest.mark.parametrize("held", [{"BTC_USDC-PERPETUAL": 3.0, "BTC-CALL": 1.0}, {"BTC-CALL": -1.0}])
def test_what_expires_within_the_look_ahead_is_worth_its_exercise_and_no_square(
    held: dict[str, float], minutes: float
) -> None:
    """A call at the money must not pay for the perpetuals beside it, nor its seller for a gamma that is gone."""
    found = late_native(held, minutes)
    premium = black(BTC, 60_000.0, minutes / 525_600.0, VOL, is_call=True)
    by_hand = 3.0 * 0.16 * BTC + premium if len(held) == 2 else 0.16 * BTC - premium
    assert found["greeks_loss"] == pytest.approx(by_hand, rel=EXACT)
    assert found["full_revaluation_loss"] == pytest.approx(by_hand, rel=EXACT)
    assert found["error_bound"] == 0.0


def test_an_option_off_the_money_gains_no_more_than_its_value_may_be() -> None:
    """Two days are left and one of them passes: volatility and its cross terms speak, but of one day at the money."""
    found = late_native({"BTC_USDC-CALL": 1.0, "BTC_USDC-PERPETUAL": -1.0}, 2 * 1_440.0)
    at_the_money = black(66_000.0, 66_000.0, 1.0 / 365.0, 1.3 * VOL, is_call=True)
    assert found["error_bound"] == pytest.approx(at_the_money, rel=EXACT)
    assert abs(found["expansion_error"]) <= found["error_bound"]


def test_the_part_of_a_forward_that_is_settled_does_not_move() -> None:
    plain = market()
    row = plain.table.position("BTC_USDC-CALL")
    half = np.zeros(len(plain.table))
    half[row] = 0.5 * BTC
    settled = replace(plain, feeds=Feeds.of(len(half), settled_forward=half))
    whole, moving = (cash_greeks(snapshot, days=1.0)[:, row] for snapshot in (plain, settled))
    assert moving == pytest.approx(whole * np.array([0.5, 0.25, 1.0, 0.5, 1.0, 1.0]), rel=EXACT)


def test_an_option_loses_no_more_time_than_it_has_left() -> None:
    snapshot = market()  # the far call has two days
    call = snapshot.table.position("BTC-FAR-CALL")
    half, left, beyond = (cash_greeks(snapshot, days=days)[TERMS.index("theta"), call] for days in (1.0, 2.0, 9.0))
    assert half < 0.0
    assert left == pytest.approx(2.0 * half)
    assert beyond == left


def test_an_underlying_without_a_ladder_is_refused_by_name() -> None:
    [row] = margins(book({"SOL_USDC-PERPETUAL": 1.0}), POLICY)
    assert np.isnan(row.initial_margin)
    assert "SOL_USDC-PERPETUAL" in row.unavailable
