"""Rays of many accounts side by side: shared states are margined once, and company changes nobody's answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY, NS_PER_SECOND
from seawall.portfolio import Account, Book, Position
from seawall.risk.crossing import first_crossing
from seawall.risk.direction import Direction, along, in_time
from seawall.risk.distance import distances
from seawall.risk.rays import search
from seawall.risk.shift import Move
from seawall.risk.standing import Probe, States
from tests.laws.worlds import market, policy_of

CROSS = "deribit/x_pm/2026-02-15"


class Counted(Probe):
    """Counts the states that it was asked in."""

    states = 0

    def at(self, moves: Sequence[Move], accounts: Sequence[int] | None = None) -> States:
        self.states += len(moves)
        return super().at(moves, accounts)


def strangles(count: int) -> Book:
    """Return accounts that are short the same strangle, each with less behind it than the one before."""
    return Book.of([
        Account(f"desk-{i}", (Position("BTC-9D-45000-P", -10.0), Position("BTC-9D-90000-C", -10.0)),
                {"USDC": 260_000.0 - 6_000.0 * i})
        for i in range(count)
    ])  # fmt: skip


def test_states_that_accounts_share_are_margined_once() -> None:
    def states_of(book: Book) -> tuple[int, int]:
        probe = Counted(book, market(), policy_of(CROSS))
        found = search(probe, {a: [along("BTC", up=False)] for a in range(len(book))})
        assert {one.kind for one in found} == {"crossing"}
        return probe.states, sum(one.evaluations for one in found)

    alone = [states_of(strangles(8).take([a]))[0] for a in range(8)]
    together, evaluations = states_of(strangles(8))
    assert evaluations == sum(alone)
    assert together < 0.5 * evaluations


def test_an_account_is_searched_the_same_way_whoever_else_is_there() -> None:
    others = [
        Account("strikes", (Position("BTC-9D-60000-C", -1.0), Position("BTC-9D-60000-P", 1.0)), {"USDC": 50_000.0}),
        Account("coins", (Position("ETH-PERPETUAL", 30_000.0),), {"ETH": 3.0}),
    ]
    desk = strangles(3).account("desk-2")
    for way in (along("BTC", up=True), in_time(market())):
        [alone] = distances(Book.of([desk]), market(), policy_of(CROSS), directions=[way])
        among = distances(Book.of([*others, desk]), market(), policy_of(CROSS), directions=[way])
        one = among.of("desk-2", way.label)
        assert (one.kind, one.evaluations, one.resolution) == (alone.kind, alone.evaluations, alone.resolution)
        assert one.travel == pytest.approx(alone.travel, rel=1e-9)


def test_each_account_is_followed_as_far_as_its_own_reach() -> None:
    book = strangles(2)
    near, far = (along("BTC", up=False, reach=reach) for reach in (-0.02, -0.9))
    short, long = search(Probe(book, market(), policy_of(CROSS)), {0: [near], 1: [far]})
    assert (short.kind, long.kind) == ("none", "crossing")
    assert long.travel > near.reach
    both = search(Probe(book, market(), policy_of(CROSS)), {0: [near, far]})
    assert [one.kind for one in both] == ["none", "crossing"]


def test_the_front_door_finds_several_accounts_where_it_finds_each() -> None:
    probe, move = Probe(strangles(3), market(), policy_of(CROSS)), Move({"BTC": -0.2})
    together = probe.verify(move, [2, 0]).ratio[0]
    assert together.tolist() == [probe.verify(move, [a]).ratio[0, 0] for a in (2, 0)]


def test_a_leap_that_nodes_enclose_says_nothing_of_the_slope_around_it() -> None:
    day, second = float(NS_PER_DAY), float(NS_PER_SECOND)
    nodes = [0.0, day, 2 * day - second, 2 * day, 3 * day, 4 * day]

    def number(x: float) -> float:
        return -5.0 if x < 2 * day else -1.0

    found = first_crossing(number, nodes, negligible=lambda x, y: y == 0.0, smallest=1.0)
    assert (found.kind, found.evaluations) == ("none", len(nodes))
    crosses = first_crossing(lambda x: number(x) + 4.0 * (x >= 2 * day), nodes, negligible=lambda x, y: False)
    assert (crosses.kind, crosses.at <= 2 * day, crosses.before) == ("jump", True, pytest.approx(2 * day, rel=1e-12))


def test_a_line_that_begins_elsewhere_tells_the_ratio_of_today() -> None:
    moved = Direction("from below", {"BTC": -1.0}, reach=1.0, base_spot={"BTC": -0.05})
    [one] = distances(strangles(1), market(), policy_of(CROSS), directions=[moved])
    [now] = distances(strangles(1), market(), policy_of(CROSS), directions=[along("BTC", up=False)])
    assert one.ratio_now == now.ratio_now
    assert np.isclose(np.log1p(one.moves["BTC"]), np.log1p(now.moves["BTC"]), rtol=1e-8)
