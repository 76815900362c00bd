"""Margin along a path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError, UnavailableError
from seawall.core.time import NS_PER_DAY
from seawall.margining import evaluate
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76
from seawall.revaluation import revalue
from seawall.risk.margin_path import margin_path
from seawall.risk.market_path import MarketPath
from seawall.risk.moved_book import moved
from seawall.risk.path_result import MarginPath
from seawall.risk.shift import Move
from seawall.scenarios import FlashCrash, Relative, all_events, events
from tests.laws.worlds import INDEX, NOW_NS, market, policy_of

POLICY = "deribit/x_pm/2026-02-15"
PRICES = [60_000.0, 56_000.0, 47_000.0, 41_000.0, 52_000.0]
VOLS = [1.0, 1.2, 1.8, 2.2, 1.4]
DAYS = [0, 1, 2, 3, 12]
BOOK = Book.of([
    Account("short", (Position("BTC-9D-45000-P", -10.0), Position("BTC-120D-60000-C", -2.0)), {"USDC": 80_000.0}),
    Account("long", (Position("BTC_USDC-PERPETUAL", 1.0),), {"BTC": 1.0}),
])  # fmt: skip


def path() -> MarketPath:
    times = [NOW_NS + day * NS_PER_DAY for day in DAYS]
    return MarketPath.of_prices(times, {"BTC": PRICES}, INDEX, now_ns=NOW_NS, vol_ratios={"BTC": VOLS})


def along(answer: str = "pay", policy_id: str = POLICY, **others: str) -> MarginPath:
    return margin_path(BOOK, market(), policy_of(policy_id), path(), answer=answer, **others)  # type: ignore[arg-type]


def test_every_step_is_the_margin_of_the_moved_book_in_the_moved_market() -> None:
    found = along("ignore")
    for t, (price, vol, day) in enumerate(zip(PRICES, VOLS, DAYS, strict=True)):
        shocks = {"BTC": Relative(vol - 1.0)} if vol != 1.0 else {}
        move = Move({"BTC": price / 60_000.0 - 1.0}, shocks, day * NS_PER_DAY)
        [margins] = evaluate(*moved(BOOK, market(), move), [policy_of(POLICY)])
        for a, name in enumerate(BOOK.accounts):
            step = found.of(name)[t]
            assert step.initial_margin == pytest.approx(margins.initial_margin[a], rel=1e-9)
            assert step.equity == pytest.approx(margins.requirement.equity[a], rel=1e-9)
            short = margins.initial_margin[a] - margins.requirement.margin_balance[a] + margins.requirement.haircut[a]
            assert step.called == pytest.approx(max(short, 0.0), rel=1e-9, abs=1e-6)
            assert step.paid == 0.0


@pytest.mark.parametrize(
    ("policy_id", "pay_in"),
    [
        (POLICY, ""),
        (POLICY, "BTC"),
        ("binance/pm/2025-12-26", ""),
        ("okx/pm/2025-12-04", "BTC"),
        ("deribit/s_pm/2026-02-15", ""),
    ],
)
def test_what_is_called_is_paid_and_nothing_is_short_any_more(policy_id: str, pay_in: str) -> None:
    """Haircuts, and coins that are margined themselves, make a payment larger than the call and never smaller."""
    book = Book.of([Account("short", (Position("BTC-9D-45000-P", -10.0),), {"BTC": 2.0})])
    found = margin_path(book, market(), policy_of(policy_id), path(), pay_in=pay_in)
    paying = [step for step in found.steps if step.called > 0.0]
    assert paying
    assert all(step.paid >= step.called * (1.0 - 1e-6) for step in paying)
    again = margin_path(book, market(), policy_of(policy_id), path(), answer="ignore")
    assert found.liquidity_need_usd["short"] >= again.liquidity_need_usd["short"] * 0.5
    third = found.of("short")[3]
    if pay_in == "":
        assert third.called <= again.of("short")[3].called


def test_money_that_was_paid_in_stays() -> None:
    paid, ignored = along("pay").of("short"), along("ignore").of("short")
    total = np.cumsum([step.paid for step in paid])
    for t in range(1, len(paid)):
        assert paid[t].equity - ignored[t].equity == pytest.approx(total[t - 1], rel=1e-6)
    assert along("pay").liquidity_need_usd["short"] == pytest.approx(total[-1])


def test_an_account_that_pays_to_initial_margin_stands_there_on_the_next_look() -> None:
    times = [NOW_NS, NOW_NS + NS_PER_DAY, NOW_NS + NS_PER_DAY]
    still = MarketPath.of_prices(times, {"BTC": [60_000.0, 42_000.0, 42_000.0]}, INDEX, now_ns=NOW_NS)
    found = margin_path(BOOK, market(), policy_of(POLICY), still).of("short")
    assert found[1].called > 0.0
    assert found[2].called == pytest.approx(0.0, abs=1e-3)
    assert not found[2].acts


def test_who_pays_in_vain_is_unavailable_and_the_others_go_on() -> None:
    """A coin that the policy does not take as collateral lowers no shortfall, and is nobody else's trouble."""
    others = replace(market(), index={**INDEX, "SHELL": 1.0})
    found = margin_path(BOOK, others, policy_of(POLICY), path(), pay_in="SHELL")
    assert found.accounts == ("long",)
    assert found.unavailable == {"short": "SHELL paid in at state 3 does not lower what is short"}
    assert [step.equity for step in found.steps] == [step.equity for step in along().of("long")]
    with pytest.raises(UnavailableError, match="short: SHELL paid in"):
        margin_path(BOOK.take([0]), others, policy_of(POLICY), path(), pay_in="SHELL")


def test_what_expires_on_the_way_is_settled_and_needs_nothing_more() -> None:
    found = along("ignore").of("short")
    assert found[-1].initial_margin < found[0].initial_margin  # day 12: the put of nine days is cash
    [alone] = evaluate(
        *moved(Book.of([Account("c", (Position("BTC-120D-60000-C", -2.0),), {"USDC": 80_000.0})]), market(),
               Move({"BTC": 52_000.0 / 60_000.0 - 1.0}, {"BTC": Relative(0.4)}, 12 * NS_PER_DAY)), [policy_of(POLICY)]
    )  # fmt: skip
    assert found[-1].initial_margin == pytest.approx(alone.initial_margin[0], rel=1e-9)


def test_the_first_action_and_the_peak_are_read_from_the_steps() -> None:
    found = along("ignore")
    acts = [step.time_ns for step in found.of("short") if step.acts]
    assert found.first_action_ns["short"] == min(acts)
    assert found.peak_initial_margin_usd["short"] == max(step.initial_margin for step in found.of("short"))
    assert {type(cell) for row in found.rows() for cell in row.values()} <= {str, float, bool}
    assert len(found.rows()) == 2 * len(PRICES)


def test_a_named_event_runs_on_a_book_step_by_step() -> None:
    crash = FlashCrash({"BTC": -0.35, "XRP": -0.5}, vol_points=0.6, assets={"USDC": -0.02})
    states = MarketPath.of_paths(crash.paths(), market())
    found = margin_path(BOOK, market(), policy_of(POLICY), states, answer="ignore").of("short")
    assert len(found) == len(crash.paths().steps)
    low = crash.paths().steps.index("low")
    assert max(range(len(found)), key=lambda t: found[t].ratio) == low
    assert found[-1].ratio < found[low].ratio
    for name in events():
        states = MarketPath.of_paths(all_events()[name].paths(), market())
        assert len(margin_path(BOOK, market(), policy_of(POLICY), states, answer="ignore").steps) == 2 * len(states)


def test_a_gap_of_the_perpetual_its_funding_and_the_carry_reach_the_book() -> None:
    book = Book.of([
        Account("mixed", (Position("BTC_USDC-PERPETUAL", 2.0), Position("BTC-120D", 30_000.0)), {"USDC": 50_000.0})
    ])  # fmt: skip
    now = market()
    move = Move({"BTC": -0.1}, {}, 0, {"BTC": 0.2}, {"BTC": -0.03}, {"BTC": 0.001})
    after, later = moved(book, now, move)
    perpetual, future = (now.table.position(name) for name in ("BTC_USDC-PERPETUAL", "BTC-120D"))
    assert later.mark[perpetual] == pytest.approx(now.mark[perpetual] * 0.9 * 0.97, rel=1e-12)
    assert later.mark[future] == pytest.approx(now.mark[future] * 0.9 * np.exp(0.2 * now.years[future]), rel=1e-12)
    assert after.account("mixed").balances["USDC"] == pytest.approx(50_000.0 - 0.001 * 2.0 * now.mark[perpetual])
    gains = revalue(now, move.scenario(now.table.underlyings)).pnl[0]
    options = np.flatnonzero(~np.isnan(now.table.strike))
    np.testing.assert_allclose((later.mark - now.mark)[options], gains[options], rtol=1e-9, atol=1e-12)
    price = black76.price(
        later.forward[options], later.table.strike[options], later.years[options], later.vol[options],
        is_call=later.table.is_call[options],
    )  # fmt: skip
    fair = np.where(later.table.inverse[options], price / later.forward[options], price)
    np.testing.assert_allclose(later.mark[options], fair, rtol=1e-9, atol=1e-14)


def test_paths_that_can_not_be_are_refused() -> None:
    with pytest.raises(InputError, match="backwards"):
        MarketPath.of_prices([2, 1], {"BTC": [1.0, 1.0]}, {"BTC": 1.0}, now_ns=0)
    with pytest.raises(InputError, match="above 0"):
        MarketPath.of_prices([1, 2], {"BTC": [1.0, -1.0]}, {"BTC": 1.0}, now_ns=0)
    with pytest.raises(InputError, match="price at the start"):
        MarketPath.of_prices([1], {"BTC": [1.0]}, {}, now_ns=0)
    with pytest.raises(InputError, match="before"):
        MarketPath.of_prices([0], {"BTC": [1.0]}, {"BTC": 1.0}, now_ns=NOW_NS)


def test_a_leg_that_has_expired_on_the_way_stays_settled_whatever_the_price_does_afterwards() -> None:
    now = sw.load_snapshot("deribit-btc-2026-08-01")
    book = sw.load_book({"BTC-7AUG26-61000-P": -80, "BTC": 20, "USDC": 5e6}, snapshot=now)
    day = 86_400_000_000_000
    times = [now.time_ns + d * day for d in (5, 7, 8, 9)]
    path = MarketPath.of_prices(times, {"BTC": [50_000.0, 50_000.0, 80_000.0, 20_000.0]}, now.index, now_ns=now.time_ns)
    steps = sw.margin_path(book, now, path, "deribit/x_pm", answer="ignore").steps
    coins = [(step.equity - 5e6) / price for step, price in zip(steps, (5e4, 5e4, 8e4, 2e4), strict=True)]
    # The put pays (61,000 - 50,000) / 50,000 of a coin each at its own expiry, and no price moves that any more.
    assert coins[1:] == pytest.approx([20.0 - 80.0 * 11_000.0 / 50_000.0] * 3, rel=1e-9)
