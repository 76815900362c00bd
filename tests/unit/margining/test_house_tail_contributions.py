"""Who contributes to a tail margin: coins' parts add up to the measure, and what does not bind is not marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.cli.show import explanation
from seawall.margining import Margins, evaluate
from seawall.margining.blocks.tail_measure import expected_shortfall, quantile_shares, tail_shares, value_at_risk
from seawall.margining.models.house_tail import with_outcomes
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.risk.sample_tail import tail_shares as tail_shares_of_risk
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.vol_shock import Relative
from tests.laws.worlds import market

POLICY = at("house/tail/2026-01-01")
LOW_FLOOR = POLICY.with_numbers({"general.stress_share": 0.1})
BOOK = Book.of([
    Account("desk", (Position("BTC-120D-60000-C", -10.0), Position("ETH-120D-2000-P", -50.0)), {"USDC": 1e6}),
])  # fmt: skip


def with_weights(policy: MarginPolicy) -> MarginPolicy:
    names = ("BTC", "ETH", "BTC vol", "ETH vol")
    changes = np.random.default_rng(5).standard_t(4, (300, 4)) * 0.03
    made = scenario_set_of(
        names, changes, labels=[f"day {s}" for s in range(300)], elapsed_years=1.0 / 365.0, vol_shock=Relative
    )
    plain = policy.with_numbers({"procyclicality.stress_weight": 0.0, "procyclicality.long_run_floor": False})
    return with_outcomes(
        plain, replace(made, weights=0.99 ** np.arange(300)), source="made for tests", effective="2026-10-01"
    )


def margins_of(policy: MarginPolicy) -> Margins:
    [found] = evaluate(BOOK, market(), [policy], check_lots=False)
    return found


@pytest.mark.parametrize("measure", ["expected_shortfall", "value_at_risk"])
@pytest.mark.parametrize("confidence", [0.99, 0.9773])
@pytest.mark.parametrize("weighted", [False, True])
def test_coins_add_up_to_the_measure_where_the_tail_binds(measure: str, confidence: float, weighted: bool) -> None:
    policy = LOW_FLOOR.with_numbers({"general.measure": measure, "general.confidence": confidence})
    found = margins_of(with_weights(policy) if weighted else policy)
    tail, stress = found.explain("desk").detail.arrays
    measured = float(found.requirement.native[measure][0])
    assert float(found.maintenance["stress"][0]) == 0.0
    assert set(tail.lines) == {"BTC", "ETH"} and measured > 0.0
    assert float(tail.line_pnl[:, 0].sum()) == pytest.approx(-measured, rel=1e-12)
    assert tail.worst == measured and tail.worst_scenario == 0
    assert tail.line_pnl.sum(axis=0) == pytest.approx(tail.pnl, rel=1e-12)
    assert (stress.worst, stress.worst_scenario, stress.worst_label) == (0.0, -1, "")


def test_what_binds_is_told_and_no_stress_point_is_marked() -> None:
    from rich.console import Console

    console = Console(width=160, record=True)
    console.print(explanation(margins_of(LOW_FLOOR).explain("desk"), with_notes=False))
    text = console.export_text()
    [marked] = [line for line in text.splitlines() if "◀" in line]
    assert marked.startswith("mean of the worst 1 % of 1,000 outcomes")
    assert "stress, which does not bind" in text and "who contributes: stress" not in text


def test_where_the_floor_binds_its_stress_point_is_marked_and_the_tail_is_not_told() -> None:
    found = margins_of(POLICY.with_numbers({"general.stress_share": 1.0}))
    [stress] = found.explain("desk").detail.arrays
    assert stress.name == "stress" and stress.worst_scenario >= 0
    assert stress.worst == pytest.approx(-float(stress.pnl[stress.worst_scenario]), rel=1e-12)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.85, 0.99])
@pytest.mark.parametrize("weights", [None, np.array([3.0, 1.0, 0.0, 2.0, 2.0, 1.0])])
def test_the_weights_of_a_tail_give_its_measures(confidence: float, weights: np.ndarray | None) -> None:
    pnl = np.array([-5.0, -2.0, -9.0, -2.0, 1.0, -2.0])
    loss = np.maximum(-pnl, 0.0)
    [shortfall] = expected_shortfall(pnl[None, :], weights, confidence=confidence)[0]
    [quantile] = value_at_risk(pnl[None, :], weights, confidence=confidence)
    mine = tail_shares(pnl, weights, confidence=confidence)
    assert float(mine @ loss) == pytest.approx(shortfall, rel=1e-12)
    assert float(quantile_shares(pnl, weights, confidence=confidence) @ loss) == pytest.approx(quantile, rel=1e-12)
    share = np.full(6, 1 / 6) if weights is None else weights / weights.sum()
    assert mine == pytest.approx(tail_shares_of_risk(loss, share, confidence=confidence), abs=1e-12)
