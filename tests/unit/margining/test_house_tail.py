"""The tail margin: measures by hand, each switch, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.margining import Margins, evaluate
from seawall.margining.blocks.tail_measure import expected_shortfall, value_at_risk
from seawall.margining.models.house_tail.numbers import blocks_of, outcomes
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.streams import BLOCK_PATHS_COUNT
from tests.laws.worlds import market

POLICY = at("house/tail/2026-01-01")
PLAIN = POLICY.with_numbers({
    "procyclicality.stress_weight": 0.0, "procyclicality.long_run_floor": False, "general.stress_share": 0.0,
    "general.impact_coefficient": 0.0,
})  # fmt: skip
SHORT = Book.of(
    [Account("desk", (Position("BTC-120D-60000-C", -10.0), Position("BTC-120D-60000-P", -10.0)), {"USDC": 1e6})]
)


def margins_of(policy: MarginPolicy, book: Book = SHORT) -> Margins:
    [found] = evaluate(book, market(), [policy], check_lots=False)
    return found


def maintenance(policy: MarginPolicy, book: Book = SHORT) -> dict[str, float]:
    return {name: float(amount[0]) for name, amount in margins_of(policy, book).maintenance.items()}


def test_measures_of_ten_outcomes_are_those_by_hand() -> None:
    pnl = -np.arange(10.0)[None, :]  # losses of 0 to 9
    assert value_at_risk(pnl, confidence=0.8).tolist() == [7.0]
    assert expected_shortfall(pnl, confidence=0.8)[0][0] == pytest.approx(8.5)
    assert expected_shortfall(pnl, confidence=0.85)[0][0] == pytest.approx((9.0 + 0.5 * 8.0) / 1.5)


def test_gains_count_as_no_loss_and_what_is_missing_is_no_number() -> None:
    pnl = np.array([[5.0, 6.0, -1.0], [1.0, np.nan, 1.0]])
    found = expected_shortfall(pnl, confidence=1.0 / 3.0)[0]
    assert found[0] == pytest.approx(0.5)
    assert np.isnan(found[1]) and np.isnan(value_at_risk(pnl, confidence=0.5)[1])


def test_the_error_of_the_shortfall_is_what_other_seeds_give() -> None:
    found = [margins_of(PLAIN.with_numbers({"general.seed_count": float(seed)})) for seed in range(40)]
    figures = np.array([one.requirement.native["expected_shortfall"][0] for one in found])
    stated = np.mean([one.requirement.native["expected_shortfall_error"][0] for one in found])
    assert stated == pytest.approx(figures.std(), rel=0.4)


def test_the_tail_of_a_linear_book_is_that_of_the_outcomes() -> None:
    long = Book.of([Account("desk", (Position("BTC_USDC-PERPETUAL", 1.0),))])
    moves = outcomes(PLAIN).spot[:1000, 0]
    mark = float(market().mark[market().table.position("BTC_USDC-PERPETUAL")])
    worst = np.sort(-moves)[-10:].mean() * mark
    parts = maintenance(PLAIN, long)
    assert parts["tail"] == pytest.approx(1.5 * worst, rel=1e-12)
    assert parts["liquidity"] == pytest.approx(0.0005 * mark)
    assert (parts["procyclicality"], parts["stress"], parts["concentration"]) == (0.0, 0.0, 0.0)


def test_each_tool_against_procyclicality_is_a_switch_of_its_own() -> None:
    base = maintenance(PLAIN)["tail"]

    def added(settings: dict[str, object]) -> float:
        return maintenance(PLAIN.with_numbers(settings))["procyclicality"]

    assert added({"procyclicality.buffer_ratio": 0.25}) == pytest.approx(0.25 * base)
    quarter, half = (added({"procyclicality.stress_weight": weight}) for weight in (0.25, 0.5))
    assert 0.0 < quarter == pytest.approx(0.5 * half)
    floor = added({"procyclicality.long_run_floor": True})
    assert floor > 0.0
    high = {"procyclicality.long_run_floor": True, "market.btc.long_run_annual_vol": 0.1}
    assert added(high) == 0.0  # a floor below the tail adds nothing


def test_the_stress_floor_binds_and_is_named() -> None:
    wings = Book.of([Account("desk", (Position("BTC-120D-90000-C", -10.0),), {"USDC": 1e6})])
    policy = PLAIN.with_numbers({"general.stress_share": 1.0})
    [row] = margins_of(policy, wings)
    assert row.maintenance["stress"] > 0.0
    assert row.worst_scenario == "BTC +40 % in stress, vol up"
    total = row.maintenance["tail"] + row.maintenance["stress"]
    assert total == pytest.approx(margins_of(policy, wings).requirement.native["stress_loss"][0])


def test_coins_move_with_the_outcomes_and_dollars_do_not() -> None:
    assert maintenance(PLAIN, Book.of([Account("desk", (), {"USDC": 1e6})]))["tail"] == 0.0
    owned = Book.of([Account("desk", (Position("BTC-PERPETUAL", -60_000.0),), {"BTC": 1.0})])
    assert (
        maintenance(PLAIN, owned)["tail"]
        < 0.02 * maintenance(PLAIN, Book.of([Account("desk", (), {"BTC": 1.0})]))["tail"]
    )


def test_a_coin_without_numbers_is_refused_by_name() -> None:
    without = replace(POLICY, parameters={k: p for k, p in POLICY.parameters.items() if "eth" not in k})
    [row] = margins_of(without, Book.of([Account("desk", (Position("ETH-PERPETUAL", 10.0),))]))
    assert "ETH-PERPETUAL: house/tail/2026-01-01 has no numbers for ETH" in row.unavailable


def test_outcomes_do_not_hang_on_the_book_and_sorts_share_their_random_numbers() -> None:
    found, blocks = outcomes(POLICY), blocks_of(POLICY)
    assert len(found) == 3 * 1000 + 4
    now, then = (np.log1p(found.spot[blocks.rows(sort), 0]) for sort in blocks.sorts[:2])
    assert then / now == pytest.approx(np.full(1000, 1.2 / 0.5), rel=1e-6)


def test_more_outcomes_than_a_block_of_random_numbers_are_drawn_in_blocks() -> None:
    count = BLOCK_PATHS_COUNT + 10
    assert Sampling(count=count, seed=1).block_paths_count(1) == 10
    assert len(outcomes(PLAIN.with_numbers({"general.outcomes_count": float(count)}))) == count + 4


def test_large_positions_pay_for_their_size() -> None:
    one = Book.of([Account("desk", (Position("BTC-PERPETUAL", 1e6),))])
    two = Book.of([Account("desk", (Position("BTC-PERPETUAL", 4e6),))])
    small, large = (maintenance(POLICY, book)["concentration"] for book in (one, two))
    assert large == pytest.approx(8.0 * small)
