"""Distances to liquidation, on the small market of the laws and on the bundled one."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.errors import InputError, UnavailableError
from seawall.core.time import NS_PER_DAY, NS_PER_YEAR
from seawall.margining import evaluate
from seawall.margining.models.hyperliquid.liquidation import liquidation_price
from seawall.margining.models.hyperliquid.tiers import Tiers
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76
from seawall.revaluation import revalue
from seawall.risk.crossing import first_crossing, root_between
from seawall.risk.direction import Direction, along, in_time, in_vol, jointly
from seawall.risk.distance import distances, sigmas
from seawall.risk.liquidation_price import (
    inverse_liquidation_price,
    linear_liquidation_price,
    liquidation_prices,
)
from seawall.risk.moved_book import moved
from seawall.risk.shift import Move, shifted
from seawall.risk.slippage import Depth, closing_cost
from seawall.risk.standing import Probe
from seawall.scenarios import Relative, ScenarioSet
from tests.laws.worlds import INDEX, NAMES, market, policy_of

CROSS = "deribit/x_pm/2026-02-15"
BUTTERFLY = (
    Position("BTC-9D-45000-P", 30.0), Position("BTC-9D-60000-P", -10.0), Position("BTC-9D-60000-C", -10.0),
    Position("BTC-9D-90000-C", 35.0),
)  # fmt: skip
"""Short around the money, long further out: called in between, and safe again beyond."""


def book_of(*positions: Position, **balances: float) -> Book:
    return Book.of([Account("desk", positions, balances)])


def scanned(book: Book, policy_id: str, way: Direction, count: int) -> float:
    """Return the first of many evenly spaced travels at which the venue acts; infinite where none is."""
    probe = Probe(book, market(), policy_of(policy_id), check_lots=False)
    travels = np.linspace(0.0, way.reach, count)
    short = probe.at([way.move(t) for t in travels.tolist()]).short
    acts = np.flatnonzero((short >= 0.0).any(axis=1))
    return float(travels[acts[0]]) if len(acts) else np.inf


def test_a_moved_market_is_worth_what_the_tensor_says_it_gains() -> None:
    now = market()
    shock = Relative(0.25)
    scenario = ScenarioSet.spot_moves(["move"], ("BTC", "ETH"), [[-0.12, 0.07]], vol_shock=shock)
    later = shifted(now, {"BTC": -0.12, "ETH": 0.07}, {"BTC": shock, "ETH": shock})
    gains = revalue(now, scenario).pnl[0]
    options = ~np.isnan(now.table.strike)
    np.testing.assert_allclose((later.mark - now.mark)[options], gains[options], rtol=1e-9, atol=1e-12)
    linear = ~options & ~now.table.inverse
    np.testing.assert_allclose((later.mark - now.mark)[linear], gains[linear], rtol=1e-12)
    inverse = ~options & now.table.inverse
    np.testing.assert_allclose((1.0 / now.mark - 1.0 / later.mark)[inverse], gains[inverse], rtol=1e-9)
    assert later.index == {"BTC": pytest.approx(52_800.0), "ETH": pytest.approx(2_675.0), "USDC": 1.0}


def test_a_moved_market_is_a_market_of_black_prices_at_its_own_forwards_and_volatilities() -> None:
    later = shifted(market(), {"BTC": 0.2}, {"BTC": Relative(-0.3)}, elapsed_years=5 / 365)
    table = later.table
    rows = np.flatnonzero(~np.isnan(table.strike))
    price = black76.price(
        later.forward[rows], table.strike[rows], later.years[rows], later.vol[rows], is_call=table.is_call[rows]
    )
    fair = np.where(table.inverse[rows], price / later.forward[rows], price)
    np.testing.assert_allclose(later.mark[rows], fair, rtol=1e-9, atol=1e-14)


def test_a_leg_past_its_expiry_is_cash_at_the_moved_index_and_covers_nothing() -> None:
    book = book_of(
        Position("BTC-9D-60000-C", -2.0), Position("BTC_USDC-30D-60000-C", 3.0), Position("BTC-9D", 10_000.0, 50_000.0),
        Position("BTC-120D-60000-C", 1.0), BTC=1.0,
    )  # fmt: skip
    after, later = moved(book, market(), Move({"BTC": 0.5}, elapsed_ns=40 * NS_PER_DAY))
    assert [later.table.names[later.table.position(p.instrument)] for p in after.account("desk").positions] == [
        "BTC-120D-60000-C"
    ]
    coins = 1.0 - 2.0 * (1.0 - 60_000.0 / 90_000.0) + 10_000.0 * (1.0 / 50_000.0 - 1.0 / 90_000.0)
    assert after.account("desk").balances == {"BTC": pytest.approx(coins), "USDC": pytest.approx(3.0 * 30_000.0)}


@pytest.mark.parametrize("base_days", [0, 2])
def test_a_leg_that_expires_on_the_way_is_settled_at_the_price_that_the_ray_has_there(base_days: int) -> None:
    """A put and an inverse future of nine days; what they pay stays, however far the price falls after that."""
    book = book_of(Position("BTC-9D-45000-P", -10.0), Position("BTC-9D", 60_000.0, 60_000.0), USDC=1e6)
    base = -0.02 if base_days else 0.0
    for fall, out_of_the_money in ((0.02, True), (0.1, False)):  # a day
        way = Direction("down", {"BTC": -fall}, elapsed_ns=NS_PER_DAY, reach=40.0, base_ns=base_days * NS_PER_DAY,
                        base_spot={"BTC": base})  # fmt: skip
        there = INDEX["BTC"] * np.exp(base - fall * (9 - base_days))
        assert bool(there > 45_000.0) == out_of_the_money
        future = 60_000.0 * (1.0 / 60_000.0 - 1.0 / there)
        for travel in (9.0 - base_days, 12.0, 40.0):
            after, later = moved(book, market(), way.move(travel))
            assert later.index["BTC"] == pytest.approx(INDEX["BTC"] * np.exp(base - fall * travel))
            balances = dict(zip(after.assets, after.balances[0].tolist(), strict=True))
            assert len(after.positions) == 0 and balances["USDC"] == 1e6
            put = 0.0 if out_of_the_money else 10.0 * (45_000.0 / there - 1.0)
            assert balances["BTC"] == pytest.approx(future - put, rel=1e-9)


def test_time_and_price_together_do_not_call_an_account_for_a_put_that_has_expired() -> None:
    book = book_of(Position("BTC-9D-45000-P", -10.0), USDC=120_000.0)
    ways = [Direction("slowly", {"BTC": -0.02}, elapsed_ns=NS_PER_DAY, reach=60.0), along("BTC", up=False)]
    found = distances(book, market(), policy_of(CROSS), directions=ways)
    assert [one.kind for one in found] == ["none", "crossing"]
    assert found.found[1].prices["BTC"] > INDEX["BTC"] * np.exp(-0.02 * 60.0)  # a price that the slow way passes later


def test_a_future_without_an_entry_price_loses_what_the_market_moves_by() -> None:
    policy = policy_of("hyperliquid/cross/2026-08-01")
    book = book_of(Position("BTC_USDC-PERPETUAL", 1.0), USDC=10_000.0)
    after, later = moved(book, market(), Move({"BTC": -0.1}))
    [before], [there] = evaluate(book, market(), [policy]), evaluate(after, later, [policy])
    lost = before.requirement.margin_balance[0] - there.requirement.margin_balance[0]
    assert lost == pytest.approx(0.1 * market().mark[NAMES.index("BTC_USDC-PERPETUAL")], rel=1e-12)


@pytest.mark.parametrize("move", [{"BTC": -1.0}, {"BTC": np.nan}, {"DOGE": 0.1}])
def test_a_move_that_can_not_be_is_refused(move: dict[str, float]) -> None:
    with pytest.raises(InputError):
        shifted(market(), move)


TIERS = Tiers((0.0, 150e6), (40.0, 20.0))


@pytest.mark.parametrize("size", [1.0, -1.0, 7.5])
def test_the_distance_of_one_perpetual_is_the_venues_own_formula(size: float) -> None:
    mark = float(market().mark[NAMES.index("BTC_USDC-PERPETUAL")])
    cash = 0.1 * abs(size) * mark
    policy = policy_of("hyperliquid/cross/2026-08-01")
    [one] = liquidation_prices(book_of(Position("BTC_USDC-PERPETUAL", size), USDC=cash), market(), policy)
    available = cash - abs(size) * mark / 40.0 / 2.0
    expected = liquidation_price(size, mark, available, TIERS)
    assert expected is not None
    found = one.below if size > 0.0 else one.above
    assert found == pytest.approx(expected * INDEX["BTC"] / mark, rel=1e-9)
    assert (one.above if size > 0.0 else one.below) == (np.inf if size > 0.0 else 0.0)


def test_a_liquidation_price_counts_the_maintenance_of_every_other_position() -> None:
    policy = policy_of("hyperliquid/cross/2026-08-01")
    btc, eth = (float(market().mark[NAMES.index(f"{base}_USDC-PERPETUAL")]) for base in ("BTC", "ETH"))
    book = book_of(Position("BTC_USDC-PERPETUAL", 1.0), Position("ETH_USDC-PERPETUAL", -20.0), USDC=12_000.0)
    found = {one.underlying: one for one in liquidation_prices(book, market(), policy)}
    [margins] = evaluate(book, market(), [policy])
    available = 12_000.0 - float(margins.maintenance_margin[0])
    expected = liquidation_price(1.0, btc, available, TIERS)
    assert expected is not None
    assert found["BTC"].below == pytest.approx(expected * INDEX["BTC"] / btc, rel=1e-9)
    alone = liquidation_price(1.0, btc, 12_000.0 - btc / 80.0, TIERS)
    assert alone is not None
    assert alone < expected  # what an order form would show if it forgot the other position
    assert found["ETH"].above > INDEX["ETH"] > 0.0 == found["ETH"].below
    assert eth > 0.0


def test_binance_liquidates_at_its_own_ratio() -> None:
    policy = policy_of("binance/pm/2025-12-26")
    book = book_of(Position("BTC_USDC-PERPETUAL", 2.0), USDC=20_000.0)
    found = distances(book, market(), policy).of("desk", "BTC down")
    assert found.liquidation_ratio == pytest.approx(1.0 / 1.05)
    assert found.ratio == pytest.approx(1.0, rel=1e-6)
    after, later = moved(book, market(), Move(found.moves))
    [there] = evaluate(after, later, [policy])
    assert there.requirement.native["uniMMR"][0] == pytest.approx(1.05, rel=1e-6)


def test_okx_counts_the_fee_of_a_liquidation() -> None:
    policy = policy_of("okx/pm/2025-12-04")
    book = book_of(Position("BTC_USDC-PERPETUAL", 4.0), USDC=-100_000.0, BTC=3.0)
    found = distances(book, market(), policy).of("desk", "BTC down")
    after, later = moved(book, market(), Move(found.moves))
    [there] = evaluate(after, later, [policy])
    assert there.requirement.native["mgnRatio"][0] == pytest.approx(1.0, rel=1e-6)
    assert there.maintenance_margin[0] < there.requirement.margin_balance[0]


@pytest.mark.parametrize("cash", [100_000.0, 150_000.0, 200_000.0])
def test_the_nearest_of_several_crossings_is_found_though_both_ends_are_safe(cash: float) -> None:
    way = along("BTC", up=True, reach=1.0)
    book = book_of(*BUTTERFLY, USDC=cash)
    found = distances(book, market(), policy_of(CROSS), directions=[way]).of("desk", "BTC up")
    probe = Probe(book, market(), policy_of(CROSS))
    assert (probe.at([way.move(0.0), way.move(way.reach)]).short < 0.0).all()
    assert found.kind == "crossing"
    assert found.ratio == pytest.approx(1.0, rel=1e-6)
    step = way.reach / 400
    assert 0.0 <= scanned(book, CROSS, way, 401) - found.travel <= step


def test_a_stretch_far_narrower_than_the_nodes_is_found_too() -> None:
    way = along("BTC", up=True, reach=1.0)
    low, high = 200_000.0, 300_000.0  # called in a wide stretch with the one, never with the other
    for _ in range(13):
        middle = 0.5 * (low + high)
        found = distances(book_of(*BUTTERFLY, USDC=middle), market(), policy_of(CROSS), directions=[way])
        low, high = (middle, high) if found.of("desk", "BTC up").kind == "crossing" else (low, middle)
    book = book_of(*BUTTERFLY, USDC=low)
    found_at = distances(book, market(), policy_of(CROSS), directions=[way]).of("desk", "BTC up")
    probe = Probe(book, market(), policy_of(CROSS))
    ahead = np.linspace(found_at.travel, found_at.travel + 0.02, 100)
    short = probe.at([way.move(t) for t in ahead.tolist()]).short[:, 0]
    width = float((ahead[1] - ahead[0]) * (short[1:] >= 0.0).sum())
    assert found_at.kind == "crossing"
    assert width < 0.006  # nodes lie 0.01 apart and more
    assert high - low < 20.0


@pytest.mark.parametrize("seed", range(12))
def test_no_nearer_crossing_of_a_line_of_humps_is_missed(seed: int) -> None:
    """Sums of narrow humps and of slopes, as margins of many strikes are; checked at twenty thousand points."""
    random = np.random.Generator(np.random.Philox(key=seed))
    centres, heights = random.uniform(0.2, 3.0, 9), random.uniform(0.2, 1.05, 9)
    widths = random.uniform(0.03, 0.4, 9)

    def number(x: float) -> float:
        humps = np.maximum(heights * (1.0 - np.abs(x - centres) / widths), 0.0)
        return float(humps.sum() - 1.0 + 0.05 * np.sin(5.0 * x))

    nodes = np.unique(np.concatenate([np.arange(0.0, 3.0, 0.03), [3.0]]))
    found = first_crossing(number, nodes, negligible=lambda x, y: abs(y) < 1e-12)
    fine = np.linspace(0.0, 3.0, 20_001)
    above = [x for x in fine.tolist() if number(x) >= 0.0]
    if not above:
        assert found.kind == "none"
    else:
        assert found.kind == "crossing"
        assert above[0] - 1.5e-4 <= found.at <= above[0]
        assert abs(number(found.at)) < 1e-12


def test_a_leap_is_told_from_a_crossing() -> None:
    found = first_crossing(lambda x: -1.0 if x < 0.7 else 2.0, [0.0, 0.5, 1.0], negligible=lambda x, y: abs(y) < 1e-9)
    assert (found.kind, found.at) == ("jump", pytest.approx(0.7, abs=1e-12))
    assert found.before < 0.7


def test_a_number_that_goes_missing_on_the_way_is_said_and_not_skipped() -> None:
    found = first_crossing(
        lambda x: np.nan if 0.4 < x < 0.6 else x - 0.9, [0.0, 0.5, 1.0], negligible=lambda x, y: abs(y) < 1e-9
    )
    assert found.kind == "unavailable"
    turned = root_between(lambda x: 1.0 - x, 0.0, 3.0, negligible=lambda x, y: abs(y) < 1e-12)
    assert (turned.kind, turned.at) == ("crossing", 1.0)


def test_time_finds_the_day_on_which_a_cover_expires() -> None:
    """A long put of nine days covers a short one of 120; afterwards the short one stands alone."""
    book = book_of(Position("BTC-9D-60000-P", 10.0), Position("BTC-120D-60000-P", -10.0), USDC=115_000.0)
    found = distances(book, market(), policy_of(CROSS), directions=[in_time(market())]).of("desk", "time")
    assert (found.kind, found.move) == ("jump", 9.0)
    assert found.ratio_before < 1.0 < found.ratio
    later = distances(book, market(), policy_of(CROSS), directions=[in_time(market(), days=8.5)])
    assert later.of("desk", "time").kind == "none"


def test_an_account_that_is_already_there_has_no_distance_left() -> None:
    book = book_of(Position("BTC_USDC-PERPETUAL", 10.0), USDC=1_000.0)
    for one in distances(book, market(), policy_of("hyperliquid/cross/2026-08-01")):
        assert (one.kind, one.move) == ("already", 0.0)
        assert one.ratio_now > 1.0


def test_what_has_no_margin_has_no_distance_and_says_why() -> None:
    book = Book.of([
        Account("lists", (Position("BTC_USDC-PERPETUAL", 1.0),), {"USDC": 10_000.0}),
        Account("refused", (Position("BTC-9D-60000-C", -1.0),), {"USDC": 10_000.0}),
    ])  # fmt: skip
    found = distances(book, market(), policy_of("hyperliquid/cross/2026-08-01"), directions=[along("BTC", up=False)])
    one, two = found.of("lists", "BTC down"), found.of("refused", "BTC down")
    assert one.kind == "crossing"
    assert two.kind == "unavailable"
    assert np.isnan(two.move)
    assert "BTC-9D-60000-C" in two.why


def test_joint_directions_volatility_and_their_words() -> None:
    book = book_of(*BUTTERFLY, Position("ETH-PERPETUAL", 100_000.0), USDC=150_000.0)
    ways = [
        jointly({"BTC": -1.0, "ETH": -1.5}, label="crash"), in_vol(["BTC"], up=True),
        Direction("crash with panic", {"BTC": -1.0}, {"BTC": 2.0}, reach=1.0),
    ]  # fmt: skip
    found = distances(book, market(), policy_of(CROSS), directions=ways)
    crash, panic = found.of("desk", "crash"), found.of("desk", "vol up")
    assert crash.kind == "crossing"
    assert np.log1p(crash.moves["ETH"]) == pytest.approx(1.5 * np.log1p(crash.moves["BTC"]))
    assert panic.move > 0.0
    assert {row["kind"] for row in found.rows()} <= {"crossing", "none"}
    assert {type(cell) for row in found.rows() for cell in row.values()} <= {str, float, int}


def test_a_direction_that_goes_nowhere_is_refused() -> None:
    for made in (lambda: Direction("still"), lambda: along("BTC", up=False, reach=0.5), lambda: jointly({})):
        with pytest.raises(InputError):
            made()


def test_accounts_margined_together_are_where_they_are_alone() -> None:
    held = [
        Account(f"desk-{i}", (Position("BTC-9D-60000-C", -float(i)), Position("ETH-PERPETUAL", 1_000.0 * i)),
                {"USDC": 60_000.0})
        for i in (1, 4)
    ]  # fmt: skip
    policy, ways = policy_of("binance/pm/2025-12-26"), [along("ETH", up=False), in_vol(["BTC"], up=True)]
    together = distances(Book.of(held), market(), policy, directions=ways)
    for account in held:
        for one in distances(Book.of([account]), market(), policy, directions=ways):
            other = together.of(account.id, one.direction)
            assert (other.kind, other.move) == (one.kind, pytest.approx(one.move, rel=1e-9))


def test_slippage_brings_the_end_nearer_and_less_depth_nearer_still() -> None:
    book = book_of(Position("BTC_USDC-PERPETUAL", 100.0), USDC=600_000.0)
    policy, way = policy_of("hyperliquid/cross/2026-08-01"), [along("BTC", up=False)]
    depth = {"BTC": Depth((0.001, 0.01, 0.05), (2e6, 10e6, 30e6), half_spread=0.0001)}
    plain = distances(book, market(), policy, directions=way).of("desk", "BTC down").move
    deep, thin = (
        distances(book, market(), policy, directions=way, cost=closing_cost(depth, share=share)).of("desk", "BTC down")
        for share in (1.0, 0.25)
    )
    assert plain < deep.move < thin.move < 0.0
    assert deep.ratio == pytest.approx(1.0, rel=1e-6)
    with pytest.raises(UnavailableError, match="no depth"):
        distances(book, market(), policy, directions=way, cost=closing_cost({}))


def test_walking_a_book_costs_the_area_over_it() -> None:
    depth = Depth((0.001, 0.003), (1e6, 2e6), half_spread=0.0005)
    half = 0.5e6 * (0.0005 + 0.25 * 0.0005)
    assert depth.cost_usd([0.5e6, -0.5e6]).tolist() == pytest.approx([half, half])
    assert float(depth.cost_usd([3e6])[0]) == pytest.approx(1e6 * 0.00075 + 2e6 * (0.001 + 0.5 * 0.002 * 2.0))
    assert float(depth.cost_usd([0.5e6], share=0.5)[0]) == pytest.approx(0.5e6 * 0.00075)


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("leverage", [2.0, 10.0, 100.0])
def test_the_closed_forms_meet_their_own_definition(side: str, leverage: float) -> None:
    entry, rate, s = 50_000.0, 0.005, 1.0 if side == "long" else -1.0
    linear = linear_liquidation_price(entry, side=side, leverage=leverage, maintenance_rate=rate)  # type: ignore[arg-type]
    assert entry / leverage + s * (linear - entry) == pytest.approx(rate * linear, rel=1e-9)
    inverse = inverse_liquidation_price(entry, side=side, leverage=leverage, maintenance_rate=rate)  # type: ignore[arg-type]
    assert 1.0 / entry / leverage + s * (1.0 / entry - 1.0 / inverse) == pytest.approx(rate / inverse, rel=1e-9)


def test_an_inverse_short_with_a_whole_coin_behind_it_is_never_liquidated() -> None:
    assert inverse_liquidation_price(50_000.0, side="short", leverage=1.0, maintenance_rate=0.005) == np.inf
    with pytest.raises(InputError):
        linear_liquidation_price(50_000.0, side="flat", leverage=1.0, maintenance_rate=0.005)  # type: ignore[arg-type]


def test_sigmas_are_the_logarithm_over_volatility_and_time() -> None:
    book = book_of(Position("BTC_USDC-PERPETUAL", 1.0), USDC=10_000.0)
    [one] = distances(book, market(), policy_of("hyperliquid/cross/2026-08-01"), directions=[along("BTC", up=False)])
    assert sigmas(one, 0.5, 365.0) == pytest.approx(np.log1p(one.move) / 0.5)
    assert NS_PER_YEAR == 365 * NS_PER_DAY
