"""Who causes the margin: shares, ties, one more contract, and what changed it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.core.time import NS_PER_DAY
from seawall.margining import evaluate
from seawall.margining.totals import total_usd
from seawall.portfolio import Account, Book, Position
from seawall.portfolio.trades import apply_trades
from seawall.risk.binding_scenarios import scenario_shares
from seawall.risk.margin_change import Situation, at_time, margin_change, settled_until
from seawall.risk.margin_shares import margin_shares
from seawall.risk.marginal_margin import contract_margins, position_margins
from tests.laws.worlds import NAMES, market, policy_of

CROSS = policy_of("deribit/x_pm/2026-02-15")
STRADDLE = (Position("BTC-120D-60000-C", -10.0), Position("BTC-120D-60000-P", -10.0))
BOOK = Book.of([Account("desk", STRADDLE, {"BTC": 4.0})])


def initial(book: Book) -> float:
    [margins] = evaluate(book, market(), [CROSS], check_lots=False)
    return float(total_usd(margins, "initial")[0])


def test_shares_sum_to_the_margin_without_a_rest_where_the_rule_is_homogeneous() -> None:
    found = margin_shares(BOOK, market(), CROSS)
    assert found.initial == pytest.approx(initial(BOOK))
    assert abs(found.unallocated_initial) < 1e-6 * found.initial
    assert [share.name for share in found.shares] == ["BTC-120D-60000-C", "BTC-120D-60000-P", "BTC"]


def test_a_hedge_has_a_share_below_zero() -> None:
    hedged = Book.of([Account("desk", (*STRADDLE, Position("BTC-PERPETUAL", -200_000.0)), {"USDC": 1e6})])
    binding = margin_shares(hedged, market(), CROSS)
    shares = {share.name: share.initial for share in binding.shares}
    assert min(shares.values()) < 0.0 < max(shares.values())


def test_a_tie_is_split_and_both_sides_are_named() -> None:
    """A book whose fall and rise lose alike: the size of the short perpetual is found by bisection."""

    def book(size: float) -> Book:
        held = (
            Position("BTC-120D-60000-C", -10.0),
            Position("BTC-120D-60000-P", -10.0),
            Position("BTC-PERPETUAL", size),
        )
        return Book.of([Account("desk", held, {"USDC": 1e6})])

    def falls(size: float) -> bool:
        return "-" in margin_shares(book(size), market(), CROSS).binding

    low, high = -600_000.0, 600_000.0
    assert falls(high) and not falls(low)
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if falls(middle) else (middle, high)
    found = margin_shares(book(high), market(), CROSS)
    assert found.at_kink
    [perpetual] = [share for share in found.shares if share.name == "BTC-PERPETUAL"]
    assert perpetual.at_kink and {bool(perpetual.binding_up), bool(perpetual.binding_down)} == {True, False}
    assert perpetual.initial == pytest.approx(0.5 * (perpetual.initial_up + perpetual.initial_down))
    assert perpetual.initial_up > 0.0 > perpetual.initial_down or perpetual.initial_up < 0.0 < perpetual.initial_down
    [margins] = evaluate(book(high), market(), [CROSS], check_lots=False)
    [scenarios] = scenario_shares(margins, near=1e-3)
    assert len(scenarios.ties) + len(scenarios.near_ties) == 2


def test_lines_and_offsets_sum_to_the_loss_in_the_binding_scenario() -> None:
    [margins] = evaluate(BOOK, market(), [CROSS], check_lots=False)
    for found in scenario_shares(margins):
        assert sum(share for _, share in found.lines) + found.offsets == pytest.approx(found.loss, rel=1e-12)
        assert all(tie.gap >= 0.0 for tie in found.near_ties)


def test_what_a_position_adds_is_the_margin_with_it_less_the_margin_without() -> None:
    found = position_margins(BOOK, market(), CROSS)
    closed = apply_trades(BOOK, "desk", {"BTC-120D-60000-C": 10.0}, snapshot=market())
    assert found.positions[0].initial == pytest.approx(initial(BOOK) - initial(closed), rel=1e-9)
    alone = Book.of([Account("a", STRADDLE[:1])])
    assert found.positions[0].initial_alone == pytest.approx(initial(alone), rel=1e-12)
    assert found.netting_benefit_usd == pytest.approx(found.apart_initial - found.netted_initial)


def test_one_more_contract_is_what_if_of_one_trade() -> None:
    found = contract_margins(BOOK, market(), CROSS)
    assert len(found.contracts) == len(NAMES)
    before = initial(BOOK)
    for one in found.contracts[:9]:
        traded = apply_trades(BOOK, "desk", {one.instrument: one.size}, snapshot=market(), check_lots=False)
        assert one.initial_bought == pytest.approx(initial(traded) - before, rel=1e-6, abs=1e-4)


def test_a_contract_that_the_policy_has_no_rule_for_says_so() -> None:
    pmrm = policy_of("derive/pmrm2/2026-01-21")
    held = Book.of([Account("desk", (), {"USDC": 1e5})])
    found = contract_margins(held, market(), pmrm, ["BTC-120D", "BTC-PERPETUAL"])
    assert math.isnan(found.contracts[0].initial_bought)
    assert "no rule for a future" in found.contracts[0].unavailable


def test_a_step_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="step"):
        margin_shares(BOOK, market(), CROSS, step=0.0)


def test_only_what_changed_has_a_part() -> None:
    now = market()
    more = Book.of([Account("desk", (STRADDLE[0], replace(STRADDLE[1], size=-20.0)), {"BTC": 4.0})])
    found = margin_change(Situation(BOOK, now, CROSS), Situation(more, now, CROSS))
    parts = {part.cause: part.initial for part in found.parts}
    assert [parts[cause] for cause in ("time", "market", "parameters")] == [0.0, 0.0, 0.0]
    assert parts["positions"] == pytest.approx(initial(more) - initial(BOOK))


def test_an_option_that_expires_on_the_way_settles_into_cash() -> None:
    now = market()
    held = Account("desk", (Position("BTC-9D-45000-C", 2.0), Position("BTC-9D", 1_000.0, 50_000.0)), {"BTC": 1.0})
    left = settled_until(held, now, now.time_ns + 10 * NS_PER_DAY)
    assert left.positions == ()
    assert left.balances["BTC"] == pytest.approx(1.0 + 2.0 * (1.0 - 45 / 60) + 1_000.0 * (1 / 50_000.0 - 1 / 60_000.0))
    later = replace(now, time_ns=now.time_ns + 10 * NS_PER_DAY)
    found = margin_change(Situation(Book.of([held]), now, CROSS), Situation(Book.of([left]), later, CROSS))
    assert not found.unavailable
    assert found.after["initial"] < found.before["initial"]


def test_time_that_passes_leaves_what_a_mark_is_off_black() -> None:
    now, n = market(), NAMES.index("BTC-120D-60000-C")
    mark = now.mark.copy()
    mark[n] += 0.001
    rich, day = replace(now, mark=mark), now.time_ns + NS_PER_DAY
    assert at_time(rich, day).mark[n] - at_time(now, day).mark[n] == pytest.approx(0.001)
    assert np.array_equal(at_time(now, now.time_ns).mark, now.mark, equal_nan=True)


def test_a_market_after_that_is_older_is_refused() -> None:
    now = market()
    with pytest.raises(InputError, match="not older"):
        margin_change(Situation(BOOK, now, CROSS), Situation(BOOK, replace(now, time_ns=now.time_ns - 1), CROSS))


@pytest.mark.parametrize("policy_id", ["okx/pm/2025-12-04", "span/portfolio/2026-01-01"])
def test_legs_that_cancel_out_lose_nothing_and_no_scenario_binds(policy_id: str) -> None:
    now = sw.load_snapshot("deribit-btc-2026-08-01")
    book = sw.load_book("demo", snapshot=now)
    [margins] = evaluate(book.take([book.row("box")]), now, [policy_of(policy_id)])
    assert margins["box"][0].worst_scenario == ""
    for found in scenario_shares(margins):
        assert (found.loss, found.ties, [share for _, share in found.lines]) == (0.0, (), [0.0] * len(found.lines))


def test_where_no_scenario_binds_the_charge_that_makes_the_margin_is_named() -> None:
    now = sw.load_snapshot("deribit-btc-2026-08-01")
    book = sw.load_book("demo", snapshot=now)
    okx, house = policy_of("okx/pm/2025-12-04"), policy_of("house/tail/2026-01-01")
    box, calendar = (book.take([book.row(name)]) for name in ("box", "calendar"))
    [charged] = scenario_shares(evaluate(box, now, [okx])[0])
    assert charged.margin_is == "minimum_charge"
    assert {found.margin_is for found in scenario_shares(evaluate(calendar, now, [okx])[0])} == {""}
    [floored] = scenario_shares(evaluate(box, now, [house])[0])
    assert [tie.label for tie in floored.ties] == ["BTC -40 % in stress, vol up"]
