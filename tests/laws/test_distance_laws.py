"""Laws of distance to liquidation, for every dated policy that lists the small market's instruments."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY
from seawall.margining import evaluate
from seawall.portfolio import Account, Book, Position
from seawall.risk.direction import along, in_time
from seawall.risk.distance import Distance, distances
from seawall.risk.moved_book import anchored, moved
from seawall.risk.shift import Move
from seawall.risk.standing import Probe
from seawall.scenarios import Relative
from tests.laws.worlds import ALL_MODELS, coins_of, held_names, lot, market, policy_of

HELD_COUNT = 4
SCANNED_COUNT = 40
CASH_SHARES = (1.5, 6.0)
"""Cash of the accounts over the maintenance margin of their positions: one near its end, one further away."""

pytestmark = pytest.mark.parametrize("policy_id", ALL_MODELS)


def names_of(policy_id: str) -> tuple[str, ...]:
    """Return a few instruments of either sort that a policy lists."""
    names = held_names(policy_of(policy_id))
    options = [name for name in names if name[-2:] in ("-C", "-P")]
    futures = [name for name in names if name not in options]
    return (*futures[:2], *options[1 : 1 + HELD_COUNT])


@cache
def book_of(policy_id: str) -> Book:
    """Return accounts that are long, short and mixed, with cash that is some times what they need."""
    policy, names = policy_of(policy_id), names_of(policy_id)
    signs = ([-1.0] * len(names), [1.0 if i % 2 else -1.0 for i in range(len(names))])
    held = [tuple(Position(name, 3.0 * s * lot(name)) for name, s in zip(names, line, strict=True)) for line in signs]
    owned = coins_of(policy)
    cash = "USDC" if "USDC" in owned else owned[0]
    bare = Book.of([Account(f"{i}", positions, {cash: 1.0}) for i, positions in enumerate(held)])
    [margins] = evaluate(bare, market(), [policy], check_lots=False)
    need = margins.requirement
    index = {**market().index, "USD": 1.0}
    accounts = []
    for i, positions in enumerate(held):
        owed: dict[str, float] = {cash: 1_000.0}
        for r in np.flatnonzero(need.account == i).tolist():
            currency = need.currencies[need.currency[r]]
            short = max(float(margins.maintenance_margin[r]), 0.0) - min(float(need.margin_balance[r]), 0.0)
            asset = cash if currency == "USD" else currency
            owed[asset] = owed.get(asset, 0.0) + short * index[currency]
        for share in CASH_SHARES:
            balances = {asset: share * usd / index[asset] for asset, usd in owed.items()}
            accounts.append(Account(f"{i} with {share}", positions, balances))
    return Book.of(accounts)


@cache
def found_of(policy_id: str) -> tuple[Distance, ...]:
    ways = [along("BTC", up=False), along("BTC", up=True)]
    return tuple(distances(book_of(policy_id), market(), policy_of(policy_id), directions=ways, check_lots=False))


def test_the_reported_point_has_the_venues_ratio_and_something_is_found(policy_id: str) -> None:
    found = found_of(policy_id)
    assert not [one for one in found if one.kind == "unavailable"]
    assert [one for one in found if one.kind in ("crossing", "jump")]
    for one in found:
        if one.kind == "crossing":
            assert abs(one.ratio - 1.0) <= 1e-6
        elif one.kind == "jump":
            assert one.ratio_before < 1.0 < one.ratio
        elif one.kind == "already":
            assert one.ratio_now >= 1.0


def test_nothing_happens_before_the_reported_point(policy_id: str) -> None:
    """At places of its own, drawn anew for each policy, and not at the nodes of the search."""
    probe = Probe(book_of(policy_id), market(), policy_of(policy_id), check_lots=False)
    random = np.random.Generator(np.random.Philox(key=len(policy_id)))
    for up in (False, True):
        way = along("BTC", up=up)
        travels = np.sort(random.random(SCANNED_COUNT)) ** 2 * way.reach
        short = probe.at([way.move(t) for t in travels.tolist()]).short
        for one in found_of(policy_id):
            if one.direction != way.label or one.kind == "already":
                continue
            a = book_of(policy_id).row(one.account)
            mine = [r for r, (account, _) in enumerate(probe.sets) if account == a]
            nearer = travels < min(one.travel, way.reach) * (1.0 - 1e-9)
            assert (short[np.ix_(nearer, mine)] < 0.0).all()


def test_a_book_seen_through_the_probe_is_the_book_of_the_front_door(policy_id: str) -> None:
    policy, book = policy_of(policy_id), book_of(policy_id)
    probe = Probe(book, market(), policy, check_lots=False)
    [plain] = evaluate(book, market(), [policy], check_lots=False)
    np.testing.assert_allclose(probe.now.maintenance_margin, plain.maintenance_margin, rtol=1e-12)
    np.testing.assert_allclose(probe.now.requirement.margin_balance, plain.requirement.margin_balance, rtol=1e-12)
    for move in (Move({"BTC": -0.2, "ETH": 0.1}, {"BTC": Relative(0.3)}), Move({"BTC": 0.1}, {}, 20 * NS_PER_DAY)):
        quick = probe.at([move])
        for a in range(len(book)):
            rows = probe.sets_of(np.array([a]))
            slow = probe.verify(move, [a])
            np.testing.assert_allclose(quick.required[0, rows], slow.required[0], rtol=1e-9)
            np.testing.assert_allclose(quick.balance[0, rows], slow.balance[0], rtol=1e-9)


def test_no_finite_state_is_without_a_margin(policy_id: str) -> None:
    """Far down, far up, in a panic, and past every expiry."""
    probe = Probe(book_of(policy_id), market(), policy_of(policy_id), check_lots=False)
    last = in_time(market()).reach
    far = [
        Move({"BTC": -0.95, "ETH": -0.95}), Move({"BTC": 4.0, "ETH": 4.0}), Move({"BTC": -0.6}, {"BTC": Relative(9.0)}),
        Move({}, {"BTC": Relative(-0.95), "ETH": Relative(-0.95)}), Move({"BTC": -0.3}, {}, round(last)),
        Move({"USDC": -0.1}, {}, round(0.5 * last)),
    ]  # fmt: skip
    states = probe.at(far)
    assert np.isfinite(states.required).all()
    assert np.isfinite(states.balance).all()
    assert (states.required >= 0.0).all()


def test_past_every_expiry_an_account_is_cash_and_what_never_expires(policy_id: str) -> None:
    policy = policy_of(policy_id)
    book = book_of(policy_id)
    after, later = moved(anchored(book, market()), market(), Move({"BTC": -0.3}, {}, round(in_time(market()).reach)))
    kept = {p.instrument for name in after.accounts for p in after.account(name).positions}
    assert kept == {name for name in names_of(policy_id) if "PERPETUAL" in name}
    assert set(later.table.names) == {name for name in market().table.names if "PERPETUAL" in name}
    assert policy.id == policy_id
