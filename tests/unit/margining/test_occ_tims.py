"""Customer portfolio margin by hand: valuation points, classes, product groups, minimum, coins as stock."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.instruments import InstrumentTable, Option
from seawall.margining.figures import computed
from seawall.market import MarketSnapshot
from seawall.policy import at
from tests.unit.margining.markets import BTC, ETH, NOW_NS, VOL, black, book, in_days, margins, market

POLICY = at("occ/tims/2026-01-01")
EXACT = 1e-9
"""USD, relative."""


def needed(sizes: dict[str, float], balances: dict[str, float] | None = None, **numbers: float) -> float:
    policy = POLICY.with_numbers({name.replace("__", "."): number for name, number in numbers.items()})
    [row] = margins(book(sizes, balances), policy)
    assert row.initial_margin == row.maintenance_margin
    return row.initial_margin


def test_a_linear_future_loses_its_worth_times_the_largest_move() -> None:
    assert needed({"BTC_USDC-PERPETUAL": 2.0}) == pytest.approx(0.15 * 2.0 * BTC, rel=EXACT)
    assert needed({"BTC_USDC-PERPETUAL": -2.0}, market__btc__up_move=0.2) == pytest.approx(0.4 * BTC, rel=EXACT)


def test_coin_and_the_short_future_on_it_are_one_class() -> None:
    hedged = {"BTC-PERPETUAL": -BTC}
    minimum = POLICY.number("market.btc.minimum_usd")
    assert needed(hedged, {"BTC": 1.0}) == pytest.approx(minimum, rel=EXACT)
    assert needed({}, {"BTC": 1.0}) == pytest.approx(0.15 * BTC, rel=EXACT)
    assert needed(hedged) == pytest.approx(0.15 * BTC, rel=EXACT)


def test_a_debt_in_coin_loses_when_the_price_rises() -> None:
    assert needed({}, {"BTC": -1.0, "USDC": 1e6}) == pytest.approx(0.15 * BTC, rel=EXACT)


def test_classes_of_one_group_offset_in_part() -> None:
    sizes = {"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -24.0}  # 60,000 USD of each
    assert needed(sizes, group__coins__offset=0.9) == pytest.approx(0.1 * 0.15 * BTC, rel=EXACT)
    assert needed(sizes, group__coins__offset=0.0) == pytest.approx(0.15 * BTC, rel=EXACT)
    whole = needed(sizes, group__coins__offset=1.0)
    least = POLICY.number("market.btc.minimum_usd") + 24.0 * POLICY.number("market.eth.minimum_usd")
    assert whole == pytest.approx(least, rel=EXACT)
    assert pytest.approx(24.0 * ETH) == BTC


def test_the_minimum_counts_every_contract_long_or_short() -> None:
    sizes = {"BTC_USDC-CALL": 3.0, "BTC_USDC-PERPETUAL": 0.0}
    huge = needed(sizes, market__btc__minimum_usd=1e5)
    assert huge == pytest.approx(3e5, rel=EXACT)
    assert needed({"BTC_USDC-CALL": -3.0}, market__btc__minimum_usd=1e5) == pytest.approx(3e5, rel=EXACT)


def test_a_long_option_needs_no_more_than_it_is_worth() -> None:
    worth = 5.0 * float(market().mark[market().table.position("BTC_USDC-CALL")])
    found = needed({"BTC_USDC-CALL": 5.0}, market__btc__minimum_usd=0.0)
    assert 0.5 * worth < found < worth


def test_an_option_paid_in_coin_needs_what_one_paid_in_dollars_does() -> None:
    """Its value is coins, whose own move is part of its move in dollars."""
    inverse = needed({"BTC-CALL": -1.0})
    points = [0.03 * k for k in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)]
    figures = computed(margins(book({"BTC-CALL": -1.0}), POLICY))
    mark = float(market().mark[market().table.position("BTC-CALL")]) * BTC
    assert inverse > 0.5 * 0.15 * BTC - mark
    assert figures["coins.+15 %"] == pytest.approx(-inverse, rel=EXACT)
    assert len(points) == len([name for name in figures if name.startswith("coins.") and name.endswith("%")])


def test_the_coins_that_an_option_is_worth_move_with_their_price() -> None:
    """The same option bought, paid in coin and paid in dollars, changes its worth in dollars alike at each point."""
    table = InstrumentTable.of([
        Option(name=name, underlying="BTC", quote=quote, settlement=settled, inverse=settled == "BTC", strike=60_000.0,
               expiry_ns=in_days(60), is_call=True)
        for name, quote, settled in (("COIN", "USD", "BTC"), ("DOLLARS", "USDC", "USDC"))
    ])  # fmt: skip
    worth = black(BTC, 60_000.0, 60 / 365, VOL, is_call=True)
    snapshot = MarketSnapshot.of(
        table, name="two", venue="deribit", source="by hand", time_ns=NOW_NS, index={"BTC": BTC, "USDC": 1.0},
        mark=[worth / BTC, worth], forward=[BTC, BTC], vol=[VOL, VOL],
    )  # fmt: skip
    coin, dollars = (computed(margins(book({name: 3.0}), POLICY, snapshot)) for name in table.names)
    points = [name for name in coin if name.startswith("coins.") and name.endswith("%")]
    assert len(points) == 10
    assert [coin[name] for name in points] == pytest.approx([dollars[name] for name in points], rel=1e-6)


def test_the_class_that_loses_most_is_the_one_that_is_named() -> None:
    [row] = margins(book({"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -4.0}), POLICY)
    assert row.worst_scenario.startswith("BTC -15 %")
    [other] = margins(book({"BTC_USDC-PERPETUAL": 0.1, "ETH_USDC-PERPETUAL": -40.0}), POLICY)
    assert other.worst_scenario.startswith("ETH +15 %")


def test_what_it_needs_stands_under_the_rules_own_names() -> None:
    found = margins(book({"BTC_USDC-PERPETUAL": 1.0}), POLICY)
    native = {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}
    assert native == pytest.approx({"net_loss": 9000.0, "minimum": 225.0, "requirement": 9000.0})
    assert found.explain().detail.figures["coins.requirement"] == pytest.approx(9000.0)


def test_an_underlying_without_a_class_is_refused_by_name() -> None:
    [row] = margins(book({"SOL_USDC-PERPETUAL": 1.0}), POLICY)
    assert np.isnan(row.initial_margin)
    assert "SOL_USDC-PERPETUAL" in row.unavailable


def test_points_are_named_by_their_move_only_where_a_group_shares_it() -> None:
    held = book({"BTC_USDC-PERPETUAL": 1.0, "ETH_USDC-PERPETUAL": -1.0})
    [shared] = margins(held, POLICY).explain().detail.arrays
    [own] = margins(held, POLICY.with_numbers({"market.eth.up_move": 0.2})).explain().detail.arrays
    assert shared.labels[0] == "-15 %"
    assert own.labels[0] == "valuation point 1"
    assert shared.lines == ("BTC", "ETH")
