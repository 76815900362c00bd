"""Derive's Dutch auction, function by function; the contract's own stories are read in tests/vectors."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.margining import evaluate
from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.models.derive_auction import (
    ONE,
    AuctionNumbers,
    Phase,
    Standing,
    buffer_margin,
    discount,
    insolvent_bid,
    largest_share,
    one_scenario,
    payout,
    phase_after,
    phase_at_start,
    read_auction,
    solvent_bid,
    starting_fee,
    withdrawals_blocked,
)
from seawall.policy import at, catalogue
from seawall.portfolio import Account, Book, Position
from tests.laws.worlds import market

NUMBERS = AuctionNumbers(
    starting_share=95 * ONE // 100, cutoff_share=70 * ONE // 100, fast_seconds=900, slow_seconds=43_200,
    insolvent_seconds=3_600, fee_rate=ONE // 10, buffer_share=15 * ONE // 100,
)  # fmt: skip
DATED = [f"{row.id}/{day}" for row in catalogue() if row.id.startswith("derive/") for day in row.dates]
dollars = st.integers(1, 10**9).map(lambda cents: cents * ONE // 100)


@st.composite
def sold(draw: st.DrawFn) -> Standing:
    """Return an account that is worth something and misses maintenance margin, with some cash reserved."""
    worth = draw(dollars)
    return Standing(worth, -draw(dollars), worth * draw(st.integers(0, 99)) // 100)


def test_products_and_quotients_are_cut_towards_zero() -> None:
    assert WEI.times(-1, 1) == 0
    assert WEI.times(-3 * ONE, ONE // 2) == -3 * ONE // 2
    assert WEI.over(-1, 3 * ONE) == 0
    assert WEI.over(ONE, -3 * ONE) == -(ONE // 3)


@given(sold(), st.integers(0, 44_099))
def test_the_largest_sale_meets_the_buffer_to_the_last_units(standing: Standing, elapsed: int) -> None:
    """What is kept needs its share of the buffer margin; what is sold is cash that needs nothing."""
    offered = discount(elapsed, NUMBERS)
    bid = solvent_bid(standing, ONE, elapsed, NUMBERS)
    assert bid.share == largest_share(standing, offered, NUMBERS)
    assert bid.ends
    free = standing.market_value - standing.reserved
    missing = buffer_margin(standing, NUMBERS) - standing.reserved  # of what is for sale: cash counts whole
    kept = missing - missing * bid.share // ONE
    assert kept + bid.reserved == pytest.approx(0, abs=1e-15 * (abs(missing) + free + standing.market_value) + 10)


@given(sold(), st.integers(0, 44_099), st.integers(1, ONE))
def test_no_bid_takes_more_than_is_wanted_or_pays_more_than_it_is_worth(
    standing: Standing, elapsed: int, wanted: int
) -> None:
    bid = solvent_bid(standing, wanted, elapsed, NUMBERS)
    assert 0 <= bid.share <= wanted
    assert 0 <= bid.payment <= WEI.times(standing.market_value - standing.reserved, bid.share)
    assert bid.reserved == standing.reserved + bid.payment
    assert bid.left == standing.left - bid.share_of_original


@given(st.integers(0, 50_000), st.integers(0, 50_000))
def test_the_offer_only_falls(early: int, late: int) -> None:
    early, late = sorted((early, late))
    assert NUMBERS.starting_share >= discount(early, NUMBERS) >= discount(late, NUMBERS) >= 0


def test_the_offer_falls_fast_and_then_slowly_to_nothing() -> None:
    assert discount(0, NUMBERS) == NUMBERS.starting_share
    assert discount(450, NUMBERS) == 825 * ONE // 1000
    assert discount(900, NUMBERS) == NUMBERS.cutoff_share
    assert discount(900 + 21_600, NUMBERS) == 35 * ONE // 100
    assert discount(900 + 43_200, NUMBERS) == 0


def test_before_it_starts_an_auction_offers_what_it_starts_with() -> None:
    assert discount(-1, NUMBERS) == discount(-(10**9), NUMBERS) == NUMBERS.starting_share


def test_the_slow_fall_goes_by_whole_seconds_of_the_share() -> None:
    """Seven tenths of a second are cut to none, one and four tenths to one: steps of one in 43,200, not a line."""
    fallen = [NUMBERS.cutoff_share - discount(900 + seconds, NUMBERS) for seconds in range(5)]
    assert fallen == [whole * ONE // 43_200 for whole in (0, 0, 1, 2, 2)]
    for seconds in range(0, 43_200, 97):
        line = NUMBERS.cutoff_share * (43_200 - seconds) // 43_200
        assert 0 <= discount(900 + seconds, NUMBERS) - line <= ONE // 43_200 + 1


def test_phases_that_take_no_time_are_over_at_once() -> None:
    at_once = replace(NUMBERS, fast_seconds=0, slow_seconds=0, insolvent_seconds=0)
    assert discount(0, at_once) == 0
    account = Standing(-30 * ONE, -250 * ONE)
    assert [payout(account, seconds, at_once) // ONE for seconds in (-5, 0, 600)] == [250, 250, 250]


def test_a_share_is_one_of_what_is_left_and_the_account_remembers_the_original() -> None:
    half_gone = Standing(100 * ONE, -80 * ONE, left=ONE // 2)
    bid = solvent_bid(half_gone, ONE // 5, 0, NUMBERS)
    assert bid.share == ONE // 5
    assert bid.share_of_original == ONE // 10
    assert bid.left == 4 * ONE // 10


def test_a_bid_for_less_than_there_is_leaves_the_auction_open() -> None:
    assert not solvent_bid(Standing(100 * ONE, -80 * ONE), ONE // 5, 0, NUMBERS).ends


def test_reserved_cash_is_not_for_sale() -> None:
    plain, reserved = (
        solvent_bid(Standing(100 * ONE, -80 * ONE, cash), ONE // 10, 0, NUMBERS) for cash in (0, 40 * ONE)
    )
    assert plain.payment == 95 * ONE // 10
    assert reserved.payment == 57 * ONE // 10


@pytest.mark.parametrize(
    ("standing", "phase"),
    [
        (Standing(10, 0), Phase.NONE),
        (Standing(-10, 0), Phase.NONE),
        (Standing(10, -1), Phase.SOLVENT),
        (Standing(0, -1), Phase.INSOLVENT),
        (Standing(-10, -20), Phase.INSOLVENT),
    ],
)
def test_an_auction_starts_below_maintenance_margin_only(standing: Standing, phase: Phase) -> None:
    assert phase_at_start(standing) is phase


@pytest.mark.parametrize(
    ("standing", "phase", "after"),
    [
        (Standing(100 * ONE, 50 * ONE), Phase.NONE, Phase.NONE),
        (Standing(-5 * ONE, -9 * ONE, left=0), Phase.SOLVENT, Phase.NONE),  # sold whole, before all else
        (Standing(-5 * ONE, -9 * ONE, left=0), Phase.INSOLVENT, Phase.NONE),
        (Standing(5 * ONE, 0), Phase.INSOLVENT, Phase.NONE),
        (Standing(5 * ONE, -ONE), Phase.INSOLVENT, Phase.INSOLVENT),  # it stays so, whatever it is worth again
        (Standing(-ONE, -9 * ONE, reserved=ONE), Phase.SOLVENT, Phase.INSOLVENT),
        (Standing(10 * ONE, -9 * ONE, reserved=10 * ONE), Phase.SOLVENT, Phase.NONE),
        (Standing(100 * ONE, 13 * ONE), Phase.SOLVENT, Phase.SOLVENT),  # maintenance margin is met, the buffer is not
        (Standing(100 * ONE, 14 * ONE), Phase.SOLVENT, Phase.NONE),
    ],
)
def test_how_an_auction_goes_on(standing: Standing, phase: Phase, after: Phase) -> None:
    assert phase_after(standing, phase, NUMBERS) is after


def test_nothing_is_sold_of_an_account_that_meets_its_buffer() -> None:
    assert largest_share(Standing(100 * ONE, 90 * ONE), ONE, NUMBERS) == 0
    assert starting_fee(Standing(100 * ONE, 90 * ONE), NUMBERS) == 0


def test_a_small_account_may_be_sold_whole() -> None:
    tiny = AuctionNumbers(ONE, ONE, 1, 1, 1, 0, 0, market_value_cutoff=20 * ONE)
    assert largest_share(Standing(19 * ONE, -ONE), ONE, tiny) == ONE
    assert largest_share(Standing(20 * ONE, -ONE), ONE, tiny) < ONE


@given(sold())
def test_the_fee_never_takes_more_than_its_rate_of_all(standing: Standing) -> None:
    assert 0 < starting_fee(standing, NUMBERS) + 1 <= WEI.times(standing.market_value, NUMBERS.fee_rate) + 1


def test_an_insolvent_account_starts_no_fee() -> None:
    assert starting_fee(Standing(0, -ONE), NUMBERS) == starting_fee(Standing(-ONE, -ONE), NUMBERS) == 0


@pytest.mark.parametrize("wanted", [0, -1, ONE + 1])
def test_a_bid_for_nothing_or_more_than_all_is_refused(wanted: int) -> None:
    with pytest.raises(InputError, match="share above 0 and up to 1"):
        solvent_bid(Standing(10 * ONE, -ONE), wanted, 0, NUMBERS)
    with pytest.raises(InputError, match="share above 0 and up to 1"):
        insolvent_bid(Standing(-10 * ONE, -ONE), wanted, 0, 0, NUMBERS)


def test_a_bid_is_refused_where_nothing_is_for_sale() -> None:
    with pytest.raises(InputError, match=r"market_value is 1\.0"):
        solvent_bid(Standing(ONE, -ONE, reserved=2 * ONE), ONE, 0, NUMBERS)
    with pytest.raises(InputError, match=r"market_value is 0\.0"):
        solvent_bid(Standing(0, -ONE), ONE, 0, NUMBERS)
    with pytest.raises(InputError, match="elapsed_seconds is 44100"):
        solvent_bid(Standing(ONE, -ONE), ONE, 44_100, NUMBERS)


def test_the_payment_for_an_insolvent_account_rises_from_its_debt_to_what_it_misses() -> None:
    account = Standing(-30 * ONE, -250 * ONE)
    assert [payout(account, at_seconds, NUMBERS) // ONE for at_seconds in (-5, 0, 1_800, 3_600, 9_999)] == [
        30, 30, 140, 250, 250
    ]  # fmt: skip
    assert payout(Standing(20 * ONE, -50 * ONE), 0, NUMBERS) == 0
    assert payout(Standing(20 * ONE, -50 * ONE), 3_600, NUMBERS) == 50 * ONE


def test_the_security_module_pays_before_all_do() -> None:
    bid = insolvent_bid(Standing(-30 * ONE, -250 * ONE, left=ONE // 2), ONE // 2, 3_600, 100 * ONE, NUMBERS)
    assert (bid.paid, bid.from_security_module, bid.socialised) == (125 * ONE, 100 * ONE, 25 * ONE)
    assert (bid.share_of_original, bid.left) == (ONE // 4, ONE // 4)
    rich = insolvent_bid(Standing(-30 * ONE, -250 * ONE), ONE, 0, 100 * ONE, NUMBERS)
    assert (rich.from_security_module, rich.socialised) == (30 * ONE, 0)


def test_withdrawals_stop_where_insolvent_accounts_miss_more_than_the_module_holds() -> None:
    assert not withdrawals_blocked([], 0)
    assert not withdrawals_blocked([-50 * ONE, 10 * ONE], 50 * ONE)
    assert withdrawals_blocked([-50 * ONE, -1], 50 * ONE)
    assert withdrawals_blocked([-50 * ONE], 80 * ONE, share=ONE // 2)


@pytest.mark.parametrize("policy_id", DATED)
def test_every_policy_of_derive_has_the_auction_of_its_date(policy_id: str) -> None:
    numbers = read_auction(at(policy_id))
    assert (numbers.starting_share, numbers.cutoff_share) == (95 * ONE // 100, 70 * ONE // 100)
    assert (numbers.fast_seconds, numbers.slow_seconds, numbers.insolvent_seconds) == (900, 43_200, 3_600)
    later = policy_id.endswith("2026-11-01")
    assert numbers.fee_rate == (ONE // 20 if later else ONE // 10)
    grade = at(policy_id).parameter("auction.fee_rate").grade
    assert grade is (Grade.ASSUMED if later else Grade.DOCUMENTED)


@pytest.mark.parametrize("policy_id", DATED)
def test_every_auction_number_of_a_policy_is_read(policy_id: str) -> None:
    """Each one changed changes what is read: a number that nothing reads would count in the grades for nothing."""
    policy = at(policy_id)
    names = [name for name in policy.parameters if name.startswith("auction.")]
    assert len(names) == len(fields(AuctionNumbers))
    for name in names:
        value = policy.number(name)
        changed = policy.with_numbers({name: value + 1.0 if name.endswith("seconds") else 0.5 * value + 0.25})
        assert read_auction(changed) != read_auction(policy), name


@pytest.mark.parametrize("model", ["derive/pmrm/2026-01-21", "derive/pmrm2/2026-01-21"])
def test_the_worst_scenario_alone_needs_what_all_need_together(model: str) -> None:
    policy, snapshot = at(model), market()
    held = {"BTC-9D-60000-C": -3.0, "BTC-120D-45000-P": -2.0, "BTC_USDC-PERPETUAL": 1.5}
    book = Book.of([Account("desk", tuple(Position(name, size) for name, size in held.items()))])
    [margins] = evaluate(book, snapshot, [policy], check_lots=False)
    count = len(policy.words("market.btc.scenarios.vol"))
    alone = [one_scenario(policy, "BTC", s) for s in range(count)]
    found = np.array([m.maintenance_margin[0] for m in evaluate(book, snapshot, alone, check_lots=False)])
    assert found.max() == pytest.approx(margins.maintenance_margin[0], rel=1e-14)
    assert found.min() < margins.maintenance_margin[0]
    assert int(found.argmax()) == margins.explain().detail.arrays[0].worst_scenario


def test_a_scenario_that_is_not_listed_is_refused() -> None:
    policy = at("derive/pmrm2/2026-01-21")
    for scenario in (-1, 33):
        with pytest.raises(InputError, match="lists 33 scenarios for ETH"):
            one_scenario(policy, "ETH", scenario)
    with pytest.raises(InputError, match="lists 0 scenarios for ETH"):
        one_scenario(at("derive/sm/2026-01-21"), "ETH", 0)
