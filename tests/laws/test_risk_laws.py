"""Laws of risk: totals are the sum of their parts, shares sum to the whole, tails nest, Greeks are slopes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.core.time import NS_PER_DAY
from seawall.portfolio import Account, Book, Position
from seawall.risk.book_quadratic import book_quadratic
from seawall.risk.concentration import herfindahl
from seawall.risk.delta_gamma import QuadraticPnl
from seawall.risk.exposures import GROSS, LEVELS, Exposures, Total, exposures
from seawall.risk.greeks import GREEKS
from seawall.risk.margin_change import CAUSES, FIGURES, Situation, margin_change
from seawall.risk.margin_shares import margin_shares
from seawall.risk.parametric import linear_risk, normal_multipliers
from seawall.risk.position_pnl import position_pnl
from seawall.risk.sample_tail import tail_risk
from seawall.risk.tail_report import tail_report
from seawall.scenarios import Absolute, ScenarioSet, Unchanged
from tests.laws.worlds import INDEX, NAMES, accounts_of, held_names, lot, market, named, policy_of

law = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
POLICIES = ("deribit/x_pm/2026-02-15", "house/greeks/2026-01-01", "okx/pm/2025-01-15")
CROSS = policy_of("deribit/x_pm/2026-02-15")
samples = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=80)
confidences = st.floats(0.02, 0.98)


def books() -> st.SearchStrategy[Book]:
    return st.lists(accounts_of(CROSS, with_orders=False), min_size=1, max_size=3).map(
        lambda accounts: Book.of(named(accounts))
    )


def scenarios(count: int, seed: int) -> ScenarioSet:
    draws = np.random.default_rng(seed).normal(0.0, 0.08, (count, 2))
    made = ScenarioSet.spot_moves([f"s{s}" for s in range(count)], ("BTC", "ETH"), np.maximum(draws, -0.9))
    return replace(made, weights=np.random.default_rng(seed + 1).uniform(0.1, 1.0, count))


def each_total(total: Total) -> list[Total]:
    return [total, *itertools.chain.from_iterable(each_total(part) for part in total.parts)]


@law
@given(books(), st.permutations(LEVELS))
def test_a_total_is_the_sum_of_its_parts_to_the_last_bit_along_any_way_down(book: Book, levels: list[str]) -> None:
    whole = exposures(book, market()).by(*levels[:5])
    for total in each_total(whole):
        for greek in GREEKS if total.parts else ():
            assert total.net[greek] == sum((part.net[greek] for part in total.parts), 0.0)
        for greek in GROSS if total.parts else ():
            assert total.gross[greek] == sum((part.gross[greek] for part in total.parts), 0.0)
            assert abs(total.net[greek]) <= total.gross[greek] * (1.0 + 1e-12) + 1e-9


@law
@given(books(), st.permutations(LEVELS))
def test_the_whole_is_the_same_along_any_way_down(book: Book, levels: list[str]) -> None:
    found = exposures(book, market())
    one, two = found.total, found.by(*levels[:3])
    for greek in GREEKS:
        size = float(np.abs(found.greeks[:, GREEKS.index(greek)]).sum())
        assert one.net[greek] == pytest.approx(two.net[greek], abs=1e-12 * max(size, 1.0))


@law
@given(books())
def test_exposures_of_two_venues_are_the_sum_of_both(book: Book) -> None:
    one = exposures(book, market())
    other = Exposures(tuple(replace(holding, venue="elsewhere") for holding in one.holdings), one.greeks)
    both = (one + other).by("venue")
    assert [part.name for part in both.parts] == (["deribit", "elsewhere"] if one.holdings else [])
    for greek in GREEKS:
        assert both.net[greek] == pytest.approx(2.0 * one.total.net[greek], rel=1e-9, abs=1e-6)


@law
@given(books(), st.sampled_from(["BTC", "ETH"]))
def test_cash_delta_and_gamma_are_the_slopes_of_equity_in_dollars(book: Book, base: str) -> None:
    step = 1e-4
    moves = np.array([[-step], [0.0], [step]])
    columns = {"BTC": (moves, 0.0 * moves), "ETH": (0.0 * moves, moves)}[base]
    made = ScenarioSet.spot_moves(["down", "still", "up"], ("BTC", "ETH"), np.concatenate(columns, axis=1))
    pnl = position_pnl(book, market(), made)
    whole = pnl.pnl.sum(axis=1)
    found, size = exposures(book, market()), float(np.abs(pnl.pnl).sum()) / step + 1.0
    assert (whole[2] - whole[0]) / (2 * step) == pytest.approx(found.of(base, "cash_delta_usd"), abs=1e-5 * size)
    bend = (whole[2] - 2 * whole[1] + whole[0]) / step**2 / 100.0
    assert bend == pytest.approx(found.of(base, "cash_gamma_usd"), rel=1e-3, abs=1e-3 * size)


@law
@given(books())
def test_vega_is_the_slope_of_value_in_volatility(book: Book) -> None:
    step = 1e-5
    still = ScenarioSet.spot_moves(["still"], ("BTC", "ETH"), np.zeros((1, 2)), vol_shock=Unchanged())
    made = ScenarioSet.spot_moves(["up"], ("BTC", "ETH"), np.zeros((1, 2)), vol_shock=Absolute(step)) + still
    pnl = position_pnl(book, market(), made).pnl.sum(axis=1)
    vega = exposures(book, market()).by("kind")
    assert (pnl[0] - pnl[1]) / step == pytest.approx(vega.net["vega_usd"], rel=1e-3, abs=1e-3 * vega.gross["vega_usd"])


@law
@given(samples, confidences, confidences)
def test_var_and_es_rise_with_confidence_and_es_is_never_below_var(pnl: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    lower, higher = tail_risk(pnl, confidence=low), tail_risk(pnl, confidence=high)
    slack = 1e-9 * max(abs(x) for x in pnl)
    assert lower.value_at_risk <= higher.value_at_risk
    assert lower.expected_shortfall <= higher.expected_shortfall + slack
    assert lower.value_at_risk <= lower.expected_shortfall
    assert -max(pnl) <= higher.value_at_risk <= higher.expected_shortfall <= -min(pnl) + slack
    assert higher.value_at_risk_interval[0] <= higher.value_at_risk <= higher.value_at_risk_interval[1]


@law
@given(samples, confidences, st.integers(1, 5))
def test_an_outcome_twice_is_an_outcome_of_twice_the_weight(pnl: list[float], confidence: float, times: int) -> None:
    weights = [1.0 + (i % times) for i in range(len(pnl))]
    repeated = [x for x, w in zip(pnl, weights, strict=True) for _ in range(int(w))]
    one, other = tail_risk(pnl, weights, confidence=confidence), tail_risk(repeated, confidence=confidence)
    assert one.value_at_risk == other.value_at_risk
    assert one.expected_shortfall == pytest.approx(other.expected_shortfall, rel=1e-9, abs=1e-6)


@law
@given(samples, confidences, st.data())
def test_expected_shortfall_of_two_books_is_at_most_the_sum(
    pnl: list[float], confidence: float, data: st.DataObject
) -> None:
    other = data.draw(st.lists(st.floats(-1e6, 1e6), min_size=len(pnl), max_size=len(pnl)))
    both = tail_risk(np.add(pnl, other), confidence=confidence).expected_shortfall
    apart = sum(tail_risk(one, confidence=confidence).expected_shortfall for one in (pnl, other))
    assert both <= apart + 1e-6


@law
@given(books(), st.integers(2, 60), st.integers(0, 10_000), confidences)
def test_components_of_var_and_es_sum_to_the_whole(book: Book, count: int, seed: int, confidence: float) -> None:
    found = tail_report(book, market(), scenarios(count, seed), confidence=confidence)
    for one in found.accounts:
        size = 1.0 + sum(abs(part.expected_shortfall) for part in one.parts)
        for name, whole in (
            ("value_at_risk", one.risk.value_at_risk), ("expected_shortfall", one.risk.expected_shortfall),
        ):  # fmt: skip
            assert sum(getattr(part, name) for part in one.parts) == pytest.approx(whole, abs=1e-9 * size)
            for part in one.parts:
                marginal = getattr(part, f"marginal_{name}")
                assert marginal * part.size == pytest.approx(getattr(part, name), rel=1e-12, abs=1e-12)
        for part in one.parts:  # what a holding adds at the margin is at most what it needs alone, by subadditivity
            assert part.expected_shortfall <= part.alone_expected_shortfall + 1e-9 * size
            assert part.incremental_expected_shortfall <= part.alone_expected_shortfall + 1e-9 * size
        assert sum(weight for _, weight in one.tail) == pytest.approx(1.0 if one.parts or one.tail else 0.0)


def linear_books() -> st.SearchStrategy[Book]:
    perpetuals = [name for name in NAMES if "PERPETUAL" in name]
    sizes = st.dictionaries(st.sampled_from(perpetuals), st.integers(-50, 50).filter(bool), min_size=1)
    coins = st.dictionaries(st.sampled_from(["BTC", "ETH", "USDC"]), st.floats(-5.0, 5.0))
    return st.builds(
        lambda held, owned: Book.of(
            [Account("desk", tuple(Position(name, count * lot(name)) for name, count in held.items()), owned)]
        ),
        sizes,
        coins,
    )


@law
@given(linear_books(), st.floats(-0.95, 0.95), st.floats(0.5, 0.999))
def test_delta_gamma_is_exact_for_a_linear_book(book: Book, rho: float, confidence: float) -> None:
    sd = np.array([0.03, 0.045])
    sigma = np.outer(sd, sd) * np.array([[1.0, rho], [rho, 1.0]])
    form = book_quadratic(book, market(), ["BTC", "ETH"], sigma)
    found = exposures(book, market())
    d = np.array([found.of(base, "cash_delta_usd") for base in ("BTC", "ETH")])
    deviation = math.sqrt(max(float(d @ sigma @ d), 0.0))
    size = 1.0 + float(np.abs(d).sum())
    z, shortfall = normal_multipliers(confidence)
    assert form.value_at_risk(confidence=confidence) == pytest.approx(z * deviation, abs=1e-9 * size)
    assert form.expected_shortfall(confidence=confidence) == pytest.approx(shortfall * deviation, abs=1e-9 * size)
    made = scenarios(7, 3)
    assert position_pnl(book, market(), made).pnl.sum(axis=1) == pytest.approx(made.spot @ d, abs=1e-9 * size)


forms = st.builds(
    lambda slopes, bends, theta: QuadraticPnl(
        theta, np.array(slopes[: min(len(slopes), len(bends))]), np.array(bends[: min(len(slopes), len(bends))])
    ),
    st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=4),
    st.lists(st.floats(-2.0, 2.0).map(lambda x: 0.0 if abs(x) < 1e-3 else x), min_size=1, max_size=4),
    st.floats(-1.0, 1.0),
).filter(lambda form: form.standard_deviation > 1e-2)


@law
@given(forms, st.floats(0.01, 0.995), st.floats(0.01, 0.995))
def test_the_exact_quantile_inverts_the_distribution_and_rises_with_confidence(
    form: QuadraticPnl, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    var, shortfall = form.value_at_risk(confidence=high), form.expected_shortfall(confidence=high)
    assert form.probability(-var) == pytest.approx(1.0 - high, rel=1e-6)
    assert form.value_at_risk(confidence=low) <= var + 1e-9
    assert shortfall >= var - 1e-9
    mirrored = QuadraticPnl(-form.theta, -form.slope, -form.curvature)
    assert mirrored.probability(var) == pytest.approx(high, rel=1e-6)


@law
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), st.integers(0, 1000), st.floats(1.0, 4.0)
)  # fmt: skip
def test_linear_components_sum_to_the_total_and_marginals_are_slopes(x: list[float], seed: int, z: float) -> None:
    root = np.random.default_rng(seed).normal(size=(len(x), len(x))) * 0.05
    sigma = root @ root.T
    found = linear_risk(x, sigma, z)
    size = 1.0 + float(np.abs(x).sum())
    assert found.component.sum() == pytest.approx(
        z * math.sqrt(max(float(x @ sigma @ np.array(x)), 0.0)), abs=1e-9 * size
    )
    assert (found.component <= found.alone + 1e-9 * size).all()
    assert (found.incremental <= found.alone + 1e-9 * size).all()


@settings(law, max_examples=8)
@pytest.mark.parametrize("policy_id", POLICIES)
@given(st.data())
def test_margin_shares_and_the_rest_sum_to_the_margin(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    account = data.draw(accounts_of(policy, names=held_names(policy), with_orders=False))
    found = margin_shares(Book.of([account]), market(), policy)
    total = sum(share.initial for share in found.shares) + found.unallocated_initial
    assert total == pytest.approx(found.initial, rel=1e-12, abs=1e-9)
    total = sum(share.maintenance for share in found.shares) + found.unallocated_maintenance
    assert total == pytest.approx(found.maintenance, rel=1e-12, abs=1e-9)


@settings(law, max_examples=10)
@given(st.data(), st.booleans(), st.permutations(CAUSES))
def test_parts_of_a_margin_change_sum_to_the_change(data: st.DataObject, average: bool, order: list[str]) -> None:
    names = tuple(name for name in held_names(CROSS) if "-9D" not in name)
    one, two = (data.draw(accounts_of(CROSS, names=names, with_orders=False)) for _ in range(2))
    now = market()
    later = replace(
        now,
        time_ns=now.time_ns + 2 * NS_PER_DAY,
        index={"BTC": 57_000.0, "ETH": 2_450.0, "USDC": 1.0},
        vol=now.vol * 1.1,
    )
    tighter = CROSS.with_numbers({"currency_pair.btc_usd.price_range": 0.2})
    found = margin_change(
        Situation(Book.of([one]), now, CROSS), Situation(Book.of([two]), later, tighter), order=order, average=average
    )
    assert not found.unavailable
    for name in FIGURES:
        parts = sum(getattr(part, name) for part in found.parts)
        size = 1.0 + abs(found.before[name]) + abs(found.after[name])
        assert found.before[name] + parts == pytest.approx(found.after[name], abs=1e-9 * size)


@law
@given(st.lists(st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=30))
def test_the_herfindahl_index_lies_between_one_over_n_and_one(amounts: list[float]) -> None:
    assert 1.0 / len(amounts) - 1e-12 <= herfindahl(amounts) <= 1.0 + 1e-12


def test_the_world_has_what_the_laws_need() -> None:
    assert {"BTC", "ETH"} <= set(INDEX)
