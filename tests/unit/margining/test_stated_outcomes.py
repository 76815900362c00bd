"""Outcomes that a tail policy states: measured as risk measures them, kept whole, or refused by name."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError, UnavailableError
from seawall.core.evidence import Grade
from seawall.margining import Margins, evaluate
from seawall.margining.blocks.tail_measure import expected_shortfall, value_at_risk
from seawall.margining.models.house_tail import with_outcomes
from seawall.margining.models.house_tail.numbers import blocks_of, outcomes
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.risk.sample_tail import tail_risk
from seawall.risk.tail_report import tail_report
from seawall.scenarios import ScenarioSet
from seawall.scenarios.basis import Basis
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.vol_decay import MeanReverting
from seawall.scenarios.vol_shock import Absolute, Relative, VolShock
from tests.laws.worlds import market

POLICY = at("house/tail/2026-01-01")
PLAIN = POLICY.with_numbers({
    "procyclicality.stress_weight": 0.0, "procyclicality.long_run_floor": False, "general.stress_share": 0.0,
    "general.impact_coefficient": 0.0, "general.multiplier": 1.0, "market.btc.closing_rate": 0.0,
    "market.eth.closing_rate": 0.0,
})  # fmt: skip
WHEN = "2026-10-01"
BOOK = Book.of([
    Account("short", (Position("BTC-120D-60000-C", -10.0), Position("ETH-120D-2000-P", -50.0)), {"USDC": 1e6}),
    Account("coin", (Position("BTC-PERPETUAL", -60_000.0), Position("ETH-9D", 5_000.0)), {"BTC": 2.0, "ETH": -3.0}),
])  # fmt: skip


def draws(
    names: tuple[str, ...] = ("BTC", "ETH", "BTC vol", "ETH vol"), count: int = 400, *, weights: bool = False,
    days: float = 1.0, shock: type[VolShock] = Relative,
) -> ScenarioSet:  # fmt: skip
    changes = np.random.default_rng(11).standard_t(4, (count, len(names))) * 0.03
    made = scenario_set_of(
        names, changes, labels=[f"day {s}" for s in range(count)], elapsed_years=days / 365.0, vol_shock=shock
    )
    return replace(made, weights=0.99 ** np.arange(count)) if weights else made


def stated(made: ScenarioSet, policy: MarginPolicy = PLAIN, **given: str) -> MarginPolicy:
    return with_outcomes(policy, made, source="made for tests", effective=WHEN, **given)


def margins_of(policy: MarginPolicy, book: Book = BOOK) -> Margins:
    [found] = evaluate(book, market(), [policy], check_lots=False)
    return found


def fading(change: float) -> VolShock:
    return MeanReverting(change, 4.0, 1.5)


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("shock", [Relative, fading])
@pytest.mark.parametrize("confidence", [0.9, 0.975, 0.99])
def test_margin_of_multiplier_one_is_the_risk_of_the_same_scenarios(
    weights: bool, shock: type[VolShock], confidence: float
) -> None:
    made = draws(weights=weights, shock=shock)
    risk = tail_report(BOOK, market(), made, confidence=confidence, check_lots=False, by_holding=False)
    for measure in ("value_at_risk", "expected_shortfall"):
        policy = stated(made, PLAIN.with_numbers({"general.measure": measure, "general.confidence": confidence}))
        for row in margins_of(policy):
            expected = getattr(risk[row.account].risk, measure)
            assert expected > 0.0
            assert row.maintenance_margin == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("seed", range(20))
def test_weighted_measures_are_those_of_a_weighted_sample(seed: int) -> None:
    source = np.random.default_rng(seed)
    pnl, weights = source.integers(-9, 4, (5, 60)).astype(np.float64), source.integers(0, 4, 60).astype(np.float64)
    for confidence in (0.6, 0.9, 0.99):
        var = value_at_risk(pnl, weights, confidence=confidence)
        shortfall, error = expected_shortfall(pnl, weights, confidence=confidence)
        for a in range(5):
            found = tail_risk(np.minimum(pnl[a], 0.0), weights, confidence=confidence)
            assert var[a] == found.value_at_risk
            assert shortfall[a] == pytest.approx(found.expected_shortfall, rel=1e-13)
        assert (error >= 0.0).all()


def test_equal_weights_measure_as_no_weights_do() -> None:
    pnl = np.random.default_rng(2).normal(size=(3, 250))
    for confidence in (0.5, 0.99, 0.995):
        plain, weighted = (expected_shortfall(pnl, w, confidence=confidence) for w in (None, np.full(250, 3.0)))
        assert weighted[0] == pytest.approx(plain[0], rel=1e-12)
        assert weighted[1] == pytest.approx(plain[1], rel=1e-9)
        found = value_at_risk(pnl, np.full(250, 3.0), confidence=confidence)
        assert found.tolist() == value_at_risk(pnl, confidence=confidence).tolist()


def test_an_outcome_of_weight_two_is_that_outcome_twice_and_nan_stays() -> None:
    pnl = np.array([[-5.0, -3.0, -1.0, 2.0], [-5.0, np.nan, 0.0, 0.0]])
    twice = np.repeat(pnl, [1, 2, 1, 1], axis=1)
    weights = np.array([1.0, 2.0, 1.0, 1.0])
    for confidence in (0.5, 0.7, 0.9):
        one = expected_shortfall(pnl, weights, confidence=confidence)[0]
        assert one[0] == pytest.approx(expected_shortfall(twice, confidence=confidence)[0][0], rel=1e-12)
        assert np.isnan(one[1]) and np.isnan(value_at_risk(pnl, weights, confidence=confidence)[1])


def test_the_policy_gives_back_what_it_was_given() -> None:
    made = draws()
    found = outcomes(stated(made)).take(np.arange(len(made)))
    assert found.underlyings == made.underlyings
    assert found.spot.tolist() == made.spot.tolist()
    assert [key[:3] for key in found.keys] == [key[:3] for key in made.keys]


def test_each_sort_is_stated_by_itself_and_the_rest_is_drawn_as_before() -> None:
    policy = stated(draws(), POLICY, sort="stressed")
    before, after = outcomes(POLICY), outcomes(policy)
    then, now = blocks_of(POLICY), blocks_of(policy)
    assert now.counts == (1000, 400, 1000) and then.counts == (1000, 1000, 1000)
    for sort in ("annual_vol", "long_run_annual_vol"):
        assert after.spot[now.rows(sort)].tolist() == before.spot[then.rows(sort)].tolist()
    assert after.spot[now.rows("stressed_annual_vol")].tolist() == draws().spot.tolist()
    assert after.spot[now.stress].tolist() == before.spot[then.stress].tolist()


def test_stressed_outcomes_that_are_worse_raise_the_margin_by_their_weight() -> None:
    policy = PLAIN.with_numbers({"procyclicality.stress_weight": 0.25})
    wild = draws()
    wild = replace(wild, spot=np.expm1(3.0 * np.log1p(wild.spot)))
    base = stated(draws(), policy)
    both = stated(wild, base, sort="stressed")
    calm, rough = (margins_of(stated(made)).maintenance["tail"] for made in (draws(), wild))
    found = margins_of(both).maintenance
    assert found["tail"] == pytest.approx(calm, rel=1e-12)
    assert found["procyclicality"] == pytest.approx(0.25 * (rough - calm), rel=1e-9)


def test_digest_id_and_evidence_tell_of_the_outcomes() -> None:
    one, other = stated(draws()), stated(draws(count=401))
    assert one.id == "house/tail/2026-01-01 on stated current outcomes +7 changes"
    assert len({PLAIN.digest, one.digest, other.digest}) == 3
    nudged = one.with_numbers(
        {"outcomes.btc.current_price_moves": (*one.numbers("outcomes.btc.current_price_moves")[:-1], 0.0)}
    )
    assert nudged.digest != one.digest
    items = {item.subject: item for item in margins_of(one).explain("short").evidence}
    moves = items["outcomes.btc.current_price_moves"]
    assert moves.source == "made for tests" and moves.grade is Grade.ASSUMED and "2026-10-01" in moves.note
    assert "rules.stated_outcomes" in items
    assert not {"rules.outcomes", "general.seed_count", "general.correlation", "market.btc.vol_of_vol"} & set(items)
    both = {item.subject for item in margins_of(stated(draws(), POLICY)).explain("short").evidence}
    assert {"rules.stated_outcomes", "rules.outcomes", "general.seed_count"} <= both  # the stressed ones are drawn


def test_a_policy_on_new_outcomes_keeps_nothing_of_the_old_ones() -> None:
    first = stated(draws(weights=True, shock=fading))
    assert first.has("outcomes.current_weights") and first.has("outcomes.btc.current_vol_speed")
    again = stated(draws(("BTC", "BTC vol"), 50), first)
    assert again.id == first.id
    kept = {path for path in again.parameters if "current" in path}
    assert kept == {
        "outcomes.btc.current_price_moves", "outcomes.btc.current_vol_moves", "outcomes.current_horizon_days",
    }  # fmt: skip


def test_a_coin_that_no_outcome_moves_is_refused_by_name_held_or_owned() -> None:
    policy = stated(draws(("BTC", "BTC vol")))
    book = Book.of([
        Account("held", (Position("ETH-PERPETUAL", 10.0),)), Account("owned", (), {"ETH": 1.0}),
        Account("fine", (Position("BTC-PERPETUAL", 10.0),), {"USDC": 10.0}),
    ])  # fmt: skip
    margins = margins_of(policy, book)
    for name in ("held", "owned"):
        [row] = margins[name]
        assert "has no outcomes for ETH" in row.unavailable and np.isnan(row.maintenance_margin)
    assert not margins["fine"][0].unavailable


def test_a_stand_in_takes_the_moves_of_the_other_coin() -> None:
    policy = stated(draws(("BTC", "BTC vol"))).with_stand_ins({"SOL": "BTC"})
    assert policy.numbers("outcomes.sol.current_price_moves") == policy.numbers("outcomes.btc.current_price_moves")


@pytest.mark.parametrize(("change", "told"), [
    ({"vol_shocks": (Absolute(0.1),), "vol_index": np.zeros((3, 1), np.int64)}, "vol_shock is 'Absolute(points=0.1"),
    ({"vol_shocks": (Relative(0.1, floor=0.5),), "vol_index": np.zeros((3, 1), np.int64)}, "floor=0.5"),
    ({"vol_shocks": (fading(0.1), Relative(0.2)), "vol_index": np.array([[0], [1], [0]])}, "'2 ways to fade'"),
    ({"asset_moves": {"USDC": np.array([0.0, -0.1, 0.0])}}, "'USDC as an asset'"),
    ({"basis": Basis.of((3, 1), perpetual=[[0.0], [0.1], [0.0]])}, "'BTC perpetual'"),
    ({"basis": Basis.of((3, 1), funding=0.01)}, "'BTC funding'"),
    ({"elapsed_years": np.full(3, 2.0 / 365.0)}, "elapsed_days is 2.0; days that pass are the policy's horizon"),
    ({"weights": np.array([1.0, -1.0, 1.0])}, "weights is -1.0"),
    ({"weights": np.zeros(3)}, "not all zero"),
    ({"underlyings": ("DOGE",)}, "outcomes is 'DOGE'; house/tail/2026-01-01"),
    ({"spot": np.array([[1e7], [0.0], [0.0]])}, "outcomes.btc.current_price_moves is 10000000.0"),
])  # fmt: skip
def test_what_a_policy_cannot_hold_is_refused_by_name(change: dict[str, object], told: str) -> None:
    base = ScenarioSet.spot_moves(["a", "b", "c"], ("BTC",), [[-0.1], [0.0], [0.1]])
    made = replace(replace(base, elapsed_years=np.full(3, 1.0 / 365.0)), **change)
    with pytest.raises(InputError, match=re.escape(told)):
        stated(made)


def test_every_problem_of_a_set_is_told_at_once_and_each_once() -> None:
    made = draws(("BTC", "DOGE", "BTC vol"), 300, days=3.0, shock=Absolute)
    with pytest.raises(InputError) as refused:
        stated(made)
    assert sorted(one.field for one in refused.value.problems) == ["elapsed_days", "outcomes", "vol_shock"]


def test_other_models_sorts_and_nameless_sources_are_refused() -> None:
    with pytest.raises(InputError, match="model house_tail"):
        stated(draws(), at("deribit/x_pm/2026-02-15"))
    with pytest.raises(InputError, match="current, stressed, long_run"):
        stated(draws(), sort="calm")
    with pytest.raises(InputError, match="say where they come from"):
        with_outcomes(POLICY, draws(), source=" ", effective=WHEN)
    with pytest.raises(InputError, match="at least one outcome"):
        stated(draws().take(np.zeros(0, np.int64)))


def without(policy: MarginPolicy, path: str) -> MarginPolicy:
    return replace(policy, parameters={name: one for name, one in policy.parameters.items() if name != path})


def test_a_policy_whose_outcomes_do_not_fit_each_other_is_refused_when_it_is_used() -> None:
    policy = stated(draws(weights=True, shock=fading))
    short = policy.with_numbers({"outcomes.eth.current_vol_moves": (0.1, 0.2)})
    with pytest.raises(
        InputError, match=r"outcomes\.eth\.current_vol_moves is 2; it has one number for each of the 400"
    ):
        margins_of(short)
    with pytest.raises(InputError, match=r"outcomes\.btc\.current_price_moves is 'left out'"):
        margins_of(without(policy, "outcomes.btc.current_price_moves"))
    with pytest.raises(InputError, match=r"outcomes\.eth\.current_vol_level is 'left out'"):
        margins_of(without(policy, "outcomes.eth.current_vol_level"))
    with pytest.raises(InputError, match="pass the policy's horizon of 5 days"):
        margins_of(policy.with_numbers({"general.horizon_days": 5.0}))
    with pytest.raises(InputError, match="not all zero"):
        margins_of(policy.with_numbers({"outcomes.current_weights": (0.0,) * 400}))
    with pytest.raises(UnavailableError, match="stated_outcomes"):
        margins_of(replace(policy, rules=POLICY.rules))


def test_outcomes_are_made_once_for_a_policy() -> None:
    """A ray asks for them in every state, where they used to be half of the work."""
    from seawall.margining.models.house_tail.numbers import outcomes

    policy = at("house/tail/2026-01-01")
    assert outcomes(policy) is outcomes(policy)
