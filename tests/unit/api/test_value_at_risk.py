"""Value at risk by the name of a method: against closed forms, order statistics, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import seawall as sw
from seawall.api.history import history_of_csv, load_history
from seawall.api.outcomes import Outcomes
from seawall.core.errors import InputError
from seawall.risk.daily_moves import VOL_SD, at_the_money
from seawall.risk.position_pnl import position_pnl
from seawall.scenarios import Covariance, Gbm, Sampling, ScenarioSet
from tests.laws.worlds import market

MARKET = "deribit-btc-2026-08-01"
COIN = {"BTC": 1.0}
PRICE = sw.load_snapshot(MARKET).index["BTC"]


def prices(changes: list[float]) -> str:
    """Return a file of daily prices whose logarithmic changes are these."""
    levels = 100.0 * np.exp(np.cumsum([0.0, *changes]))
    days = np.datetime64("2026-01-01") + np.arange(len(levels))
    return "date,BTC\n" + "".join(f"{day},{level!r}\n" for day, level in zip(days, levels.tolist(), strict=True))


@pytest.fixture
def returns(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    path.write_text(prices([-0.001 * i if i % 2 else 0.001 * i for i in range(1, 101)]))
    return path


@pytest.mark.parametrize("days", [1.0, 10.0])
def test_draws_of_a_coin_meet_the_lognormal_quantile(days: float) -> None:
    found = sw.value_at_risk(COIN, MARKET, vols={"BTC": 0.6}, days=days, count=50_000, confidence=0.95)["book"].risk
    sd = 0.6 * math.sqrt(days / 365.0)
    exact = PRICE * (1.0 - math.exp(-0.5 * sd**2 + sd * NormalDist().inv_cdf(0.05)))
    low, high = found.value_at_risk_interval
    assert low - 0.005 * exact < exact < high + 0.005 * exact
    assert found.value_at_risk == pytest.approx(exact, rel=0.02)


def test_volatilities_that_nobody_states_are_the_markets_own_and_the_measured_one() -> None:
    now = sw.load_snapshot(MARKET)
    found = sw.value_at_risk(COIN, now)
    own = Covariance.of({"BTC": at_the_money(now, "BTC"), "BTC vol": VOL_SD * 365.0**0.5})
    draws = Gbm(own, 1 / 365, Sampling(count=20_000, seed=1, antithetic=False)).scenarios()
    assert found.rows()[0]["value_at_risk_usd"] == sw.value_at_risk(COIN, now, draws).rows()[0]["value_at_risk_usd"]
    assert any("assumed now" in note for note in found.notes)


def test_a_seed_gives_the_same_figures_and_another_seed_others() -> None:
    one, again, other = (sw.value_at_risk("demo", MARKET, seed=seed, count=500).rows() for seed in (3, 3, 4))
    assert one == again != other


def test_historical_value_at_risk_is_an_order_statistic(returns: Path) -> None:
    found = sw.value_at_risk(COIN, MARKET, "historical", returns=returns, confidence=0.95)["book"]
    # Losses are 0.1 %, 0.3 %, ... 9.9 % of the logarithm; five of a hundred lie beyond the sixth largest.
    assert found.risk.value_at_risk == pytest.approx(PRICE * (1.0 - math.exp(-0.089)), rel=1e-12)
    worst = [1.0 - math.exp(-0.001 * i) for i in (99, 97, 95, 93, 91)]
    assert found.risk.expected_shortfall == pytest.approx(PRICE * sum(worst) / 5.0, rel=1e-9)
    assert found.tail[0][0] == "2026-04-10: BTC -9.4 %"


def test_filtered_history_is_wilder_than_history_after_wild_days(returns: Path) -> None:
    plain, filtered = (
        sw.value_at_risk(COIN, MARKET, method, returns=returns)["book"].risk.value_at_risk
        for method in ("historical", "filtered")
    )
    assert filtered > plain


def test_delta_gamma_of_a_coin_is_normal_and_exact() -> None:
    found = sw.value_at_risk(COIN, MARKET, "delta-gamma", vols={"BTC": 0.6})["book"].risk
    sd = PRICE * 0.6 / math.sqrt(365.0)
    z = NormalDist().inv_cdf(0.99)
    assert found.value_at_risk == pytest.approx(z * sd, rel=1e-9)
    assert found.expected_shortfall == pytest.approx(NormalDist().pdf(z) / 0.01 * sd, rel=1e-9)
    assert found.value_at_risk_interval == (found.value_at_risk, found.value_at_risk)


def test_components_of_every_account_sum_to_its_figures() -> None:
    for one in sw.value_at_risk("demo", MARKET, count=2_000).accounts:
        assert sum(part.expected_shortfall for part in one.parts) == pytest.approx(one.risk.expected_shortfall)
        assert sum(part.value_at_risk for part in one.parts) == pytest.approx(one.risk.value_at_risk)


def test_an_account_alone_has_the_figures_that_it_has_in_the_book() -> None:
    whole = sw.value_at_risk("demo", MARKET, count=1_000)["calendar"].risk
    [alone] = sw.value_at_risk("demo", MARKET, count=1_000, account="calendar").accounts
    assert alone.risk == whole


def test_coins_fall_together_by_the_correlation_that_is_stated() -> None:
    held = {"BTC": 1.0, "ETH": 24.0}
    apart, together = (
        sw.value_at_risk(held, market(), correlation=joint, count=4_000)["book"].risk.value_at_risk
        for joint in (0.0, 0.95)
    )
    assert together > 1.2 * apart


def test_dollars_alone_lose_nothing() -> None:
    for method in ("monte-carlo", "delta-gamma"):
        [row] = sw.value_at_risk({"USDC": 100.0}, MARKET, method).rows()
        assert row["value_at_risk_usd"] == row["expected_shortfall_usd"] == 0.0
        assert math.copysign(1.0, row["value_at_risk_usd"]) == 1.0


@pytest.mark.parametrize("method", ["monte-carlo", "delta-gamma"])
def test_a_coin_without_a_price_is_unavailable_by_name_and_the_rest_is_told(method: str) -> None:
    rows = [("a", "BTC", 1.0), ("b", "DOGE", 4.0)]
    book = [dict(zip(("account", "instrument", "size"), row, strict=True)) for row in rows]
    found = sw.value_at_risk(book, MARKET, method)
    assert "DOGE" in found["b"].unavailable
    assert "DOGE" in found["all accounts"].unavailable
    assert math.isnan(found["b"].risk.value_at_risk)
    assert found["a"].risk.value_at_risk > 0.0


def test_a_coin_that_the_scenarios_do_not_tell_of_is_unavailable_and_not_still() -> None:
    now = market()
    only = ScenarioSet.spot_moves(["down", "up"], ("BTC",), [[-0.1], [0.1]])
    book = sw.load_book({"BTC": 1.0, "ETH": 10.0, "USDC": 5.0}, snapshot=now)
    found = position_pnl(book, now, only)
    gaps = dict(zip(found.names, found.unavailable, strict=True))
    assert gaps["ETH"] == "the scenarios do not tell how ETH moves"
    assert gaps["BTC"] == gaps["USDC"] == ""


@pytest.mark.parametrize(
    ("method", "given", "said"),
    [
        ("historical", {}, "needs a CSV file of daily prices"),
        ("historical", {"returns": "none.csv"}, "No such file"),
        ("montecarlo", {}, "monte-carlo"),
        ("delta-gamma", {"seed": 3}, "does not read it"),
        ("monte-carlo", {"decay": 0.9}, "does not read it"),
        ("monte-carlo", {"vols": {"ETH": 0.5}}, "the book depends on BTC"),
        ("monte-carlo", {"days": 0.0}, "horizon"),
        ("monte-carlo", {"days": math.nan}, "horizon"),
        ("monte-carlo", {"dof": 2}, "degrees of freedom"),
        ("monte-carlo", {"vols": {"BTC": -0.5}}, "volatility"),
        ("monte-carlo", {"correlation": 0.5, "returns": "PRICES"}, "state them, or give the file"),
        ("monte-carlo", {"correlation": 2.0}, "between -1 and 1"),
        ("delta-gamma", {"correlation": -1.01}, "between -1 and 1"),
        ("monte-carlo", {"correlation": math.nan}, "between -1 and 1"),
        ("historical", {"returns": "PRICES", "days": 0.5}, "whole number"),
    ],
)
def test_what_a_method_cannot_use_is_refused(method: str, given: dict[str, object], said: str, returns: Path) -> None:
    stated = {name: returns if value == "PRICES" else value for name, value in given.items()}
    with pytest.raises(InputError, match=said):
        sw.value_at_risk(COIN, MARKET, method, **stated)


def test_parameters_beside_scenarios_of_ones_own_are_refused() -> None:
    only = ScenarioSet.spot_moves(["down"], ("BTC",), [[-0.1]])
    with pytest.raises(InputError, match="goes with the name of a method"):
        sw.value_at_risk(COIN, MARKET, only, seed=3)
    with pytest.raises(InputError, match="scenario set"):
        sw.value_at_risk(COIN, MARKET, 7)


def test_a_coin_whose_volatility_nobody_knows_is_asked_for() -> None:
    bare = sw.load_snapshot(MARKET)
    with pytest.raises(InputError, match=r"SOL=0\.6"):
        sw.value_at_risk({"SOL": 2.0}, replace(bare, index={**bare.index, "SOL": 150.0}))


def test_a_history_must_tell_of_every_coin(returns: Path) -> None:
    with pytest.raises(InputError, match="no ETH"):
        sw.value_at_risk({"BTC": 1.0, "ETH": 1.0}, market(), "historical", returns=returns)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "header"),
        ("BTC,date\n1,2026-01-01\n", "header"),
        ("date,BTC charm\n2026-01-01,1\n", "factor"),
        ("date,BTC\n2026-01-01,1\n2026-01-02,one\n", "line 3"),
        ("date,BTC\n2026-01-01,1\nyesterday,1\n", "line 3"),
        ("date,BTC\n2026-01-01,1\n2026-01-02,1,1\n", "line 3"),
        ("date,BTC\n2026-01-01,1\n2026-01-02,-1\n", "above 0"),
        ("date,BTC\n2026-01-02,1\n2026-01-01,1\n", "rise"),
        ("date,BTC\n2026-01-01,1\n2026-01-02,nan\n", "line 3"),
        ("date,BTC\n2026-01-01,1\n", "two instants"),
    ],
)
def test_a_file_of_prices_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        history_of_csv(text)


def test_a_missing_price_leaves_out_the_steps_at_both_sides(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,BTC\n2026-01-01,1\n2026-01-02,\n2026-01-03,2\n2026-01-04,3\n")
    found = load_history(path)
    assert found.dropped_count == 2
    assert found.changes.ravel().tolist() == pytest.approx([math.log(1.5)])


def test_outcomes_know_their_horizon() -> None:
    assert Outcomes().horizon_days == 1.0
    assert Outcomes(days=5.0).horizon_days == 5.0
